import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { EmagentError } from '../contract/errors.ts';
import type { RunEvent } from '../contract/events.ts';
import type { Frame } from '../contract/frame.ts';
import { RunFile, type ReportedFind, type RunPlan } from '../contract/run.ts';
import type { Annotations } from '../imaging/ome-xml.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { toCsv, toGeoJson, toUseq } from './find-exports.ts';
import { createFrameWriter } from './frame-writer.ts';
import { parseJournal } from './journal-reader.ts';
import { openJournal } from './journal.ts';
import { formatBytes, freeBytes, storageError } from '../lib/storage-errors.ts';

/** Names inside a run folder (docs/run-folder.md). */
export const RUN_FILES = {
  run: 'run.json',
  journal: 'events.jsonl',
  frames: 'frames',
  findsCsv: 'finds.csv',
  findsGeoJson: 'finds.geojson',
  revisit: 'revisit.useq.json',
  fields: 'fields.useq.json',
  report: 'report.html',
  reserve: '.reserve',
} as const;

/** A run is not begun with less than this on the disk: some thousand frames. */
const DEFAULT_FREE_FLOOR_BYTES = 256_000_000;

export interface RecordLog {
  warn(context: object, message: string): void;
}

export interface RunFolder {
  /** Absolute path. */
  readonly dir: string;
  /** Takes an event at once; it is written soon, in the order of the calls. Never throws. */
  append(event: RunEvent): void;
  /** Takes a frame; `frames/<id>.ome.tif` is written in the background. Never throws. */
  writeFrame(frame: Frame, annotations: Annotations): void;
  /**
   * Begins to bring all events so far to the disk, and resolves when those up to the checkpoint before are there: a crash
   * costs the events since then, one field's at most, and the instrument does not wait for the disk. Pictures are waited
   * for only when they pile up. Throws EM_DISK_FULL or EM_WRITE for anything that could not be written before.
   */
  checkpoint(): Promise<void>;
  /**
   * Resolves when all events and frames given so far are on the disk.
   * Throws EM_DISK_FULL or EM_WRITE for anything that could not be written since the beginning.
   */
  sync(): Promise<void>;
  /** Replaces `run.json`. Throws EM_DISK_FULL, EM_WRITE. */
  writeRun(run: RunFile): Promise<void>;
  /** Replaces `finds.csv`, `finds.geojson` and `revisit.useq.json`. */
  writeFinds(finds: readonly ReportedFind[], plan: RunPlan): Promise<void>;
  /** Writes `fields.useq.json`, the plan of the fields. */
  writeFields(text: string): Promise<void>;
  /** Writes what is left and closes the journal. Never throws: call `sync` before to hear of failures. */
  close(): Promise<void>;
}

/** `20261123T050612Z-Nanowires` from an ISO time and the target: sorts by time. */
export function runIdOf(timestamp: string, target: string): string {
  const time = timestamp.replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
  return `${time}-${target.replaceAll(/[^A-Za-z0-9._-]/g, '_')}`;
}

/** A new folder `<root>/<runId>`; when there is one already, `<runId>-2` and so on. */
async function claimFolder(root: string, runId: string): Promise<string> {
  await mkdir(root, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const path = join(root, attempt === 1 ? runId : `${runId}-${attempt}`);
    try {
      await mkdir(path);
      return path;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    }
  }
}

async function checkSpace(path: string, floorBytes: number): Promise<void> {
  const free = await freeBytes(path);
  if (free >= floorBytes) return;
  throw new EmagentError('EM_DISK_FULL', `${path} has only ${formatBytes(free)} free; a run needs at least ${formatBytes(floorBytes)}.`);
}

/** The folder or the nearest parent that exists: where the free space is looked up before anything is made. */
async function existingParent(path: string): Promise<string> {
  for (let folder = path; ; folder = join(folder, '..')) {
    try {
      await (await open(folder, 'r')).close();
      return folder;
    } catch (cause) {
      if (folder === join(folder, '..') || (cause as NodeJS.ErrnoException).code !== 'ENOENT') return folder;
    }
  }
}

export interface CreateRunFolderOptions {
  /** Folder that holds the runs; made when it is not there. */
  readonly root: string;
  /** Names the folder; see `runIdOf`. */
  readonly runId: string;
  readonly log: RecordLog;
  readonly freeFloorBytes?: number;
}

/**
 * Makes the folder of a new run; no other run's is ever touched.
 * Throws EM_WRITE when it cannot be made and EM_DISK_FULL when too little space is free; nothing is left behind then.
 */
