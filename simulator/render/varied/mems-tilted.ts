import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import type { Grid } from '../raster.ts';
import { addHeight, createRelief, inclineHeights, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawTube } from '../solids.ts';
import { drawBar, drawPost, tilted, type View } from './tilted.ts';

type Point = readonly [u: number, v: number];

/** A chip seen at an angle, and how boxes are put on it: lengths about the middle of the picture, turned together. */
interface Chip {
  readonly relief: Relief;
  readonly see: View;
  readonly tilt: number;
  bar(at: Point, size: readonly [long: number, wide: number, tall: number], options?: { turn?: number; base?: number; tone?: number }): void;
  /** A round body of many sides. */
  disc(at: Point, size: readonly [radius: number, tall: number], tone?: number): void;
  /** Where (u, v, out) comes to lie in the picture. */
  point(u: number, v: number, out: number): { x: number; y: number; z: number };
}

function createChip(grid: Grid, random: Random): Chip {
  const tilt = between(random, 0.1, 1.1);
  const turn = pick(random, [0, Math.PI / 2, between(random, -1, 1)]);
  const scale = between(random, 0.8, 1.7);
  const relief = createRelief(grid, { material: between(random, 0.12, 0.4), roughness: between(random, 0.0002, 0.0015) });
  addHeight(relief, noisePlane(grid, random, { cell: 0.3, octaves: 5 }), 0.0004);
  inclineHeights(relief, 0, Math.tan(tilt));
  const see = tilted(tilt);
  const material = between(random, 0.4, 0.75);
  const edge = between(random, 0.15, 0.8);
  const [sine, cosine] = [Math.sin(turn), Math.cos(turn)];
  const [midX, midAlong] = [0.5 + 0.06 * random.gaussian(), grid.aspect / 2 / Math.cos(tilt) + 0.05 * random.gaussian()];
  const place = ([u, v]: Point): Point => [midX + scale * (u * cosine - v * sine), midAlong + scale * (u * sine + v * cosine)];
  return {
    relief,
    see,
    tilt,
    bar: (at, [long, wide, tall], options = {}) => {
      const [x, along] = place(at);
      drawBar(relief, { x, along, see, turn: turn + (options.turn ?? 0), long: long * scale, wide: wide * scale, tall: tall * scale, base: (options.base ?? 0) * scale, material: material * (options.tone ?? 1), edge });
    },
    disc: (at, [radius, tall], tone = 1) => {
      const [x, along] = place(at);
      drawPost(relief, { x, along, see, turn, sides: 28, half: radius * scale, tall: tall * scale, taper: 0, rounding: 0.03, edge, material: material * tone });
    },
    point: (u, v, out) => {
      const [x, y, z] = see([...place([u, v]), out * scale]);
      return { x, y, z };
    },
  };
}

const finish = (grid: Grid, random: Random, relief: Relief): Float32Array =>
  develop(relief, random, { occlusionWidths: [0.01, 0.035], occlusion: between(random, 0.3, 0.9), bump: noisePlane(grid, random, { cell: logBetween(random, 0.008, 0.03), octaves: 4 }), maxSecant: 2.8, white: between(random, 0.55, 0.95) });

/** A comb drive seen at an angle: fingers in gear, a shuttle with holes on long springs, anchors, stops. */
function comb(grid: Grid, random: Random): Float32Array {
  const chip = createChip(grid, random);
  const fingers = 6 + random.integer(16);
  const pitch = between(random, 0.4, 0.8) / fingers;
  const [wide, long, tall, base] = [pitch * between(random, 0.22, 0.34), between(random, 0.08, 0.2), between(random, 0.01, 0.05), between(random, 0.004, 0.02)];
  const half = (fingers * pitch) / 2;
  const slide = long * between(random, 0.3, 0.8);
  for (const side of chance(random, 0.7) ? [-1, 1] : [1]) {
    for (let finger = 0; finger < fingers; finger++) {
      const u = (finger - (fingers - 1) / 2) * pitch;
      chip.bar([u, side * (0.05 + long / 2)], [wide, long, tall], { base });
      chip.bar([u + pitch / 2, side * (0.05 + long / 2 + slide)], [wide, long, tall], { base });
    }
    chip.bar([0, side * (0.05 + long + slide + 0.025)], [2 * half + pitch, 0.05, tall + base], { tone: 1.05 });
    chip.bar([half + 0.09, side * (0.05 + long + slide + 0.03)], [0.15, 0.12, tall + base], { tone: 1.05 });
  }
  chip.bar([0, 0], [2 * half, 0.1, tall], { base });
  for (let hole = 0; hole < fingers; hole++) {
    const at = chip.point((hole - (fingers - 1) / 2) * pitch, 0, base + tall);
    drawEllipsoid(chip.relief, { ...at, z: at.z + 0.001, radius: pitch * 0.22, radiusAcross: pitch * 0.22 * Math.cos(chip.tilt), radiusUp: 0.0005, material: 0.1, roughness: 0 });
  }
  for (const side of [-1, 1]) {
    for (const row of [-0.04, 0.04]) chip.bar([side * (half + 0.16), row], [0.32, wide, tall], { base });
    chip.bar([side * (half + 0.32), 0], [0.03, 0.12, tall], { base });
    chip.bar([side * (half + 0.12), 0], [0.08, 0.05, tall + base], { tone: 1.05 });
  }
  return finish(grid, random, chip.relief);
}

