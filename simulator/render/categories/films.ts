import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief } from '../relief.ts';
import { develop, normaliseYield } from '../shade.ts';
import { cellPlanes } from '../voronoi.ts';

const step = (value: number): number => Math.min(1, Math.max(0, value)) ** 2 * (3 - 2 * Math.min(1, Math.max(0, value)));

function warpPlanes(grid: Grid, random: Random, options: { cell: number; amplitude: number }) {
  return { x: noisePlane(grid, random, { cell: options.cell, octaves: 4 }), y: noisePlane(grid, random, { cell: options.cell, octaves: 4 }), amplitude: options.amplitude };
}

/** Polycrystalline film: grains with grooves or bright borders between them and a tone of their own. */
function grains(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.015, 0.09);
  const cells = cellPlanes(grid, random, { cell, jitter: between(random, 0.8, 1), stretch: chance(random, 0.3) ? between(random, 1.3, 2.2) : 1, angle: between(random, 0, Math.PI), warp: warpPlanes(grid, random, { cell: cell * 2, amplitude: cell * between(random, 0, 0.18) }) });
  const relief = createRelief(grid, { material: 0.5, roughness: between(random, 0.0002, 0.001) });
  const tone = between(random, 0.03, 0.3);
  const groove = between(random, 0.06, 0.2);
  const dome = between(random, 0, 0.2);
  const bright = chance(random, 0.25);
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) {
    const edge = step(cells.border[index]! / groove);
    heights[index] = cell * ((bright ? 0.06 : 0.14) * edge + dome * cells.border[index]! + 0.12 * cells.identity[index]!);
    relief.material[index]! *= (1 + tone * (cells.identity[index]! * 2 - 1)) * (bright ? 1 + 0.5 * (1 - edge) : 0.7 + 0.3 * edge);
  }
  addHeight(relief, heights, 1);
  return develop(relief, random, { occlusionWidths: [cell * 0.3], bump: noisePlane(grid, random, { cell: cell * 0.3 }), maxSecant: 2 });
}

/** A smooth film with round pits, pinholes or blisters. */
function pitted(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.3, 0.6), roughness: between(random, 0.0001, 0.0006) });
  const heights = noisePlane(grid, random, { cell: 0.3, octaves: 4 }).map((value) => value * 0.0008);
  const median = logBetween(random, 0.004, 0.02);
  const count = 6 + random.integer(150);
  const { widthPx: width } = grid;
  const blister = chance(random, 0.3) ? 1 : -1;
  const spots = createPlane(grid);
  for (let pit = 0; pit < count; pit++) {
    const radius = logNormal(random, median, 0.4);
    const x = random.uniform();
    const y = random.uniform() * grid.aspect;
    const squash = between(random, 0.75, 1.3);
    const buried = chance(random, 0.25);
    const reach = radius * 2;
    for (let py = Math.max(0, Math.floor((y - reach) * width)); py <= Math.min(grid.heightPx - 1, (y + reach) * width); py++) {
      for (let px = Math.max(0, Math.floor((x - reach) * width)); px <= Math.min(width - 1, (x + reach) * width); px++) {
        const squared = ((((px + 0.5) / width - x) * squash) ** 2 + ((py + 0.5) / width - y) ** 2) / (radius * radius);
        const index = py * width + px;
        if (buried) spots[index]! -= 0.2 * Math.exp(-squared * 2);
        else heights[index]! += blister * radius * (blister > 0 ? 0.5 : 0.9) * Math.exp(-(squared ** 2));
      }
    }
  }
  for (let index = 0; index < spots.length; index++) relief.material[index]! *= 1 + spots[index]!;
  addHeight(relief, heights, 1);
  return develop(relief, random, { occlusionWidths: [median * 1.5], detector: between(random, 0.15, 0.5), bump: noisePlane(grid, random, { cell: 0.02 }), white: between(random, 0.55, 0.85) });
}

