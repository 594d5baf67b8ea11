import { fromPromise } from 'xstate';
import type { ActorTypes } from '../../agent/setup.ts';
import { EmagentError, isEmagentError } from '../../contract/errors.ts';
import type { Action } from '../../contract/strategy.ts';
import { required } from '../../lib/guards.ts';
import { judge as judgeFrame } from '../../imaging/quality.ts';
import { attempt } from '../attempt.ts';
import { withBeam } from '../beam.ts';
import { goTo } from '../station.ts';
import { evidenceOf } from '../evidence.ts';
import type { RunParts } from '../run-parts.ts';

type Actor<Name extends keyof ActorTypes> = ReturnType<typeof fromPromise<ActorTypes[Name][0], ActorTypes[Name][1]>>;

const targetOf = (action: Action): { xUm: number; yUm: number } | undefined => {
  if ('look' in action) return action.look;
  return action.kind === 'refocus' ? action : undefined;
};

/** Relative change of the field width below which the magnification is left alone. */
const SAME_FIELD_WIDTH = 1e-3;
/** A condenser that is changed, a lens that is normalised. */
const OPTICS_LIMIT_MS = 60_000;
/** The routines of slow instruments take a minute (SharkSEM: 10 to 60 s). */
const FOCUS_LIMIT_MS = 180_000;
/** Beyond the time of the scan itself, three times over. */
const FRAME_MARGIN_MS = 10_000;

export const move = (parts: RunParts): Actor<'move'> =>
  fromPromise(async ({ input: { action }, signal }) => {
    const { microscope, ledger, bus, clock, station } = parts;
    const target = targetOf(action);
    if (target === undefined) return;
    const startMs = clock.nowMs();
    const state = await microscope.readState(signal);
    station.check(state);
    if ('look' in action) {
      const { fieldWidthUm } = action.look.settings;
      if (Math.abs(state.optics.fieldWidthUm / fieldWidthUm - 1) > SAME_FIELD_WIDTH) {
        await attempt(parts, { command: 'optics', limitMs: OPTICS_LIMIT_MS, signal }, (limited) => microscope.setOptics({ fieldWidthUm }, limited));
      }
    }
    const requested = { xUm: target.xUm, yUm: target.yUm };
    const stage = await goTo(parts, requested, signal);
    ledger.travel(state.stage, stage);
    bus.publish({ type: 'moved', requested, stage, seconds: (clock.nowMs() - startMs) / 1000 });
  });

export const focus = (parts: RunParts): Actor<'focus'> =>
  fromPromise(async ({ input: { reason }, signal }) => {
    const { microscope, plan, bus } = parts;
    if (!microscope.info.capabilities.includes('autofocus')) return { found: false };
    try {
      const result = await attempt(parts, { command: 'focus', limitMs: FOCUS_LIMIT_MS, signal }, (limited) =>
        withBeam(parts, limited, () => microscope.autofocus({ rangeUm: plan.autofocusRangeUm }, limited)),
      );
      bus.publish({ type: 'focused', ...result, reason });
      return { found: true };
    } catch (thrown) {
      if (!isEmagentError(thrown) || thrown.code !== 'EM_FOCUS_FAILED') throw thrown;
      return { found: false };
    }
  });

export const acquire = (parts: RunParts): Actor<'acquire'> =>
  fromPromise(async ({ input: { action, dwellFactor }, signal }) => {
    const { microscope, frames, bus } = parts;
    const { widthPx, heightPx, dwellUs } = action.look.settings;
    const request = { widthPx, heightPx, dwellUs: Math.min(microscope.info.dwellUs.max, dwellUs * dwellFactor), depth: 8 } as const;
    const limitMs = FRAME_MARGIN_MS + 3 * ((widthPx * heightPx * request.dwellUs) / 1000 + microscope.info.timing.frameOverheadMs);
    const frame = await attempt(parts, { command: 'acquire', limitMs, signal }, async (limited) => {
      const taken = await withBeam(parts, limited, () => microscope.acquire(request, limited));
      if (taken.widthPx === widthPx && taken.heightPx === heightPx) return taken;
      throw new EmagentError('EM_FRAME_INCOMPLETE', `A frame of ${widthPx} x ${heightPx} px was asked for and one of ${taken.widthPx} x ${taken.heightPx} px came.`);
    });
    const summary = frames.add(frame, action);
    bus.publish({ type: 'frame', frame: summary });
    return { frameId: summary.id };
  });

export const judge = ({ frames, bus, signal: trend }: RunParts): Actor<'judge'> =>
  fromPromise(async ({ input: { frameId } }) => {
    const previous = frames.previous();
    const { verdict, measures } = judgeFrame(frames.get(frameId), previous === undefined ? {} : { previous });
    bus.publish({ type: 'judged', frameId, verdict, measures });
    const left = trend.observe(required(measures['mean'], 'the mean of a frame'));
    if (left !== undefined) {
      throw new EmagentError('EM_BEAM', `The signal has fallen to ${(100 * left).toFixed(0)} % of what it was: the beam is failing, or the specimen has ended.`);
    }
    return { verdict };
  });

export const classify = ({ frames, bus, classifier, manifest, plan, clock }: RunParts): Actor<'classify'> =>
  fromPromise(async ({ input: { frameId, action } }) => {
    const context = { classifier, manifest, target: plan.target, grid: plan.grid };
    const { prediction, ...evidence } = await clock.during(evidenceOf(frames.get(frameId), action, context));
    bus.publish({
      type: 'classified',
      frameId,
      label: prediction.label,
      probabilities: [...prediction.probabilities],
      ...(prediction.rejected !== undefined && { rejected: prediction.rejected.reason }),
    });
    return evidence;
  });
