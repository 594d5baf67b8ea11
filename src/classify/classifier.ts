import type { Classifier, Device, Engine, Prediction } from '../contract/classifier.ts';
import { EmagentError, toEmagentError } from '../contract/errors.ts';
import type { GreyImage } from '../contract/frame.ts';
import type { ModelManifest } from '../contract/model-manifest.ts';
import { required } from '../lib/guards.ts';
import { energy, softmax } from './calibration.ts';
import { openEngine } from './engine.ts';
import type { ModelFolder } from './model-folder.ts';
import type { NetworkSession } from './onnx/session.ts';
import { VIEW_COUNTS, viewsOf } from './views.ts';

export interface OpenClassifierOptions {
  readonly model: ModelFolder;
  readonly engine: 'auto' | Engine;
  readonly device: 'auto' | Device;
  /** One line when `auto` had to fall back. */
  readonly log?: (message: string) => void;
}

/** Views in memory at once: 64 of 3 x 224 x 224 are 39 MB. */
const VIEWS_AT_ONCE = 64;

/** Means over the rows of one picture's views. */
function meanOfRows(values: Float32Array, { from, rows, columns }: { from: number; rows: number; columns: number }): Float32Array {
  const mean = new Float32Array(columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) mean[column]! += values[(from + row) * columns + column]! / rows;
  }
  return mean;
}

/** The prediction from the mean logits: calibrated by the model's temperature, rejected when the energy is too high. */
export function predictionOf(manifest: ModelManifest, logits: Float32Array, embedding: Float32Array): Prediction {
  const { labels, temperature, rejectionEnergy } = manifest;
  if (logits.length !== labels.length || !logits.every(Number.isFinite)) {
    throw new EmagentError('EM_MODEL_FAILED', `The model ${manifest.id} gave no usable output for ${labels.length} labels.`);
  }
  const probabilities = softmax(logits, temperature);
  const best = probabilities.indexOf(Math.max(...probabilities));
  const value = energy(logits, temperature);
  const reason = `fits no category (energy ${value.toFixed(2)}, the limit is ${rejectionEnergy?.toFixed(2) ?? ''})`;
  return {
    label: required(labels[best], 'the label of an output'),
    probabilities,
    embedding,
    energy: value,
    ...(rejectionEnergy !== undefined && value > rejectionEnergy && { rejected: { reason } }),
  };
}

async function classifyTogether(images: readonly GreyImage[], views: number, { manifest, session }: { manifest: ModelManifest; session: NetworkSession }): Promise<Prediction[]> {
  const { input, outputs, labels } = manifest;
  const results = await session.run(images.flatMap((image) => viewsOf(image, input, views)), input);
  const logits = required(results[outputs.logits], `the output ${outputs.logits}`);
  const embeddings = required(results[outputs.embedding], `the output ${outputs.embedding}`);
  return images.map((_image, index) =>
    predictionOf(
      manifest,
      meanOfRows(logits, { from: index * views, rows: views, columns: labels.length }),
      meanOfRows(embeddings, { from: index * views, rows: views, columns: outputs.embeddingLength }),
    ),
  );
}

/** Says before anything moves that network and manifest belong together: one empty view must pass. Throws EM_MODEL. */
async function requireFit(session: NetworkSession, { id, input, outputs, labels }: ModelManifest): Promise<void> {
  const missing = [outputs.logits, outputs.embedding].find((name) => !session.outputNames.includes(name));
  if (missing !== undefined) throw new EmagentError('EM_MODEL', `The network of the model ${id} has no output ${missing}: it has ${session.outputNames.join(', ')}.`);
  const { widthPx, heightPx, channels } = input;
  const results = await session.run([new Float32Array(channels * heightPx * widthPx)], input).catch((cause: unknown) => {
    throw new EmagentError('EM_MODEL', `The network of the model ${id} does not take pictures of ${widthPx} x ${heightPx} px in ${channels} channels, as its model.json says: ${toEmagentError(cause).message}`, { cause });
  });
  const [given, embedded] = [results[outputs.logits]?.length, results[outputs.embedding]?.length];
  if (given !== labels.length) throw new EmagentError('EM_MODEL', `The network of the model ${id} tells ${given} categories apart, and its model.json names ${labels.length}.`);
  if (embedded !== outputs.embeddingLength) throw new EmagentError('EM_MODEL', `The network of the model ${id} gives embeddings of ${embedded} numbers, and its model.json says ${outputs.embeddingLength}.`);
}

/**
 * Opens a classifier on the weights of a model folder. The logits and embeddings of a picture's views are averaged; then come
 * temperature, softmax and the energy score.
 * Throws EM_NO_GPU, EM_ENGINE, EM_MODEL.
 */
export async function openClassifier(options: OpenClassifierOptions): Promise<Classifier> {
  const { manifest } = options.model;
  const { input } = manifest;
  const { session, engine } = await openEngine(options);
  try {
    await requireFit(session, manifest);
  } catch (thrown) {
    await session.dispose();
    throw thrown;
  }
  return {
    modelId: manifest.id,
    labels: manifest.labels,
    input: { widthPx: input.widthPx, heightPx: input.heightPx },
    engine,
    device: session.device,
    provider: session.provider,
    classify: async (images, { views = input.views.count, signal } = {}) => {
      if (!(VIEW_COUNTS as readonly number[]).includes(views)) {
        throw new EmagentError('EM_USAGE', `A picture cannot be looked at in ${views} views: choose ${VIEW_COUNTS.join(', ')}.`);
      }
      const together = Math.max(1, Math.floor(VIEWS_AT_ONCE / views));
      const predictions: Prediction[] = [];
      for (let from = 0; from < images.length; from += together) {
        signal?.throwIfAborted();
        try {
          predictions.push(...(await classifyTogether(images.slice(from, from + together), views, { manifest, session })));
        } catch (thrown) {
          throw toEmagentError(thrown, 'EM_MODEL_FAILED');
        }
      }
      return predictions;
    },
    dispose: () => session.dispose(),
  };
}
