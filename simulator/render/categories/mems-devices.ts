import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, pick } from '../draws.ts';
import { createLayout, disc, extrude, rectangle, ring, subtract, track, unite, type Distance } from '../layout.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { addHeight, createRelief, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';

/** A device layer: its layout in a frame of its own, turned and moved as a whole. */
interface Device {
  readonly relief: Relief;
  readonly layout: Float32Array;
  /** `margin`: how far outside its outline the shape's distance is kept (see `unite`). */
  add(distance: Distance, margin?: number): void;
  cut(distance: Distance): void;
}

function createDevice(grid: Grid, random: Random): Device {
  const relief = createRelief(grid, { material: between(random, 0.2, 0.45), roughness: between(random, 0.0001, 0.0007) });
  addHeight(relief, noisePlane(grid, random, { cell: 0.4, octaves: 4 }), 0.0004);
  const layout = createLayout(grid);
  const angle = pick(random, [0, Math.PI / 2, 0.03 * random.gaussian(), between(random, -0.8, 0.8)], [3, 1.5, 2, 1]);
  const scale = between(random, 0.75, 1.5);
  const shiftX = 0.5 + 0.08 * random.gaussian();
  const shiftY = grid.aspect / 2 + 0.06 * random.gaussian();
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  // Shapes are written about (0, 0) with the picture one unit wide.
  const place = (distance: Distance): Distance => (x, y) => {
    const dx = (x - shiftX) / scale;
    const dy = (y - shiftY) / scale;
    return scale * distance(dx * cosine + dy * sine, dy * cosine - dx * sine);
  };
  return {
    relief,
    layout,
    add: (distance, margin = 0.015) => unite(grid, layout, { distance: place(distance), margin }),
    cut: (distance) => subtract(grid, layout, { distance: place(distance), margin: 0.015 }),
  };
}

/** A released or deposited layer: bright rims, shadow on the substrate beneath. */
function finish(grid: Grid, random: Random, device: Device): Float32Array {
  const metal = chance(random, 0.6);
  extrude(device.relief, device.layout, {
    height: between(random, 0.006, 0.03),
    wall: between(random, 0.002, 0.006),
    material: metal ? between(random, 1.4, 2.4) : between(random, 0.85, 1.25),
    roughness: between(random, 0.0002, 0.0014),
    rim: between(random, 0.1, 0.8),
    rimWidth: between(random, 0.0015, 0.004),
    wobble: { plane: noisePlane(grid, random, { cell: 0.008, octaves: 3 }), amplitude: logBetween(random, 0.00005, 0.0005) },
  });
  return develop(device.relief, random, { occlusionWidths: [0.008, 0.025], occlusion: between(random, 0.3, 0.9), bump: noisePlane(grid, random, { cell: between(random, 0.006, 0.03), octaves: 4 }), white: between(random, 0.6, 0.92) });
}

const box = (x: number, y: number, size: readonly [width: number, height: number]): Distance => rectangle({ x, y, width: size[0], height: size[1] });

/** Repeats a motif along x: only the nearest copy is looked at. */
const repeat = (pitch: number, count: number, motif: Distance): Distance => (x, y) => {
  const index = Math.min((count - 1) / 2, Math.max(-(count - 1) / 2, Math.round(x / pitch - (count % 2 === 0 ? 0.5 : 0)) + (count % 2 === 0 ? 0.5 : 0)));
  return motif(x - index * pitch, y);
};

