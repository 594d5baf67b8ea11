import { describe, expect, test } from 'vitest';
import { createStage } from '../../../simulator/device/stage.ts';
import { scenarioOf } from '../simulated.ts';

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
});
