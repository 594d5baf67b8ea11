import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { EmagentError, EXIT } from '../../contract/errors.ts';
import { measuredTable } from '../../learn/card.ts';
import { checkWritable } from '../../learn/model-writer.ts';
import { ARCHITECTURE_NAMES, architectureOf, DEFAULT_VIEWS } from '../../learn/train/architectures/registry.ts';
import { AUGMENTATIONS } from '../../learn/train/augment.ts';
import { train, type Trained } from '../../learn/train/train.ts';
import { synthesizeDataset } from '../../session/synthesize.ts';
import { checkArguments } from '../arguments.ts';
import { defineCommand, type CliContext } from '../command.ts';
import { readConfigFile } from '../config-file.ts';
import { recorded, trainHeadAlone } from '../train-head.ts';
import { createProgress } from '../time-left.ts';

const Ratios = z
  .string()
  .regex(/^\d+(\.\d+)?\/\d+(\.\d+)?\/\d+(\.\d+)?$/, 'three numbers like 70/20/10 are needed: training, validation, test')
  .transform((text) => text.split('/').map(Number) as [number, number, number])
  .refine(([training]) => training > 0, 'training needs a share');

const amount = z.number().min(0).optional();

const TrainArguments = z.strictObject({
  config: z.string().optional(),
  data: z.string('the folder of pictures is needed').min(1),
  out: z.string('the folder of the new model is needed').min(1),
  architecture: z.enum(ARCHITECTURE_NAMES).default('efficientnet-lite0'),
  epochs: z.int().positive().default(20),
  head: z.enum(['gradient', 'logistic']).default('gradient'),
  headEpochs: z.int().min(0).optional(),
  from: z.string().min(1).optional(),
  weights: z.string().min(1).optional(),
  size: z.int().positive().optional(),
  batch: z.int().positive().max(4096).default(32),
  learningRate: z.number().positive().optional(),
  headLearningRate: z.number().positive().default(1e-3),
  dropout: z.number().min(0).max(0.95).default(0.3),
  smoothing: z.number().min(0).max(0.5).default(0.05),
  patience: z.int().positive().default(8),
  balance: z.enum(['sampling', 'weights', 'none']).default('sampling'),
  copies: z.int().positive().default(4),
  augment: z.enum(Object.keys(AUGMENTATIONS) as [keyof typeof AUGMENTATIONS, ...(keyof typeof AUGMENTATIONS)[]]).default('sem'),
  rotation: amount,
  shift: amount,
  shear: amount,
  scale: z.number().positive().max(1).optional(),
  flips: z.boolean().optional(),
  contrast: amount,
  electrons: amount,
  defocus: amount,
  banner: z.number().min(0).max(1).optional(),
  synthetic: z.int().positive().optional(),
  syntheticShare: z.number().min(0).max(0.95).default(0.3),
  syntheticWeight: z.number().positive().default(1),
  gated: z.boolean().default(false),
  views: z.int().default(DEFAULT_VIEWS),
  split: z.string().min(1).default('group'),
  ratios: z.string().default('70/20/10'),
  cache: z.string().min(1).optional(),
  tensorboard: z.string().min(1).optional(),
  resume: z.boolean().default(false),
  weightBits: z.union([z.literal(16), z.literal(32)]).default(16),
  layersModel: z.boolean().default(true),
  licence: z.string().default('as its owner says'),
  seed: z.int().default(1),
  json: z.boolean().default(false),
});
type TrainArguments = z.infer<typeof TrainArguments>;

/** Drawn to train on: other seeds than anybody draws to measure on. */
const SYNTHETIC_SEED = 500_000;
const SYNTHETIC_SIZE = { widthPx: 640, heightPx: 480 } as const;

