import type { Action, Here, LookAction, Observation, SearchStrategy } from '../contract/strategy.ts';
import { required } from '../lib/guards.ts';
import { logistic, logit, looksToGain, priorOf, recordClose, recordHit, recordSurvey, relativeRate, surveyEvidence, tileLogOdds } from './belief.ts';
import { confirmLook, duplicateOf, findOf, LEAST_SUSPICION, suspicionLogOdds, verdict, type Candidate } from './confirmation.ts';
import { blockCentre, blockOf, clampToTile, tileCentre, tileCount, tilesOfBlock } from './grid.ts';
import { createState, SEEN, SURVEY, type SearchState } from './state.ts';
import { summarise } from './summary.ts';
import type { Point } from './zones.ts';

/** What to look at first or next, when nothing is suspected; undefined when every tile had its turn. */
export type Choice = { readonly inspect: number } | { readonly survey: number } | { readonly confirm: number };
export interface Order {
  /** Suspected finds wait in `state.suspects` until the order chooses to confirm them; else each is confirmed at once. */
  readonly picksSuspects?: boolean;
  choose(state: SearchState, here: Here): Choice | undefined;
  /** Called after an observation has been taken in, to bring what was derived from the state up to date. */
  changed?(state: SearchState, action: LookAction): void;
}

/** Failed looks at a tile that are tried again later: the instrument could not, or the picture could not be trusted. */
const RETRIES = { skipped: 2, rejected: 1 } as const;

export function inspectAction(state: SearchState, tile: number): Action {
  return { kind: 'inspect', tile, look: { band: 'inspect', ...tileCentre(state.grid, tile), settings: state.options.looks.inspect } };
}

export function surveyAction({ grid, options }: SearchState, block: number): Action {
  return {
    kind: 'survey',
    block,
    tiles: tilesOfBlock(grid, block),
    look: { band: 'survey', ...blockCentre(grid, block), settings: options.looks.survey },
  };
}

function suspectOf({ suspects }: SearchState, tile: number): Candidate | undefined {
  return suspects.find((suspect) => suspect.tile === tile);
}

/** Beyond this the surroundings alone make no tile suspicious. */
const MAX_PRIOR_OF_A_SUSPICION = 0.2;
/** And below this share of the prevalence a long way without finds makes none unsuspicious, whatever its looks show. */
const LEAST_PRIOR_SHARE = 0.1;

/** Log-odds of a target in the tile by all that is known: whether it is worth a further look. */
export function suspectLogOdds(state: SearchState, tile: number): number {
  const maxPrior = Math.max(MAX_PRIOR_OF_A_SUSPICION, state.options.prevalence);
  return tileLogOdds(state.belief, blockOf(state.grid, tile), { tile, maxPrior, minPrior: LEAST_PRIOR_SHARE * state.options.prevalence });
}

/**
 * Log-odds as a find claims them: from no more than the user's prevalence, and the looks at the tile. Finds nearby lead the way, but
 * prove nothing: where look-alikes crowd, one false find would else confirm the next.
 */
function findLogOdds(state: SearchState, tile: number): number {
  return tileLogOdds(state.belief, blockOf(state.grid, tile), { tile, maxPrior: state.options.prevalence });
}

function next(order: Order, state: SearchState, here: Here): Action {
  const { candidate, finds, options, grid } = state;
  if (finds.length >= options.finds) {
    return { kind: 'finish', outcome: 'found', reason: `${finds.length} of ${options.finds} finds are confirmed.` };
  }
  if (candidate !== null) {
    return { kind: 'confirm', tile: candidate.tile, attempt: candidate.attempts + 1, look: confirmLook(candidate, grid, options.looks) };
  }
  const choice = order.choose(state, here);
  if (choice !== undefined) {
    if ('survey' in choice) return surveyAction(state, choice.survey);
    if ('inspect' in choice) return inspectAction(state, choice.inspect);
    const suspect = required(suspectOf(state, choice.confirm), 'the suspected find');
    return { kind: 'confirm', tile: suspect.tile, attempt: suspect.attempts + 1, look: confirmLook(suspect, grid, options.looks) };
  }
  const again = state.retries.find((tile) => state.seen[tile]! <= SEEN.surveyed);
  if (again !== undefined) return inspectAction(state, again);
  const skipped = state.skipped === 0 ? '' : ` ${state.skipped} could not be and are left out.`;
  return { kind: 'finish', outcome: 'exhausted', reason: `All ${tileCount(grid) - grid.excluded.length} tiles had their look.${skipped}` };
}

/** A tile without any close look is given up when it has failed too often, and else waits at the end of the queue. */
function failed(state: SearchState, tile: number, outcome: 'skipped' | 'rejected'): void {
  const at = state.retries.indexOf(tile);
  if (at >= 0) state.retries.splice(at, 1);
  const count = (state.failures[tile] ??= { skipped: 0, rejected: 0 });
  count[outcome]++;
  if (count.skipped <= RETRIES.skipped && count.rejected <= RETRIES.rejected) {
    state.retries.push(tile);
  } else if (state.seen[tile]! <= SEEN.surveyed) {
    state.seen[tile] = SEEN.skipped;
    state.skipped++;
  }
}

