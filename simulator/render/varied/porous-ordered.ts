import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief } from '../relief.ts';
import { develop } from '../shade.ts';
import { cellPlanes } from '../voronoi.ts';
import { anywhere, at, resettle, smoothStep } from './ground.ts';
import { packDiscs, shareOut } from './tissue.ts';

/** An inverse opal: a lattice of round hollows in domains, each with dark windows to those below. */
export function inverseOpal(grid: Grid, random: Random): Float32Array {
  const pitch = logBetween(random, 0.03, 0.13);
  const domain = logBetween(random, 0.25, 2);
  const bent = { x: noisePlane(grid, random, { cell: pitch * 6, octaves: 3 }), y: noisePlane(grid, random, { cell: pitch * 6, octaves: 3 }), amplitude: pitch * between(random, 0.1, 0.5) };
  const hollows = cellPlanes(grid, random, { cell: pitch, jitter: between(random, 0.02, 0.3), hexagonal: true, angle: between(random, 0, Math.PI), warp: bent });
  const torn = noisePlane(grid, random, { cell: domain * 0.3, octaves: 5, gain: 0.6 });
  const lower = cellPlanes(grid, random, { cell: pitch, jitter: 0.1, hexagonal: true, angle: between(random, 0, Math.PI), warp: bent });
  const windows = cellPlanes(grid, random, { cell: pitch * 0.56, jitter: 0.25, hexagonal: true, angle: between(random, 0, Math.PI), warp: bent });
  const [radius, tear] = [between(random, 0.42, 0.52), between(random, 0.7, 2.5)];
  const window = between(random, 0.12, 0.3);
  const relief = createRelief(grid, { material: between(random, 0.5, 0.75), roughness: 0.001 });
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) {
    const gone = torn[index]! > tear;
    const r = (gone ? lower : hollows).nearest[index]! / radius;
    const bowl = r < 1 ? Math.sqrt(1 - r * r) : 0;
    const hole = r < 0.85 ? smoothStep((window - windows.nearest[index]!) / 0.06 + 0.5) : 0;
    heights[index] = -pitch * ((gone ? 0.6 : 0) + 0.5 * bowl + 0.5 * hole);
    relief.material[index]! *= (gone ? 0.8 : 1) * (1 - 0.25 * bowl) * (1 - 0.75 * hole);
  }
  addHeight(relief, heights, 1);
  resettle(relief, 2.5);
  return develop(relief, random, { occlusionWidths: [pitch * 0.3, pitch], occlusion: between(random, 0.6, 1.3), bump: noisePlane(grid, random, { cell: pitch * 0.3, octaves: 4 }) });
}

/** Holes in a plane: round ones of one size, strewn (track etching) or close by each other (anodised), or slits. */
export function perforated(grid: Grid, random: Random): Float32Array {
  const radius = logBetween(random, 0.005, 0.045);
  const strewn = chance(random, 0.5);
  const form = { stretch: chance(random, 0.2) ? between(random, 1.5, 5) : 1, angle: between(random, 0, Math.PI) };
  const spread = between(random, 0.08, 0.25);
  const count = Math.min(2500, Math.round((logBetween(random, 0.15, 0.6) * grid.aspect) / (Math.PI * radius * radius * form.stretch)));
  const holes = strewn ? Array.from({ length: count }, () => ({ ...anywhere(grid, random), radius: logNormal(random, radius, 0.06) })) : packDiscs(grid, random, { sizeAt: () => 1.4 * logNormal(random, radius, spread), overlap: 0.04, form });
  const { rim } = shareOut(grid, holes, { form, reach: 1.5 });
  const shrink = strewn ? 0 : radius * between(random, 0.25, 0.6);
  const [lip, dark] = [between(random, 0, 0.7), between(random, 0.05, 0.45)];
  const rough = noisePlane(grid, random, { cell: radius * 2, octaves: 5, gain: 0.6 });
  const uneven = radius * between(random, 0.02, 0.15);
  const relief = createRelief(grid, { material: between(random, 0.4, 0.7), roughness: logBetween(random, 0.0003, 0.003) });
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) {
    const from = rim[index]! + shrink + uneven * rough[index]!;
    const open = smoothStep(0.5 - from / (radius * 0.2));
    heights[index] = -radius * 2 * open + 0.03 * radius * rough[index]!;
    relief.material[index]! *= (1 - (1 - dark) * open) * (1 + lip * Math.exp(-((from / (0.15 * radius)) ** 2)));
  }
  addHeight(relief, heights, 0.6);
  resettle(relief, 2.5);
  return develop(relief, random, { occlusionWidths: [radius, radius * 3], occlusion: between(random, 0.2, 0.8), bump: rough });
}

