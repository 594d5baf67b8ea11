import { EmagentError } from '../../src/contract/errors.ts';
import type { AcquireRequest, Frame } from '../../src/contract/frame.ts';
import { WAIT } from './codec/message.ts';
import type { ScanChunk } from './codec/scan-data.ts';
import { createFrameAssembler, type FrameAssembler } from './frame-assembler.ts';
import type { Parts } from './parts.ts';
import { blankerArguments, isBlankedIn, isScanning, readHealth, readOptics, readPosition } from './status.ts';

/** The way back of the beam after a line; generous, as nobody tells it. */
const FLYBACK_MS = 1;
const DEADLINE_FACTOR = 3;
const DEADLINE_FLOOR_MS = 10_000;
/** Pixels come about every 50 ms, or line by line when a line takes longer: after a silence of so much the instrument is asked why. */
const SILENCE_MS = 300;
const LINES_OF_SILENCE = 3;
/** So many frames in a row must have wanted the scan speed before the dwell time is given up for good. */
const REFUSALS_TO_BELIEVE = 2;
/** The lenses settle before a scan begins. */
const HELD_LIMIT_MS = 10_000;

/** Throws EM_INTERLOCK when no image can be had; a blanked beam is no hindrance. */
export async function requireBeam(parts: Parts): Promise<void> {
  const { vacuum, beam } = await readHealth(parts);
  if (vacuum !== 'ready') throw new EmagentError('EM_INTERLOCK', `No image: the vacuum is "${vacuum}".`);
  if (beam !== 'on') throw new EmagentError('EM_INTERLOCK', `No image: the beam is "${beam}".`);
}

/** The operator's live scan and any other are stopped, so that the beam is ours. */
export async function clearScan({ session, scan }: Parts): Promise<void> {
  const [[guiScans]] = await Promise.all([session.call('GUIGetScanning'), session.call('ScStopScan', [], { jump: true })]);
  if (guiScans === 0) return;
  scan.guiWasScanning = true;
  await session.call('GUISetScanning', [0]);
}

/** Pixels of one frame on their way in. */
interface Reception {
  readonly assembler: FrameAssembler;
  /** When the last ones came, or the scan was ordered. */
  readonly lastMs: number;
  /** The connection for pixels is gone. */
  readonly broken: EmagentError | undefined;
  take(chunk: ScanChunk | EmagentError): void;
  /** Resolves with the next part, or after so long; rejects when aborted. */
  next(limitMs: number, stop: AbortSignal): Promise<void>;
}

function createReception(clock: Parts['clock'], assembler: FrameAssembler): Reception {
  let lastMs = clock.nowMs();
  let broken: EmagentError | undefined;
  let arrived = new AbortController();
  return {
    assembler,
    get lastMs() {
      return lastMs;
    },
    get broken() {
      return broken;
    },
    take: (chunk) => {
      if (chunk instanceof Error) broken = chunk;
      else if (assembler.add(chunk)) lastMs = clock.nowMs();
      arrived.abort(ARRIVED);
    },
    next: async (limitMs, stop) => {
      const { signal } = arrived;
      await clock.sleep(limitMs, AbortSignal.any([stop, signal])).catch((reason: unknown) => {
        if (reason !== ARRIVED) throw reason;
      });
      stop.throwIfAborted();
      if (arrived.signal === signal) arrived = new AbortController();
    },
  };
}
const ARRIVED = new Error('a part has come');

interface Exposure {
  readonly frame: number;
  readonly request: AcquireRequest;
  readonly reception: Reception;
  /** What the beam really stays on a pixel. */
  readonly dwellUs: number;
}

/** Scan speed whose dwell time is the nearest in proportion. */
function nearestSpeed(speedsUs: ReadonlyMap<number, number>, dwellUs: number): readonly [index: number, us: number] | undefined {
  const distance = (us: number): number => Math.abs(Math.log(us / dwellUs));
  return [...speedsUs].toSorted((a, b) => distance(a[1]) - distance(b[1]))[0];
}

/** Orders one frame, by its dwell time or by the nearest scan speed. Returns undefined when the scan is refused. */
async function order(parts: Parts, request: AcquireRequest, bySpeed: boolean): Promise<Exposure | undefined> {
  const { session, instrument, options, scan, clock } = parts;
  const { widthPx, heightPx } = request;
  const frame = scan.nextFrame++;
  let dwell: readonly number[] = [Math.round(request.dwellUs * 1000)];
  let { dwellUs } = request;
  if (bySpeed) {
    const speed = nearestSpeed(instrument.speedsUs, request.dwellUs);
    if (speed === undefined) return undefined;
    scan.speedBefore ??= (await session.call('ScGetSpeed'))[0];
    await session.call('ScSetSpeed', [speed[0]]);
    dwell = [];
    dwellUs = speed[1];
  }
  const reception = createReception(clock, createFrameAssembler(frame, options.channel, request));
  session.setTaker((chunk) => reception.take(chunk));
  const [refused] = await session.call('ScScanXY', [frame, widthPx, heightPx, 0, 0, widthPx - 1, heightPx - 1, 1, ...dwell], {
    waits: WAIT.optics,
    timeoutMs: HELD_LIMIT_MS,
  });
  return refused < 0 ? undefined : { frame, request, reception, dwellUs };
}

/**
 * Waits until every pixel is there. Returns false when none has come at all. Throws EM_FRAME_INCOMPLETE, EM_INTERLOCK,
 * EM_TIMEOUT, or what the signal says.
 */
