import { randomFor, type Random } from '../../src/lib/random.ts';
import { between, chance, logBetween } from './draws.ts';
import { quantile } from './shade.ts';

export interface Exposure {
  readonly seed: number;
  readonly dwellUs?: number;
  readonly beamCurrentPa?: number;
}

interface YieldPicture {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly data: Float32Array;
}

const ELEMENTARY_CHARGE_C = 1.602e-19;
/** Detected secondaries per primary electron at yield 1: emission near 1, collection about a quarter. */
const DETECTED_PER_PRIMARY = 0.25;

/** Gaussian blur along one direction of the pixel lattice: [1, 0], [0, 1], or a diagonal. */
function blurAlong(picture: YieldPicture, direction: readonly [number, number], sigmaSteps: number): Float32Array {
  const { widthPx: width, heightPx: height, data } = picture;
  const radius = Math.ceil(2.5 * sigmaSteps);
  if (sigmaSteps < 0.2) return data;
  const weights = Array.from({ length: 2 * radius + 1 }, (_, index) => Math.exp(-((index - radius) ** 2) / (2 * sigmaSteps ** 2)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const target = new Float32Array(data.length);
  for (const [index, weight] of weights.entries()) {
    const share = weight / total;
    const dx = (index - radius) * direction[0];
    const dy = (index - radius) * direction[1];
    for (let y = 0; y < height; y++) {
      const from = Math.min(height - 1, Math.max(0, y + dy)) * width;
      const row = y * width;
      const first = Math.min(width, Math.max(0, -dx));
      const last = Math.max(0, Math.min(width, width - dx));
      for (let x = 0; x < first; x++) target[row + x]! += share * data[from]!;
      for (let x = first; x < last; x++) target[row + x]! += share * data[from + x + dx]!;
      for (let x = Math.max(first, last); x < width; x++) target[row + x]! += share * data[from + width - 1]!;
    }
  }
  return target;
}

/** The probe: defocus, and astigmatism along one of the two axes of a stigmator (0 or 45 degrees). */
function blurByProbe(picture: YieldPicture, random: Random): Float32Array {
  const scale = picture.widthPx / 1024;
  const sigmaPx = logBetween(random, 0.5, 2.2) * scale;
  const ratio = chance(random, 0.3) ? between(random, 1.2, 2) : 1;
  const diagonal = chance(random, 0.5);
  const swap = chance(random, 0.5);
  const sharp = sigmaPx / Math.sqrt(ratio);
  const soft = sigmaPx * Math.sqrt(ratio);
  const axes: [readonly [number, number], readonly [number, number]] = diagonal && ratio > 1 ? [[1, 1], [1, -1]] : [[1, 0], [0, 1]];
  const stepPx = diagonal && ratio > 1 ? Math.SQRT2 : 1;
  const first = blurAlong(picture, axes[0], (swap ? soft : sharp) / stepPx);
  return blurAlong({ ...picture, data: first }, axes[1], (swap ? sharp : soft) / stepPx);
}

/** 8-bit picture of a yield: probe blur, shot noise from current x dwell, gain, offset, and now and then line noise or charging streaks. */
export function detect(picture: YieldPicture, exposure: Exposure): Uint8Array {
  const random = randomFor(exposure.seed, 'render/detector');
  const dwellUs = exposure.dwellUs ?? logBetween(random, 1, 40);
  const beamCurrentPa = exposure.beamCurrentPa ?? logBetween(random, 25, 150);
  const gain = between(random, 0.6, 1.05);
  const offset = between(random, -0.04, 0.2);
  const gamma = between(random, 0.65, 1.15);
  const lineNoise = chance(random, 0.3) ? between(random, 0.003, 0.015) : 0;
  const streak = chance(random, 0.15) ? between(random, 0.02, 0.1) : 0;
  const blurred = blurByProbe(picture, random);
  // Most operators set contrast and brightness until the picture fills the range; a flat field is not blown up.
  const [black, white] = [quantile(blurred, 0.01), quantile(blurred, 0.995)];
  const [dark, light] = [between(random, 0.01, 0.18), between(random, 0.8, 1.12)];
  const stretched = chance(random, 0.7) && white - black > Math.max(0.15, 0.4 * white);
  const slope = stretched ? Math.min(2.2, (light - dark) / (white - black)) : gain;
  const level = stretched ? dark - slope * black : offset;
  const quanta = ((beamCurrentPa * 1e-12 * dwellUs * 1e-6) / ELEMENTARY_CHARGE_C) * DETECTED_PER_PRIMARY;
  const out = new Uint8Array(blurred.length);
  const noise = randomFor(exposure.seed, 'render/shot-noise');
  let charge = 0;
  for (let y = 0; y < picture.heightPx; y++) {
    const line = lineNoise * noise.gaussian();
    for (let x = 0; x < picture.widthPx; x++) {
      const index = y * picture.widthPx + x;
      const value = blurred[index]!;
      // A bright edge charges up and darkens what the beam scans next.
      charge = 0.98 * charge + 0.02 * Math.max(0, value - 0.6);
      const seen = noise.poisson(value * quanta) / quanta + line - streak * charge * 4;
      out[index] = Math.min(255, Math.max(0, Math.round(255 * Math.max(0, level + slope * seen) ** gamma)));
    }
  }
  return out;
}
