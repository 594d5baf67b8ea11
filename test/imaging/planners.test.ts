import { describe, expect, test, vi } from 'vitest';
import { createColumn } from '../../bench/imaging/column.ts';
import { drawnField, middleOf, shiftedCanvas, withNoise } from '../../bench/imaging/fields.ts';
import { frameChargingScore, studyCharging, studyDrift, studyFocus, studySnr } from '../../bench/imaging/studies.ts';
import { depthOfFocusUm, nextAutofocus, observeAutofocus, startAutofocus } from '../../src/imaging/autofocus.ts';
import { brightnessDrift } from '../../src/imaging/charging.ts';
import { seriesDrift } from '../../src/imaging/drift-series.ts';
import { gaussianBlur } from '../../src/imaging/gaussian.ts';
import { fitHeightSurface, needsFocus, predictFocus } from '../../src/imaging/height-surface.ts';
import { calibrationSteps, fitImageStageAffine, stageStepFor } from '../../src/imaging/image-stage-affine.ts';
import { dwellFactorFor } from '../../src/imaging/quality.ts';
import { relativeBlur, spectralFingerprint } from '../../src/imaging/relative-blur.ts';
import { ringCorrelation } from '../../src/imaging/ring-correlation.ts';
import { nextStigmation, observeStigmation, startStigmation } from '../../src/imaging/stigmation.ts';
import { randomFor } from '../../src/lib/random.ts';

const COLUMN = { pixelNm: 52, halfAngleMrad: 5, probeNm: 60, electronsAtWhite: 300, widthPx: 384, heightPx: 288 };

// Thousands of Fourier transforms: on a machine that is busy otherwise they need patience.
vi.setConfig({ testTimeout: 300_000 });

describe('relative blur', () => {
  test('is the difference of the variances, whatever the specimen is', () => {
    for (const seed of [0, 4, 7]) {
      const field = drawnField(seed);
      const at = (sigma: number): ReturnType<typeof spectralFingerprint> => spectralFingerprint(withNoise(middleOf(gaussianBlur(field, sigma), 384, 288), 15, seed + sigma));
      const blur = relativeBlur(at(1), at(3))!;
      expect(Math.abs((blur.xx + blur.yy) / 2 - 8)).toBeLessThan(0.8);
      expect(Math.abs(blur.xy)).toBeLessThan(0.6);
    }
  });
});

describe('autofocus', () => {
  test('lands within a depth of focus on fields of all categories', () => {
    expect(depthOfFocusUm({ resolutionNm: 52, halfAngleMrad: 5 })).toBeCloseTo(10.4);
    const study = studyFocus(10);
    expect(study.foundWrong).toBe(0);
    expect(study.notFound).toBe(0);
    expect(study.medianImages).toBeLessThanOrEqual(5);
  });

  test('says that there is nothing to focus on, and that the focus lies outside', () => {
    const flat = { widthPx: 512, heightPx: 512, data: new Float32Array(512 * 512).fill(0.4) };
    const play = (field: Parameters<typeof createColumn>[0], focusUm: number): ReturnType<typeof nextAutofocus> => {
      const column = createColumn(field, COLUMN);
      let state = startAutofocus({ startMm: 5, rangeUm: 30, resolutionNm: 52, halfAngleMrad: 5 });
      let next = nextAutofocus(state);
      for (let image = 0; 'image' in next; image++) {
        expect(image).toBeLessThan(40);
        // The state survives being written down.
        state = observeAutofocus(JSON.parse(JSON.stringify(state)) as typeof state, column({ defocusUm: (next.image.workingDistanceMm - 5) * 1000 - focusUm }, image));
        next = nextAutofocus(state);
      }
      return next;
    };
    expect(play(flat, 0)).toMatchObject({ found: false, reason: 'no-structure' });
    expect(play({ ...drawnField(4) }, 90)).toMatchObject({ found: false });
    expect(play({ ...drawnField(4) }, 12)).toMatchObject({ found: true });
  });
});

