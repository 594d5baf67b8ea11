import type { GreyImage } from '../../contract/frame.ts';
import { gaussianBlur } from '../../imaging/gaussian.ts';
import { clamp } from '../../lib/guards.ts';
import type { Random } from '../../lib/random.ts';

type Levels = Float32Array;
interface Size {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Grey levels added to whole rows from some row on, decaying: the field of a charged spot deflects and brightens the next lines. */
function charge(levels: Levels, { widthPx, heightPx }: Size, random: Random): void {
  for (let spot = 0; spot < 3; spot++) {
    const first = random.integer(heightPx);
    const strength = (random.uniform() < 0.7 ? 1 : -1) * (60 + 120 * random.uniform());
    const decay = heightPx * (0.02 + 0.1 * random.uniform());
    const from = random.uniform() * widthPx * 0.6;
    for (let y = first; y < heightPx; y++) {
      const added = strength * Math.exp(-(y - first) / decay);
      if (Math.abs(added) < 1) break;
      for (let x = 0; x < widthPx; x++) levels[y * widthPx + x]! += x < from ? 0.3 * added : added;
    }
  }
}

/** Rows moved sideways by a random walk with jumps: vibration, or a scan generator that loses its step. */
function shake(levels: Levels, { widthPx, heightPx }: Size, random: Random): void {
  let shift = 0;
  for (let y = 0; y < heightPx; y++) {
    shift += random.gaussian() * 1.5 + (random.uniform() < 0.02 ? random.gaussian() * widthPx * 0.1 : 0);
    const row = levels.slice(y * widthPx, (y + 1) * widthPx);
    const by = Math.round(shift);
    for (let x = 0; x < widthPx; x++) levels[y * widthPx + x] = row[(((x + by) % widthPx) + widthPx) % widthPx]!;
  }
}

/** Black or white where the detector has no range left. */
function saturate(levels: Levels, _size: Size, random: Random): void {
  const gain = 4 + 8 * random.uniform();
  const shift = random.uniform() < 0.5 ? 150 : -150;
  const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
  for (let at = 0; at < levels.length; at++) levels[at] = (levels[at]! - mean) * gain + mean + shift;
}

/** A part of the frame is missing: the beam was blanked, or lines were lost. */
function lose(levels: Levels, { widthPx, heightPx }: Size, random: Random): void {
  const first = Math.floor(heightPx * (0.2 + 0.5 * random.uniform()));
  for (let at = first * widthPx; at < levels.length; at++) levels[at] = 0;
}

/** Hardly an electron: shot noise at a few counts for each pixel. */
function starve(levels: Levels, _size: Size, random: Random): void {
  const electrons = 1 + 5 * random.uniform();
  for (let at = 0; at < levels.length; at++) levels[at] = (255 / electrons) * random.poisson((electrons * clamp(levels[at]!, 0, 255)) / 255);
}

/** A gun that flickers: each line has its own brightness. */
function flicker(levels: Levels, { widthPx, heightPx }: Size, random: Random): void {
  for (let y = 0; y < heightPx; y++) {
    const gain = clamp(1 + 0.5 * random.gaussian(), 0, 2.5);
    for (let x = 0; x < widthPx; x++) levels[y * widthPx + x]! *= gain;
  }
}

const FAULTS = { charge, shake, saturate, lose, starve, flicker } as const;
export type Artefact = keyof typeof FAULTS;
export const ARTEFACTS = Object.keys(FAULTS) as readonly Artefact[];

/**
 * The picture of empty substrate spoilt by one fault of an instrument, as a search may meet it: there is nothing on it, and it does
 * not look like substrate. 8-bit; drawn, and to be named so wherever a figure on it is told.
 */
export function drawArtefact(substrate: GreyImage, artefact: Artefact, random: Random): GreyImage {
  const size = { widthPx: substrate.widthPx, heightPx: substrate.heightPx };
  const levels = artefact === 'flicker' || artefact === 'charge' ? gaussianBlur(substrate, 1 + 2 * random.uniform()).data : Float32Array.from(substrate.data);
  FAULTS[artefact](levels, size, random);
  return { ...size, data: Uint8Array.from(levels, (level) => clamp(Math.round(level), 0, 255)) };
}
