import type { Clock } from '../contract/clock.ts';
import { toEmagentError } from '../contract/errors.ts';
import type { ControlPort, RunEvent, RunFeed } from '../contract/events.ts';
import type { Microscope, MicroscopeState } from '../contract/microscope.ts';
import type { ReportedFind, RunFile, RunPlan, RunResult, RunTotals } from '../contract/run.ts';
import type { AgentOutput } from '../agent/setup.ts';
import { encodeJpeg } from '../imaging/picture-file.ts';
import { createSignalTrend } from '../imaging/signal-trend.ts';
import { packageVersion } from '../lib/package-root.ts';
import { fieldCount, toUseqFields } from '../plan/useq/write.ts';
import type { RunFolder } from '../record/run-folder.ts';
import { STRATEGIES, type StrategyName } from '../search/registry.ts';
import { anchorOf, type Anchor } from './anchor.ts';
import type { OpenedModel } from './classifier.ts';
import { closingWords, coverageOf } from './closing-words.ts';
import { createEventBus, type EventBus } from './event-bus.ts';
import { createFocusKeeper } from './focus-keeper.ts';
import { createFrameStore, type FrameStore } from './frame-store.ts';
import { axesIn, PROMISED_AXES } from './image-axes.ts';
import { createLedger } from './ledger.ts';
import type { Logger } from './logger.ts';
import { perform } from './perform.ts';
import type { RunParts } from './run-parts.ts';
import { createSiteDose, exposeAgain } from './site-dose.ts';
import { createStation } from './station.ts';
import { createSearchProgress, replay } from './search-progress.ts';

/** A run that was stopped and goes on. */
export interface Past {
  readonly events: readonly RunEvent[];
  /** Of the last field; undefined when the run was stopped before it had one. */
  readonly totals: RunTotals | undefined;
  readonly finds: readonly ReportedFind[];
  readonly anchor: Anchor | undefined;
}

export interface RunEnvironment {
  readonly plan: RunPlan;
  readonly runId: string;
  readonly microscope: Microscope;
  readonly before: MicroscopeState;
  readonly model: OpenedModel;
  readonly folder: RunFolder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly past?: Past;
  /** Called before anything happens, with what a viewer and a person at the keyboard need. */
  readonly onStart: (feed: RunFeed, control: ControlPort) => void;
}

const THUMBNAIL_WIDTH_PX = 512;
/** A larger plan is written by `emagent export` when it is wanted: it is megabytes. */
const MOST_FIELDS_WRITTEN = 100_000;

function feedOf(runId: string, bus: EventBus, frames: FrameStore): RunFeed {
  return {
    runId,
    subscribe: bus.subscribe,
    lastSeq: bus.lastSeq,
    thumbnail: async (frameId) => {
      const frame = frames.find(frameId);
      return frame === undefined ? undefined : encodeJpeg(frame, { maxWidthPx: THUMBNAIL_WIDTH_PX });
    },
  };
}

function areaM2(plan: RunPlan): number {
  const { columns, rows, excluded, tileWidthUm, tileHeightUm } = plan.grid;
  return (columns * rows - excluded.length) * tileWidthUm * tileHeightUm * 1e-12;
}

