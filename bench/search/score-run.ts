import type { Action, Here, LookAction, Observation, SearchOptions, SearchStrategy, SearchSummary, TileGrid } from '../../src/contract/strategy.ts';
import { randomFor } from '../../src/lib/random.ts';
import { planGrid } from '../../src/search/grid.ts';
import { logRatioOfScore, type ScoreWorld } from './score-world.ts';

/** One tile pitch takes 0.5 s, settling 1 s, a picture 2 s (confirm 4 s), a change of magnification 3 s. */
export const TILE_UM = 20;
export const COSTS: SearchOptions['costs'] = {
  stageSpeedUmPerS: 40,
  settleS: 1,
  opticsChangeS: 3,
  frameS: { survey: 2, inspect: 2, confirm: 4 },
};
const BLOCK_TILES = 4;
const pixels = { widthPx: 512, heightPx: 512, dwellUs: 1 };
export const LOOKS: SearchOptions['looks'] = {
  survey: { ...pixels, fieldWidthUm: TILE_UM * BLOCK_TILES },
  inspect: { ...pixels, fieldWidthUm: TILE_UM },
  confirm: { ...pixels, fieldWidthUm: TILE_UM * 0.6 },
};

export interface RunOptions {
  readonly finds: number;
  readonly seed: number;
  readonly prevalence?: number;
  readonly falseFindRate?: number;
  /** What the classifier's likelihood curve claims, right or wrong; the world has the truth. */
  readonly claimed: { readonly survey: number; readonly inspect: number };
  /** Separation of one confirm look, and correlation of the scores of close looks at one tile. */
  readonly confirmSeparation?: number;
  readonly correlation?: number;
  /** Share of looks that fail, in either way. */
  readonly skippedShare?: number;
  readonly rejectedShare?: number;
  readonly excluded?: readonly number[];
  /** State is put through JSON after every step. */
  readonly throughJson?: boolean;
  /** After so many actions the search is said to loop. */
  readonly maxActions?: number;
}

export interface ScoreRun {
  readonly seconds: number;
  readonly outcome: 'found' | 'exhausted';
  readonly actions: readonly Action[];
  readonly observations: readonly Observation[];
  readonly heres: readonly Here[];
  readonly trueFinds: number;
  readonly falseFinds: number;
  /** Tiles that were looked at again. */
  readonly suspected: number;
  readonly summary: SearchSummary;
}

export function gridOf(world: Pick<ScoreWorld, 'edgeTiles'>, excluded: readonly number[] = []): TileGrid {
  const size = world.edgeTiles * TILE_UM;
  const area = { centreXUm: 0, centreYUm: 0, widthUm: size, heightUm: size };
  return { ...planGrid({ ...area, tileWidthUm: TILE_UM, tileHeightUm: TILE_UM, overlap: 0, blockTiles: BLOCK_TILES }), excluded: [...excluded] };
}

export function searchOptions(run: RunOptions): SearchOptions {
  return {
    finds: run.finds,
    prevalence: run.prevalence ?? 0.01,
    falseFindRate: run.falseFindRate ?? 0.01,
    missRate: 0.05,
    looks: LOOKS,
    costs: COSTS,
    seed: run.seed,
  };
}

/** What a look would bring: fixed by world, seed, tile and attempt, whatever was looked at before. */
function evidence(world: ScoreWorld, action: LookAction, run: RunOptions): Observation['tiles'] {
  if (action.kind === 'survey') {
    return action.tiles.map((tile) => ({ tile, logRatio: logRatioOfScore(world.surveyScore[tile]!, run.claimed.survey) }));
  }
  const { tile } = action;
  if (action.kind === 'inspect') return [{ tile, logRatio: logRatioOfScore(world.inspectScore[tile]!, run.claimed.inspect) }];
  // Shares the tile's own part with the inspect look: the same structure is looked at.
  const separation = run.confirmSeparation ?? 4;
  const correlation = run.correlation ?? 0.3;
  const held = world.targets.has(tile) ? 1 : 0;
  const shared = world.inspectScore[tile]! - held * run.claimed.inspect;
  const own = randomFor(run.seed, `confirm-${tile}-${action.attempt}`).gaussian();
  const score = held * separation + correlation * shared + Math.sqrt(1 - correlation ** 2) * own;
  return [{ tile, logRatio: logRatioOfScore(score, separation) }];
}

/** Seconds of an action: travel and settling when it moves, the change of magnification, the picture. */
export function secondsOf(action: LookAction, here: Here): number {
  const { look } = action;
  const distanceUm = Math.hypot(look.xUm - here.xUm, look.yUm - here.yUm);
  const travel = distanceUm > 1e-9 ? COSTS.settleS + distanceUm / COSTS.stageSpeedUmPerS : 0;
  const change = look.settings.fieldWidthUm === here.fieldWidthUm ? 0 : COSTS.opticsChangeS;
  return travel + change + COSTS.frameS[look.band];
}

/** Plays a strategy on a world of scores, from the middle of the field, to its own end. Throws when it seems to loop. */
export function runOnScores<S>(strategy: SearchStrategy<S>, world: ScoreWorld, run: RunOptions): ScoreRun {
  const grid = gridOf(world, run.excluded);
  const luck = randomFor(run.seed, 'failures');
  const maxActions = run.maxActions ?? 20 * world.edgeTiles ** 2;
  let state = strategy.start(grid, searchOptions(run));
  let here: Here = { xUm: 0, yUm: 0, fieldWidthUm: LOOKS.inspect.fieldWidthUm };
  let seconds = 0;
  const actions: Action[] = [];
  const observations: Observation[] = [];
  const heres: Here[] = [];
  for (;;) {
    if (run.throughJson === true) state = JSON.parse(JSON.stringify(state)) as S;
    const action = strategy.next(state, here);
    actions.push(action);
    heres.push(here);
    if (action.kind === 'finish') {
      const summary = strategy.summarise(state);
      const trueFinds = new Set(summary.finds.map(({ tile }) => tile).filter((tile) => world.targets.has(tile))).size;
      const suspected = new Set(actions.flatMap((past) => (past.kind === 'confirm' ? [past.tile] : []))).size;
      const falseFinds = summary.finds.length - trueFinds;
      return { seconds, outcome: action.outcome, actions, observations, heres, trueFinds, falseFinds, suspected, summary };
    }
    if (action.kind === 'refocus') throw new Error('no strategy asks for focus yet');
    if (actions.length > maxActions) throw new Error(`no end after ${maxActions} actions`);
    const spent = secondsOf(action, here);
    seconds += spent;
    here = { xUm: action.look.xUm, yUm: action.look.yUm, fieldWidthUm: action.look.settings.fieldWidthUm };
    const fate = luck.uniform();
    const skippedShare = run.skippedShare ?? 0;
    const outcome = fate < skippedShare ? 'skipped' : fate < skippedShare + (run.rejectedShare ?? 0) ? 'rejected' : 'seen';
    const tiles = outcome === 'seen' ? evidence(world, action, run) : [];
    const observation: Observation = { action, outcome, tiles: [...tiles], seconds: spent, doseC: 0 };
    observations.push(observation);
    state = strategy.observe(state, observation);
  }
}
