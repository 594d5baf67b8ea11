import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { addHeight, createRelief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawTube } from '../solids.ts';
import { strand } from '../strands.ts';
import { cellPlanes } from '../voronoi.ts';
import { BROKEN_FIBRES } from './fibres-broken.ts';
import { MASSED_FIBRES } from './fibres-massed.ts';
import { SINGLE_FIBRES } from './fibres-single.ts';
import { anywhere, dents, ground, heightAt } from './ground.ts';

/** Curling fibres and ribbons on adhesive tape or any other ground, from one to a tangle. */
function onTape(grid: Grid, random: Random): Float32Array {
  const relief = ground(grid, random, between(random, 0.15, 0.55));
  if (chance(random, 0.4)) addHeight(relief, dents(grid, random, { count: 3 + random.integer(12), median: 0.07, sigma: 0.4, depth: between(random, -0.6, 0.6) }), 1);
  const radius = logBetween(random, 0.004, 0.022);
  const count = Math.round(logBetween(random, 1, 45));
  const material = between(random, 0.45, 0.85);
  const flatness = pick(random, [1, 1, between(random, 0.2, 0.6)]);
  for (let index = 0; index < count; index++) {
    const points = strand(random, { ...anywhere(grid, random, 0.2), z: radius * (1 + 2 * random.uniform() * Math.sqrt(index)), angle: between(random, 0, 6.3), length: logBetween(random, 0.2, 2.6), radius: logNormal(random, radius, 0.3), step: Math.max(0.008, radius), curl: between(random, 0.5, 10), persistence: between(random, 0.1, 0.6), unevenness: between(random, 0, 0.15) });
    drawTube(relief, points, { material: material * between(random, 0.85, 1.15), roughness: 0.001, flatness });
  }
  return develop(relief, random, { occlusionWidths: [radius * 1.5, radius * 5], bump: noisePlane(grid, random, { cell: 0.015, octaves: 4 }) });
}

/** A hair or a single thick filament: it fills much of the picture; scales, grooves, cracks or a peeling skin. */
function shaft(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.03, 0.3), roughness: 0, height: -0.5 });
  const angle = between(random, 0, Math.PI);
  const radius = between(random, 0.1, 0.34);
  const skin = pick(random, ['scales', 'grooves', 'rough'] as const);
  const material = between(random, 0.45, 0.7);
  for (let index = pick(random, [0, 0, 1, 2]); index >= 0; index--) {
    const own = angle + (index === 0 ? 0 : between(random, -1.4, 1.4));
    const shift = index === 0 ? between(random, -0.15, 0.15) : between(random, -0.5, 0.5);
    const points = strand(random, { x: 0.5 - shift * Math.sin(own) - Math.cos(own), y: grid.aspect / 2 + shift * Math.cos(own) - Math.sin(own), z: -0.4 * index, angle: own, length: 2, radius: radius * between(random, 0.85, 1.1), step: 0.04, curl: between(random, 0, 0.7), persistence: 0.7 });
    drawTube(relief, points, { material: material * (index === 0 ? 1 : 0.6), roughness: skin === 'rough' ? between(random, 0.001, 0.006) : between(random, 0.001, 0.005) });
  }
  if (skin === 'scales') {
    const cell = radius * between(random, 0.25, 0.7);
    const warp = { x: noisePlane(grid, random, { cell, octaves: 3 }), y: noisePlane(grid, random, { cell, octaves: 3 }), amplitude: cell * 0.2 };
    const { border, identity } = cellPlanes(grid, random, { cell: cell * 0.5, stretch: between(random, 1.5, 3.5), angle: angle + Math.PI / 2, warp });
    for (let index = 0; index < border.length; index++) if (relief.height[index]! > -0.3) relief.material[index]! *= (0.9 + 0.2 * identity[index]!) * (1 + 0.6 * Math.exp(-border[index]! / 0.05));
  }
  const bump = noisePlane(grid, random, { cell: 0.025, octaves: 5, stretch: skin === 'grooves' ? between(random, 6, 20) : 1, angle });
  return develop(relief, random, { occlusion: 0.2, bump, glow: 0.1, detector: between(random, 0.1, 0.45), tilt: between(random, 0.15, 0.45) });
}

/** Yarn or tow: hundreds of fibres side by side, some broken or astray. */
function bundle(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: 0.12, roughness: 0.001 });
  const radius = logBetween(random, 0.006, 0.04);
  const main = between(random, 0, Math.PI);
  const spread = between(random, 0.01, 0.2);
  const material = between(random, 0.45, 0.75);
  const count = Math.min(260, Math.round(between(random, 1.2, 3) / (2 * radius)));
  const brush = chance(random, 0.3);
  for (let index = 0; index < count; index++) {
    const angle = main + spread * random.gaussian() * (chance(random, 0.06) ? 6 : 1);
    const shift = between(random, -0.75, 0.75);
    const length = brush ? between(random, 0.7, 1.2) : chance(random, 0.1) ? between(random, 0.4, 1.4) : 2;
    drawTube(relief, strand(random, { x: 0.5 - shift * Math.sin(main) - Math.cos(angle), y: grid.aspect / 2 + shift * Math.cos(main) - Math.sin(angle), z: radius * 5 * (index / count), angle, length, radius: logNormal(random, radius, 0.12), step: 0.03, curl: between(random, 0, 1.5), persistence: 0.5 }), { material: material * between(random, 0.85, 1.15), roughness: 0.0006 });
  }
  return develop(relief, random, { occlusionWidths: [radius, radius * 4], bump: noisePlane(grid, random, { cell: radius, octaves: 4, stretch: between(random, 1, 6), angle: main }), tilt: between(random, 0.2, 0.5) });
}

