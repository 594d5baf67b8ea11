import { describe, expect, test } from 'vitest';
import type { Frame, GreyImage } from '../../src/contract/frame.ts';
import { judge } from '../../src/imaging/quality.ts';
import { randomFor } from '../../src/lib/random.ts';
import { sampleFrame } from '../record/sample-folder.ts';
import { exposed as exposedWith } from '../../bench/imaging/fields.ts';
import { gaussianBlur as blurred } from '../../src/imaging/gaussian.ts';
import { discField } from './textured-field.ts';

/** Grey levels of 0 to 255 as the detector shows them. */
const exposed = (image: GreyImage, electronsAtWhite: number, seed: number): ReturnType<typeof exposedWith> => exposedWith(image, { electronsAtWhite, seed, white: 255 });
const SIZE = { widthPx: 512, heightPx: 384 };
const ELECTRONS = 300;
let number = 0;
const frameOf = ({ widthPx, heightPx, data }: GreyImage): Frame => sampleFrame(`q${number++}`, { widthPx, heightPx, data: data as Uint8Array | Uint16Array });
const flat = (level: number | ((k: number) => number)): GreyImage => ({
  ...SIZE,
  data: Float32Array.from({ length: SIZE.widthPx * SIZE.heightPx }, (_, k) => (typeof level === 'number' ? level : level(k))),
});
const field = discField(1, { ...SIZE, discs: 150 });
const sharp = frameOf(exposed(blurred(field, 0.8), ELECTRONS, 1));

/** Horizontal lines of random brightness over a frame. */
function streaked(frame: Frame, height: number): Frame {
  const random = randomFor(9, 'streaks');
  const data = Uint8Array.from(frame.data);
  for (let y = 0; y < frame.heightPx; y++) {
    const offset = random.uniform() < 0.4 ? height * random.gaussian() : 0;
    for (let x = 0; x < frame.widthPx; x++) data[y * frame.widthPx + x] = Math.max(0, Math.min(255, data[y * frame.widthPx + x]! + offset));
  }
  return frameOf({ ...frame, data });
}

function cutAfter(frame: Frame, row: number, fill: number): Frame {
  return frameOf({ ...frame, data: Uint8Array.from(frame.data, (value, index) => (index < row * frame.widthPx ? value : fill)) });
}

/** The specimen slips when the scan has come to a row. */
function slipped(row: number, seed: number): Frame {
  const after = discField(1, { ...SIZE, discs: 150 }, { x: 20, y: -14 });
  const both = { ...SIZE, data: field.data.map((value, index) => (index < row * SIZE.widthPx ? value : after.data[index]!)) };
  return frameOf(exposed(blurred(both, 0.8), ELECTRONS, seed));
}

