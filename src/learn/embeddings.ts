import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { viewsOf, type ViewSettings } from '../classify/views.ts';
import { EmagentError, isEmagentError } from '../contract/errors.ts';
import type { Band } from '../contract/model-manifest.ts';
import { readPicture } from '../imaging/picture-file.ts';
import { randomFor } from '../lib/random.ts';
import { fieldView } from './field-view.ts';
import type { Matrix } from './matrix.ts';

/** How a picture is shown to the network: as it is, or as a search would see it in one band. */
export type Appearance = 'whole' | Band;
export const APPEARANCES: readonly Appearance[] = ['whole', 'survey', 'inspect', 'confirm'];

/** Anything that turns views into embeddings: the frozen backbone in an inference session. */
export interface Backbone {
  /** sha256 of the network's file: embeddings of another network are other embeddings. */
  readonly sha256: string;
  readonly input: ViewSettings;
  readonly embeddingLength: number;
  /** One row of `embeddingLength` numbers for each view ([channels, height, width]), end to end. Throws EM_MODEL_FAILED. */
  embed(views: readonly Float32Array[]): Promise<Float32Array>;
}

export interface EmbedOptions {
  readonly backbone: Backbone;
  readonly seed: number;
  /** Folder that keeps embeddings for the next run; nothing is kept when absent. */
  readonly cacheDir?: string;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** The embeddings of some pictures in one appearance, in the order of the pictures. */
export interface Embedded {
  /** Mean over all views: what a linear head needs for the mean of its logits. */
  readonly mean: Matrix;
  /** The first, centred view alone. */
  readonly centre: Matrix;
}

interface Picture {
  readonly path: string;
  readonly sha256: string;
}

/** Raised when what is cached would no longer be what is computed. */
const CACHE_VERSION = 1;

function cacheName(picture: Picture, appearance: Appearance, { backbone, seed }: EmbedOptions): string {
  const settings = JSON.stringify([CACHE_VERSION, backbone.sha256, backbone.input, appearance === 'whole' ? 0 : seed, appearance]);
  return `${picture.sha256.slice(0, 32)}-${createHash('sha256').update(settings).digest('hex').slice(0, 16)}.f32`;
}

async function readCached(path: string, length: number): Promise<Float32Array | undefined> {
  try {
    const bytes = await readFile(path);
    if (bytes.byteLength !== length * 4) return undefined;
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  } catch {
    return undefined;
  }
}

async function embedOne(picture: Picture, appearances: readonly Appearance[], options: EmbedOptions): Promise<Float32Array[]> {
  const { backbone, cacheDir } = options;
  const width = backbone.embeddingLength;
  const paths = appearances.map((appearance) => (cacheDir === undefined ? undefined : join(cacheDir, cacheName(picture, appearance, options))));
  const cached = await Promise.all(paths.map((path) => (path === undefined ? undefined : readCached(path, 2 * width))));
  if (cached.every((rows) => rows !== undefined)) return cached;
  const image = await readPicture(picture.path);
  const results: Float32Array[] = [];
  for (const [index, appearance] of appearances.entries()) {
    const known = cached[index];
    if (known !== undefined) {
      results.push(known);
      continue;
    }
    const random = randomFor(options.seed, `${picture.sha256}/${appearance}`);
    const shown = appearance === 'whole' ? image : fieldView(image, { band: appearance, random });
    // Tiles of a survey frame are looked at once only: there are many of them, and they are small.
    const rows = await backbone.embed(viewsOf(shown, backbone.input, appearance === 'survey' ? 1 : backbone.input.views.count));
    const pair = new Float32Array(2 * width);
    for (let at = 0; at < rows.length; at++) pair[at % width]! += (rows[at]! * width) / rows.length;
    pair.set(rows.subarray(0, width), width);
    results.push(pair);
    const path = paths[index];
    if (path !== undefined) {
      await writeFile(`${path}.part`, pair);
      await rename(`${path}.part`, path);
    }
  }
  return results;
}

/**
 * Embeddings of each picture in each appearance. Throws EM_PICTURE naming every picture that cannot be read, once all were tried.
 */
export async function embedPictures(pictures: readonly Picture[], appearances: readonly Appearance[], options: EmbedOptions): Promise<Map<Appearance, Embedded>> {
  const columns = options.backbone.embeddingLength;
  if (options.cacheDir !== undefined) await mkdir(options.cacheDir, { recursive: true });
  const empty = (): Matrix => ({ rows: pictures.length, columns, data: new Float32Array(pictures.length * columns) });
  const result = new Map(appearances.map((appearance) => [appearance, { mean: empty(), centre: empty() }]));
  const broken: EmagentError[] = [];
  for (const [row, picture] of pictures.entries()) {
    options.signal?.throwIfAborted();
    try {
      const pairs = await embedOne(picture, appearances, options);
      for (const [index, appearance] of appearances.entries()) {
        result.get(appearance)!.mean.data.set(pairs[index]!.subarray(0, columns), row * columns);
        result.get(appearance)!.centre.data.set(pairs[index]!.subarray(columns), row * columns);
      }
    } catch (thrown) {
      if (!isEmagentError(thrown) || thrown.code !== 'EM_PICTURE') throw thrown;
      broken.push(thrown);
    }
    options.onProgress?.(row + 1, pictures.length);
  }
  if (broken.length === 1) throw broken[0]!;
  if (broken.length > 1) {
    throw new EmagentError('EM_PICTURE', `${broken.length} pictures cannot be read: ${broken.map((error) => error.message).join(' ')}`);
  }
  return result;
}
