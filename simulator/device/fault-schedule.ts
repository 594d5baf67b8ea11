import { randomFor, type Random } from '../../src/lib/random.ts';
import type { FaultName, FaultScript } from '../faults.ts';

type WaitedState = Extract<FaultScript['when'], { onState: unknown }>['onState'];

interface Entry {
  readonly script: FaultScript;
  readonly random: Random;
  left: number;
  seen: number;
}

/** Decides which fault strikes when. Each scripted fault has a random stream of its own. */
export interface FaultSchedule {
  add(script: FaultScript): void;
  /** To be asked once for each command that can have the fault. */
  strikes(fault: FaultName, nowMs: number): boolean;
  /** Next instant at which one of these faults strikes by the clock. */
  nextAtMs(faults: readonly FaultName[]): number;
}

export function createFaultSchedule(
  scripts: readonly FaultScript[],
  seed: number,
  /** Whether the instrument is in the state that a script waits for. */
  inState: (state: WaitedState) => boolean = () => false,
): FaultSchedule {
  const entries: Entry[] = [];
  const add = (script: FaultScript): void => {
    entries.push({ script, random: randomFor(seed, `fault/${entries.length}/${script.fault}`), left: script.count ?? 1, seen: 0 });
  };
  for (const script of scripts) add(script);
  const due = (entry: Entry, nowMs: number): boolean => {
    const { when } = entry.script;
    if ('after' in when) return entry.seen++ >= when.after;
    if ('atS' in when) return nowMs >= when.atS * 1000;
    if ('onState' in when) return inState(when.onState);
    return entry.random.uniform() < when.p;
  };
  return {
    add,
    strikes: (fault, nowMs) => {
      let struck = false;
      for (const entry of entries) {
        if (entry.script.fault !== fault || entry.left === 0 || !due(entry, nowMs) || struck) continue;
        entry.left--;
        struck = true;
      }
      return struck;
    },
    nextAtMs: (faults) =>
      Math.min(
        Number.POSITIVE_INFINITY,
        ...entries.map(({ script, left }) =>
          left > 0 && faults.includes(script.fault) && 'atS' in script.when ? script.when.atS * 1000 : Number.POSITIVE_INFINITY,
        ),
      ),
  };
}
