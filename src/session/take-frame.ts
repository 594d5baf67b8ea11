import { EmagentError } from '../contract/errors.ts';
import type { AcquireRequest, Frame } from '../contract/frame.ts';
import { attempt } from './attempt.ts';
import { withBeam } from './beam.ts';
import type { RunParts } from './run-parts.ts';

/** Beyond the time of the scan itself, three times over. */
const FRAME_MARGIN_MS = 10_000;

/** One exposure of the field under the beam. Throws as `acquire` and `withBeam`, EM_FRAME_INCOMPLETE for a frame of another size, EM_TIMEOUT. */
export function takeFrame(
  parts: RunParts,
  request: AcquireRequest,
  { signal, check = () => undefined }: { readonly signal: AbortSignal; /** Throws for a frame that is of no use. */ readonly check?: (frame: Frame) => void },
): Promise<Frame> {
  const { microscope } = parts;
  const { widthPx, heightPx, dwellUs } = request;
  const scanMs = (widthPx * heightPx * dwellUs) / 1000 + microscope.info.timing.frameOverheadMs;
  const exposure = { seconds: scanMs / 1000, aspect: widthPx / heightPx };
  return attempt(parts, { command: 'acquire', limitMs: FRAME_MARGIN_MS + 3 * scanMs, signal }, async (limited) => {
    const frame = await withBeam(parts, { ...exposure, signal: limited }, () => microscope.acquire(request, limited));
    if (frame.widthPx !== widthPx || frame.heightPx !== heightPx) {
      throw new EmagentError('EM_FRAME_INCOMPLETE', `A frame of ${widthPx} x ${heightPx} px was asked for and one of ${frame.widthPx} x ${frame.heightPx} px came.`);
    }
    check(frame);
    return frame;
  });
}
