import { expect, test } from 'vitest';
import { createBlockBelief } from '../../bench/search/baselines/belief.ts';
import { loadBenchStrategy } from '../../bench/search/baselines/registry.ts';
import { blockOf, tilesOfBlock } from '../../src/search/grid.ts';
import { gridOf, searchOptions } from '../search/world.ts';

test.each([true, false])('what a look would do to the blocks around it is what it does, hit: %s', (hit) => {
  const belief = createBlockBelief(gridOf({ edgeTiles: 40 }));
  // So much is known that one look more leaves the whole area's density as it is.
  for (let look = 0; look < 20_000; look++) belief.inspected(99);
  const foreseen = belief.after(33, hit);
  belief.inspected(33);
  if (hit) belief.confirmed(33);
  expect(foreseen).toHaveLength(49);
  for (const { block, rate } of foreseen) expect(rate).toBeCloseTo(belief.rate(block), 3);
});

test.each([['greedy', 'the likeliest'], ['ens', 'one whose success makes others likely']])('%s takes %s', async (name) => {
  const strategy = await loadBenchStrategy(name, { surveySeparation: 1.5 });
  const grid = gridOf({ edgeTiles: 40 });
  const [alone, together] = [0, 1599];
  const here = { xUm: 0, yUm: 0, fieldWidthUm: 20 };
  const logRatio = (tile: number): number => {
    if (tile === alone) return 4.2;
    return blockOf(grid, tile) === blockOf(grid, together) ? 2.5 : -3;
  };
  let state = strategy.start(grid, searchOptions({ finds: 5, seed: 1 }));
  let action = strategy.next(state, here);
  while (action.kind === 'survey') {
    state = strategy.observe(state, { action, outcome: 'seen', tiles: action.tiles.map((tile) => ({ tile, logRatio: logRatio(tile) })), seconds: 1, doseC: 0 });
    action = strategy.next(state, here);
  }
  const posterior = strategy.summarise(state).posterior;
  expect(posterior[alone]!).toBeGreaterThan(posterior[together]!);
  expect(action).toMatchObject({ kind: 'inspect', tile: name === 'greedy' ? alone : tilesOfBlock(grid, blockOf(grid, together))[0] });
});
