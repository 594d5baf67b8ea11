import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelFolder } from '../classify/model-folder.ts';
import { EmagentError } from '../contract/errors.ts';
import { fromHalfFloats, toHalfFloats } from './half-floats.ts';
import type { TrainingPicture } from './training-set.ts';

/**
 * Embeddings of background pictures, and of pictures of no category, kept with a model so that the next head can be trained without
 * the pictures.
 */
export const KEPT_FILES = { background: 'background.f16', other: 'other.f16' } as const;
export type Kept = keyof typeof KEPT_FILES;
/** Whole picture (mean of views, centred view), survey, inspect and confirm appearance. */
const ROWS_PER_PICTURE = 5;
/** More bring nothing to the next head, and a model is to be sent about. */
const MOST_KEPT = 100;

/** 16-bit numbers, little endian: five rows of `embeddingLength` for each picture; of the first 100 pictures. */
export function encodeKept(pictures: readonly TrainingPicture[]): Uint8Array {
  const rows = pictures.filter((picture) => picture.rows.length === ROWS_PER_PICTURE).slice(0, MOST_KEPT).flatMap((picture) => picture.rows);
  const length = rows[0]?.length ?? 0;
  const values = new Float32Array(rows.length * length);
  rows.forEach((row, index) => values.set(row, index * length));
  return toHalfFloats(values);
}

/** What came with a model; nothing when it has none. Throws EM_MODEL when the file does not fit the model. */
export async function readKept({ dir, manifest }: ModelFolder, kept: Kept): Promise<TrainingPicture[]> {
  const name = KEPT_FILES[kept];
  if (!(name in manifest.files)) return [];
  const values = fromHalfFloats(await readFile(join(dir, name)));
  const { embeddingLength } = manifest.outputs;
  const size = embeddingLength * ROWS_PER_PICTURE;
  if (values.length % size !== 0) throw new EmagentError('EM_MODEL', `${join(dir, name)} holds no whole number of pictures.`);
  return Array.from({ length: values.length / size }, (_, index) => ({
    id: `${kept}-${index}`,
    label: -1,
    group: `${kept}-${index}`,
    source: `${kept}-${index}`,
    sourceWeight: 1,
    rows: Array.from({ length: ROWS_PER_PICTURE }, (_row, row) => values.subarray(index * size + row * embeddingLength, index * size + (row + 1) * embeddingLength)),
  }));
}
