import type { GreyImage } from '../../src/contract/frame.ts';
import { clamp } from '../../src/lib/guards.ts';
import { randomFor, type Random } from '../../src/lib/random.ts';
import type { Scenario } from '../scenario-schema.ts';
import { addGrid } from './grid-pattern.ts';
import { buildPyramid, levelFor, sampleRepeating, type Pyramid } from './pyramid.ts';
import { textureFromSwatches } from './swatch-texture.ts';

/** Edges of the textures, in texels; powers of two so that they repeat by a mask. */
const FINE_EDGE = 512;
const COARSE_EDGE = 256;
/** Standard deviation of a texture in its bytes, around 128. */
const SPREAD = 32;

/** Samples that a texel is worth, and the longest stretch between two. */
const SAMPLES_PER_TEXEL = 2;
const MAX_STRIDE = 16;

/** The two textures are turned and scaled so that their sum does not visibly repeat. */
const FINE = { texelUm: 0.09, angle: 0.37 } as const;
const COARSE = { texelUm: 2.31, angle: 1.13 } as const;

/** Box blur along rows of a picture that repeats; running sum. */
function blurRows(data: Float32Array<ArrayBuffer>, edge: number, radius: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(data.length);
  const mask = edge - 1;
  for (let row = 0; row < edge; row++) {
    const base = row * edge;
    let sum = 0;
    for (let x = -radius; x <= radius; x++) sum += data[base + (x & mask)]!;
    for (let x = 0; x < edge; x++) {
      // Written transposed: two calls blur both directions.
      out[x * edge + row] = sum / (2 * radius + 1);
      sum += data[base + ((x + radius + 1) & mask)]! - data[base + ((x - radius) & mask)]!;
    }
  }
  return out;
}

function normalise(data: Float32Array): Float32Array {
  let mean = 0;
  for (const value of data) mean += value / data.length;
  let variance = 0;
  for (const value of data) variance += (value - mean) ** 2 / data.length;
  const scale = 1 / Math.sqrt(variance);
  return data.map((value) => (value - mean) * scale);
}

/** Sum of white noise blurred over growing radii: fine grain with unevenness of all sizes up to a tenth of the edge. */
function repeatingTexture(random: Random, edge: number, weights: ReadonlyMap<number, number>): Pyramid {
  const sum = new Float32Array(edge * edge);
  for (const [radius, weight] of weights) {
    let octave = Float32Array.from({ length: edge * edge }, () => random.uniform() - 0.5);
    // Two boxes in each direction are round enough.
    for (let pass = 0; pass < 4; pass++) octave = blurRows(octave, edge, radius);
    const unit = normalise(octave);
    for (let index = 0; index < sum.length; index++) sum[index] = sum[index]! + weight * unit[index]!;
  }
  return toPyramid(sum, edge);
}

function toPyramid(texels: Float32Array, edge: number): Pyramid {
  const data = Uint8Array.from(normalise(texels), (value) => clamp(128 + SPREAD * value, 0, 255));
  return buildPyramid({ widthPx: edge, heightPx: edge, data });
}

/** The bare specimen: yield at any point of the stage, without end. */
export interface Substrate {
  readonly level: number;
  /** Sampler for samples `stepUm` apart, writing yields of a straight row of points into `row`. */
  rowSampler(stepUm: number): (row: Float32Array, start: readonly [number, number], step: readonly [number, number]) => void;
}

interface Layer {
  readonly pyramid: Pyramid;
  readonly texelUm: number;
  readonly angle: number;
  /** Standard deviation in units of yield. */
  readonly amplitude: number;
}

/** Mean and contrast that real swatches may give a substrate: sites must stand out from it. */
const LEVELS = { min: 0.15, max: 0.55 } as const;
const MAX_CONTRAST = 0.06;

/** Textures of the last seeds: tests and benchmarks make the same specimen again and again. */
const KEPT_TEXTURES = 4;
const textures = new Map<string, Pyramid>();

function keptTexture(key: string, make: () => Pyramid): Pyramid {
  const texture = textures.get(key) ?? make();
  textures.set(key, texture);
  for (const oldest of textures.keys()) {
    if (textures.size <= KEPT_TEXTURES) break;
    textures.delete(oldest);
  }
  return texture;
}

/** `swatches`: pictures of empty substrate, whose texture, mean and contrast are then taken instead of the scenario's. */
export function createSubstrate(options: Scenario['sample']['substrate'], seed: number, swatches: readonly GreyImage[]): Substrate {
  const random = randomFor(seed, 'substrate/fine');
  const real = swatches.length === 0 ? undefined : textureFromSwatches(swatches, FINE_EDGE, random);
  const drawn = (): Pyramid => repeatingTexture(random, FINE_EDGE, new Map([[1, 0.8], [3, 0.7], [9, 0.5], [24, 0.4]]));
  const fine = real === undefined ? keptTexture(`fine/${seed}`, drawn) : toPyramid(real.texels, FINE_EDGE);
  const level = real === undefined ? options.level : clamp(real.level, LEVELS.min, LEVELS.max);
  const contrast = real === undefined ? options.contrast : Math.min(real.contrast, MAX_CONTRAST);
  const coarse = keptTexture(`coarse/${seed}`, () => repeatingTexture(randomFor(seed, 'substrate/coarse'), COARSE_EDGE, new Map([[1, 0.5], [4, 0.8], [14, 1]])));
  const layers: Layer[] = [
    { pyramid: fine, ...FINE, amplitude: real === undefined ? 0.8 * contrast : contrast },
    { pyramid: coarse, ...COARSE, amplitude: 0.6 * options.contrast },
  ];
  return {
    level,
    rowSampler: (stepUm) => {
      const prepared = layers.map(({ pyramid, texelUm, angle, amplitude }) => ({
        mip: levelFor(pyramid, stepUm / texelUm),
        cos: Math.cos(angle) / (texelUm * pyramid.levels[0]!.widthPx),
        sin: Math.sin(angle) / (texelUm * pyramid.levels[0]!.widthPx),
        scale: amplitude / SPREAD,
        // Where texels are much larger than pixels, a straight line between samples is as good.
        stride: Math.max(1, Math.min(MAX_STRIDE, Math.floor(texelUm / (SAMPLES_PER_TEXEL * stepUm)))),
      }));
      return (row, [x0, y0], [dx, dy]) => {
        row.fill(level);
        for (const { mip, cos, sin, scale, stride } of prepared) {
          const u = x0 * cos + y0 * sin;
          const v = y0 * cos - x0 * sin;
          const du = dx * cos + dy * sin;
          const dv = dy * cos - dx * sin;
          let value = scale * (sampleRepeating(mip, u, v) - 128);
          for (let from = 0; from < row.length; from += stride) {
            const next = from + stride;
            const end = scale * (sampleRepeating(mip, u + next * du, v + next * dv) - 128);
            const slope = (end - value) / stride;
            for (let k = from; k < next && k < row.length; k++) {
              row[k] = row[k]! + value;
              value += slope;
            }
            value = end;
          }
        }
        if (options.grid !== undefined) addGrid(row, options.grid, { start: [x0, y0], step: [dx, dy] });
      };
    },
  };
}
