import { describe, expect, test } from 'vitest';
import { createCharging, type ChargingScan } from '../../../simulator/physics/charging.ts';
import type { FieldGeometry } from '../../../simulator/scene/field-renderer.ts';
import { meanOf, PERFECT, scenarioOf, simulated } from '../simulated.ts';

const field: FieldGeometry = { xUm: 0, yUm: 0, angleDeg: 0, pixelUm: 0.1, widthPx: 200, heightPx: 100, stretch: 1, shiftUm: () => [0, 0] };
const area = { id: 'a', spans: () => [40, 80] as const };
const scan = (change: Partial<ChargingScan> = {}): ChargingScan => ({ field, areas: [area], nowMs: 0, lineMs: 1, doseCPerM2: 0.05, ...change });
const charging = (options: Record<string, number> = {}) => createCharging(scenarioOf({ charging: { doseCPerM2: 0.2, leakS: 5, flicker: 0, brightness: 0.2, streak: 1, streakPx: 30, shiftUm: 0.4, ...options } }).charging, 1);

describe('charging', () => {
  test('the potential rises with the dose towards 1 - exp(-D / D0), and nothing charges where nothing insulates', () => {
    const { course } = charging({ leakS: 1e9 });
    expect(course(scan())!.peak).toBeCloseTo(1 - Math.exp(-0.25), 3);
    expect(course(scan({ doseCPerM2: 0.1 }))!.peak).toBeCloseTo(1 - Math.exp(-0.5), 3);
    expect(course(scan({ areas: [] }))).toBeUndefined();
  });

  test('it leaks with its time constant, and blanking takes it all away', () => {
    const charges = charging();
    charges.course(scan({ doseCPerM2: 0.05 }))!.commit(1, 0);
    const from = (nowMs: number): number => charges.course(scan({ nowMs, doseCPerM2: 0 }))!.shiftUm(0) / 0.4;
    expect(from(5000) / from(0)).toBeCloseTo(Math.exp(-1), 3);
    charges.reset();
    expect(from(0)).toBe(0);
  });

  test('a faster dwell brings less dose and shifts the image less', () => {
    const shift = (doseCPerM2: number): number => charging().course(scan({ doseCPerM2 }))!.shiftUm(99);
    expect(shift(0.01)).toBeGreaterThan(0);
    expect(shift(0.01)).toBeLessThan(0.3 * shift(0.05));
  });

  test('the area brightens, what follows a bright spot on its line is darker, the rest stays', () => {
    const yields = new Float32Array(200 * 100).fill(0.3);
    for (let k = 50; k < 55; k++) yields[99 * 200 + k] = 1;
    const course = createCharging(scenarioOf({ charging: { doseCPerM2: 10, flicker: 0, brightness: 0.2, streak: 1, streakPx: 30 } }).charging, 1).course(scan({ doseCPerM2: 6 }))!;
    course.alter(yields, 99);
    const line = yields.subarray(99 * 200);
    expect(line[45]).toBeCloseTo(0.3 + 0.2 * course.peak, 3);
    expect(line[56]).toBeLessThan(line[45]! - 0.02);
    expect(line[79]).toBeGreaterThan(line[56]!);
    expect(line[85]).toBeLessThan(0.3);
    expect(line[10]).toBeCloseTo(0.3, 6);
    expect(line[199]).toBeCloseTo(0.3, 2);
  });

  test('on the instrument: an insulating site grows brighter from frame to frame until the beam is blanked', async () => {
    const { microscope } = await simulated({
      ...PERFECT,
      sample: { sites: { Films_Coated_Surface: 1 }, placement: { model: 'needle', xUm: 0, yUm: 0 } },
      charging: { insulating: ['Films_Coated_Surface'], doseCPerM2: 0.5, streak: 0, shiftUm: 0, brightness: 0.4, leakS: 60 },
    });
    const { xUm, yUm } = microscope.truth().sites[0]!;
    await microscope.moveStage({ xUm, yUm });
    await microscope.setOptics({ fieldWidthUm: 8 });
    await microscope.setBlanker(false);
    const grey = async (): Promise<number> => meanOf((await microscope.acquire({ widthPx: 256, heightPx: 192, dwellUs: 1, depth: 16 })).data) / 65535;
    const first = await grey();
    const second = await grey();
    await microscope.setBlanker(true);
    await microscope.setBlanker(false);
    const afterBlanking = await grey();
    expect(second).toBeGreaterThan(first + 0.02);
    expect(Math.abs(afterBlanking - first)).toBeLessThan(0.005);
  });
});
