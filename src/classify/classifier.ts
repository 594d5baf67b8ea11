import type { Classifier, Device, Engine, Prediction } from '../contract/classifier.ts';
import { EmagentError, toEmagentError } from '../contract/errors.ts';
import type { ModelManifest } from '../contract/model-manifest.ts';
import { required } from '../lib/guards.ts';
import { energy, softmax } from './calibration.ts';
import type { ModelFolder } from './model-folder.ts';
import { openOnnxSession, type OnnxSession } from './onnx/session.ts';
import { viewsOf } from './views.ts';

/** What an engine must be able to do: the rest (views, calibration, rejection) is the same for all. */
export type EngineSession = Pick<OnnxSession, 'provider' | 'device' | 'run' | 'dispose'>;

export interface OpenClassifierOptions {
  readonly model: ModelFolder;
  readonly engine: 'auto' | Engine;
  readonly device: 'auto' | Device;
  readonly log?: (message: string) => void;
}

/** Pictures in one call of the engine; more only cost memory. */
const BATCH_VIEWS = 16;

async function openEngine({ model, engine, device, log }: OpenClassifierOptions): Promise<{ session: EngineSession; engine: Engine }> {
  if (engine === 'tensorflow') throw new EmagentError('EM_ENGINE', 'The TensorFlow engine is not installed.');
  return { engine: 'onnx', session: await openOnnxSession({ model: model.weightsPath, device, ...(log !== undefined && { log }) }) };
}

/** Sums of the views' logits and embeddings become means. */
function meanOf(rows: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(required(rows[0], 'a view').length);
  for (const row of rows) for (let index = 0; index < mean.length; index++) mean[index]! += row[index]! / rows.length;
  return mean;
}

function predict(manifest: ModelManifest, logits: Float32Array, embedding: Float32Array): Prediction {
  const probabilities = softmax(logits, manifest.temperature);
  const best = probabilities.indexOf(Math.max(...probabilities));
  const value = energy(logits, manifest.temperature);
  const tooHigh = manifest.rejectionEnergy !== undefined && value > manifest.rejectionEnergy;
  return {
    label: required(manifest.labels[best], 'the label of an output'),
    probabilities,
    embedding,
    energy: value,
    ...(tooHigh && { rejected: { reason: `fits no category (energy ${value.toFixed(2)} above ${manifest.rejectionEnergy.toFixed(2)})` } }),
  };
}

/**
 * Opens a classifier on the weights of a model folder. The logits of a picture's views are averaged.
 * Throws EM_NO_GPU, EM_ENGINE, EM_MODEL_FAILED.
 */
export async function openClassifier(options: OpenClassifierOptions): Promise<Classifier> {
  const { manifest } = options.model;
  const { session, engine } = await openEngine(options);
  const { input, outputs, labels } = manifest;
  const run = async (views: readonly Float32Array[]): Promise<{ logits: Float32Array; embedding: Float32Array }[]> => {
    const rows: { logits: Float32Array; embedding: Float32Array }[] = [];
    for (let start = 0; start < views.length; start += BATCH_VIEWS) {
      const batch = views.slice(start, start + BATCH_VIEWS);
      const result = await session.run(batch, input);
      const logits = required(result[outputs.logits], `the output ${outputs.logits}`);
      const embedding = required(result[outputs.embedding], `the output ${outputs.embedding}`);
      for (let index = 0; index < batch.length; index++) {
        rows.push({
          logits: logits.slice(index * labels.length, (index + 1) * labels.length),
          embedding: embedding.slice(index * outputs.embeddingLength, (index + 1) * outputs.embeddingLength),
        });
      }
    }
    return rows;
  };
  return {
    modelId: manifest.id,
    labels,
    input: { widthPx: input.widthPx, heightPx: input.heightPx },
    engine,
    device: session.device,
    provider: session.provider,
    classify: async (images, { views = input.views.count, signal } = {}) => {
      signal?.throwIfAborted();
      try {
        const rows = await run(images.flatMap((image) => viewsOf(image, input, views)));
        return images.map((_image, index) => {
          const own = rows.slice(index * views, (index + 1) * views);
          return predict(manifest, meanOf(own.map(({ logits }) => logits)), meanOf(own.map(({ embedding }) => embedding)));
        });
      } catch (thrown) {
        throw toEmagentError(thrown, 'EM_MODEL_FAILED');
      }
    },
    dispose: () => session.dispose(),
  };
}
