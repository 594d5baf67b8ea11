import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { loadModelFolder, type ModelFolder } from '../classify/model-folder.ts';
import { openOnnxSession } from '../classify/onnx/session.ts';
import type { ViewSettings } from '../classify/views.ts';
import { EmagentError } from '../contract/errors.ts';
import type { Backbone } from './embeddings.ts';

/** A frozen network that gives embeddings, with the bytes of its graph. */
export interface OpenBackbone extends Backbone {
  readonly weights: Uint8Array;
  readonly inputName: string;
  readonly embeddingName: string;
  /** The model that it came from, when it came from one. */
  readonly folder?: ModelFolder;
  /** What the manifest of a model made from it says of its origin. */
  readonly description: string;
  dispose(): Promise<void>;
}

/** Of few pictures each is looked at in more than one view, however the base was: with 10 of a category, one view told 9 of 12 new ones right, five 10 or more. */
const VIEWS = { count: 5, share: 0.7 } as const;

/**
 * How a bare backbone (an ONNX file of its own, input `input` [n, 3, h, w], output `embedding`) is fed: EfficientNet-Lite's
 * normalisation at the size it was trained at; equal mean and contrast in each view, because brightness and contrast tell the
 * laboratory rather than the category.
 */
const BARE = {
  input: {
    widthPx: 224,
    heightPx: 224,
    channels: 3,
    offset: 127,
    scale: 128,
    equalise: { mean: 110, standardDeviation: 45 },
    views: VIEWS,
  } satisfies ViewSettings,
  inputName: 'input',
  embeddingName: 'embedding',
} as const;

async function readWeights(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new EmagentError('EM_MODEL', `The base ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Opens the network of a model folder (a path or a shipped model's id), or a bare backbone in an `.onnx` file. On the CPU: the same
 * pictures give the same head everywhere. Throws EM_MODEL, EM_MODEL_CHECKSUM, EM_MODEL_FAILED.
 */
export async function openBackbone(base: string): Promise<OpenBackbone> {
  const folder = base.endsWith('.onnx') ? undefined : await loadModelFolder(base);
  const weights = await readWeights(folder?.weightsPath ?? base);
  const sha256 = createHash('sha256').update(weights).digest('hex');
  const session = await openOnnxSession({ model: weights, device: 'cpu', threads: 1 });
  const { name: inputName, ...fed } = folder?.manifest.input ?? { name: BARE.inputName, ...BARE.input };
  const input = { ...fed, views: VIEWS };
  const embeddingName = folder?.manifest.outputs.embedding ?? BARE.embeddingName;
  if (!session.outputNames.includes(embeddingName)) {
    await session.dispose();
    throw new EmagentError('EM_MODEL', `The network of ${base} has no output \`${embeddingName}\`; it has ${session.outputNames.join(', ')}.`);
  }
  const embed = async (views: readonly Float32Array[]): Promise<Float32Array> => (await session.run(views, input))[embeddingName]!;
  const blank = new Float32Array(input.channels * input.widthPx * input.heightPx);
  const embeddingLength = (await embed([blank])).length;
  return {
    sha256,
    input,
    embeddingLength,
    embed,
    weights,
    inputName,
    embeddingName,
    ...(folder !== undefined && { folder }),
    description: folder?.manifest.training.backbone ?? `${base.split(/[\\/]/).at(-1) ?? base} (sha256 ${sha256})`,
    dispose: () => session.dispose(),
  };
}