export async function createRunFolder({ root, runId, log, freeFloorBytes = DEFAULT_FREE_FLOOR_BYTES }: CreateRunFolderOptions): Promise<RunFolder> {
  const parent = resolve(root);
  try {
    await checkSpace(await existingParent(parent), freeFloorBytes);
    const path = await claimFolder(parent, runId);
    try {
      await mkdir(join(path, RUN_FILES.frames));
      return await writer(path, { start: 0, log });
    } catch (cause) {
      await rm(path, { recursive: true, force: true });
      throw cause;
    }
  } catch (cause) {
    throw storageError(cause, parent);
  }
}

/**
 * Opens the folder of a run that was cut off, to go on with it: a torn last line of its journal is cut away, later events
 * are appended. Throws EM_RUN_FOLDER, EM_WRITE, EM_DISK_FULL.
 */
export async function continueRunFolder(path: string, { log, freeFloorBytes = DEFAULT_FREE_FLOOR_BYTES }: { log: RecordLog; freeFloorBytes?: number }): Promise<RunFolder> {
  const { dir: folder, endOfJournal } = await openRunFolder(path);
  await checkSpace(folder, freeFloorBytes);
  return writer(folder, { start: endOfJournal, log });
}

async function writer(path: string, { start, log }: { start: number; log: RecordLog }): Promise<RunFolder> {
  const at = (name: string): string => join(path, name);
  const journal = await openJournal(at(RUN_FILES.journal), { start, reservePath: at(RUN_FILES.reserve) });
  const frames = createFrameWriter(at(RUN_FILES.frames));
  const replace = async (name: string, content: string): Promise<void> => {
    try {
      await writeFileAtomically(at(name), content);
    } catch (cause) {
      const error = storageError(cause, at(name));
      if (error.code !== 'EM_DISK_FULL') throw error;
      log.warn({ file: name }, 'The disk is full: the space held back is given to the end of the run');
      await journal.releaseReserve();
      await writeFileAtomically(at(name), content).catch((again: unknown) => {
        throw storageError(again, at(name));
      });
    }
  };
  let syncing = Promise.resolve();
  const sync = async (): Promise<void> => {
    const [events, pictures] = await Promise.allSettled([journal.sync(), frames.idle()]);
    if (events.status === 'rejected') throw events.reason;
    if (pictures.status === 'rejected') throw pictures.reason;
  };
  return {
    dir: path,
    append: journal.append,
    writeFrame: frames.write,
    checkpoint: async () => {
      await syncing;
      syncing = journal.sync();
      // Whoever waits next hears of a failure; until then it must not count as unhandled.
      syncing.catch(() => undefined);
      await frames.room();
    },
    sync,
    writeRun: (run) => replace(RUN_FILES.run, `${JSON.stringify(run, null, 2)}\n`),
    writeFinds: async (finds, plan) => {
      await replace(RUN_FILES.findsCsv, toCsv(finds));
      await replace(RUN_FILES.findsGeoJson, toGeoJson(finds, plan));
      await replace(RUN_FILES.revisit, toUseq(finds, plan));
    },
    writeFields: (text) => replace(RUN_FILES.fields, text),
    close: async () => {
      await frames.idle().catch((error: unknown) => log.warn({ error }, 'Not every frame could be written'));
      await journal.close();
    },
  };
}

/** A run folder as it is read back. */
export interface OpenedRunFolder {
  readonly dir: string;
  readonly run: RunFile;
  readonly events: readonly RunEvent[];
  /** Bytes of the journal up to the end of its last whole line. */
  readonly endOfJournal: number;
  /** Parts that cannot be read, in words with file and line; empty for a sound folder. A torn last line is no damage. */
  readonly damage: readonly string[];
  readonly torn: boolean;
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new EmagentError('EM_RUN_FOLDER', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function parseRunFile(text: string, path: string): RunFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new EmagentError('EM_RUN_FOLDER', `${path} is not readable: it is no JSON.`, { cause });
  }
  const result = RunFile.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new EmagentError('EM_RUN_FOLDER', `${path} is no run file of this version: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.`);
}

/** Reads a run folder back. Throws EM_RUN_FOLDER when it is none. */
export async function openRunFolder(path: string): Promise<OpenedRunFolder> {
  const folder = resolve(path);
  const runPath = join(folder, RUN_FILES.run);
  const runBytes = await readIfThere(runPath);
  if (runBytes === undefined) throw new EmagentError('EM_RUN_FOLDER', `${folder} is no run folder: there is no ${RUN_FILES.run} in it.`);
  const run = parseRunFile(runBytes.toString('utf8'), runPath);
  const journalBytes = await readIfThere(join(folder, RUN_FILES.journal));
  if (journalBytes === undefined) throw new EmagentError('EM_RUN_FOLDER', `${folder} is no run folder: there is no ${RUN_FILES.journal} in it.`);
  const journal = parseJournal(journalBytes);
  const damage = journal.damage.map((words) => `${RUN_FILES.journal}: ${words}`);
  return { dir: folder, run, events: journal.events, endOfJournal: journal.endOfLastLine, damage, torn: journal.torn };
}
