import { describe, expect, test } from 'vitest';
import type { Action, Here, Observation, SearchStrategy } from '../../src/contract/strategy.ts';
import { confirmLook, declareLogOdds, dropLogOdds, duplicateOf, MAX_CONFIRM_ATTEMPTS, suspicionLogOdds, type Candidate } from '../../src/search/confirmation.ts';
import { globalRate } from '../../src/search/belief.ts';
import { tileAt, tileCentre } from '../../src/search/grid.ts';
import { strategy as serpentine } from '../../src/search/strategies/serpentine.ts';
import type { SearchState } from '../../src/search/state.ts';
import { COSTS, gridOf, LOOKS, searchOptions } from './world.ts';

const grid = gridOf({ edgeTiles: 4 });
const options = searchOptions({ finds: 10, seed: 1 });
const here: Here = { xUm: 0, yUm: 0, fieldWidthUm: 20 };

type Answer = Partial<Pick<Observation, 'outcome' | 'centre'>> & { logRatio?: number };

/** Plays serpentine to its end, with what each look brings told by the test. */
function tell(answer: (action: Extract<Action, { kind: 'inspect' | 'confirm' }>) => Answer): { actions: Action[]; state: SearchState } {
  const strategy: SearchStrategy<SearchState> = serpentine;
  let state = strategy.start(grid, options);
  const actions: Action[] = [];
  for (;;) {
    const action = strategy.next(state, here);
    actions.push(action);
    if (action.kind === 'finish') return { actions, state };
    if (action.kind !== 'inspect' && action.kind !== 'confirm') throw new Error(`serpentine asked for ${action.kind}`);
    const { logRatio = -4, outcome = 'seen', centre } = answer(action);
    const tiles = outcome === 'seen' ? [{ tile: action.tile, logRatio }] : [];
    state = strategy.observe(state, { action, outcome, tiles, seconds: 1, doseC: 0, ...(centre !== undefined && { centre }) });
  }
}
const confirms = (actions: readonly Action[]) => actions.filter((action) => action.kind === 'confirm');

describe('thresholds', () => {
  test('are those of Wald', () => {
    expect(declareLogOdds(options)).toBeCloseTo(Math.log(0.95 / 0.01), 12);
    expect(dropLogOdds(options)).toBeCloseTo(Math.log(0.05 / 0.99), 12);
  });
  test('a dear confirmation asks for more suspicion, but never for more than even odds', () => {
    const dear = { ...options, prevalence: 0.02, costs: { ...COSTS, frameS: { ...COSTS.frameS, confirm: 12 } } };
    expect(suspicionLogOdds(dear)).toBeGreaterThan(suspicionLogOdds({ ...dear, costs: COSTS }));
    expect(suspicionLogOdds({ ...dear, prevalence: 0.4 })).toBeCloseTo(0, 12);
    expect(suspicionLogOdds({ ...options, prevalence: 0.001 })).toBeGreaterThanOrEqual(dropLogOdds(options));
  });
});

describe('a suspected find', () => {
  test('is looked at again at once, and declared when the looks agree', () => {
    const { actions, state } = tell(({ tile }) => (tile === 2 ? { logRatio: 5 } : {}));
    const at = actions.findIndex((action) => action.kind === 'confirm');
    expect(actions[at - 1]).toMatchObject({ kind: 'inspect', tile: 2 });
    expect(confirms(actions).every((action) => action.tile === 2)).toBe(true);
    expect(state.finds).toMatchObject([{ id: 'find-1', tile: 2, ...tileCentre(grid, 2) }]);
    expect(state.finds[0]!.looks).toBe(1 + confirms(actions).length);
  });

  test('is never declared on the first look alone, however sure', () => {
    const { state, actions } = tell(({ tile, kind }) => ({ logRatio: tile === 2 && kind === 'inspect' ? 8 : -6 }));
    expect(confirms(actions).length).toBeGreaterThan(0);
    expect(state.finds).toEqual([]);
  });

  test('is dropped when the looks contradict, and after the last attempt when they say nothing', () => {
    expect(confirms(tell(({ tile, kind }) => ({ logRatio: tile === 2 ? (kind === 'inspect' ? 3 : -6) : -4 })).actions)).toHaveLength(1);
    const undecided = tell(({ tile, kind }) => ({ logRatio: tile === 2 ? (kind === 'inspect' ? 4 : 1) : -4 }));
    expect(confirms(undecided.actions)).toHaveLength(MAX_CONFIRM_ATTEMPTS);
    expect(undecided.state.finds).toEqual([]);
    expect(undecided.state.seen[2]).toBe(3);
  });

  test('that six looks brought near a find is looked at until it is one', () => {
    const { actions, state } = tell(({ tile }) => ({ logRatio: tile === 2 ? 2.1 : -4 }));
    expect(confirms(actions).length).toBeGreaterThan(MAX_CONFIRM_ATTEMPTS);
    expect(confirms(actions).length).toBeLessThanOrEqual(2 * MAX_CONFIRM_ATTEMPTS);
    expect(state.finds).toMatchObject([{ tile: 2 }]);
    expect(serpentine.summarise(state).suspects).toEqual([]);
  });

  test('that stays undecided counts as the part of a find that it probably is, and is told as a suspect', () => {
    const undecided = tell(({ tile, kind }) => ({ logRatio: tile === 2 ? (kind === 'inspect' ? 4 : 1.5) : -4 })).state;
    const ruledOut = tell(({ tile, kind }) => ({ logRatio: tile === 2 ? (kind === 'inspect' ? 4 : -6) : -4 })).state;
    expect(undecided.finds).toEqual([]);
    expect(globalRate(undecided.belief)).toBeGreaterThan(globalRate(ruledOut.belief));
    const { suspects } = serpentine.summarise(undecided);
    expect(suspects).toMatchObject([{ tile: 2, ...tileCentre(grid, 2) }]);
    expect(suspects[0]!.probability).toBeGreaterThan(0.5);
    expect(serpentine.summarise(ruledOut).suspects).toEqual([]);
  });

  test('whose confirm looks all fail is left out as skipped', () => {
    const { actions, state } = tell(({ tile, kind }) => (tile === 2 ? (kind === 'inspect' ? { logRatio: 5 } : { outcome: 'skipped' }) : {}));
    expect(confirms(actions)).toHaveLength(MAX_CONFIRM_ATTEMPTS);
    expect(state.seen[2]).toBe(4);
    expect(state.skipped).toBe(1);
  });

  test('is found where its structure was seen best', () => {
    const { xUm, yUm } = tileCentre(grid, 5);
    const { state } = tell(({ tile, kind }) => (tile === 5 ? { logRatio: kind === 'confirm' ? 6 : 5, centre: { xUm: xUm + (kind === 'confirm' ? 4 : 3), yUm } } : {}));
    expect(state.finds).toMatchObject([{ tile: 5, xUm: xUm + 4, yUm }]);
  });
});