describe('stigmation', () => {
  test.each([[20, 30], [12, -60]])('brings %i um at %i degrees to nothing', (astigmatismUm, astigmatismDeg) => {
    const column = createColumn(drawnField(4), COLUMN);
    const rangeUm = 50;
    let state = startStigmation({ workingDistanceMm: 5, defocusUm: 30, stigmatorX: 0, stigmatorY: 0, trial: 0.3 });
    let next = nextStigmation(state);
    const residual = ({ stigmatorX, stigmatorY }: { stigmatorX: number; stigmatorY: number }): { length: number; deg: number } => {
      const turn = (astigmatismDeg * Math.PI) / 90;
      const [a, b] = [astigmatismUm * Math.cos(turn) + rangeUm * stigmatorX, astigmatismUm * Math.sin(turn) + rangeUm * stigmatorY];
      return { length: Math.hypot(a, b), deg: (Math.atan2(b, a) * 90) / Math.PI };
    };
    for (let image = 0; 'image' in next; image++) {
      const { length, deg } = residual(next.image);
      state = observeStigmation(state, column({ defocusUm: (next.image.workingDistanceMm - 5) * 1000, astigmatismUm: length, astigmatismDeg: deg }, image));
      next = nextStigmation(state);
    }
    if (!next.found) throw new Error(next.message);
    expect(residual(next).length).toBeLessThan(1.5);
    expect(Math.hypot(next.before.even, next.before.cross)).toBeGreaterThan(10 * next.before.sigma);
  });
});

describe('height surface', () => {
  const truth = (x: number, y: number): number => 5 + (12 * (x / 1000) - 7 * (y / 1000) + 4 * (x / 1000) ** 2) / 1000;
  const points = (count: number, seed: number) => {
    const random = randomFor(seed, 'surface');
    return Array.from({ length: count }, () => {
      const [xUm, yUm] = [2000 * (random.uniform() - 0.5), 2000 * (random.uniform() - 0.5)];
      return { xUm, yUm, workingDistanceMm: truth(xUm, yUm) + (0.5 * random.gaussian()) / 1000, sigmaUm: 0.5 };
    });
  };
  test('predicts what it has not seen within what it says, in spite of a wild point', () => {
    const measured = points(16, 1);
    measured[3] = { ...measured[3]!, workingDistanceMm: 5.2 };
    const surface = fitHeightSurface(measured)!;
    const pulls = points(60, 2).map((point) => {
      const { workingDistanceMm, sigmaUm } = predictFocus(surface, point);
      return Math.abs(workingDistanceMm - truth(point.xUm, point.yUm)) * 1000 / sigmaUm;
    });
    expect(pulls.filter((pull) => pull < 2).length / pulls.length).toBeGreaterThan(0.9);
  });
  test('asks for a new focus far from what it knows only', () => {
    expect(needsFocus(undefined, { xUm: 0, yUm: 0 }, { depthOfFocusUm: 5 })).toBe(true);
    const surface = fitHeightSurface(points(1, 3));
    const [at] = points(1, 3);
    expect(needsFocus(surface, at!, { depthOfFocusUm: 5 })).toBe(false);
    expect(needsFocus(surface, { xUm: at!.xUm + 1000, yUm: at!.yUm }, { depthOfFocusUm: 5 })).toBe(true);
    expect(needsFocus(fitHeightSurface(points(16, 1)), { xUm: 300, yUm: -200 }, { depthOfFocusUm: 5 })).toBe(false);
  });
});

describe('image to stage', () => {
  test('rotation, scale, shear and mirror come back from the steps of the plan', () => {
    const angle = (1.5 * Math.PI) / 180;
    const matrix = [[0.05 * Math.cos(angle), 0.0502 * Math.sin(angle)], [0.05 * Math.sin(angle), -0.0502 * Math.cos(angle)]] as const;
    for (const mirror of [1, -1]) {
      const [a, b, c, d] = [matrix[0][0], mirror * matrix[0][1], matrix[1][0], mirror * matrix[1][1]];
      const determinant = a * d - b * c;
      const plan = calibrationSteps({ fieldWidthUm: 50, fieldHeightUm: 38 });
      const random = randomFor(4, 'affine');
      const steps = plan.slice(1).map(({ xUm, yUm }, index) => {
        const [x, y] = [xUm - plan[index]!.xUm, yUm - plan[index]!.yUm];
        return { stageXUm: x, stageYUm: y, shiftXPx: -(d * x - b * y) / determinant + 0.05 * random.gaussian(), shiftYPx: -(-c * x + a * y) / determinant + 0.05 * random.gaussian(), sigmaPx: 0.05 };
      });
      const affine = fitImageStageAffine(steps)!;
      expect(affine.mirrored).toBe(mirror < 0);
      expect(affine.rotationDeg).toBeCloseTo(1.5, 1);
      expect(affine.pixelXNm).toBeCloseTo(50, 1);
      expect(affine.pixelYNm).toBeCloseTo(50.2, 1);
      expect(Math.abs(affine.shearDeg)).toBeLessThan(0.05);
      expect(affine.residualPx).toBeLessThan(0.15);
      const back = stageStepFor(affine, steps[0]!.shiftXPx, steps[0]!.shiftYPx);
      expect(back.xUm).toBeCloseTo(steps[0]!.stageXUm, 1);
    }
    expect(fitImageStageAffine([{ stageXUm: 1, stageYUm: 0, shiftXPx: 1, shiftYPx: 0, sigmaPx: 1 }])).toBeUndefined();
  });
});

