import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError, toEmagentError } from '../../src/contract/errors.ts';
import { readTiffTag } from '../../src/imaging/tiff.ts';
import { type DecodedPicture, decodeGrey, PICTURE_NAME } from '../../src/imaging/picture-file.ts';
import { wireOf } from './wire.ts';

/** A picture that lies whole in the folder. */
export interface WatchedPicture {
  readonly name: string;
  readonly path: string;
  /** The file as it is. */
  readonly bytes: Uint8Array;
  /** The bytes of a private tag of a TIFF, in which vendors keep their settings. */
  tag(number: number): Uint8Array | undefined;
  /** 8 or 16 bit. */
  readonly pixels: DecodedPicture;
}

/** What lay in the folder at one moment: a file that is not in it, or was changed since, is new. */
export type FolderMark = ReadonlyMap<string, string>;

export interface NextPicture {
  /** From `mark`, taken before the instrument was asked for the picture. Times of files are no measure: two machines have two clocks. */
  readonly after: FolderMark;
  /** Whether it is the picture that is waited for. What it refuses is not looked at again until it changes. */
  accept(picture: WatchedPicture): boolean;
  /** Any that is accepted will do: further files, which may come faster than they can be looked at, are not waited for. */
  readonly isFirstEnough?: boolean;
  readonly timeoutMs: number;
  /** What is waited for, for messages: `photo 1771`. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
}

export interface WatchedFolder {
  readonly folder: string;
  mark(): Promise<FolderMark>;
  /** The newest of the pictures that lie there now and fit; of the last few only, for a folder may hold thousands. */
  newest(accept: (picture: WatchedPicture) => boolean): Promise<WatchedPicture | undefined>;
  /**
   * The one new picture that is complete (its size and time stood still over two looks, and it can be decoded) and accepted.
   * Throws EM_TIMEOUT when none came, EM_FRAME_INCOMPLETE when one came and stayed cut off or when two fit, or the
   * signal's reason. A folder that cannot be read for a while, as a network share may, is waited for.
   */
  next(options: NextPicture): Promise<WatchedPicture>;
  /** Ends a wait with EM_LINK_CLOSED. Idempotent. */
  close(): void;
}

export interface WatchedFolderOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** Names that count; pictures when absent. */
  readonly pattern?: RegExp;
  /** Time between two looks, ms. */
  readonly pollMs?: number;
}

/** Polled, because network shares announce nothing reliably. */
const POLL_MS = 200;
const MAX_NAMES = 3;
/** How many of the latest files are looked at for the newest that fits. */
const NEWEST = 5;
/** A file that stands still this many looks and is no picture keeps nobody waiting for what it may become. */
const PATIENCE_LOOKS = 10;

interface Seen {
  /** Size and time: the same as long as the file is. */
  readonly state: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}
type Look = ReadonlyMap<string, Seen>;
type Verdict = 'fits' | 'refused' | 'unreadable';
interface Judged {
  readonly state: string;
  readonly verdict: Verdict;
  /** How many looks found it so. */
  readonly looks: number;
}

const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'is no folder',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
};

function folderError(folder: string, error: unknown): EmagentError {
  const { code, message } = error as NodeJS.ErrnoException;
  const what = SENTENCES[code ?? ''] ?? `cannot be read (${code ?? message})`;
  return new EmagentError('EM_CONNECT', `The folder ${folder}, in which the instrument's pictures should appear, ${what}: share it with this machine, or give the right path.`, {
    cause: error,
  });
}

/** Throws EM_PICTURE when the bytes are no whole picture. */
export async function openPicture(bytes: Uint8Array, { path, clock }: { readonly path: string; readonly clock: Clock }): Promise<WatchedPicture> {
  const name = basename(path);
  return { name, path, bytes, tag: (number) => readTiffTag(bytes, number), pixels: await clock.during(decodeGrey(bytes, name)) };
}

