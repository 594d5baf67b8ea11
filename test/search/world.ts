import type { Action, Here, Observation, SearchOptions, SearchStrategy, TileGrid } from '../../src/contract/strategy.ts';
import { planGrid } from '../../src/search/grid.ts';
import { STRATEGIES, strategyNames, type StrategyName } from '../../src/search/registry.ts';
import type { SearchState } from '../../src/search/state.ts';
import { createWorld } from '../../bench/search/create-world.ts';
import type { Family } from '../../bench/search/families/family.ts';
import { looksOf, PROFILES } from '../../bench/search/instrument/profiles.ts';
import { play as playWorld, type Play } from '../../bench/search/player.ts';
import { createScoreWorld, type WorldOptions } from '../../bench/search/score-world.ts';

const PROFILE = PROFILES['bench-top'];
const BLOCK_TILES = 4;
/** What the likelihood curves claim, right or wrong; the world has the truth. */
const CLAIMED = { survey: 1.5, inspect: 3.5, confirm: 4 } as const;
const PREVALENCE = 0.01;
export const COSTS: SearchOptions['costs'] = PROFILE.costs;
export const LOOKS: SearchOptions['looks'] = looksOf(PROFILE, BLOCK_TILES);

/** A field of targets, and how well survey looks tell them from empty tiles. */
export interface TestWorld extends WorldOptions {
  readonly targets: ReadonlySet<number>;
}

export function worldOf(options: Partial<WorldOptions> = {}): TestWorld {
  const world: WorldOptions = { edgeTiles: 16, density: 0.03, scatter: 'loose', seed: 1, surveySeparation: CLAIMED.survey, inspectSeparation: CLAIMED.inspect, ...options };
  return { ...world, targets: createScoreWorld(world).targets };
}

export function gridOf({ edgeTiles }: Pick<WorldOptions, 'edgeTiles'>, excluded: readonly number[] = []): TileGrid {
  const [widthUm, heightUm] = [edgeTiles * PROFILE.tileUm, edgeTiles * PROFILE.tileUm];
  const plan = { centreXUm: 0, centreYUm: 0, widthUm, heightUm, tileWidthUm: PROFILE.tileUm, tileHeightUm: PROFILE.tileUm };
  return { ...planGrid({ ...plan, overlap: 0, blockTiles: BLOCK_TILES }), excluded: [...excluded] };
}

export function searchOptions({ finds, seed, prevalence = PREVALENCE }: { readonly finds: number; readonly seed: number; readonly prevalence?: number }): SearchOptions {
  return { finds, prevalence, falseFindRate: 0.01, missRate: 0.05, looks: LOOKS, costs: COSTS, seed };
}

export async function allStrategies(): Promise<[StrategyName, SearchStrategy<SearchState>][]> {
  return Promise.all(strategyNames.map(async (name) => [name, (await STRATEGIES[name].load()).strategy] as [StrategyName, SearchStrategy<SearchState>]));
}

export interface TestRun {
  readonly finds?: number;
  readonly seed?: number;
  readonly prevalence?: number;
  /** Share of looks that fail, in either way. */
  readonly skippedShare?: number;
  readonly rejectedShare?: number;
  readonly excluded?: readonly number[];
  /** Ends the run, and is told to the strategy. */
  readonly budgetSeconds?: number;
  /** State is put through JSON after every step. */
  readonly throughJson?: boolean;
}

/** A play with all that happened in it. */
export interface TestPlay extends Omit<Play, 'actions'> {
  readonly actions: readonly Action[];
  readonly observations: readonly Observation[];
  /** Where the instrument was at each action. */
  readonly heres: readonly Here[];
  readonly trueFinds: number;
}

function familyOf(world: TestWorld, { finds = 5, prevalence = PREVALENCE, skippedShare = 0, rejectedShare = 0, excluded = [], budgetSeconds }: TestRun): Family {
  return {
    id: 'test',
    summary: '',
    field: () => ({
      targets: [...world.targets],
      excluded,
      separations: { ...CLAIMED, survey: world.surveySeparation, inspect: world.inspectSeparation },
      claimed: CLAIMED,
      finds,
      prevalence,
      profile: 'bench-top',
      ...(budgetSeconds !== undefined && { budget: { seconds: budgetSeconds } }),
      outcome: ({ luck }) => (luck < skippedShare ? 'skipped' : luck < skippedShare + rejectedShare ? 'rejected' : 'seen'),
    }),
  };
}

/** Plays a strategy to its own end. */
export function play(strategy: SearchStrategy<SearchState>, world: TestWorld, run: TestRun = {}): TestPlay {
  const actions: Action[] = [];
  const observations: Observation[] = [];
  const heres: Here[] = [];
  const { seed = 1, throughJson = false } = run;
  const played = playWorld(strategy, createWorld(familyOf(world, run), world.edgeTiles, world.seed), {
    seed,
    throughJson,
    onStep: ({ action, here, observation }) => {
      actions.push(action);
      heres.push(here);
      if (observation !== undefined) observations.push(observation);
    },
  });
  return { ...played, actions, observations, heres, trueFinds: played.findTimesS.length };
}