describe('noise, drift and charging over textures', () => {
  test.each([0, 20])('SNR within 1 dB of %i dB from one frame and from two', (snrDb) => {
    const { singleFrame, twoFrames } = studySnr(5, snrDb);
    expect(singleFrame).toBeLessThan(1);
    expect(twoFrames).toBeLessThan(1);
  });
  test('a shift that is promised to 0.1 px at 0 dB is right to 0.1 px', () => {
    const { promised, kept } = studyDrift(12, 0, 6);
    expect(promised).toBeGreaterThan(2);
    expect(kept).toBe(promised);
  });
  test('a series is brought together from redundant pairs', () => {
    const canvas = gaussianBlur(drawnField(4), 0.8);
    const frames = [0, 1, 2, 3].map((k) => withNoise(middleOf(shiftedCanvas(canvas, 1.3 * k, -0.7 * k), 256, 256), 5, k));
    const drift = seriesDrift(frames, 3)!;
    for (const [k, { shiftXPx, shiftYPx }] of drift.entries()) {
      expect(Math.abs(shiftXPx - 1.3 * k)).toBeLessThan(0.1);
      expect(Math.abs(shiftYPx + 0.7 * k)).toBeLessThan(0.1);
    }
    const flat = { widthPx: 64, heightPx: 64, data: new Uint8Array(4096).fill(9) };
    expect(seriesDrift([flat, flat])).toBeUndefined();
  });
  test('charging stands out', () => {
    expect(studyCharging(10).auroc).toBeGreaterThan(0.95);
    expect(frameChargingScore({ widthPx: 64, heightPx: 64, data: new Uint8Array(4096).fill(9) })).toBe(0);
    const exposure = { noiseLevels: 20, pixels: 10_000 };
    expect(brightnessDrift({ mean: 100, ...exposure }, { mean: 102, ...exposure })).toBeCloseTo(7.07, 1);
  });
  test('the dwell grows with what the SNR lacks', () => {
    expect(dwellFactorFor(0.1, 0.4)).toBeCloseTo(4);
    expect(dwellFactorFor(1, 0.4)).toBe(1);
    expect(dwellFactorFor(0)).toBe(16);
  });
});

describe('ring correlation', () => {
  test('cuts where the known signal-to-noise ratio says', () => {
    // White signal through a Gaussian of sigma s plus white noise of variance v: FRC = S / (S + v), S = exp(-4 pi^2 s^2 f^2).
    const [sigma, variance] = [1, 0.25];
    const canvas = { widthPx: 512, heightPx: 512, data: Float32Array.from({ length: 512 * 512 }, ((random) => () => random.gaussian())(randomFor(6, 'white'))) };
    const blurred = gaussianBlur(canvas, sigma);
    const noisy = (seed: number) => {
      const random = randomFor(seed, 'ring-noise');
      return { ...blurred, data: blurred.data.map((value) => value + Math.sqrt(variance) * random.gaussian()) };
    };
    const { resolutionPx } = ringCorrelation(noisy(1), noisy(2));
    const expected = 1 / (Math.sqrt(Math.log(6 / variance)) / (2 * Math.PI * sigma));
    expect(Math.abs(resolutionPx.seventh! / expected - 1)).toBeLessThan(0.05);
    expect(resolutionPx.halfBit!).toBeGreaterThan(resolutionPx.seventh!);
  });
});
