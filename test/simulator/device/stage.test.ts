import { describe, expect, test } from 'vitest';
import { createStage } from '../../../simulator/device/stage.ts';
import { deviationOf, scenarioOf } from '../simulated.ts';

const stageOf = (options: Record<string, number>) => createStage(scenarioOf({ stage: options }).stage, 3);

function arriveFrom(startUm: number, stage: ReturnType<typeof stageOf>): number {
  const first = stage.start({ xUm: startUm }, 0);
  const second = stage.start({ xUm: 0 }, first.stillAtMs);
  return stage.truePosition(second.stillAtMs).xUm;
}

describe('stage', () => {
  test('from one side it comes back to the same place, from both sides it misses by the backlash', () => {
    const options = { backlashUm: 2, repeatabilityUm: 0, ringAmplitudeUm: 0, relaxationUm: 0 };
    const left = arriveFrom(-100, stageOf(options));
    expect(arriveFrom(-300, stageOf(options))).toBeCloseTo(left, 6);
    expect(arriveFrom(100, stageOf(options)) - left).toBeCloseTo(2, 6);
  });

  test('the position read back knows nothing of the backlash', () => {
    const stage = stageOf({ backlashUm: 2 });
    const { stillAtMs } = stage.start({ xUm: 50 }, 0);
    expect(stage.readBack(stillAtMs).xUm).toBe(50);
    expect(Math.abs(stage.truePosition(stillAtMs).xUm - 50)).toBeGreaterThan(0.5);
  });

  test('moves within the dead zone leave the specimen where it is', () => {
    const stage = stageOf({ backlashUm: 2, repeatabilityUm: 0, ringAmplitudeUm: 0, relaxationUm: 0 });
    const first = stage.start({ xUm: 50 }, 0);
    const before = stage.truePosition(first.stillAtMs).xUm;
    const second = stage.start({ xUm: 48.5 }, first.stillAtMs);
    expect(stage.truePosition(second.stillAtMs).xUm).toBeCloseTo(before, 9);
  });

  test('repeated moves scatter by the repeatability', () => {
    const stage = stageOf({ backlashUm: 0, repeatabilityUm: 0.3, ringAmplitudeUm: 0 });
    const errors: number[] = [];
    let nowMs = 0;
    for (let move = 0; move < 400; move++) {
      nowMs = stage.start({ xUm: move % 2 === 0 ? 20 : 0 }, nowMs).stillAtMs;
      errors.push(stage.truePosition(nowMs).xUm - stage.readBack(nowMs).xUm);
    }
    const spread = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
    expect(spread).toBeGreaterThan(0.26);
    expect(spread).toBeLessThan(0.34);
  });

  test('it rings after arriving, and no more once it has settled', () => {
    const stage = stageOf({ backlashUm: 0, repeatabilityUm: 0 });
    const { arrivesAtMs, stillAtMs } = stage.start({ xUm: 100 }, 0);
    expect(Math.abs(stage.truePosition(arrivesAtMs).xUm - 100)).toBeCloseTo(0.3, 6);
    expect(Math.abs(stage.truePosition(stillAtMs).xUm - 100)).toBeLessThan(0.01);
    expect(stage.moving(stillAtMs - 1)).toBe(true);
    expect(stage.moving(stillAtMs)).toBe(false);
  });

  test('a stop in the middle brakes and ends where the read-back says', () => {
    const stage = stageOf({ backlashUm: 0, repeatabilityUm: 0, ringAmplitudeUm: 0, relaxationUm: 0 });
    stage.start({ xUm: 10_000 }, 0);
    const stillAtMs = stage.stop(1000);
    expect(stillAtMs).toBe(1000 + 400 + 300);
    // 0.4 mm accelerating, 1.2 mm at speed, 0.4 mm braking.
    expect(stage.readBack(stillAtMs).xUm).toBeCloseTo(2000, 1);
    expect(stage.readBack(stillAtMs + 5000)).toEqual(stage.readBack(stillAtMs));
    expect(stage.truePosition(stillAtMs).xUm).toBeCloseTo(2000, 6);
  });

  test('approached from one side the error is the repeatability, from both sides the backlash', () => {
    const stage = stageOf({ backlashUm: 2, repeatabilityUm: 0.3, ringAmplitudeUm: 0.3 });
    let nowMs = 0;
    const errorsFrom = (starts: readonly number[]): number[] =>
      Array.from({ length: 100 }, (_, index) => {
        nowMs = stage.start({ xUm: starts[index % starts.length]! }, nowMs).stillAtMs;
        nowMs = stage.start({ xUm: 0 }, nowMs).stillAtMs;
        return stage.truePosition(nowMs).xUm;
      });
    const spread = (errors: readonly number[]): number => deviationOf(errors);
    expect(spread(errorsFrom([-100]))).toBeLessThan(1.2 * 0.3);
    // Two heaps a backlash apart: half of it to each side of the mean.
    expect(spread(errorsFrom([-100, 100]))).toBeGreaterThan(0.9 * Math.hypot(1, 0.3));
  });

  test('after a move it creeps on in its direction, and a short move creeps less', () => {
    const options = { backlashUm: 0, repeatabilityUm: 0, ringAmplitudeUm: 0, relaxationUm: 0.2, relaxationS: 20 };
    const stage = stageOf(options);
    const { arrivesAtMs } = stage.start({ xUm: 500 }, 0);
    expect(stage.truePosition(arrivesAtMs).xUm).toBeCloseTo(500, 9);
    expect(stage.truePosition(arrivesAtMs + 20_000).xUm).toBeCloseTo(500 + 0.2 * (1 - Math.exp(-1)), 6);
    expect(stage.truePosition(arrivesAtMs + 1e6).xUm).toBeCloseTo(500.2, 6);
    expect(stage.readBack(arrivesAtMs + 1e6).xUm).toBe(500);
    const back = stage.start({ xUm: 400 }, arrivesAtMs + 1e6);
    expect(stage.truePosition(back.arrivesAtMs + 1e6).xUm).toBeCloseTo(400, 0);
    const short = stageOf(options);
    const moved = short.start({ xUm: 10 }, 0);
    expect(short.truePosition(moved.arrivesAtMs + 1e6).xUm).toBeCloseTo(10.02, 6);
  });

  test('the moving flag may come late, and fail', () => {
    const stage = stageOf({ flagLatencyMs: 500 });
    const { stillAtMs } = stage.start({ xUm: 5000 }, 0);
    expect([stage.saysMoving(499), stage.saysMoving(500), stage.moving(100)]).toEqual([false, true, true]);
    stage.sayStillUntil(1500);
    expect([stage.saysMoving(1499), stage.saysMoving(1500), stage.moving(1000), stage.saysMoving(stillAtMs)]).toEqual([false, true, true, false]);
  });

  test('while it moves, the position read back may be renewed only twice a second', () => {
    const stage = stageOf({ readBackHz: 2, quantumUm: 0 });
    const { arrivesAtMs } = stage.start({ xUm: 5000 }, 0);
    expect(stage.readBack(499).xUm).toBe(0);
    expect(stage.readBack(999)).toEqual(stage.readBack(500));
    expect(stage.readBack(1000).xUm).toBeGreaterThan(stage.readBack(999).xUm);
    expect(stage.readBack(arrivesAtMs).xUm).toBe(5000);
  });
});