/** A film broken by drying or stress: plates between deep cracks, some lifted at the edge, some lost. */
function cracked(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.07, 0.34);
  const warp = warpPlanes(grid, random, { cell: cell * 0.7, amplitude: cell * between(random, 0.04, 0.12) });
  const main = cellPlanes(grid, random, { cell, warp, jitter: 0.9 });
  const fine = cellPlanes(grid, random, { cell: cell * 0.45, warp });
  const width = between(random, 0.008, 0.06);
  const secondary = chance(random, 0.6) ? between(random, 0.01, 0.035) : 0;
  const lift = chance(random, 0.5) ? between(random, 0.02, 0.12) : 0.01;
  const lost = chance(random, 0.3) ? between(random, 0.03, 0.15) : 0;
  const relief = createRelief(grid, { material: between(random, 0.4, 0.65), roughness: between(random, 0.0003, 0.002) });
  const floor = between(random, 0.3, 0.8);
  const tone = between(random, 0, 0.12);
  const heights = createPlane(grid);
  const thickness = cell * between(random, 0.06, 0.2);
  const open = noisePlane(grid, random, { cell: cell * 2, octaves: 2 });
  for (let index = 0; index < heights.length; index++) {
    const gap = width * Math.max(0.2, 1 + 0.4 * open[index]!);
    const partial = fine.identity[index]! < 0.6 ? secondary * Math.max(0, 0.7 + 0.5 * open[index]!) : 0;
    const minor = partial > 0 ? step((fine.border[index]! - partial) / 0.03) : 1;
    const crack = Math.min(step((main.border[index]! - gap) / 0.012), minor);
    const gone = main.identity[index]! < lost ? 0 : 1;
    const inside = crack * gone;
    // Stress curls a plate up towards its edge.
    heights[index] = inside * (thickness + cell * lift * Math.exp(-(main.border[index]! - gap) / 0.09));
    relief.material[index]! *= inside * (1 + tone * (main.identity[index]! * 2 - 1)) + (1 - inside) * floor;
  }
  addHeight(relief, heights, 1);
  return develop(relief, random, { occlusionWidths: [thickness * 0.7, thickness * 2.5], occlusion: between(random, 0.8, 1.5), maxSecant: between(random, 1.6, 2.6), bump: noisePlane(grid, random, { cell: logBetween(random, 0.01, 0.06), octaves: 5 }) });
}

/** A fracture or polished section: substrate, one to five layers, and the surface or the vacuum above. */
function section(grid: Grid, random: Random): Float32Array {
  const layers = 1 + random.integer(4);
  const turn = between(random, -0.12, 0.12);
  const surfaceAt = grid.aspect * between(random, 0.08, 0.4);
  const vacuum = chance(random, 0.55);
  const columns = noisePlane(grid, random, { cell: logBetween(random, 0.01, 0.04), octaves: 4, stretch: between(random, 2, 8), angle: Math.PI / 2 + turn });
  const rubble = noisePlane(grid, random, { cell: logBetween(random, 0.01, 0.06), octaves: 5, gain: 0.6 });
  const bounds: { at: number; rough: number; tone: number; texture: number; columnar: boolean }[] = [];
  let at = surfaceAt;
  for (let layer = 0; layer <= layers; layer++) {
    bounds.push({ at, rough: logBetween(random, 0.0008, 0.008), tone: between(random, 0.25, 0.8), texture: logBetween(random, 0.0004, 0.003), columnar: layer < layers && chance(random, 0.5) });
    at += (grid.aspect * between(random, 0.08, 0.5)) / Math.sqrt(layers);
  }
  const outlines = bounds.map(() => noisePlane(grid, random, { cell: between(random, 0.05, 0.3), octaves: 5, gain: 0.6 }));
  const relief = createRelief(grid, { material: vacuum ? between(random, 0.02, 0.1) : between(random, 0.45, 0.75), roughness: vacuum ? 0 : between(random, 0.002, 0.006), height: vacuum ? -0.2 : 0 });
  const plain = noisePlane(grid, random, { cell: 0.03, octaves: 4 });
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) {
    const x = (index % grid.widthPx) / grid.widthPx - 0.5;
    const y = Math.floor(index / grid.widthPx) / grid.widthPx;
    let layer = -1;
    let edge = 0;
    for (const [candidate, bound] of bounds.entries()) {
      const below = y - bound.at - turn * x - bound.rough * outlines[candidate]![index]!;
      if (below < 0) break;
      layer = candidate;
      edge = below;
    }
    const bound = bounds[layer];
    if (bound === undefined) {
      heights[index] = vacuum ? 0 : 0.003 * rubble[index]!;
      continue;
    }
    relief.material[index] = bound.tone * (1 + (layer === 0 ? 0.7 : 0.25) * Math.exp(-edge / 0.005));
    relief.roughness[index] = 0;
    heights[index] = (vacuum ? 0.2 : 0) + bound.texture * (bound.columnar ? columns[index]! : plain[index]!);
  }
  addHeight(relief, heights, 1);
  const bump = noisePlane(grid, random, { cell: 0.03 });
  return develop(relief, random, { occlusion: 0.25, maxSecant: 2.2, bump, tilt: between(random, 0.2, 0.5) });
}

