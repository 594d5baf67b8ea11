import type { Verdict } from '../contract/events.ts';
import type { AcquireRequest, Frame } from '../contract/frame.ts';
import { EmagentError, isEmagentError } from '../contract/errors.ts';
import { judge } from '../imaging/quality.ts';
import { frameSizeOnOffer } from './plan.ts';
import type { RunParts } from './run-parts.ts';
import { takeFrame } from './take-frame.ts';

/** Width of the pictures that a focus is looked for with: enough structure, a quarter of a second. */
const WIDTH_PX = 512;

/** A short exposure in the frame size on offer that is nearest in width to what focusing wants. */
export function focusRequest({ microscope, plan }: RunParts): AcquireRequest {
  const [widthPx, heightPx] = frameSizeOnOffer(microscope.info, WIDTH_PX);
  return { widthPx, heightPx, dwellUs: plan.search.looks.inspect.dwellUs, depth: 8 };
}

/** Nothing of a focus can be read off such pictures. */
const USELESS: ReadonlySet<Verdict> = new Set(['incomplete', 'torn', 'frozen', 'dark', 'saturated']);

/** A picture to focus with; a broken one is taken once more. */
export async function shoot(parts: RunParts, request: AcquireRequest, { previous: before, signal }: { readonly previous: Frame | undefined; readonly signal: AbortSignal }): Promise<Frame> {
  let previous = before;
  const check = (frame: Frame): void => {
    const { verdict } = judge(frame, previous === undefined ? {} : { previous });
    previous = frame;
    parts.frames.pass(frame);
    if (USELESS.has(verdict)) throw new EmagentError('EM_FRAME_INCOMPLETE', `A picture to focus with is ${verdict}.`);
  };
  try {
    return await takeFrame(parts, request, { signal, check });
  } catch (thrown) {
    if (!isEmagentError(thrown) || thrown.code !== 'EM_FRAME_INCOMPLETE' || signal.aborted) throw thrown;
    return takeFrame(parts, request, { signal, check });
  }
}
