import type { FrameSummary, RunEvent, RunState } from '../contract/events.ts';
import type { ReportedFind, RunPlan, RunTotals } from '../contract/run.ts';
import type { Action } from '../contract/strategy.ts';
import { logLine, type LogLevel } from './words.ts';

// Served to the browser as it is compiled: it imports only types and words.ts.

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

/** The run as a viewer sees it, folded from its events. Plain JSON. Grows with tiles and finds, not with events. */
export interface Snapshot {
  v: 1;
  /** null: there is no run. */
  runId: string | null;
  /** Number of the last event folded in; -1 before the first. */
  seq: number;
  /** Wall-clock time of the first and of the last event. */
  startedAt: string | null;
  at: string | null;
  instrumentSeconds: number;
  state: RunState | 'waiting';
  paused: boolean;
  plan: RunPlan | null;
  labels: string[];
  microscope: EventOf<'run-started'>['microscope'] | null;
  model: EventOf<'run-started'>['model'] | null;
  /** Per tile, row by row from the top: posterior probability (-1 for tiles outside the area) and how it was seen (see SearchSummary). */
  map: { posterior: number[]; seen: number[] };
  /** What the agent is about to do. */
  action: Action | null;
  stage: EventOf<'moved'>['stage'] | null;
  /** The last positions of the stage, oldest first. */
  path: { xUm: number; yUm: number }[];
  frame: {
    summary: FrameSummary;
    verdict: EventOf<'judged'>['verdict'] | null;
    prediction: { label: string; probabilities: number[]; rejected: string | null } | null;
  } | null;
  finds: ReportedFind[];
  totals: RunTotals | null;
  progress: { finds: number; wanted: number; share: number; secondsLeft: number | null; missed: { expected: number; upper95: number } } | null;
  faults: { seq: number; at: string; code: string; message: string; hint: string }[];
  /** The last lines of the log, oldest first. */
  log: { seq: number; at: string; level: LogLevel; text: string }[];
  halted: { reason: string; stageStill: boolean; blanked: boolean; differences: string[] } | null;
  ended: { outcome: EventOf<'run-ended'>['outcome']; reason: string; result: EventOf<'run-ended'>['result'] } | null;
}

const PATH_LENGTH = 120;
const LOG_LENGTH = 200;
const FAULTS_LENGTH = 50;

export function emptySnapshot(): Snapshot {
  return {
    v: 1,
    runId: null,
    seq: -1,
    startedAt: null,
    at: null,
    instrumentSeconds: 0,
    state: 'waiting',
    paused: false,
    plan: null,
    labels: [],
    microscope: null,
    model: null,
    map: { posterior: [], seen: [] },
    action: null,
    stage: null,
    path: [],
    frame: null,
    finds: [],
    totals: null,
    progress: null,
    faults: [],
    log: [],
    halted: null,
    ended: null,
  };
}

function keep<T>(list: T[], entry: T, limit: number): void {
  list.push(entry);
  if (list.length > limit) list.splice(0, list.length - limit);
}

function start(snapshot: Snapshot, event: EventOf<'run-started'>): void {
  // A run that goes on keeps what was seen and found before it stopped.
  const goesOn = event.resumedFrom !== undefined && snapshot.plan !== null && snapshot.runId === event.runId;
  if (!goesOn) {
    const { columns, rows, excluded } = event.plan.grid;
    const { prevalence, priorLogOdds } = event.plan.search;
    const before = (logOdds = 0): number => 1 / (1 + ((1 - prevalence) / prevalence) * Math.exp(-logOdds));
    const posterior = Array.from({ length: columns * rows }, (_, tile) => (priorLogOdds === undefined ? prevalence : before(priorLogOdds[tile])));
    for (const tile of excluded) posterior[tile] = -1;
    Object.assign(snapshot, emptySnapshot(), { startedAt: event.at, map: { posterior, seen: posterior.map(() => 0) } });
  }
  snapshot.runId = event.runId;
  snapshot.plan = event.plan;
  snapshot.labels = [...event.labels];
  snapshot.microscope = event.microscope;
  snapshot.model = event.model;
  snapshot.state = 'preflight';
  snapshot.paused = false;
  snapshot.halted = null;
  snapshot.ended = null;
}

