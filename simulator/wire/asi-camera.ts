import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmagentError } from '../../src/contract/errors.ts';
import { encodePng } from '../../src/imaging/picture-file.ts';
import type { SimulatedMicroscope } from '../simulated-microscope.ts';

export interface CameraSettings {
  /** From the beginning of one exposure to that of the next, instrument time. */
  readonly everyMs: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dwellUs: number;
}

export const TIME_LAPSE: CameraSettings = { everyMs: 1000, widthPx: 1024, heightPx: 768, dwellUs: 0.4 };

export interface TimeLapse {
  /** Puts down the exposure in hand; the next begins when its time has come and the stage stands. */
  breakOff(): void;
  close(): Promise<void>;
}

export interface TimeLapseOptions {
  readonly microscope: SimulatedMicroscope;
  readonly folder: string;
  readonly settings: CameraSettings;
  /** A camera takes no picture here while the stage moves: the simulated instrument does one thing at a time. */
  readonly stageMoves: () => boolean;
  log(message: string): void;
}

/** How a slow file grows: pieces, and instrument time between two of them. */
const LATE_PIECES = 5;
const LATE_PIECE_MS = 600;
/** A cut-off file has this part of its bytes. */
const HALF = 0.6;

/**
 * A camera in time-lapse on the simulated instrument: it knows nothing of the stage and saves a numbered PNG at its own
 * pace, as a whole file under its final name. The faults of the host strike at its files.
 */
export function startTimeLapse({ microscope, folder, settings, stageMoves, log }: TimeLapseOptions): TimeLapse {
  const { clock } = microscope;
  const closed = new AbortController();
  let exposure = new AbortController();
  let number = 0;

  const save = async (path: string, bytes: Uint8Array): Promise<void> => {
    if (microscope.strikes('file-missing')) return;
    if (microscope.strikes('file-half-written')) {
      await clock.during(writeFile(path, bytes.subarray(0, Math.floor(bytes.length * HALF))));
    } else if (microscope.strikes('file-late')) {
      for (let piece = 1; piece <= LATE_PIECES; piece++) {
        await clock.during(writeFile(path, bytes.subarray(0, Math.ceil((bytes.length * piece) / LATE_PIECES))));
        await clock.sleep(LATE_PIECE_MS, closed.signal);
      }
    } else {
      await clock.during(writeFile(`${path}.part`, bytes).then(() => rename(`${path}.part`, path)));
    }
  };
  const shoot = async (): Promise<void> => {
    exposure = new AbortController();
    const { widthPx, heightPx, dwellUs } = settings;
    const frame = await microscope.acquire({ widthPx, heightPx, dwellUs, depth: 8 }, AbortSignal.any([exposure.signal, closed.signal]));
    await save(join(folder, `camera-${String(++number).padStart(6, '0')}.png`), await clock.during(encodePng(frame)));
  };
  const lapse = async (): Promise<void> => {
    while (!closed.signal.aborted) {
      const startMs = clock.nowMs();
      if (!stageMoves()) {
        await shoot().catch((error: Error) => {
          if (!exposure.signal.aborted && !closed.signal.aborted) log(`camera: ${error.message}`);
        });
      }
      await clock.sleep(Math.max(0, startMs + settings.everyMs - clock.nowMs()), closed.signal).catch(() => undefined);
    }
  };
  const ended = lapse();
  return {
    breakOff: () => exposure.abort(new EmagentError('EM_STOPPED', 'The exposure was put down.')),
    close: async () => {
      closed.abort(new EmagentError('EM_STOPPED', 'The camera was switched off.'));
      await ended;
    },
  };
}
