/** Way from which on a move creeps by the full amount; shorter ones in proportion. */
const FULL_WAY_UM = 100;

/** What an axis still does after a move. */
export interface Creep {
  /** Displacement since the end of the move, um. */
  at(nowMs: number): number;
}

export const NO_CREEP: Creep = { at: () => 0 };

/**
 * Relaxation of grease and belts after a move: the specimen creeps on in the direction of the move, by
 * A (1 - exp(-t / tau)) with A = relaxation x min(1, way / 0.1 mm). Defaults 0.1 um and 20 s; to be confirmed on hardware.
 */
export function creepAfter(move: { readonly wayUm: number; readonly arrivesAtMs: number }, options: { readonly relaxationUm: number; readonly relaxationS: number }): Creep {
  const { wayUm, arrivesAtMs } = move;
  const amount = Math.sign(wayUm) * options.relaxationUm * Math.min(1, Math.abs(wayUm) / FULL_WAY_UM);
  if (amount === 0) return NO_CREEP;
  return { at: (nowMs) => (nowMs <= arrivesAtMs ? 0 : amount * (1 - Math.exp(-(nowMs - arrivesAtMs) / 1000 / options.relaxationS))) };
}
