import { randomFor, type Random } from '../../src/lib/random.ts';
import type { FaultName, FaultScript } from '../faults.ts';

/** States of the instrument that a script may wait for. */
export type FaultState = Extract<FaultScript['when'], { onState: unknown }>['onState'];

/** At what a fault is asked for. */
export interface Occasion {
  /** A command that could have it (all forms of `when`, the default), the clock (`atS` only), a change of state (`onState` only). */
  readonly by?: 'command' | 'clock' | 'state';
  /** The state that begins now. */
  readonly entering?: FaultState;
}

interface Entry {
  readonly script: FaultScript;
  readonly random: Random;
  left: number;
  seen: number;
  /** With `forS`: until then it strikes at every occasion. */
  untilMs: number;
}

/** Decides which fault strikes when. Each scripted fault has a random stream of its own. */
export interface FaultSchedule {
  add(script: FaultScript): void;
  /** Whether it strikes now or has not passed yet (`forS`). To be asked once for each command that can have the fault. */
  strikes(fault: FaultName, nowMs: number, occasion?: Occasion): boolean;
  /** The script that strikes just now, for faults that change something that lasts. */
  begins(fault: FaultName, nowMs: number, occasion?: Occasion): FaultScript | undefined;
  /** Next instant at which one of these faults strikes by the clock. */
  nextAtMs(faults: readonly FaultName[]): number;
  /** What struck, and when. */
  readonly struck: readonly { readonly fault: FaultName; readonly atMs: number }[];
}

export interface FaultScheduleOptions {
  /** Whether the instrument is in the state that a script waits for. */
  readonly inState?: (state: FaultState) => boolean;
  readonly onStrike?: (script: FaultScript) => void;
}

export function createFaultSchedule(scripts: readonly FaultScript[], seed: number, { inState = () => false, onStrike }: FaultScheduleOptions = {}): FaultSchedule {
  const entries: Entry[] = [];
  const add = (script: FaultScript): void => {
    entries.push({ script, random: randomFor(seed, `fault/${entries.length}/${script.fault}`), left: script.count ?? 1, seen: 0, untilMs: Number.NEGATIVE_INFINITY });
  };
  for (const script of scripts) add(script);
  const due = (entry: Entry, nowMs: number, { by = 'command', entering }: Occasion): boolean => {
    const { when } = entry.script;
    if ('atS' in when) return by !== 'state' && nowMs >= when.atS * 1000;
    if ('onState' in when) return by !== 'clock' && (entering === when.onState || inState(when.onState));
    if (by !== 'command') return false;
    return 'after' in when ? entry.seen++ >= when.after : entry.random.uniform() < when.p;
  };
  const struck: { readonly fault: FaultName; readonly atMs: number }[] = [];
  const begins: FaultSchedule['begins'] = (fault, nowMs, occasion = {}) => {
    let begun: FaultScript | undefined;
    for (const entry of entries) {
      if (entry.script.fault !== fault || entry.left === 0 || nowMs < entry.untilMs || !due(entry, nowMs, occasion) || begun !== undefined) continue;
      entry.left--;
      if (entry.script.forS !== undefined) entry.untilMs = nowMs + entry.script.forS * 1000;
      begun = entry.script;
      onStrike?.(entry.script);
      struck.push({ fault, atMs: nowMs });
    }
    return begun;
  };
  return {
    add,
    struck,
    begins,
    strikes: (fault, nowMs, occasion) => entries.some(({ script, untilMs }) => script.fault === fault && nowMs < untilMs) || begins(fault, nowMs, occasion) !== undefined,
    nextAtMs: (faults) =>
      Math.min(
        Number.POSITIVE_INFINITY,
        ...entries.map(({ script, left, untilMs }) =>
          left > 0 && faults.includes(script.fault) && 'atS' in script.when ? Math.max(untilMs, script.when.atS * 1000) : Number.POSITIVE_INFINITY,
        ),
      ),
  };
}
