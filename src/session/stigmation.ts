import type { AutofocusOutcome } from '../imaging/autofocus.ts';
import { nextStigmation, observeStigmation, startStigmation, type StigmationOutcome, type StigmationState } from '../imaging/stigmation.ts';
import { focusRequest, shoot } from './focus-frame.ts';
import { dwellOnOffer } from './plan.ts';
import type { RunParts } from './run-parts.ts';

type Focus = Extract<AutofocusOutcome, { found: true }>;

/** Line foci this far apart, in depths of focus, show in the picture; and the measurement must be sure of them. */
const VISIBLE = 0.5;
const SURE_SIGMAS = 3;
/** Distance of the over- and the under-focused picture from the focus, in depths of focus. */
const DEFOCUS = 3;
/** Settings tried, of a full scale of 1: the smaller one where the larger leaves nothing to be seen, as instruments differ in what full scale does. */
const TRIALS = [0.3, 0.1];
/** Differences of blurs take a better signal than finding the focus does. */
const DWELL_FACTOR = 4;

function isAstigmatic({ fit, depthOfFocusUm }: Focus): boolean {
  if (fit === undefined) return false;
  const { cos2, sin2, sigma } = fit.astigmatismUm;
  const distanceUm = Math.hypot(cos2, sin2);
  return distanceUm > VISIBLE * depthOfFocusUm && distanceUm > SURE_SIGMAS * sigma;
}

/**
 * Sets the stigmators where a focusing has shown astigmatism that the picture would show: pictures over and under focus at
 * three settings tell which setting takes it away. The working distance is left in focus, the stigmators as they were
 * where that cannot be told. Once per run: what is left then is not the stigmators' to mend.
 */
export async function correctAstigmatism(parts: RunParts, { focus, signal }: { readonly focus: Focus; readonly signal: AbortSignal }): Promise<void> {
  const { microscope, bus, log, stigmators } = parts;
  if (stigmators.tried || !microscope.info.capabilities.includes('stigmator') || !isAstigmatic(focus)) return;
  stigmators.tried = true;
  const { workingDistanceMm, depthOfFocusUm } = focus;
  const { stigmatorX, stigmatorY } = (await microscope.readState(signal)).optics;
  const options = { workingDistanceMm, defocusUm: DEFOCUS * depthOfFocusUm, stigmatorX, stigmatorY };
  let setting = { stigmatorX, stigmatorY };
  try {
    for (const trial of TRIALS) {
      const outcome = await tryOut(parts, startStigmation({ ...options, trial }), signal);
      if (outcome.found) {
        setting = { stigmatorX: outcome.stigmatorX, stigmatorY: outcome.stigmatorY };
        bus.publish({ type: 'stigmated', ...setting });
        return;
      }
      log.info({ reason: outcome.reason, trial }, outcome.message);
      if (outcome.reason === 'out-of-range') return;
    }
  } finally {
    if (!signal.aborted) await microscope.setOptics({ ...setting, workingDistanceMm }, signal);
  }
}

async function tryOut(parts: RunParts, begin: StigmationState, signal: AbortSignal): Promise<StigmationOutcome> {
  const short = focusRequest(parts);
  const request = { ...short, dwellUs: dwellOnOffer(parts.microscope.info, DWELL_FACTOR * short.dwellUs) };
  let state = begin;
  for (;;) {
    const next = nextStigmation(state);
    if (!('image' in next)) return next;
    await parts.microscope.setOptics(next.image, signal);
    state = observeStigmation(state, await shoot(parts, request, { previous: undefined, signal }));
  }
}
