import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { addHeight, createRelief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawTube } from '../solids.ts';
import { strand } from '../strands.ts';

/** An electrospun mat: long even fibres in many layers, the deep ones in shadow; beads on some. */
function mat(grid: Grid, random: Random): Float32Array {
  const radius = logBetween(random, 0.003, 0.018);
  const sigma = between(random, 0.08, 0.4);
  const layers = between(random, 4, 9);
  const curl = between(random, 0.4, 5);
  const aligned = chance(random, 0.25);
  const main = between(random, 0, Math.PI);
  const beads = chance(random, 0.2) ? between(random, 0.02, 0.15) : 0;
  const relief = createRelief(grid, { material: 0.25, roughness: 0.001 });
  const material = between(random, 0.5, 0.8);
  const count = Math.min(900, Math.round((layers * grid.aspect) / (1.5 * 2 * radius)) + 6);
  const depth = radius * layers * 1.6;
  for (let index = 0; index < count; index++) {
    const angle = aligned ? main + 0.2 * random.gaussian() + (chance(random, 0.5) ? Math.PI : 0) : between(random, 0, 2 * Math.PI);
    const fromX = random.uniform() - 0.85 * Math.cos(angle) + 0.2 * random.gaussian();
    const fromY = random.uniform() * grid.aspect - 0.85 * Math.sin(angle) + 0.2 * random.gaussian();
    const points = strand(random, { x: fromX, y: fromY, z: depth * (index / count), angle, length: 1.9, radius: logNormal(random, radius, sigma), step: Math.max(0.012, radius), curl, persistence: 0.3, rise: 0.03 * random.gaussian() });
    drawTube(relief, points, { material: material * between(random, 0.92, 1.08), roughness: 0.0005 });
    for (const point of points) {
      if (!chance(random, beads * 0.3)) continue;
      drawEllipsoid(relief, { ...point, radius: point.radius * between(random, 2, 4), radiusAcross: point.radius * between(random, 1.5, 2.5), angle, material, roughness: 0.0004 });
    }
  }
  return develop(relief, random, { occlusionWidths: [radius * 1.5, radius * 6], occlusion: between(random, 0.7, 1.3), tilt: between(random, 0.3, 0.6), bump: noisePlane(grid, random, { cell: radius * 0.8 }) });
}

/** A few thick fibres side by side or crossing, with scales, striations and dust. */
function thick(grid: Grid, random: Random): Float32Array {
  const radius = between(random, 0.035, 0.15);
  const main = pick(random, [0, Math.PI / 2, between(random, 0, Math.PI)]);
  const relief = createRelief(grid, { material: 0.12, roughness: 0, height: -radius * 3 });
  const material = between(random, 0.45, 0.75);
  const crossing = chance(random, 0.35);
  const spread = crossing ? 0.5 : between(random, 0.02, 0.14);
  const count = Math.round(between(random, 0.8, 2.2) / (2 * radius)) + 1;
  const roughness = logBetween(random, 0.0002, 0.0016);
  const flatness = chance(random, 0.15) ? 0.4 : 1;
  for (let index = 0; index < count; index++) {
    const angle = main + spread * random.gaussian();
    const shift = between(random, -0.65, 0.65);
    const points = strand(random, {
      x: 0.5 - shift * Math.sin(main) - 0.9 * Math.cos(angle),
      y: grid.aspect / 2 + shift * Math.cos(main) - 0.9 * Math.sin(angle),
      z: -radius * 2.5 * (1 - index / count) + 0.3 * radius * random.gaussian(),
      angle,
      length: 1.9,
      radius: radius * Math.max(0.6, 1 + 0.1 * random.gaussian()),
      step: Math.max(0.025, radius * 0.4),
      curl: between(random, 0, 0.9),
      persistence: 0.6,
      unevenness: 0.004,
    });
    const tone = material * between(random, 0.85, 1.1);
    drawTube(relief, points, { material: tone, roughness, flatness });
    for (let dust = random.integer(25); dust > 0; dust--) {
      const point = points[random.integer(points.length)]!;
      const across = between(random, -0.9, 0.9);
      drawEllipsoid(relief, { x: point.x - across * radius * Math.sin(angle), y: point.y + across * radius * Math.cos(angle), z: point.z + radius * Math.sqrt(1 - across * across) * flatness, radius: logBetween(random, 0.0015, 0.008), radiusAcross: logBetween(random, 0.0015, 0.006), material: tone * 1.2, roughness: 0 });
    }
  }
  const striated = chance(random, 0.6);
  const bump = noisePlane(grid, random, { cell: 0.02, octaves: 4, stretch: striated ? between(random, 4, 12) : 1, angle: main });
  return develop(relief, random, { occlusionWidths: [radius * 0.8, radius * 2], bump, glow: 0.1, detector: between(random, 0.1, 0.45), tilt: between(random, 0.15, 0.45) });
}

