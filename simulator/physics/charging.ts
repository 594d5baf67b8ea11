import { randomFor } from '../../src/lib/random.ts';
import type { Scenario } from '../scenario-schema.ts';
import type { FieldGeometry } from '../scene/field-renderer.ts';
import type { ScannedArea } from '../scene/scene.ts';

/** Above this potential the surface may flash over, with this chance per line, down to this share of it. */
const FLASHOVER = { from: 0.5, perLine: 0.03, to: 0.35 } as const;
/** Trails below this yield are over. */
const TRAIL_END = 1e-3;

/** An area that charges. */
export interface ChargingArea extends ScannedArea {
  /** So many times as fast as the scenario says; once when absent. */
  readonly haste?: number;
  /** Effects so many times as strong; once when absent. */
  readonly strength?: number;
}

/** What charging does to one scan, worked out before it is made. */
export interface ChargingCourse {
  /** Displacement of the image along x at a line, um. */
  shiftUm(row: number): number;
  /** Brightens and streaks one line of yields. */
  alter(yields: Float32Array, row: number): void;
  /** The scan has got so far (0 to 1): that is how far the areas have charged. */
  commit(share: number, nowMs: number): void;
  /** Highest potential of any area at the end, 0 to 1. Truth. */
  readonly peak: number;
}

export interface ChargingScan {
  readonly field: FieldGeometry;
  readonly areas: readonly ChargingArea[];
  readonly nowMs: number;
  readonly lineMs: number;
  readonly doseCPerM2: number;
}

/** Surface potentials of insulating areas. */
export interface Charging {
  /** Undefined when nothing in the field charges. */
  course(scan: ChargingScan): ChargingCourse | undefined;
  /** The beam was taken off the specimen: all charge flows away. */
  reset(): void;
}

/**
 * Charging of insulating areas. The potential q (0 to 1) of an area rises with the dose that its lines take and leaks:
 * dq = (1 - q) dD / D0 - q dt / tau, where one scan puts its whole dose on the area while the beam is over its lines;
 * above 0.5 it may flash over. Its effects flicker from line to line (normal, half of q): the yield rises by b q; what follows a bright place on its line is darkened by
 * s q times the mean of the excess over the line's mean, with an exponential tail; the image moves by d q. A faster dwell
 * brings less dose per scan and shifts less. Resets when blanked.
 * Defaults: D0 0.2 C/m^2, tau 5 s, b 0.15, s 1 over 60 px, d 0.3 um; all to be confirmed on hardware. Off when no label is
 * insulating. Source: the form is that of a leaking capacitor; the marks are those that Egerton, Physical Principles of
 * Electron Microscopy, describes.
 */
export function createCharging(options: Scenario['charging'], seed: number): Charging {
  const random = randomFor(seed, 'charging');
  const { brightness, flicker, streak, streakPx, shiftUm, leakS } = options;
  const held = new Map<string, { q: number; atMs: number }>();
  const keep = Math.exp(-1 / streakPx);

  const heldAt = (id: string, nowMs: number): number => {
    const known = held.get(id);
    return known === undefined ? 0 : known.q * Math.exp(-(nowMs - known.atMs) / 1000 / leakS);
  };
  return {
    reset: () => held.clear(),
    course: ({ field, areas, nowMs, lineMs, doseCPerM2 }) => {
      if (areas.length === 0) return undefined;
      const rows = field.heightPx;
      const leak = Math.exp(-lineMs / 1000 / leakS);
      const courses = areas.map(({ id, spans, haste = 1, strength = 1 }) => {
        const lines = Array.from({ length: rows }, (_, row) => spans(row));
        const covered = lines.reduce((sum, [from, to]) => sum + (to > from ? 1 : 0), 0);
        const rise = covered === 0 ? 0 : 1 - Math.exp((-haste * doseCPerM2) / options.doseCPerM2 / covered);
        const q = new Float32Array(rows);
        const effect = new Float32Array(rows);
        let now = heldAt(id, nowMs);
        for (let row = 0; row < rows; row++) {
          now *= leak;
          const [from, to] = lines[row]!;
          if (to > from) now += (1 - now) * rise;
          if (now > FLASHOVER.from && random.uniform() < FLASHOVER.perLine) now *= FLASHOVER.to;
          q[row] = now;
          effect[row] = strength * now * Math.max(0, 1 + flicker * random.gaussian());
        }
        return { id, lines, q, effect, strength };
      });
      return {
        peak: courses.reduce((peak, { q }) => Math.max(peak, q.at(-1)!), 0),
        shiftUm: (row) => {
          const at = Math.min(rows - 1, Math.max(0, Math.round(row)));
          return courses.reduce((sum, { q, strength, lines }) => (lines[at]![1] > lines[at]![0] ? Math.max(sum, strength * shiftUm * q[at]!) : sum), 0);
        },
        alter: (yields, row) => {
          for (const { effect, lines } of courses) {
            const [from, to] = lines[row]!;
            const potential = effect[row]!;
            if (to <= from || potential < 1e-3) continue;
            const base = row * field.widthPx;
            let mean = 0;
            for (let k = from; k < to; k++) mean += yields[base + k]! / (to - from);
            let trail = 0;
            for (let k = from; k < field.widthPx; k++) {
              const value = yields[base + k]!;
              const inside = k < to;
              if (!inside && trail < TRAIL_END) break;
              yields[base + k] = Math.max(0, value + (inside ? brightness * potential : 0) - streak * potential * trail);
              trail = trail * keep + (inside ? (1 - keep) * Math.max(0, value - mean) : 0);
            }
          }
        },
        commit: (share, endMs) => {
          const row = Math.min(rows, Math.floor(share * rows)) - 1;
          if (row >= 0) for (const { id, q } of courses) held.set(id, { q: q[row]!, atMs: endMs });
        },
      };
    },
  };
}
