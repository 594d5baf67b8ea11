import { defineBaseline, type BaselineState } from './baseline.ts';
import { afterSurvey, INITIAL_RATE } from './survey-first.ts';

/** Only so many of the likeliest tiles are weighed. */
const CANDIDATES = 32;

interface Ranking {
  /** Unlooked tiles, the likeliest first; the lower number on ties. */
  readonly tiles: readonly number[];
  /** Posterior by tile. */
  readonly p: Float64Array;
}

function ranked({ grid, done, belief, ratio, tilesOf }: BaselineState): Ranking {
  const p = new Float64Array(grid.columns * grid.rows);
  const tiles: number[] = [];
  for (let block = 0; block < tilesOf.length; block++) {
    for (const tile of tilesOf[block]!) {
      if (done[tile] === 1) continue;
      p[tile] = belief.posterior(block, ratio[tile]!);
      tiles.push(tile);
    }
  }
  return { tiles: tiles.sort((a, b) => p[b]! - p[a]! || a - b), p };
}

/** Looks until as many finds are expected as are still wanted: what is left to be spent, the look in hand included. */
function looksLeft({ options, finds }: BaselineState, { tiles, p }: Ranking): number {
  const wanted = options.finds - finds.length;
  let expected = 0;
  for (let count = 0; count < tiles.length; count++) {
    expected += p[tiles[count]!]!;
    if (expected >= wanted) return count + 1;
  }
  return tiles.length;
}

/** Sum of the `count` largest posteriors after a look at the tile: only the blocks around it change. */
function bestAfter(state: BaselineState, { tiles, p }: Ranking, look: { readonly tile: number; readonly hit: boolean; readonly count: number }): number {
  const { belief, ratio, done, tilesOf, blockOfTile } = state;
  const changedBlocks = new Set<number>();
  const changed: number[] = [];
  for (const { block, rate } of belief.after(blockOfTile[look.tile]!, look.hit)) {
    changedBlocks.add(block);
    for (const tile of tilesOf[block]!) {
      if (done[tile] === 1 || tile === look.tile) continue;
      const likelihood = ratio[tile]!;
      changed.push((rate * likelihood) / (1 - rate + rate * likelihood));
    }
  }
  changed.sort((a, b) => b - a);
  let [sum, taken, at, next] = [0, 0, 0, 0];
  while (taken < look.count) {
    while (at < tiles.length && changedBlocks.has(blockOfTile[tiles[at]!]!)) at++;
    const [kept, fresh] = [at < tiles.length ? p[tiles[at]!]! : -1, changed[next] ?? -1];
    if (kept < 0 && fresh < 0) break;
    sum += Math.max(kept, fresh);
    if (kept >= fresh) at++;
    else next++;
    taken++;
  }
  return sum;
}

function choose(state: BaselineState): number {
  const ranking = ranked(state);
  const count = looksLeft(state, ranking) - 1;
  let best = { tile: ranking.tiles[0]!, value: Number.NEGATIVE_INFINITY };
  for (const tile of ranking.tiles.slice(0, CANDIDATES)) {
    const p = ranking.p[tile]!;
    const value = p + p * bestAfter(state, ranking, { tile, hit: true, count }) + (1 - p) * bestAfter(state, ranking, { tile, hit: false, count });
    if (value > best.value) best = { tile, value };
  }
  return best.tile;
}

/**
 * Efficient nonmyopic search (Jiang et al. 2017) on the belief of search.md 2b: after a survey of the whole area the tile with the most
 * expected finds if all looks that are left were then spent at once. Travel is ignored; the looks left are those after which as many
 * finds are expected as are wanted.
 */
export const ens = defineBaseline({
  id: 'ens',
  summary: 'Surveys everything, then efficient nonmyopic search; travel ignored.',
  surveyRate: INITIAL_RATE,
  choose: afterSurvey(choose),
});