/** Fine granular film: closely set domes of a wide size range, as of sputtered metal or a nanocrystalline oxide. */
function granular(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.008, 0.035);
  const small = cellPlanes(grid, random, { cell, jitter: 1, warp: warpPlanes(grid, random, { cell, amplitude: cell * 0.2 }) });
  const coarse = noisePlane(grid, random, { cell: cell * between(random, 4, 12), octaves: 3 });
  const relief = createRelief(grid, { material: 0.5, roughness: cell * 0.06 });
  const heights = createPlane(grid);
  const depth = between(random, 0.5, 1.4);
  const hills = between(random, 0.1, 1.2);
  for (let index = 0; index < heights.length; index++) {
    heights[index] = cell * (depth * Math.sqrt(small.border[index]!) * (0.6 + 0.6 * small.identity[index]!) + 0.5 * small.identity[index]! + hills * coarse[index]!);
  }
  addHeight(relief, heights, 1);
  return develop(relief, random, { occlusionWidths: [cell * 0.7, cell * 4], maxSecant: 2.5, bump: noisePlane(grid, random, { cell: cell * 0.5 }) });
}

/** Two phases: islands, labyrinths or a dewetted film; mostly material contrast. */
function phases(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.02, 0.12);
  const field = noisePlane(grid, random, { cell, octaves: pick(random, [1, 2, 4]), gain: 0.4, stretch: chance(random, 0.4) ? between(random, 1.5, 5) : 1, angle: between(random, 0, Math.PI) });
  const threshold = between(random, -0.9, 0.9);
  const relief = createRelief(grid, { material: 0.45, roughness: between(random, 0.0001, 0.0008) });
  const contrast = pick(random, [-1, 1]) * between(random, 0.2, 0.6);
  const labyrinth = chance(random, 0.4);
  const heights = createPlane(grid);
  const soft = between(random, 0.05, 0.25);
  for (let index = 0; index < heights.length; index++) {
    const level = labyrinth ? Math.abs(field[index]!) - 0.55 : field[index]! - threshold;
    const share = step(level / soft + 0.5);
    relief.material[index]! *= 1 + contrast * (share - 0.5);
    heights[index] = share;
  }
  addHeight(relief, heights, cell * between(random, 0.01, 0.12));
  return develop(relief, random, { occlusion: 0.4, occlusionWidths: [cell * 0.3], bump: noisePlane(grid, random, { cell: 0.02 }), maxSecant: 2 });
}

