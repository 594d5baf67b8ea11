import type { GreyImage } from '../contract/frame.ts';
import { binFrequency, fourierTransform2d } from './fourier.ts';
import { polarCells, polarPower } from './polar-spectrum.ts';
import { windowedSpectra, type Spectrum, type WindowPlace } from './spectrum.ts';

export interface Shift {
  /** How far the content of the second picture lies right of, and below, that of the first. */
  readonly shiftXPx: number;
  readonly shiftYPx: number;
  /** Height of the best peak over that of the best one elsewhere: some 1.0 to 1.7 for different fields, several for the same one. */
  readonly peakRatio: number;
  /** Standard deviation of the shift along each axis that the noise leaves, pixels. Infinity when nothing was found. */
  readonly sigmaXPx: number;
  readonly sigmaYPx: number;
}

/** Blur of the correlation peak, so that one that lies between pixels is as high as one that lies on one. */
const PEAK_SIGMA_PX = 0.8;
/** Around the best peak, where its own slopes are not taken for another one. */
const PEAK_RADIUS_PX = 8;
/** Frequencies above this, in cycles per pixel, are aliased or noise in any frame. */
const HIGHEST_FREQUENCY = 0.35;
/** Signal over noise below which a frequency is left out. */
const LEAST_RATIO = 0.02;
const NEWTON_STEPS = 4;
/** Slopes of the windows that follow the specimen: short, since Hann's throws half of the signal away. */
const TAPER = 0.1;
/** Sum of the fourth over that of the second power of that window, whose slopes have means of 35/128 and 3/8. */
const SQUARED_WINDOW_SPREAD = ((1 - 2 * TAPER + (2 * TAPER * 35) / 128) / (1 - 2 * TAPER + (2 * TAPER * 3) / 8)) ** 2;
/** Signal over noise above which a frequency's phase is not trusted more: there the specimen's own change limits it. */
const MOST_TRUSTED = 100;
/** Part of the picture that both must show for the windows to follow the specimen. */
const LEAST_OVERLAP = 0.25;

interface Pair {
  readonly first: Spectrum;
  readonly second: Spectrum;
  /** Signal over noise of each frequency, from the powers of both in its cell of the half plane. */
  readonly ratio: Float64Array;
  /** Geometric mean of the noise powers. */
  readonly noise: number;
}

/** The noise is white, as high as where the spectra are lowest; never below what rounding leaves. */
function pairOf([first, second]: [Spectrum, Spectrum]): Pair {
  const [a, b] = [polarPower(first), polarPower(second)];
  const cellRatio = a.power.map((power, cell) => Math.sqrt(Math.max(0, power / a.noise - 1) * Math.max(0, b.power[cell]! / b.noise - 1)));
  const ratio = Float64Array.from(polarCells(first.width, first.height), (cell) => (cell < 0 ? 0 : cellRatio[cell]!));
  return { first, second, ratio, noise: Math.sqrt(a.noise * b.noise) };
}

/**
 * Surface whose peak is the shift: the phases of the cross-power spectrum (Kuglin and Hines 1975), each weighted by the
 * square of Wiener's factor S / (S + N), so that frequencies of noise have no say.
 */
function correlationSurface({ first, second, ratio }: Pair): Float64Array {
  const { width, height } = first;
  const cross = { re: new Float64Array(first.re.length), im: new Float64Array(first.re.length) };
  for (let y = 0; y < height; y++) {
    const fy = binFrequency(y, height);
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const re = second.re[at]! * first.re[at]! + second.im[at]! * first.im[at]!;
      const im = second.im[at]! * first.re[at]! - second.re[at]! * first.im[at]!;
      const size = Math.hypot(re, im);
      if (size === 0) continue;
      const fx = binFrequency(x, width);
      const wiener = ratio[at]! / (ratio[at]! + 1);
      const weight = (wiener * wiener * Math.exp(-2 * (Math.PI * PEAK_SIGMA_PX) ** 2 * (fx * fx + fy * fy))) / size;
      cross.re[at] = re * weight;
      cross.im[at] = im * weight;
    }
  }
  fourierTransform2d(cross, width, 'backward');
  return cross.re;
}

