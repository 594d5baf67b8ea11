import type { RunPlan } from '../../../src/contract/run.ts';
import type { TileGrid } from '../../../src/contract/strategy.ts';
import { tileAt } from '../../../src/search/grid.ts';
import { STRATEGIES, type StrategyName } from '../../../src/search/registry.ts';
import type { Truth } from '../../../simulator/truth.ts';
import { createWorld } from '../create-world.ts';
import type { Family } from '../families/family.ts';
import { PROFILES, type Profile } from '../instrument/profiles.ts';
import { play } from '../player.ts';
import { timeToFinds } from '../task.ts';
import type { World } from '../world.ts';
import { FINDS, LOOK_ALIKE, TARGET } from './specimens.ts';

/** Draws of the scores of one specimen: their luck averages out, that of the places stays. */
const DRAWS = 20;

/** What looks cost in the plan of the run. */
export function twinProfile({ search, grid }: RunPlan): Profile {
  return { ...PROFILES['bench-top'], id: 'plan', summary: 'prices of the plan of the rendered run', tileUm: grid.tileWidthUm, costs: search.costs };
}

function tilesOf({ sites }: Truth, label: string, grid: TileGrid): number[] {
  return [...new Set(sites.filter((site) => site.label === label).flatMap((site) => tileAt(grid, site) ?? []))];
}

/** The specimen as a world of scores: a site is the tile that its centre lies on, with the separations that every family has. */
function twinOf({ plan, truth }: { readonly plan: RunPlan; readonly truth: Truth }, draw: number): World {
  const { grid, search } = plan;
  const targets = tilesOf(truth, TARGET, grid);
  const held = new Set(targets);
  const family: Family = {
    id: 'twin',
    summary: 'a rendered specimen',
    field: () => ({
      targets,
      lookAlikes: { tiles: tilesOf(truth, LOOK_ALIKE, grid).filter((tile) => !held.has(tile)), means: { survey: 1.5, inspect: 1.75, confirm: 0.5 } },
      finds: FINDS,
      prevalence: search.prevalence,
    }),
  };
  const world = createWorld(family, Math.sqrt(grid.columns * grid.rows), truth.seed * DRAWS + draw);
  return { ...world, grid, profile: twinProfile(plan), begin: { xUm: 0, yUm: 0, fieldWidthUm: search.looks.inspect.fieldWidthUm } };
}

/** Times to the finds on the twin, one per draw of its scores. */
export async function playTwin(name: StrategyName, run: { readonly plan: RunPlan; readonly truth: Truth }): Promise<number[]> {
  const { strategy } = await STRATEGIES[name].load();
  return Array.from({ length: DRAWS }, (_, draw) => {
    const world = twinOf(run, draw);
    return timeToFinds(play(strategy, world, { seed: run.truth.seed }), world).timeS;
  });
}
