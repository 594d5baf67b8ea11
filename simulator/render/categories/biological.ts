import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import { blurPlane, createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawTube, type TubePoint } from '../solids.ts';
import { strand } from '../strands.ts';
import { cellPlanes } from '../voronoi.ts';

function bed(grid: Grid, random: Random, material: number): Relief {
  const relief = createRelief(grid, { material, roughness: between(random, 0.0005, 0.003) });
  addHeight(relief, noisePlane(grid, random, { cell: 0.25, octaves: 5 }), between(random, 0.001, 0.008));
  return relief;
}

/** Sinks round openings into what was drawn: a factor on the yield and a slope towards the middle. */
function puncture(relief: Relief, pore: { x: number; y: number; radius: number; darkness: number }): void {
  const { widthPx: width } = relief;
  const reach = Math.max(pore.radius * 1.5, 1.5 / width);
  const radius = Math.max(pore.radius, 0.7 / width);
  for (let py = Math.max(0, Math.floor((pore.y - reach) * width)); py <= Math.min(relief.heightPx - 1, (pore.y + reach) * width); py++) {
    for (let px = Math.max(0, Math.floor((pore.x - reach) * width)); px <= Math.min(width - 1, (pore.x + reach) * width); px++) {
      const dx = (px + 0.5) / width - pore.x;
      const dy = (py + 0.5) / width - pore.y;
      const t = Math.sqrt(dx * dx + dy * dy) / radius;
      if (t > 1.5) continue;
      const index = py * width + px;
      relief.material[index]! *= t < 1 ? 1 - pore.darkness * (1 - t ** 4) : 1 + 0.12 * (1.5 - t);
    }
  }
}

/** Diatom frustules: round ones with radial rows of pores, boat-shaped ones with striae and a raphe. */
function diatoms(grid: Grid, random: Random): Float32Array {
  const relief = bed(grid, random, between(random, 0.1, 0.3));
  const count = pick(random, [1, 1, 2, 4]);
  const material = between(random, 0.45, 0.7);
  const centric = chance(random, 0.5);
  for (let index = 0; index < count; index++) {
    const alone = count === 1;
    const x = alone ? between(random, 0.4, 0.6) : between(random, 0.15, 0.85);
    const y = grid.aspect * (alone ? between(random, 0.4, 0.6) : between(random, 0.15, 0.85));
    const angle = between(random, 0, Math.PI);
    const size = between(random, 0.22, 0.4) / Math.sqrt(count);
    const across = centric ? size : size * between(random, 0.2, 0.38);
    const thick = across * 0.35;
    drawEllipsoid(relief, { x, y, z: 0.02, radius: size, radiusAcross: across, radiusUp: thick, angle, material, roughness: 0.0006 });
    const pitch = Math.max(0.0065, (centric ? size : across) * between(random, 0.05, 0.11));
    const pore = pitch * between(random, 0.25, 0.38);
    const darkness = between(random, 0.5, 0.85);
    const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
    const place = (u: number, v: number): void => puncture(relief, { x: x + u * cosine - v * sine, y: y + u * sine + v * cosine, radius: pore, darkness });
    if (centric) {
      for (let radius = pitch * 2; radius < size * 0.93; radius += pitch) {
        const around = Math.max(6, Math.round((2 * Math.PI * radius) / pitch));
        for (let step = 0; step < around; step++) place(radius * Math.cos((2 * Math.PI * step) / around), radius * Math.sin((2 * Math.PI * step) / around));
      }
      const ribs = createRim(size);
      drawTube(relief, ribs.map((point) => ({ ...point, x: x + point.x, y: y + point.y, z: 0.02 + thick * 0.3, radius: size * 0.035 })), { material: material * 1.1, roughness: 0 });
    } else {
      for (let u = -size * 0.92; u <= size * 0.92; u += pitch) {
        const half = across * Math.sqrt(1 - (u / size) ** 2) * 0.88;
        for (let v = pitch * 1.2; v < half; v += pitch * 0.8) {
          place(u, v);
          place(u, -v);
        }
      }
      for (let u = -size * 0.85; u <= size * 0.85; u += pore * 0.8) if (Math.abs(u) > size * 0.06) puncture(relief, { x: x + u * cosine, y: y + u * sine, radius: pore * 0.6, darkness });
    }
  }
  debris(grid, random, relief);
  return develop(relief, random, { occlusionWidths: [0.01, 0.05], bump: noisePlane(grid, random, { cell: 0.02, octaves: 5 }), maxSecant: 3 });
}

