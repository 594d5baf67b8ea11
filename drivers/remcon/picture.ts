import { randomBytes } from 'node:crypto';
import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import type { AcquireRequest, Frame } from '../../src/contract/frame.ts';
import type { ConnectContext, MicroscopeState } from '../../src/contract/microscope.ts';
import type { WatchedFolder, WatchedPicture } from '../links/watched-folder.ts';
import { ABORT, NORMAL_SCAN, READ, RECORD, SET } from './codec/commands.ts';
import type { Coordinates } from './coordinates.ts';
import { type ScanSetting, settingOf } from './dwell.ts';
import { type Learned, settingsOf } from './learning.ts';
import type { RemconOptions } from './options.ts';
import type { RemconPort } from './port.ts';
import { askNumber, askText } from './readings.ts';
import type { StateReader } from './state.ts';

export interface PictureParts {
  readonly port: RemconPort;
  readonly clock: Clock;
  readonly folder: WatchedFolder;
  readonly reader: StateReader;
  readonly learned: Learned;
  readonly coordinates: Coordinates;
  readonly scans: readonly ScanSetting[];
  readonly options: RemconOptions;
  readonly log: ConnectContext['log'];
  settle(stop: () => Promise<unknown>): Promise<void>;
}

export interface PictureTaker {
  /**
   * Integrates, records, and waits for the file. Throws EM_LIMIT, EM_INTERLOCK, EM_FRAME_INCOMPLETE, EM_TIMEOUT. After an
   * abort it settles when the scan has ended.
   */
  acquire(request: AcquireRequest, stop: AbortSignal): Promise<Frame>;
  /** The scan rate of before the first picture. */
  restore(): Promise<void>;
}

const POLL_MS = 1000;
/** The way back of the beam and the rounding of the table: a scan takes longer than its dwell times. */
const SCAN_FACTOR = 3;
const STOP_LIMIT_MS = 10_000;
const STOP_POLL_MS = 50;
/** The file has the position with a tenth of a micrometre. */
const FILE_ROUNDING_UM = 0.2;

/** The pixels in the depth that was asked for. */
export function inDepth(data: Uint8Array | Uint16Array, depth: 8 | 16): Uint8Array | Uint16Array {
  if (depth === 8) return data instanceof Uint16Array ? Uint8Array.from(data, (grey) => grey >> 8) : data;
  return data instanceof Uint16Array ? data : Uint16Array.from(data, (grey) => grey * 257);
}

