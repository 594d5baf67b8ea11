import { createActor, toPromise } from 'xstate';
import { agentMachine } from '../agent/machine.ts';
import type { AgentOutput } from '../agent/setup.ts';
import type { ControlPort, RunState } from '../contract/events.ts';
import { checkpoint, decide, record } from './actors/belief.ts';
import { acquire, classify, focus, judge, move } from './actors/field.ts';
import { recover } from './actors/recovery.ts';
import { halt, hold, preflight, standBy, watch } from './actors/safety.ts';
import { createControlPort, runStateOf } from './control.ts';
import type { RunParts } from './run-parts.ts';

/** Silence for which an instrument is given up, beyond what its longest exposure takes. */
const HEARTBEAT_FLOOR_MS = 30_000;
/** Time in which the instrument must be proven safe at the end. */
const HALT_LIMIT_MS = 60_000;
/** How long vacuum, beam or a person may take to come back before the run ends. */
const SUSPENSION_MS = 30 * 60_000;

export interface PerformOptions {
  readonly resuming: boolean;
  /** Called once, before anything happens, with the port through which a person can interfere. */
  readonly onControl: (control: ControlPort) => void;
}

/** Plays the chart on real parts to its end. Resolves whatever happens: the output says how it ended. */
export async function perform(parts: RunParts, { resuming, onControl }: PerformOptions): Promise<AgentOutput> {
  const { plan, clock, bus } = parts;
  const field = { startMs: clock.nowMs() };
  const longestFrameS = Math.max(...Object.values(plan.search.costs.frameS));
  const machine = agentMachine.provide({
    actors: {
      preflight: preflight(parts),
      recover: recover(parts),
      checkpoint: checkpoint(parts),
      hold: hold(parts),
      standBy: standBy(parts),
      decide: decide(parts, field),
      move: move(parts),
      focus: focus(parts),
      acquire: acquire(parts),
      judge: judge(parts),
      classify: classify(parts),
      record: record(parts, field),
      halt: halt(parts),
      watch: watch(parts),
    },
  });
  const actor = createActor(machine, {
    clock,
    input: {
      resuming,
      maxConsecutiveSkips: plan.maxConsecutiveSkips,
      heartbeatMs: HEARTBEAT_FLOOR_MS + 5000 * longestFrameS,
      haltMs: HALT_LIMIT_MS,
      suspensionMs: SUSPENSION_MS,
    },
  });
  let last: RunState | undefined;
  actor.subscribe({
    next: (snapshot) => {
      const state = runStateOf(snapshot.value);
      if (state !== last) bus.publish({ type: 'state', state });
      last = state;
      const fault = snapshot.context.ending?.error;
      if (fault !== undefined && state === 'halting') bus.publish({ type: 'fault', code: fault.code, message: fault.message, hint: fault.hint });
    },
    error: () => undefined,
  });
  onControl(createControlPort(actor));
  const ended = toPromise(actor);
  actor.start();
  return ended;
}