function createRim(radius: number): { x: number; y: number }[] {
  return Array.from({ length: 73 }, (_, index) => ({ x: radius * 0.97 * Math.cos((index * Math.PI) / 36), y: radius * 0.97 * Math.sin((index * Math.PI) / 36) }));
}

function debris(grid: Grid, random: Random, relief: Relief): void {
  for (let index = random.integer(50); index > 0; index--) {
    const radius = logBetween(random, 0.002, 0.012);
    drawEllipsoid(relief, { x: random.uniform(), y: random.uniform() * grid.aspect, z: 0.004, radius: radius * between(random, 1, 2.5), radiusAcross: radius, angle: between(random, 0, Math.PI), material: 0.5, roughness: 0.002 });
  }
}

/** Pollen grains: spiny, warty or netted spheres, folded when dry. */
function pollen(grid: Grid, random: Random): Float32Array {
  const relief = bed(grid, random, between(random, 0.08, 0.3));
  const count = pick(random, [1, 1, 2, 5]);
  const material = between(random, 0.45, 0.7);
  const spiny = pick(random, ['spines', 'warts', 'net'] as const);
  const size = between(random, 0.2, 0.33) / Math.sqrt(count);
  for (let index = 0; index < count; index++) {
    const radius = size * between(random, 0.85, 1.1);
    const x = count === 1 ? between(random, 0.4, 0.6) : between(random, 0.1, 0.9);
    const y = grid.aspect * (count === 1 ? between(random, 0.42, 0.58) : between(random, 0.1, 0.9));
    const squash = between(random, 0.75, 1);
    const z = radius * 0.7;
    drawEllipsoid(relief, { x, y, z, radius, radiusAcross: radius * squash, angle: 0, material, roughness: between(random, 0.001, 0.003) });
    const ornaments = { spines: 90 + random.integer(160), warts: 700 + random.integer(1200), net: 400 + random.integer(900) }[spiny];
    const mesh = radius * (1.7 / Math.sqrt(ornaments));
    const height = radius * between(random, 0.12, 0.3);
    for (let ornament = 0; ornament < ornaments; ornament++) {
      // Golden-angle spiral over the whole sphere: the far side is hidden by the z-test.
      const up = 1 - (2 * ornament + 1) / ornaments;
      if (up < -0.25) continue;
      const around = ornament * 2.39996 + (spiny === 'net' ? 0.01 : 0.1) * random.gaussian();
      const flat = Math.sqrt(1 - up * up);
      const [nx, ny] = [flat * Math.cos(around), flat * Math.sin(around) * squash];
      const foot: TubePoint = { x: x + nx * radius * 0.97, y: y + ny * radius * 0.97, z: z + up * radius * 0.97, radius: height * 0.38 };
      if (spiny === 'spines') drawTube(relief, [foot, { x: x + nx * (radius + height), y: y + ny * (radius + height), z: z + up * (radius + height), radius: height * 0.07 }], { material: material * 1.05, roughness: 0.0005 });
      if (spiny === 'warts') drawEllipsoid(relief, { ...foot, radius: radius * between(random, 0.03, 0.055), material, roughness: 0 });
      if (spiny === 'net' && up > 0) puncture(relief, { x: foot.x, y: foot.y, radius: mesh * (0.35 + 0.65 * up), darkness: 0.65 });
    }
  }
  debris(grid, random, relief);
  return develop(relief, random, { occlusionWidths: [0.012, size * 0.4], bump: noisePlane(grid, random, { cell: 0.02, octaves: 5 }), maxSecant: 3 });
}

