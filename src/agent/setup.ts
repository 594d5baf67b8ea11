import { assign, fromCallback, fromPromise, setup, type PromiseActorLogic } from 'xstate';
import { EmagentError, toEmagentError, type ErrorCode, type SerialisedError } from '../contract/errors.ts';
import type { Verdict } from '../contract/events.ts';
import type { Outcome } from '../contract/run.ts';
import type { Action, LookAction, Observation } from '../contract/strategy.ts';

/** What a classified field says about the tiles that it shows. */
export type Evidence = Pick<Observation, 'tiles' | 'centre'>;

/** Why a field brought nothing. */
export interface Problem {
  /** An error, or `untrusted`: there is a picture, but nothing is to be read off it. */
  readonly code: ErrorCode | 'untrusted';
  readonly message: string;
}

/** Faults during which the run is suspended and not ended: they pass by themselves, or a person decides. */
const PASSING: readonly string[] = ['EM_VACUUM', 'EM_BEAM', 'EM_OPERATOR'] satisfies ErrorCode[];

/** What an event tells of: a fault of the instrument, which comes in words already, or what an actor threw. */
function troubleIn(event: AgentEvent | { readonly type: string; readonly error?: unknown }): Problem {
  if (event.type === 'FAULT') return (event as Extract<AgentEvent, { type: 'FAULT' }>).error;
  return problemOf('error' in event ? event.error : undefined);
}

/** What was proven on the way out. */
export interface HaltReport {
  readonly stageStill: boolean;
  readonly blanked: boolean;
  /** Settings that differ from before the run, in words. */
  readonly differences: readonly string[];
}

export interface Ending {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly error?: SerialisedError;
}

export interface AgentInput {
  /** Goes on after a stop: the instrument is compared with what it was before anything is done. */
  readonly resuming: boolean;
  readonly maxConsecutiveSkips: number;
  /** Silence of the instrument after which the run is halted. */
  readonly heartbeatMs: number;
  /** Time in which halting must prove that the instrument is safe. */
  readonly haltMs: number;
  /** How long a suspended run waits for vacuum, beam or a person before it ends. */
  readonly suspensionMs: number;
}

/** Plain JSON and small: it is copied at every step. Frames, belief and journal live behind the actors. */
export interface AgentContext extends AgentInput {
  readonly wantsPause: boolean;
  readonly wantsStop: boolean;
  readonly action: Action | undefined;
  readonly frameId: string | undefined;
  readonly verdict: Verdict | undefined;
  /** The field in hand was focused, whether or not a focus was found. */
  readonly focused: boolean;
  readonly focusFound: boolean;
  readonly retakes: number;
  /** How many times longer than planned the field in hand is exposed. */
  readonly dwellFactor: number;
  readonly evidence: Evidence | undefined;
  readonly problem: Problem | undefined;
  /** Why the run is, or is about to be, suspended. */
  readonly trouble: Problem | undefined;
  readonly consecutiveSkips: number;
  readonly ending: Ending | undefined;
  readonly safety: HaltReport | undefined;
}

export type AgentEvent =
  | { readonly type: 'PAUSE' }
  | { readonly type: 'RESUME' }
  | { readonly type: 'SKIP' }
  | { readonly type: 'STOP' }
  | { readonly type: 'HALT' }
  | { readonly type: 'BEAT' }
  | { readonly type: 'FAULT'; readonly error: SerialisedError };

export interface AgentOutput extends Ending {
  readonly safety: HaltReport | undefined;
}

/** Retakes of one field beyond the first exposure. */
export const MAX_RETAKES = 1;

export interface ActorTypes {
  preflight: [void, void];
  recover: [void, void];
  checkpoint: [void, void];
  hold: [void, void];
  standBy: [void, { readonly problem: Problem }];
  decide: [{ readonly action: Action; readonly spent?: string }, void];
  move: [void, { readonly action: Action }];
  focus: [{ readonly found: boolean }, { readonly reason: 'start' | 'blurred' | 'planned'; readonly frameId: string | undefined }];
  acquire: [{ readonly frameId: string }, { readonly action: LookAction; readonly dwellFactor: number }];
  /** `unfocused`: good as far as it can be seen, but nobody knows the focus of this field yet. */
  judge: [
    { readonly verdict: Verdict; readonly dwellFactor: number; readonly unfocused: boolean },
    { readonly frameId: string; readonly action: LookAction; readonly focused: boolean },
  ];
  classify: [Evidence, { readonly frameId: string; readonly action: LookAction; readonly verdict: Verdict }];
  record: [void, FieldRecord];
  halt: [HaltReport, { readonly reason: string }];
}

