import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import { blurPlane, createPlane, type Grid } from '../raster.ts';

/** A part of the picture, closer, mirrored, turned a little and seen at an angle: what is further away comes out smaller. */
export function viewpoint(grid: Grid, source: Float32Array, random: Random): Float32Array {
  const zoom = chance(random, 0.6) ? 1 : logBetween(random, 0.4, 1);
  const turn = chance(random, 0.35) ? between(random, -0.35, 0.35) : 0;
  const squash = chance(random, 0.3) ? between(random, 0.6, 1) : 1;
  const keystone = chance(random, 0.25) ? between(random, -0.5, 0.5) : 0;
  const mirror = chance(random, 0.5) ? -1 : 1;
  const { widthPx: width, heightPx: height } = grid;
  const [midX, midY] = [width / 2 + between(random, -0.5, 0.5) * width * (1 - zoom), height / 2 + between(random, -0.5, 0.5) * height * (1 - zoom)];
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const target = createPlane(grid);
  // What lies beyond the border is the picture mirrored.
  const fold = (value: number, count: number): number => {
    const period = 2 * (count - 1);
    const inside = Math.abs(value) % period;
    return inside < count ? inside : period - inside;
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const far = 1 + keystone * (y / height - 0.5);
      const u = mirror * (x - width / 2) * zoom * far;
      const v = ((y - height / 2) * zoom * far) / squash;
      const sx = fold(midX + u * cos - v * sin, width - 1);
      const sy = fold(midY + u * sin + v * cos, height - 1);
      const [left, top] = [Math.floor(sx), Math.floor(sy)];
      const [fx, fy] = [sx - left, sy - top];
      const at = top * width + left;
      target[y * width + x] = (source[at]! * (1 - fx) + source[at + 1]! * fx) * (1 - fy) + (source[at + width]! * (1 - fx) + source[at + width + 1]! * fx) * fy;
    }
  }
  return target;
}

/** What an instrument and a specimen add whatever is looked at: shading, dust, stripes of charging, weak focus. In place. */
export function circumstances(grid: Grid, plane: Float32Array, random: Random): Float32Array {
  const { widthPx: width, heightPx: height } = grid;
  const [slopeX, slopeY] = chance(random, 0.5) ? [0.35 * random.gaussian(), 0.35 * random.gaussian()] : [0, 0];
  const cloud = chance(random, 0.3) ? noisePlane(grid, random, { cell: between(random, 0.2, 0.8), octaves: 2 }) : undefined;
  const stripes = chance(random, 0.2) ? between(random, 0.02, 0.15) : 0;
  let stripe = 0;
  for (let y = 0; y < height; y++) {
    stripe = 0.85 * stripe + 0.15 * random.gaussian();
    const line = 1 + stripes * stripe * 3;
    for (let x = 0; x < width; x++) {
      const index = y * width + x;
      const shade = Math.max(0.3, 1 + slopeX * (x / width - 0.5) + slopeY * (y / height - 0.5) + (cloud === undefined ? 0 : 0.12 * cloud[index]!));
      plane[index]! *= shade * line;
    }
  }
  for (let speck = chance(random, 0.3) ? random.integer(30) : 0; speck > 0; speck--) {
    const [cx, cy, radius, tone] = [random.uniform() * width, random.uniform() * height, logBetween(random, 0.001, 0.008) * width, between(random, -0.4, 0.5)];
    for (let y = Math.max(0, Math.floor(cy - 2 * radius)); y < Math.min(height, cy + 2 * radius); y++) {
      for (let x = Math.max(0, Math.floor(cx - 2 * radius)); x < Math.min(width, cx + 2 * radius); x++) plane[y * width + x]! += tone * Math.exp(-(((x - cx) ** 2 + (y - cy) ** 2) / (radius * radius)));
    }
  }
  const soft = chance(random, 0.3) ? blurPlane(grid, plane, logBetween(random, 1, 5) * (width / 640)) : plane;
  for (let index = 0; index < soft.length; index++) soft[index] = Math.min(1, Math.max(0, soft[index]!));
  return soft;
}

/** Marks that people and programs leave in a picture: a scale bar, strokes like letters, a panel's corner, a data bar. In place, 8 bit. */
export function annotations(grid: Grid, picture: Uint8Array, random: Random): void {
  const { widthPx: width, heightPx: height } = grid;
  const box = ([left, top]: readonly [number, number], size: readonly [number, number], value: number): void => {
    for (let y = Math.max(0, Math.round(top)); y < Math.min(height, top + size[1]); y++) for (let x = Math.max(0, Math.round(left)); x < Math.min(width, left + size[0]); x++) picture[y * width + x] = value;
  };
  // Letters are not read, they are only there: strokes on a grid of 3 x 5.
  const letters = ([left, top]: readonly [number, number], { size, count }: { size: number; count: number }, value: number): void => {
    const dot = Math.max(1, Math.round(size / 6));
    for (let letter = 0; letter < count; letter++) for (let cell = 0; cell < 15; cell++) if (chance(random, 0.6)) box([left + letter * 4.2 * dot + (cell % 3) * dot, top + Math.floor(cell / 3) * dot], [dot, dot], value);
  };
  const white = chance(random, 0.75);
  const [ink, paper] = white ? [255, 0] : [0, 255];
  const kinds = pick(random, [['scale'], ['scale', 'letters'], ['letters'], ['data bar'], ['panel'], ['panel', 'scale']] as const);
  for (const kind of kinds) {
    if (kind === 'scale') {
      const [long, thick] = [between(random, 0.08, 0.35) * width, between(random, 0.006, 0.02) * height];
      const [left, top] = [chance(random, 0.7) ? width * 0.96 - long : width * 0.04, height * between(random, 0.88, 0.96)];
      if (chance(random, 0.3)) box([left - 0.02 * width, top - 0.08 * height], [long + 0.04 * width, 0.2 * height], paper);
      box([left, top], [long, thick], ink);
      letters([left + long * 0.2, top - 0.06 * height], { size: 0.045 * height, count: 4 }, ink);
    }
    if (kind === 'letters') letters([width * between(random, 0.03, 0.5), height * between(random, 0.03, 0.2)], { size: between(random, 0.03, 0.1) * height, count: 1 + random.integer(9) }, ink);
    if (kind === 'data bar') {
      const top = height * between(random, 0.88, 0.95);
      box([0, top], [width, height - top], paper);
      letters([0.02 * width, top + 0.01 * height], { size: (height - top) * 0.6, count: 40 }, ink);
    }
    if (kind === 'panel') {
      const size = between(random, 0.06, 0.16) * height;
      box([0, 0], [size * 1.2, size], ink);
      letters([size * 0.4, size * 0.2], { size: size * 0.6, count: 1 }, paper);
    }
  }
}
