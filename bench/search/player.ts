import type { Action, Here, LookAction, Observation, SearchOptions, SearchStrategy, SearchSummary } from '../../src/contract/strategy.ts';
import { hash32 } from '../../src/lib/random.ts';
import { blockCentre, tileCentre } from '../../src/search/grid.ts';
import { createMeter, type Meter } from './instrument/clock.ts';
import { looksOf } from './instrument/profiles.ts';
import type { World } from './world.ts';

export interface PlayOptions {
  readonly seed: number;
  /** Shares of the run, by number of actions out of `actions`, at which `onShare` is called. */
  readonly watch?: { readonly actions: number; readonly shares: readonly number[]; readonly onShare: (share: number, summary: SearchSummary) => void };
  /** Called with each inspect look before it is taken: what the strategy chose, and whether its block was surveyed. */
  readonly onInspect?: (tile: number, surveyed: boolean) => void;
  /** Called with each decision and what came of it; the last one has no observation. */
  readonly onStep?: (step: { readonly action: Action; readonly here: Here; readonly observation?: Observation }) => void;
  /** State is put through JSON before every decision, as a run that is resumed does. */
  readonly throughJson?: boolean;
}

export interface Play {
  /** Instrument time of the run. */
  readonly seconds: number;
  readonly outcome: 'found' | 'exhausted' | 'budget';
  /** Instrument times at which targets were declared, ascending. */
  readonly findTimesS: readonly number[];
  readonly declared: number;
  /** Declared where no target lies, or a target declared again. */
  readonly falseFinds: number;
  /** Tiles that were looked at again. */
  readonly suspected: number;
  /** Targets looked at closely and not declared, and targets never looked at closely. */
  readonly missedSeen: number;
  readonly missedUnseen: number;
  readonly inspected: number;
  readonly actions: number;
  /** Of all decisions and observations, milliseconds of this machine. */
  readonly plannerMs: readonly number[];
  /** Hash of all actions: two equal runs have the same. */
  readonly trace: string;
  readonly meter: Pick<Meter, 'travelUm' | 'switches' | 'refocuses' | 'doseC'>;
  /** Charge on tiles without a target in close looks. */
  readonly emptyDoseC: number;
  readonly targetsLeft: number;
  readonly missed: SearchSummary['missed'];
  /** Of the state at the end. */
  readonly summary: SearchSummary;
}

/** A search that does not end is a fault of the strategy. */
const ACTIONS_PER_TILE = 20;

export function optionsFor({ profile, grid, prevalence, finds, budget }: World, seed: number): SearchOptions {
  return { ...(Number.isFinite(budget.seconds) && { budgetSeconds: budget.seconds }), finds, prevalence, falseFindRate: 0.01, missRate: 0.05, looks: looksOf(profile, grid.blockTiles), costs: profile.costs, seed };
}

function evidence(world: World, action: LookAction): Observation['tiles'] {
  if (action.kind === 'survey') return action.tiles.map((tile) => ({ tile, logRatio: world.logRatio(tile, 'survey', 0) }));
  const attempt = action.kind === 'confirm' ? action.attempt : 0;
  return [{ tile: action.tile, logRatio: world.logRatio(action.tile, action.look.band, attempt) }];
}

const traceOf = (action: Action): string => {
  if (action.kind === 'survey') return `s${action.block}`;
  return 'tile' in action ? `${action.kind[0]}${action.tile}` : action.kind;
};

/** Plays a strategy on a world from the middle of the area to its own end, or to the end of the budget. */
export function play<S>(strategy: SearchStrategy<S>, world: World, run: PlayOptions): Play {
  const { grid, targets } = world;
  const meter = createMeter(world.profile, world.begin, world.focusing);
  const found = new Map<number, number>();
  const closely = new Set<number>();
  const suspected = new Set<number>();
  const surveyed = new Set<number>();
  const plannerMs: number[] = [];
  let [actions, declared, emptyDoseC, traceHash] = [0, 0, 0, 0];
  const timed = <T>(work: () => T): T => {
    const from = performance.now();
    const result = work();
    plannerMs[actions] = (plannerMs[actions] ?? 0) + performance.now() - from;
    return result;
  };
  const countFinds = (state: S): void => {
    const { finds } = strategy.summarise(state);
    for (const { tile } of finds.slice(declared)) if (targets.has(tile) && !found.has(tile)) found.set(tile, meter.seconds);
    declared = finds.length;
  };

  let state = strategy.start(grid, optionsFor(world, run.seed));
  let outcome: Play['outcome'];
  for (;;) {
    if (run.throughJson === true) state = JSON.parse(JSON.stringify(state)) as S;
    const { here } = meter;
    const action = timed(() => strategy.next(state, here));
    traceHash = hash32(`${traceHash} ${traceOf(action)}`);
    if (action.kind === 'finish') {
      outcome = action.outcome;
      run.onStep?.({ action, here });
      break;
    }
    if (meter.seconds >= world.budget.seconds || meter.doseC >= world.budget.doseC) {
      outcome = 'budget';
      break;
    }
    if (actions > ACTIONS_PER_TILE * grid.columns * grid.rows) throw new Error(`${strategy.id} does not end`);
    if (action.kind === 'refocus') {
      const seconds = meter.refocus();
      state = timed(() => strategy.observe(state, { action, outcome: 'seen', tiles: [], seconds, doseC: 0 }));
      actions++;
      continue;
    }
    const centre = action.kind === 'survey' ? blockCentre(grid, action.block) : tileCentre(grid, action.tile);
    const tile = action.kind === 'survey' ? action.tiles[0]! : action.tile;
    if (action.kind === 'survey') for (const shown of action.tiles) surveyed.add(shown);
    else if (action.kind === 'inspect' && !closely.has(tile)) run.onInspect?.(tile, surveyed.has(tile));
    const doseBefore = meter.doseC;
    const seconds = meter.look(action, centre);
    const doseC = meter.doseC - doseBefore;
    const fate = world.outcome({ tile, band: action.look.band, number: actions });
    const tiles = fate === 'seen' ? evidence(world, action) : [];
    if (action.kind !== 'survey') {
      if (!targets.has(tile)) emptyDoseC += doseC;
      if (fate === 'seen') closely.add(tile);
      if (action.kind === 'confirm') suspected.add(tile);
    }
    const observation: Observation = { action, outcome: fate, tiles: [...tiles], seconds, doseC };
    state = timed(() => strategy.observe(state, observation));
    actions++;
    run.onStep?.({ action, here, observation });
    if (action.kind === 'confirm') countFinds(state);
    const share = run.watch?.shares.find((wanted) => actions === Math.ceil(wanted * run.watch!.actions));
    if (share !== undefined) run.watch!.onShare(share, strategy.summarise(state));
  }
  countFinds(state);
  const summary = strategy.summarise(state);
  const left = [...targets].filter((tile) => !found.has(tile));
  const missedSeen = left.filter((tile) => closely.has(tile)).length;
  return {
    seconds: meter.seconds,
    outcome,
    findTimesS: [...found.values()],
    declared,
    falseFinds: declared - found.size,
    suspected: suspected.size,
    missedSeen,
    missedUnseen: left.length - missedSeen,
    inspected: closely.size,
    actions,
    plannerMs,
    trace: traceHash.toString(16),
    meter: { travelUm: meter.travelUm, switches: meter.switches, refocuses: meter.refocuses, doseC: meter.doseC },
    emptyDoseC,
    targetsLeft: left.length,
    missed: { ...summary.missed },
    summary,
  };
}