function observeInspect(order: Order, state: SearchState, { tile, seen, centre }: { tile: number; seen: number; centre: Point | undefined }): void {
  const { belief, grid, options } = state;
  const block = blockOf(grid, tile);
  const expectedWithout = relativeRate(belief, block);
  const expected = logistic(logit(expectedWithout) + priorOf(belief, tile) + surveyEvidence(belief, tile));
  recordClose(belief, grid, { tile, logRatio: seen });
  if (state.seen[tile]! >= SEEN.inspected) return;
  state.seen[tile] = SEEN.inspected;
  state.inspected++;
  const at = state.retries.indexOf(tile);
  if (at >= 0) state.retries.splice(at, 1);
  const logOdds = suspectLogOdds(state, tile);
  state.trust.expected += expected;
  state.trust.expectedWithout += expectedWithout;
  if (order.picksSuspects === true ? logOdds < LEAST_SUSPICION : logOdds < suspicionLogOdds(options) || state.candidate !== null) return;
  const from = clampToTile(grid, tile, centre ?? tileCentre(grid, tile));
  if (duplicateOf(grid, state.finds, centre ?? from) !== undefined) {
    state.duplicates.push(tile);
    return;
  }
  const candidate = { tile, ...from, support: seen, attempts: 0, seen: 0, surveyGain: Math.log(expected / expectedWithout) };
  if (order.picksSuspects === true) state.suspects.push(candidate);
  else state.candidate = candidate;
}

/** A suspected find that was chosen to be confirmed is the candidate from its first look on. */
function takeUp(state: SearchState, tile: number): void {
  const at = state.suspects.findIndex((suspect) => suspect.tile === tile);
  if (state.candidate !== null || at < 0) return;
  state.candidate = state.suspects[at]!;
  state.suspects.splice(at, 1);
}

/** Suspected finds that a new find turns out to be another view of. */
function dropDuplicates(state: SearchState): void {
  const isDuplicate = (suspect: Candidate): boolean => duplicateOf(state.grid, state.finds, suspect) !== undefined;
  state.duplicates.push(...state.suspects.filter(isDuplicate).map(({ tile }) => tile));
  const kept = state.suspects.filter((suspect) => !isDuplicate(suspect));
  state.suspects.splice(0, state.suspects.length, ...kept);
}

function observeConfirm(state: SearchState, { action, outcome, tiles, centre }: Observation & { action: LookAction & { kind: 'confirm' } }): void {
  const { tile } = action;
  takeUp(state, tile);
  const { belief, grid, options, candidate } = state;
  const evidence = outcome === 'seen' ? tiles.find((entry) => entry.tile === tile) : undefined;
  if (evidence !== undefined) recordClose(belief, grid, evidence);
  // A journal of another version, or a request of a viewer: evidence, but no decision about this candidate.
  if (candidate === null || candidate.tile !== tile) return;
  candidate.attempts++;
  if (evidence !== undefined) {
    candidate.seen++;
    if (centre !== undefined && evidence.logRatio >= candidate.support) {
      Object.assign(candidate, clampToTile(grid, tile, centre));
      candidate.support = evidence.logRatio;
    }
  }
  const logOdds = findLogOdds(state, tile);
  const decision = verdict(candidate, options, { logOdds, looksToGain: (nats) => looksToGain(belief, tile, nats) });
  if (decision === 'look') return;
  state.candidate = null;
  state.settled.candidates++;
  state.settled.looks += candidate.attempts;
  if (candidate.seen === 0) {
    state.seen[tile] = SEEN.skipped;
    state.skipped++;
    return;
  }
  state.seen[tile] = SEEN.settled;
  // Were it no hit at all, undecided tiles would speak against there being targets, and so against deciding for the next.
  if (decision === 'undecided') {
    recordHit(belief, grid, { tile, probability: logistic(logOdds) });
    state.undecided.push(candidate);
  }
  if (decision !== 'declare') return;
  if (duplicateOf(grid, state.finds, candidate) !== undefined) {
    state.duplicates.push(tile);
    return;
  }
  const looks = belief.closeLooks[tile]! + (state.surveys[blockOf(grid, tile)] === SURVEY.seen ? 1 : 0);
  state.finds.push(findOf(candidate, { number: state.finds.length + 1, logOdds, looks }));
  recordHit(belief, grid, { tile, probability: 1 });
  dropDuplicates(state);
  state.trust.finds++;
  state.trust.logRatio += candidate.surveyGain;
}

function observeSurvey(state: SearchState, { action, outcome, tiles }: Observation & { action: LookAction & { kind: 'survey' } }): void {
  if (outcome !== 'seen') {
    // Not tried again: its tiles are inspected one by one all the same.
    if (state.surveys[action.block] === SURVEY.not) state.surveys[action.block] = SURVEY.failed;
    return;
  }
  // The same picture again tells nothing new.
  if (state.surveys[action.block] === SURVEY.seen) return;
  state.surveys[action.block] = SURVEY.seen;
  state.surveyed += tiles.length;
  recordSurvey(state.belief, state.grid, tiles);
  for (const { tile } of tiles) if (state.seen[tile] === SEEN.not) state.seen[tile] = SEEN.surveyed;
}

function observe(order: Order, state: SearchState, observation: Observation): SearchState {
  const { action, outcome, seconds } = observation;
  state.spentS += seconds;
  if (action.kind === 'survey') observeSurvey(state, { ...observation, action });
  else if (action.kind === 'confirm') observeConfirm(state, { ...observation, action });
  else if (action.kind === 'inspect') {
    const seen = observation.tiles.find((entry) => entry.tile === action.tile);
    if (outcome === 'seen' && seen !== undefined) {
      observeInspect(order, state, { tile: action.tile, seen: seen.logRatio, centre: observation.centre });
    } else failed(state, action.tile, outcome === 'rejected' ? 'rejected' : 'skipped');
  } else return state;
  order.changed?.(state, action);
  return state;
}

/** The part that all strategies share: suspicion, confirmation, finds, retries and the end. An order says where to look next. */
export function defineStrategy(id: string, summary: string, order: Order): SearchStrategy<SearchState> {
  return {
    id,
    summary,
    start: createState,
    next: (state, here) => next(order, state, here),
    observe: (state, observation) => observe(order, state, observation),
    summarise,
  };
}
