import { EmagentError, isEmagentError } from '../contract/errors.ts';
import type { Verdict } from '../contract/events.ts';
import type { AcquireRequest, Frame } from '../contract/frame.ts';
import { nextAutofocus, observeAutofocus, startAutofocus, type AutofocusOutcome } from '../imaging/autofocus.ts';
import { judge } from '../imaging/quality.ts';
import type { RunParts } from './run-parts.ts';
import { takeFrame } from './take-frame.ts';

/** Width of the pictures that a focus is looked for with: enough structure, a quarter of a second. */
const WIDTH_PX = 512;

/** The frame size on offer nearest in width to what focusing wants. */
function sizePx({ microscope }: RunParts): readonly [number, number] {
  const distance = ([width]: readonly [number, number]): number => Math.abs(Math.log(width / WIDTH_PX));
  return microscope.info.frameSizesPx.toSorted((a, b) => distance(a) - distance(b))[0] ?? [WIDTH_PX, (WIDTH_PX * 3) / 4];
}

/** Nothing of a focus can be read off such pictures. */
const USELESS: ReadonlySet<Verdict> = new Set(['incomplete', 'frozen', 'dark', 'saturated']);

/** A picture to focus with; a broken one is taken once more. */
async function shoot(parts: RunParts, request: AcquireRequest, { previous: before, signal }: { readonly previous: Frame | undefined; readonly signal: AbortSignal }): Promise<Frame> {
  let previous = before;
  const check = (frame: Frame): void => {
    const { verdict } = judge(frame, previous === undefined ? {} : { previous });
    previous = frame;
    if (USELESS.has(verdict)) throw new EmagentError('EM_FRAME_INCOMPLETE', `A picture to focus with is ${verdict}.`);
  };
  try {
    return await takeFrame(parts, request, { signal, check });
  } catch (thrown) {
    if (!isEmagentError(thrown) || thrown.code !== 'EM_FRAME_INCOMPLETE' || signal.aborted) throw thrown;
    return takeFrame(parts, request, { signal, check });
  }
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
