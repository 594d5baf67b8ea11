import { createActor, fromPromise, SimulatedClock, waitFor, type AnyActorRef } from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import { describe, expect, test } from 'vitest';
import { agentMachine } from '../../src/agent/machine.ts';
import type { AgentContext, AgentInput } from '../../src/agent/setup.ts';
import { EmagentError, ERRORS, type ErrorCode } from '../../src/contract/errors.ts';

const INPUT: AgentInput = { resuming: false, maxConsecutiveSkips: 2, heartbeatMs: 10_000, haltMs: 5_000, suspensionMs: 5_000 };
const LOOK = { band: 'inspect', xUm: 0, yUm: 0, settings: { fieldWidthUm: 20, widthPx: 512, heightPx: 384, dwellUs: 1 } } as const;
const INSPECT = { kind: 'inspect', tile: 0, look: LOOK } as const;

/** Sorted, because the key order of parallel regions changes. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a.localeCompare(b)).map(([key, inner]) => [key, sorted(inner)]));
}

/** State value and every context field that a guard reads. */
function serialize({ value, context }: { value: unknown; context: AgentContext }): string {
  const { wantsPause, wantsStop, focused, focusFound, retakes, action, consecutiveSkips, maxConsecutiveSkips, safety, resuming, trouble } = context;
  return JSON.stringify([
    sorted(value), wantsPause, wantsStop, focused, focusFound, retakes, action?.kind, consecutiveSkips > maxConsecutiveSkips, consecutiveSkips, safety, resuming, trouble !== undefined,
  ]);
}

const done = (id: string, output: unknown) => ({ type: `xstate.done.actor.${id}`, output, actorId: id });
const failed = (id: string, error: unknown) => ({ type: `xstate.error.actor.${id}`, error, actorId: id });
const invoked = (state: string) => `0.agent.running.work.${state}`;

/** Every answer that an actor can give, by the state that asks it. */
const ANSWERS: Readonly<Record<string, readonly { output?: unknown; error?: unknown }[]>> = {
  preflight: [{ output: undefined }, { error: new Error('no vacuum') }],
  recovering: [{ output: undefined }, { error: new Error('another specimen') }],
  checkpointing: [{ output: undefined }, { error: new Error('disk full') }],
  deciding: [
    { output: { action: INSPECT } },
    { output: { action: { kind: 'refocus', xUm: 0, yUm: 0 } } },
    { output: { action: { kind: 'finish', outcome: 'found', reason: 'enough' } } },
    { output: { action: INSPECT, spent: 'no time left' } },
    { error: new Error('broken strategy') },
  ],
  moving: [{ output: undefined }, { error: new Error('stage stuck') }],
  focusing: [{ output: { found: true } }, { output: { found: false } }, { error: new Error('no autofocus') }, { error: new EmagentError('EM_OPERATOR', 'the stage was moved') }],
  acquiring: [{ output: { frameId: 'f1' } }, { error: new Error('chunk lost') }, { error: new EmagentError('EM_OPERATOR', 'the stage was moved') }],
  judging: [...['good', 'empty', 'blurred', 'noisy', 'dark'].map((verdict) => ({ output: { verdict, dwellFactor: 4, unfocused: false } })),
    { output: { verdict: 'good', dwellFactor: 1, unfocused: true } }, { error: new Error('odd frame') }, { error: new EmagentError('EM_BEAM', 'the signal fades') }],
  classifying: [{ output: { tiles: [{ tile: 0, logRatio: 1 }] } }, { error: new Error('model failed') }],
  recording: [{ output: undefined }, { error: new Error('disk full') }],
  suspended: [{ output: undefined }, { error: new Error('no answer') }],
};
const HALT_ANSWERS = [
  { output: { stageStill: true, blanked: true, differences: [] } },
  { output: { stageStill: true, blanked: false, differences: [] } },
  { error: new Error('no answer') },
];
const fault = (code: ErrorCode) => ({ type: 'FAULT', error: { code, message: 'something is wrong', hint: ERRORS[code].hint, context: {} } }) as const;
const VACUUM_LOST = fault('EM_VACUUM');
const EMERGENCY_STOP = fault('EM_EMERGENCY_STOP');

const answersOf = (id: string, answers: readonly { output?: unknown; error?: unknown }[]) =>
  answers.map((answer) => ('error' in answer ? failed(id, answer.error) : done(id, answer.output)));

