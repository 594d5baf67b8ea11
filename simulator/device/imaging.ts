import { EmagentError } from '../../src/contract/errors.ts';
import type { AcquireRequest, Frame } from '../../src/contract/frame.ts';
import { randomFor, type Random } from '../../src/lib/random.ts';
import { dosePerArea, expose, type ScannedPart } from './exposing.ts';
import type { FaultName } from '../faults.ts';
import type { ScanRequest } from '../simulated-microscope.ts';
import { hang } from './hanging.ts';
import { DETECTOR, type Instrument } from './instrument.ts';
import { DWELL_US, FRAME_SIZES_PX, requireWithin } from './limits.ts';
import { AT_FRAMES } from './unasked-faults.ts';

/** By how much the fault `defocus` puts the lens out, either way. */
const LENS_JUMP_UM = 40;

/** How far the fault `drift-jump` puts the specimen, either way along x and y. */
const JUMP_UM = { least: 1, most: 3 } as const;

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

/** Throws EM_INTERLOCK when no image can be had. A beam that is blanked, off or still ramping is no hindrance: the frame is dark. */
export function requireBeam({ column, clock }: Instrument): void {
  const nowMs = clock.nowMs();
  if (column.vacuum(nowMs) !== 'ready') throw new EmagentError('EM_INTERLOCK', `No scan: the vacuum is "${column.vacuum(nowMs)}".`);
  const beam = column.beam(nowMs);
  if (beam === 'fault') throw new EmagentError('EM_INTERLOCK', `No scan: the beam is "${beam}".`);
}

type Pixels = Uint8Array | Uint16Array;

/** What somebody at the instrument made of the raster: the next smaller one, the next larger where there is none, half of one that is not on the list. */
function otherSize({ widthPx, heightPx }: AcquireRequest): readonly [number, number] {
  const at = FRAME_SIZES_PX.findIndex(([width, height]) => width === widthPx && height === heightPx);
  if (at === -1) return [Math.ceil(widthPx / 2), Math.ceil(heightPx / 2)];
  return FRAME_SIZES_PX[at === 0 ? 1 : at - 1]!;
}

/** Faults that spoil the pixels of a frame, each asked for once. */
function createSpoiling(random: Random, { faults, clock }: Instrument): (request: AcquireRequest, before: Frame | undefined) => (fresh: Pixels) => Pixels {
  return (request, before) => {
    const strikes = (fault: 'frozen-frame' | 'incomplete-frame' | 'uniform-line'): boolean => faults.strikes(fault, clock.nowMs(), { entering: 'scanning' });
    const last = before?.data.length === request.widthPx * request.heightPx && before.depth === request.depth && strikes('frozen-frame') ? before.data : undefined;
    const incomplete = strikes('incomplete-frame');
    const uniform = strikes('uniform-line');
    return (fresh) => {
      const shown = last === undefined ? fresh : last.slice();
      if (incomplete) shown.fill(0, request.widthPx * Math.floor(request.heightPx * (0.3 + 0.5 * random.uniform())));
      if (uniform) {
        const line = request.widthPx * (random.uniform() < 0.5 ? 0 : request.heightPx - 1);
        shown.fill(shown[line]!, line, line + request.widthPx);
      }
      return shown;
    };
  };
}

/** Makes the `acquire` of one instrument; it remembers the frame before for the fault `frozen-frame`. */
export function createAcquire(
  instrument: Instrument,
): (request: ScanRequest, signal: AbortSignal, onPart?: (part: ScannedPart) => void) => Promise<Frame> {
  const random = randomFor(instrument.seed, 'frame-faults');
  const spoiling = createSpoiling(random, instrument);
  const either = (): number => (random.uniform() < 0.5 ? -1 : 1);
  let previous: Frame | undefined;
  return async (asked, signal, onPart) => {
    const { clock, faults, stage } = instrument;
    checkRequest(asked, onPart !== undefined);
    requireBeam(instrument);
    const entering = { entering: 'scanning' } as const;
    const strikes = (fault: FaultName): boolean => faults.strikes(fault, clock.nowMs(), entering);
    if (strikes('hang')) await hang(signal);
    if (faults.begins('defocus', clock.nowMs(), entering) !== undefined) instrument.lensErrorUm += either() * LENS_JUMP_UM;
    const charges = faults.begins('charging', clock.nowMs(), entering);
    if (charges !== undefined) instrument.chargedUntilMs = clock.nowMs() + (charges.forS ?? Number.POSITIVE_INFINITY) * 1000;
    const jump = (): number => either() * (JUMP_UM.least + (JUMP_UM.most - JUMP_UM.least) * random.uniform());
    const slip = strikes('drift-jump') ? { atShare: 0.2 + 0.6 * random.uniform(), byUm: [jump(), jump()] as const } : undefined;
    const [widthPx, heightPx] = strikes('wrong-frame-size') ? otherSize(asked) : [asked.widthPx, asked.heightPx];
    const request = { ...asked, widthPx, heightPx };
    const spoil = spoiling(request, previous);
    const struck = AT_FRAMES.map((fault) => ({ fault, script: faults.begins(fault, clock.nowMs(), entering) })).find(({ script }) => script !== undefined);
    const interruption = struck && { atShare: 0.2 + 0.6 * random.uniform(), strike: () => instrument.strike(struck.fault, struck.script) };

    instrument.unasked.entering('scanning');

    const startedAtMs = clock.nowMs();
    const position = stage.readBack(startedAtMs);
    const { optics, averaging } = instrument;
    const dark = !instrument.onSpecimen();
    const data = await expose(instrument, {
      request,
      fieldWidthUm: optics.fieldWidthUm,
      workingDistanceMm: optics.workingDistanceMm,
      signal,
      averaging,
      spoil,
      slip,
      onPart,
      interruption,
    });
    const pixelUm = optics.fieldWidthUm / (request.within?.widthPx ?? widthPx);
    previous = {
      id: `frame-${String(++instrument.framesAcquired).padStart(6, '0')}`,
      widthPx,
      heightPx,
      data,
      depth: request.depth,
      pixelSizeNm: pixelUm * 1000,
      stage: position,
      optics,
      request: asked,
      doseCPerM2: dark ? 0 : averaging.count * dosePerArea(optics.beamCurrentPa, request.dwellUs, pixelUm),
      startedAtMs,
      endedAtMs: clock.nowMs(),
    };
    return previous;
  };
}