/** Throws EM_CONNECT, in one sentence, when the folder is not there or cannot be read. */
export async function openWatchedFolder(options: WatchedFolderOptions): Promise<WatchedFolder> {
  const { folder, clock, pattern = PICTURE_NAME, pollMs = POLL_MS } = options;
  const { farEnd, recorder } = wireOf(clock);
  if (farEnd !== undefined) return farEnd.openFolder(folder);
  const closed = new AbortController();

  const lookNow = async (): Promise<Look> => {
    const seen = new Map<string, Seen>();
    for (const name of (await readdir(folder)).toSorted()) {
      if (!pattern.test(name)) continue;
      // Gone again since the listing: a temporary file that was renamed.
      const found = await stat(join(folder, name)).catch(() => undefined);
      if (found?.isFile() === true) seen.set(name, { state: `${found.size}/${found.mtimeMs}`, sizeBytes: found.size, modifiedMs: found.mtimeMs });
    }
    return seen;
  };
  const look = async (): Promise<Look> => {
    try {
      return await clock.during(lookNow());
    } catch (thrown) {
      throw folderError(folder, thrown);
    }
  };
  const read = async (name: string): Promise<WatchedPicture | undefined> => {
    const path = join(folder, name);
    try {
      const bytes = await clock.during(readFile(path));
      return await openPicture(bytes, { path, clock });
    } catch {
      return undefined;
    }
  };
  await look();

  const next = async ({ after, accept, isFirstEnough = false, timeoutMs, what, signal }: NextPicture): Promise<WatchedPicture> => {
    const limit = clock.deadline(signal === undefined ? closed.signal : AbortSignal.any([signal, closed.signal]), timeoutMs, 'EM_TIMEOUT');
    const verdicts = new Map<string, Judged>();
    const fitting = new Map<string, WatchedPicture>();
    let before: Look = new Map();
    let trouble: EmagentError | undefined;

    /** Judges what stands still; returns whether all that has to be judged has been. */
    const judge = async (now: Look): Promise<boolean> => {
      let settled = true;
      for (const [name, { state, sizeBytes }] of now) {
        if (after.get(name) === state) continue;
        const known = verdicts.get(name);
        if (known?.state === state && known.verdict !== 'unreadable') continue;
        fitting.delete(name);
        const still = sizeBytes > 0 && before.get(name)?.state === state;
        const picture = still ? await read(name) : undefined;
        const verdict = picture === undefined ? 'unreadable' : accept(picture) ? 'fits' : 'refused';
        const looks = known?.state === state ? known.looks + 1 : 1;
        verdicts.set(name, { state, verdict, looks });
        if (picture === undefined) settled &&= looks > PATIENCE_LOOKS;
        else if (verdict === 'fits') fitting.set(name, picture);
        if (isFirstEnough && fitting.size > 0) return true;
      }
      return settled;
    };
    const only = (): WatchedPicture | undefined => {
      const pictures = [...fitting.values()];
      if (pictures.length > 1) {
        const names = pictures.map(({ name }) => name).join(' and ');
        throw new EmagentError('EM_FRAME_INCOMPLETE', `In ${folder} ${names} both fit ${what}: which one it is would be a guess.`);
      }
      return pictures[0];
    };

    try {
      for (;;) {
        try {
          const now = await look();
          const settled = await judge(now);
          before = now;
          trouble = undefined;
          const picture = settled ? only() : undefined;
          if (picture !== undefined) return picture;
        } catch (thrown) {
          const error = toEmagentError(thrown);
          if (error.code !== 'EM_CONNECT') throw error;
          trouble = error;
        }
        await clock.sleep(pollMs, limit.signal);
      }
    } catch (thrown) {
      if (signal?.aborted === true || closed.signal.aborted || !limit.signal.aborted) throw thrown;
      const picture = only();
      if (picture !== undefined) return picture;
      throw overdue({ folder, what, timeoutMs, verdicts, trouble });
    } finally {
      limit.clear();
    }
  };

  return {
    folder,
    mark: async () => new Map(Array.from(await look(), ([name, { state }]) => [name, state])),
    newest: async (accept) => {
      const latest = [...(await look())].toSorted(([, a], [, b]) => b.modifiedMs - a.modifiedMs).slice(0, NEWEST);
      for (const [name] of latest) {
        const picture = await read(name);
        if (picture === undefined || !accept(picture)) continue;
        recorder?.picture('newest', picture);
        return picture;
      }
      recorder?.picture('newest', undefined);
      return undefined;
    },
    next: async (wanted) => {
      let picture: WatchedPicture | undefined;
      try {
        picture = await next(wanted);
        return picture;
      } finally {
        // Also that none came: the driver went on without one.
        recorder?.picture('next', picture);
      }
    },
    close: () => closed.abort(new EmagentError('EM_LINK_CLOSED', `The folder ${folder} is not watched any more.`)),
  };
}

interface Overdue {
  readonly folder: string;
  readonly what: string;
  readonly timeoutMs: number;
  readonly verdicts: ReadonlyMap<string, Judged>;
  readonly trouble: EmagentError | undefined;
}

/** The deadline has passed: says what was seen instead. */
function overdue({ folder, what, timeoutMs, verdicts, trouble }: Overdue): EmagentError {
  const within = `within ${(timeoutMs / 1000).toFixed(1)} s`;
  if (trouble !== undefined) return new EmagentError('EM_TIMEOUT', `${what} did not appear in ${folder} ${within}: the folder could not be read.`, { cause: trouble });
  const named = (verdict: Verdict): string => {
    const names = [...verdicts].filter(([, judged]) => judged.verdict === verdict).map(([name]) => name);
    return names.length > MAX_NAMES ? `${names.slice(0, MAX_NAMES).join(', ')} and ${names.length - MAX_NAMES} more` : names.join(', ');
  };
  const broken = named('unreadable');
  if (broken !== '') return new EmagentError('EM_FRAME_INCOMPLETE', `${what} did not appear whole in ${folder} ${within}: ${broken} cannot be read as a picture.`);
  const others = named('refused');
  const seen = others === '' ? 'no new picture came; is it the folder in which the instrument saves?' : `new, but not it: ${others}.`;
  return new EmagentError('EM_TIMEOUT', `${what} did not appear in ${folder} ${within}: ${seen}`);
}
