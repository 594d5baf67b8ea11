import type { Frame } from '../contract/frame.ts';
import { nextAutofocus, observeAutofocus, startAutofocus, type AutofocusOutcome } from '../imaging/autofocus.ts';
import { focusRequest, shoot } from './focus-frame.ts';
import type { RunParts } from './run-parts.ts';

/**
 * Looks for the focus of the field under the beam: by its spectra at three working distances, by a sweep where those do
 * not tell. The working distance is left at the focus, or as it was. The beam is blanked between the pictures.
 */
export async function findFocus(parts: RunParts, rangeUm: number, signal: AbortSignal): Promise<AutofocusOutcome> {
  const { microscope, focus } = parts;
  const { optics } = await microscope.readState(signal);
  const request = focusRequest(parts);
  let state = startAutofocus({
    startMm: optics.workingDistanceMm,
    rangeUm,
    resolutionNm: (1000 * optics.fieldWidthUm) / request.widthPx,
    halfAngleMrad: focus.halfAngleMrad,
  });
  const { min, max } = microscope.info.workingDistanceMm;
  const set = (workingDistanceMm: number): Promise<unknown> => microscope.setOptics({ workingDistanceMm: Math.min(max, Math.max(min, workingDistanceMm)) }, signal);
  let reached = false;
  let previous: Frame | undefined;
  try {
    for (;;) {
      const next = nextAutofocus(state);
      if ('image' in next) {
        await set(next.image.workingDistanceMm);
        previous = await shoot(parts, request, { previous, signal });
        state = observeAutofocus(state, previous);
        continue;
      }
      if (next.found) {
        await set(next.workingDistanceMm);
        reached = true;
      }
      return next;
    }
  } finally {
    if (!reached && !signal.aborted) await set(optics.workingDistanceMm);
  }
}