function eventsIn(value: unknown) {
  const people = [{ type: 'PAUSE' }, { type: 'RESUME' }, { type: 'STOP' }, { type: 'HALT' }, { type: 'SKIP' }, VACUUM_LOST, EMERGENCY_STOP];
  if (value === 'halting') return [...answersOf('0.halting', HALT_ANSWERS), { type: 'xstate.after.haltLimit.halting' }];
  if (typeof value !== 'object' || value === null || !('running' in value)) return [];
  const { work } = value.running as { work: string };
  const late = work === 'suspended' ? [{ type: 'xstate.after.suspension.agent.running.work.suspended' }] : [];
  return [...people, ...late, ...answersOf(invoked(work), ANSWERS[work] ?? [])];
}

function allPaths(input: AgentInput) {
  return getShortestPaths(agentMachine, {
    input,
    serializeState: (state) => serialize(state as never),
    events: ((state: { value: unknown }) => eventsIn(state.value)) as never,
    limit: 200_000,
  });
}

/** A promise actor that the test settles by hand. */
function controlled(pending: Map<string, { resolve(output: unknown): void; reject(error: unknown): void }>, name: string) {
  return fromPromise(() => new Promise<never>((resolve, reject) => pending.set(name, { resolve: resolve as (output: unknown) => void, reject })));
}

const ACTOR_OF: Readonly<Record<string, string>> = {
  preflight: 'preflight', recovering: 'recover', checkpointing: 'checkpoint', paused: 'hold', deciding: 'decide', moving: 'move',
  suspended: 'standBy', focusing: 'focus', acquiring: 'acquire', judging: 'judge', classifying: 'classify', recording: 'record', halting: 'halt',
};

function playable(input: AgentInput) {
  const pending = new Map<string, { resolve(output: unknown): void; reject(error: unknown): void }>();
  const actors = Object.fromEntries(Object.values(ACTOR_OF).map((name) => [name, controlled(pending, name)]));
  const clock = new SimulatedClock();
  const actor = createActor(agentMachine.provide({ actors: actors as never }), { input, clock });
  actor.subscribe({ error: () => undefined });
  actor.start();
  return { actor, pending, clock };
}

function workOf(actor: AnyActorRef): string {
  const { value } = actor.getSnapshot() as { value: unknown };
  return typeof value === 'object' && value !== null && 'running' in value ? (value.running as { work: string }).work : String(value);
}

/** Lets a settled promise reach the chart: a fixed number of turns of the microtask queue. */
async function turn(): Promise<void> {
  for (let index = 0; index < 8; index++) await Promise.resolve();
}

interface Step {
  readonly event: { readonly type: string; readonly output?: unknown; readonly error?: unknown };
}

async function play({ actor, pending, clock }: ReturnType<typeof playable>, steps: readonly Step[]): Promise<void> {
  for (const { event } of steps) {
    if (event.type === 'xstate.init') continue;
    const answered = pending.get(ACTOR_OF[workOf(actor)] ?? '');
    if (event.type.startsWith('xstate.done.actor')) answered?.resolve(event.output);
    else if (event.type.startsWith('xstate.error.actor')) answered?.reject(event.error);
    else if (event.type.startsWith('xstate.after')) clock.increment(INPUT.haltMs + 1);
    else actor.send(event as never);
    await turn();
  }
}

/** The run goes on as it would after a stop was asked for: whatever is under way answers well. */
async function runOut({ actor, pending }: ReturnType<typeof playable>): Promise<string> {
  for (let step = 0; step < 40 && actor.getSnapshot().status === 'active'; step++) {
    const work = workOf(actor);
    const answers = work === 'halting' ? HALT_ANSWERS : ANSWERS[work];
    pending.get(ACTOR_OF[work] ?? '')?.resolve(answers?.[0]?.output);
    await turn();
  }
  return String(actor.getSnapshot().value);
}

const fresh = allPaths(INPUT);
const resumed = allPaths({ ...INPUT, resuming: true });