/** An electrostatic comb drive: interleaved fingers, a perforated shuttle on folded beams, anchors. */
function combDrive(grid: Grid, random: Random): Float32Array {
  const device = createDevice(grid, random);
  const fingers = 10 + random.integer(16);
  const pitch = between(random, 0.55, 0.8) / fingers;
  const long = between(random, 0.08, 0.14);
  const overlap = long * between(random, 0.3, 0.75);
  const wide = pitch * between(random, 0.24, 0.32);
  const backbone = between(random, 0.025, 0.05);
  const half = (fingers * pitch) / 2;
  for (const side of chance(random, 0.6) ? [-1, 1] : [1]) {
    const root = side * between(random, 0.05, 0.08);
    device.add(repeat(pitch, fingers, box(0, root + (side * long) / 2, [wide, long])));
    const facing = root + side * (2 * long - overlap);
    device.add(repeat(pitch, fingers + 1, (x, y) => box(0, facing - (side * long) / 2, [wide, long])(x, y)));
    device.add(box(0, facing + (side * backbone) / 2, [half * 2 + pitch, backbone]));
    device.add(box(half + 0.06, facing + side * backbone, [0.12, 0.09]));
  }
  device.add(box(0, 0, [half * 2, 0.16]));
  const holes = Math.round((half * 2) / 0.035);
  device.cut(repeat(0.035, holes - 1, disc(0, 0.035, 0.008)));
  device.cut(repeat(0.035, holes - 1, disc(0, -0.035, 0.008)));
  for (const side of [-1, 1]) {
    for (const row of [-0.06, 0.06]) device.add(box(side * (half + 0.13), row, [0.28, 0.008]));
    device.add(box(side * (half + 0.27), 0, [0.02, 0.135]));
    device.add(box(side * (half + 0.13), 0, [0.26, 0.008]));
    device.add(rectangle({ x: side * (half + 0.03), y: 0, width: 0.07, height: 0.07, corner: 0.004 }));
  }
  return finish(grid, random, device);
}

/** Interdigitated electrodes between two bus bars. */
function interdigitated(grid: Grid, random: Random): Float32Array {
  const device = createDevice(grid, random);
  const fingers = 6 + random.integer(22);
  const pitch = between(random, 0.5, 0.95) / fingers;
  const wide = pitch * between(random, 0.3, 0.55);
  const long = between(random, 0.3, 0.5);
  const gap = between(random, 0.01, 0.04);
  const half = (fingers * pitch) / 2;
  const round = chance(random, 0.3) ? wide * 0.5 : 0.002;
  device.add((x, y) => {
    const index = Math.round(x / pitch);
    if (Math.abs(index) > fingers / 2) return -Math.abs(Math.abs(x) - half);
    const up = (index & 1) === 0 ? 1 : -1;
    return rectangle({ x: 0, y: (up * gap) / 2, width: wide, height: long, corner: round })(x - index * pitch, y);
  });
  for (const side of [-1, 1]) {
    device.add(box(0, side * (long / 2 + gap / 2 + 0.02), [half * 2 + pitch, 0.05]));
    device.add(box(side * half * 0.6, side * (long / 2 + 0.2), [0.06, 0.4]));
  }
  return finish(grid, random, device);
}

/** Contact pads around the picture with leads that narrow to a structure in the middle. */
function fanOut(grid: Grid, random: Random): Float32Array {
  const device = createDevice(grid, random);
  const leads = 4 + random.integer(13);
  const inner = between(random, 0.025, 0.1);
  const padded = chance(random, 0.6);
  for (let lead = 0; lead < leads; lead++) {
    const angle = ((lead + 0.5) / leads) * 2 * Math.PI;
    const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
    // Leads run radially, then straight out along the nearer axis, wider in three steps.
    const bendAt = between(random, 0.17, 0.2);
    const bend: [number, number] = [dx * bendAt, dy * bendAt];
    const outward: [number, number] = Math.abs(dx) > Math.abs(dy) ? [Math.sign(dx), 0] : [0, Math.sign(dy)];
    const far: [number, number] = [bend[0] * 1.5 + outward[0] * 0.2, bend[1] * 1.5 + outward[1] * 0.2];
    device.add(track([[dx * inner, dy * inner], bend], 0.006 + 0.012 * between(random, 0.6, 1.2)));
    device.add(track([bend, far], Math.min(0.05, (0.9 * 2 * Math.PI * bendAt) / leads / 1.6)));
    if (padded) device.add(box(far[0] + outward[0] * 0.05, far[1] + outward[1] * 0.05, [0.085, 0.085]));
    else device.add(track([far, [far[0] + outward[0] * 0.8, far[1] + outward[1] * 0.8]], 0.05));
  }
  if (chance(random, 0.6)) device.add(pick(random, [disc(0, 0, inner * 0.6), box(0, 0, [inner, inner * 0.6]), ring({ x: 0, y: 0, radius: inner * 0.6, width: inner * 0.15 })]));
  return finish(grid, random, device);
}

