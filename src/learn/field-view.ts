import type { GreyImage } from '../contract/frame.ts';
import type { Band } from '../contract/model-manifest.ts';
import { clamp } from '../lib/guards.ts';
import type { Random } from '../lib/random.ts';

/**
 * How a search sees a structure that is about as large as an inspect field: a survey tile shows it with half the pixels, a
 * confirm field shows the middle of it, closer.
 */
const FIELDS: Readonly<Record<Band, { widthPx: number; heightPx: number; zoom: number; offset: number; electrons: readonly [number, number] }>> = {
  survey: { widthPx: 256, heightPx: 192, zoom: 1, offset: 0.35, electrons: [150, 1200] },
  inspect: { widthPx: 512, heightPx: 384, zoom: 1, offset: 0.35, electrons: [150, 1200] },
  confirm: { widthPx: 512, heightPx: 384, zoom: 0.6, offset: 0.1, electrons: [400, 3000] },
};

export interface FieldViewOptions {
  readonly band: Band;
  readonly random: Random;
  /** Structures lie in any direction on a sample. */
  readonly rotate?: boolean;
}

/** Grey level of the picture's edges: what is most likely to go on around it. */
function borderLevel({ widthPx, heightPx, data }: GreyImage): number {
  const values: number[] = [];
  for (let x = 0; x < widthPx; x += 4) values.push(data[x]!, data[(heightPx - 1) * widthPx + x]!);
  for (let y = 0; y < heightPx; y += 4) values.push(data[y * widthPx]!, data[y * widthPx + widthPx - 1]!);
  values.sort((a, b) => a - b);
  return values[values.length >> 1]!;
}

/** Bilinear, inside the picture. */
function sample({ widthPx, heightPx, data }: GreyImage, x: number, y: number): number {
  const u = clamp(x - 0.5, 0, widthPx - 1.001);
  const v = clamp(y - 0.5, 0, heightPx - 1.001);
  const [left, top] = [Math.floor(u), Math.floor(v)];
  const [fx, fy] = [u - left, v - top];
  const at = top * widthPx + left;
  const upper = data[at]! * (1 - fx) + data[at + 1]! * fx;
  const lower = data[at + widthPx]! * (1 - fx) + data[at + widthPx + 1]! * fx;
  return upper * (1 - fy) + lower * fy;
}

/** Mean over squares of `factor` pixels; what is left over at the right and the bottom is cut. */
function shrinkBy(picture: GreyImage, factor: number): GreyImage {
  if (factor === 1) return picture;
  const [widthPx, heightPx] = [Math.max(2, Math.floor(picture.widthPx / factor)), Math.max(2, Math.floor(picture.heightPx / factor))];
  const data = new Float32Array(widthPx * heightPx);
  for (let y = 0; y < Math.min(picture.heightPx, heightPx * factor); y++) {
    const to = Math.floor(y / factor) * widthPx;
    for (let x = 0; x < Math.min(picture.widthPx, widthPx * factor); x++) data[to + Math.floor(x / factor)]! += picture.data[y * picture.widthPx + x]!;
  }
  for (let at = 0; at < data.length; at++) data[at]! /= factor * factor;
  return { widthPx, heightPx, data };
}

/**
 * A field of a search that shows the picture: turned, shifted, fading into bare substrate where it ends, with blur, shot noise and
 * a detector's gain and offset. 8-bit pictures only. The same random stream gives the same bytes.
 */
export function fieldView(picture: GreyImage, { band, random, rotate = true }: FieldViewOptions): GreyImage {
  const { widthPx, heightPx, zoom, offset, electrons } = FIELDS[band];
  const angle = rotate ? random.uniform() * 2 * Math.PI : 0;
  const size = 1 + 0.1 * (random.uniform() - 0.5);
  const shift = [(random.uniform() - 0.5) * 2 * offset, (random.uniform() - 0.5) * 2 * offset] as const;
  // The picture fills a site of the field's shape; what sticks out is cut.
  const texel = Math.max(widthPx / picture.widthPx, heightPx / picture.heightPx) * (size / zoom);
  const [halfU, halfV] = [(widthPx * size) / (2 * zoom), (heightPx * size) / (2 * zoom)];
  const fade = 0.08 * 2 * halfV;
  const level = clamp(borderLevel(picture) * (0.7 + 0.6 * random.uniform()), 20, 200);
  const [slopeX, slopeY] = [random.gaussian() * 0.04, random.gaussian() * 0.04];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  // Shrunk to about the field's pixels first: the mean over a pixel's area, at the cost of one sample.
  const shrink = Math.max(1, Math.round(1 / texel));
  const source = shrinkBy(picture, shrink);
  const step = 1 / (texel * shrink);
  const yields = new Float32Array(widthPx * heightPx);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const dx = x + 0.5 - widthPx * (0.5 + shift[0]);
      const dy = y + 0.5 - heightPx * (0.5 + shift[1]);
      const [u, v] = [dx * cos + dy * sin, dy * cos - dx * sin];
      const ground = level * (1 + slopeX * (x / widthPx - 0.5) + slopeY * (y / heightPx - 0.5));
      const inside = Math.min(halfU - Math.abs(u), halfV - Math.abs(v)) / fade;
      let value = ground;
      if (inside > 0) {
        const alpha = Math.min(1, inside);
        value = alpha * sample(source, u * step + source.widthPx / 2, v * step + source.heightPx / 2) + (1 - alpha) * ground;
      }
      yields[y * widthPx + x] = value / 255;
    }
  }
  return expose(yields, { widthPx, heightPx, random, electrons });
}

interface Exposure {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly random: Random;
  /** Range of electrons counted at full signal. */
  readonly electrons: readonly [number, number];
}

/** Blur by the mean with the four neighbours, shot noise, gain and offset. */
function expose(yields: Float32Array, { widthPx, heightPx, random, electrons }: Exposure): GreyImage {
  const blur = 0.15 * random.uniform();
  const [least, most] = electrons;
  const full = least * (most / least) ** random.uniform();
  const gain = 0.8 + 0.5 * random.uniform();
  const black = 30 * (random.uniform() - 0.3);
  const data = new Uint8Array(widthPx * heightPx);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const at = y * widthPx + x;
      const around =
        yields[at - (x > 0 ? 1 : 0)]! + yields[at + (x < widthPx - 1 ? 1 : 0)]! + yields[y > 0 ? at - widthPx : at]! + yields[y < heightPx - 1 ? at + widthPx : at]!;
      const signal = (1 - 4 * blur) * yields[at]! + blur * around;
      // Normal approximation of Poisson: hundreds of electrons.
      const counted = signal + Math.sqrt(Math.max(0, signal) / full) * random.gaussian();
      data[at] = clamp(Math.round(255 * gain * counted + black), 0, 255);
    }
  }
  return { widthPx, heightPx, data };
}
