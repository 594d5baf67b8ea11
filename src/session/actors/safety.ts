import { fromCallback, fromPromise } from 'xstate';
import type { AgentEvent, HaltReport, Problem } from '../../agent/setup.ts';
import { EmagentError, ERRORS, toEmagentError } from '../../contract/errors.ts';
import type { MicroscopeState, OpticsState, OpticsTarget } from '../../contract/microscope.ts';
import { hasBlanker } from '../beam.ts';
import type { RunParts } from '../run-parts.ts';

/** How often the instrument is asked how it is while the run goes on. */
const WATCH_INTERVAL_MS = 2000;

/** What must hold all the time. Returns the error of what does not. */
export function faultOf({ vacuum, beam, emergencyStopped }: MicroscopeState): EmagentError | undefined {
  if (emergencyStopped) return new EmagentError('EM_EMERGENCY_STOP', 'The emergency stop of the microscope is latched.');
  if (vacuum !== 'ready') return new EmagentError('EM_VACUUM', `The vacuum is "${vacuum}", not ready.`);
  if (beam !== 'on') return new EmagentError('EM_BEAM', `The beam is "${beam}", not on.`);
  return undefined;
}

/** Is it safe to begin: the fields were checked against the limits when the plan was made, and nothing has moved yet. */
export const preflight = ({ microscope, clock, folder }: RunParts) =>
  fromPromise<void, void>(async ({ signal }) => {
    const state = await microscope.readState(signal);
    const fault = faultOf(state);
    if (fault !== undefined) throw fault;
    if (state.stageMoving) throw new EmagentError('EM_OPERATOR', 'The stage is moving already: somebody else is at the microscope.');
    if (hasBlanker(microscope) && !state.blanked) await microscope.setBlanker(true, signal);
    await clock.during(folder.sync());
  });

/** Reports faults of the instrument, and a beat for each sign of life. */
export const watch = ({ microscope, clock }: RunParts) =>
  fromCallback<AgentEvent>(({ sendBack }) => {
    const leaving = new AbortController();
    const fault = (error: EmagentError): void => sendBack({ type: 'FAULT', error: error.toJSON() });
    const unsubscribe = microscope.onFault(({ code, message }) => fault(new EmagentError(code, message)));
    const poll = async (): Promise<void> => {
      for (;;) {
        await clock.sleep(WATCH_INTERVAL_MS, leaving.signal);
        const broken = faultOf(await microscope.readState(leaving.signal));
        if (broken !== undefined) fault(broken);
        sendBack({ type: 'BEAT' });
      }
    };
    poll().catch((thrown: unknown) => {
      if (!leaving.signal.aborted) fault(toEmagentError(thrown));
    });
    return () => {
      unsubscribe();
      leaving.abort(new EmagentError('EM_STOPPED', 'The watch has ended.'));
    };
  });

/** Nothing happens until somebody resumes; a virtual clock stands still meanwhile. */
export const hold = ({ bus, clock, folder }: RunParts) =>
  fromPromise<void, void>(async ({ signal }) => {
    bus.publish({ type: 'paused' });
    await clock.during(folder.sync());
    // It may have been resumed while the journal was brought to the disk.
    if (!signal.aborted) await clock.during(new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })));
    bus.publish({ type: 'resumed' });
  });

/** Vacuum and beam are back when they were found in band so many times, one after another. */
const STEADY_READINGS = 5;

/** Makes safe and waits: for vacuum and beam to be back and to stay, or, after somebody took over, for a word of a person. */
export const standBy = ({ microscope, clock, bus, folder }: RunParts) =>
  fromPromise<void, { readonly problem: Problem }>(async ({ input: { problem }, signal }) => {
    const { message } = problem;
    const code = problem.code === 'untrusted' ? 'EM_OPERATOR' : problem.code;
    await microscope.halt(message);
    bus.publish({ type: 'fault', code, message, hint: ERRORS[code].hint });
    bus.publish({ type: 'paused' });
    await clock.during(folder.sync());
    try {
      const readings = code === 'EM_OPERATOR' ? Number.POSITIVE_INFINITY : STEADY_READINGS;
      for (let steady = 0; steady < readings; ) {
        await clock.sleep(WATCH_INTERVAL_MS, signal);
        const broken = faultOf(await microscope.readState(signal));
        if (broken !== undefined && broken.code !== 'EM_VACUUM' && broken.code !== 'EM_BEAM') throw broken;
        steady = broken === undefined ? steady + 1 : 0;
      }
    } finally {
      bus.publish({ type: 'resumed' });
    }
  });

/** What the report says of an instrument of which only the stage can be made safe. */
const NO_BLANKER = 'this microscope has no blanker: its beam, if it has one, was left as its user set it';

const RESTORED: readonly (keyof OpticsTarget & keyof OpticsState)[] = [
  'fieldWidthUm', 'workingDistanceMm', 'stigmatorX', 'stigmatorY', 'scanRotationDeg',
];

function differs(a: number, b: number): boolean {
  return Math.abs(a - b) > 1e-3 * Math.max(Math.abs(a), Math.abs(b), 1e-3);
}

/** Settings that are not as they were, in words. The stage stays at the last field: moving it back is the user's choice. */
function differencesOf(before: MicroscopeState, after: MicroscopeState): string[] {
  const keys = Object.keys(before.optics) as (keyof OpticsState)[];
  return [
    ...keys
      .filter((key) => differs(before.optics[key], after.optics[key]))
      .map((key) => `${key} was ${before.optics[key]} and is ${after.optics[key]}`),
    ...(before.detector === after.detector ? [] : [`detector was ${before.detector} and is ${after.detector}`]),
  ];
}

/** Stage still and beam blanked, proven by reading back; then the settings of before the run. */
export const halt = ({ microscope, before, bus, log }: RunParts) =>
  fromPromise<HaltReport, { readonly reason: string }>(async ({ input, signal }) => {
    await microscope.halt(input.reason);
    let state = await microscope.readState(signal);
    const blanked = (): boolean => state.blanked || !hasBlanker(microscope);
    const safe = !state.stageMoving && blanked();
    if (safe) {
      const target: Record<string, number> = {};
      for (const key of RESTORED) if (differs(before.optics[key], state.optics[key])) target[key] = before.optics[key];
      try {
        if (Object.keys(target).length > 0) await microscope.setOptics(target, signal);
        state = await microscope.readState(signal);
      } catch (thrown) {
        log.warn({ cause: toEmagentError(thrown).toJSON() }, 'The settings of before the run could not be restored');
      }
    }
    const report = { stageStill: !state.stageMoving, blanked: blanked(), differences: [...differencesOf(before, state), ...(hasBlanker(microscope) ? [] : [NO_BLANKER])] };
    bus.publish({ type: 'halted', reason: input.reason, ...report });
    return report;
  });
