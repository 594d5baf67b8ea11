import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '../../../src/contract/events.ts';
import type { RunPlan, RunResult } from '../../../src/contract/run.ts';
import { required } from '../../../src/lib/guards.ts';
import { holdsPoint } from '../../../src/search/zones.ts';
import type { StrategyName } from '../../../src/search/registry.ts';
import { search } from '../../../src/session/search-command.ts';
import { Truth } from '../../../simulator/truth.ts';
import { timeToFinds } from '../task.ts';
import { AREA, FINDS, SPECIMENS, TARGET, type SpecimenName } from './specimens.ts';
import { playTwin, twinProfile } from './twin.ts';

/** One simulated specimen, searched by each strategy with pictures, and its twin of scores. */
export interface RenderedTask {
  readonly specimen: SpecimenName;
  readonly seed: number;
  readonly strategies: readonly StrategyName[];
}

export interface RenderedRun {
  readonly strategy: StrategyName;
  /** Instrument time to the finds that were asked for, by the rule of the score level (`timeToFinds`). */
  readonly timeS: number;
  readonly reached: boolean;
  readonly right: number;
  readonly declared: number;
  readonly looks: number;
  readonly surveyed: number;
  readonly wallS: number;
  /** Times on the twin, one per draw of its scores. */
  readonly twinTimesS: readonly number[];
}

export interface RenderedResult {
  readonly task: RenderedTask;
  readonly targets: number;
  readonly runs: readonly RenderedRun[];
}

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

interface Played {
  readonly plan: RunPlan;
  readonly result: RunResult;
  readonly truth: Truth;
  readonly finds: readonly { readonly atS: number; readonly xUm: number; readonly yUm: number }[];
}

/** A run of the product's own session on the simulated microscope of this process, in virtual time. */
async function run(strategy: StrategyName, { seed }: RenderedTask, folder: string): Promise<Played> {
  const finds: { atS: number; xUm: number; yUm: number }[] = [];
  let plan: RunPlan | undefined;
  const note = (event: RunEvent): void => {
    if (event.type === 'run-started') ({ plan } = event);
    if (event.type === 'find') finds.push({ atS: event.instrumentSeconds, xUm: event.find.xUm, yUm: event.find.yUm });
  };
  const result = await search(
    {
      target: TARGET, microscope: `sim:?scenario=${encodeURIComponent(join(folder, 'specimen.yaml'))}&seed=${seed}`, model: 'sem11', engine: 'onnx', device: 'cpu', strategy, seed,
      finds: FINDS, budget: {}, area: AREA, centre: { xUm: 0, yUm: 0 }, dwellUs: 1, overlapPercent: 0, prevalence: 0.02, falseFindRate: 0.01, missRate: 0.05,
    },
    { runsRoot: folder, pace: 'virtual', log: quiet, onStart: (feed) => feed.subscribe(0, note) },
  );
  const truth = Truth.parse(JSON.parse(await readFile(join(result.runDir, 'truth.json'), 'utf8')));
  return { plan: required(plan, 'the plan of the run'), result, truth, finds };
}

/** Times of the finds that lie on a target each, every target once. */
function rightTimesS({ finds, truth }: Played): number[] {
  const left = new Set(truth.sites.filter(({ label }) => label === TARGET));
  return finds.flatMap(({ atS, ...point }) => {
    const site = [...left].find(({ polygonUm }) => holdsPoint({ kind: 'polygon', outlines: [polygonUm] }, point));
    if (site === undefined) return [];
    left.delete(site);
    return [atS];
  });
}

async function recordOf(strategy: StrategyName, played: Played): Promise<RenderedRun> {
  const { plan, result } = played;
  const right = rightTimesS(played);
  const { fields, instrumentSeconds, wallSeconds, outcome } = result;
  const time = timeToFinds(
    { findTimesS: right, seconds: instrumentSeconds, inspected: fields.inspected, outcome: outcome === 'found' || outcome === 'exhausted' ? outcome : 'budget' },
    { finds: FINDS, profile: twinProfile(plan), grid: plan.grid },
  );
  return {
    strategy, ...time, right: right.length, declared: result.finds.length, looks: fields.imaged, surveyed: fields.surveyed, wallS: wallSeconds,
    twinTimesS: await playTwin(strategy, played),
  };
}

export async function playRendered(task: RenderedTask): Promise<RenderedResult> {
  const folder = await mkdtemp(join(tmpdir(), 'emagent-rendered-'));
  try {
    // Every JSON document is a YAML one.
    await writeFile(join(folder, 'specimen.yaml'), JSON.stringify(SPECIMENS[task.specimen]));
    const runs: RenderedRun[] = [];
    let targets = 0;
    for (const strategy of task.strategies) {
      const played = await run(strategy, task, folder);
      targets = played.truth.sites.filter(({ label }) => label === TARGET).length;
      runs.push(await recordOf(strategy, played));
    }
    return { task, targets, runs };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
