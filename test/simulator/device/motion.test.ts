import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { braking, trapezoid } from '../../../simulator/device/motion.ts';

const LIMITS = { speed: 2000, acceleration: 5000 };
const way = fc.double({ min: -20_000, max: 20_000, noNaN: true });

describe('trapezoid', () => {
  test('ends at the target, never faster than allowed, never beyond', () => {
    fc.assert(
      fc.property(way, way, fc.double({ min: 0, max: 1, noNaN: true }), (from, to, share) => {
        const motion = trapezoid(from, to, LIMITS);
        const { position, velocityPerS } = motion.at(share * motion.durationMs);
        expect(motion.at(motion.durationMs)).toEqual({ position: to, velocityPerS: 0 });
        expect(Math.abs(velocityPerS)).toBeLessThanOrEqual(LIMITS.speed + 1e-6);
        expect(position).toBeGreaterThanOrEqual(Math.min(from, to) - 1e-6);
        expect(position).toBeLessThanOrEqual(Math.max(from, to) + 1e-6);
      }),
    );
  });

  test('10 mm at 2 mm/s and 5 mm/s2 take 5.4 s', () => {
    expect(trapezoid(0, 10_000, LIMITS).durationMs).toBeCloseTo(5400, 3);
  });

  test('a short way is a triangle', () => {
    expect(trapezoid(0, 20, LIMITS).durationMs).toBeCloseTo(2000 * Math.sqrt(20 / 5000), 6);
  });
});

test('braking from 2 mm/s takes 0.4 s and 0.4 mm', () => {
  const motion = braking(100, 2000, 5000);
  expect(motion.durationMs).toBe(400);
  expect(motion.at(400).position).toBeCloseTo(500, 6);
});