async function withSynthetic<T>({ synthetic, seed }: TrainArguments, tell: (message: string, share: number) => void, use: (dir: string | undefined) => Promise<T>): Promise<T> {
  if (synthetic === undefined) return use(undefined);
  const dir = await mkdtemp(join(tmpdir(), 'emagent-synthetic-'));
  try {
    await synthesizeDataset({ dir: join(dir, 'drawn'), perCategory: synthetic, seed: SYNTHETIC_SEED + seed, ...SYNTHETIC_SIZE, onPicture: (done, total) => tell('drawing pictures', done / total) });
    return await use(join(dir, 'drawn'));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function trainedText(args: TrainArguments, { fitted, calibrated, manifest }: Trained): string {
  const rates = fitted.history.map(({ imagesPerSecond }) => imagesPerSecond);
  const why = fitted.ended === 'stopped' ? 'stopped by you' : fitted.ended === 'early' ? 'validation did not get better any more' : 'all epochs run';
  return [
    measuredTable(calibrated.measured),
    '',
    `Epoch ${fitted.bestEpoch} of ${fitted.history.length} is kept (${why}); ${Math.min(...rates).toFixed(1)} to ${Math.max(...rates).toFixed(1)} images a second.`,
    `${args.out}: ${manifest.labels.join(', ')}`,
  ].join('\n');
}

/** The first Ctrl-C ends after the batch in hand and keeps the best; a second one ends at once. */
function stopAtInterrupt(abort: AbortController): () => void {
  const stop = (): void => {
    if (abort.signal.aborted) process.exit(EXIT.stopped);
    process.stderr.write('\nStopping; the best epoch so far is kept. Ctrl-C again ends at once.\n');
    abort.abort(new EmagentError('EM_STOPPED', 'Stopped before the first epoch had ended: no model was written.'));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return () => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
}

async function run(given: Record<string, unknown>, context: CliContext): Promise<number> {
  const { print, printJson, log, interactive } = context;
  const config = given['config'] === undefined ? {} : await readConfigFile(String(given['config']));
  const args = checkArguments(TrainArguments, { ...config, ...given });
  const [training, validation, test] = checkArguments(z.object({ ratios: Ratios }), { ratios: args.ratios }).ratios;
  if (args.head === 'logistic') return trainHeadAlone(args, [training, validation, test], context);
  if (args.gated || args.views !== DEFAULT_VIEWS) throw new EmagentError('EM_USAGE', `${args.gated ? '--gated' : '--views'} needs --head logistic: training by gradient has one head and its own views.`);
  if (validation <= 0) throw new EmagentError('EM_USAGE', `--ratios ${args.ratios} leaves nothing to validate with, which says when to stop.`);
  const architecture = architectureOf(args.architecture);
  const pretrained = architecture.lastBlock !== undefined && args.weights !== 'none';
  const from = args.from ?? (pretrained ? architecture.lastBlock! : 'all');
  const headEpochs = args.headEpochs ?? (from === 'all' ? 0 : from === 'none' ? args.epochs : Math.min(5, args.epochs - 1));
  const base = AUGMENTATIONS[args.augment];
  const settings = {
    ...args,
    from,
    headEpochs,
    size: args.size ?? architecture.sizePx,
    learningRate: args.learningRate ?? (pretrained ? 1e-4 : 5e-4),
    rotation: args.rotation ?? base.rotationDeg,
    shift: args.shift ?? base.shift,
    shear: args.shear ?? base.shear,
    scale: args.scale ?? base.scale,
    flips: args.flips ?? base.flips,
    contrast: args.contrast ?? base.contrast,
    electrons: args.electrons ?? base.electrons,
    defocus: args.defocus ?? base.defocusPx,
    banner: args.banner ?? base.banner,
  };
  if (headEpochs > args.epochs) throw new EmagentError('EM_USAGE', `--head-epochs ${headEpochs} is more than --epochs ${args.epochs}.`);
  if (existsSync(args.out) && !existsSync(join(args.out, 'model.json'))) throw new EmagentError('EM_WRITE', `${args.out} exists and is no model folder: it is left alone.`);
  await checkWritable(args.out);
  const workDir = `${args.out.replace(/[\\/]+$/, '')}.training`;
  if (args.resume && !existsSync(join(workDir, 'checkpoint.bin'))) throw new EmagentError('EM_USAGE', `There is nothing to resume: ${join(workDir, 'checkpoint.bin')} is not there.`);
  const { yaml, command } = recorded(settings);
  const progress = createProgress(interactive, (message) => log.info(message));
  const abort = new AbortController();
  const release = stopAtInterrupt(abort);
  const total = training + validation + test;
  try {
    const trained = await withSynthetic(args, progress.step, (synthetic) =>
      train({
        data: args.data,
        ...(synthetic !== undefined && { synthetic }),
        syntheticShare: args.syntheticShare,
        architecture: args.architecture,
        out: args.out,
        workDir,
        cacheDir: args.cache ?? join(workDir, 'features'),
        tensorboardDir: args.tensorboard ?? join(workDir, 'tensorboard'),
        split: args.split === 'grouped' ? 'group' : args.split,
        shares: { train: training / total, validation: validation / total, test: test / total },
        epochs: args.epochs,
        headEpochs,
        from,
        ...(args.weights !== undefined && { weights: args.weights }),
        sizePx: settings.size,
        batch: args.batch,
        learningRate: { head: from === 'all' ? settings.learningRate : args.headLearningRate, network: settings.learningRate },
        dropout: args.dropout,
        smoothing: args.smoothing,
        patience: args.patience,
        balance: args.balance,
        copies: args.copies,
        augmentation: { rotationDeg: settings.rotation, shift: settings.shift, shear: settings.shear, scale: settings.scale, flips: settings.flips, contrast: settings.contrast, electrons: settings.electrons, defocusPx: settings.defocus, banner: settings.banner },
        resume: args.resume,
        seed: args.seed,
        weightBits: args.weightBits,
        layersModel: args.layersModel,
        licence: args.licence,
        command,
        settingsYaml: yaml,
        signal: abort.signal,
        onProgress: progress.step,
        onEpoch: ({ epoch, phase, loss, accuracy, validationLoss, validationAccuracy, imagesPerSecond }) =>
          progress.say(`epoch ${String(epoch).padStart(3)}  ${phase.padEnd(7)}  loss ${loss.toFixed(4)}  accuracy ${accuracy.toFixed(3)}  validation loss ${validationLoss.toFixed(4)}  accuracy ${validationAccuracy.toFixed(3)}  ${imagesPerSecond.toFixed(1)} images/s`),
      }),
    );
    progress.clear();
    for (const warning of trained.warnings) log.warn(warning);
    const { fitted, calibrated, manifest, counts } = trained;
    if (args.json) printJson({ model: args.out, id: manifest.id, labels: manifest.labels, pictures: counts, bestEpoch: fitted.bestEpoch, ended: fitted.ended, history: fitted.history, temperature: calibrated.temperature, metrics: manifest.metrics, other: calibrated.other, warnings: trained.warnings });
    else print(trainedText(args, trained));
    return fitted.ended === 'stopped' ? EXIT.stopped : EXIT.done;
  } finally {
    progress.clear();
    release();
  }
}

export const command = defineCommand({
  builder: (yargs) =>
    yargs
      .option('config', { type: 'string', describe: 'File of these options (training.yaml of a model); the command line wins over it' })
      .option('data', { type: 'string', describe: 'Folder of pictures: <Category>/<picture>' })
      .option('out', { type: 'string', describe: 'Folder of the new model; checkpoint and logs go to OUT.training' })
      .option('architecture', { type: 'string', describe: ARCHITECTURE_NAMES.map((name) => `${name}: ${architectureOf(name).summary}`).join('; ') })
      .option('epochs', { type: 'number', describe: 'Most epochs (20)' })
      .option('head', { type: 'string', describe: 'gradient, or logistic: only the head, to its optimum, measured and calibrated on laboratories left out' })
      .option('head-epochs', { type: 'number', describe: 'Of them, those at the start in which only the head is trained (5 with pretrained weights)' })
      .option('from', { type: 'string', describe: 'First block that is trained after that: its name, all, or none (the last block)' })
      .option('weights', { type: 'string', describe: 'File of pretrained weights, or none' })
      .option('size', { type: 'number', describe: 'Edge of the view, pixels' })
      .option('batch', { type: 'number', describe: 'Pictures a step (32)' })
      .option('learning-rate', { type: 'number', describe: 'Of the network (1e-4 with pretrained weights, else 5e-4)' })
      .option('head-learning-rate', { type: 'number', describe: 'Of the head alone (1e-3)' })
      .option('dropout', { type: 'number', describe: 'Share of the embedding that is dropped (0.3)' })
      .option('smoothing', { type: 'number', describe: 'Label smoothing (0.05)' })
      .option('patience', { type: 'number', describe: 'Epochs without a better validation loss before it ends (8)' })
      .option('balance', { type: 'string', describe: 'sampling, weights or none: how rare categories get their due (sampling)' })
      .option('copies', { type: 'number', describe: 'Augmented views of each picture, when a part is frozen (4)' })
      .option('augment', { type: 'string', describe: 'none, light or sem (sem); the amounts below change it' })
      .option('rotation', { type: 'number', describe: 'Largest turn, degrees' })
      .option('shift', { type: 'number', describe: 'Largest shift, share of the view' })
      .option('shear', { type: 'number', describe: 'Largest shear' })
      .option('scale', { type: 'number', describe: 'Smallest view, share of the picture' })
      .option('flips', { type: 'boolean', describe: 'Mirror and turn by quarters' })
      .option('contrast', { type: 'number', describe: 'Spread of the contrast curve' })
      .option('electrons', { type: 'number', describe: 'Electrons a pixel in the noisiest picture; 0 for no noise' })
      .option('defocus', { type: 'number', describe: 'Largest blur, pixels' })
      .option('banner', { type: 'number', describe: 'Share of the pictures that get a data bar' })
      .option('synthetic', { type: 'number', describe: 'Draw this many pictures of each category to train on besides' })
      .option('synthetic-share', { type: 'number', describe: 'Share of them in an epoch (0.3)' })
      .option('synthetic-weight', { type: 'number', describe: 'With --head logistic: of them in their category, against 1 for each laboratory (1)' })
      .option('gated', { type: 'boolean', describe: 'With --head logistic: a head of drawn pictures alone, and one of all for what is near to a real one' })
      .option('views', { type: 'number', describe: 'With --head logistic: views of a picture that are averaged, 1 is quickest (5)' })
      .option('split', { type: 'string', describe: 'group, image, or a split file (group)' })
      .option('ratios', { type: 'string', describe: 'Training, validation, test (70/20/10)' })
      .option('cache', { type: 'string', describe: 'Folder of feature maps of the frozen part (OUT.training/features)' })
      .option('tensorboard', { type: 'string', describe: 'Folder of TensorBoard logs (OUT.training/tensorboard)' })
      .option('resume', { type: 'boolean', describe: 'Go on after the last epoch that ended' })
      .option('weight-bits', { type: 'number', describe: 'Of the kernels in the files: 16 or 32 (16)' })
      .option('layers-model', { type: 'boolean', describe: 'Write the tfjs LayersModel beside the ONNX file (yes); --no-layers-model leaves it out' })
      .option('licence', { type: 'string', describe: 'Licence of the pictures, for the card' })
      .option('seed', { type: 'number', describe: 'Seed of split, views and weights (1)' })
      .example('$0 train --config mine/training.yaml --out again', 'a model once more')
      .example('$0 train --data pictures --out mine', 'the last block and a new head of EfficientNet-Lite0'),
  // Checked below, when the configuration file has been read: the command line wins over it.
  schema: z.record(z.string(), z.unknown()),
  run,
});
