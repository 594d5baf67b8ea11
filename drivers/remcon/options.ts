import { z } from 'zod';
import type { Axis, Range } from '../../src/contract/microscope.ts';
import { LINE_ENDS, type LineEnd } from './codec/lines.ts';
import { DWELL_US, STORE_SIZE_PX } from './codec/scales.ts';

const number = z.coerce.number();
const positive = number.positive();

/** `5..152` */
const rangeOf = (text: string): Range | undefined => {
  const [, min, max] = /^(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)$/.exec(text.trim()) ?? [];
  return min === undefined || max === undefined || Number(min) >= Number(max) ? undefined : { min: Number(min), max: Number(max) };
};

const range = z.string().transform((text, context): Range => {
  const found = rangeOf(text);
  if (found !== undefined) return found;
  context.addIssue({ code: 'custom', message: `"${text}" is no range: write 5..152` });
  return z.NEVER;
});

const LIMIT_AXES: Readonly<Record<string, Axis>> = { x: 'xUm', y: 'yUm', z: 'zUm', r: 'rotationDeg', t: 'tiltDeg' };

/** `x:5..125,z:0..40`: mm and deg, in the stage's own coordinates. */
const limits = z.string().transform((text, context): Partial<Record<Axis, Range>> => {
  const found: Partial<Record<Axis, Range>> = {};
  for (const part of text.split(',')) {
    const [name = '', ends = ''] = part.split(':');
    const axis = LIMIT_AXES[name.trim()];
    const ends_ = rangeOf(ends);
    if (axis === undefined || ends_ === undefined) {
      context.addIssue({ code: 'custom', message: `"${part}" is no limit: write x:5..125,y:5..125,z:0..40,r:0..360,t:0..60 (mm, deg)` });
      return z.NEVER;
    }
    found[axis] = ends_;
  }
  return found;
});

const numberList = z.string().transform((text, context): number[] => {
  const values = text.split(',').map(Number);
  if (values.every((value) => value > 0 && Number.isFinite(value))) return values;
  context.addIssue({ code: 'custom', message: `"${text}" is no list of dwell times: write 0.1,0.2,0.4` });
  return z.NEVER;
});

const pair = z.string().transform((text, context): readonly [number, number] => {
  const values = text.split(',').map(Number);
  const [first, second] = values;
  if (values.length === 2 && first !== undefined && second !== undefined && values.every(Number.isFinite)) return [first, second];
  context.addIssue({ code: 'custom', message: `"${text}" is no pair of numbers: write 20,20` });
  return z.NEVER;
});

const size = z.string().transform((text, context): readonly [number, number] => {
  const [, width, height] = /^(\d{2,5})x(\d{2,5})$/.exec(text) ?? [];
  if (width !== undefined && height !== undefined) return [Number(width), Number(height)];
  context.addIssue({ code: 'custom', message: `"${text}" is no size: write 1024x768` });
  return z.NEVER;
});

const yesOrNo = z.enum(['true', 'false']).transform((text) => text === 'true');

/** What the address's query may say; docs/protocol-remcon.md explains each. */
export const remconOptions = z.strictObject({
  /** The folder, as this machine sees it, in which SmartSEM saves its pictures. */
  images: z.string({ error: 'give ?images=DIR, the folder (shared with this machine) in which SmartSEM saves its pictures' }).min(1),
  baud: number.int().positive().default(9600),
  eol: z.enum(Object.keys(LINE_ENDS) as [LineEnd, ...LineEnd[]]).default('crlf'),
  /** Field width at magnification 1, m. Learned from a picture of SmartSEM when absent. */
  hfwAtMag1: positive.optional(),
  limits: limits.optional(),
  /** Stage position, mm, that counts as 0, 0. */
  originMm: pair.default([0, 0]),
  /** Whether a stage axis runs against the picture's: x right, y up. */
  invertX: yesOrNo.default(false),
  invertY: yesOrNo.default(false),
  /** A position of the rotation that must not be crossed, deg. */
  rotationFaultDeg: number.min(0).max(360).optional(),
  toleranceUm: positive.default(2),
  toleranceDeg: positive.default(0.1),
  fieldWidthUm: range.optional(),
  workingDistanceMm: range.optional(),
  /** Dwell per pixel of the scan rates 0, 1, 2 ..., us. */
  dwellUs: numberList.default([...DWELL_US]),
  integration: z.enum(['frame', 'line']).default('frame'),
  /** Store resolution of SmartSEM. */
  size: size.default(STORE_SIZE_PX),
  /** Comma-separated; the one that is chosen at the start when absent. */
  detectors: z.string().transform((text) => text.split(',').map((name) => name.trim()).filter((name) => name !== '')).optional(),
  /** Above this reading of the vacuum there is none. */
  vacuumLimit: positive.default(1e-4),
  joystickLock: yesOrNo.default(true),
  stageSpeedUmPerS: positive.default(1000),
  acknowledgeMs: positive.default(1000),
  completionMs: positive.default(10_000),
  /** From a command of the stage to the first look at it: its moving flag comes late. */
  moveStartMs: number.nonnegative().default(1000),
  /** Longest move. */
  moveMs: positive.default(90_000),
  /** Reads of the position that must agree at the end of a move. */
  restReads: number.int().min(2).max(20).default(2),
  opticsSettleMs: number.nonnegative().default(500),
  /** By how much a scan may take longer than three times its dwell times. */
  scanMs: positive.default(30_000),
  /** Longest wait for a recorded picture to appear in the folder. */
  pictureMs: positive.default(30_000),
});
export type RemconOptions = z.output<typeof remconOptions>;
