import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { EmagentError } from '../contract/errors.ts';
import type { RunEvent } from '../contract/events.ts';
import type { Budget, RunPlan, RunResult } from '../contract/run.ts';
import { decodeOmeTiff } from '../imaging/ome-tiff.ts';
import { frameFileName } from '../record/frame-writer.ts';
import { continueRunFolder, openRunFolder, RUN_FILES } from '../record/run-folder.ts';
import type { Anchor } from './anchor.ts';
import { checkReach } from '../search/grid.ts';
import { openModel } from './classifier.ts';
import type { Past } from './run-search.ts';
import { conduct, connected, type SearchEnvironment } from './search-command.ts';

export interface ResumeSettings {
  readonly runDir: string;
  /** What is given replaces the limit of the run's plan. */
  readonly budget: Budget;
  /** The address of the run's plan when absent. */
  readonly microscope?: string;
}

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

function lastOf<Type extends RunEvent['type']>(events: readonly RunEvent[], type: Type, fits: (event: EventOf<Type>) => boolean = () => true): EventOf<Type> | undefined {
  return events.findLast((event): event is EventOf<Type> => event.type === type && fits(event as EventOf<Type>));
}

/** The newest field that showed structure and whose picture is still there. */
async function anchorIn(dir: string, events: readonly RunEvent[]): Promise<Anchor | undefined> {
  const judged = lastOf(events, 'judged', ({ verdict }) => verdict === 'good');
  const frame = judged === undefined ? undefined : lastOf(events, 'frame', (event) => event.frame.id === judged.frameId)?.frame;
  if (frame === undefined) return undefined;
  const path = join(dir, RUN_FILES.frames, frameFileName(frame.id));
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const { xUm, yUm } = frame.stage;
  return { image: decodeOmeTiff(bytes, path), xUm, yUm, fieldWidthUm: frame.fieldWidthUm, workingDistanceMm: frame.workingDistanceMm, dwellUs: frame.dwellUs };
}

async function pastOf(dir: string, events: readonly RunEvent[]): Promise<Past> {
  return {
    events,
    totals: lastOf(events, 'progress')?.totals,
    finds: events.filter((event) => event.type === 'find').map(({ find }) => find),
    anchor: await anchorIn(dir, events),
  };
}

/** What was planned, with another budget: the search plans by the time that there is now. */
function withBudget(plan: RunPlan, budget: Budget): RunPlan {
  const { instrumentSeconds } = budget;
  return { ...plan, budget, search: { ...plan.search, ...(instrumentSeconds !== undefined && { budgetSeconds: instrumentSeconds }) } };
}

/**
 * Goes on with a run that was stopped, faulted, spent its budget or died. The search is brought to where the journal ends;
 * the real instrument is read and the specimen recognised before anything else. Throws EM_RUN_FOLDER.
 */
export async function resume({ runDir, budget, microscope: address }: ResumeSettings, environment: Omit<SearchEnvironment, 'runsRoot'>): Promise<RunResult> {
  const { dir, run, events } = await openRunFolder(runDir);
  const outcome = run.result?.outcome;
  if (outcome === 'found' || outcome === 'exhausted') {
    throw new EmagentError('EM_RUN_FOLDER', `The run in ${runDir} is complete (${run.result?.reason ?? outcome}): there is nothing to go on with.`);
  }
  const past = await pastOf(dir, events);
  const plan = withBudget(run.plan, { ...run.plan.budget, ...budget });
  const { log } = environment;
  const model = await openModel({ model: plan.model, engine: plan.engine, device: plan.device, log });
  try {
    const { weights, files } = model.manifest;
    if (run.modelFiles[weights] !== files[weights]) {
      throw new EmagentError('EM_MODEL_CHECKSUM', `The model ${plan.model} is not the one that the run in ${runDir} began with.`);
    }
    return await connected({ address: address ?? plan.microscope, runDir: dir, environment }, async ({ microscope, clock }) => {
      const { serialNumber } = microscope.info;
      if (serialNumber !== run.microscope.serialNumber) {
        throw new EmagentError('EM_RUN_FOLDER', `The run in ${runDir} was on the microscope ${run.microscope.serialNumber}, and this one is ${serialNumber}.`);
      }
      checkReach(plan.grid, plan.search.looks, { ...microscope.info.axes, keepOut: plan.region?.keepOut ?? [] });
      const before = await microscope.readState();
      return conduct({
        plan, runId: basename(dir), microscope, before, model, clock, past, environment,
        openFolder: () => continueRunFolder(dir, { log }),
      });
    });
  } finally {
    await model.classifier.dispose();
  }
}
