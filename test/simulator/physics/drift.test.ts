import { describe, expect, test } from 'vitest';
import { createDrift } from '../../../simulator/physics/drift.ts';
import { createVibration } from '../../../simulator/physics/vibration.ts';
import { deviationOf, scenarioOf } from '../simulated.ts';

const drift = (options: Record<string, number>, seed = 1) => createDrift(scenarioOf({ drift: options }).drift, seed);

describe('drift', () => {
  test('begins at 0, is a pure function of time in any order, and differs by seed', () => {
    const one = drift({});
    const other = drift({});
    const late = one(3_600_000);
    expect(one(0)).toEqual([0, 0]);
    expect(other(12_345)).toEqual(one(12_345));
    expect(other(3_600_000)).toEqual(late);
    expect(drift({}, 2)(3_600_000)).not.toEqual(late);
  });

  test('amplitudes of 0 switch it off', () => {
    expect(drift({ amplitudeNm: 0, walkNmPerMin: 0 })(1e7)).toEqual([0, 0]);
  });

  test('by default it moves by 1 to 20 nm in a minute, most of the time', () => {
    const at = drift({});
    const nmPerMin = Array.from({ length: 240 }, (_, minute) => {
      const [x0, y0] = at(minute * 60_000);
      const [x1, y1] = at((minute + 1) * 60_000);
      return 1000 * Math.hypot(x1 - x0, y1 - y0);
    });
    expect(nmPerMin.filter((rate) => rate >= 1 && rate <= 25).length).toBeGreaterThan(0.9 * nmPerMin.length);
  });

  test('the walk spreads by its rate within a minute, and the restoring force bounds it', () => {
    const ends: number[] = [];
    const lates: number[] = [];
    for (let seed = 0; seed < 400; seed++) {
      const at = drift({ amplitudeNm: 0, walkNmPerMin: 10, restoreS: 600 }, seed);
      ends.push(1000 * at(60_000)[0]);
      lates.push(1000 * at(4 * 3_600_000)[0]);
    }
    expect(deviationOf(ends)).toBeGreaterThan(8.5);
    expect(deviationOf(ends)).toBeLessThan(11);
    // sigma sqrt(restore / 2) with sigma = 10 nm per root minute: 22 nm, however long it walks.
    expect(deviationOf(lates)).toBeGreaterThan(19);
    expect(deviationOf(lates)).toBeLessThan(26);
  });
});

describe('vibration', () => {
  test('swings by its amplitude with its frequency; 0 nm is none', () => {
    const at = createVibration({ amplitudeNm: 10, frequencyHz: 50 }, 3);
    const swing = Array.from({ length: 200 }, (_, index) => at(index / 10)[0]);
    expect(Math.max(...swing)).toBeCloseTo(0.01, 4);
    expect(at(3)[0]).toBeCloseTo(at(23)[0], 12);
    expect(createVibration({ amplitudeNm: 0, frequencyHz: 50 }, 3)(7)).toEqual([0, 0]);
  });
});
