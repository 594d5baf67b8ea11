import type { GreyImage } from '../../src/contract/frame.ts';

/** One level of a mip map: bytes, row by row. */
export interface Level {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly data: Uint8Array;
}

/**
 * Mip map (Williams 1983): level n holds means over 2^n x 2^n pixels, so that one bilinear sample of the right level is
 * the mean over the area that an output pixel covers, and low magnification shows no aliasing.
 */
export interface Pyramid {
  readonly levels: readonly Level[];
  readonly bytes: number;
}

function toBytes({ data }: GreyImage): Uint8Array {
  if (data instanceof Uint8Array) return data;
  const scale = data instanceof Uint16Array ? 255 / 65535 : 255;
  const bytes = new Uint8Array(data.length);
  for (let index = 0; index < data.length; index++) bytes[index] = Math.min(255, Math.max(0, Math.round(data[index]! * scale)));
  return bytes;
}

function halve({ widthPx, heightPx, data }: Level): Level {
  const width = Math.max(1, widthPx >> 1);
  const height = Math.max(1, heightPx >> 1);
  const half = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const top = Math.min(heightPx - 1, 2 * y) * widthPx;
    const bottom = Math.min(heightPx - 1, 2 * y + 1) * widthPx;
    for (let x = 0; x < width; x++) {
      const left = Math.min(widthPx - 1, 2 * x);
      const right = Math.min(widthPx - 1, 2 * x + 1);
      half[y * width + x] = (data[top + left]! + data[top + right]! + data[bottom + left]! + data[bottom + right]! + 2) >> 2;
    }
  }
  return { widthPx: width, heightPx: height, data: half };
}

/** Float pictures are 0 to 1; all are kept as bytes. */
export function buildPyramid(image: GreyImage): Pyramid {
  const levels: Level[] = [{ widthPx: image.widthPx, heightPx: image.heightPx, data: toBytes(image) }];
  for (;;) {
    const last = levels[levels.length - 1]!;
    if (last.widthPx <= 1 && last.heightPx <= 1) break;
    levels.push(halve(last));
  }
  return { levels, bytes: levels.reduce((sum, level) => sum + level.data.length, 0) };
}

/** The two levels between whose pixel sizes `step` lies, and how far it is towards the coarser one. */
export interface LevelPair {
  readonly fine: Level;
  readonly coarse: Level;
  /** 0: only the fine one counts. */
  readonly share: number;
}

/** `step`: the distance of two samples in pixels of level 0. */
export function levelsFor({ levels }: Pyramid, step: number): LevelPair {
  const wanted = Math.min(Math.max(0, Math.log2(Math.max(step, 1e-9))), levels.length - 1);
  const index = Math.min(Math.floor(wanted), levels.length - 1);
  return { fine: levels[index]!, coarse: levels[Math.min(index + 1, levels.length - 1)]!, share: wanted - index };
}

/** The level whose pixels are nearest in size to `step`. */
export function levelFor(pyramid: Pyramid, step: number): Level {
  const { fine, coarse, share } = levelsFor(pyramid, step);
  return share < 0.5 ? fine : coarse;
}

/** Bilinear sample; u and v from 0 to 1 over the whole picture, the border repeated outside. Returns 0 to 255. */
export function sampleLevel(level: Level, u: number, v: number): number {
  const { widthPx, heightPx, data } = level;
  let x = u * widthPx - 0.5;
  let y = v * heightPx - 0.5;
  if (x < 0) x = 0;
  else if (x > widthPx - 1) x = widthPx - 1;
  if (y < 0) y = 0;
  else if (y > heightPx - 1) y = heightPx - 1;
  const column = x | 0;
  const row = y | 0;
  const fx = x - column;
  const fy = y - row;
  const at = row * widthPx + column;
  const right = column + 1 < widthPx ? 1 : 0;
  const below = row + 1 < heightPx ? widthPx : 0;
  const top = data[at]! + (data[at + right]! - data[at]!) * fx;
  const bottom = data[at + below]! + (data[at + below + right]! - data[at + below]!) * fx;
  return top + (bottom - top) * fy;
}

/** As sampleLevel for a picture that repeats in both directions; its sides are powers of two. */
export function sampleRepeating(level: Level, u: number, v: number): number {
  const { widthPx, heightPx, data } = level;
  const x = u * widthPx - 0.5;
  const y = v * heightPx - 0.5;
  const column = Math.floor(x);
  const row = Math.floor(y);
  const fx = x - column;
  const fy = y - row;
  const left = column & (widthPx - 1);
  const right = (column + 1) & (widthPx - 1);
  const top = (row & (heightPx - 1)) * widthPx;
  const bottom = ((row + 1) & (heightPx - 1)) * widthPx;
  const above = data[top + left]! + (data[top + right]! - data[top + left]!) * fx;
  const under = data[bottom + left]! + (data[bottom + right]! - data[bottom + left]!) * fx;
  return above + (under - above) * fy;
}
