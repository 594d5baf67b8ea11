import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { addHeight, createRelief, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawTube } from '../solids.ts';
import { strand } from '../strands.ts';
import { anywhere, ground } from './ground.ts';

/** A web of fine fibres that branch and grow together, sheet over sheet, the deep ones dark: gels, fibrin, carbonised or melt-blown webs. */
function web(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: 0.05, roughness: 0.0005, height: -0.12 });
  const mesh = logBetween(random, 0.018, 0.08);
  const thin = mesh * between(random, 0.07, 0.16);
  const material = between(random, 0.5, 0.85);
  const sheets = 3 + random.integer(3);
  const columns = Math.ceil(1.2 / mesh);
  const rows = Math.ceil((grid.aspect + 0.2) / mesh);
  for (let sheet = 0; sheet < sheets; sheet++) {
    const nodes = Array.from({ length: columns * rows }, (_, index) => ({ x: -0.1 + ((index % columns) + between(random, -0.4, 1.4)) * mesh, y: -0.1 + (Math.floor(index / columns) + between(random, -0.4, 1.4)) * mesh, z: mesh * (sheet + between(random, -0.6, 0.6)) * 1.2 - 0.1 }));
    const tone = material * (0.4 + (0.6 * (sheet + 1)) / sheets);
    nodes.forEach((from, index) => {
      for (const step of [1, columns, columns + 1, columns - 1]) {
        const to = nodes[index + step];
        if (to === undefined || !chance(random, 0.42) || Math.abs(to.x - from.x) > 3 * mesh) continue;
        const [bendX, bendY] = [0.22 * mesh * random.gaussian(), 0.22 * mesh * random.gaussian()];
        const bow = (t: number): number => 4 * t * (1 - t);
        const own = logNormal(random, thin, 0.25);
        // Thicker where it grows together with others.
        drawTube(relief, [0, 0.25, 0.5, 0.75, 1].map((t) => ({ x: from.x + (to.x - from.x) * t + bendX * bow(t), y: from.y + (to.y - from.y) * t + bendY * bow(t), z: from.z + (to.z - from.z) * t, radius: own * (1.45 - 0.45 * bow(t)) })), { material: tone * between(random, 0.9, 1.1), roughness: 0.0005 });
      }
    });
  }
  return develop(relief, random, { occlusionWidths: [mesh * 0.3, mesh], occlusion: between(random, 0.6, 1.3), tilt: between(random, 0.2, 0.6), detector: between(random, 0.05, 0.25) });
}

/** The round end of a fibre that points at the viewer: a stub with a flat, brighter face. */
function drawStub(relief: Relief, random: Random, stub: { x: number; y: number; z: number; radius: number; lean: readonly [number, number]; long: number; material: number }): void {
  const { x, y, z, radius, lean, long, material } = stub;
  const end = { x: x + long * lean[0], y: y + long * lean[1], z: z + long };
  drawTube(relief, [{ x, y, z, radius }, { ...end, radius }], { material: material * 0.9, roughness: 0.0012, flatness: 0.25 });
  drawEllipsoid(relief, { ...end, z: end.z + radius * 0.2, radius: radius * 0.97, radiusAcross: radius * 0.97, radiusUp: radius * 0.12, material: material * between(random, 0.95, 1.25), roughness: 0.0025 });
}

/** A fractured composite: fibres pulled out of a torn matrix, their ends towards the viewer, holes where others were. */
function fracture(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.25, 0.5), roughness: between(random, 0.002, 0.007) });
  const radius = logBetween(random, 0.012, 0.05);
  addHeight(relief, noisePlane(grid, random, { cell: radius * between(random, 4, 10), octaves: 6, gain: 0.55 }), radius * between(random, 0.5, 1.6));
  const [mainX, mainY] = [between(random, -0.9, 0.9), between(random, -0.9, 0.9)];
  const material = between(random, 0.5, 0.85);
  const count = Math.min(320, Math.round((between(random, 0.15, 0.6) * grid.aspect) / (Math.PI * radius * radius)));
  const pulled = radius * between(random, 1, 9);
  for (let index = 0; index < count; index++) {
    const { x, y } = anywhere(grid, random);
    const own = logNormal(random, radius, 0.08);
    if (chance(random, 0.25)) drawEllipsoid(relief, { x, y, z: 0.0005, radius: own * 1.05, radiusAcross: own, radiusUp: own * 0.4, material: 0.06, roughness: 0 });
    else drawStub(relief, random, { x, y, z: -radius, radius: own, lean: [mainX + 0.15 * random.gaussian(), mainY + 0.15 * random.gaussian()], long: radius + pulled * random.uniform(), material: material * between(random, 0.85, 1.1) });
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.6, radius * 2.5], occlusion: between(random, 0.5, 1.1), bump: noisePlane(grid, random, { cell: radius, octaves: 5, gain: 0.6 }) });
}

