import type { FrameSummary, RunEvent, Verdict } from '../../contract/events.ts';
import type { Outcome, ReportedFind, RunPlan, RunResult, RunTotals } from '../../contract/run.ts';

export const ACTION_KINDS = ['survey', 'inspect', 'confirm', 'refocus'] as const;
export type ActionKind = (typeof ACTION_KINDS)[number];

/** Instrument seconds and charge that actions of one kind took. */
export interface KindAccount {
  count: number;
  seconds: number;
  movingSeconds: number;
  imagingSeconds: number;
  focusingSeconds: number;
  doseC: number;
}

/** One look at the specimen and what it did to the belief. */
export interface LookPoint {
  readonly kind: ActionKind;
  readonly atS: number;
  readonly xUm: number;
  readonly yUm: number;
  /** Highest posterior among the tiles that it touched. */
  readonly probability: number | undefined;
}

export interface ProgressPoint {
  readonly atS: number;
  readonly finds: number;
  readonly missedExpected: number;
}

export interface TileState {
  readonly probability: number;
  readonly seen: number;
  readonly frameId: string | undefined;
}

/** The run as the report needs it, from the journal alone. */
export interface RunHistory {
  readonly started: Extract<RunEvent, { type: 'run-started' }> | undefined;
  readonly startedAt: string | undefined;
  readonly endedAt: string | undefined;
  /** Undefined when the run was cut off. */
  readonly result: RunResult | undefined;
  readonly outcome: Outcome | undefined;
  readonly totals: RunTotals | undefined;
  readonly missed: { readonly expected: number; readonly upper95: number } | undefined;
  readonly finds: readonly ReportedFind[];
  readonly tiles: ReadonlyMap<number, TileState>;
  readonly looks: readonly LookPoint[];
  readonly progress: readonly ProgressPoint[];
  readonly accounts: Readonly<Record<ActionKind, KindAccount>>;
  readonly focusings: number;
  readonly verdicts: ReadonlyMap<Verdict, number>;
  readonly rejections: number;
  readonly skips: ReadonlyMap<string, { readonly count: number; readonly message: string }>;
  readonly faults: readonly Extract<RunEvent, { type: 'fault' }>[];
  readonly pausedSeconds: number;
  readonly resumptions: number;
  readonly frames: ReadonlyMap<string, FrameSummary>;
  readonly labelOf: ReadonlyMap<string, { readonly label: string; readonly probability: number }>;
  readonly halted: Extract<RunEvent, { type: 'halted' }> | undefined;
  readonly lastS: number;
}

const emptyAccount = (): KindAccount => ({ count: 0, seconds: 0, movingSeconds: 0, imagingSeconds: 0, focusingSeconds: 0, doseC: 0 });

