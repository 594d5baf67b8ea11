import { expect } from 'vitest';
import type { RunEvent } from '../../src/contract/events.ts';
import type { StageTarget } from '../../src/contract/microscope.ts';
import { createSearchProgress, replay } from '../../src/session/search-progress.ts';
import { STRATEGIES, type StrategyName } from '../../src/search/registry.ts';
import type { FaultRun } from './fault-bench.ts';
import type { Recorded } from './instrument-recorder.ts';

const EXPOSES: ReadonlySet<Recorded['command']> = new Set(['acquire', 'scan', 'autofocus']);
/** Where the stage may rest and still be at a planned field: what it creeps and what a driver tolerates. */
const SLACK_UM = 3;

function plannedArea({ plan: { grid }, zeroUm }: FaultRun): (at: { readonly xUm: number; readonly yUm: number }) => boolean {
  const right = grid.leftUm + grid.columns * grid.tileWidthUm;
  const bottom = grid.topUm - grid.rows * grid.tileHeightUm;
  return (at) => {
    const [xUm, yUm] = [at.xUm + zeroUm.xUm, at.yUm + zeroUm.yUm];
    return xUm >= grid.leftUm - SLACK_UM && xUm <= right + SLACK_UM && yUm <= grid.topUm + SLACK_UM && yUm >= bottom - SLACK_UM;
  };
}

const eventsOf = <Type extends RunEvent['type']>(run: FaultRun, type: Type): Extract<RunEvent, { type: Type }>[] =>
  run.events.filter((event): event is Extract<RunEvent, { type: Type }> => event.type === type);

async function replayedFinds({ plan, journal }: FaultRun): Promise<unknown> {
  const search = createSearchProgress((await STRATEGIES[plan.strategy as StrategyName].load()).strategy, plan);
  replay(search, journal);
  return search.summary().finds.map(({ id, tile }) => ({ id, tile }));
}

/** What holds in every run, whatever went wrong in it. */
export async function expectInvariants(run: FaultRun): Promise<void> {
  const { commands, truth, events, journal, result, after } = run;
  const inside = plannedArea(run);
  const taken = run.strikes.some(({ fault }) => fault === 'operator-moves');
  // The beam: on planned fields only, never while the stage moves, never without a frame for longer than a command may hang.
  for (const { before, command } of run.hasBlanker ? commands : []) {
    if (!EXPOSES.has(command) || before.blanked) continue;
    if (!taken) expect(inside(before.stage), `exposure at ${JSON.stringify(before.stage)}`).toBe(true);
    // Somebody who takes the joystick in the middle of an exposure moves it under the beam.
    if (!taken) expect(before.stageMoving, 'exposure while the stage moves').toBe(false);
  }
  if (run.hasBlanker && !taken) expect(truth.exposure.unblankedWhileMovingS).toBe(0);
  // The stage: planned fields only, x and y only.
  for (const { before, command, argument } of commands) {
    if (command === 'setBeam') throw new Error('the agent set the beam');
    if (command !== 'moveStage') continue;
    const { xUm, yUm, ...others } = argument as StageTarget;
    expect(inside({ xUm: xUm ?? 0, yUm: yUm ?? 0 }), `move to ${JSON.stringify(argument)}`).toBe(true);
    // Some protocols want all axes every time: unchanged.
    for (const [axis, value] of Object.entries(others)) {
      if (value !== undefined) expect(Math.abs(value - before.stage[axis as keyof typeof before.stage]), `${axis} is not moved`).toBeLessThan(0.2);
    }
  }
  // The journal: what was told is on the disk, in order, and leads to the same finds.
  expect(journal).toEqual(events);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index));
  expect(await replayedFinds(run)).toEqual(result.finds.map(({ id, tile }) => ({ id, tile })));
  expect(eventsOf(run, 'observed')).toHaveLength(result.fields.imaged + result.fields.skipped);
  expect(eventsOf(run, 'find').map(({ find }) => find)).toEqual(result.finds);
  // The end: one, safe, and nothing left behind.
  expect(eventsOf(run, 'run-ended')).toHaveLength(1);
  const [halted, ...more] = eventsOf(run, 'halted');
  expect(more).toEqual([]);
  if (result.outcome === 'panicked') return;
  expect(halted).toMatchObject({ stageStill: true });
  expect(after.stageMoving).toBe(false);
  if (run.hasBlanker) expect({ told: halted?.blanked, is: after.blanked }).toEqual({ told: true, is: true });
  expect(run.pending, 'timers left').toBe(0);
}

/** A find lies on a site of the target; nothing else may be called one. */
export function expectTrueFinds({ result, truth, plan, strikes, zeroUm }: FaultRun): void {
  // Made on the specimen that was there before.
  if (strikes.some(({ fault }) => fault === 'specimen-swapped')) return;
  for (const find of result.finds) {
    const near = truth.sites.some(
      ({ label, xUm, yUm, widthUm, heightUm }) =>
        label === plan.target && Math.hypot(find.xUm - zeroUm.xUm - xUm, find.yUm - zeroUm.yUm - yUm) < (Math.hypot(widthUm, heightUm) + plan.grid.tileWidthUm) / 2,
    );
    expect(near, `${find.id} at x ${find.xUm}, y ${find.yUm} lies on a target`).toBe(true);
  }
}