describe('looks at a candidate', () => {
  const candidate = (attempts: number): Candidate => ({ tile: 5, ...tileCentre(grid, 5), support: 3, attempts, seen: attempts, surveyGain: 0 });
  test('are never twice the same, stay in the tile, and lie between confirm and inspect magnification', () => {
    const looks = Array.from({ length: MAX_CONFIRM_ATTEMPTS }, (_, attempts) => confirmLook(candidate(attempts), grid, LOOKS));
    expect(new Set(looks.map(({ xUm, yUm }) => `${xUm} ${yUm}`)).size).toBe(looks.length);
    expect(looks[0]).toEqual({ band: 'confirm', ...tileCentre(grid, 5), settings: LOOKS.confirm });
    for (const look of looks) {
      expect(tileAt(grid, look)).toBe(5);
      expect(look.settings.fieldWidthUm).toBeGreaterThanOrEqual(LOOKS.confirm.fieldWidthUm);
      expect(look.settings.fieldWidthUm).toBeLessThanOrEqual(LOOKS.inspect.fieldWidthUm);
    }
  });
  test('of a structure beyond the tile stand on its edge', () => {
    const far = confirmLook({ ...candidate(0), xUm: 1e4, yUm: -1e4 }, grid, LOOKS);
    expect(Math.abs(far.xUm - tileCentre(grid, 5).xUm)).toBeCloseTo(10, 9);
    expect(Math.abs(far.yUm - tileCentre(grid, 5).yUm)).toBeCloseTo(10, 9);
  });
});

describe('one object seen from two tiles', () => {
  // On the border between tiles 5 and 6, 2 um into either as each sees it.
  const border = { xUm: 0, yUm: tileCentre(grid, 5).yUm };
  test('is one find', () => {
    const { state } = tell(({ tile }) => (tile === 5 || tile === 6 ? { logRatio: 5, centre: { xUm: border.xUm + (tile === 5 ? -2 : 2), yUm: border.yUm } } : {}));
    expect(state.finds).toHaveLength(1);
    expect(state.duplicates).toHaveLength(1);
    expect(serpentine.summarise(state).missed.expected).toBeLessThan(0.2);
  });
  test('two objects in neighbouring tiles are two', () => {
    const { state } = tell(({ tile }) => (tile === 5 || tile === 6 ? { logRatio: 5 } : {}));
    expect(state.finds.map(({ tile }) => tile).sort()).toEqual([5, 6]);
  });
  test('the radius is three quarters of a tile', () => {
    const find = { id: 'find-1', tile: 5, xUm: 0, yUm: 0, probability: 1, looks: 2 };
    expect(duplicateOf(grid, [find], { xUm: 14.9, yUm: 0 })).toBe(find);
    expect(duplicateOf(grid, [find], { xUm: 15.1, yUm: 0 })).toBeUndefined();
  });
});

describe('a tile that cannot be seen', () => {
  test('is tried three times in all when skipped, the last ones after all others', () => {
    const { actions, state } = tell(({ tile }) => (tile === 3 ? { outcome: 'skipped' } : {}));
    const tiles = actions.flatMap((action) => (action.kind === 'inspect' ? [action.tile] : []));
    expect(tiles.filter((tile) => tile === 3)).toHaveLength(3);
    expect(tiles.slice(-2)).toEqual([3, 3]);
    expect(state.seen[3]).toBe(4);
    expect(actions.at(-1)).toMatchObject({ kind: 'finish', outcome: 'exhausted' });
    expect((actions.at(-1) as { reason: string }).reason).toMatch(/1 could not be/);
  });
  test('is tried once more when its picture was rejected, and counts as inspected when that goes well', () => {
    let tries = 0;
    const { actions, state } = tell(({ tile }) => (tile === 3 && tries++ === 0 ? { outcome: 'rejected' } : {}));
    expect(actions.filter((action) => action.kind === 'inspect' && action.tile === 3)).toHaveLength(2);
    expect(state.inspected).toBe(16);
  });
});
