import { EmagentError } from '../../src/contract/errors.ts';
import type { AcquireRequest, Frame } from '../../src/contract/frame.ts';
import { hash32, randomFor } from '../../src/lib/random.ts';
import { defocusBlur, type Blur } from '../physics/defocus.ts';
import { formImage } from '../physics/image-formation.ts';
import { surfaceWorkingDistanceMm } from '../physics/surface.ts';
import type { FieldGeometry } from '../scene/field-renderer.ts';
import { hang } from './hanging.ts';
import { DETECTOR, type Instrument } from './instrument.ts';
import { DWELL_US, FRAME_SIZES_PX, requireWithin } from './limits.ts';

/** By how much the fault `defocus` puts the lens out, either way. */
const LENS_JUMP_UM = 40;

/** Time of a frame: every pixel's dwell, and the way back after each line. */
export function frameMs({ widthPx, heightPx, dwellUs }: AcquireRequest, flybackUs: number): number {
  return (heightPx * (widthPx * dwellUs + flybackUs)) / 1000;
}

/** Longest edge of a scan that is streamed: protocols that stream leave its size to the client. */
const MAX_STREAMED_PX = 8192;

function checkRequest({ widthPx, heightPx, dwellUs, depth, detector }: AcquireRequest, streamed: boolean): void {
  const isStreamable = [widthPx, heightPx].every((edge) => Number.isInteger(edge) && edge >= 1 && edge <= MAX_STREAMED_PX);
  if (!(streamed && isStreamable) && !FRAME_SIZES_PX.some(([width, height]) => width === widthPx && height === heightPx)) {
    const sizes = FRAME_SIZES_PX.map(([width, height]) => `${width} x ${height}`).join(', ');
    throw new EmagentError('EM_LIMIT', `A frame of ${widthPx} x ${heightPx} px is not on offer; there are ${sizes}.`);
  }
  requireWithin({ dwellUs }, { dwellUs: DWELL_US });
  if (depth !== 8 && depth !== 16) throw new EmagentError('EM_LIMIT', `A depth of ${String(depth)} bit is not on offer; there are 8 and 16.`);
  if (detector !== undefined && detector !== DETECTOR) {
    throw new EmagentError('EM_LIMIT', `There is no detector "${detector}"; there is ${DETECTOR}.`);
  }
}

/** Throws EM_INTERLOCK when no image can be had; a blanked beam is no hindrance. */
export function requireBeam({ column, clock }: Instrument): void {
  const nowMs = clock.nowMs();
  if (column.vacuum(nowMs) !== 'ready') throw new EmagentError('EM_INTERLOCK', `No scan: the vacuum is "${column.vacuum(nowMs)}".`);
  const beam = column.beam(nowMs);
  if (beam === 'fault' || beam === 'ramping') throw new EmagentError('EM_INTERLOCK', `No scan: the beam is "${beam}".`);
}

/** The field under the beam from now on; drift and ringing go on while its lines are scanned. */
function fieldNow(instrument: Instrument, request: AcquireRequest, fieldWidthUm: number): FieldGeometry {
  const { clock, stage, optics, scenario, driftUm } = instrument;
  const startMs = clock.nowMs();
  const lineMs = (request.widthPx * request.dwellUs + scenario.detector.flybackUs) / 1000;
  const start = stage.truePosition(startMs);
  return {
    xUm: start.xUm,
    yUm: start.yUm,
    // The stage turns about the centre of the field (compucentric), the specimen with it.
    angleDeg: optics.scanRotationDeg - start.rotationDeg,
    pixelUm: fieldWidthUm / request.widthPx,
    widthPx: request.widthPx,
    heightPx: request.heightPx,
    stretch: 1 / Math.cos((start.tiltDeg * Math.PI) / 180),
    shiftUm: (row) => {
      const timeMs = startMs + row * lineMs;
      const now = stage.truePosition(timeMs);
      const [x, y] = driftUm(timeMs);
      return [now.xUm - start.xUm + x, now.yUm - start.yUm + y];
    },
  };
}

