import type { AcquireRequest } from '../contract/frame.ts';
import { nextAutofocus, observeAutofocus, startAutofocus, type AutofocusOutcome } from '../imaging/autofocus.ts';
import { withBeam } from './beam.ts';
import type { RunParts } from './run-parts.ts';

/** Width of the pictures that a focus is looked for with: enough structure, a quarter of a second. */
const WIDTH_PX = 512;

/** The frame size on offer nearest in width to what focusing wants. */
function sizePx({ microscope }: RunParts): readonly [number, number] {
  const distance = ([width]: readonly [number, number]): number => Math.abs(Math.log(width / WIDTH_PX));
  return microscope.info.frameSizesPx.toSorted((a, b) => distance(a) - distance(b))[0] ?? [WIDTH_PX, (WIDTH_PX * 3) / 4];
}

/**
 * Looks for the focus of the field under the beam: by its spectra at three working distances, by a sweep where those do
 * not tell. The working distance is left at the focus, or as it was. The beam is blanked between the pictures.
 */
export async function findFocus(parts: RunParts, rangeUm: number, signal: AbortSignal): Promise<AutofocusOutcome> {
  const { microscope, focus, plan } = parts;
  const { optics } = await microscope.readState(signal);
  const [widthPx, heightPx] = sizePx(parts);
  const request: AcquireRequest = { widthPx, heightPx, dwellUs: plan.search.looks.inspect.dwellUs, depth: 8 };
  let state = startAutofocus({
    startMm: optics.workingDistanceMm,
    rangeUm,
    resolutionNm: (1000 * optics.fieldWidthUm) / widthPx,
    halfAngleMrad: focus.halfAngleMrad,
  });
  const { min, max } = microscope.info.workingDistanceMm;
  const set = (workingDistanceMm: number): Promise<unknown> => microscope.setOptics({ workingDistanceMm: Math.min(max, Math.max(min, workingDistanceMm)) }, signal);
  let reached = false;
  try {
    for (;;) {
      const next = nextAutofocus(state);
      if ('image' in next) {
        await set(next.image.workingDistanceMm);
        state = observeAutofocus(state, await withBeam(parts, signal, () => microscope.acquire(request, signal)));
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