/** Bacteria: rods, curved rods or cocci, dividing, in colonies on a fibrous or smooth bed. */
function bacteria(grid: Grid, random: Random): Float32Array {
  const relief = bed(grid, random, between(random, 0.2, 0.45));
  const radius = logBetween(random, 0.014, 0.06);
  const form = pick(random, ['rod', 'coccus', 'curved'] as const, [3, 1.5, 1.5]);
  const material = between(random, 0.5, 0.75);
  const count = Math.min(500, Math.round((between(random, 0.25, 1.4) * grid.aspect) / (radius * radius * (form === 'coccus' ? 4 : 14))) + 1);
  if (chance(random, 0.45)) {
    for (let index = 0; index < 120; index++) drawTube(relief, strand(random, { x: random.uniform(), y: random.uniform() * grid.aspect, z: 0, angle: between(random, 0, 6.3), length: between(random, 0.05, 0.3), radius: radius * between(random, 0.06, 0.15), step: 0.015, curl: 12 }), { material: material * 0.8, roughness: 0.001 });
  }
  const skin = between(random, 0.0006, 0.003);
  let x = random.uniform();
  let y = random.uniform() * grid.aspect;
  for (let index = 0; index < count; index++) {
    if (chance(random, 0.35)) {
      x = random.uniform();
      y = random.uniform() * grid.aspect;
    } else {
      const away = radius * between(random, 2, form === 'coccus' ? 2.1 : 5);
      const around = between(random, 0, 2 * Math.PI);
      x += away * Math.cos(around);
      y += away * Math.sin(around);
    }
    const own = radius * between(random, 0.88, 1.12);
    const z = own * 0.8 + radius * 0.5 * random.uniform();
    if (form === 'coccus') {
      const angle = between(random, 0, Math.PI);
      drawEllipsoid(relief, { x, y, z, radius: own * 1.08, radiusAcross: own, angle, material, roughness: skin });
      // A dividing pair.
      if (chance(random, 0.5)) drawEllipsoid(relief, { x: x + 1.6 * own * Math.cos(angle), y: y + 1.6 * own * Math.sin(angle), z, radius: own * 1.05, radiusAcross: own, angle, material, roughness: skin });
      continue;
    }
    const points = strand(random, { x, y, z, angle: between(random, 0, 2 * Math.PI), length: own * between(random, 3, 8), radius: own, step: own * 0.3, curl: form === 'curved' ? 0.35 / own : 0.05 / own, persistence: own * 20, rise: 0.1 * random.gaussian() });
    const waist = chance(random, 0.3) ? Math.floor(points.length / 2) : -9;
    drawTube(relief, points.map((point, at) => ({ ...point, radius: point.radius * (Math.abs(at - waist) < 2 ? 0.85 : 1) })), { material, roughness: skin });
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.6, radius * 2], bump: noisePlane(grid, random, { cell: radius * 0.7, octaves: 4 }), tilt: between(random, 0.3, 0.7) });
}