/** What `recording` hands to journal, belief and accounts. */
export interface FieldRecord {
  readonly action: Action;
  readonly outcome: Observation['outcome'];
  readonly frameId: string | undefined;
  readonly evidence: Evidence | undefined;
  readonly problem: Problem | undefined;
}

function unprovided<Name extends keyof ActorTypes>(name: Name): PromiseActorLogic<ActorTypes[Name][0], ActorTypes[Name][1]> {
  return fromPromise<ActorTypes[Name][0], ActorTypes[Name][1]>(() => Promise.reject(new Error(`the actor "${name}" was not provided`)));
}

/** What belongs to the field in hand, before anything is known of it. */
export const NEW_FIELD = {
  frameId: undefined,
  verdict: undefined,
  focused: false,
  focusFound: false,
  retakes: 0,
  dwellFactor: 1,
  evidence: undefined,
  problem: undefined,
} satisfies Partial<AgentContext>;

export const agent = setup({
  types: {
    context: {} as AgentContext,
    events: {} as AgentEvent,
    input: {} as AgentInput,
    output: {} as AgentOutput,
    tags: {} as 'safe' | 'busy',
  },
  actors: {
    preflight: unprovided('preflight'),
    recover: unprovided('recover'),
    checkpoint: unprovided('checkpoint'),
    hold: unprovided('hold'),
    standBy: unprovided('standBy'),
    decide: unprovided('decide'),
    move: unprovided('move'),
    focus: unprovided('focus'),
    acquire: unprovided('acquire'),
    judge: unprovided('judge'),
    classify: unprovided('classify'),
    record: unprovided('record'),
    halt: unprovided('halt'),
    watch: fromCallback<AgentEvent>(() => undefined),
  },
  delays: {
    heartbeat: ({ context }) => context.heartbeatMs,
    haltLimit: ({ context }) => context.haltMs,
    suspension: ({ context }) => context.suspensionMs,
  },
  guards: {
    resuming: ({ context }) => context.resuming,
    /** Of a FAULT, or of an actor that failed. */
    isPassing: ({ event }) => PASSING.includes(troubleIn(event).code),
    wantsPause: ({ context }) => context.wantsPause,
    wantsStop: ({ context }) => context.wantsStop,
    isLook: ({ context }) => isLook(context.action),
    canRetake: ({ context }) => context.retakes < MAX_RETAKES,
    isTroubled: ({ context }) => context.trouble !== undefined,
    tooManySkips: ({ context }) => context.consecutiveSkips > context.maxConsecutiveSkips,
    provenSafe: ({ context }) => context.safety !== undefined && context.safety.stageStill && context.safety.blanked,
  },
  actions: {
    newField: assign(NEW_FIELD),
    countRetake: assign({ retakes: ({ context }) => context.retakes + 1 }),
    unpause: assign({ wantsPause: false }),
    noteTrouble: assign({ trouble: ({ event }) => troubleIn(event) }),
    overcome: assign({ trouble: undefined }),
    skippedByUser: assign({ problem: { code: 'EM_STOPPED', message: 'Skipped by the user.' } }),
    endStopped: assign({ ending: { outcome: 'stopped', reason: 'Stopped by the user.' } }),
    endSkips: assign({
      ending: ({ context }) => faulted(
          'EM_TOO_MANY_SKIPPED',
          `${context.consecutiveSkips} fields failed one after another; the last one because: ${context.problem?.message ?? 'unknown'}`,
        ),
    }),
    endUnproven: assign({
      ending: ({ context }): Ending => ({
        ...context.ending,
        outcome: 'panicked',
        reason: `${context.ending?.reason ?? ''} The instrument could not be proven safe.`.trim(),
      }),
    }),
  },
});

/** `untrusted` is no error of the instrument; it never ends a run by itself. */
export function faulted(code: Problem['code'], message: string): Ending {
  if (code === 'untrusted') return { outcome: 'faulted', reason: message };
  return { outcome: 'faulted', reason: message, error: new EmagentError(code, message).toJSON() };
}

export function isLook(action: Action | undefined): action is LookAction {
  return action !== undefined && 'look' in action;
}

/** What an actor threw, as an ending. */
export function endingOf(thrown: unknown): Ending {
  const error = toEmagentError(thrown);
  if (error.code === 'EM_STOPPED') return { outcome: 'stopped', reason: error.message };
  return { outcome: 'faulted', reason: error.message, error: error.toJSON() };
}

/** What an actor threw, as the reason why a field was skipped. */
export function problemOf(thrown: unknown): Problem {
  const { code, message } = toEmagentError(thrown);
  return { code, message };
}

/** The action in hand, which the chart guarantees to be a look in the states that ask. */
export function lookOf(context: AgentContext): LookAction {
  if (!isLook(context.action)) throw new Error(`no look in hand but ${context.action?.kind ?? 'nothing'}`);
  return context.action;
}
