import { defocusBlur, type Blur } from '../physics/defocus.ts';
import { probeSizeNm } from '../physics/probe.ts';
import { surfaceWorkingDistanceMm } from '../physics/surface.ts';
import type { FieldGeometry } from '../scene/field-renderer.ts';
import { scanGrid } from '../scene/scan-grid.ts';
import type { ScanRequest } from '../simulated-microscope.ts';
import type { Instrument } from './instrument.ts';

/** The specimen jumps by so much at a moment of the scan, and stays there. */
export interface Slip {
  readonly atMs: number;
  readonly byUm: readonly [number, number];
}

/**
 * The field that is really scanned from `startMs` on: true point of a pixel = true position of the stage + beam shift +
 * R(scan rotation + its error + turn of the image to the stage) pixel (1 + magnification error) scale + drift(t) +
 * vibration(t), evaluated for each line, so that drift shears the picture and vibration gives edges saw-teeth.
 */
export function trueField(instrument: Instrument, scan: { readonly request: ScanRequest; readonly fieldWidthUm: number; readonly startMs: number; readonly lineMs: number; readonly slip?: Slip | undefined }): FieldGeometry {
  const { stage, optics, scenario, driftUm, vibrationUm, beamShiftUm } = instrument;
  const { request, fieldWidthUm, startMs, lineMs, slip } = scan;
  const { image } = scenario.stage;
  const start = stage.truePosition(startMs);
  const stretch = 1 / Math.cos((start.tiltDeg * Math.PI) / 180);
  const slipped = [...instrument.slipUm] as const;
  const window = request.within ?? { ...request, leftPx: 0, topPx: 0 };
  const field: FieldGeometry = {
    xUm: start.xUm + beamShiftUm[0],
    yUm: start.yUm + beamShiftUm[1],
    // The stage turns about the centre of the field (compucentric), the specimen with it.
    angleDeg: optics.scanRotationDeg + scenario.optics.scanRotationErrorDeg + image.rotationDeg - start.rotationDeg,
    pixelUm: (fieldWidthUm / window.widthPx) * (1 + scenario.optics.magnificationError) * image.scale,
    widthPx: request.widthPx,
    heightPx: request.heightPx,
    stretch: image.mirroredY ? -stretch : stretch,
    shear: image.shear,
    shiftUm: (row) => {
      const timeMs = startMs + row * lineMs;
      const now = stage.truePosition(timeMs);
      const [driftX, driftY] = driftUm(timeMs);
      const [shakeX, shakeY] = vibrationUm(timeMs);
      const [jumpX, jumpY] = slip !== undefined && timeMs >= slip.atMs ? slip.byUm : [0, 0];
      return [now.xUm - start.xUm + driftX + shakeX + slipped[0] + jumpX, now.yUm - start.yUm + driftY + shakeY + slipped[1] + jumpY];
    },
  };
  if (request.within === undefined) return field;
  // The middle of the rectangle, seen from that of the window.
  const [x, y] = scanGrid({ ...field, ...window, shiftUm: () => [0, 0] }).start(window.topPx + (request.heightPx - 1) / 2);
  const { stepX, stepY } = scanGrid(field);
  const along = window.leftPx + (request.widthPx - 1) / 2;
  return { ...field, xUm: x + along * stepX, yUm: y + along * stepY };
}

/**
 * Working distance set minus that at which the specimen under the beam is sharp, um. A change of the high tension moves the
 * focus, since the lens is as strong as before: 20 um per kV by default, to be confirmed on hardware.
 */
export function defocusUm({ scenario, stage, clock, optics, lensErrorUm }: Instrument, workingDistanceMm: number): number {
  const ofTension = scenario.optics.refocusUmPerKv * (optics.accelerationKv - scenario.optics.accelerationKv);
  return (workingDistanceMm - surfaceWorkingDistanceMm(scenario.surface, stage.truePosition(clock.nowMs()))) * 1000 + ofTension + lensErrorUm;
}

/** The probe on the specimen, one for the whole field. */
export function trueBlur(instrument: Instrument, workingDistanceMm: number): Blur {
  const { scenario, optics } = instrument;
  const residual = (scenario.optics.astigmatismDeg * Math.PI) / 90;
  // Astigmatism adds up as a vector of twice its angle; the stigmators make its two components.
  const a = scenario.optics.astigmatismUm * Math.cos(residual) + scenario.optics.stigmatorRangeUm * optics.stigmatorX;
  const b = scenario.optics.astigmatismUm * Math.sin(residual) + scenario.optics.stigmatorRangeUm * optics.stigmatorY;
  return defocusBlur({
    defocusUm: defocusUm(instrument, workingDistanceMm),
    astigmatismUm: Math.hypot(a, b),
    astigmatismDeg: (Math.atan2(b, a) * 90) / Math.PI,
    halfAngleMrad: scenario.optics.halfAngleMrad,
    probeNm: probeSizeNm(scenario.optics, optics.beamCurrentPa),
  });
}
