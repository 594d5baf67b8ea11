import { describe, expect, test } from 'vitest';
import { blurCovariance, blurPasses, type BlurPx } from '../../../simulator/physics/blur.ts';
import { defocusBlur } from '../../../simulator/physics/defocus.ts';
import { probeSizeNm } from '../../../simulator/physics/probe.ts';
import { surfaceWorkingDistanceMm } from '../../../simulator/physics/surface.ts';
import { scenarioOf } from '../simulated.ts';

const EDGE = 81;

/** Second moments of what becomes of a single bright pixel. */
function spreadOf(covariance: BlurPx): { xx: number; xy: number; yy: number; sum: number } {
  let data = new Float32Array(EDGE * EDGE);
  data[40 * EDGE + 40] = 1;
  for (const pass of blurPasses(covariance)) {
    const next = new Float32Array(data.length);
    pass({ data, widthPx: EDGE, heightPx: EDGE })(next, 0, EDGE);
    data = next;
  }
  const moments = { xx: 0, xy: 0, yy: 0, sum: 0 };
  for (let y = 0; y < EDGE; y++) {
    for (let x = 0; x < EDGE; x++) {
      const value = data[y * EDGE + x]!;
      moments.sum += value;
      moments.xx += value * (x - 40) ** 2;
      moments.xy += value * (x - 40) * (y - 40);
      moments.yy += value * (y - 40) ** 2;
    }
  }
  return moments;
}

describe('blur', () => {
  test('keeps the sum and has the variance asked for, round and slanted', () => {
    for (const covariance of [blurCovariance(3, 3, 0), blurCovariance(5, 2, 0), blurCovariance(5, 2, 30), blurCovariance(2, 4, 70)]) {
      const spread = spreadOf(covariance);
      expect(spread.sum).toBeCloseTo(1, 4);
      expect(Math.abs(spread.xx - covariance.xx)).toBeLessThan(0.05 * covariance.xx + 0.3);
      expect(Math.abs(spread.xy - covariance.xy)).toBeLessThan(0.05 * covariance.xx + 0.3);
      expect(Math.abs(spread.yy - covariance.yy)).toBeLessThan(0.05 * covariance.yy + 0.3);
    }
  });

  test('astigmatism streaks turn by 90 degrees through focus', () => {
    const at = (defocusUm: number) => defocusBlur({ defocusUm, astigmatismUm: 10, astigmatismDeg: 0, halfAngleMrad: 5, probeNm: 2 });
    expect(at(5).sigmaUUm).toBeGreaterThan(10 * at(5).sigmaVUm);
    expect(at(-5).sigmaVUm).toBeGreaterThan(10 * at(-5).sigmaUUm);
    expect(at(0).sigmaUUm).toBeCloseTo(at(0).sigmaVUm, 12);
  });

  test('defocus of 10 um at 5 mrad blurs by 50 nm', () => {
    const blur = defocusBlur({ defocusUm: 10, astigmatismUm: 0, astigmatismDeg: 0, halfAngleMrad: 5, probeNm: 0 });
    expect(blur.sigmaUUm).toBeCloseTo(0.05, 9);
  });

  test('the surface rises with its tilt and comes nearer when the stage goes up', () => {
    const { surface } = scenarioOf({ surface: { workingDistanceMm: 5, tiltXUmPerMm: 10, tiltYUmPerMm: 0, curvatureUmPerMm2: 2 } });
    expect(surfaceWorkingDistanceMm(surface, { xUm: 1000, yUm: 0, zUm: 10_000 })).toBeCloseTo(5.012, 9);
    expect(surfaceWorkingDistanceMm(surface, { xUm: 0, yUm: 0, zUm: 11_000 })).toBeCloseTo(4, 9);
  });

  test('a step raises what lies beyond its edge', () => {
    const { surface } = scenarioOf({ surface: { workingDistanceMm: 5, tiltXUmPerMm: 0, tiltYUmPerMm: 0, steps: [{ xUm: 100, normalDeg: 0, riseUm: 20 }] } });
    expect(surfaceWorkingDistanceMm(surface, { xUm: 99, yUm: 500, zUm: 10_000 })).toBeCloseTo(5, 9);
    expect(surfaceWorkingDistanceMm(surface, { xUm: 101, yUm: -500, zUm: 10_000 })).toBeCloseTo(5.02, 9);
  });

  test('the probe grows with the beam current to its exponent', () => {
    const { optics } = scenarioOf();
    expect(probeSizeNm(optics, 100)).toBe(2);
    expect(probeSizeNm(optics, 100 * 2 ** 8)).toBeCloseTo(2 * 8, 9);
    expect(probeSizeNm({ ...optics, probeCurrentExponent: 0 }, 10_000)).toBe(2);
  });
});
