import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { grainFaces } from '../grains.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { develop, normaliseYield } from '../shade.ts';
import { drawEllipsoid, drawPolyhedron, drawTube } from '../solids.ts';
import { anywhere, ground, heightAt } from './ground.ts';

/** A few large lumps on any ground: round, dented, wrinkled or grown together, with crumbs around them. */
function lumps(grid: Grid, random: Random): Float32Array {
  const relief = ground(grid, random, between(random, 0.15, 0.5));
  const material = between(random, 0.4, 0.75);
  const size = logBetween(random, 0.08, 0.3);
  for (let lump = pick(random, [1, 1, 1, 2, 3, 5]); lump > 0; lump--) {
    const centre = { x: between(random, 0.1, 0.9), y: between(random, 0.1, 0.9) * grid.aspect };
    const roughness = pick(random, [0.0005, between(random, 0.002, 0.006), between(random, 0.006, 0.02)]);
    for (let part = pick(random, [1, 1, 2, 5]); part > 0; part--) {
      const own = size * between(random, 0.5, 1);
      const away = part === 1 ? 0 : size * between(random, 0.3, 1);
      const around = between(random, 0, 6.3);
      drawEllipsoid(relief, { x: centre.x + away * Math.cos(around), y: centre.y + away * Math.sin(around), z: own * 0.6, radius: own, radiusAcross: own * between(random, 0.7, 1), angle: between(random, 0, 3), material: material * between(random, 0.85, 1.1), roughness });
    }
    for (let crumb = random.integer(40); crumb > 0; crumb--) {
      const around = between(random, 0, 6.3);
      const away = size * between(random, 0, 1.6);
      const [x, y] = [centre.x + away * Math.cos(around), centre.y + away * Math.sin(around)];
      const own = size * logBetween(random, 0.02, 0.12);
      drawPolyhedron(relief, { x, y, z: heightAt(relief, x, y), faces: grainFaces(random, { radius: own, count: 10 }), reach: own * 2.2, rounding: own * 0.2, edge: 0.3, material, roughness: 0.002 });
    }
  }
  const bump = noisePlane(grid, random, { cell: size * between(random, 0.15, 0.8), octaves: 6, gain: 0.55, stretch: between(random, 1, 2.5), angle: between(random, 0, 3) });
  return develop(relief, random, { occlusionWidths: [0.01, 0.04], occlusion: between(random, 0.1, 0.5), bump });
}

/** Particles of one odd shape: spindles, discs, rods, cubes, plates, rings of them; lying apart, touching or heaped. */
function shapes(grid: Grid, random: Random): Float32Array {
  const relief = ground(grid, random);
  const radius = logBetween(random, 0.012, 0.09);
  const form = pick(random, ['spindle', 'disc', 'rod', 'cube', 'octahedron', 'bead'] as const);
  const coverage = logBetween(random, 0.15, 2);
  const count = Math.min(1500, Math.max(3, Math.round((coverage * grid.aspect) / (Math.PI * radius * radius))));
  const material = between(random, 0.5, 0.85);
  const sigma = pick(random, [0.05, 0.3]);
  const long = between(random, 2, 5);
  for (let index = 0; index < count; index++) {
    const own = logNormal(random, radius, sigma);
    const { x, y } = anywhere(grid, random);
    const z = own * 0.4 + (coverage > 0.8 ? (index / count) * radius * 2 : 0);
    const angle = between(random, 0, 6.3);
    const common = { x, y, z, material: material * between(random, 0.88, 1.12), roughness: 0.0006 };
    if (form === 'spindle') drawEllipsoid(relief, { ...common, radius: own * long * 0.5, radiusAcross: own * 0.5, angle });
    if (form === 'disc') drawEllipsoid(relief, { ...common, radius: own, radiusAcross: own * between(random, 0.4, 1), radiusUp: own * 0.25, angle });
    if (form === 'bead') drawEllipsoid(relief, { ...common, radius: own });
    if (form === 'rod') drawTube(relief, [{ x, y, z, radius: own * 0.4 }, { x: x + own * long * Math.cos(angle), y: y + own * long * Math.sin(angle), z: z + own * random.gaussian() * 0.5, radius: own * 0.4 }], common);
    if (form === 'cube' || form === 'octahedron') drawPolyhedron(relief, { ...common, faces: grainFaces(random, { radius: own * 0.8, count: 12, form }), reach: own * 2.4, rounding: own * between(random, 0.03, 0.2), edge: between(random, 0.2, 0.6) });
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.5, radius * 2], bump: noisePlane(grid, random, { cell: radius * 0.5, octaves: 4 }) });
}

