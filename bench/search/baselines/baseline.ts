import type { Action, Find, Here, Observation, SearchOptions, SearchStrategy, SearchSummary, TileGrid } from '../../../src/contract/strategy.ts';
import { blockCentre, blockColumns, blockOf, blockRows, tileCentre, tileCount, tilesOfBlock } from '../../../src/search/grid.ts';
import { createBlockBelief, type BlockBelief } from './belief.ts';

/** Log ratio of an inspect look above which a tile is confirmed: a score of 2.6 where targets score 3.5 (search.md 2b). */
export const DECLARED_LOG_RATIO = 3.5 * 2.6 - 3.5 ** 2 / 2;
/** Bounds are taken so much higher that rounding never hides a tie. */
const ROUNDING = 1e-9;
/** Share of targets that score above it. */
export const INSPECT_SENSITIVITY = 0.816;

/** State of a baseline. Not JSON: baselines are never resumed. */
export interface BaselineState {
  readonly grid: TileGrid;
  readonly options: SearchOptions;
  readonly belief: BlockBelief;
  /** Per tile: 1 had its close look or is excluded. */
  readonly done: Uint8Array;
  /** Per block: 1 surveyed, or not to be. */
  readonly surveyed: Uint8Array;
  /** Per tile: likelihood ratio of its survey score, 1 without one. */
  readonly ratio: Float64Array;
  /** Per block: the highest ratio of its tiles. */
  readonly highestRatio: Float64Array;
  readonly tilesOf: readonly (readonly number[])[];
  readonly blockCentres: readonly { readonly xUm: number; readonly yUm: number }[];
  readonly blockOfTile: Int32Array;
  readonly xUm: Float64Array;
  readonly yUm: Float64Array;
  readonly finds: Find[];
  suspect: number | undefined;
  open: number;
  inspected: number;
  cursor: number;
}

export type Choice = { readonly inspect: number } | { readonly survey: number } | undefined;
export interface Rule {
  readonly id: string;
  readonly summary: string;
  /** Rate at which surveyed tiles enter the belief; absent: the rate of their block at that moment. */
  readonly surveyRate?: number;
  choose(state: BaselineState, here: Here): Choice;
}

function start(grid: TileGrid, options: SearchOptions): BaselineState {
  const tiles = tileCount(grid);
  const blocks = blockColumns(grid) * blockRows(grid);
  const state: BaselineState = {
    grid,
    options,
    belief: createBlockBelief(grid),
    done: new Uint8Array(tiles),
    surveyed: new Uint8Array(blocks),
    ratio: new Float64Array(tiles).fill(1),
    highestRatio: new Float64Array(blocks).fill(1),
    tilesOf: Array.from({ length: blocks }, (_, block) => tilesOfBlock(grid, block)),
    blockCentres: Array.from({ length: blocks }, (_, block) => blockCentre(grid, block)),
    blockOfTile: Int32Array.from({ length: tiles }, (_, tile) => blockOf(grid, tile)),
    xUm: Float64Array.from({ length: tiles }, (_, tile) => tileCentre(grid, tile).xUm),
    yUm: Float64Array.from({ length: tiles }, (_, tile) => tileCentre(grid, tile).yUm),
    finds: [],
    suspect: undefined,
    open: tiles - grid.excluded.length,
    inspected: 0,
    cursor: 0,
  };
  for (const tile of grid.excluded) {
    state.done[tile] = 1;
    state.surveyed[state.blockOfTile[tile]!] = 1;
  }
  return state;
}

function next(rule: Rule, state: BaselineState, here: Here): Action {
  const { grid, options, finds, suspect } = state;
  const { looks } = options;
  if (finds.length >= options.finds) return { kind: 'finish', outcome: 'found', reason: 'All finds are confirmed.' };
  if (suspect !== undefined) return { kind: 'confirm', tile: suspect, attempt: 1, look: { band: 'confirm', ...tileCentre(grid, suspect), settings: looks.confirm } };
  const choice = state.open === 0 ? undefined : rule.choose(state, here);
  if (choice === undefined) return { kind: 'finish', outcome: 'exhausted', reason: 'All tiles had their look.' };
  if ('inspect' in choice) return { kind: 'inspect', tile: choice.inspect, look: { band: 'inspect', ...tileCentre(grid, choice.inspect), settings: looks.inspect } };
  const { survey: block } = choice;
  return { kind: 'survey', block, tiles: tilesOfBlock(grid, block), look: { band: 'survey', ...blockCentre(grid, block), settings: looks.survey } };
}

