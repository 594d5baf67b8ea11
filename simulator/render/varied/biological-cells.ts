import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief, type Relief } from '../relief.ts';
import { develop, normaliseYield } from '../shade.ts';
import { drawEllipsoid, drawTube } from '../solids.ts';
import { strand } from '../strands.ts';
import { cellPlanes } from '../voronoi.ts';
import { anywhere, at, ground, heightAt, resettle, smoothStep } from './ground.ts';
import { packDiscs, shareOut } from './tissue.ts';

/** What microbes live on: soil crumbs, torn tissue with holes, a cracked crust, a filter; or any ground. */
function habitat(grid: Grid, random: Random): Relief {
  const kind = pick(random, ['crumbs', 'torn', 'crust', 'any'] as const);
  if (kind === 'any') return ground(grid, random);
  const relief = createRelief(grid, { material: between(random, 0.25, 0.5), roughness: 0.0015, height: -0.06 });
  const cell = logBetween(random, 0.04, 0.2);
  const wave = noisePlane(grid, random, { cell, octaves: 6, gain: between(random, 0.5, 0.7) });
  const warp = { x: wave, y: noisePlane(grid, random, { cell, octaves: 4 }), amplitude: cell * 0.25 };
  const cells = cellPlanes(grid, random, { cell: kind === 'crumbs' ? cell * 0.15 : cell, warp });
  const heights = createPlane(grid);
  const open = between(random, 0.5, 1.6);
  for (let index = 0; index < heights.length; index++) {
    const hole = kind === 'torn' ? smoothStep((wave[index]! - open) / 0.2) : kind === 'crust' ? smoothStep(1 - cells.border[index]! / 0.04) * (cells.identity[index]! < 0.5 ? 1 : 0) : smoothStep((-wave[index]! - open) / 0.3);
    heights[index] = cell * (0.06 * wave[index]! + (kind === 'crumbs' ? 0.1 * Math.sqrt(cells.border[index]!) + 0.12 * Math.max(0, wave[index]!) : 0) - 0.5 * hole);
    relief.material[index]! *= 1 - 0.8 * hole;
  }
  addHeight(relief, heights, 1);
  resettle(relief, 2.2);
  return relief;
}

/** Microbes where they live: rods, spheres, commas or spirals of one kind, in groups, dividing, with slime threads between them. */
export function microbes(grid: Grid, random: Random): Float32Array {
  const relief = habitat(grid, random);
  const radius = logBetween(random, 0.008, 0.07);
  const material = between(random, 0.5, 0.75);
  const long = pick(random, [0, between(random, 2, 5), between(random, 4, 16)]);
  const [bend, rough] = [pick(random, [0.05, between(random, 0.1, 0.6)]), logBetween(random, 0.0004, 0.004)];
  const groups = Array.from({ length: 1 + random.integer(6) }, () => anywhere(grid, random, -0.1));
  const together = between(random, 2, 9) * radius;
  const count = Math.min(400, Math.round(logBetween(random, 3, 0.5 / (radius * radius))));
  for (let index = 0; index < count; index++) {
    const group = pick(random, groups);
    const place = chance(random, 0.75) ? { x: group.x + together * random.gaussian(), y: group.y + together * random.gaussian() } : anywhere(grid, random);
    const z = heightAt(relief, place.x, place.y) + radius * between(random, 0.3, 0.8);
    const own = logNormal(random, radius, 0.1);
    if (long === 0) {
      const angle = between(random, 0, 3.2);
      const dividing = chance(random, 0.3) ? own * 0.8 : 0;
      for (const side of [-1, 1]) drawEllipsoid(relief, { x: place.x + side * dividing * Math.cos(angle), y: place.y + side * dividing * Math.sin(angle), z, radius: own, radiusAcross: own * 0.95, angle, material, roughness: rough });
      continue;
    }
    const points = strand(random, { ...place, z, angle: between(random, 0, 6.3), length: own * long * between(random, 0.6, 1.4), radius: own, step: own * 0.3, curl: bend / own, persistence: own * 10, unevenness: 0.02 });
    drawTube(relief, points, { material: material * between(random, 0.92, 1.08), roughness: rough });
    if (chance(random, 0.08)) drawTube(relief, strand(random, { ...points.at(-1)!, angle: between(random, 0, 6.3), length: own * between(random, 4, 12), radius: own * 0.08, step: own * 0.4, curl: 0.8 / own }), { material, roughness: 0 });
  }
  for (let slime = chance(random, 0.4) ? random.integer(80) : 0; slime > 0; slime--) {
    const { x, y } = pick(random, groups);
    drawTube(relief, strand(random, { x: x + together * random.gaussian(), y: y + together * random.gaussian(), z: radius * 0.6, angle: between(random, 0, 6.3), length: radius * between(random, 2, 8), radius: radius * logBetween(random, 0.04, 0.15), step: radius * 0.4, curl: 0.3 / radius }), { material: material * 0.9, roughness: 0.001 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.4, radius * 2], bump: noisePlane(grid, random, { cell: radius * between(random, 0.15, 0.6), octaves: 5, gain: 0.6 }), tilt: between(random, 0.25, 0.6) });
}

