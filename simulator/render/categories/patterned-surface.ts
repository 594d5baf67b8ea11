import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, pick } from '../draws.ts';
import { createLayout, disc, type Distance, extrude, length, rectangle, track, unite } from '../layout.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief, inclineHeights } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawPolyhedron, drawTube } from '../solids.ts';

const mostlyStraight = (random: Random): number => pick(random, [0.03 * random.gaussian(), Math.PI / 2 + 0.03 * random.gaussian(), between(random, 0, Math.PI)], [2, 2, 1]);

function etched(random: Random) {
  return {
    height: pick(random, [1, -1]) * logBetween(random, 0.006, 0.04),
    wall: between(random, 0.003, 0.012),
    material: pick(random, [1, between(random, 0.45, 0.8), between(random, 1.25, 2)]),
    roughness: between(random, 0.0002, 0.001),
    rim: between(random, 0, 0.7),
    rimWidth: between(random, 0.0015, 0.006),
  };
}

/** Lines and spaces, straight or sinuous, with line-edge roughness. */
function grating(grid: Grid, random: Random): Float32Array {
  const pitch = logBetween(random, 0.02, 0.22);
  const duty = between(random, 0.3, 0.7);
  const angle = mostlyStraight(random);
  const relief = createRelief(grid, { material: between(random, 0.3, 0.55), roughness: between(random, 0.0002, 0.001) });
  const layout = createLayout(grid);
  const phase = random.uniform();
  const wave = chance(random, 0.15) ? pitch * between(random, 0.05, 0.25) : 0;
  const wavelength = pitch * between(random, 0.5, 2);
  const sine = Math.sin(angle);
  const cosine = Math.cos(angle);
  unite(grid, layout, {
    distance: (x, y) => {
      const along = x * cosine + y * sine;
      const across = (-x * sine + y * cosine + wave * Math.sin((2 * Math.PI * along) / wavelength)) / pitch + phase;
      return (duty / 2 - Math.abs(across - Math.floor(across) - 0.5)) * pitch;
    },
  });
  const steps = etched(random);
  const height = Math.sign(steps.height) * Math.min(Math.abs(steps.height), pitch * 0.5);
  extrude(relief, layout, { ...steps, height, wall: Math.min(steps.wall, pitch * 0.15), rimWidth: Math.min(steps.rimWidth, pitch * 0.08), wobble: { plane: noisePlane(grid, random, { cell: pitch * between(random, 0.2, 0.8), octaves: 3 }), amplitude: pitch * logBetween(random, 0.002, 0.03) } });
  return develop(relief, random, { occlusionWidths: [pitch * 0.25], occlusion: between(random, 0.2, 0.9), bump: noisePlane(grid, random, { cell: 0.01, octaves: 3 }) });
}

/** A lattice of dots, holes, rings, squares or crosses, square or hexagonal. */
function lattice(grid: Grid, random: Random): Float32Array {
  const pitch = logBetween(random, 0.03, 0.2);
  const size = pitch * between(random, 0.18, 0.4);
  const angle = pick(random, [0.02 * random.gaussian(), Math.PI / 4, between(random, 0, Math.PI)], [3, 0.7, 1]);
  const hexagonal = chance(random, 0.4);
  const form = pick(random, ['disc', 'square', 'ring', 'cross', 'bar'] as const, [4, 2, 1, 0.8, 1]);
  const squash = chance(random, 0.3) ? between(random, 0.6, 0.9) : 1;
  const relief = createRelief(grid, { material: between(random, 0.3, 0.55), roughness: between(random, 0.0002, 0.0012) });
  const layout = createLayout(grid);
  const sine = Math.sin(angle);
  const cosine = Math.cos(angle);
  const rowHeight = hexagonal ? 0.866 : 1;
  const motif: Distance = {
    disc: disc(0, 0, size),
    square: rectangle({ x: 0, y: 0, width: 1.8 * size, height: 1.8 * size, corner: size * between(random, 0.05, 0.5) }),
    ring: (x: number, y: number) => size * 0.22 - Math.abs(length(x, y) - size * 0.9),
    cross: (x: number, y: number) => Math.max(Math.min(size * 0.35 - Math.abs(x), size - Math.abs(y)), Math.min(size - Math.abs(x), size * 0.35 - Math.abs(y))),
    bar: rectangle({ x: 0, y: 0, width: pitch * 0.72, height: size * 0.9, corner: size * 0.3 }),
  }[form];
  unite(grid, layout, {
    distance: (px, py) => {
      const x = px * cosine + py * sine;
      const y = (py * cosine - px * sine) / squash;
      const row = Math.round(y / (pitch * rowHeight));
      const shift = hexagonal && (row & 1) === 1 ? pitch / 2 : 0;
      const column = Math.round((x - shift) / pitch);
      return motif(x - shift - column * pitch, y - row * pitch * rowHeight);
    },
  });
  const steps = etched(random);
  const height = Math.sign(steps.height) * Math.min(Math.abs(steps.height) * 1.3, pitch * 0.5);
  extrude(relief, layout, { ...steps, height, wall: Math.min(steps.wall * 1.5, size * 0.5), rimWidth: Math.min(steps.rimWidth, size * 0.3), wobble: { plane: noisePlane(grid, random, { cell: size, octaves: 3 }), amplitude: size * logBetween(random, 0.004, 0.03) } });
  return develop(relief, random, { occlusionWidths: [pitch * 0.2], occlusion: between(random, 0.3, 1), bump: noisePlane(grid, random, { cell: 0.012, octaves: 4 }) });
}