/** An asymmetric membrane broken across: a dense skin, long drops or fingers below it, sponge between and beneath them. */
export function fingers(grid: Grid, random: Random): Float32Array {
  const top = grid.aspect * between(random, -0.1, 0.3);
  const foot = chance(random, 0.5) ? grid.aspect * between(random, 0.75, 1) : 9;
  const wide = logBetween(random, 0.025, 0.12);
  const long = between(random, 2, 9);
  const lean = Math.PI / 2 + between(random, -0.15, 0.15);
  const drops = packDiscs(grid, random, { sizeAt: (_, y) => (y < top + wide * 0.7 || y > foot - wide * 0.4 ? 0 : wide * (0.35 + 0.9 * Math.min(1, (y - top) / grid.aspect)) * between(random, 0.6, 1.2)), overlap: between(random, 0, 0.15), form: { stretch: long, angle: lean }, beyond: 0.15, trials: 5000 });
  const { rim } = shareOut(grid, drops, { form: { stretch: long, angle: lean }, reach: 1.3 });
  const sponge = cellPlanes(grid, random, { cell: wide * between(random, 0.12, 0.4) });
  const ribs = noisePlane(grid, random, { cell: wide * 0.4, octaves: 5, gain: 0.6 });
  const [pores, wall] = [between(random, 0.15, 0.4), between(random, 0.02, 0.12)];
  const [tone, behind] = [between(random, 0.5, 0.8), between(random, 0.03, 0.4)];
  const relief = createRelief(grid, { material: tone, roughness: 0.0012 });
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) {
    const { y } = at(grid, index);
    const below = y - top - 0.004 * ribs[index]!;
    if (below < 0 || y > foot + 0.004 * ribs[index]!) {
      relief.material[index] = behind;
      heights[index] = -wide;
      continue;
    }
    const from = rim[index]! + wall * wide * (1 + ribs[index]!);
    const open = smoothStep(0.5 - from / (0.15 * wide));
    const pore = smoothStep((sponge.border[index]! - pores) / 0.1 + 0.5) * smoothStep((below - 0.2 * wide) / 0.01);
    heights[index] = -wide * open * (0.7 + 0.25 * ribs[index]!) - wide * 0.15 * pore * (1 - 0.6 * open);
    relief.material[index]! *= (1 - 0.5 * open) * (1 - 0.35 * pore) * (below < 0.15 * wide ? 1.15 : 1);
  }
  addHeight(relief, heights, 1);
  resettle(relief, 2.4);
  return develop(relief, random, { occlusionWidths: [wide * 0.2, wide * 0.8], occlusion: between(random, 0.6, 1.3), bump: noisePlane(grid, random, { cell: wide * 0.2, octaves: 4 }) });
}

/** Sheets side by side with bridges between them, as ice or a template leaves them; edges up or lying down. */
export function lamellae(grid: Grid, random: Random): Float32Array {
  const pitch = logBetween(random, 0.02, 0.11);
  const angle = between(random, 0, Math.PI);
  const bend = noisePlane(grid, random, { cell: pitch * between(random, 4, 12), octaves: 3 });
  const wave = noisePlane(grid, random, { cell: pitch * 1.2, octaves: 3, stretch: between(random, 1.5, 4), angle });
  const bridges = cellPlanes(grid, random, { cell: pitch, stretch: between(random, 1.5, 5), angle });
  const depths = noisePlane(grid, random, { cell: pitch * 1.5, octaves: 2, stretch: 4, angle });
  const [waviness, sheet, bridge] = [between(random, 0.3, 1.2), between(random, 0.1, 0.35), between(random, 0.02, 0.12)];
  const relief = createRelief(grid, { material: between(random, 0.5, 0.75), roughness: logBetween(random, 0.0006, 0.003) });
  const heights = createPlane(grid);
  const grown = pick(random, [1, 0.4]);
  for (let index = 0; index < heights.length; index++) {
    const { x, y } = at(grid, index);
    const phase = (y * Math.cos(angle) - x * Math.sin(angle)) / pitch + waviness * bend[index]! + 0.2 * wave[index]!;
    const off = Math.abs(phase - Math.round(phase)) / (sheet * (1 + 0.25 * wave[index]!));
    const across = bridges.identity[index]! > grown ? 9 : bridges.border[index]! / bridge;
    const own = Math.min(off, across + 0.2);
    const solid = own < 1 ? Math.sqrt(1 - own * own) : 0;
    heights[index] = pitch * (0.45 * solid + 0.25 * depths[index]! - (own < 1 ? 0 : 1.1 * smoothStep((own - 1) / 0.6)));
    relief.material[index]! *= own < 1 ? 1 : 0.75;
  }
  addHeight(relief, heights, 1);
  resettle(relief, 3);
  return develop(relief, random, { occlusionWidths: [pitch * 0.3, pitch], occlusion: between(random, 0.8, 1.5), tilt: between(random, 0.2, 0.5), bump: noisePlane(grid, random, { cell: pitch * 0.4, octaves: 5, gain: 0.6 }) });
}