/** Bond wires: pads along the edge of a chip, balls on them, wires that rise in arcs and leave the picture. */
function wireBonds(grid: Grid, random: Random): Float32Array {
  const chip = createChip(grid, random);
  const pads = 2 + random.integer(7);
  const pitch = between(random, 0.7, 1.2) / pads;
  const pad = pitch * between(random, 0.5, 0.85);
  const metal = between(random, 1.2, 1.9);
  const wire = pad * between(random, 0.08, 0.18);
  if (chance(random, 0.6)) chip.bar([0, 0.55], [2.4, 1.1, 0.03], { tone: 0.7 });
  for (let index = 0; index < pads; index++) {
    const u = (index - (pads - 1) / 2) * pitch;
    chip.bar([u, 0.08], [pad, pad * between(random, 0.9, 1.3), 0.036], { tone: metal * 0.8 });
    if (chance(random, 0.4)) chip.bar([u, 0.5], [pad * 0.2, 0.8, 0.034], { tone: metal * 0.75 });
    if (chance(random, 0.15)) continue;
    const lean = pitch * between(random, -1, 1);
    const high = between(random, 0.1, 0.3);
    const ball = chip.point(u, 0.08, 0.036 + wire);
    drawEllipsoid(chip.relief, { ...ball, radius: wire * between(random, 1.7, 2.6), radiusUp: wire * 1.2, material: 0.5 * metal, roughness: 0.0006 });
    drawTube(chip.relief, [0, 0.12, 0.3, 0.5, 0.7, 0.85, 1].map((t) => ({ ...chip.point(u + lean * t, 0.08 - 0.9 * t, 0.036 + wire + 4 * high * t * (1 - t) ** 1.5), radius: wire })), { material: 0.5 * metal, roughness: 0.0004 });
  }
  return finish(grid, random, chip.relief);
}

/** A plate hung on arms over a pit, with a meander or an electrode on it: hot plates, bolometers, mirrors, resonators. */
function hung(grid: Grid, random: Random): Float32Array {
  const chip = createChip(grid, random);
  const plate = between(random, 0.2, 0.42);
  const deep = between(random, 0.05, 0.2);
  const thick = between(random, 0.006, 0.025);
  const frame = plate / 2 + between(random, 0.06, 0.2);
  // The frame stands around a pit, whose bottom is the specimen's plane.
  for (const side of [-1, 1]) {
    chip.bar([side * (frame + 0.5), 0], [1, 3, deep + thick]);
    chip.bar([0, side * (frame + 0.5)], [2 * frame, 1, deep + thick]);
  }
  const arms = pick(random, [2, 4, 4]);
  const thin = plate * between(random, 0.05, 0.16);
  for (let arm = 0; arm < arms; arm++) {
    const around = (2 * Math.PI * arm) / arms + (arms === 4 ? Math.PI / 4 : 0);
    const away = (frame * (arms === 4 ? Math.SQRT2 : 1)) * 0.72;
    chip.bar([away * Math.cos(around), away * Math.sin(around)], [frame * (arms === 4 ? 1.0 : 0.9), thin, thick], { turn: around, base: deep });
  }
  chip.bar([0, 0], [plate, plate * between(random, 0.8, 1), thick], { base: deep, tone: 1.1 });
  const folds = 3 + random.integer(7);
  const step = (plate * 0.75) / folds;
  const metal = between(random, 1.3, 2.2);
  if (chance(random, 0.7)) {
    for (let fold = 0; fold < folds; fold++) {
      const u = (fold - (folds - 1) / 2) * step;
      chip.bar([u, 0], [step * 0.4, plate * 0.6, 0.003], { base: deep + thick, tone: metal });
      if (fold + 1 < folds) chip.bar([u + step / 2, (fold % 2 === 0 ? 1 : -1) * plate * 0.28], [step * 1.4, step * 0.4, 0.003], { base: deep + thick, tone: metal });
    }
  } else chip.bar([0, 0], [plate * 0.7, plate * 0.6, 0.004], { base: deep + thick, tone: metal });
  return finish(grid, random, chip.relief);
}

/** Gears and rotors of a surface process: discs with teeth and hubs. */
function gears(grid: Grid, random: Random): Float32Array {
  const chip = createChip(grid, random);
  const count = 1 + random.integer(3);
  for (let gear = 0; gear < count; gear++) {
    const radius = between(random, 0.1, 0.3) / Math.sqrt(count);
    const [u, v] = count === 1 ? [0, 0] : [(gear - (count - 1) / 2) * radius * 2.4, 0.1 * random.gaussian()];
    const teeth = 8 + random.integer(24);
    const tall = between(random, 0.012, 0.05);
    const base = between(random, 0.002, 0.015);
    const own = between(random, 0, 6.3);
    for (let tooth = 0; tooth < teeth; tooth++) {
      const around = own + (2 * Math.PI * tooth) / teeth;
      chip.bar([u + radius * Math.cos(around), v + radius * Math.sin(around)], [radius * 0.28, (2.6 * radius) / teeth, tall], { turn: around, base });
    }
    chip.disc([u, v], [radius * 0.95, base + tall]);
    chip.disc([u, v], [radius * between(random, 0.15, 0.4), base + tall * 1.6], 1.1);
  }
  return finish(grid, random, chip.relief);
}

/** Devices seen at an angle: combs, bond wires, plates over pits, gears. */
export const TILTED_DEVICES = [comb, comb, wireBonds, hung, hung, gears] as const;
