/** Where an axis is, as a function of the time since its motion began. */
export interface Motion {
  readonly durationMs: number;
  at(elapsedMs: number): { readonly position: number; readonly velocityPerS: number };
}

/**
 * Trapezoid: constant acceleration up to the speed, cruise, constant deceleration; a triangle when the way is short.
 * Defaults 2 mm/s (as in the RemCon simulator of odemis) and 5 mm/s^2; form as in ophyd-async's simulated motor.
 */
export function trapezoid(from: number, to: number, { speed, acceleration }: { readonly speed: number; readonly acceleration: number }): Motion {
  const way = Math.abs(to - from);
  const sign = Math.sign(to - from);
  const peak = Math.min(speed, Math.sqrt(way * acceleration));
  const rampS = peak / acceleration;
  const cruiseS = way === 0 ? 0 : (way - peak * rampS) / peak;
  const totalS = 2 * rampS + cruiseS;
  return {
    durationMs: totalS * 1000,
    at: (elapsedMs) => {
      if (elapsedMs >= totalS * 1000) return { position: to, velocityPerS: 0 };
      const t = Math.max(0, elapsedMs / 1000);
      if (t < rampS) return { position: from + sign * 0.5 * acceleration * t * t, velocityPerS: sign * acceleration * t };
      if (t < rampS + cruiseS) return { position: from + sign * (0.5 * peak * rampS + peak * (t - rampS)), velocityPerS: sign * peak };
      const left = totalS - t;
      return { position: to - sign * 0.5 * acceleration * left * left, velocityPerS: sign * acceleration * left };
    },
  };
}

/** Constant deceleration from a velocity to rest. */
export function braking(from: number, velocityPerS: number, acceleration: number): Motion {
  const totalS = Math.abs(velocityPerS) / acceleration;
  const sign = Math.sign(velocityPerS);
  const end = from + 0.5 * velocityPerS * totalS;
  return {
    durationMs: totalS * 1000,
    at: (elapsedMs) => {
      if (elapsedMs >= totalS * 1000) return { position: end, velocityPerS: 0 };
      const t = Math.max(0, elapsedMs / 1000);
      return {
        position: from + velocityPerS * t - sign * 0.5 * acceleration * t * t,
        velocityPerS: velocityPerS - sign * acceleration * t,
      };
    },
  };
}

export function resting(position: number): Motion {
  return { durationMs: 0, at: () => ({ position, velocityPerS: 0 }) };
}