/** A dense net of fine curling fibrils, as of collagen, cellulose or a gel. */
function fibrils(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: 0.12, roughness: 0.001, height: -0.02 });
  const radius = logBetween(random, 0.0018, 0.006);
  const material = between(random, 0.5, 0.8);
  const length = between(random, 0.15, 0.8);
  const count = Math.min(2600, Math.round((between(random, 1, 3) * grid.aspect) / (length * 2 * radius)));
  for (let index = 0; index < count; index++) {
    drawTube(relief, strand(random, { ...anywhere(grid, random), z: radius * 12 * (index / count), angle: between(random, 0, 6.3), length, radius: logNormal(random, radius, 0.25), step: 0.012, curl: between(random, 4, 22), persistence: between(random, 0.03, 0.1), rise: 0.03 * random.gaussian() }), { material: material * between(random, 0.85, 1.1), roughness: 0.0004 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 2, radius * 10], occlusion: between(random, 0.7, 1.4) });
}

/** Fibres with something on them: nodules, crystals, a torn coating, webs of binder where they cross. */
function decorated(grid: Grid, random: Random): Float32Array {
  const relief = chance(random, 0.5) ? createRelief(grid, { material: between(random, 0.05, 0.2), roughness: 0.001, height: -0.1 }) : ground(grid, random);
  const radius = logBetween(random, 0.012, 0.09);
  const material = between(random, 0.45, 0.7);
  const count = Math.min(60, Math.round(between(random, 0.8, 2.5) / (2 * radius)) + 2);
  const nodule = radius * between(random, 0.06, 0.35);
  const density = between(random, 0.05, 1.2);
  for (let index = 0; index < count; index++) {
    const angle = between(random, 0, 6.3);
    const { x, y } = anywhere(grid, random);
    const points = strand(random, { x: x - Math.cos(angle), y: y - Math.sin(angle), z: radius * 2 * index / count, angle, length: 2, radius: logNormal(random, radius, 0.15), step: Math.max(0.01, radius * 0.4), curl: between(random, 0, 1.5), persistence: 0.4, unevenness: between(random, 0, 0.03) });
    drawTube(relief, points, { material, roughness: between(random, 0.0004, 0.003) });
    for (const point of points) {
      for (let grain = Math.floor(density * 4 * random.uniform()); grain > 0; grain--) {
        const across = between(random, -1, 1);
        drawEllipsoid(relief, { x: point.x - across * radius * Math.sin(angle), y: point.y + across * radius * Math.cos(angle), z: point.z + radius * Math.sqrt(1 - across * across) * 0.9, radius: logNormal(random, nodule, 0.4), material: material * between(random, 0.9, 1.4), roughness: 0.0005 });
      }
    }
  }
  for (let web = chance(random, 0.3) ? random.integer(12) : 0; web > 0; web--) {
    const { x, y } = anywhere(grid, random);
    drawEllipsoid(relief, { x, y, z: heightAt(relief, x, y) - radius * 0.6, radius: radius * between(random, 2, 5), radiusAcross: radius * between(random, 1, 3), radiusUp: radius, angle: between(random, 0, 3), material, roughness: 0.001 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 0.6, radius * 3], bump: noisePlane(grid, random, { cell: radius * 0.5, octaves: 5 }) });
}

/** Knitted or braided yarns: rows of slanted strands, each of many filaments. */
function knitted(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: 0.08, roughness: 0.001 });
  const pitch = logBetween(random, 0.1, 0.3);
  const slant = between(random, 0.5, 1.1);
  const filament = pitch * between(random, 0.025, 0.07);
  const material = between(random, 0.5, 0.75);
  const turn = between(random, 0, Math.PI);
  for (let row = -Math.ceil(1.2 / pitch); row < 1.2 / pitch; row++) {
    for (let column = -Math.ceil(1 / pitch); column < 1 / pitch; column++) {
      const lean = (column & 1) === 0 ? slant : -slant;
      const [u, v] = [column * pitch, row * pitch * 0.9];
      const [x, y] = [0.5 + u * Math.cos(turn) - v * Math.sin(turn), grid.aspect / 2 + u * Math.sin(turn) + v * Math.cos(turn)];
      for (let one = 0; one < 14; one++) {
        const off = pitch * 0.33 * random.gaussian() * 0.7;
        const angle = turn + Math.PI / 2 + lean + 0.06 * random.gaussian();
        const half = pitch * 0.62;
        const [cx, cy] = [x - off * Math.sin(angle), y + off * Math.cos(angle)];
        // A yarn rises in the middle of a stitch and dives at its ends.
        drawTube(relief, [-1, -0.5, 0, 0.5, 1].map((t) => ({ x: cx + t * half * Math.cos(angle), y: cy + t * half * Math.sin(angle), z: pitch * (0.25 * (1 - t * t) - 0.3 * (off / pitch) ** 2), radius: filament })), { material: material * between(random, 0.9, 1.1), roughness: 0.0005 });
      }
    }
  }
  return develop(relief, random, { occlusionWidths: [filament * 2, pitch * 0.2], bump: noisePlane(grid, random, { cell: 0.02 }) });
}

/** Fibres, besides the renderer's: on tape, single shafts, bundles, fibrils, decorated ones, knits, single ones, masses of them, torn ends and bands. */
export const FIBRES = [onTape, onTape, shaft, shaft, bundle, bundle, fibrils, decorated, knitted, ...SINGLE_FIBRES, ...MASSED_FIBRES, ...BROKEN_FIBRES] as const;
