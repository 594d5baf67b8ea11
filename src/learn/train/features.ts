import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openOnnxSession } from '../../classify/onnx/session.ts';
import type { ViewSettings } from '../../classify/views.ts';
import { EmagentError } from '../../contract/errors.ts';
import { required } from '../../lib/guards.ts';
import { fromHalfFloats, toHalfFloats } from '../half-floats.ts';
import type { Augmentation } from './augment.ts';
import { createViewPool } from './view-pool.ts';

/** What goes into the part that is trained: views, or what the frozen part made of them. */
export interface FeatureSource {
  /** [channels, height, width] of a feature, or [length]. */
  readonly shape: readonly number[];
  /** Of a picture as it is, or augmented by a seed. Throws EM_PICTURE, EM_MODEL_FAILED. */
  feature(picture: { readonly path: string; readonly sha256: string }, seed?: number): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export interface FeatureSourceOptions {
  readonly input: ViewSettings;
  readonly augmentation: Augmentation;
  /** The frozen part as ONNX with the output `feature`, and the shape of that; absent when everything is trained. */
  readonly frozen?: { readonly onnx: Uint8Array; readonly shape: readonly number[] };
  /** Folder that keeps what the frozen part made. */
  readonly cacheDir: string;
  /** Threads that decode; 0 does it on the main one. */
  readonly threads?: number;
}

/** Raised when the same seed would give another view. */
const CACHE_VERSION = 1;

function cacheError(dir: string, cause: unknown): EmagentError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  return code === 'ENOSPC'
    ? new EmagentError('EM_DISK_FULL', `The disk is full: feature maps cannot be kept in ${dir}; give --cache a folder on another disk.`, { cause })
    : new EmagentError('EM_WRITE', `Feature maps cannot be kept in ${dir} (${code}).`, { cause });
}

/** Opens the way from picture files to what is trained on. The frozen part runs once for each view: its maps are kept in 16 bit. */
export async function openFeatureSource({ input, augmentation, frozen, cacheDir, threads }: FeatureSourceOptions): Promise<FeatureSource> {
  const pool = createViewPool({ input, augmentation }, threads);
  if (frozen === undefined) {
    return {
      shape: [input.channels, input.heightPx, input.widthPx],
      feature: ({ path }, seed) => pool.make({ path, ...(seed !== undefined && { seed }) }),
      dispose: () => pool.dispose(),
    };
  }
  const session = await openOnnxSession({ model: frozen.onnx, device: 'cpu' });
  const network = createHash('sha256').update(frozen.onnx).digest('hex');
  const settings = createHash('sha256').update(JSON.stringify([CACHE_VERSION, network, input, augmentation])).digest('hex').slice(0, 16);
  const dir = join(cacheDir, settings);
  try {
    await mkdir(dir, { recursive: true });
  } catch (cause) {
    throw cacheError(dir, cause);
  }
  let parts = 0;
  const length = frozen.shape.reduce((product, size) => product * size, 1);
  return {
    shape: frozen.shape,
    feature: async ({ path, sha256 }, seed) => {
      const file = join(dir, `${sha256.slice(0, 32)}-${seed ?? 'plain'}.f16`);
      const known = await readFile(file).catch(() => undefined);
      if (known?.byteLength === 2 * length) return fromHalfFloats(known);
      const view = await pool.make({ path, ...(seed !== undefined && { seed }) });
      const bytes = toHalfFloats(required((await session.run([view], input))['feature'], 'the feature map'));
      try {
        // Rare pictures are drawn often: the same view may be in the making twice.
        const part = `${file}.${parts++}.part`;
        await writeFile(part, bytes);
        await rename(part, file);
      } catch (cause) {
        throw cacheError(dir, cause);
      }
      // What was just made and what is read again later must not differ.
      return fromHalfFloats(bytes);
    },
    dispose: async () => {
      await pool.dispose();
      await session.dispose();
    },
  };
}
