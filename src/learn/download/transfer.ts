import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import type { Clock } from '../../contract/clock.ts';
import { EmagentError, isEmagentError } from '../../contract/errors.ts';
import { storageError } from '../../lib/storage-errors.ts';
import { reasonOf, type RecordFile } from './record.ts';

export interface TransferOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytes: number, total: number) => void;
}

/** Waits before each further try, by how many in a row have brought no byte: at once where the last one did. */
const WAITS_MS = [0, 1000, 3000, 10_000, 30_000] as const;
/** Nothing for so long: the connection is dead, whatever it says. */
const STALL_MS = 60_000;
/** A file that arrived whole but wrong is fetched once more from the beginning. */
const WHOLE_TRIES = 2;

/** A fault of the network or the server that may be gone at the next try. */
class Passing extends Error {}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(({ size }) => size, () => 0);
}

export async function md5Of(path: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

async function answer(file: RecordFile, from: number, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(file.url, { headers: from > 0 ? { range: `bytes=${from}-` } : {}, signal });
  } catch (cause) {
    throw new Passing(reasonOf(cause), { cause });
  }
  if (response.status === 200 || response.status === 206) return response;
  await response.body?.cancel();
  if (response.status === 429 || response.status >= 500) throw new Passing(`the server answered ${response.status}`);
  // The part is longer than the file: it cannot be a part of it.
  if (response.status === 416) return response;
  throw new EmagentError('EM_DOWNLOAD', `${file.key} cannot be downloaded from ${file.url}: the server answered ${response.status}${response.status === 404 ? ', it is not there' : ''}.`);
}

/** Fetches what is missing and appends it. Throws Passing, EM_DOWNLOAD, EM_DISK_FULL, EM_WRITE. */
async function fetchRest(file: RecordFile, part: string, { clock, signal, onProgress }: TransferOptions): Promise<void> {
  let from = await sizeOf(part);
  if (from > file.sizeBytes) {
    await rm(part);
    from = 0;
  }
  if (from === file.sizeBytes && from > 0) return;
  const stalled = new AbortController();
  const watch = (): unknown => clock.setTimeout(() => stalled.abort(new Passing(`nothing came for ${STALL_MS / 1000} s`)), STALL_MS);
  let timer = watch();
  const both = signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal]);
  try {
    const response = await answer(file, from, both);
    const resumed = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${from}-`) === true;
    // A server without ranges sends all of it again.
    if (!resumed) from = 0;
    if (response.status === 416 || response.body === null) {
      await rm(part, { force: true });
      throw new Passing(`the server answered ${response.status}`);
    }
    const handle = await open(part, resumed ? 'a' : 'w').catch((cause: unknown) => Promise.reject(storageError(cause, part)));
    try {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        clock.clearTimeout(timer);
        await handle.writeFile(chunk).catch((cause: unknown) => Promise.reject(storageError(cause, part)));
        from += chunk.byteLength;
        if (from > file.sizeBytes) throw new Passing(`more came than the ${file.sizeBytes} bytes that the record says`);
        onProgress?.(from, file.sizeBytes);
        timer = watch();
      }
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    if (signal?.aborted === true) throw signal.reason;
    if (isEmagentError(thrown) || thrown instanceof Passing) throw thrown;
    throw new Passing(stalled.signal.aborted ? (stalled.signal.reason as Error).message : reasonOf(thrown), { cause: thrown });
  } finally {
    clock.clearTimeout(timer);
  }
  if (from < file.sizeBytes) throw new Passing(`the connection ended after ${from} of ${file.sizeBytes} bytes`);
}

/** Until all bytes are there; tries in a row that bring nothing are few. */
async function fetchWhole(file: RecordFile, part: string, options: TransferOptions): Promise<void> {
  let inVain = 0;
  for (;;) {
    const before = await sizeOf(part);
    try {
      await fetchRest(file, part, options);
      return;
    } catch (thrown) {
      if (!(thrown instanceof Passing)) throw thrown;
      inVain = (await sizeOf(part)) > before ? 0 : inVain + 1;
      if (inVain >= WAITS_MS.length) {
        throw new EmagentError('EM_DOWNLOAD', `${file.key} cannot be downloaded from ${file.url}: ${thrown.message}, ${inVain} times in a row; what has come is kept.`, { cause: thrown });
      }
      await options.clock.sleep(WAITS_MS[inVain]!, options.signal);
    }
  }
}

/**
 * Downloads a file to `path`: into `path.part`, which a later call goes on with (HTTP range; from the beginning where the server has
 * none), through broken connections, and takes its name only when its size and md5 sum are those of the record.
 * Throws EM_DOWNLOAD, EM_DISK_FULL, EM_WRITE; what has come stays for the next time.
 */
export async function downloadFile(file: RecordFile, path: string, options: TransferOptions): Promise<void> {
  const part = `${path}.part`;
  if ((await sizeOf(path)) === file.sizeBytes && (await md5Of(path)) === file.md5) return;
  for (let attempt = 1; ; attempt++) {
    await fetchWhole(file, part, options);
    if ((await md5Of(part)) === file.md5) break;
    await rm(part, { force: true });
    if (attempt >= WHOLE_TRIES) throw new EmagentError('EM_DOWNLOAD', `${file.key} does not have the md5 checksum ${file.md5} of its record, twice: what the server sends is not what was published.`);
  }
  await rename(part, path).catch((cause: unknown) => Promise.reject(storageError(cause, path)));
}
