import { fromPromise } from 'xstate';
import type { ActorTypes } from '../../agent/setup.ts';
import { EmagentError, isEmagentError } from '../../contract/errors.ts';
import type { Action } from '../../contract/strategy.ts';
import { judge as judgeFrame } from '../../imaging/quality.ts';
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

export const move = (parts: RunParts): Actor<'move'> =>
  fromPromise(async ({ input: { action }, signal }) => {
    const { microscope, ledger, bus, clock } = parts;
    const target = targetOf(action);
    if (target === undefined) return;
    const startMs = clock.nowMs();
    const { stage: from, optics } = await microscope.readState(signal);
    if ('look' in action) {
      const { fieldWidthUm } = action.look.settings;
      if (Math.abs(optics.fieldWidthUm / fieldWidthUm - 1) > SAME_FIELD_WIDTH) await microscope.setOptics({ fieldWidthUm }, signal);
    }
    const requested = { xUm: target.xUm, yUm: target.yUm };
    const stage = await goTo(parts, requested, signal);
    ledger.travel(from, stage);
    bus.publish({ type: 'moved', requested, stage, seconds: (clock.nowMs() - startMs) / 1000 });
  });

export const focus = (parts: RunParts): Actor<'focus'> =>
  fromPromise(async ({ input: { reason }, signal }) => {
    const { microscope, plan, bus, log } = parts;
    if (!microscope.info.capabilities.includes('autofocus')) return { found: false };
    try {
      const result = await withBeam(parts, signal, () => microscope.autofocus({ rangeUm: plan.autofocusRangeUm }, signal));
      bus.publish({ type: 'focused', ...result, reason });
      return { found: true };
    } catch (thrown) {
      if (!isEmagentError(thrown) || thrown.code !== 'EM_FOCUS_FAILED') throw thrown;
      log.debug({ cause: thrown.message }, 'No focus was found');
      return { found: false };
    }
  });

export const acquire = (parts: RunParts): Actor<'acquire'> =>
  fromPromise(async ({ input: { action, dwellFactor }, signal }) => {
    const { microscope, frames, bus } = parts;
    const { widthPx, heightPx, dwellUs } = action.look.settings;
    const request = { widthPx, heightPx, dwellUs: Math.min(microscope.info.dwellUs.max, dwellUs * dwellFactor), depth: 8 } as const;
    const frame = await withBeam(parts, signal, () => microscope.acquire(request, signal));
    if (frame.widthPx !== widthPx || frame.heightPx !== heightPx) {
      throw new EmagentError('EM_FRAME_INCOMPLETE', `A frame of ${widthPx} x ${heightPx} px was asked for and one of ${frame.widthPx} x ${frame.heightPx} px came.`);
    }
    const summary = frames.add(frame, action);
    bus.publish({ type: 'frame', frame: summary });
    return { frameId: summary.id };
  });

export const judge = ({ frames, bus }: RunParts): Actor<'judge'> =>
  fromPromise(async ({ input: { frameId } }) => {
    const previous = frames.previous();
    const { verdict, measures } = judgeFrame(frames.get(frameId), previous === undefined ? {} : { previous });
    bus.publish({ type: 'judged', frameId, verdict, measures });
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