/** Paper: flat, wide, wrinkled ribbons in all directions, with fine fibrils and grains of a filler between them. */
function paper(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: 0.25, roughness: 0.002, height: -0.04 });
  const radius = logBetween(random, 0.012, 0.06);
  const material = between(random, 0.45, 0.7);
  const count = Math.min(260, Math.round(between(random, 1.5, 3.5) / (2 * radius)));
  for (let index = 0; index < count; index++) {
    const { x, y } = anywhere(grid, random, 0.15);
    const angle = between(random, 0, 6.3);
    const points = strand(random, { x: x - 0.4 * Math.cos(angle), y: y - 0.4 * Math.sin(angle), z: radius * 1.6 * (index / count), angle, length: between(random, 0.7, 2), radius: logNormal(random, radius, 0.4), step: Math.max(0.012, radius * 0.5), curl: between(random, 0.2, 1.8), persistence: 0.3, unevenness: 0.06 });
    drawTube(relief, points, { material: material * between(random, 0.8, 1.15), roughness: between(random, 0.001, 0.003), flatness: between(random, 0.1, 0.35) });
  }
  const fine = radius * between(random, 0.04, 0.12);
  for (let hair = random.integer(120); hair > 0; hair--) drawTube(relief, strand(random, { ...anywhere(grid, random), z: radius * 1.7, angle: between(random, 0, 6.3), length: radius * between(random, 2, 10), radius: fine, step: radius * 0.4, curl: 0.2 / radius }), { material: material * 1.1, roughness: 0.0005 });
  for (let grain = chance(random, 0.4) ? random.integer(500) : 0; grain > 0; grain--) drawEllipsoid(relief, { ...anywhere(grid, random), z: radius * between(random, 0.3, 1.7), radius: logNormal(random, radius * 0.12, 0.4), material: material * 1.15, roughness: 0.001 });
  return develop(relief, random, { occlusionWidths: [radius * 0.5, radius * 2.5], bump: noisePlane(grid, random, { cell: radius * between(random, 0.5, 1.2), octaves: 5 }), tilt: between(random, 0.2, 0.5) });
}

/** Glass or rock wool and melt-blown webs: smooth straight fibres from thin to thick, drops of melt on some. */
function wool(grid: Grid, random: Random): Float32Array {
  const relief = chance(random, 0.7) ? createRelief(grid, { material: between(random, 0.03, 0.15), roughness: 0.0005, height: -0.3 }) : ground(grid, random);
  const radius = logBetween(random, 0.004, 0.02);
  const material = between(random, 0.45, 0.8);
  const count = Math.min(220, Math.round(between(random, 0.4, 2.2) / (2 * radius)));
  const curl = between(random, 0, 1.5);
  const drops = chance(random, 0.5) ? between(random, 0.05, 0.4) : 0;
  const deep = between(random, 0.05, 0.3);
  for (let index = 0; index < count; index++) {
    const level = index / count;
    const angle = between(random, 0, 6.3);
    const { x, y } = anywhere(grid, random, 0.1);
    const own = logNormal(random, radius, 0.7);
    const points = strand(random, { x: x - Math.cos(angle), y: y - Math.sin(angle), z: deep * (level - 1), angle, length: pick(random, [2.2, 2.2, between(random, 0.6, 1.4)]), radius: own, step: 0.03, curl, persistence: 0.6, rise: 0.02 * random.gaussian() });
    // Depth takes light away, as far from the detector as it is.
    const tone = material * (0.35 + 0.65 * level) * between(random, 0.9, 1.1);
    drawTube(relief, points, { material: tone, roughness: 0.0003 });
    const at = points[random.integer(points.length)]!;
    if (chance(random, drops)) drawEllipsoid(relief, { ...at, radius: own * between(random, 1.6, 5), radiusAcross: own * between(random, 1.4, 3), angle, material: tone, roughness: 0.0005 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 2, radius * 8], occlusion: between(random, 0.5, 1.1), tilt: between(random, 0.2, 0.6) });
}

/** Masses of fibres: webs grown together, composites broken open, paper, wool. */
export const MASSED_FIBRES = [web, web, fracture, paper, wool] as const;
