import { fromPromise } from 'xstate';
import type { ActorTypes } from '../../agent/setup.ts';
import { EmagentError, isEmagentError, type ErrorCode } from '../../contract/errors.ts';
import type { Action, LookAction } from '../../contract/strategy.ts';
import { required } from '../../lib/guards.ts';
import { judge as judgeFrame } from '../../imaging/quality.ts';
import { attempt } from '../attempt.ts';
import { findFocus } from '../autofocus.ts';
import { withBeam } from '../beam.ts';
import { calibrateAxes } from '../calibrate.ts';
import { correctAstigmatism } from '../stigmation.ts';
import { goTo } from '../station.ts';
import { takeFrame } from '../take-frame.ts';
import { evidenceOf } from '../evidence.ts';
import { dwellOnOffer } from '../plan.ts';
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
/** There is no focus here, or none that could be set: the picture is taken as it is. */
const NO_FOCUS: ReadonlySet<ErrorCode> = new Set(['EM_FOCUS_FAILED', 'EM_UNSUPPORTED', 'EM_DOSE']);

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
      const workingDistanceMm = parts.focus.correction(target, action.look.settings, state.optics.workingDistanceMm);
      const wanted = {
        ...(Math.abs(state.optics.fieldWidthUm / fieldWidthUm - 1) > SAME_FIELD_WIDTH && { fieldWidthUm }),
        ...(workingDistanceMm !== undefined && { workingDistanceMm }),
      };
      if (Object.keys(wanted).length > 0) {
        await attempt(parts, { command: 'optics', limitMs: OPTICS_LIMIT_MS, signal }, (limited) => microscope.setOptics(wanted, limited));
      }
    }
    const requested = { xUm: target.xUm, yUm: target.yUm };
    const stage = await goTo(parts, requested, signal);
    ledger.travel(state.stage, stage);
    bus.publish({ type: 'moved', requested, stage, seconds: (clock.nowMs() - startMs) / 1000 });
  });

/** The run's own way first; the instrument's routine where that cannot tell and there is one. */
async function focusHere(parts: RunParts, signal: AbortSignal): Promise<{ workingDistanceMm: number; sigmaUm: number; score: number } | undefined> {
  const { microscope, plan, focus, log } = parts;
  const range = { rangeUm: plan.autofocusRangeUm };
  const own = await findFocus(parts, plan.autofocusRangeUm, signal);
  if (own.found) {
    const { workingDistanceMm, sigmaUm, confidence, fit } = own;
    await correctAstigmatism(parts, { focus: own, signal });
    const { stage } = await microscope.readState(signal);
    if (!focus.found({ ...stage, workingDistanceMm, sigmaUm }, fit)) {
      log.warn({ workingDistanceMm, xUm: stage.xUm, yUm: stage.yUm }, 'The focus is not where the heights so far say: the lens or the specimen has changed');
    }
    return { workingDistanceMm, sigmaUm, score: confidence };
  }
  if (own.reason === 'no-structure' || !microscope.info.capabilities.includes('autofocus')) return undefined;
  // Nobody can tell beforehand how long the instrument's routine scans.
  if (plan.budget.siteDoseCPerM2 !== undefined) return undefined;
  const { widthPx, heightPx } = plan.search.looks.inspect;
  const { workingDistanceMm, score } = await withBeam(parts, { seconds: 0, aspect: widthPx / heightPx, signal }, () => microscope.autofocus(range, signal));
  return { workingDistanceMm, sigmaUm: plan.autofocusRangeUm, score };
}

export const focus = (parts: RunParts): Actor<'focus'> =>
  fromPromise(async ({ input: { reason, frameId }, signal }) => {
    const { bus, focus: keeper, plan, axes, frames } = parts;
    try {
      const result = await attempt(parts, { command: 'focus', limitMs: FOCUS_LIMIT_MS, signal }, (limited) => focusHere(parts, limited));
      if (result === undefined) {
        keeper.failed();
        return { found: false };
      }
      bus.publish({ type: 'focused', workingDistanceMm: result.workingDistanceMm, score: result.score, reason });
      if (plan.calibrates === true && !axes.measured && frameId !== undefined) {
        // Once, whether or not it tells: steps take time and dose.
        axes.measured = true;
        await calibrateAxes(parts, frames.get(frameId), signal);
      }
      return { found: true };
    } catch (thrown) {
      if (!isEmagentError(thrown) || !NO_FOCUS.has(thrown.code)) throw thrown;
      keeper.failed();
      return { found: false };
    }
  });

export const acquire = (parts: RunParts): Actor<'acquire'> =>
  fromPromise(async ({ input: { action, dwellFactor }, signal }) => {
    const { microscope, frames, bus } = parts;
    const { widthPx, heightPx, dwellUs } = action.look.settings;
    const request = { widthPx, heightPx, dwellUs: dwellOnOffer(microscope.info, dwellUs * dwellFactor), depth: 8 } as const;
    const frame = await takeFrame(parts, request, { signal });
    const summary = frames.add(frame, action);
    bus.publish({ type: 'frame', frame: summary });
    return { frameId: summary.id };
  });

export const judge = ({ frames, bus, focus: keeper, signal: trend }: RunParts): Actor<'judge'> => {
  /** The look whose picture seemed torn, and where: the next one of the same look tells the specimen from a slip. */
  let torn: { readonly action: LookAction; readonly rowPx: number } | undefined;
  return fromPromise(async ({ input: { frameId, action, focused } }) => {
    const frame = frames.get(frameId);
    const previous = frames.previous();
    const reference = frames.reference(action.look.band);
    const { verdict, measures } = judgeFrame(frame, {
      ...(previous !== undefined && { previous }),
      ...(torn?.action === action && { tornAtPx: torn.rowPx }),
      ...(reference !== undefined && { reference }),
    });
    torn = measures['tearRowPx'] === undefined ? undefined : { action, rowPx: measures['tearRowPx'] };
    bus.publish({ type: 'judged', frameId, verdict, measures });
    const left = trend.observe(required(measures['mean'], 'the mean of a frame'));
    if (left !== undefined) {
      throw new EmagentError('EM_BEAM', `The signal has fallen to ${(100 * left).toFixed(0)} % of what it was: the beam is failing, or the specimen has ended.`);
    }
    const { edgeShare, dwellFactor = 1 } = measures;
    keeper.fieldTaken();
    if (focused && verdict === 'good' && edgeShare !== undefined) frames.setReference(action.look.band, { edgeShare });
    return { verdict, dwellFactor, unfocused: verdict === 'good' && !focused && keeper.needed(frame.stage, action.look.settings) };
  });
};

export const classify = ({ frames, bus, classifier, manifest, plan, clock, axes }: RunParts): Actor<'classify'> =>
  fromPromise(async ({ input: { frameId, action } }) => {
    const context = { classifier, manifest, target: plan.target, grid: plan.grid, axes: axes.current };
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
