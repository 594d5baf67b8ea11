import { describe, expect, test } from 'vitest';
import { createContamination } from '../../../simulator/physics/contamination.ts';
import type { FieldGeometry } from '../../../simulator/scene/field-renderer.ts';
import { meanOf, PERFECT, simulated } from '../simulated.ts';

const field: FieldGeometry = { xUm: 0, yUm: 0, angleDeg: 0, pixelUm: 0.1, widthPx: 200, heightPx: 100, stretch: 1, shiftUm: () => [0, 0] };
const box = { xUm: 0, yUm: 0, widthUm: 4, heightUm: 4, angleDeg: 0 };

describe('contamination', () => {
  test('dims by c (1 - exp(-D / D0)) inside the box and nowhere else; doses add up', () => {
    const contamination = createContamination({ strength: 0.4, doseCPerM2: 10 });
    const line = (row: number): Float32Array => {
      const yields = new Float32Array(200 * 100).fill(1);
      contamination.over(field)?.(yields, row);
      return yields.subarray(row * 200, (row + 1) * 200);
    };
    contamination.scanned(box, 5);
    expect(line(50)[100]).toBeCloseTo(1 - 0.4 * (1 - Math.exp(-0.5)), 5);
    contamination.scanned(box, 5);
    contamination.scanned({ ...box, widthUm: 2, heightUm: 2 }, 10);
    expect(line(50)[100]).toBeCloseTo(1 - 0.4 * (1 - Math.exp(-2)), 5);
    expect(line(50)[85]).toBeCloseTo(1 - 0.4 * (1 - Math.exp(-1)), 5);
    expect(line(50)[70]).toBe(1);
    expect(line(10)[100]).toBe(1);
  });

  test('nothing to be seen costs nothing: strength 0, small doses, fields elsewhere, another specimen', () => {
    const off = createContamination({ strength: 0, doseCPerM2: 10 });
    off.scanned(box, 1000);
    expect(off.over(field)).toBeUndefined();
    const on = createContamination({ strength: 0.4, doseCPerM2: 10 });
    on.scanned(box, 0.001);
    expect(on.over(field)).toBeUndefined();
    on.scanned(box, 10);
    expect(on.over({ ...field, xUm: 100 })).toBeUndefined();
    expect(on.over(field)).toBeDefined();
    on.clear();
    expect(on.over(field)).toBeUndefined();
  });

  test('on the instrument: frames at high magnification leave a dark square in the overview', async () => {
    const { microscope } = await simulated({ ...PERFECT, sample: { substrate: { level: 0.5, contrast: 0 } }, contamination: { strength: 0.5, doseCPerM2: 2 } });
    await microscope.setBlanker(false);
    await microscope.setOptics({ fieldWidthUm: 10 });
    for (let index = 0; index < 4; index++) await microscope.acquire({ widthPx: 256, heightPx: 192, dwellUs: 10, depth: 8 });
    await microscope.setOptics({ fieldWidthUm: 40 });
    const { data } = await microscope.acquire({ widthPx: 256, heightPx: 192, dwellUs: 10, depth: 8 });
    const part = (x: number, y: number): number => meanOf(Array.from({ length: 40 * 30 }, (_, k) => data[(y + Math.floor(k / 40)) * 256 + x + (k % 40)]!));
    const dose = (4 * 100e-12 * 10e-6) / (10e-6 / 256) ** 2;
    expect(part(108, 81) / part(10, 10)).toBeCloseTo(1 - 0.5 * (1 - Math.exp(-dose / 2)), 1);
    expect(part(108, 81)).toBeLessThan(0.8 * part(10, 10));
    expect(part(50, 81) / part(10, 10)).toBeCloseTo(1, 1);
  });
});