/** Reads the events of one run, in their order. */
export function readHistory(events: readonly RunEvent[]): RunHistory {
  const accounts = { survey: emptyAccount(), inspect: emptyAccount(), confirm: emptyAccount(), refocus: emptyAccount() };
  const tiles = new Map<number, TileState>();
  const looks: LookPoint[] = [];
  const progress: ProgressPoint[] = [];
  const verdicts = new Map<Verdict, number>();
  const skips = new Map<string, { count: number; message: string }>();
  const frames = new Map<string, FrameSummary>();
  const labelOf = new Map<string, { label: string; probability: number }>();
  const finds: ReportedFind[] = [];
  const faults: Extract<RunEvent, { type: 'fault' }>[] = [];
  const history = {
    started: undefined as RunHistory['started'],
    result: undefined as RunResult | undefined,
    outcome: undefined as Outcome | undefined,
    totals: undefined as RunTotals | undefined,
    missed: undefined as RunHistory['missed'],
    halted: undefined as RunHistory['halted'],
    focusings: 0,
    rejections: 0,
    pausedSeconds: 0,
    resumptions: 0,
    lastS: 0,
  };
  let kind: ActionKind | undefined;
  let focusingSince: number | undefined;
  let pausedSince: number | undefined;
  for (const event of events) {
    const atS = event.instrumentSeconds;
    history.lastS = Math.max(history.lastS, atS);
    const account = kind === undefined ? undefined : accounts[kind];
    switch (event.type) {
      case 'run-started':
        if (event.resumedFrom !== undefined) history.resumptions++;
        history.started ??= event;
        break;
      case 'state':
        focusingSince = event.state === 'focusing' ? atS : undefined;
        break;
      case 'decided':
        kind = event.action.kind === 'finish' ? undefined : event.action.kind;
        break;
      case 'moved':
        if (account !== undefined) account.movingSeconds += event.seconds;
        break;
      case 'focused':
        history.focusings++;
        if (account !== undefined && focusingSince !== undefined) account.focusingSeconds += atS - focusingSince;
        break;
      case 'frame':
        frames.set(event.frame.id, event.frame);
        if (account !== undefined) account.imagingSeconds += (event.frame.widthPx * event.frame.heightPx * event.frame.dwellUs) / 1e6;
        break;
      case 'judged':
        verdicts.set(event.verdict, (verdicts.get(event.verdict) ?? 0) + 1);
        break;
      case 'classified':
        if (event.rejected !== undefined) history.rejections++;
        labelOf.set(event.frameId, { label: event.label, probability: Math.max(...event.probabilities) });
        break;
      case 'observed': {
        if (event.action.kind === 'finish') break;
        const observed = accounts[event.action.kind];
        observed.count++;
        observed.seconds += event.seconds;
        observed.doseC += event.doseC;
        for (const { tile, probability, seen } of event.tiles) tiles.set(tile, { probability, seen, frameId: event.frameId ?? tiles.get(tile)?.frameId });
        if ('look' in event.action) {
          const { xUm, yUm } = event.action.look;
          const probability = event.outcome === 'seen' && event.tiles.length > 0 ? event.tiles.reduce((best, tile) => Math.max(best, tile.probability), 0) : undefined;
          looks.push({ kind: event.action.kind, atS, xUm, yUm, probability });
        }
        break;
      }
      case 'find':
        finds.push(event.find);
        break;
      case 'skipped': {
        const known = skips.get(event.code);
        skips.set(event.code, { count: (known?.count ?? 0) + 1, message: event.message });
        break;
      }
      case 'fault':
        faults.push(event);
        break;
      case 'paused':
        pausedSince = atS;
        break;
      case 'resumed':
        if (pausedSince !== undefined) history.pausedSeconds += atS - pausedSince;
        pausedSince = undefined;
        break;
      case 'progress':
        history.totals = event.totals;
        history.missed = event.missed;
        progress.push({ atS, finds: event.finds, missedExpected: event.missed.expected });
        break;
      case 'halted':
        history.halted = event;
        break;
      case 'run-ended':
        history.outcome = event.outcome;
        history.result = event.result;
        history.totals = event.result;
        history.missed = event.result.missedBound;
        break;
    }
  }
  return {
    ...history,
    startedAt: events[0]?.at,
    endedAt: events.at(-1)?.at,
    finds,
    tiles,
    looks,
    progress,
    accounts,
    verdicts,
    skips,
    faults,
    frames,
    labelOf,
  };
}

/** How many tiles of the plan were looked at, by the closest look that each got. */
export interface Coverage {
  readonly total: number;
  readonly inspected: number;
  readonly surveyedOnly: number;
  readonly skipped: number;
  readonly tileAreaUm2: number;
}

export function coverageOf(plan: RunPlan, history: RunHistory): Coverage {
  const { grid } = plan;
  const counts = [0, 0, 0, 0, 0];
  for (const { seen } of history.tiles.values()) counts[seen] = (counts[seen] ?? 0) + 1;
  return {
    total: grid.columns * grid.rows - grid.excluded.length,
    inspected: counts[2]! + counts[3]!,
    surveyedOnly: counts[1]!,
    skipped: counts[4]!,
    tileAreaUm2: grid.tileWidthUm * grid.tileHeightUm,
  };
}