function highest(surface: Float64Array, accept: (index: number) => boolean): number {
  let best = -1;
  for (let index = 0; index < surface.length; index++) {
    if ((best < 0 || surface[index]! > surface[best]!) && accept(index)) best = index;
  }
  return best;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Refined extends Point {
  readonly sigmaX: number;
  readonly sigmaY: number;
}

/**
 * Brings a shift that is right to a pixel to a fraction of one: maximum likelihood on the cross-power spectrum, each frequency
 * weighted by r^2 / (1 + 2 r) at a signal-to-noise ratio r (Hannan and Thomson 1973), by Newton's steps. Undefined when the
 * phases lead more than a pixel away: the peak was none.
 */
function refine({ first, second, ratio, noise }: Pair, start: Point): Refined | undefined {
  const { width, height } = first;
  const [fxs, fys, res, ims]: [number[], number[], number[], number[]] = [[], [], [], []];
  let [ixx, iyy, ixy] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    const fy = binFrequency(y, height);
    // The other half of the plane is the mirror image of this one.
    for (let x = 0; x <= width / 2; x++) {
      const fx = x / width;
      const at = y * width + x;
      const r = ratio[at]!;
      if (r < LEAST_RATIO || fx * fx + fy * fy > HIGHEST_FREQUENCY ** 2 || (fx === 0 && fy <= 0)) continue;
      const trusted = Math.min(MOST_TRUSTED, r);
      const information = trusted ** 2 / (1 + 2 * trusted);
      const scale = information / (r * noise);
      fxs.push(fx);
      fys.push(fy);
      res.push((second.re[at]! * first.re[at]! + second.im[at]! * first.im[at]!) * scale);
      ims.push((second.im[at]! * first.re[at]! - second.re[at]! * first.im[at]!) * scale);
      ixx += information * fx * fx;
      ixy += information * fx * fy;
      iyy += information * fy * fy;
    }
  }
  let { x, y } = start;
  for (let step = 0; step < NEWTON_STEPS; step++) {
    let [gx, gy, hxx, hxy, hyy] = [0, 0, 0, 0, 0];
    for (let k = 0; k < fxs.length; k++) {
      const [fx, fy] = [fxs[k]!, fys[k]!];
      const turn = 2 * Math.PI * (fx * x + fy * y);
      const [c, s] = [Math.cos(turn), Math.sin(turn)];
      const re = res[k]! * c - ims[k]! * s;
      const im = res[k]! * s + ims[k]! * c;
      gx += im * fx;
      gy += im * fy;
      hxx += re * fx * fx;
      hxy += re * fx * fy;
      hyy += re * fy * fy;
    }
    const determinant = hxx * hyy - hxy * hxy;
    if (!(determinant > 0) || !(hxx > 0)) return undefined;
    const scale = 1 / (2 * Math.PI * determinant);
    x -= (hyy * gx - hxy * gy) * scale;
    y -= (hxx * gy - hxy * gx) * scale;
    if (Math.abs(x - start.x) > 1.5 || Math.abs(y - start.y) > 1.5) return undefined;
  }
  // The window makes neighbouring bins say the same: independent are only as many as it leaves of the picture's pixels.
  const repeated = 1 / independentShare(first);
  const determinant = (ixx * iyy - ixy * ixy) * 8 * Math.PI ** 2;
  return { x, y, sigmaX: Math.sqrt((repeated * iyy) / determinant), sigmaY: Math.sqrt((repeated * ixx) / determinant) };
}

/** Windows on what both pictures show, that of the second moved along with the specimen. Undefined when it is too little. */
function followingWindows({ widthPx, heightPx }: GreyImage, { x, y }: Point): [WindowPlace, WindowPlace] | undefined {
  const place = { taper: TAPER, leftPx: Math.max(0, -x), topPx: Math.max(0, -y), widthPx: widthPx - Math.abs(x), heightPx: heightPx - Math.abs(y) };
  if (place.widthPx * place.heightPx < LEAST_OVERLAP * widthPx * heightPx) return undefined;
  return [place, { ...place, leftPx: Math.max(0, x), topPx: Math.max(0, y) }];
}

/** Share of the bins of a spectrum under such a window that are independent of each other. */
export function independentShare({ width, height, noisePower }: Spectrum): number {
  return noisePower / (width * height * SQUARED_WINDOW_SPREAD);
}

/** Spectra of two frames of one field with the windows on what both show, and the second turned back by its shift. */
export function alignedSpectra(first: GreyImage, second: GreyImage): { readonly spectra: [Spectrum, Spectrum]; readonly shift: Shift } {
  const shift = phaseCorrelation(first, second);
  const { shiftXPx: x, shiftYPx: y } = shift;
  const [a, b] = windowedSpectra(first, second, followingWindows(first, { x, y }));
  for (let row = 0; row < b.height; row++) {
    for (let column = 0; column < b.width; column++) {
      const at = row * b.width + column;
      const turn = 2 * Math.PI * (binFrequency(column, b.width) * x + binFrequency(row, b.height) * y);
      const [c, s] = [Math.cos(turn), Math.sin(turn)];
      [b.re[at], b.im[at]] = [b.re[at]! * c - b.im[at]! * s, b.re[at]! * s + b.im[at]! * c];
    }
  }
  return { spectra: [a, b], shift };
}

/**
 * Shift between two pictures of the same size by phase correlation under Hann windows, to a fraction of a pixel: the peak of
 * the correlation surface first, then twice a fit of the phases with the windows laid on what both pictures show.
 * Shifts beyond half the picture fold over. Two pictures without any contrast give 0 and a peak ratio of 1.
 */
export function phaseCorrelation(first: GreyImage, second: GreyImage): Shift {
  const pair = pairOf(windowedSpectra(first, second));
  const { width, height } = pair.first;
  const surface = correlationSurface(pair);
  const peak = highest(surface, () => true);
  if (!(surface[peak]! > 0)) return { shiftXPx: 0, shiftYPx: 0, peakRatio: 1, sigmaXPx: Infinity, sigmaYPx: Infinity };
  const [column, row] = [peak % width, Math.floor(peak / width)];
  const distance = (a: number, b: number, length: number): number => Math.min(Math.abs(a - b), length - Math.abs(a - b));
  const rival = highest(
    surface,
    (index) => distance(index % width, column, width) > PEAK_RADIUS_PX || distance(Math.floor(index / width), row, height) > PEAK_RADIUS_PX,
  );
  const signed = (index: number, length: number): number => (index <= length / 2 ? index : index - length);
  const peakAt: Point = { x: signed(column, width), y: signed(row, height) };
  let shift: Refined = { ...peakAt, sigmaX: Infinity, sigmaY: Infinity };
  for (let pass = 0; pass < 2; pass++) {
    const places = followingWindows(first, shift);
    if (places === undefined) break;
    const better = refine(pairOf(windowedSpectra(first, second, places)), shift);
    if (better === undefined) break;
    shift = better;
  }
  return {
    shiftXPx: shift.x,
    shiftYPx: shift.y,
    peakRatio: surface[peak]! / Math.max(surface[rival]!, 1e-12),
    sigmaXPx: shift.sigmaX,
    sigmaYPx: shift.sigmaY,
  };
}
