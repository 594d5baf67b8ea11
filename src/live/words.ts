import type { RunEvent, RunState } from '../contract/events.ts';
import type { Outcome, RunResult } from '../contract/run.ts';
import type { Action } from '../contract/strategy.ts';

// Served to the browser as it is compiled: it imports types only.

/** What a state of the chart means to the person in front of the screen. */
const STATES: Readonly<Record<RunState, string>> = {
  preflight: 'Checking the instrument',
  recovering: 'Reading where the instrument is',
  checkpointing: 'Saving the progress',
  deciding: 'Choosing the next field',
  moving: 'Moving the stage',
  focusing: 'Focusing',
  acquiring: 'Imaging',
  judging: 'Checking the picture',
  classifying: 'Classifying',
  recording: 'Recording',
  paused: 'Paused',
  suspended: 'Waiting for the instrument',
  halting: 'Making safe',
  ended: 'Ended',
  panicked: 'Needs a person at the instrument',
};

export function stateText(state: RunState | 'waiting'): string {
  return state === 'waiting' ? 'Waiting for a run' : STATES[state];
}

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  found: 'Found what was asked for',
  exhausted: 'Searched the whole area',
  budget: 'Budget spent before the goal',
  stopped: 'Stopped by the user',
  faulted: 'Ended by an instrument fault; the instrument is safe',
  panicked: 'Not proven safe: go to the instrument',
};

export function outcomeText(outcome: Outcome): string {
  return OUTCOMES[outcome];
}

/** `8 s`, `3 min 20 s`, `2 h 05 min`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** `850 nm`, `12.5 µm`, `1.20 mm`. */
export function lengthText(um: number): string {
  const size = Math.abs(um);
  if (size >= 1000) return `${(um / 1000).toFixed(size >= 10_000 ? 1 : 2)} mm`;
  if (size >= 1 || size === 0) return `${um.toFixed(size >= 100 ? 0 : 1)} µm`;
  return `${(um * 1000).toFixed(0)} nm`;
}

/** Stage position to 0.1 µm, which is what a stage repeats to at best. */
export function positionText(at: { readonly xUm: number; readonly yUm: number }): string {
  return `x ${at.xUm.toFixed(1)} µm, y ${at.yUm.toFixed(1)} µm`;
}

/** Dose with an SI prefix: `1.25 mC/m²`. */
export function doseText(cPerM2: number): string {
  const steps = [[1, ''], [1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n'], [1e-12, 'p']] as const;
  const step = steps.find(([size]) => Math.abs(cPerM2) >= size);
  return step === undefined ? '0 C/m²' : `${(cPerM2 / step[0]).toPrecision(3)} ${step[1]}C/m²`;
}

/** Never 0 % or 100 % for what is not certain. */
export function percentText(probability: number): string {
  if (probability > 0 && probability < 0.001) return '<0.1 %';
  if (probability < 1 && probability > 0.999) return '>99.9 %';
  return `${(probability * 100).toFixed(probability < 0.0995 || (probability >= 0.995 && probability < 1) ? 1 : 0)} %`;
}

/** `Porous_Sponge` as a person writes it. */
export function labelText(label: string): string {
  return label.replaceAll('_', ' ');
}

function looking(action: Extract<Action, { look: object }>): string {
  switch (action.kind) {
    case 'survey':
      return `Surveying block ${action.block}`;
    case 'inspect':
      return `Inspecting tile ${action.tile}`;
    case 'confirm':
      return `Confirming tile ${action.tile}, look ${action.attempt}`;
  }
}

/** What the agent is doing, for the line below the map. */
export function actionText(action: Action): string {
  if (action.kind === 'refocus') return `Refocusing at ${positionText(action)}`;
  if (action.kind === 'finish') return `Finishing: ${action.reason}`;
  return `${looking(action)} at ${positionText(action.look)}, field ${lengthText(action.look.settings.fieldWidthUm)}`;
}

/** The end of a run in one or two sentences. */
export function summaryText(result: RunResult): string {
  const count = result.finds.length;
  const finds = `${count === 0 ? 'No' : count} find${count === 1 ? '' : 's'} of ${labelText(result.target)}`;
  const effort = `in ${result.fields.imaged} fields, ${durationText(result.instrumentSeconds)} of instrument time and ${doseText(result.meanDoseCPerM2)} mean dose`;
  const { expected, upper95 } = result.missedBound;
  return `${finds} ${effort}. About ${expected.toFixed(1)} more may be there, with 95 % credibility not more than ${upper95.toFixed(1)}.`;
}

export type LogLevel = 'info' | 'warn' | 'error';

/** The events that are worth a line in a log, as one line; nothing for the many others. */
export function logLine(event: RunEvent): { readonly level: LogLevel; readonly text: string } | undefined {
  switch (event.type) {
    case 'run-started': {
      const again = event.resumedFrom === undefined ? '' : `, resumed after event ${event.resumedFrom}`;
      return { level: 'info', text: `Searching ${labelText(event.plan.target)} on ${event.microscope.model} with ${event.plan.strategy}${again}` };
    }
    case 'find':
      return { level: 'info', text: `${event.find.id}: ${labelText(event.find.label)} ${percentText(event.find.probability)} at ${positionText(event.find)}` };
    case 'focused':
      return { level: 'info', text: `Focused at ${event.workingDistanceMm.toFixed(3)} mm (${event.reason})` };
    case 'stigmated':
      return { level: 'info', text: `Stigmators set to ${event.stigmatorX.toFixed(3)}, ${event.stigmatorY.toFixed(3)}` };
    case 'calibrated':
      return {
        level: 'info',
        text: `Picture calibrated against the stage: turned by ${event.rotationDeg.toFixed(2)}°${event.mirrored ? ', mirrored' : ''}, residual ${event.residualPx.toFixed(2)} px`,
      };
    case 'judged':
      return event.verdict === 'good' || event.verdict === 'empty' ? undefined : { level: 'warn', text: `Picture ${event.frameId} is ${event.verdict}` };
    case 'skipped':
      return { level: 'warn', text: `Field skipped: ${event.message} (${event.code})` };
    case 'command-failed':
      return { level: 'warn', text: `${event.message} (${event.code})` };
    case 'fault':
      return { level: 'error', text: `${event.message} (${event.code})` };
    case 'paused':
      return { level: 'info', text: 'Paused: stage still, beam blanked' };
    case 'resumed':
      return { level: 'info', text: 'Going on' };
    case 'halted': {
      const safe = event.stageStill && event.blanked;
      const differences = event.differences.length === 0 ? '' : `; not restored: ${event.differences.join(', ')}`;
      return { level: safe ? 'info' : 'error', text: `${safe ? 'Stage still, beam blanked' : 'NOT proven safe'} (${event.reason})${differences}` };
    }
    case 'run-ended':
      return { level: event.outcome === 'faulted' || event.outcome === 'panicked' ? 'error' : 'info', text: event.reason.startsWith(outcomeText(event.outcome)) ? event.reason : `${outcomeText(event.outcome)}: ${event.reason}` };
    default:
      return undefined;
  }
}