function observe(rule: Rule, state: BaselineState, { action, tiles }: Observation): BaselineState {
  const { belief, grid } = state;
  if (action.kind === 'survey') {
    state.surveyed[action.block] = 1;
    if (tiles.length === 0) return state;
    for (const { tile, logRatio } of tiles) state.ratio[tile] = Math.exp(logRatio);
    state.highestRatio[action.block] = Math.max(...tiles.map(({ tile }) => state.ratio[tile]!));
    belief.surveyed(action.block, tiles.map(({ tile }) => state.ratio[tile]!), rule.surveyRate ?? belief.rate(action.block));
  } else if (action.kind === 'inspect') {
    state.done[action.tile] = 1;
    state.open--;
    state.inspected++;
    belief.inspected(state.blockOfTile[action.tile]!);
    if (tiles.length > 0 && tiles[0]!.logRatio > DECLARED_LOG_RATIO) state.suspect = action.tile;
  } else if (action.kind === 'confirm') {
    state.suspect = undefined;
    const { missRate, falseFindRate } = state.options;
    if (tiles.length === 0 || tiles[0]!.logRatio < Math.log((1 - missRate) / falseFindRate)) return state;
    state.finds.push({ id: `find-${state.finds.length + 1}`, tile: action.tile, ...tileCentre(grid, action.tile), probability: 1 - state.options.falseFindRate, looks: 2 });
    belief.confirmed(state.blockOfTile[action.tile]!);
  }
  return state;
}

/** A baseline claims nothing about what it missed: its bound is the number of tiles. */
function summarise(state: BaselineState): SearchSummary {
  const { grid, belief, done, ratio, blockOfTile, finds } = state;
  const found = new Set(finds.map(({ tile }) => tile));
  const excluded = new Set(grid.excluded);
  const total = tileCount(grid);
  return {
    finds: [...finds],
    suspects: [],
    get posterior() {
      return Array.from(done, (looked, tile) => {
        if (excluded.has(tile)) return -1;
        if (found.has(tile)) return 1 - state.options.falseFindRate;
        const p = belief.posterior(blockOfTile[tile]!, ratio[tile]!);
        return looked === 1 ? (p * (1 - INSPECT_SENSITIVITY)) / (1 - p * INSPECT_SENSITIVITY) : p;
      });
    },
    get seen() {
      return Array.from(done, (looked, tile) => (looked === 1 ? 2 : ratio[tile] === 1 ? 0 : 1));
    },
    tiles: { total: total - grid.excluded.length, inspected: state.inspected, surveyed: 0, skipped: 0 },
    missed: { expected: 0, upper95: total },
  };
}

/** A rule of order with the declaration and confirmation of search.md 2b: one confirm look, declared at Wald's threshold. */
export function defineBaseline(rule: Rule): SearchStrategy<BaselineState> {
  return {
    id: rule.id,
    summary: rule.summary,
    start,
    next: (state, here) => next(rule, state, here),
    observe: (state, observation) => observe(rule, state, observation),
    summarise,
  };
}

// Math.hypot takes ten times as long.
export const distance = (dx: number, dy: number): number => Math.sqrt(dx * dx + dy * dy);

/** Seconds of the confirmation that a suspicion leads to, with the change of magnification there and back where there is one. */
export function confirmationS({ costs, looks }: SearchOptions): number {
  return costs.frameS.confirm + (looks.confirm.fieldWidthUm === looks.inspect.fieldWidthUm ? 0 : costs.settleS + 2 * costs.opticsChangeS);
}

/**
 * Unlooked tile of the largest value of its posterior and the seconds to look at it; the lower number on ties. The value must rise with
 * the posterior and fall with the seconds: blocks whose best tile, were it the nearest, would not do are passed over.
 */
export function bestTile(state: BaselineState, here: Here, valueOf: (p: number, lookS: number) => number): { tile: number; value: number } {
  const { grid, done, belief, ratio, highestRatio, tilesOf, xUm, yUm, options } = state;
  const { costs, looks } = options;
  const fixedS = costs.frameS.inspect + costs.settleS + (here.fieldWidthUm === looks.inspect.fieldWidthUm ? 0 : costs.opticsChangeS);
  const best = { tile: -1, value: Number.NEGATIVE_INFINITY };
  const posterior = (rate: number, likelihood: number): number => (likelihood === 1 ? rate : (rate * likelihood) / (1 - rate + rate * likelihood));
  const offer = (block: number): void => {
    const rate = belief.rate(block);
    for (const tile of tilesOf[block]!) {
      if (done[tile] === 1) continue;
      const lookS = fixedS + distance(xUm[tile]! - here.xUm, yUm[tile]! - here.yUm) / costs.stageSpeedUmPerS;
      const value = valueOf(posterior(rate, ratio[tile]!), lookS);
      if (value > best.value || (value === best.value && tile < best.tile)) Object.assign(best, { tile, value });
    }
  };
  const halfWidthUm = (grid.blockTiles * grid.tileWidthUm) / 2;
  const halfHeightUm = (grid.blockTiles * grid.tileHeightUm) / 2;
  for (let block = 0; block < tilesOf.length; block++) {
    const { xUm: x, yUm: y } = state.blockCentres[block]!;
    const awayUm = distance(Math.max(0, Math.abs(x - here.xUm) - halfWidthUm), Math.max(0, Math.abs(y - here.yUm) - halfHeightUm));
    const bound = valueOf(posterior(belief.rate(block), highestRatio[block]!), fixedS + awayUm / costs.stageSpeedUmPerS);
    if (bound * (1 + ROUNDING) >= best.value) offer(block);
  }
  return best;
}
