import { fromPromise } from 'xstate';
import { EmagentError } from '../../contract/errors.ts';
import { phaseCorrelation } from '../../imaging/drift.ts';
import { hasBlanker } from '../beam.ts';
import { goTo } from '../station.ts';
import { takeFrame } from '../take-frame.ts';
import type { RunParts } from '../run-parts.ts';
import { faultOf } from './safety.ts';

/**
 * The same field twice gives one clear correlation peak; ratio of the best to the second best peak. 384 x 288 px at a
 * signal-to-noise ratio of 0 dB gave 2.4 and more; fields that have nothing in common some 1.
 */
const LEAST_PEAK_RATIO = 1.8;

/** Reads the real instrument before anything is done, and compares an anchor field with its picture from before the stop. */
export const recover = (parts: RunParts) =>
  fromPromise<void, void>(async ({ signal }) => {
    const { microscope, anchor, log } = parts;
    const state = await microscope.readState(signal);
    parts.signal.reset();
    parts.focus.reset();
    const fault = faultOf(state);
    if (fault !== undefined) throw fault;
    if (hasBlanker(microscope) && !state.blanked) await microscope.setBlanker(true, signal);
    const known = anchor();
    const { min, max } = microscope.info.workingDistanceMm;
    // A camera on a stage has one lens, which nobody sets from here.
    const fixedLens = min === max;
    if (known === undefined) {
      parts.station.leave();
      return;
    }
    await microscope.setOptics({ fieldWidthUm: known.fieldWidthUm, ...(fixedLens ? {} : { workingDistanceMm: known.workingDistanceMm }) }, signal);
    await goTo(parts, { xUm: known.xUm, yUm: known.yUm }, signal);
    const { widthPx, heightPx } = known.image;
    const request = { widthPx, heightPx, dwellUs: known.dwellUs, depth: 8 } as const;
    const now = await takeFrame(parts, request, { signal });
    const { peakRatio, shiftXPx, shiftYPx } = phaseCorrelation(known.image, now);
    log.info({ peakRatio, shiftXPx, shiftYPx }, 'Anchor field compared');
    if (peakRatio < LEAST_PEAK_RATIO) {
      throw new EmagentError('EM_SPECIMEN_CHANGED', `The field at x ${known.xUm.toFixed(1)} µm, y ${known.yUm.toFixed(1)} µm does not look as it did before the stop.`);
    }
  });