/** Plant tissue cut open: cell walls of even thickness around dark lumina, cells larger inwards. */
function tissue(grid: Grid, random: Random): Float32Array {
  const cell = between(random, 0.06, 0.17);
  const warp = { x: noisePlane(grid, random, { cell: cell * 2, octaves: 2 }), y: noisePlane(grid, random, { cell: cell * 2, octaves: 2 }), amplitude: cell * 0.14 };
  const cells = cellPlanes(grid, random, { cell, jitter: between(random, 0.45, 0.85), hexagonal: true, stretch: between(random, 1, 1.7), angle: between(random, 0, Math.PI), warp });
  const wall = between(random, 0.05, 0.14);
  const relief = createRelief(grid, { material: between(random, 0.5, 0.7), roughness: 0.001 });
  const heights = createPlane(grid);
  // A cell wall is round inside: its corners are filled.
  const border = blurPlane(grid, cells.border, Math.max(1, cell * 0.09 * grid.widthPx));
  const inner = noisePlane(grid, random, { cell: cell * 0.8, octaves: 4, stretch: 3, angle: between(random, 0, Math.PI) });
  const edgeAngle = between(random, -0.8, 0.8);
  const edgeAt = chance(random, 0.5) ? between(random, 0.1, 0.35) * grid.aspect : -9;
  const outside = between(random, 0.12, 0.35);
  const viewX = between(random, -0.6, 0.6);
  const viewY = between(random, -0.6, 0.6);
  for (let index = 0; index < heights.length; index++) {
    const x = (index % grid.widthPx) / grid.widthPx - 0.5;
    const y = Math.floor(index / grid.widthPx) / grid.widthPx;
    const from = y - edgeAt - edgeAngle * x + 0.01 * warp.x[index]!;
    if (from < 0) {
      heights[index] = -cell * 1.2;
      relief.material[index] = outside;
      continue;
    }
    const own = wall * (cells.identity[index]! < 0.2 ? 2 : 1);
    const t = from < cell * 0.35 ? 0 : Math.min(1, Math.max(0, (border[index]! - own - 0.04) / 0.12));
    heights[index] = -cell * t * (0.8 + 0.7 * cells.identity[index]!) + cell * 0.04 * inner[index]! * t;
    relief.material[index]! *= 1 - 0.35 * t;
  }
  addHeight(relief, heights, 1);
  for (let index = 0; index < heights.length; index++) {
    relief.slopeX[index]! += viewX;
    relief.slopeY[index]! += viewY;
  }
  if (chance(random, 0.4)) debris(grid, random, relief);
  return develop(relief, random, { occlusionWidths: [cell * 0.3, cell * 0.8], occlusion: between(random, 0.6, 1.1), maxSecant: 2.6, bump: noisePlane(grid, random, { cell: 0.02, octaves: 4 }) });
}

/** Blood cells: biconcave discs, some tilted or spiky. */
function bloodCells(grid: Grid, random: Random): Float32Array {
  const radius = between(random, 0.045, 0.12);
  const relief = bed(grid, random, between(random, 0.12, 0.4));
  const heights = createPlane(grid);
  const material = between(random, 0.5, 0.7);
  const count = Math.round((between(random, 0.5, 1.3) * grid.aspect) / (Math.PI * radius * radius));
  const { widthPx: width } = grid;
  for (let index = 0; index < count; index++) {
    const own = radius * between(random, 0.88, 1.1);
    const x = random.uniform();
    const y = random.uniform() * grid.aspect;
    const squash = between(random, 1, 1.9);
    const angle = between(random, 0, Math.PI);
    const dimple = between(random, 0.2, 0.9);
    const base = (index / count) * own * 0.8 + own * 0.2;
    const wrinkles = chance(random, 0.2) ? between(random, 0.03, 0.08) : 0;
    for (let py = Math.max(0, Math.floor((y - own) * width)); py <= Math.min(grid.heightPx - 1, (y + own) * width); py++) {
      for (let px = Math.max(0, Math.floor((x - own) * width)); px <= Math.min(width - 1, (x + own) * width); px++) {
        const dx = (px + 0.5) / width - x;
        const dy = (py + 0.5) / width - y;
        const u = (dx * Math.cos(angle) + dy * Math.sin(angle)) / own;
        const v = ((dy * Math.cos(angle) - dx * Math.sin(angle)) / own) * squash;
        const limit = 1 + wrinkles * Math.cos(11 * Math.atan2(v, u));
        const r = (u * u + v * v) / (limit * limit);
        if (r >= 1) continue;
        // Profile of the resting cell (Evans and Fung, 1972): thin in the middle.
        const z = base + own * 0.42 * Math.sqrt(1 - r) * (1 - 0.62 * dimple + 1.6 * dimple * r - 0.9 * dimple * r * r);
        const at = py * width + px;
        if (z <= heights[at]!) continue;
        heights[at] = z;
        relief.material[at] = material;
        relief.roughness[at] = 0.0004;
      }
    }
  }
  addHeight(relief, heights, 1);
  return develop(relief, random, { occlusionWidths: [radius * 0.4, radius], bump: noisePlane(grid, random, { cell: 0.02, octaves: 4 }), maxSecant: 2.6, tilt: between(random, 0.3, 0.6) });
}