/** Pillars, posts or pyramids in rows, seen at an angle; sometimes only a patch of them. */
function pillars(grid: Grid, random: Random): Float32Array {
  const tilt = between(random, 0.5, 1);
  const pitch = between(random, 0.05, 0.16);
  const half = pitch * between(random, 0.15, 0.32);
  const tall = pitch * between(random, 0.5, 2.2);
  const turn = pick(random, [0.26, Math.PI / 4, between(random, 0.12, 0.7)]);
  const round = chance(random, 0.4);
  const patch = chance(random, 0.35) ? 2 + random.integer(4) : 40;
  const relief = createRelief(grid, { material: between(random, 0.3, 0.5), roughness: 0.0006 });
  addHeight(relief, noisePlane(grid, random, { cell: 0.3 }), 0.0006);
  inclineHeights(relief, 0, Math.tan(tilt));
  const material = between(random, 0.45, 0.7);
  const [sine, cosine] = [Math.sin(tilt), Math.cos(tilt)];
  const taper = between(random, 0.7, 1);
  const roughness = between(random, 0.0005, 0.002);
  for (let row = -patch; row <= patch; row++) {
    for (let column = -patch; column <= patch; column++) {
      const groundX = 0.5 + (column * Math.cos(turn) - row * Math.sin(turn)) * pitch;
      const groundY = grid.aspect / 2 / cosine + (column * Math.sin(turn) + row * Math.cos(turn)) * pitch;
      const x = groundX;
      const y = groundY * cosine - (tall / 2) * sine;
      if (x < -0.2 || x > 1.2 || y < -0.3 || y > grid.aspect + 0.3) continue;
      const z = groundY * sine + (tall / 2) * cosine;
      if (round) {
        const radius = half * taper;
        const head = { x: groundX, y: groundY * cosine - tall * sine, z: groundY * sine + tall * cosine };
        // The tube's own round end stays under the flat top.
        drawTube(relief, [{ x: groundX, y: groundY * cosine, z: groundY * sine, radius: half }, { ...head, y: head.y + radius * (1 - cosine), radius }], { material, roughness });
        drawEllipsoid(relief, { ...head, z: head.z + radius, radius, radiusAcross: radius * cosine, radiusUp: radius * 0.08, material: material * 1.15, roughness });
        continue;
      }
      // A box turned about the vertical, then tilted: normals in view space.
      const sides = [0, 1, 2, 3].map((side) => {
        const around = turn + (side * Math.PI) / 2;
        const [nx, ny] = [Math.cos(around), Math.sin(around)];
        return [nx, ny * cosine, ny * sine, half] as const;
      });
      drawPolyhedron(relief, { x, y, z, faces: [...sides, [0, -sine, cosine, tall / 2], [0, sine, -cosine, tall / 2]], reach: Math.hypot(half * 1.5, tall / 2), rounding: half * 0.08, edge: 0.5, material, roughness });
    }
  }
  return develop(relief, random, { occlusionWidths: [half, pitch * 0.7], bump: noisePlane(grid, random, { cell: 0.02, octaves: 4 }), tilt: between(random, 0.25, 0.5), detector: between(random, 0.15, 0.4) });
}

/** A test pattern: groups of bars, dots of growing size, frames and marks on a blank wafer. */
function testPattern(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.3, 0.6), roughness: 0.0003 });
  const layout = createLayout(grid);
  const groups = 1 + random.integer(4);
  for (let group = 0; group < groups; group++) {
    // Two groups lie beside each other, more in the quarters of the picture.
    const x = groups === 1 ? 0.5 : (group % 2 === 0 ? 0.27 : 0.73) + between(random, -0.04, 0.04);
    const y = grid.aspect * (groups <= 2 ? 0.5 : group < 2 ? 0.27 : 0.73) + between(random, -0.03, 0.03);
    const size = groups === 1 ? between(random, 0.35, 0.7) : between(random, 0.2, 0.33);
    const bars = 3 + random.integer(9);
    const upright = chance(random, 0.5);
    const kind = pick(random, ['bars', 'dots', 'frames', 'cross'] as const, [3, 2, 1, 1]);
    for (let index = 0; index < bars; index++) {
      const offset = ((index + 0.5) / bars - 0.5) * size;
      const width = (size / bars) * 0.5;
      const at = upright ? { x: x + offset, y } : { x, y: y + offset };
      if (kind === 'bars') unite(grid, layout, { distance: rectangle({ ...at, width: upright ? width : size, height: upright ? size : width, corner: width * 0.2 }) });
      if (kind === 'dots') for (let row = 0; row < bars; row++) unite(grid, layout, { distance: disc(x + offset, y + ((row + 0.5) / bars - 0.5) * size, width * (0.3 + (0.7 * row) / bars)), box: { left: x + offset - width, right: x + offset + width, top: y - size, bottom: y + size } });
      if (kind === 'frames' && index < 4) {
        const outer = rectangle({ x, y, width: (size * (index + 1)) / 4, height: (size * (index + 1)) / 4 });
        unite(grid, layout, { distance: (px, py) => size * 0.025 - Math.abs(outer(px, py)) });
      }
      if (kind === 'cross' && index < 2) unite(grid, layout, { distance: rectangle({ x, y, width: index === 0 ? size * 0.7 : size * 0.12, height: index === 0 ? size * 0.12 : size * 0.7 }) });
    }
  }
  extrude(relief, layout, { ...etched(random), wobble: { plane: noisePlane(grid, random, { cell: 0.02, octaves: 3 }), amplitude: 0.0008 } });
  return develop(relief, random, { occlusion: 0.4, bump: noisePlane(grid, random, { cell: 0.01 }), white: between(random, 0.6, 0.9) });
}