describe('every path of the chart', () => {
  test('reaches every state', () => {
    const reached = new Set([...fresh, ...resumed].map(({ state }) => workOf({ getSnapshot: () => state } as never)));
    expect([...reached].sort()).toEqual([...Object.keys(ACTOR_OF), 'ended', 'panicked'].sort());
  });

  test('ends only through halting', () => {
    for (const { state, steps } of [...fresh, ...resumed]) {
      if (state.value !== 'ended' && state.value !== 'panicked') continue;
      expect(steps.at(-1)?.event.type, `last step to ${state.value}`).toContain('.halting');
    }
  });

  test('is safe when it ends as "ended"', () => {
    const ended = [...fresh, ...resumed].filter(({ state }) => state.value === 'ended');
    expect(ended.length).toBeGreaterThan(3);
    for (const { state } of ended) expect((state.context as AgentContext).safety).toMatchObject({ stageStill: true, blanked: true });
  });

  test('can be played on a real actor, and from its end `stop` reaches a safe end', async () => {
    expect(fresh.length).toBeGreaterThan(60);
    for (const { state, steps } of fresh) {
      const played = playable(INPUT);
      await play(played, steps);
      expect(serialize(played.actor.getSnapshot() as never)).toBe(serialize(state as never));
      if (played.actor.getSnapshot().status !== 'active') continue;
      played.actor.send({ type: 'STOP' });
      await turn();
      expect(await runOut(played)).toBe('ended');
      played.actor.stop();
    }
  });

  test('`halt` leaves every state of `running` at once', async () => {
    for (const { state, steps } of fresh) {
      if (state.status !== 'active' || state.value === 'halting') continue;
      const played = playable(INPUT);
      await play(played, steps);
      played.actor.send({ type: 'HALT' });
      expect(played.actor.getSnapshot().value).toBe('halting');
      played.actor.stop();
    }
  });
});

describe('the watchdog', () => {
  test('halts a run whose instrument went silent, and a beat starts its time anew', async () => {
    const played = playable(INPUT);
    await turn();
    played.clock.increment(INPUT.heartbeatMs - 1);
    played.actor.send({ type: 'BEAT' });
    played.clock.increment(INPUT.heartbeatMs - 1);
    expect(workOf(played.actor)).toBe('preflight');
    played.clock.increment(2);
    expect(played.actor.getSnapshot().value).toBe('halting');
    played.pending.get('halt')?.resolve({ stageStill: true, blanked: true, differences: [] });
    const end = await waitFor(played.actor, ({ status }) => status === 'done');
    expect(end.output).toMatchObject({ outcome: 'faulted', error: { code: 'EM_HEARTBEAT_LOST' } });
  });
});

describe('a fault that may pass', () => {
  const suspend = async (): Promise<ReturnType<typeof playable>> => {
    const played = playable(INPUT);
    await turn();
    played.pending.get('preflight')?.resolve(undefined);
    await turn();
    played.actor.send(VACUUM_LOST);
    expect(workOf(played.actor)).toBe('suspended');
    // Told again and again while it lasts.
    played.actor.send(VACUUM_LOST);
    expect(workOf(played.actor)).toBe('suspended');
    return played;
  };

  test('suspends the run, which goes on through a look at the real instrument when it has passed', async () => {
    const played = await suspend();
    played.pending.get('standBy')?.resolve(undefined);
    await turn();
    expect(workOf(played.actor)).toBe('recovering');
    played.actor.stop();
  });

  test('ends the run when nobody mends it in time', async () => {
    const played = await suspend();
    played.clock.increment(INPUT.suspensionMs + 1);
    expect(played.actor.getSnapshot().value).toBe('halting');
    expect(played.actor.getSnapshot().context.ending).toMatchObject({ outcome: 'faulted', error: { code: 'EM_VACUUM' } });
    played.actor.stop();
  });

  test('is no reason to wait for one that does not pass', async () => {
    const played = await suspend();
    played.actor.send(EMERGENCY_STOP);
    expect(played.actor.getSnapshot().value).toBe('halting');
    played.actor.stop();
  });
});

describe('pausing', () => {
  test('waits for the field in hand, and goes on through a look at the real instrument', async () => {
    const played = playable(INPUT);
    await turn();
    played.actor.send({ type: 'PAUSE' });
    played.pending.get('preflight')?.resolve(undefined);
    await turn();
    played.pending.get('checkpoint')?.resolve(undefined);
    await turn();
    expect(workOf(played.actor)).toBe('paused');
    played.actor.send({ type: 'RESUME' });
    expect(workOf(played.actor)).toBe('recovering');
    played.actor.stop();
  });
});

describe('skipped fields', () => {
  test('one after another end the run as faulted', async () => {
    const played = playable(INPUT);
    const fail = async (): Promise<void> => {
      await turn();
      for (const [name, answer] of [['checkpoint', undefined], ['decide', { action: INSPECT }]] as const) {
        played.pending.get(name)?.resolve(answer);
        await turn();
      }
      played.pending.get('move')?.reject(new Error('stage stuck'));
      await turn();
      played.pending.get('record')?.resolve(undefined);
      await turn();
    };
    played.pending.get('preflight')?.resolve(undefined);
    for (let index = 0; index < 3; index++) await fail();
    expect(played.actor.getSnapshot().value).toBe('halting');
    expect(played.actor.getSnapshot().context.ending?.error).toMatchObject({ code: 'EM_TOO_MANY_SKIPPED' });
    played.actor.stop();
  });
});