function apply(snapshot: Snapshot, event: RunEvent): void {
  switch (event.type) {
    case 'run-started':
      start(snapshot, event);
      return;
    case 'state':
      snapshot.state = event.state;
      return;
    case 'decided':
      snapshot.action = event.action;
      return;
    case 'moved':
      snapshot.stage = event.stage;
      keep(snapshot.path, { xUm: event.stage.xUm, yUm: event.stage.yUm }, PATH_LENGTH);
      return;
    case 'frame':
      snapshot.frame = { summary: event.frame, verdict: null, prediction: null };
      return;
    case 'judged':
      if (snapshot.frame?.summary.id === event.frameId) snapshot.frame.verdict = event.verdict;
      return;
    case 'classified':
      if (snapshot.frame?.summary.id === event.frameId) {
        snapshot.frame.prediction = { label: event.label, probabilities: [...event.probabilities], rejected: event.rejected ?? null };
      }
      return;
    case 'observed':
      for (const { tile, probability, seen } of event.tiles) {
        if (tile < 0 || tile >= snapshot.map.posterior.length) continue;
        snapshot.map.posterior[tile] = probability;
        snapshot.map.seen[tile] = seen;
      }
      return;
    case 'find':
      snapshot.finds.push(event.find);
      return;
    case 'fault':
      keep(snapshot.faults, { seq: event.seq, at: event.at, code: event.code, message: event.message, hint: event.hint }, FAULTS_LENGTH);
      return;
    case 'paused':
    case 'resumed':
      snapshot.paused = event.type === 'paused';
      return;
    case 'progress':
      snapshot.totals = event.totals;
      snapshot.progress = {
        finds: event.finds,
        wanted: event.wanted,
        share: event.share,
        secondsLeft: event.secondsLeft ?? null,
        missed: event.missed,
      };
      return;
    case 'halted': {
      const { reason, stageStill, blanked, differences } = event;
      snapshot.halted = { reason, stageStill, blanked, differences: [...differences] };
      return;
    }
    case 'run-ended':
      end(snapshot, event);
      return;
    default:
      // `focused` and `skipped` stand in the log or nowhere; so does what a later version adds.
      return;
  }
}

function end(snapshot: Snapshot, event: EventOf<'run-ended'>): void {
  const { fields, instrumentSeconds, wallSeconds, doseC, meanDoseCPerM2, stageTravelUm, finds } = event.result;
  snapshot.ended = { outcome: event.outcome, reason: event.reason, result: event.result };
  snapshot.totals = { fields, instrumentSeconds, wallSeconds, doseC, meanDoseCPerM2, stageTravelUm };
  snapshot.finds = [...finds];
  snapshot.paused = false;
  if (event.outcome === 'panicked') snapshot.state = 'panicked';
  else snapshot.state = 'ended';
}

/**
 * Folds one event into the snapshot, in place, and returns it. An event that was folded before (its number is not above
 * `seq`) changes nothing, so that a replay that overlaps does no harm. Copy through JSON to keep an older one.
 */
export function foldEvent(snapshot: Snapshot, event: RunEvent): Snapshot {
  if (snapshot.runId === event.runId && event.seq <= snapshot.seq) return snapshot;
  apply(snapshot, event);
  snapshot.runId = event.runId;
  snapshot.seq = event.seq;
  snapshot.at = event.at;
  snapshot.startedAt ??= event.at;
  snapshot.instrumentSeconds = event.instrumentSeconds;
  const line = logLine(event);
  if (line !== undefined) keep(snapshot.log, { seq: event.seq, at: event.at, ...line }, LOG_LENGTH);
  return snapshot;
}
