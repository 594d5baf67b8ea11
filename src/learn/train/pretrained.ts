import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { keptRoot } from '../../classify/tensorflow/kept-folder.ts';
import { EmagentError } from '../../contract/errors.ts';
import { packageRoot } from '../../lib/package-root.ts';
import type { ArchitectureName } from './architectures/registry.ts';

interface Download {
  readonly url: string;
  /** As Keras names it: only MD5 is published. */
  readonly md5: string;
}

interface Pretrained {
  readonly file: string;
  readonly download?: Download;
  /** Where the file may lie already. */
  readonly places: readonly string[];
}

const kept = join(dirname(keptRoot()), 'weights');

export const PRETRAINED: Readonly<Partial<Record<ArchitectureName, Pretrained>>> = {
  xception: {
    file: 'xception_weights_tf_dim_ordering_tf_kernels_notop.h5',
    download: {
      url: 'https://storage.googleapis.com/tensorflow/keras-applications/xception/xception_weights_tf_dim_ordering_tf_kernels_notop.h5',
      md5: 'b0042744bf5b25fce3cb969f33bebb97',
    },
    places: [kept],
  },
  'efficientnet-lite0': { file: 'efficientnet-lite0.safetensors', places: [kept, join(packageRoot, '..', 'shared', 'pretrained')] },
};

/** Fetches a file whole into memory, checks it and only then writes it. Throws EM_MODEL. */
export async function downloadChecked({ url, md5 }: Download, path: string): Promise<void> {
  let bytes: Uint8Array;
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server said ${response.status}`);
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    const inner = (cause as { cause?: { code?: string } }).cause?.code;
    throw new EmagentError('EM_MODEL', `The pretrained weights could not be downloaded from ${url} (${inner ?? (cause as Error).message}): fetch the file by other means and give its path with --weights.`, { cause });
  }
  if (createHash('md5').update(bytes).digest('hex') !== md5) {
    throw new EmagentError('EM_MODEL_CHECKSUM', `What came from ${url} does not have the checksum ${md5}: nothing was kept.`);
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.part`, bytes);
  await rename(`${path}.part`, path);
}

export interface FoundWeights {
  readonly path: string;
  readonly sha256: string;
}

/** The file of pretrained weights: the given one, or where it usually lies, or downloaded. Undefined for `none`. Throws EM_MODEL. */
export async function findWeights(architecture: ArchitectureName, given: string | undefined, tell: (message: string) => void): Promise<FoundWeights | undefined> {
  const known = PRETRAINED[architecture];
  if (given === 'none' || known === undefined) return undefined;
  let path = given ?? known.places.map((place) => join(place, known.file)).find(existsSync);
  if (path === undefined) {
    if (known.download === undefined) {
      throw new EmagentError('EM_MODEL', `The pretrained weights ${known.file} are not at hand: give their path with --weights, or begin from nothing with --weights none.`);
    }
    path = join(kept, known.file);
    tell(`downloading ${known.file} (84 MB)`);
    await downloadChecked(known.download, path);
  }
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new EmagentError('EM_MODEL', `The pretrained weights ${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`, { cause });
  }
  return { path, sha256: createHash('sha256').update(bytes).digest('hex') };
}