/** A coating that was scratched, has peeled off in places, or shows wrinkles. */
function damaged(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.35, 0.6), roughness: between(random, 0.0003, 0.0012) });
  const heights = createPlane(grid);
  const shape = noisePlane(grid, random, { cell: between(random, 0.25, 0.6), octaves: 6, gain: 0.5 });
  const threshold = between(random, 0.3, 1.1);
  const floor = between(random, 0.5, 1.5);
  const wrinkle = noisePlane(grid, random, { cell: logBetween(random, 0.02, 0.08), octaves: 3, stretch: between(random, 2, 10), angle: between(random, 0, Math.PI) });
  const wrinkles = chance(random, 0.5) ? between(random, 0.001, 0.004) : 0;
  const peel = between(random, 0.004, 0.02);
  const floorTexture = noisePlane(grid, random, { cell: 0.03, octaves: 5 });
  for (let index = 0; index < heights.length; index++) {
    const level = shape[index]! - threshold;
    const gone = step(level / 0.03 + 0.5);
    relief.material[index]! *= 1 + (floor - 1) * gone;
    // The film lifts towards the edge of a hole.
    heights[index] = (1 - gone) * (peel * (1 + 1.2 * Math.exp(level / 0.12)) + wrinkles * wrinkle[index]!) + gone * 0.0015 * floorTexture[index]!;
  }
  for (let scratch = random.integer(8); scratch > 0; scratch--) {
    const angle = between(random, -0.3, 0.3) + (scratch > 4 ? 1.2 : 0);
    const offset = random.uniform();
    const width = logBetween(random, 0.001, 0.005);
    for (let index = 0; index < heights.length; index++) {
      const x = (index % grid.widthPx) / grid.widthPx;
      const y = Math.floor(index / grid.widthPx) / grid.widthPx;
      const away = ((x - 0.5) * Math.sin(angle) + (y - offset * grid.aspect) * Math.cos(angle)) / width;
      if (Math.abs(away) < 3) heights[index]! -= width * 0.5 * Math.exp(-away * away);
    }
  }
  addHeight(relief, heights, 1);
  return develop(relief, random, { occlusionWidths: [0.01, 0.04], maxSecant: 2.5, bump: noisePlane(grid, random, { cell: 0.015, octaves: 4 }) });
}

/** A polished section in material contrast: phases, pores and inclusions without topography, as with backscattered electrons. */
function polished(grid: Grid, random: Random): Float32Array {
  const cell = logBetween(random, 0.04, 0.15);
  const cells = cellPlanes(grid, random, { cell, warp: warpPlanes(grid, random, { cell, amplitude: cell * 0.3 }), stretch: between(random, 1, 3.5), angle: between(random, -0.3, 0.3) });
  const pores = noisePlane(grid, random, { cell: cell * 0.7, octaves: 4, stretch: between(random, 1, 3), angle: 0 });
  const tones = [between(random, 0.3, 0.5), between(random, 0.5, 0.7), between(random, 0.75, 0.95)];
  const shares = [between(random, 0.1, 0.4), between(random, 0.6, 0.9)];
  const porosity = between(random, 1.1, 2);
  const plane = createPlane(grid);
  const cloud = noisePlane(grid, random, { cell: cell * 0.3, octaves: 3 });
  for (let index = 0; index < plane.length; index++) {
    const id = cells.identity[index]!;
    const tone = id < shares[0]! ? tones[0]! : id < shares[1]! ? tones[1]! : tones[2]!;
    plane[index] = tone * (1 + 0.02 * cloud[index]!) * (1 - 0.9 * step((pores[index]! - porosity) / 0.15)) * (0.85 + 0.15 * step(cells.border[index]! / 0.05));
  }
  return normaliseYield(plane, between(random, 0.7, 0.95));
}

/** Films and coated surfaces: grains, pits, cracks, sections, granular growth, phases, damage, polished sections. */
export function renderFilms(grid: Grid, random: Random): Float32Array {
  return pick(random, [grains, pitted, cracked, section, granular, phases, damaged, polished], [1.6, 1.6, 2, 2, 1.5, 1, 1.2, 0.8])(grid, random);
}
