import type { AcquireRequest } from '../../src/contract/frame.ts';
import { hash32 } from '../../src/lib/random.ts';
import type { Averaging } from '../operator-desk.ts';
import { createFrameMean } from '../physics/averaging.ts';
import type { ChargingCourse } from '../physics/charging.ts';
import { formImage } from '../physics/image-formation.ts';
import type { FieldGeometry } from '../scene/field-renderer.ts';
import { fieldRectangle } from '../scene/scan-grid.ts';
import type { ScanRequest } from '../simulated-microscope.ts';
import { defocusUm, trueBlur, trueField, type Slip } from './field.ts';
import type { Instrument } from './instrument.ts';

/** How often the scanned lines are handed out, in instrument time (SharkSEM sends its data about every 50 ms). */
const PART_MS = 50;
/** The fault `charging`: everything in the field charges, that much faster and worse than an insulating site. */
const FAULT_CHARGING = { haste: 20, strength: 4 } as const;

/** What each line takes: every pixel's dwell and the way back, as often as it is integrated. */
export function lineMs({ widthPx, dwellUs }: AcquireRequest, flybackUs: number, repeats = 1): number {
  return (repeats * (widthPx * dwellUs + flybackUs)) / 1000;
}

/** C/m^2 of one scan: beam current x dwell / pixel area. */
export function dosePerArea(beamCurrentPa: number, dwellUs: number, pixelUm: number): number {
  return (beamCurrentPa * 1e-12 * dwellUs * 1e-6) / (pixelUm * 1e-6) ** 2;
}

/** Some lines of a frame, as soon as the beam has been over them. */
export interface ScannedPart {
  /** Index of its first pixel, row by row. */
  readonly firstPx: number;
  readonly data: Uint8Array | Uint16Array;
}

/** Something that happens in the middle of a frame. */
interface Interruption {
  /** Part of the exposure that has passed by then. */
  readonly atShare: number;
  readonly strike: () => void;
}

export interface ExposeOptions {
  readonly request: ScanRequest;
  readonly fieldWidthUm: number;
  readonly workingDistanceMm: number;
  readonly signal: AbortSignal;
  readonly averaging?: Averaging;
  readonly interruption?: Interruption | undefined;
  /** The specimen slips at this part of the exposure. */
  readonly slip?: { readonly atShare: number; readonly byUm: readonly [number, number] } | undefined;
  /** What a fault makes of the pixels before anybody sees them. */
  readonly spoil?: (data: Uint8Array | Uint16Array) => Uint8Array | Uint16Array;
  readonly onPart?: ((part: ScannedPart) => void) | undefined;
}

const ONCE: Averaging = { mode: 'frame', count: 1 };

/** One pass of the beam over the field, and what it leaves behind. */
interface Pass {
  readonly data: Uint8Array | Uint16Array;
  readonly field: FieldGeometry;
  readonly charging: ChargingCourse | undefined;
}

async function formPass(instrument: Instrument, options: ExposeOptions, pass: { readonly startMs: number; readonly lineMs: number; readonly dwellUs: number; readonly noiseSeed: number; readonly slip: Slip | undefined }): Promise<Pass> {
  const { scenario, scene, column, contamination, optics } = instrument;
  const { request, fieldWidthUm, workingDistanceMm, signal } = options;
  const dark = !instrument.onSpecimen();
  const base = trueField(instrument, { request, fieldWidthUm, ...pass });
  const charging = dark
    ? undefined
    : instrument.charging.course({
        field: base,
        areas: chargingAreas(instrument, base),
        nowMs: pass.startMs,
        lineMs: pass.lineMs,
        doseCPerM2: dosePerArea(optics.beamCurrentPa, pass.dwellUs, base.pixelUm),
      });
  const field: FieldGeometry =
    charging === undefined
      ? base
      : {
          ...base,
          shiftUm: (row) => {
            const [x, y] = base.shiftUm(row);
            return [x + charging.shiftUm(row), y];
          },
        };
  const dim = dark ? undefined : contamination.over(field);
  const endMs = pass.startMs + request.heightPx * pass.lineMs;
  const steady = column.intensity(pass.startMs) === 1 && column.intensity(endMs) === 1;
  const alter = (yields: Float32Array, row: number): void => {
    dim?.(yields, row);
    charging?.alter(yields, row);
    if (steady) return;
    const share = column.intensity(pass.startMs + row * pass.lineMs);
    for (let k = row * field.widthPx; k < (row + 1) * field.widthPx; k++) yields[k] = yields[k]! * share;
  };
  instrument.trace('scan', {
    xUm: field.xUm,
    yUm: field.yUm,
    angleDeg: field.angleDeg,
    pixelUm: field.pixelUm,
    driftUm: instrument.driftUm(pass.startMs),
    defocusUm: defocusUm(instrument, workingDistanceMm),
    intensity: column.intensity(pass.startMs),
    potential: charging?.peak ?? 0,
    dark,
  });
  const data = await formImage({
    field,
    blur: trueBlur(instrument, workingDistanceMm),
    exposure: { beamCurrentPa: optics.beamCurrentPa, referenceCurrentPa: scenario.optics.beamCurrentPa, dwellUs: pass.dwellUs, depth: request.depth, dark },
    detector: scenario.detector,
    noiseSeed: pass.noiseSeed,
    look: (area) => scene.look(area),
    scratch: instrument.scratch,
    signal,
    alter: dark || (dim === undefined && charging === undefined && steady) ? undefined : alter,
  });
  return { data, field, charging };
}