/** Routing layers: parallel tracks with turns and gaps on a fixed pitch, as in a chip after delayering. */
function routing(grid: Grid, random: Random): Float32Array {
  const pitch = between(random, 0.04, 0.11);
  const width = pitch * between(random, 0.4, 0.6);
  const relief = createRelief(grid, { material: between(random, 0.3, 0.5), roughness: 0.0008 });
  const layout = createLayout(grid);
  const rows = Math.ceil(grid.aspect / pitch) + 1;
  for (let row = 0; row < rows; row++) {
    let x = between(random, -0.4, 0.1);
    while (x < 1.1) {
      const run = logBetween(random, 0.12, 1);
      const y = row * pitch;
      const points: [number, number][] = [[x, y], [x + run, y]];
      if (chance(random, 0.3)) points.push([x + run, y + pitch * pick(random, [-1, 1])]);
      unite(grid, layout, { distance: track(points, width), box: { left: x - pitch, right: x + run + pitch, top: y - pitch * 2, bottom: y + pitch * 2 } });
      x += run + pitch * between(random, 1.4, 4);
    }
  }
  const steps = etched(random);
  extrude(relief, layout, { ...steps, rim: between(random, 0.3, 1), wobble: { plane: noisePlane(grid, random, { cell: pitch * 0.3, octaves: 3 }), amplitude: pitch * between(random, 0.002, 0.012) } });
  return develop(relief, random, { occlusion: 0.5, occlusionWidths: [pitch * 0.3], bump: noisePlane(grid, random, { cell: 0.008 }) });
}

/** Deep trenches in cross-section: standing lamellae with scalloped walls between dark gaps. */
function trenches(grid: Grid, random: Random): Float32Array {
  const pitch = between(random, 0.06, 0.24);
  const duty = between(random, 0.4, 0.75);
  const foot = grid.aspect * between(random, 0.7, 1.4);
  const scallop = pitch * between(random, 0.1, 0.4);
  const depth = between(random, 0.002, 0.012);
  const relief = createRelief(grid, { material: 0.6, roughness: 0.0012 });
  const heights = createPlane(grid);
  const wander = noisePlane(grid, random, { cell: 0.1, octaves: 4, stretch: 3, angle: Math.PI / 2 });
  const taper = between(random, -0.12, 0.12);
  for (let index = 0; index < heights.length; index++) {
    const x = (index % grid.widthPx) / grid.widthPx;
    const y = Math.floor(index / grid.widthPx) / grid.widthPx;
    const across = x / pitch + 0.02 * wander[index]!;
    const off = Math.abs(across - Math.floor(across) - 0.5) * 2;
    const ripple = depth * Math.abs(Math.sin((Math.PI * y) / scallop));
    const inside = (duty + (taper * y) / grid.aspect - off) * pitch - ripple * 0.5;
    const t = y > foot ? 1 : Math.min(1, Math.max(0, inside / 0.006));
    heights[index] = t * (pitch * 0.4 - ripple);
    relief.material[index]! *= 0.35 + 0.65 * t + (y <= foot ? 0.9 * Math.exp(-Math.abs(inside) / 0.004) : 0);
  }
  addHeight(relief, heights, 1);
  return develop(relief, random, { occlusionWidths: [pitch * 0.25], maxSecant: 2.4, bump: noisePlane(grid, random, { cell: 0.012, octaves: 4, stretch: 2.5, angle: Math.PI / 2 }) });
}

/** Patterned surfaces: gratings, lattices of dots and holes, tilted pillars, test patterns, routing, trenches. */
export function renderPatternedSurface(grid: Grid, random: Random): Float32Array {
  return pick(random, [grating, lattice, pillars, testPattern, routing, trenches], [2.5, 3, 2, 1.6, 1, 1])(grid, random);
}
