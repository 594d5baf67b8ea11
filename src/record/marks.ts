import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmagentError } from '../contract/errors.ts';
import { Marks, type Marked } from '../contract/marks.ts';
import { unknownNameMessage } from '../lib/nearest-name.ts';
import { storageError } from '../lib/storage-errors.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { openRunFolder } from './run-folder.ts';

/** What a person said of the finds of a run, beside its journal (docs/run-folder.md). */
export const MARKS_FILE = 'marks.json';

/** Verdict by find; nothing when nobody has said anything. Throws EM_RUN_FOLDER for a file that cannot be read. */
export async function readMarks(dir: string): Promise<Marks['marks']> {
  let text: string;
  try {
    text = await readFile(join(dir, MARKS_FILE), 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new EmagentError('EM_RUN_FOLDER', `${join(dir, MARKS_FILE)} cannot be read: ${(cause as Error).message}`, { cause });
  }
  try {
    return Marks.parse(JSON.parse(text)).marks;
  } catch (cause) {
    throw new EmagentError('EM_RUN_FOLDER', `${join(dir, MARKS_FILE)} is no list of marks.`, { cause });
  }
}

/**
 * Marks finds of a run right or wrong, or takes their marks back (`clear`). Gives all marks of the run. Throws EM_RUN_FOLDER,
 * EM_UNKNOWN_NAME for a find that the run has not, EM_WRITE, EM_DISK_FULL.
 */
export async function markFinds(runDir: string, finds: readonly string[], verdict: Marked | 'clear'): Promise<{ marks: Marks['marks']; unmarked: readonly string[] }> {
  const { dir, events } = await openRunFolder(runDir);
  const there = events.flatMap((event) => (event.type === 'find' ? [event.find.id] : []));
  const unknown = finds.find((find) => !there.includes(find));
  if (unknown !== undefined) {
    throw new EmagentError('EM_UNKNOWN_NAME', there.length === 0 ? `The run in ${runDir} has no finds.` : unknownNameMessage('find', unknown, there));
  }
  const marks: Record<string, Marked> = Object.fromEntries(Object.entries(await readMarks(dir)).filter(([find]) => !finds.includes(find)));
  if (verdict !== 'clear') for (const find of finds) marks[find] = verdict;
  const sorted = Object.fromEntries(there.flatMap((find) => (marks[find] === undefined ? [] : [[find, marks[find]]])));
  try {
    await writeFileAtomically(join(dir, MARKS_FILE), `${JSON.stringify({ v: 1, marks: sorted }, null, 1)}\n`);
  } catch (cause) {
    throw storageError(cause, join(dir, MARKS_FILE));
  }
  return { marks: sorted, unmarked: there.filter((find) => marks[find] === undefined) };
}
