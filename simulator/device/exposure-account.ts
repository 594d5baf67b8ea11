/** What the beam is doing at the moment. */
export interface BeamUse {
  /** On and not blanked. */
  readonly onSpecimen: boolean;
  readonly moving: boolean;
  readonly scanning: boolean;
  readonly beamCurrentPa: number;
}

/** Adds up what the beam did to the specimen; the invariants of a run are read off it. */
export interface ExposureAccount {
  /** To be called before and after every change of what `use` tells. */
  update(nowMs: number): void;
  totals(): { unblankedWhileMovingS: number; unblankedIdleS: number; unblankedS: number; totalDoseC: number };
}

export function createExposureAccount(use: (nowMs: number) => BeamUse, startMs: number): ExposureAccount {
  // The instrument starts blanked; `use` is not asked before all of it is there.
  let last: BeamUse = { onSpecimen: false, moving: false, scanning: false, beamCurrentPa: 0 };
  let lastMs = startMs;
  const totals = { unblankedWhileMovingS: 0, unblankedIdleS: 0, unblankedS: 0, totalDoseC: 0 };
  return {
    update: (nowMs) => {
      const seconds = (nowMs - lastMs) / 1000;
      if (last.onSpecimen && seconds > 0) {
        totals.unblankedS += seconds;
        totals.totalDoseC += last.beamCurrentPa * 1e-12 * seconds;
        if (last.moving) totals.unblankedWhileMovingS += seconds;
        if (!last.scanning) totals.unblankedIdleS += seconds;
      }
      last = use(nowMs);
      lastMs = nowMs;
    },
    totals: () => ({ ...totals }),
  };
}
