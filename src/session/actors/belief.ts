import { fromPromise } from 'xstate';
import type { ActorTypes, FieldRecord } from '../../agent/setup.ts';
import type { ReportedFind } from '../../contract/run.ts';
import type { Find, Observation } from '../../contract/strategy.ts';
import { required } from '../../lib/guards.ts';
import { progressOf, spentBudget } from '../ledger.ts';
import type { RunParts } from '../run-parts.ts';

type Actor<Name extends keyof ActorTypes> = ReturnType<typeof fromPromise<ActorTypes[Name][0], ActorTypes[Name][1]>>;

/** What the fields before brought is on the disk: a crash costs one look, which the resumed run takes again. */
export const checkpoint = ({ folder, clock }: RunParts): Actor<'checkpoint'> => fromPromise(() => clock.during(folder.checkpoint()));

export interface FieldClock {
  startMs: number;
}

export const decide = ({ microscope, search, plan, ledger, bus, clock }: RunParts, field: FieldClock): Actor<'decide'> =>
  fromPromise(async ({ signal }) => {
    const { stage, optics } = await microscope.readState(signal);
    const action = search.next({ xUm: stage.xUm, yUm: stage.yUm, fieldWidthUm: optics.fieldWidthUm });
    const spent = action.kind === 'finish' ? undefined : spentBudget(plan.budget, ledger.totals());
    field.startMs = clock.nowMs();
    if (spent === undefined) bus.publish({ type: 'decided', action });
    return { action, ...(spent !== undefined && { spent }) };
  });

function observationOf({ action, outcome, evidence, frameId }: FieldRecord, cost: { seconds: number; doseC: number }): Observation {
  return {
    action,
    outcome,
    tiles: outcome === 'seen' ? [...(evidence?.tiles ?? [])] : [],
    ...(evidence?.centre !== undefined && { centre: evidence.centre }),
    ...(frameId !== undefined && { frameId }),
    ...cost,
  };
}

function reported(find: Find, parts: RunParts, frameId: string): ReportedFind {
  const frame = parts.frames.get(frameId);
  return {
    ...find,
    label: parts.plan.target,
    zUm: frame.stage.zUm,
    fieldWidthUm: frame.optics.fieldWidthUm,
    frame: frame.id,
    at: parts.clock.timestamp(),
    instrumentSeconds: parts.ledger.totals().instrumentSeconds,
  };
}

/** Belief, frames, journal and accounts take in the field; a find is announced only when it is safe on the disk. */
export const record = (parts: RunParts, field: FieldClock): Actor<'record'> =>
  fromPromise(async ({ input }) => {
    const { search, ledger, bus, clock, folder, frames, plan } = parts;
    const { action, outcome, problem, frameId } = input;
    const cost = { seconds: (clock.nowMs() - field.startMs) / 1000, doseC: ledger.takeFieldDoseC() };
    const observation = observationOf(input, cost);
    const found = search.observe(observation);
    const summary = search.summary();
    // Worked out when it is read: once, not once for each tile.
    const { posterior, seen } = summary;
    ledger.field(outcome, action.kind);
    if (problem !== undefined) bus.publish({ type: 'skipped', action, ...problem });
    const frame = frameId === undefined ? undefined : frames.find(frameId);
    if (frame !== undefined) {
      const logRatios = observation.tiles.map(({ tile, logRatio }) => [`logRatio.tile${tile}`, logRatio.toFixed(3)] as const);
      folder.writeFrame(frame, { action: action.kind, outcome, ...Object.fromEntries(logRatios) });
    }
    bus.publish({
      type: 'observed',
      ...observation,
      tiles: observation.tiles.map(({ tile, logRatio }) => ({
        tile,
        logRatio,
        probability: required(posterior[tile], 'the posterior of a tile'),
        seen: required(seen[tile], 'the state of a tile'),
      })),
    });
    for (const find of found) {
      const report = reported(find, parts, required(frameId, 'the frame of a find'));
      parts.finds.push(report);
      await bus.publishDurably({ type: 'find', find: report });
    }
    const totals = ledger.totals();
    bus.publish({
      type: 'progress',
      totals,
      finds: parts.finds.length,
      wanted: plan.search.finds,
      ...progressOf({ wanted: plan.search.finds, budget: plan.budget }, totals, summary),
      missed: summary.missed,
    });
  });