describe('the quality gate', () => {
  const noiseOnly = exposed(flat(120), ELECTRONS, 2);
  const cases: [string, Frame, string][] = [
    ['a sharp field', sharp, 'good'],
    ['a sharp field of few grains', frameOf(exposed(blurred(discField(2, { ...SIZE, discs: 12 }), 0.8), ELECTRONS, 3)), 'good'],
    ['a slightly soft field', frameOf(exposed(blurred(field, 2), ELECTRONS, 3)), 'good'],
    ['a field out of focus', frameOf(exposed(blurred(field, 8), ELECTRONS, 4)), 'blurred'],
    ['a field far out of focus', frameOf(exposed(blurred(field, 14), ELECTRONS, 5)), 'blurred'],
    ['a field so far out of focus that no edge is left', frameOf(exposed(blurred(field, 30), ELECTRONS, 5)), 'blurred'],
    ['one large faint grain, sharp', frameOf(exposed({ ...SIZE, data: Float32Array.from(flat(90).data, (v, k) => (Math.hypot((k % 512) - 250, Math.floor(k / 512) - 190) < 60 ? 130 : v)) }, ELECTRONS, 8)), 'good'],
    ['a bare substrate', frameOf(noiseOnly), 'empty'],
    ['a substrate with weak shading', frameOf(exposed(flat((k) => 118 + ((k % SIZE.widthPx) / SIZE.widthPx) * 6), ELECTRONS, 6)), 'empty'],
    ['smooth shading over the whole field', frameOf(exposed(flat((k) => 60 + 90 * Math.sin(((k % SIZE.widthPx) / SIZE.widthPx) * Math.PI)), ELECTRONS, 7)), 'good'],
    ['one small grain', frameOf(exposed({ ...SIZE, data: Float32Array.from(flat(90).data, (v, k) => (Math.hypot((k % 512) - 300, Math.floor(k / 512) - 200) < 7 ? 200 : v)) }, ELECTRONS, 8)), 'good'],
    ['one thin wire', frameOf(exposed({ ...SIZE, data: Float32Array.from(flat(90).data, (v, k) => (Math.abs((k % 512) - 0.4 * Math.floor(k / 512) - 150) < 1.2 ? 210 : v)) }, ELECTRONS, 8)), 'good'],
    ['structure drowned in noise', frameOf(exposed({ ...SIZE, data: Float32Array.from(blurred(field, 2).data, (v) => 40 + v / 5) }, 20, 9)), 'noisy'],
    ['streaks', streaked(sharp, 60), 'charging'],
    ['a grating along the lines', frameOf(exposed(blurred(flat((k) => (Math.floor(k / 512 / 12) % 2 === 0 ? 60 : 170)), 0.8), ELECTRONS, 10)), 'good'],
    ['the edge of a film along the lines', frameOf(exposed(flat((k) => (k / 512 < 190 ? 60 : 170)), ELECTRONS, 11)), 'good'],
    ['a specimen that slips during the scan', slipped(220, 12), 'torn'],
    ['overexposure', frameOf({ ...SIZE, data: Uint8Array.from(sharp.data, (v) => Math.min(255, v * 6)) }), 'saturated'],
    ['missing lines', cutAfter(sharp, 300, 0), 'incomplete'],
    ['one missing line, grey', cutAfter(sharp, 383, 128), 'incomplete'],
    ['a blanked beam', frameOf({ ...SIZE, data: Uint8Array.from(flat(0).data, (_, k) => (k * 7919) % 5) }), 'dark'],
    ['nothing but zeros', frameOf({ ...SIZE, data: new Uint8Array(SIZE.widthPx * SIZE.heightPx) }), 'dark'],
  ];
  test.each(cases)('%s is judged', (_, frame, verdict) => {
    expect(judge(frame).verdict).toBe(verdict);
  });

  test('the same bytes again are frozen, another exposure of the same field is not', () => {
    const again = frameOf({ ...sharp });
    expect(judge(again, { previous: sharp }).verdict).toBe('frozen');
    expect(judge(frameOf(exposed(blurred(field, 0.8), ELECTRONS, 77)), { previous: sharp }).verdict).toBe('good');
    expect(judge(sharp, { previous: sharp }).verdict).toBe('good');
  });

  test('what breaks at the same row in the next frame of the field is the specimen itself; what breaks at another row is not', () => {
    const { measures } = judge(slipped(220, 12));
    expect(measures['tearRowPx']).toBeGreaterThanOrEqual(218);
    expect(measures['tearRowPx']).toBeLessThanOrEqual(222);
    expect(judge(slipped(220, 13), { tornAtPx: measures['tearRowPx']! }).verdict).toBe('good');
    expect(judge(slipped(150, 13), { tornAtPx: measures['tearRowPx']! }).verdict).toBe('torn');
  });

  test('16 bit is judged as 8 bit', () => {
    const deep = (frame: Frame): Frame => frameOf({ ...frame, data: Uint16Array.from(frame.data, (value) => value * 257) });
    for (const [, frame, verdict] of cases) expect(judge({ ...deep(frame), depth: 16 }).verdict).toBe(verdict);
  });

  test('a specimen that is smooth in focus is not called blurred again', () => {
    const smooth = frameOf(exposed(blurred(field, 8), ELECTRONS, 12));
    const { verdict, measures } = judge(smooth);
    expect(verdict).toBe('blurred');
    const reference = { edgeShare: measures['edgeShare']! };
    expect(judge(smooth, { reference }).verdict).toBe('good');
    expect(judge(frameOf(exposed(blurred(field, 8), ELECTRONS, 13)), { reference: { edgeShare: 0.7 } }).verdict).toBe('blurred');
  });

  test('the measures tell what was found', () => {
    const { measures } = judge(sharp);
    expect(measures['snrDb']).toBeGreaterThan(10);
    expect(measures['edgeShare']).toBeGreaterThan(0.8);
    expect(judge(frameOf(noiseOnly)).measures['noiseLevels']).toBeCloseTo(Math.sqrt(120 / 255 / ELECTRONS) * 255, 0);
    expect(judge(cutAfter(sharp, 300, 0)).measures['missingRows']).toBe(84);
  });
});