async function receive(parts: Parts, { request, reception, dwellUs }: Exposure, stop: AbortSignal): Promise<boolean> {
  const { clock } = parts;
  const { assembler } = reception;
  const lineMs = (request.widthPx * dwellUs) / 1000 + FLYBACK_MS;
  const silenceMs = Math.max(SILENCE_MS, LINES_OF_SILENCE * lineMs);
  const limitMs = Math.max(DEADLINE_FLOOR_MS, DEADLINE_FACTOR * request.heightPx * lineMs);
  const endMs = clock.nowMs() + limitMs;
  let wasIdle = false;
  while (!assembler.isComplete) {
    if (assembler.spoiled !== undefined) throw assembler.spoiled;
    if (reception.broken !== undefined) {
      throw new EmagentError('EM_FRAME_INCOMPLETE', `The frame was lost with the connection: ${reception.broken.message}`, { cause: reception.broken });
    }
    await reception.next(silenceMs, stop);
    if (clock.nowMs() - reception.lastMs < silenceMs) continue;
    await requireBeam(parts);
    // Idle twice: what was under way between the two questions has come by now.
    const isIdle = !(await isScanning(parts));
    if ((isIdle && wasIdle) || clock.nowMs() > endMs) break;
    wasIdle = isIdle;
  }
  if (assembler.receivedPx === 0) return false;
  assembler.finish();
  return true;
}

/** The scan must be stopped after every frame, whole or not; and the instrument says whether all was well to its end. */
async function endScan(parts: Parts): Promise<void> {
  const { session, scan } = parts;
  session.setTaker(undefined);
  scan.isRunning = false;
  await session.call('ScStopScan', [], { jump: true });
}

/** One try, by dwell time or by scan speed. Returns undefined when the scan is refused, or no pixel comes. */
async function expose(parts: Parts, request: AcquireRequest, { bySpeed, stop }: { readonly bySpeed: boolean; readonly stop: AbortSignal }): Promise<Exposure | undefined> {
  parts.scan.isRunning = true;
  try {
    const exposure = await order(parts, request, bySpeed);
    if (exposure === undefined || !(await receive(parts, exposure, stop))) return undefined;
    return exposure;
  } finally {
    if (parts.session.lost === undefined) await endScan(parts);
  }
}

async function exposeSomehow(parts: Parts, request: AcquireRequest, stop: AbortSignal): Promise<Exposure> {
  const { instrument, scan, log } = parts;
  const bySpeed = scan.usesSpeeds || !instrument.takesDwell;
  const first = await expose(parts, request, { bySpeed, stop });
  if (first !== undefined) return first;
  await requireBeam(parts);
  stop.throwIfAborted();
  // Some versions refuse the dwell time, or take it and send nothing.
  const second = await expose(parts, request, { bySpeed: true, stop });
  if (second === undefined) {
    await requireBeam(parts);
    throw new EmagentError('EM_FRAME_INCOMPLETE', 'The scan is refused, or no pixel of it comes: does somebody else use the scan generator, or does a firewall hold back the port for pixels?');
  }
  if (!bySpeed) {
    scan.refusals++;
    if (scan.refusals >= REFUSALS_TO_BELIEVE) scan.usesSpeeds = true;
    log('warn', `A dwell time of ${request.dwellUs} us was not taken; the scan speed with ${second.dwellUs} us was used${scan.usesSpeeds ? ', and will be from now on' : ''}.`);
  }
  return second;
}

/** Coulomb per square metre. */
function doseOf(beamCurrentPa: number, dwellUs: number, pixelSizeNm: number): number {
  return (beamCurrentPa * 1e-12 * dwellUs * 1e-6) / (pixelSizeNm * 1e-9) ** 2;
}

/**
 * Takes one frame. Throws EM_INTERLOCK, EM_FRAME_INCOMPLETE, EM_TIMEOUT; the scan generator is at rest then. The connections
 * are opened again when the one for pixels was lost.
 */
export async function acquire(parts: Parts, request: AcquireRequest, stop: AbortSignal): Promise<Omit<Frame, 'id'> & { readonly frame: number }> {
  const { session, instrument, options, scan, clock } = parts;
  // It may have ended between two frames.
  if (session.dataLost !== undefined) await session.reopen(session.dataLost);
  await requireBeam(parts);
  await clearScan(parts);
  const detector = request.detector ?? scan.detector;
  const number = instrument.detectorNumbers[instrument.info.detectors.indexOf(detector)] as number;
  const [stage, optics, [mode]] = await Promise.all([
    readPosition(parts),
    readOptics(parts),
    session.call('ScGetBlanker', blankerArguments(parts)),
    session.call('DtSelect', [options.channel, number]),
    session.call('DtEnable', [options.channel, 1, request.depth]),
  ]);
  scan.detector = detector;
  const startedAtMs = clock.nowMs();
  let exposure: Exposure;
  try {
    exposure = await exposeSomehow(parts, request, stop);
    // Pixels of a beam that died on the way are no picture of the specimen.
    await requireBeam(parts);
  } catch (thrown) {
    if (session.dataLost !== undefined && session.lost === undefined) await session.reopen(session.dataLost);
    throw thrown;
  }
  scan.refusals = exposure.dwellUs === request.dwellUs ? 0 : scan.refusals;
  const pixelSizeNm = (optics.fieldWidthUm * 1000) / request.widthPx;
  return {
    frame: exposure.frame,
    widthPx: request.widthPx,
    heightPx: request.heightPx,
    depth: request.depth,
    data: exposure.reception.assembler.finish(),
    pixelSizeNm,
    stage,
    optics,
    request,
    doseCPerM2: isBlankedIn(mode, true) ? 0 : doseOf(optics.beamCurrentPa, exposure.dwellUs, pixelSizeNm),
    startedAtMs,
    endedAtMs: clock.nowMs(),
  };
}