function chargingAreas(instrument: Instrument, field: FieldGeometry): Parameters<Instrument['charging']['course']>[0]['areas'] {
  const { scene, clock, chargedUntilMs } = instrument;
  const everything = (id: string) => ({ id, spans: () => [0, field.widthPx] as const });
  if (clock.nowMs() < chargedUntilMs) return [{ ...everything('fault'), ...FAULT_CHARGING }];
  const labels = instrument.insulating;
  if (labels.has('substrate')) return [everything('substrate')];
  return labels.size === 0 ? [] : scene.areasOf(labels, field);
}

/**
 * Scans: the pixels are made first (in no time of a virtual clock, and in the time of the exposure on a real one), then
 * the rest of the exposure passes. Dose, charge and contamination are put on the field for the part that was scanned.
 * Line integration scans each line several times before the next, frame integration the whole frame; both take their time
 * and dose, and drift goes on meanwhile.
 */
export async function expose(instrument: Instrument, options: ExposeOptions): Promise<Uint8Array | Uint16Array> {
  const { clock, scenario, seed } = instrument;
  const { request, signal, averaging = ONCE, interruption, slip, spoil = (made) => made, onPart } = options;
  const startMs = clock.nowMs();
  const perLine = averaging.mode === 'line' ? averaging.count : 1;
  const frames = averaging.mode === 'frame' ? averaging.count : 1;
  const line = lineMs(request, scenario.detector.flybackUs, perLine);
  const frameMs = request.heightPx * line;
  const durationMs = frames * frameMs;
  const slipped: Slip | undefined = slip && { atMs: startMs + slip.atShare * durationMs, byUm: slip.byUm };
  const dark = !instrument.onSpecimen();
  const { beamCurrentPa } = instrument.optics;
  const scan = ++instrument.scans;
  let last: Pass | undefined;
  instrument.change(() => {
    instrument.scanning = true;
  });
  try {
    const formed = await clock.during(
      (async () => {
        const mean = createFrameMean(frames);
        for (let index = 0; index < frames; index++) {
          last?.charging?.commit(1, startMs + index * frameMs);
          last = await formPass(instrument, options, {
            startMs: startMs + index * frameMs,
            lineMs: line,
            dwellUs: request.dwellUs * perLine,
            noiseSeed: hash32(index === 0 ? `${seed}/scan/${scan}` : `${seed}/scan/${scan}/${index}`),
            slip: slipped,
          });
          mean.add(last.data);
        }
        return mean.result();
      })(),
    );
    const data = spoil(formed);
    await handOut(instrument, { data, request, startMs, durationMs, onPart, signal, interruption });
    return data;
  } finally {
    const share = Math.min(1, (clock.nowMs() - startMs) / durationMs);
    instrument.change(() => {
      instrument.scanning = false;
    });
    if (slipped !== undefined && clock.nowMs() >= slipped.atMs) {
      instrument.slipUm = [instrument.slipUm[0] + slipped.byUm[0], instrument.slipUm[1] + slipped.byUm[1]];
    }
    if (!dark && last !== undefined) {
      // A beam that was blanked meanwhile has let the charge flow away.
      if (instrument.onSpecimen()) last.charging?.commit(share, clock.nowMs());
      const box = fieldRectangle(last.field);
      const { stretch, pixelUm } = last.field;
      const dose = (share * frames * dosePerArea(beamCurrentPa, request.dwellUs * perLine, pixelUm)) / Math.abs(stretch);
      instrument.doses.expose(box, dose);
      instrument.contamination.scanned(box, dose);
    }
  }
}

/** Lets the exposure pass and hands out lines as the beam gets over them. */
async function handOut(
  instrument: Instrument,
  scan: Pick<ExposeOptions, 'request' | 'onPart' | 'signal' | 'interruption'> & { readonly data: Uint8Array | Uint16Array; readonly startMs: number; readonly durationMs: number },
): Promise<void> {
  const { clock } = instrument;
  const { data, request, startMs, durationMs, onPart, signal, interruption } = scan;
  const { widthPx } = request;
  const lines = data.length / widthPx;
  let sent = 0;
  const passUntil = async (share: number): Promise<void> => {
    const endMs = startMs + share * durationMs;
    if (onPart === undefined) return instrument.waitUntil(endMs, signal);
    while (clock.nowMs() < endMs) {
      await instrument.waitUntil(Math.min(endMs, clock.nowMs() + PART_MS), signal);
      const rows = Math.min(lines, Math.floor(((clock.nowMs() - startMs) / durationMs) * lines));
      if (rows > sent) onPart({ firstPx: sent * widthPx, data: data.subarray(sent * widthPx, rows * widthPx) });
      sent = rows;
    }
    return instrument.waitUntil(endMs, signal);
  };
  if (interruption !== undefined) {
    await passUntil(interruption.atShare);
    interruption.strike();
  }
  await passUntil(1);
  if (onPart !== undefined && sent < lines) onPart({ firstPx: sent * widthPx, data: data.subarray(sent * widthPx) });
}
