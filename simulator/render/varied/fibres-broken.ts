import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { createRelief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawTube } from '../solids.ts';
import { strand } from '../strands.ts';
import { anywhere, ground } from './ground.ts';

/** Thick bent fibres close by, cut or torn: some end in a rough face turned to the viewer, others go out of focus behind. */
function ends(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.06, 0.3), roughness: 0.0008, height: -0.4 });
  const radius = logBetween(random, 0.025, 0.11);
  const material = between(random, 0.45, 0.7);
  const main = between(random, 0, 6.3);
  const count = 6 + random.integer(Math.round(1.2 / radius));
  const torn = between(random, 0.15, 0.7);
  for (let index = 0; index < count; index++) {
    const level = index / count;
    const { x, y } = anywhere(grid, random, 0.1);
    const own = logNormal(random, radius, 0.15);
    const tone = material * (0.45 + 0.55 * level);
    const cut = chance(random, torn);
    const points = strand(random, { x: x - 1.2 * Math.cos(main), y: y - 1.2 * Math.sin(main), z: radius * 6 * (level - 1), angle: main + 0.35 * random.gaussian(), length: cut ? between(random, 0.8, 1.4) : 2.6, radius: own, step: own * 0.5, curl: between(random, 0.3, 2.2), persistence: 0.4, rise: cut ? 0.05 : 0 });
    drawTube(relief, points, { material: tone, roughness: between(random, 0.0006, 0.002) });
    if (!cut) continue;
    // The face: an ellipse across the fibre, seen the flatter the more the fibre lies; it takes the place of the round end.
    const [tip, before] = [points.at(-1)!, points.at(-2)!];
    const angle = Math.atan2(tip.y - before.y, tip.x - before.x);
    const face = own * between(random, 0.35, 0.9);
    drawEllipsoid(relief, { x: tip.x + (own - face) * Math.cos(angle), y: tip.y + (own - face) * Math.sin(angle), z: tip.z + own * 0.85, radius: face, radiusAcross: own, radiusUp: own * 0.2, angle, material: tone * between(random, 0.55, 1.1), roughness: between(random, 0.004, 0.012) });
    for (let lip = random.integer(8); lip > 0; lip--) drawEllipsoid(relief, { x: tip.x + own * 0.45 * random.gaussian(), y: tip.y + own * 0.45 * random.gaussian(), z: tip.z + own * 0.9, radius: own * between(random, 0.05, 0.2), radiusAcross: own * between(random, 0.04, 0.12), radiusUp: own * 0.1, angle: between(random, 0, 3), material: tone * 1.1, roughness: 0.003 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.5, radius * 2], occlusion: between(random, 0.5, 1.1), bump: noisePlane(grid, random, { cell: radius * between(random, 0.4, 1), octaves: 5, stretch: between(random, 1, 5), angle: main }), tilt: between(random, 0.2, 0.5) });
}

/** Parallel fibres in bands that bend together, on a ground that shows between the bands: tows laid down, combed webs, collected threads. */
function bands(grid: Grid, random: Random): Float32Array {
  const relief = ground(grid, random);
  const radius = logBetween(random, 0.003, 0.016);
  const material = relief.material[0]! * logBetween(random, 1, 3) + 0.1;
  const main = between(random, 0, 6.3);
  for (let band = 1 + random.integer(5); band > 0; band--) {
    const angle = main + 0.25 * random.gaussian();
    const { x, y } = anywhere(grid, random, -0.1);
    const spine = strand(random, { x: x - Math.cos(angle), y: y - Math.sin(angle), z: radius, angle, length: 2, radius, step: 0.03, curl: between(random, 0, 1), persistence: 0.6 });
    const pitch = radius * between(random, 2, 5);
    const count = 2 + random.integer(22);
    const wander = radius * between(random, 0.1, 2);
    for (let one = 0; one < count; one++) {
      const off = (one - (count - 1) / 2) * pitch + wander * random.gaussian();
      const drift = pitch * random.gaussian();
      const own = logNormal(random, radius, 0.2);
      drawTube(relief, spine.map((point, step) => {
        const next = spine[Math.min(spine.length - 1, step + 1)]!;
        const before = spine[Math.max(0, step - 1)]!;
        const along = Math.atan2(next.y - before.y, next.x - before.x);
        const away = off + drift * Math.sin((step / spine.length) * 3 + one);
        return { x: point.x - away * Math.sin(along), y: point.y + away * Math.cos(along), z: own * (1 + 0.5 * Math.sin(one)), radius: own };
      }), { material: material * between(random, 0.85, 1.15), roughness: 0.0006 });
    }
  }
  return develop(relief, random, { occlusionWidths: [radius, radius * 4], occlusion: between(random, 0.3, 0.9), bump: noisePlane(grid, random, { cell: 0.012, octaves: 4 }), white: pick(random, [between(random, 0.3, 0.6), between(random, 0.6, 0.95)]) });
}

/** Fibres that end or run together: torn ends close by, bands of parallel ones. */
export const BROKEN_FIBRES = [ends, bands] as const;