function blurNow(instrument: Instrument, workingDistanceMm: number): Blur {
  const { scenario, optics, stage, clock } = instrument;
  const sharpMm = surfaceWorkingDistanceMm(scenario.surface, stage.truePosition(clock.nowMs()));
  const residual = (scenario.optics.astigmatismDeg * Math.PI) / 90;
  // Astigmatism adds up as a vector of twice its angle; the stigmators make its two components.
  const a = scenario.optics.astigmatismUm * Math.cos(residual) + scenario.optics.stigmatorRangeUm * optics.stigmatorX;
  const b = scenario.optics.astigmatismUm * Math.sin(residual) + scenario.optics.stigmatorRangeUm * optics.stigmatorY;
  return defocusBlur({
    defocusUm: (workingDistanceMm - sharpMm) * 1000 + instrument.lensErrorUm,
    astigmatismUm: Math.hypot(a, b),
    astigmatismDeg: (Math.atan2(b, a) * 90) / Math.PI,
    halfAngleMrad: scenario.optics.halfAngleMrad,
    probeNm: scenario.optics.probeNm,
  });
}

/** Some lines of a frame, as soon as the beam has been over them. */
export interface ScannedPart {
  /** Index of its first pixel, row by row. */
  readonly firstPx: number;
  readonly data: Uint8Array | Uint16Array;
}

/** How often the scanned lines are handed out, in instrument time (SharkSEM sends its data about every 50 ms). */
const PART_MS = 50;

/** Something that happens in the middle of a frame. */
interface Interruption {
  /** Part of the exposure that has passed by then. */
  readonly atShare: number;
  readonly strike: () => void;
}

/**
 * Scans once: the pixels are made first (in no time of a virtual clock, and in the time of the exposure on a real one),
 * then the rest of the exposure passes. Dose is put on the field for the part that was scanned.
 */
export async function expose(
  instrument: Instrument,
  options: {
    readonly request: AcquireRequest;
    readonly fieldWidthUm: number;
    readonly workingDistanceMm: number;
    readonly signal: AbortSignal;
    readonly interruption?: Interruption;
    /** What a fault makes of the pixels before anybody sees them. */
    readonly spoil?: (data: Uint8Array | Uint16Array) => Uint8Array | Uint16Array;
    readonly onPart?: (part: ScannedPart) => void;
  },
): Promise<Uint8Array | Uint16Array> {
  const { clock, scenario, scene, seed } = instrument;
  const { request, fieldWidthUm, workingDistanceMm, signal, interruption, spoil = (made) => made, onPart } = options;
  const startMs = clock.nowMs();
  const durationMs = frameMs(request, scenario.detector.flybackUs);
  const field = fieldNow(instrument, request, fieldWidthUm);
  const dark = !instrument.onSpecimen();
  const { beamCurrentPa } = instrument.optics;
  const scan = ++instrument.scans;
  instrument.change(() => {
    instrument.scanning = true;
  });
  try {
    const formed = await clock.during(
      formImage({
        field,
        blur: blurNow(instrument, workingDistanceMm),
        exposure: { beamCurrentPa, referenceCurrentPa: scenario.optics.beamCurrentPa, dwellUs: request.dwellUs, depth: request.depth, dark },
        detector: scenario.detector,
        noiseSeed: hash32(`${seed}/scan/${scan}`),
        look: (area) => scene.look(area),
        scratch: instrument.scratch,
        signal,
      }),
    );
    const data = spoil(formed);
    let sentRows = 0;
    const passUntil = async (share: number): Promise<void> => {
      const endMs = startMs + share * durationMs;
      while (onPart !== undefined && clock.nowMs() < endMs) {
        await instrument.waitUntil(Math.min(endMs, clock.nowMs() + PART_MS), signal);
        const rows = Math.min(request.heightPx, Math.floor(((clock.nowMs() - startMs) / durationMs) * request.heightPx));
        if (rows > sentRows) onPart({ firstPx: sentRows * request.widthPx, data: data.subarray(sentRows * request.widthPx, rows * request.widthPx) });
        sentRows = rows;
      }
      await instrument.waitUntil(endMs, signal);
    };
    if (interruption !== undefined) {
      await passUntil(interruption.atShare);
      interruption.strike();
    }
    await passUntil(1);
    if (onPart !== undefined && sentRows < request.heightPx) onPart({ firstPx: sentRows * request.widthPx, data: data.subarray(sentRows * request.widthPx) });
    return data;
  } finally {
    const share = Math.min(1, (clock.nowMs() - startMs) / durationMs);
    instrument.change(() => {
      instrument.scanning = false;
    });
    if (!dark) {
      instrument.doses.expose(
        { xUm: field.xUm, yUm: field.yUm, widthUm: field.widthPx * field.pixelUm, heightUm: field.heightPx * field.pixelUm, angleDeg: field.angleDeg },
        share * dosePerArea(beamCurrentPa, request.dwellUs, field.pixelUm),
      );
    }
  }
}