/** Cantilevers or bridges over an etched cavity. */
function beams(grid: Grid, random: Random): Float32Array {
  const device = createDevice(grid, random);
  const count = 1 + random.integer(6);
  const bridge = chance(random, 0.4);
  const pitch = 0.8 / count;
  const wide = pitch * between(random, 0.25, 0.6);
  const depth = between(random, 0.25, 0.45);
  device.add(() => 1);
  device.cut(rectangle({ x: 0, y: 0.05, width: 0.92, height: depth + 0.1, corner: 0.01 }));
  const growth = chance(random, 0.4) ? between(random, 0.3, 0.6) : 1;
  for (let index = 0; index < count; index++) {
    const x = ((index + 0.5) / count - 0.5) * 0.8;
    const long = bridge ? depth + 0.2 : depth * (growth + ((1 - growth) * (index + 1)) / count);
    const y = -depth / 2 - 0.05 + long / 2;
    device.add(rectangle({ x, y, width: wide, height: long + 0.1, corner: pick(random, [0.001, wide * 0.3]) }));
    if (chance(random, 0.4)) device.cut(rectangle({ x, y: y + long * 0.15, width: wide * 0.4, height: long * 0.3, corner: 0.003 }));
    if (chance(random, 0.3)) device.add(disc(x, y + long / 2, wide * 0.8));
  }
  extrude(device.relief, device.layout, { height: between(random, 0.03, 0.08), wall: between(random, 0.002, 0.008), material: between(random, 1.2, 2.2), roughness: 0.0005, rim: between(random, 0.2, 0.8), rimWidth: 0.003 });
  return develop(device.relief, random, { occlusionWidths: [0.01, 0.05], occlusion: between(random, 0.4, 1), bump: noisePlane(grid, random, { cell: 0.015 }), white: between(random, 0.6, 0.9) });
}

/** Waveguides: straight lines, ring resonators beside a bus, couplers, splitters. */
function photonic(grid: Grid, random: Random): Float32Array {
  const device = createDevice(grid, random);
  const wide = between(random, 0.008, 0.035);
  const trenchSide = chance(random, 0.4);
  const radius = between(random, 0.1, 0.24);
  const gap = wide * between(random, 0.3, 0.8);
  const kind = pick(random, ['ring', 'splitter', 'lines', 'bend'] as const, [3, 2, 1, 1]);
  const shapes: Distance[] = [];
  if (kind === 'ring') {
    shapes.push(ring({ x: 0, y: 0, radius, width: wide }), box(0, -radius - gap - wide, [4, wide]));
    if (chance(random, 0.6)) shapes.push(box(0, radius + gap + wide, [4, wide]));
  }
  if (kind === 'splitter') {
    const curve = (side: number): Distance => track(Array.from({ length: 14 }, (_, index): [number, number] => [-0.05 + index * 0.025, side * radius * 0.6 * (0.5 - 0.5 * Math.cos((Math.PI * index) / 13))]), wide);
    shapes.push(box(-1.05, 0, [2, wide]), curve(1), curve(-1), box(1.27, radius * 0.6, [2, wide]), box(1.27, -radius * 0.6, [2, wide]));
  }
  if (kind === 'lines') for (let line = -random.integer(3); line < 3; line++) shapes.push(box(0, line * between(random, 0.1, 0.2), [4, wide * between(random, 0.6, 2)]));
  if (kind === 'bend') {
    const arc = ring({ x: 0, y: radius, radius, width: wide });
    shapes.push((x, y) => (x > 0 && y < radius ? arc(x, y) : -1), box(-1, 0, [2, wide]), box(radius, radius + 1, [wide, 2]));
  }
  for (const shape of shapes) device.add(shape, 0.16);
  if (trenchSide) {
    // A waveguide between two trenches: the slab stays at full height further out.
    const cladding = wide * between(random, 2, 4);
    for (let index = 0; index < device.layout.length; index++) device.layout[index] = Math.max(device.layout[index]!, -device.layout[index]! - cladding);
  }
  return finish(grid, random, device);
}