/** Skin of a leaf or an insect: cushioned cells with folds, wax or papillae, and some hairs or stomata. */
function cuticle(grid: Grid, random: Random): Float32Array {
  const cell = between(random, 0.05, 0.16);
  const lobes = between(random, 0, 0.16);
  const warp = { x: noisePlane(grid, random, { cell: cell * 0.8, octaves: 1 }), y: noisePlane(grid, random, { cell: cell * 0.8, octaves: 1 }), amplitude: cell * lobes };
  const regular = chance(random, 0.35);
  const cells = cellPlanes(grid, random, { cell, jitter: regular ? 0.08 : 0.9, hexagonal: regular, stretch: regular ? 1 : between(random, 1, 2), angle: between(random, 0, Math.PI), warp: regular ? { ...warp, amplitude: cell * 0.04 } : warp });
  const relief = createRelief(grid, { material: between(random, 0.45, 0.65), roughness: between(random, 0.0004, 0.0016) });
  const heights = createPlane(grid);
  const dome = regular ? between(random, 0.3, 0.5) : between(random, 0.1, 0.35);
  const folds = noisePlane(grid, random, { cell: cell * 0.18, octaves: 2, stretch: between(random, 2, 6), angle: between(random, 0, Math.PI) });
  const foldDepth = chance(random, 0.5) ? between(random, 0.005, 0.03) : 0.003;
  for (let index = 0; index < heights.length; index++) {
    const border = Math.min(0.5, cells.border[index]!);
    heights[index] = cell * (dome * Math.sqrt(border * (1 - border)) * 2 + foldDepth * folds[index]! * Math.min(1, border * 5));
  }
  addHeight(relief, heights, 1);
  if (!regular && chance(random, 0.6)) {
    for (let stoma = 2 + random.integer(8); stoma > 0; stoma--) {
      const x = random.uniform();
      const y = random.uniform() * grid.aspect;
      const angle = between(random, 0, Math.PI);
      const size = cell * 0.35;
      for (const side of [-1, 1]) drawTube(relief, [-1, -0.5, 0, 0.5, 1].map((along) => {
        const across = side * size * 0.35 * Math.sqrt(1 - along * along * 0.95);
        return { x: x + along * size * Math.cos(angle) - across * Math.sin(angle), y: y + along * size * Math.sin(angle) + across * Math.cos(angle), z: cell * dome * 0.5, radius: size * 0.26 };
      }), { material: 0.6, roughness: 0.0005 });
      for (let along = -0.6; along < 0.6; along += 0.05) puncture(relief, { x: x + along * size * Math.cos(angle), y: y + along * size * Math.sin(angle), radius: size * 0.1, darkness: 0.6 });
    }
  }
  const hairs = chance(random, 0.5) ? 4 + random.integer(40) : 0;
  const lie = between(random, 0, 2 * Math.PI);
  for (let hair = 0; hair < hairs; hair++) {
    const thick = cell * between(random, 0.06, 0.14);
    drawTube(relief, strand(random, { x: random.uniform(), y: random.uniform() * grid.aspect, z: cell * dome * 0.6, angle: lie + 0.35 * random.gaussian(), length: cell * between(random, 1.5, 4), radius: thick, step: 0.012, curl: 4, rise: 0.25, taper: 0.1 }), { material: 0.65, roughness: 0.0008 });
  }
  return develop(relief, random, { occlusionWidths: [cell * 0.15, cell * 0.5], bump: noisePlane(grid, random, { cell: 0.025, octaves: 5, gain: 0.6 }), maxSecant: 2.8 });
}