/** Balls built of small ones, hollow balls, caps and shells that caved in. */
function composite(grid: Grid, random: Random): Float32Array {
  const relief = ground(grid, random);
  const radius = logBetween(random, 0.05, 0.3);
  const form = pick(random, ['beaded', 'dented', 'flowered'] as const);
  const material = between(random, 0.5, 0.8);
  const count = Math.max(1, Math.min(60, Math.round((between(random, 0.2, 1.2) * grid.aspect) / (Math.PI * radius * radius))));
  for (let index = 0; index < count; index++) {
    const own = logNormal(random, radius, 0.2);
    const { x, y } = anywhere(grid, random, -0.02);
    const z = own * (0.5 + 0.6 * random.uniform());
    drawEllipsoid(relief, { x, y, z, radius: own, material, roughness: 0.001 });
    const parts = form === 'dented' ? 0 : Math.round(logBetween(random, 60, 700));
    const bead = (own * between(random, 1.4, 2.2)) / Math.sqrt(Math.max(1, parts));
    for (let part = 0; part < parts; part++) {
      const up = Math.sqrt(random.uniform());
      const around = between(random, 0, 6.3);
      const across = own * Math.sqrt(1 - up * up);
      const point = { x: x + across * Math.cos(around), y: y + across * Math.sin(around), z: z + own * up };
      if (form === 'beaded') drawEllipsoid(relief, { ...point, radius: logNormal(random, bead, 0.2), material, roughness: 0.0004 });
      else drawEllipsoid(relief, { ...point, radius: bead * 1.8, radiusAcross: bead * 0.3, radiusUp: bead, angle: between(random, 0, 3), material, roughness: 0 });
    }
    if (form !== 'dented') continue;
    // A ball that caved in: its middle taken off again, a rim left.
    const hole = own * between(random, 0.3, 0.75);
    const [cx, cy] = [x + own * 0.2 * random.gaussian(), y + own * 0.2 * random.gaussian()];
    for (let py = Math.max(0, Math.floor((cy - hole) * grid.widthPx)); py <= Math.min(grid.heightPx - 1, (cy + hole) * grid.widthPx); py++) {
      for (let px = Math.max(0, Math.floor((cx - hole) * grid.widthPx)); px <= Math.min(grid.widthPx - 1, (cx + hole) * grid.widthPx); px++) {
        const [dx, dy] = [(px + 0.5) / grid.widthPx - cx, (py + 0.5) / grid.widthPx - cy];
        const r = (dx * dx + dy * dy) / (hole * hole);
        if (r >= 1) continue;
        const pixel = py * grid.widthPx + px;
        relief.height[pixel]! -= hole * (1 - r);
        relief.slopeX[pixel]! += (2 * dx) / hole;
        relief.slopeY[pixel]! += (2 * dy) / hole;
        relief.material[pixel]! *= 0.45 + 0.55 * r;
      }
    }
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.15, radius], bump: noisePlane(grid, random, { cell: radius * 0.2, octaves: 4 }), detector: between(random, 0.05, 0.4) });
}

/** Nanoparticles at the limit of resolution: round spots, brighter or darker than what they lie on, soft and noisy. */
function spots(grid: Grid, random: Random): Float32Array {
  const dark = chance(random, 0.25);
  const level = dark ? between(random, 0.5, 0.8) : between(random, 0.04, 0.4);
  const cloud = noisePlane(grid, random, { cell: between(random, 0.01, 0.3), octaves: 4 });
  const plane = createPlane(grid, level).map((value, index) => value * (1 + 0.05 * cloud[index]!));
  const radius = logBetween(random, 0.005, 0.035);
  const clusters = 2 + random.integer(40);
  const amplitude = dark ? -level * between(random, 0.4, 0.95) : (1 - level) * between(random, 0.3, 0.9);
  const edge = between(random, 1, 5);
  const { widthPx: width } = grid;
  for (let cluster = 0; cluster < clusters; cluster++) {
    let { x, y } = anywhere(grid, random, 0);
    for (let member = Math.floor(logBetween(random, 1, 40)); member > 0; member--) {
      const own = logNormal(random, radius, 0.15);
      const tone = amplitude * between(random, 0.75, 1.1);
      for (let py = Math.max(0, Math.floor((y - 2 * own) * width)); py <= Math.min(grid.heightPx - 1, (y + 2 * own) * width); py++) {
        for (let px = Math.max(0, Math.floor((x - 2 * own) * width)); px <= Math.min(width - 1, (x + 2 * own) * width); px++) {
          const r = (((px + 0.5) / width - x) ** 2 + ((py + 0.5) / width - y) ** 2) / (own * own);
          plane[py * width + px]! += tone * Math.exp(-(r ** edge)) * (member % 2 === 0 ? 1 : 0.9);
        }
      }
      const around = between(random, 0, 6.3);
      x += own * between(random, 1.9, 2.6) * Math.cos(around);
      y += own * between(random, 1.9, 2.6) * Math.sin(around);
    }
  }
  return normaliseYield(plane.map((value) => Math.max(0, value)), between(random, 0.6, 0.9));
}

/** Broken or rounded grains lying apart on any ground: dust, pigments, minerals. */
function grainsApart(grid: Grid, random: Random): Float32Array {
  const relief = ground(grid, random);
  const radius = logBetween(random, 0.008, 0.08);
  const count = Math.min(800, Math.max(2, Math.round((between(random, 0.05, 0.45) * grid.aspect) / (Math.PI * radius * radius))));
  const round = chance(random, 0.5);
  const material = between(random, 0.5, 0.9);
  for (let index = 0; index < count; index++) {
    const own = logNormal(random, radius, 0.45);
    const { x, y } = anywhere(grid, random);
    if (round) drawEllipsoid(relief, { x, y, z: own * 0.5, radius: own * between(random, 1, 1.5), radiusAcross: own, angle: between(random, 0, 3), material, roughness: between(random, 0.0005, 0.004) });
    else drawPolyhedron(relief, { x, y, z: own * 0.5, faces: grainFaces(random, { radius: own, count: 8 + random.integer(8), elongation: between(random, 1, 2) }), reach: own * 4, rounding: own * 0.12, edge: 0.3, material, roughness: 0.002 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.8, radius * 2.5], bump: noisePlane(grid, random, { cell: radius * 0.5, octaves: 5 }) });
}

/** Particles, besides the renderer's: lumps, odd shapes, composite and caved-in balls, soft spots, grains apart. */
export const PARTICLES = [lumps, lumps, lumps, lumps, shapes, shapes, composite, composite, spots, spots, grainsApart] as const;
