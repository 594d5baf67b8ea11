import { z } from 'zod';
import { Band } from './model-manifest.ts';
import { Outcome, ReportedFind, RunPlan, RunResult, RunTotals } from './run.ts';
import { Action, Look } from './strategy.ts';

/**
 * The run as a sequence of events: the journal, the live socket and the report are made of these and nothing else.
 * Adding a member is fine; changing one raises EVENT_VERSION.
 */
export const EVENT_VERSION = 1;

const Stage = z.strictObject({ xUm: z.number(), yUm: z.number(), zUm: z.number(), rotationDeg: z.number(), tiltDeg: z.number() });

/** A frame without its pixels. */
export const FrameSummary = z.strictObject({
  id: z.string(),
  band: Band,
  look: Look,
  stage: Stage,
  fieldWidthUm: z.number(),
  workingDistanceMm: z.number(),
  pixelSizeNm: z.number(),
  widthPx: z.int(),
  heightPx: z.int(),
  depth: z.union([z.literal(8), z.literal(16)]),
  dwellUs: z.number(),
  doseCPerM2: z.number(),
});
export type FrameSummary = z.infer<typeof FrameSummary>;

export const Verdict = z.enum(['good', 'empty', 'blurred', 'noisy', 'charging', 'saturated', 'incomplete', 'torn', 'frozen', 'dark']);
export type Verdict = z.infer<typeof Verdict>;

/** States of the chart that a viewer is told of. */
export const RunState = z.enum([
  'preflight', 'recovering', 'checkpointing', 'deciding', 'moving', 'focusing', 'acquiring', 'judging', 'classifying',
  'recording', 'paused', 'suspended', 'halting', 'ended', 'panicked',
]);
export type RunState = z.infer<typeof RunState>;

const envelope = { v: z.literal(EVENT_VERSION), seq: z.int().nonnegative(), runId: z.string(), at: z.string(), instrumentSeconds: z.number() };
const event = <const Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.strictObject({ ...envelope, type: z.literal(type), ...shape });

export const RunEvent = z.discriminatedUnion('type', [
  event('run-started', {
    plan: RunPlan,
    labels: z.array(z.string()),
    microscope: z.strictObject({ driver: z.string(), url: z.string(), model: z.string(), serialNumber: z.string() }),
    model: z.strictObject({ id: z.string(), engine: z.string(), device: z.string(), provider: z.string() }),
    version: z.string(),
    /** Present when this run goes on after a stop: the sequence number it goes on from. */
    resumedFrom: z.int().optional(),
  }),
  event('state', { state: RunState }),
  event('decided', { action: Action }),
  event('moved', { requested: z.strictObject({ xUm: z.number(), yUm: z.number() }), stage: Stage, seconds: z.number() }),
  event('focused', { workingDistanceMm: z.number(), score: z.number(), reason: z.enum(['start', 'blurred', 'planned']) }),
  /** A command that the instrument did not carry out; what follows tells what the run made of it. */
  event('command-failed', { command: z.enum(['move', 'optics', 'focus', 'acquire']), code: z.string(), message: z.string() }),
  /** The stigmators were set so that the astigmatism which a focusing had shown is gone. */
  event('stigmated', { stigmatorX: z.number(), stigmatorY: z.number() }),
  /** How the picture lies to the axes of the stage: stage um per um of the picture to the right and down. */
  event('calibrated', {
    matrix: z.tuple([z.tuple([z.number(), z.number()]), z.tuple([z.number(), z.number()])]),
    rotationDeg: z.number(),
    shearDeg: z.number(),
    mirrored: z.boolean(),
    /** Root of the mean square of what the steps leave unexplained. */
    residualPx: z.number(),
  }),
  event('frame', { frame: FrameSummary }),
  event('judged', { frameId: z.string(), verdict: Verdict, measures: z.record(z.string(), z.number()) }),
  event('classified', {
    frameId: z.string(),
    label: z.string(),
    probabilities: z.array(z.number()),
    /** Reason, when the picture fits no category. */
    rejected: z.string().optional(),
  }),
  event('observed', {
    action: Action,
    outcome: z.enum(['seen', 'skipped', 'rejected']),
    frameId: z.string().optional(),
    /** Posterior probability of the target after the observation, for the tiles that it touched. */
    tiles: z.array(z.strictObject({ tile: z.int(), logRatio: z.number(), probability: z.number(), seen: z.int() })),
    centre: z.strictObject({ xUm: z.number(), yUm: z.number() }).optional(),
    seconds: z.number(),
    doseC: z.number(),
  }),
  event('find', { find: ReportedFind }),
  event('skipped', { action: Action, code: z.string(), message: z.string() }),
  event('fault', { code: z.string(), message: z.string(), hint: z.string() }),
  event('paused', {}),
  event('resumed', {}),
  event('progress', {
    totals: RunTotals,
    finds: z.int(),
    wanted: z.int(),
    /** Share of the nearest goal or budget that is used up, 0 to 1. */
    share: z.number(),
    /** Instrument seconds until the goal or the budget, whichever seems nearer; absent when nothing can be said. */
    secondsLeft: z.number().optional(),
    missed: z.strictObject({ expected: z.number(), upper95: z.number() }),
  }),
  event('halted', {
    reason: z.string(),
    stageStill: z.boolean(),
    blanked: z.boolean(),
    /** Settings that differ from before the run, in words; empty when all was restored. */
    differences: z.array(z.string()),
  }),
  event('run-ended', { outcome: Outcome, reason: z.string(), result: RunResult }),
]);
export type RunEvent = z.infer<typeof RunEvent>;

type Body<E> = E extends RunEvent ? Omit<E, keyof typeof envelope> : never;
/** An event before it got its number and its time. */
export type RunEventBody = Body<RunEvent>;

/** Requests of a viewer or of the terminal. `halt` does not wait for the field in hand to be recorded. */
export const ControlRequest = z.enum(['pause', 'resume', 'stop', 'halt', 'skip']);
export type ControlRequest = z.infer<typeof ControlRequest>;

/** What the live server needs of a run; session provides it. */
export interface RunFeed {
  readonly runId: string;
  /** Events from `sinceSeq` on (inclusive), then every later one. Returns the function that unsubscribes. */
  subscribe(sinceSeq: number, listener: (event: RunEvent) => void): () => void;
  /** Number of the newest event; -1 before the first. */
  lastSeq(): number;
  /** JPEG of a frame, at most 512 px wide, if it is still held. */
  thumbnail(frameId: string): Promise<Uint8Array | undefined>;
}
export interface ControlPort {
  /** Resolves when the request was taken; `accepted: false` says why not (e.g. `resume` when not paused). */
  request(request: ControlRequest, by: string): Promise<{ accepted: boolean; message: string }>;
}