/** Cultured cells: flat bodies spread on a dish with a raised nucleus, filopodia and blebs. */
function spreadCells(grid: Grid, random: Random): Float32Array {
  const relief = bed(grid, random, between(random, 0.2, 0.45));
  const count = 1 + random.integer(7);
  const material = between(random, 0.5, 0.7);
  for (let index = 0; index < count; index++) {
    const size = between(random, 0.09, 0.24) / Math.sqrt(Math.sqrt(count));
    const x = between(random, 0.1, 0.9);
    const y = between(random, 0.1, 0.9) * grid.aspect;
    const main = between(random, 0, Math.PI);
    // The flat body: overlapping sheets around the nucleus, drawn out where the cell holds on.
    for (let sheet = 0; sheet < 6; sheet++) {
      const away = size * between(random, 0.1, 0.5);
      const around = main + (sheet < 3 ? 0.3 : 1.5) * random.gaussian();
      drawEllipsoid(relief, { x: x + away * Math.cos(around), y: y + away * Math.sin(around), z: 0, radius: size * between(random, 0.7, 1.1), radiusAcross: size * between(random, 0.3, 0.55), radiusUp: size * between(random, 0.06, 0.12), angle: around, material, roughness: 0.0025 });
    }
    const processes = 2 + random.integer(3);
    for (let arm = 0; arm < processes; arm++) {
      const angle = main + arm * Math.PI + 0.35 * random.gaussian();
      drawTube(relief, strand(random, { x: x + size * 0.7 * Math.cos(angle), y: y + size * 0.7 * Math.sin(angle), z: 0, angle, length: size * between(random, 0.6, 2), radius: size * between(random, 0.1, 0.2), step: 0.012, curl: 2, taper: 0.1 }), { material, roughness: 0.002, flatness: 0.4 });
    }
    for (let filopodium = 10 + random.integer(50); filopodium > 0; filopodium--) {
      const angle = between(random, 0, 2 * Math.PI);
      drawTube(relief, strand(random, { x: x + size * 0.5 * Math.cos(angle), y: y + size * 0.5 * Math.sin(angle), z: 0.002, angle, length: size * between(random, 0.3, 1.1), radius: size * between(random, 0.008, 0.022), step: 0.012, curl: 4, taper: 0.6 }), { material, roughness: 0.0005 });
    }
    drawEllipsoid(relief, { x, y, z: 0, radius: size * between(random, 0.45, 0.6), radiusAcross: size * between(random, 0.32, 0.45), radiusUp: size * between(random, 0.15, 0.28), angle: main, material, roughness: 0.002 });
    for (let bleb = random.integer(90); bleb > 0; bleb--) {
      const around = between(random, 0, 2 * Math.PI);
      const out = Math.sqrt(random.uniform());
      const u = out * size * 0.75 * Math.cos(around);
      const v = out * size * 0.42 * Math.sin(around);
      drawEllipsoid(relief, { x: x + u * Math.cos(main) - v * Math.sin(main), y: y + u * Math.sin(main) + v * Math.cos(main), z: size * (0.04 + 0.18 * Math.sqrt(Math.max(0, 1 - 3 * out * out))), radius: logNormal(random, size * 0.025, 0.4), material, roughness: 0 });
    }
  }
  debris(grid, random, relief);
  return develop(relief, random, { occlusionWidths: [0.012, 0.05], bump: noisePlane(grid, random, { cell: 0.025, octaves: 5, gain: 0.6 }) });
}

/** Biological: diatoms, pollen, bacteria, plant tissue, blood cells, cuticle, cultured cells. */
export function renderBiological(grid: Grid, random: Random): Float32Array {
  return pick(random, [diatoms, pollen, bacteria, tissue, bloodCells, cuticle, spreadCells], [1.8, 1.8, 2.4, 1.8, 1, 1.6, 1.2])(grid, random);
}
