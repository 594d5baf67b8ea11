import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { attachWire } from '../../drivers/links/wire.ts';
import { createReplay, type Replay } from '../../drivers/links/replay.ts';
import { createWireRecorder } from '../../drivers/links/wire-recorder.ts';
import type { Clock } from '../contract/clock.ts';
import { EmagentError } from '../contract/errors.ts';
import type { Microscope } from '../contract/microscope.ts';
import { WIRE_RECORDING_VERSION, type WireDialect, WireHeader, WireRecord } from '../contract/wire-recording.ts';

/** Query parameters of an address that are secrets. */
const SECRETS = ['token'];
/** Stands for a secret; one with a character that no header may hold stays such a one, for some protocols send it elsewhere then. */
const redacted = (secret: string): string => (/^[\w.~-]+$/.test(secret) ? 'redacted' : 'redacted/');

function withoutSecrets(address: string): { readonly url: string; readonly redact: (text: string) => string } {
  const url = new URL(address);
  const secrets = SECRETS.flatMap((name) => url.searchParams.getAll(name)).filter((secret) => secret !== '');
  for (const name of SECRETS) {
    const secret = url.searchParams.get(name);
    if (secret !== null) url.searchParams.set(name, redacted(secret));
  }
  return { url: url.href, redact: (text) => secrets.reduce((sofar, secret) => sofar.replaceAll(secret, redacted(secret)), text) };
}

export interface RecordingOptions {
  readonly path: string;
  readonly address: string;
  readonly clientName: string;
  readonly clock: Clock;
}

/**
 * Writes everything that goes over connections opened on this clock from now on into a new file. Resolves with the function
 * that ends it, when all is on the disk. Throws EM_WRITE when the file exists already or cannot be written.
 */
export async function recordWire({ path, address, clientName, clock }: RecordingOptions): Promise<() => Promise<void>> {
  const failed = (cause: Error): EmagentError => {
    const reason = (cause as NodeJS.ErrnoException).code === 'EEXIST' ? 'the file exists already' : cause.message;
    return new EmagentError('EM_WRITE', `The wire cannot be recorded in ${path}: ${reason}.`, { cause });
  };
  const file = createWriteStream(path, { flags: 'wx' });
  let trouble: Error | undefined;
  file.on('error', (error) => {
    trouble = error;
  });
  await new Promise<void>((resolve, reject) => {
    file.once('open', () => resolve());
    file.once('error', (error) => reject(failed(error)));
  });
  const { url, redact } = withoutSecrets(address);
  const write = (line: WireHeader | WireRecord): void => {
    if (trouble === undefined) file.write(`${JSON.stringify(line)}\n`);
  };
  write({ format: 'emagent-wire', v: WIRE_RECORDING_VERSION, url, clientName, startedAt: clock.timestamp() });
  attachWire(clock, { recorder: createWireRecorder({ clock, redact, write }) });
  return async () => {
    attachWire(clock, {});
    await new Promise<void>((resolve) => file.end(() => resolve()));
    if (trouble !== undefined) throw failed(trouble);
  };
}

export interface WireRecording {
  readonly header: WireHeader;
  readonly records: readonly WireRecord[];
}

/** Reads a recording; a last line that was cut off, as by a crash, is left out. Throws EM_USAGE. */
export async function readRecording(path: string): Promise<WireRecording> {
  const wrong = (what: string, cause?: unknown): EmagentError => new EmagentError('EM_USAGE', `${path} is no recording of a wire: ${what}.`, { cause });
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw wrong(cause.message, cause);
  });
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const parsed = lines.flatMap((line, index) => {
    try {
      return [JSON.parse(line) as unknown];
    } catch (cause) {
      if (index === lines.length - 1 && index > 0) return [];
      throw wrong(`line ${index + 1} is no JSON`, cause);
    }
  });
  const header = WireHeader.safeParse(parsed[0]);
  if (!header.success) throw wrong(`its first line is no header of version ${WIRE_RECORDING_VERSION}`, header.error);
  const records = parsed.slice(1).map((line, index) => {
    const record = WireRecord.safeParse(line);
    if (!record.success) throw wrong(`line ${index + 2} is no record`, record.error);
    return record.data;
  });
  return { header: header.data, records };
}

/** Lets the recorded instrument stand in for the one that connections on this clock would be made to. */
export function replayWire(recording: WireRecording, { path, clock, dialect }: { readonly path: string; readonly clock: Clock; readonly dialect: WireDialect | undefined }): Replay {
  const farEnd = createReplay({ records: recording.records, clock, name: path, dialect });
  attachWire(clock, { farEnd });
  return farEnd;
}

/** Says of everything that fails after a divergence that it failed for that: a driver sees only that its wire is gone. */
export function tellDivergence(microscope: Microscope, replay: Replay): Microscope {
  const told = <T>(work: Promise<T>): Promise<T> =>
    work.catch((thrown: unknown) => {
      throw replay.diverged ?? thrown;
    });
  return {
    ...microscope,
    readState: (signal) => told(microscope.readState(signal)),
    moveStage: (target, signal) => told(microscope.moveStage(target, signal)),
    setOptics: (target, signal) => told(microscope.setOptics(target, signal)),
    acquire: (request, signal) => told(microscope.acquire(request, signal)),
    autofocus: (request, signal) => told(microscope.autofocus(request, signal)),
    setBlanker: (blanked, signal) => told(microscope.setBlanker(blanked, signal)),
    halt: (reason) => told(microscope.halt(reason)),
    onFault: (listener) => microscope.onFault((fault) => listener(replay.diverged ?? fault)),
  };
}