/** A plate on meander or straight springs, a spiral coil, or a perforated membrane. */
function suspended(grid: Grid, random: Random): Float32Array {
  const device = createDevice(grid, random);
  const kind = pick(random, ['meander', 'spiral', 'membrane'] as const);
  const wide = between(random, 0.008, 0.018);
  if (kind === 'spiral') {
    const turns = 3 + random.integer(5);
    const pitch = 0.26 / turns;
    const square = chance(random, 0.5);
    const points = Array.from({ length: turns * (square ? 4 : 40) }, (_, index): [number, number] => {
      const along = index / (square ? 4 : 40);
      const radius = 0.03 + along * pitch;
      const angle = along * 2 * Math.PI + Math.PI / 4;
      return [radius * Math.cos(angle) * (square ? 1.3 : 1), radius * Math.sin(angle) * (square ? 1.3 : 1)];
    });
    const wideTrack = pitch * between(random, 0.3, 0.55);
    // In short pieces, so that each pixel asks only those near it.
    for (let from = 0; from < points.length - 1; from += 6) device.add(track(points.slice(from, from + 7), wideTrack));
    const end = points.at(-1)!;
    device.add(track([end, [end[0] + 0.6, end[1]]], pitch * 0.5));
    device.add(box(0, 0, [0.05, 0.05]));
  } else {
    const plate = between(random, 0.16, 0.26);
    device.add(rectangle({ x: 0, y: 0, width: plate * 1.3, height: plate, corner: 0.005 }));
    const holes = Math.round(plate / 0.03);
    for (let row = 0; row < holes; row++) device.cut(repeat(0.032, holes + 1, disc(0, (row - (holes - 1) / 2) * 0.03, kind === 'membrane' ? 0.009 : 0.005)));
    for (const side of [-1, 1]) {
      for (const row of [-1, 1]) {
        const root = plate * 0.62;
        const y = row * plate * 0.4;
        const points: [number, number][] = [[side * root, y]];
        const folds = kind === 'meander' ? 5 : 0;
        for (let fold = 1; fold <= folds; fold++) points.push([side * (root + fold * 0.025), y + (fold % 2 === 0 ? -0.035 : 0.035)], [side * (root + (fold + 0.5) * 0.025), y + (fold % 2 === 0 ? -0.035 : 0.035)]);
        points.push([side * (root + 0.2), y]);
        device.add(track(points, wide));
        device.add(rectangle({ x: side * (root + 0.23), y, width: 0.08, height: 0.08, corner: 0.004 }));
      }
    }
  }
  return finish(grid, random, device);
}

/** Interconnect in voltage or material contrast: dim tracks with shining vias on black. */
function interconnect(grid: Grid, random: Random): Float32Array {
  const relief = createRelief(grid, { material: between(random, 0.05, 0.15), roughness: 0.0003 });
  const pitch = between(random, 0.05, 0.12);
  const layout = createLayout(grid);
  const vias = createLayout(grid);
  const rows = Math.ceil(grid.aspect / pitch) + 1;
  for (let row = 0; row < rows; row++) {
    for (let x = between(random, -0.4, 0.2); x < 1; ) {
      const length = between(random, 0.08, 0.7);
      const y = row * pitch;
      const points: [number, number][] = [[x, y], [x + length, y]];
      if (chance(random, 0.35)) points.push([x + length, y + pitch], [x + length + pitch, y + pitch]);
      const bounds = { left: x - pitch, right: x + length + 2 * pitch, top: y - pitch, bottom: y + 2 * pitch };
      unite(grid, layout, { distance: track(points, pitch * 0.45), box: bounds });
      if (chance(random, 0.8)) unite(grid, vias, { distance: disc(x, y, pitch * 0.2), box: bounds });
      if (chance(random, 0.8)) unite(grid, vias, { distance: disc(points.at(-1)![0], points.at(-1)![1], pitch * 0.2), box: bounds });
      x += length + pitch * between(random, 1.5, 6);
    }
  }
  extrude(relief, layout, { height: 0.001, wall: pitch * 0.2, material: between(random, 2, 3.5), roughness: 0.0003 });
  extrude(relief, vias, { height: 0.001, wall: pitch * 0.1, material: between(random, 2.5, 4), roughness: 0 });
  return develop(relief, random, { occlusion: 0, detector: 0.03, bump: noisePlane(grid, random, { cell: 0.01 }), glow: 0.4, glowWidth: 0.008 });
}

/** Devices: comb drives, interdigitated and fan-out electrodes, beams, waveguides, suspended plates and coils, interconnect. */
export function renderMemsDevices(grid: Grid, random: Random): Float32Array {
  return pick(random, [combDrive, interdigitated, fanOut, beams, photonic, suspended, interconnect], [2.2, 1.5, 1.8, 1.4, 1.6, 1.5, 1.2])(grid, random);
}