/** Runs a planned search to its end, whatever that is, and leaves a complete run folder. */
export async function runSearch(environment: RunEnvironment): Promise<RunResult> {
  const { plan, runId, microscope, before, model, folder, clock, log, past } = environment;
  const startMs = clock.nowMs();
  const startWall = performance.now();
  const instrumentSeconds = (): number => (past?.totals?.instrumentSeconds ?? 0) + (clock.nowMs() - startMs) / 1000;
  const wallSeconds = (): number => (past?.totals?.wallSeconds ?? 0) + (performance.now() - startWall) / 1000;
  const siteDose = createSiteDose(plan);
  if (past !== undefined) exposeAgain(siteDose, past.events);
  const ledger = createLedger({
    plannedFields: plan.grid.columns * plan.grid.rows - plan.grid.excluded.length,
    areaM2: areaM2(plan),
    instrumentSeconds,
    wallSeconds,
    highestSiteDoseCPerM2: () => siteDose.mostCPerM2,
    ...(past?.totals !== undefined && { before: past.totals }),
  });
  const bus = createEventBus({ runId, clock, journal: folder, instrumentSeconds, ...(past !== undefined && { past: past.events }) });
  const frames = createFrameStore(past?.events.filter(({ type }) => type === 'frame').length);
  const { strategy } = await clock.during(STRATEGIES[plan.strategy as StrategyName].load());
  const search = createSearchProgress(strategy, plan);
  if (past !== undefined) replay(search, past.events);
  let anchor = past?.anchor;
  bus.subscribe(bus.lastSeq() + 1, (event) => {
    // Any field that showed structure will do; the newest is the one that drift has moved least.
    if (event.type !== 'judged' || event.verdict !== 'good') return;
    anchor = anchorOf(frames.get(event.frameId));
  });
  const knownAxes = past === undefined ? undefined : axesIn(past.events);
  const parts: RunParts = {
    plan, microscope, before, clock, bus, frames, ledger, siteDose, folder, log, search,
    classifier: model.classifier,
    manifest: model.manifest,
    finds: [...(past?.finds ?? [])],
    anchor: () => anchor,
    axes: { current: knownAxes ?? PROMISED_AXES, measured: knownAxes !== undefined },
    focus: createFocusKeeper(),
    stigmators: { tried: false },
    signal: createSignalTrend(),
    station: createStation(),
  };
  const record = describeRun(environment);
  await clock.during(folder.writeRun(record));
  if (past === undefined && fieldCount(plan) <= MOST_FIELDS_WRITTEN) await clock.during(folder.writeFields(toUseqFields(plan)));
  bus.publish({
    type: 'run-started',
    plan,
    labels: [...model.classifier.labels],
    microscope: record.microscope,
    model: record.model,
    version: packageVersion,
    ...(past !== undefined && { resumedFrom: past.events.length - 1 }),
  });
  const output = await perform(parts, {
    resuming: past !== undefined,
    onControl: (control) => environment.onStart(feedOf(runId, bus, frames), control),
  });
  const result = resultOf({ environment, parts, output, totals: ledger.totals() });
  await settle(parts, result, { ...record, result });
  return result;
}

function describeRun({ plan, runId, microscope, before, model }: RunEnvironment): RunFile {
  const { driver, url, model: microscopeModel, serialNumber } = microscope.info;
  const { classifier, manifest } = model;
  return {
    v: 1,
    runId,
    version: packageVersion,
    node: process.version,
    plan,
    microscope: { driver, url, model: microscopeModel, serialNumber },
    model: { id: manifest.id, engine: classifier.engine, device: classifier.device, provider: classifier.provider },
    modelFiles: manifest.files,
    modelMetrics: manifest.metrics,
    instrument: { info: microscope.info, before },
  };
}

interface Ended {
  readonly environment: RunEnvironment;
  readonly parts: RunParts;
  readonly output: AgentOutput;
  readonly totals: RunTotals;
}

function resultOf({ environment: { runId, folder, model }, parts: { plan, finds, search }, output, totals }: Ended): RunResult {
  const { missed, suspects } = search.summary();
  const coverage = coverageOf(plan, search);
  return {
    ...totals,
    runId,
    target: plan.target,
    outcome: output.outcome,
    reason: output.reason,
    finds,
    suspects: [...suspects],
    missedBound: missed,
    coverage,
    closing: closingWords(plan, { finds, suspects, coverage, missed }),
    engine: model.classifier.engine,
    device: model.classifier.device,
    model: model.manifest.id,
    microscope: plan.microscope,
    strategy: plan.strategy,
    seed: plan.seed,
    runDir: folder.dir,
    ...(output.error !== undefined && { error: { code: output.error.code, message: output.error.message, hint: output.error.hint } }),
  };
}

/** The last event, the results in every format, and the instrument's state at the end. */
async function settle({ bus, folder, microscope, clock, plan, log }: RunParts, result: RunResult, record: RunFile): Promise<void> {
  await bus.publishDurably({ type: 'run-ended', outcome: result.outcome, reason: result.reason, result });
  const after = await microscope.readState().catch((thrown: unknown) => ({ error: toEmagentError(thrown).message }));
  await clock.during(folder.writeRun({ ...record, after }));
  await clock.during(folder.writeFinds(result.finds, plan));
  log.info({ runDir: folder.dir, outcome: result.outcome }, 'The run has ended');
}