/** Some long curling fibres on a flat dark substrate or adhesive tape. */
function loose(grid: Grid, random: Random): Float32Array {
  const radius = logBetween(random, 0.004, 0.016);
  const relief = createRelief(grid, { material: between(random, 0.2, 0.55), roughness: 0.0004 });
  addHeight(relief, noisePlane(grid, random, { cell: 0.25, octaves: 4 }), between(random, 0.0005, 0.004));
  const count = 4 + random.integer(14);
  const material = between(random, 0.5, 0.85);
  const flatness = chance(random, 0.4) ? between(random, 0.25, 0.6) : 1;
  for (let index = 0; index < count; index++) {
    const points = strand(random, {
      x: between(random, 0, 1),
      y: between(random, 0, grid.aspect),
      z: radius + 0.6 * radius * random.uniform() * Math.sqrt(index),
      angle: between(random, 0, 2 * Math.PI),
      length: logBetween(random, 0.6, 2.8),
      radius: logNormal(random, radius, 0.3),
      step: Math.max(0.008, radius),
      curl: between(random, 1, 9),
      persistence: 0.4,
      unevenness: between(random, 0, 0.06),
    });
    drawTube(relief, points, { material: material * between(random, 0.9, 1.1), roughness: 0.001, flatness });
  }
  for (let index = random.integer(25); index > 0; index--) {
    drawEllipsoid(relief, { x: random.uniform(), y: random.uniform() * grid.aspect, z: 0, radius: logBetween(random, 0.002, 0.01), radiusAcross: logBetween(random, 0.002, 0.008), material, roughness: 0.001 });
  }
  return develop(relief, random, { occlusionWidths: [radius * 1.5, radius * 5], bump: noisePlane(grid, random, { cell: 0.012 }), white: between(random, 0.6, 0.9) });
}

/** A yarn or fabric: bundles of fine filaments that cross over and under each other. */
function woven(grid: Grid, random: Random): Float32Array {
  const pitch = between(random, 0.16, 0.36);
  const radius = pitch * between(random, 0.035, 0.07);
  const turn = between(random, -0.6, 0.6);
  const relief = createRelief(grid, { material: 0.1, roughness: 0, height: -pitch * 0.4 });
  const material = between(random, 0.45, 0.75);
  const filaments = Math.round((pitch * 0.42) / radius);
  const reach = Math.ceil(1 / pitch) + 1;
  const lift = pitch * 0.22;
  for (const way of [0, 1]) {
    for (let yarn = -reach; yarn <= reach; yarn++) {
      for (let filament = 0; filament < filaments * 2; filament++) {
        const across = ((filament % filaments) / filaments - 0.5) * pitch * 0.88 + radius * random.gaussian() * 0.5;
        const hump = Math.sqrt(Math.max(0, 1 - (2.1 * across / pitch) ** 2));
        const wander = radius * between(random, 0.2, 0.8);
        const phase = random.uniform() * 6;
        const points = [];
        for (let along = -0.95; along <= 0.95; along += 0.02) {
          const wave = Math.cos(Math.PI * (along / pitch + yarn + way)) * lift;
          const cross = yarn * pitch + across + wander * Math.sin(along * 9 + phase);
          const u = way === 0 ? along : cross;
          const v = way === 0 ? cross : along;
          points.push({
            x: 0.5 + u * Math.cos(turn) - v * Math.sin(turn),
            y: grid.aspect / 2 + u * Math.sin(turn) + v * Math.cos(turn),
            z: wave + hump * pitch * 0.14 + (filament < filaments ? -radius : 0),
            radius,
          });
        }
        drawTube(relief, points, { material: material * between(random, 0.9, 1.1), roughness: 0.0003 });
      }
    }
  }
  return develop(relief, random, { occlusionWidths: [radius * 2, pitch * 0.3], bump: noisePlane(grid, random, { cell: 0.01 }), glow: 0.1 });
}

/** Fibres: electrospun mats, thick textile or carbon fibres, loose curls on a substrate, woven yarns. */
export function renderFibres(grid: Grid, random: Random): Float32Array {
  return pick(random, [mat, thick, loose, woven], [3.5, 2.5, 3, 0.8])(grid, random);
}
