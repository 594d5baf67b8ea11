import { calibrationSteps, fitImageStageAffine, type StageStep } from '../imaging/image-stage-affine.ts';
import { phaseCorrelation } from '../imaging/drift.ts';
import type { Frame } from '../contract/frame.ts';
import { imageAxes } from './image-axes.ts';
import type { RunParts } from './run-parts.ts';
import { goTo } from './station.ts';
import { takeFrame } from './take-frame.ts';

/** A shift counts when its peak stands out so much, best over second best. */
const LEAST_PEAK_RATIO = 1.5;
const LEAST_STEPS = 5;
/** What a phase correlation is good for, and what a stage repeats to. */
const SHIFT_SIGMA_PX = 1;

/**
 * Measures how the picture lies to the axes of the stage by known steps around the field under the beam, which must have
 * structure and be in focus. The stage ends where it was. Leaves things as the driver promises where the steps do not tell.
 */
export async function calibrateAxes(parts: RunParts, frame: Frame, signal: AbortSignal): Promise<void> {
  const { bus, log } = parts;
  const { widthPx, heightPx, request } = frame;
  const fieldWidthUm = (widthPx * frame.pixelSizeNm) / 1000;
  const home = { xUm: frame.stage.xUm, yUm: frame.stage.yUm };
  const take = (): Promise<Frame> => takeFrame(parts, request, { signal });
  let first: Frame | undefined;
  const steps: StageStep[] = [];
  for (const step of calibrationSteps({ fieldWidthUm, fieldHeightUm: (fieldWidthUm * heightPx) / widthPx })) {
    const stage = await goTo(parts, { xUm: home.xUm + step.xUm, yUm: home.yUm + step.yUm }, signal);
    const picture = await take();
    first ??= picture;
    const shift = phaseCorrelation(first, picture);
    if (picture === first || shift.peakRatio < LEAST_PEAK_RATIO) continue;
    steps.push({
      stageXUm: stage.xUm - first.stage.xUm, stageYUm: stage.yUm - first.stage.yUm,
      shiftXPx: shift.shiftXPx, shiftYPx: shift.shiftYPx, sigmaPx: SHIFT_SIGMA_PX,
    });
  }
  await goTo(parts, home, signal);
  const affine = steps.length < LEAST_STEPS ? undefined : fitImageStageAffine(steps);
  if (affine === undefined) {
    log.warn({ steps: steps.length }, 'The picture could not be calibrated against the stage here: its axes are taken as the driver promises');
    return;
  }
  const pixelUm = frame.pixelSizeNm / 1000;
  const { matrix: [[a, b], [c, d]], rotationDeg, shearDeg, mirrored, residualPx } = affine;
  const matrix: [[number, number], [number, number]] = [[a / pixelUm, b / pixelUm], [c / pixelUm, d / pixelUm]];
  parts.axes.current = imageAxes(matrix);
  bus.publish({ type: 'calibrated', matrix, rotationDeg, shearDeg, mirrored, residualPx });
}
