import type * as tfjs from '@tensorflow/tfjs';
import { EmagentError, isEmagentError } from '../../contract/errors.ts';
import { randomFor } from '../../lib/random.ts';
import { readCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint.ts';
import type { EpochRecord } from './curves.ts';
import { planEpoch, type EpochPlanOptions, type Example, type PlannedExample } from './epoch-plan.ts';
import type { FeatureSource } from './features.ts';
import { setWeights, type Layer, type StoredWeights } from './network.ts';
import { scoreBatch, trainStep, variablesOf, type Trainee } from './step.ts';

export interface FitOptions {
  readonly trainee: Trainee;
  /** Layers between the features and the embedding. */
  readonly tailLayers: readonly Layer[];
  readonly source: FeatureSource;
  readonly plan: EpochPlanOptions;
  readonly validation: readonly Example[];
  readonly epochs: number;
  /** Of them, at the start, those in which only the head is trained. */
  readonly headEpochs: number;
  readonly batch: number;
  readonly learningRate: { readonly head: number; readonly network: number };
  /** Epochs without a better validation loss after which it ends; counted anew when the network joins. */
  readonly patience: number;
  readonly smoothing: number;
  readonly seed: number;
  readonly checkpointPath: string;
  /** Describes all that decides the result. */
  readonly settings: string;
  readonly resume: boolean;
  readonly signal?: AbortSignal;
  onBatch?(done: number, total: number, epoch: number): void;
  onEpoch?(history: readonly EpochRecord[], validation: { readonly truth: readonly number[]; readonly predicted: readonly number[] }): void | Promise<void>;
}

export interface Fitted {
  readonly history: readonly EpochRecord[];
  readonly bestEpoch: number;
  readonly ended: 'epochs' | 'early' | 'stopped';
}

const copyOf = (layers: readonly Layer[]): StoredWeights[] =>
  layers.flatMap((layer) => layer.getWeights().map((tensor) => ({ shape: tensor.shape, values: Float32Array.from(tensor.dataSync()) })));

function restore({ tf }: Trainee, layers: readonly Layer[], stored: readonly StoredWeights[]): void {
  let at = 0;
  for (const layer of layers) {
    const count = layer.getWeights().length;
    setWeights(tf, layer, { weights: stored.slice(at, at + count), owner: 'The checkpoint' });
    at += count;
  }
}

async function optimizerState(optimizer: tfjs.Optimizer): Promise<Checkpoint['optimizer']> {
  const named = await optimizer.getWeights();
  return named.map(({ name, tensor }) => {
    const stored = { name, shape: tensor.shape, values: Float32Array.from(tensor.dataSync()) };
    // The first is a new scalar of the count of steps; the others belong to the optimiser.
    if (name === 'iter') tensor.dispose();
    return stored;
  });
}

/** What the engine says when memory ends, as a sentence. */
function engineError(thrown: unknown): EmagentError {
  if (isEmagentError(thrown)) return thrown;
  const text = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
  const memory = /out of memory|OOM|resource ?exhausted|allocat/i.test(text);
  return new EmagentError('EM_MODEL_FAILED', memory ? 'There is not enough memory for this training: choose a smaller --batch or --size; the checkpoint of the last epoch is kept.' : `Training failed: ${text.replace(/\.$/, '')}.`, { cause: thrown });
}

/** Batches of features with the next one being made meanwhile. */
async function* batchesOf<T extends Example>(examples: readonly T[], { source, batch, seedOf, signal }: { source: FeatureSource; batch: number; seedOf: (example: T) => number | undefined; signal?: AbortSignal | undefined }): AsyncGenerator<{ examples: readonly T[]; features: Float32Array[] }> {
  const make = async (from: number) => {
    const chosen = examples.slice(from, from + batch);
    return { examples: chosen, features: await Promise.all(chosen.map((example) => source.feature(example.item, seedOf(example)))) };
  };
  let next = make(0);
  for (let from = 0; from < examples.length; from += batch) {
    const ready = await next;
    if (from + batch < examples.length) {
      next = make(from + batch);
      // Whoever awaits it hears of it; until then it is no floating rejection.
      next.catch(() => undefined);
    }
    if (signal?.aborted === true) return;
    yield ready;
  }
}

/** Half a cosine from the given rate down to a tenth of it, over the epochs of a phase. */
const rateAt = (rate: number, epoch: number, epochs: number): number => rate * (0.1 + 0.45 * (1 + Math.cos((Math.PI * epoch) / Math.max(1, epochs))));

/**
 * Trains: the head alone first, then the layers behind the features with it (Adam, cross entropy); the weights with the least
 * validation loss are in the layers when it ends. After each epoch everything is on the disk, so that it can go on. When the signal comes,
 * the epoch in hand is given up and the best so far is kept.
 * Throws EM_STOPPED when there is none yet, EM_MODEL_FAILED when the loss is no number or memory ends, EM_USAGE for a checkpoint of other settings.
 */
export async function fit(options: FitOptions): Promise<Fitted> {
  const { trainee, tailLayers, source, epochs, headEpochs, batch, seed, checkpointPath, settings, signal } = options;
  const { tf, head } = trainee;
  const layers = [...tailLayers, head];
  const known = options.resume ? await readCheckpoint(checkpointPath) : undefined;
  if (known !== undefined && known.settings !== settings) {
    throw new EmagentError('EM_USAGE', `${checkpointPath} belongs to a training with other settings or other pictures: train into another --out, or leave out --resume.`);
  }
  const history: EpochRecord[] = [...(known?.history ?? [])];
  let bestEpoch = known?.bestEpoch ?? 0;
  let best = known?.best ?? [];
  if (known !== undefined) restore(trainee, layers, known.weights);
  let optimizer: tfjs.Optimizer | undefined;
  let optimizerOf: EpochRecord['phase'] | undefined;
  let ended: Fitted['ended'] = 'epochs';

  const phaseOf = (epoch: number): EpochRecord['phase'] => (epoch <= headEpochs ? 'head' : 'network');
  const runEpoch = async (epoch: number): Promise<EpochRecord | undefined> => {
    const phase = phaseOf(epoch);
    if (optimizerOf !== phase) {
      optimizer?.dispose();
      optimizer = tf.train.adam(options.learningRate[phase]);
      const stored = known?.optimizer ?? [];
      // Only what was saved in the middle of this phase belongs to it.
      if (stored.length > 0 && optimizerOf === undefined && history.length > 0 && phaseOf(history.length) === phase) {
        const tensors = stored.map(({ name, values, shape }) => ({ name, tensor: tf.tensor(values, [...shape], name === 'iter' ? 'int32' : 'float32') }));
        await optimizer.setWeights(tensors);
        for (const { tensor } of tensors) tensor.dispose();
      }
      optimizerOf = phase;
    }
    const [first, length] = phase === 'head' ? [1, headEpochs] : [headEpochs + 1, epochs - headEpochs];
    const learningRate = rateAt(options.learningRate[phase], epoch - first, length);
    (optimizer as unknown as { learningRate: number }).learningRate = learningRate;
    const variables = variablesOf(phase === 'head' ? [head] : layers);
    const random = randomFor(seed, `dropout ${epoch}`);
    const planned = planEpoch(epoch, options.plan);
    const start = performance.now();
    let [loss, right, done] = [0, 0, 0];
    for await (const { examples, features } of batchesOf<PlannedExample>(planned, { source, batch, seedOf: (example) => example.seed, signal })) {
      const score = trainStep(trainee, { features, labels: examples.map(({ label }) => label), weights: examples.map(({ weight }) => weight) }, { optimizer: optimizer!, variables, smoothing: options.smoothing, random });
      loss += score.loss * examples.length;
      right += score.right;
      done += examples.length;
      if (!Number.isFinite(score.loss)) throw new EmagentError('EM_MODEL_FAILED', `The loss is no number any more in epoch ${epoch}: choose a smaller --learning-rate.`);
      options.onBatch?.(done, planned.length, epoch);
    }
    if (done < planned.length) return undefined;
    const seconds = (performance.now() - start) / 1000;
    const checked = await validate(options);
    if (checked === undefined) return undefined;
    const record: EpochRecord = { epoch, phase, learningRate, loss: loss / done, accuracy: right / done, validationLoss: checked.loss, validationAccuracy: checked.accuracy, imagesPerSecond: done / seconds };
    history.push(record);
    if (bestEpoch === 0 || record.validationLoss < history[bestEpoch - 1]!.validationLoss) {
      bestEpoch = epoch;
      best = copyOf(layers);
    }
    await writeCheckpoint(checkpointPath, { settings, history, bestEpoch, weights: copyOf(layers), best, optimizer: await optimizerState(optimizer!) });
    await options.onEpoch?.(history, checked);
    return record;
  };

  try {
    for (let epoch = history.length + 1; epoch <= epochs; epoch++) {
      const waitedSince = Math.max(bestEpoch, phaseOf(epoch) === 'network' ? headEpochs : 0);
      if (epoch - 1 - waitedSince >= options.patience) {
        ended = 'early';
        break;
      }
      if (signal?.aborted === true || (await runEpoch(epoch)) === undefined) {
        ended = 'stopped';
        break;
      }
    }
  } catch (thrown) {
    throw engineError(thrown);
  } finally {
    optimizer?.dispose();
  }
  if (bestEpoch === 0) throw new EmagentError('EM_STOPPED', 'Stopped before the first epoch had ended: no model was written.');
  restore(trainee, layers, best);
  return { history, bestEpoch, ended };
}

/** Loss and predictions on the validation pictures; undefined when it was stopped. */
async function validate({ trainee, source, validation, batch, signal }: FitOptions): Promise<{ loss: number; accuracy: number; truth: number[]; predicted: number[] } | undefined> {
  let [loss, right] = [0, 0];
  const [truth, predicted]: [number[], number[]] = [[], []];
  for await (const { examples, features } of batchesOf(validation, { source, batch, seedOf: () => undefined, signal })) {
    const labels = examples.map(({ label }) => label);
    const score = scoreBatch(trainee, { features, labels });
    loss += score.loss * labels.length;
    right += score.right;
    const classes = score.logits.length / labels.length;
    labels.forEach((label, row) => {
      const own = score.logits.subarray(row * classes, (row + 1) * classes);
      truth.push(label);
      predicted.push(own.indexOf(Math.max(...own)));
    });
  }
  return truth.length < validation.length ? undefined : { loss: loss / truth.length, accuracy: right / truth.length, truth, predicted };
}
