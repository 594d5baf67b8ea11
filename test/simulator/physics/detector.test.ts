import { describe, expect, test } from 'vitest';
import { createDetector, electronsPerPixel, type Exposure } from '../../../simulator/physics/detector.ts';
import { deviationOf, meanOf, scenarioOf } from '../simulated.ts';

const { detector } = scenarioOf();

function expose(yieldValue: number, change: Partial<Exposure> = {}): Uint8Array | Uint16Array {
  const exposure: Exposure = { beamCurrentPa: 100, referenceCurrentPa: 100, dwellUs: 1, depth: 16, dark: false, ...change };
  const yields = new Float32Array(40_000).fill(yieldValue);
  const out = exposure.depth === 8 ? new Uint8Array(yields.length) : new Uint16Array(yields.length);
  createDetector(detector, exposure, 9)(yields, out, [0, yields.length]);
  return out;
}

function snr(yieldValue: number, change: Partial<Exposure> = {}): number {
  const data = expose(yieldValue, change);
  return (meanOf(data) - detector.blackLevel * 65535) / deviationOf(data);
}

describe('detector', () => {
  test('100 pA for 1 us are 624 electrons', () => {
    expect(electronsPerPixel(100, 1)).toBeCloseTo(624.15, 1);
  });

  test('signal-to-noise ratio as shot and amplifier noise say, and twice as high for four times the dwell', () => {
    const mean = 624.15 * 0.3 * detector.dqe;
    expect(snr(0.3)).toBeCloseTo(mean / Math.sqrt(mean + detector.readNoiseElectrons ** 2), 0);
    expect(snr(0.3, { dwellUs: 4 }) / snr(0.3)).toBeCloseTo(2, 1);
    expect(snr(0.3, { dwellUs: 0.4 }) / snr(0.3, { dwellUs: 0.1 })).toBeCloseTo(2, 0);
  });

  test('few electrons: the mean stays and the variance is that of a Poisson process', () => {
    const quiet = { ...detector, readNoiseElectrons: 0 };
    const yields = new Float32Array(40_000).fill(0.1);
    const out = new Uint16Array(yields.length);
    createDetector(quiet, { beamCurrentPa: 100, referenceCurrentPa: 100, dwellUs: 0.1, depth: 16, dark: false }, 4)(yields, out, [0, yields.length]);
    const perElectron = 65535 / (electronsPerPixel(100, 0.1) * quiet.dqe);
    const electrons = Array.from(out, (value) => (value - quiet.blackLevel * 65535) / perElectron);
    expect(meanOf(electrons)).toBeCloseTo(3.12, 1);
    expect(deviationOf(electrons) ** 2).toBeCloseTo(3.12, 0);
  });

  test('grey does not depend on the dwell but on the beam current', () => {
    expect(meanOf(expose(0.3, { dwellUs: 10 })) / meanOf(expose(0.3))).toBeCloseTo(1, 2);
    expect(meanOf(expose(0.3, { beamCurrentPa: 200 }))).toBeGreaterThan(1.8 * meanOf(expose(0.3)));
  });

  test('dark: black level and amplifier noise, whatever lies there', () => {
    expect(meanOf(expose(0.9, { dark: true }))).toBeCloseTo(meanOf(expose(0.1, { dark: true })), 5);
    expect(meanOf(expose(0.9, { dark: true }))).toBeLessThan(0.03 * 65535);
    expect(deviationOf(expose(0.9, { dark: true }))).toBeGreaterThan(0);
  });

  test('8 bit is clipped at white', () => {
    expect(Math.max(...expose(3, { depth: 8 }))).toBe(255);
  });
});