export function createPictureTaker(parts: PictureParts): PictureTaker {
  const { port, clock, folder, reader, learned, coordinates, scans, options, log } = parts;
  // Photo numbers begin again when somebody resets them; a run may outlive that.
  const session = randomBytes(4).toString('hex');
  let taken = 0;
  let rateBefore: number | undefined;

  const running = async (signal?: AbortSignal): Promise<boolean> => (await askNumber(port, READ.integration, signal)) === 0;

  const choose = async (setting: ScanSetting, detector: string | undefined, stop: AbortSignal): Promise<void> => {
    if (detector !== undefined && (await askText(port, READ.detector, stop)) !== detector) await port.send(SET.detector(detector), { signal: stop });
    const rate = await askNumber(port, READ.scanRate, stop);
    rateBefore ??= rate;
    if (rate !== setting.rate) await port.send(SET.scanRate(setting.rate), { signal: stop });
  };
  const stopScan = async (): Promise<void> => {
    await port.send(ABORT);
    await port.send(NORMAL_SCAN);
    const endMs = clock.nowMs() + STOP_LIMIT_MS;
    while ((await running()) && clock.nowMs() < endMs) await clock.sleep(STOP_POLL_MS);
  };
  const requireBeam = async (beam: MicroscopeState, stop: AbortSignal): Promise<void> => {
    const now = await reader.health(stop);
    if (now.vacuum !== 'ready') throw new EmagentError('EM_INTERLOCK', 'The frame was broken off: the vacuum is out of band.');
    if (now.beam === 'off' && beam.beam !== 'off') throw new EmagentError('EM_INTERLOCK', 'The frame was broken off: the high tension is off.');
  };

  /** Begins the integration and waits for its end. */
  const integrate = async (count: number, scanMs: number, stop: AbortSignal): Promise<void> => {
    const limitMs = scanMs * SCAN_FACTOR + options.scanMs;
    const endMs = clock.nowMs() + limitMs;
    await port.send(options.integration === 'line' ? SET.lineIntegration(count) : SET.frameIntegration(count), { signal: stop });
    do {
      if (clock.nowMs() > endMs) throw new EmagentError('EM_TIMEOUT', `The integration of ${count} frames did not end within ${(limitMs / 1000).toFixed(0)} s.`);
      await clock.sleep(Math.min(POLL_MS, Math.max(STOP_POLL_MS, scanMs / 2)), stop);
    } while (await running(stop));
  };

  const isOurs = (picture: WatchedPicture, wanted: { readonly photo: number; readonly beam: MicroscopeState }): boolean => {
    const settings = settingsOf(picture);
    const photo = settings?.quantity('AP_PHOTO_NUMBER')?.value;
    // No number in it: that it is new must do, and the folder hands out none when two are.
    if (settings === undefined || photo === undefined) return true;
    if (photo !== wanted.photo) return false;
    const [xM, yM] = [settings.si('AP_STAGE_AT_X', 'm'), settings.si('AP_STAGE_AT_Y', 'm')];
    if (xM === undefined || yM === undefined) return true;
    const there = coordinates.positionOf({ xMm: xM * 1e3, yMm: yM * 1e3, zMm: 0, rotationDeg: 0, tiltDeg: 0, mMm: 0 });
    const offUm = Math.hypot(there.xUm - wanted.beam.stage.xUm, there.yUm - wanted.beam.stage.yUm);
    if (offUm <= options.toleranceUm + FILE_ROUNDING_UM) return true;
    log('warn', `${picture.name} is photo ${photo}, but of a place ${offUm.toFixed(1)} um off: it is another microscope's, or somebody moved the stage.`);
    return false;
  };

  const frameOf = (picture: WatchedPicture, request: AcquireRequest, before: { readonly beam: MicroscopeState; readonly startedAtMs: number }): Frame => {
    const { widthPx, heightPx, data } = picture.pixels;
    if (widthPx !== request.widthPx || heightPx !== request.heightPx) {
      throw new EmagentError(
        'EM_FRAME_INCOMPLETE',
        `${picture.name} has ${widthPx} x ${heightPx} px, not ${request.widthPx} x ${request.heightPx}: choose that store resolution in SmartSEM, or say size=${widthPx}x${heightPx} in the address.`,
      );
    }
    const { stage, optics, blanked } = before.beam;
    const settings = settingsOf(picture);
    const assumedM = learned.hfwAtMag1M;
    if (settings !== undefined) learned.learn(settings);
    // What the picture taught holds for this one too.
    const fieldWidthUm = (optics.fieldWidthUm * learned.hfwAtMag1M) / assumedM;
    const pixelSizeNm = (fieldWidthUm * 1000) / widthPx;
    const dark = blanked || before.beam.beam === 'off';
    return {
      id: `${session}-${++taken}`,
      widthPx,
      heightPx,
      depth: request.depth,
      data: inDepth(data, request.depth),
      pixelSizeNm,
      stage,
      optics: { ...optics, fieldWidthUm },
      request,
      doseCPerM2: dark ? 0 : (optics.beamCurrentPa * 1e-12 * request.dwellUs * 1e-6) / (pixelSizeNm * 1e-9) ** 2,
      startedAtMs: before.startedAtMs,
      endedAtMs: clock.nowMs(),
    };
  };

  return {
    acquire: async (request, stop) => {
      const setting = settingOf(scans, request.dwellUs);
      if (setting === undefined) {
        const near = scans.map(({ dwellUs }) => dwellUs).toSorted((a, b) => Math.abs(a - request.dwellUs) - Math.abs(b - request.dwellUs)).slice(0, 3);
        throw new EmagentError('EM_LIMIT', `A dwell time of ${request.dwellUs} us cannot be had from the scan rates; the nearest are ${near.join(', ')}.`);
      }
      const startedAtMs = clock.nowMs();
      const after = await folder.mark();
      await choose(setting, request.detector, stop);
      const beam = await reader.state(stop);
      const scanMs = (request.widthPx * request.heightPx * request.dwellUs) / 1000;
      try {
        await integrate(setting.count, scanMs, stop);
        await requireBeam(beam, stop);
      } catch (thrown) {
        const timedOut = (thrown as { code?: unknown }).code === 'EM_TIMEOUT';
        if ((stop.aborted || timedOut) && port.lost === undefined) await parts.settle(stopScan);
        throw thrown;
      }
      const photo = await askNumber(port, READ.photoNumber, stop);
      await port.send(RECORD, { signal: stop, hardware: 'EM_FRAME_INCOMPLETE' });
      const picture = await folder.next({
        after,
        accept: (candidate) => isOurs(candidate, { photo, beam }),
        timeoutMs: options.pictureMs,
        what: `photo ${photo}`,
        signal: stop,
      });
      return frameOf(picture, request, { beam, startedAtMs });
    },
    restore: async () => {
      if (rateBefore !== undefined && port.lost === undefined) await port.send(SET.scanRate(rateBefore));
    },
  };
}
