import type { GreyImage } from '../../contract/frame.ts';
import { gaussianBlur } from '../../imaging/gaussian.ts';
import { clamp } from '../../lib/guards.ts';
import type { Random } from '../../lib/random.ts';

/** How far a picture is changed before the network sees it. Every amount may be 0. */
export interface Augmentation {
  /** Largest turn to either side, degrees. */
  readonly rotationDeg: number;
  /** Largest shift across and down, share of the view. */
  readonly shift: number;
  /** Largest shear, as tangent. */
  readonly shear: number;
  /** Smallest edge of the view as a share of the picture's shorter side; the largest is all of it. */
  readonly scale: number;
  /** Mirrored and turned by quarters at random. */
  readonly flips: boolean;
  /** Standard deviation of the logarithm of the exponent of the contrast curve. */
  readonly contrast: number;
  /** Electrons a pixel at full signal in the noisiest picture; 0 for no noise. Half of the pictures get some. */
  readonly electrons: number;
  /** Largest blur, pixels of the view (standard deviation). A third of the pictures get some. */
  readonly defocusPx: number;
  /** Share of the pictures that get a data bar, so that nobody learns from one. */
  readonly banner: number;
}

export const AUGMENTATIONS = {
  none: { rotationDeg: 0, shift: 0, shear: 0, scale: 1, flips: false, contrast: 0, electrons: 0, defocusPx: 0, banner: 0 },
  light: { rotationDeg: 15, shift: 0.05, shear: 0.05, scale: 0.7, flips: true, contrast: 0.15, electrons: 0, defocusPx: 0, banner: 0 },
  sem: { rotationDeg: 30, shift: 0.1, shear: 0.1, scale: 0.4, flips: true, contrast: 0.35, electrons: 30, defocusPx: 2, banner: 0.1 },
} as const satisfies Record<string, Augmentation>;

/** Electrons a pixel of a picture with next to no noise. */
const CLEAN_ELECTRONS = 1500;

/** A coordinate outside comes back in, as from a mirror at the edge. */
function mirrored(value: number, size: number): number {
  const period = 2 * size;
  const inside = ((value % period) + period) % period;
  return inside < size ? inside : period - inside;
}

function sample({ widthPx, heightPx, data }: GreyImage, x: number, y: number): number {
  const u = clamp(mirrored(x, widthPx) - 0.5, 0, widthPx - 1.001);
  const v = clamp(mirrored(y, heightPx) - 0.5, 0, heightPx - 1.001);
  const [left, top] = [Math.floor(u), Math.floor(v)];
  const [fx, fy] = [u - left, v - top];
  const at = top * widthPx + left;
  return (data[at]! * (1 - fx) + data[at + 1]! * fx) * (1 - fy) + (data[at + widthPx]! * (1 - fx) + data[at + widthPx + 1]! * fx) * fy;
}

/** A picture at full size and at half of it: a view takes the one whose pixels are nearest to its own. */
export type Pyramid = readonly GreyImage[];

function geometry(levels: Pyramid, sizePx: number, { augmentation, random }: { augmentation: Augmentation; random: Random }): Float32Array {
  const { rotationDeg, shift, shear, scale, flips } = augmentation;
  const [full] = levels as readonly [GreyImage];
  const within = (limit: number): number => limit * (2 * random.uniform() - 1);
  const edge = scale ** random.uniform() * Math.min(full.widthPx, full.heightPx);
  const angle = (within(rotationDeg) * Math.PI) / 180 + (flips ? (random.integer(4) * Math.PI) / 2 : 0);
  const mirror = flips && random.uniform() < 0.5 ? -1 : 1;
  const [shearX, shiftX, shiftY] = [within(shear), within(shift), within(shift)];
  const [roomX, roomY] = [full.widthPx - edge, full.heightPx - edge];
  const centreX = edge / 2 + roomX * (scale < 1 ? random.uniform() : 0.5) + shiftX * edge;
  const centreY = edge / 2 + roomY * (scale < 1 ? random.uniform() : 0.5) + shiftY * edge;
  // The coarsest level that still has a pixel for each of the view's.
  const level = levels.findLast(({ widthPx }) => (edge * widthPx) / full.widthPx >= sizePx) ?? full;
  const zoom = level.widthPx / full.widthPx;
  const step = (edge / sizePx) * zoom;
  const [cos, sin] = [Math.cos(angle) * step, Math.sin(angle) * step];
  const view = new Float32Array(sizePx * sizePx);
  for (let y = 0; y < sizePx; y++) {
    const dy = y + 0.5 - sizePx / 2;
    for (let x = 0; x < sizePx; x++) {
      const dx = mirror * (x + 0.5 - sizePx / 2) + shearX * dy;
      view[y * sizePx + x] = sample(level, centreX * zoom + dx * cos - dy * sin, centreY * zoom + dx * sin + dy * cos);
    }
  }
  return view;
}

/** A strip of one grey along the lower edge with rows of small marks on it. */
function drawBanner(view: Float32Array, sizePx: number, random: Random): void {
  const top = Math.round(sizePx * (1 - 0.05 - 0.1 * random.uniform()));
  const dark = random.uniform() < 0.6;
  view.fill(dark ? 0 : 255, top * sizePx);
  for (let mark = 0; mark < 6 + random.integer(12); mark++) {
    const left = random.integer(sizePx);
    const row = top + 1 + random.integer(Math.max(1, sizePx - top - 2));
    view.fill(dark ? 255 : 0, row * sizePx + left, Math.min((row + 1) * sizePx, row * sizePx + left + 2 + random.integer(8)));
  }
}

/**
 * A square view of a picture, `sizePx` wide, 0 to 255: turned, sheared, shifted, scaled and mirrored, then as another instrument or
 * a quicker scan would have shown it. The same random stream gives the same view.
 */
export function augment(levels: Pyramid, sizePx: number, { augmentation, random }: { augmentation: Augmentation; random: Random }): GreyImage {
  let view = geometry(levels, sizePx, { augmentation, random });
  const { contrast, electrons, defocusPx, banner } = augmentation;
  if (contrast > 0) {
    const exponent = Math.exp(contrast * random.gaussian());
    view = view.map((value) => 255 * (value / 255) ** exponent);
  }
  if (defocusPx > 0 && random.uniform() < 1 / 3) view = gaussianBlur({ widthPx: sizePx, heightPx: sizePx, data: view }, defocusPx * random.uniform()).data;
  if (electrons > 0 && random.uniform() < 0.5) {
    const full = electrons * (CLEAN_ELECTRONS / electrons) ** random.uniform();
    // Normal approximation of the Poisson distribution.
    view = view.map((value) => clamp(value + 255 * Math.sqrt(value / 255 / full) * random.gaussian(), 0, 255));
  }
  if (banner > 0 && random.uniform() < banner) drawBanner(view, sizePx, random);
  return { widthPx: sizePx, heightPx: sizePx, data: view };
}