/** Blood: discs hollow on both sides, lying, leaning and standing, some spiked, some swollen, in a net of fibrin or on a vessel's wall. */
export function bloodCells(grid: Grid, random: Random): Float32Array {
  const relief = ground(grid, random);
  const radius = logBetween(random, 0.035, 0.15);
  const material = between(random, 0.45, 0.7);
  const count = Math.min(160, Math.round((between(random, 0.2, 2) * grid.aspect) / (Math.PI * radius * radius)));
  const { widthPx: width } = grid;
  for (let index = 0; index < count; index++) {
    const { x, y } = anywhere(grid, random);
    const own = logNormal(random, radius, 0.08);
    const lean = between(random, 0, 6.3);
    const squash = chance(random, 0.6) ? between(random, 0.85, 1) : between(random, 0.3, 0.85);
    const base = heightAt(relief, x, y) + own * 0.1;
    const [cos, sin] = [Math.cos(lean), Math.sin(lean)];
    const climb = Math.sqrt(1 - squash * squash);
    if (chance(random, 0.12)) {
      drawEllipsoid(relief, { x, y, z: base + own * 0.5, radius: own * 0.9, material: material * 1.1, roughness: own * between(random, 0.01, 0.08) });
      continue;
    }
    for (let py = Math.max(0, Math.floor((y - own) * width)); py <= Math.min(grid.heightPx - 1, (y + own) * width); py++) {
      for (let px = Math.max(0, Math.floor((x - own) * width)); px <= Math.min(width - 1, (x + own) * width); px++) {
        const [dx, dy] = [((px + 0.5) / width - x) / own, ((py + 0.5) / width - y) / own];
        const v = (dy * cos - dx * sin) / squash;
        const r2 = (dx * cos + dy * sin) ** 2 + v * v;
        if (r2 >= 1) continue;
        // Evans and Fung, Improved measurements of the erythrocyte geometry (1972): the form of the profile.
        const z = base + own * (Math.sqrt(1 - r2) * (0.21 + 2 * r2 - 1.12 * r2 * r2) * 0.5 + 0.25 + 0.8 * climb * v);
        const pixel = py * width + px;
        if (z <= relief.height[pixel]!) continue;
        relief.height[pixel] = z;
        relief.material[pixel] = material;
        relief.roughness[pixel] = own * 0.006;
      }
    }
  }
  resettle(relief, 3);
  for (let thread = chance(random, 0.45) ? 20 + random.integer(120) : 0; thread > 0; thread--) {
    drawTube(relief, strand(random, { ...anywhere(grid, random), z: radius * between(random, 0.2, 0.9), angle: between(random, 0, 6.3), length: between(random, 0.2, 0.8), radius: radius * logBetween(random, 0.015, 0.06), step: 0.02, curl: 2 }), { material, roughness: 0.0005 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.3, radius], bump: noisePlane(grid, random, { cell: radius * 0.3, octaves: 3 }), tilt: between(random, 0.25, 0.6) });
}

/** A stained section with backscattered electrons: bundles of wavy fibres, cells with nuclei, vessels with a lining, empty resin. */
export function histology(grid: Grid, random: Random): Float32Array {
  const pitch = logBetween(random, 0.014, 0.08);
  const angle = between(random, 0, Math.PI);
  const flow = noisePlane(grid, random, { cell: pitch * between(random, 6, 14), octaves: 3 });
  const fine = noisePlane(grid, random, { cell: pitch, octaves: 4 });
  const thickness = noisePlane(grid, random, { cell: pitch * 3, octaves: 2, stretch: 3, angle });
  const fullness = noisePlane(grid, random, { cell: between(random, 0.2, 0.5), octaves: 3 });
  const cells = packDiscs(grid, random, { sizeAt: () => pitch * between(random, 0.35, 0.6), overlap: -between(random, 0.5, 4), trials: 3000 });
  const nuclei = shareOut(grid, cells, { form: { stretch: between(random, 1, 2.5), angle }, reach: 1.4 });
  const vessels = packDiscs(grid, random, { sizeAt: () => logBetween(random, 0.03, 0.12), overlap: -1, trials: pick(random, [0, 3, 9]) });
  const around = shareOut(grid, vessels, { form: { stretch: between(random, 1, 2.2), angle: between(random, 0, 3) }, reach: 1.8 });
  const [fill, amount, wave] = [between(random, 0.1, 0.9), between(random, -0.8, 1.2), between(random, 0.6, 2.5)];
  const [resin, fibre, nucleus, lining] = [between(random, 0.02, 0.2), between(random, 0.5, 0.75), between(random, 0.75, 1), between(random, 0.7, 1)];
  const plane = createPlane(grid);
  const inverted = chance(random, 0.5);
  for (let index = 0; index < plane.length; index++) {
    const { x, y } = at(grid, index);
    const phase = (y * Math.cos(angle) - x * Math.sin(angle)) / pitch + wave * flow[index]!;
    const bundle = Math.cos(2 * Math.PI * phase) + fill + 0.7 * thickness[index]! + 0.3 * fine[index]! + Math.max(-2, fullness[index]! + amount < 0 ? 3 * (fullness[index]! + amount) : 0);
    let tissue = resin + (fibre - resin) * smoothStep(bundle / 0.35 + 0.5) * (1 + 0.12 * fine[index]!);
    const inside = nuclei.rim[index]! + pitch * 0.05 * fine[index]!;
    if (inside < 0.15 * pitch && bundle > -0.6) tissue = inside < 0 ? nucleus * (1 + 0.1 * fine[index]!) : resin + 0.2 * (fibre - resin);
    const vessel = around.rim[index]! + 0.004 * fine[index]!;
    if (vessel < 0.35 * pitch) tissue = vessel < 0 ? resin : lining;
    plane[index] = inverted ? 0.95 - 0.85 * tissue : tissue;
  }
  return normaliseYield(plane, between(random, 0.6, 0.95));
}
