import type { RunEvent } from '../contract/events.ts';
import type { RunPlan } from '../contract/run.ts';
import { createSensitivityMeter, type SensitivityMeter } from '../search/sensitivity.ts';
import type { Action, Find, Here, Observation, SearchStrategy, SearchSummary } from '../contract/strategy.ts';

/** A strategy at work: holds its state, which is a function of the plan and the observations alone. */
export interface SearchProgress {
  next(here: Here): Action;
  /** Takes in the observation and returns the finds that it led to. */
  observe(observation: Observation): readonly Find[];
  summary(): SearchSummary;
  /** Share of targets that the looks so far detect, by the model's own likelihoods. */
  readonly sensitivity: SensitivityMeter['read'];
}

export function createSearchProgress(strategy: SearchStrategy, plan: RunPlan): SearchProgress {
  let state = strategy.start(plan.grid, plan.search);
  let finds = 0;
  const meter = createSensitivityMeter(plan.search);
  return {
    next: (here) => strategy.next(state, here),
    observe: (observation) => {
      state = strategy.observe(state, observation);
      const all = strategy.summarise(state).finds;
      const found = all.slice(finds);
      finds = all.length;
      meter.observe(observation);
      for (const { tile } of found) meter.found(tile);
      return found;
    },
    summary: () => strategy.summarise(state),
    sensitivity: meter.read,
  };
}

/** The observation that an event of the journal tells of. */
function observationOf(event: Extract<RunEvent, { type: 'observed' }>): Observation {
  return {
    action: event.action,
    outcome: event.outcome,
    tiles: event.tiles.map(({ tile, logRatio }) => ({ tile, logRatio })),
    ...(event.centre !== undefined && { centre: event.centre }),
    ...(event.frameId !== undefined && { frameId: event.frameId }),
    seconds: event.seconds,
    doseC: event.doseC,
  };
}

/** Brings a new search to where the journal ends: the same observations lead to the same decisions. */
export function replay(search: SearchProgress, events: readonly RunEvent[]): void {
  for (const event of events) if (event.type === 'observed') search.observe(observationOf(event));
}
