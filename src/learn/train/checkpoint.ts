import { readFile, rename, writeFile } from 'node:fs/promises';
import { EmagentError } from '../../contract/errors.ts';
import type { EpochRecord } from './curves.ts';
import type { StoredWeights } from './network.ts';

/** All that a training needs to go on as if it had never stopped; written after each epoch. */
export interface Checkpoint {
  /** What must be the same for the training to be the same. */
  readonly settings: string;
  readonly history: readonly EpochRecord[];
  /** Epoch of the weights in `best`. */
  readonly bestEpoch: number;
  /** All weights of the trained layers, in their order. */
  readonly weights: readonly StoredWeights[];
  readonly best: readonly StoredWeights[];
  /** Of the optimiser: first the count of its steps. */
  readonly optimizer: readonly (StoredWeights & { readonly name: string })[];
}

const GROUPS = ['weights', 'best', 'optimizer'] as const;
const VERSION = 1;

/** Length of the header (u32), header (JSON), values (32 bit). In one file, so that no part can be of another epoch. Throws EM_WRITE, EM_DISK_FULL. */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { settings, history, bestEpoch } = checkpoint;
  const tensors = GROUPS.map((group) => checkpoint[group].map((tensor) => ({ shape: tensor.shape, ...('name' in tensor && { name: tensor.name }) })));
  const header = Buffer.from(JSON.stringify({ v: VERSION, settings, history, bestEpoch, tensors }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const values = GROUPS.flatMap((group) => checkpoint[group].map(({ values: numbers }) => Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength)));
  try {
    await writeFile(`${path}.part`, Buffer.concat([length, header, ...values]));
    await rename(`${path}.part`, path);
  } catch (cause) {
    const full = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
    throw new EmagentError(full ? 'EM_DISK_FULL' : 'EM_WRITE', `The checkpoint ${path} cannot be written (${full ? 'the disk is full' : String((cause as NodeJS.ErrnoException).code)}); that of the epoch before is kept.`, { cause });
  }
}

/** Undefined when there is none. Throws EM_MODEL for a file that is no checkpoint. */
export async function readCheckpoint(path: string): Promise<Checkpoint | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new EmagentError('EM_MODEL', `The checkpoint ${path} cannot be read (${String((cause as NodeJS.ErrnoException).code)}).`, { cause });
  }
  try {
    const headerLength = bytes.readUInt32LE(0);
    const header = JSON.parse(bytes.toString('utf8', 4, 4 + headerLength)) as { v: number; settings: string; history: EpochRecord[]; bestEpoch: number; tensors: { shape: number[]; name?: string }[][] };
    if (header.v !== VERSION) throw new Error(`it is of version ${header.v}`);
    let at = 4 + headerLength;
    const groups = header.tensors.map((group) =>
      group.map(({ shape, name = '' }) => {
        const size = 4 * shape.reduce((product, edge) => product * edge, 1);
        if (at + size > bytes.length) throw new Error('it is cut short');
        const values = new Float32Array(new Uint8Array(bytes.subarray(at, at + size)).buffer);
        at += size;
        return { shape, name, values };
      }),
    );
    const [weights = [], best = [], optimizer = []] = groups;
    return { settings: header.settings, history: header.history, bestEpoch: header.bestEpoch, weights, best, optimizer };
  } catch (cause) {
    throw new EmagentError('EM_MODEL', `${path} is no checkpoint of a training: ${(cause as Error).message}.`, { cause });
  }
}