/** C/m^2 of one scan: beam current x dwell / pixel area. */
export function dosePerArea(beamCurrentPa: number, dwellUs: number, pixelUm: number): number {
  return (beamCurrentPa * 1e-12 * dwellUs * 1e-6) / (pixelUm * 1e-6) ** 2;
}

/** Makes the `acquire` of one instrument; it remembers the frame before for the fault `frozen-frame`. */
export function createAcquire(
  instrument: Instrument,
): (request: AcquireRequest, signal: AbortSignal, onPart?: (part: ScannedPart) => void) => Promise<Frame> {
  const random = randomFor(instrument.seed, 'frame-faults');
  let previous: Frame | undefined;
  return async (request, signal, onPart) => {
    const { clock, faults, stage } = instrument;
    checkRequest(request, onPart !== undefined);
    requireBeam(instrument);
    const nowMs = clock.nowMs();
    if (faults.strikes('hang', nowMs)) await hang(signal);
    if (faults.strikes('defocus', nowMs)) instrument.lensErrorUm += (random.uniform() < 0.5 ? -1 : 1) * LENS_JUMP_UM;
    const frozen = previous?.data.length === request.widthPx * request.heightPx && previous.depth === request.depth && faults.strikes('frozen-frame', nowMs);
    const incomplete = faults.strikes('incomplete-frame', nowMs);
    const trip = faults.strikes('vacuum-trip', nowMs) ? instrument.tripVacuum : faults.strikes('beam-trip', nowMs) ? instrument.tripBeam : undefined;

    const startedAtMs = clock.nowMs();
    const position = stage.readBack(startedAtMs);
    const { optics } = instrument;
    const dark = !instrument.onSpecimen();
    const last = frozen ? previous : undefined;
    const spoil = (fresh: Uint8Array | Uint16Array): Uint8Array | Uint16Array => {
      const shown = last === undefined ? fresh : last.data.slice();
      if (incomplete) shown.fill(0, request.widthPx * Math.floor(request.heightPx * (0.3 + 0.5 * random.uniform())));
      return shown;
    };
    const data = await expose(instrument, {
      request,
      fieldWidthUm: optics.fieldWidthUm,
      workingDistanceMm: optics.workingDistanceMm,
      signal,
      spoil,
      ...(onPart !== undefined && { onPart }),
      ...(trip !== undefined && { interruption: { atShare: 0.2 + 0.6 * random.uniform(), strike: trip } }),
    });
    const pixelUm = optics.fieldWidthUm / request.widthPx;
    previous = {
      id: `frame-${String(++instrument.framesAcquired).padStart(6, '0')}`,
      widthPx: request.widthPx,
      heightPx: request.heightPx,
      data,
      depth: request.depth,
      pixelSizeNm: pixelUm * 1000,
      stage: position,
      optics,
      request,
      doseCPerM2: dark ? 0 : dosePerArea(optics.beamCurrentPa, request.dwellUs, pixelUm),
      startedAtMs,
      endedAtMs: clock.nowMs(),
    };
    return previous;
  };
}
