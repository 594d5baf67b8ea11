import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelFolder } from '../classify/model-folder.ts';
import { EmagentError } from '../contract/errors.ts';
import { fromHalfFloats, toHalfFloats } from './half-floats.ts';
import type { TrainingPicture } from './training-set.ts';

/** Embeddings of background pictures, kept with a model so that the next head can be trained without the pictures. */
export const BACKGROUND_FILE = 'background.f16';
/** Whole picture (mean of views, centred view), survey, inspect and confirm appearance. */
const ROWS_PER_PICTURE = 5;

/** 16-bit numbers, little endian: five rows of `embeddingLength` for each picture. */
export function encodeBackground(pictures: readonly TrainingPicture[]): Uint8Array {
  const rows = pictures.filter((picture) => picture.rows.length === ROWS_PER_PICTURE).flatMap((picture) => picture.rows);
  const length = rows[0]?.length ?? 0;
  const values = new Float32Array(rows.length * length);
  rows.forEach((row, index) => values.set(row, index * length));
  return toHalfFloats(values);
}

/** The background that came with a model; none when it has none. Throws EM_MODEL when the file does not fit the model. */
export async function readBackground({ dir, manifest }: ModelFolder): Promise<TrainingPicture[]> {
  if (!(BACKGROUND_FILE in manifest.files)) return [];
  const values = fromHalfFloats(await readFile(join(dir, BACKGROUND_FILE)));
  const { embeddingLength } = manifest.outputs;
  const size = embeddingLength * ROWS_PER_PICTURE;
  if (values.length % size !== 0) throw new EmagentError('EM_MODEL', `${join(dir, BACKGROUND_FILE)} holds no whole number of pictures.`);
  return Array.from({ length: values.length / size }, (_, index) => ({
    id: `background-${index}`,
    label: -1,
    group: `background-${index}`,
    source: `background-${index}`,
    sourceWeight: 1,
    rows: Array.from({ length: ROWS_PER_PICTURE }, (_row, row) => values.subarray(index * size + row * embeddingLength, index * size + (row + 1) * embeddingLength)),
  }));
}
