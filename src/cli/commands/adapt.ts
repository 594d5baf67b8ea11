import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { BACKGROUND, CATEGORIES } from '../../contract/categories.ts';
import { EmagentError, EXIT } from '../../contract/errors.ts';
import { adapt } from '../../learn/adapt.ts';
import { openBackbone } from '../../learn/backbone.ts';
import { measuredTable } from '../../learn/card.ts';
import { readDataset } from '../../learn/dataset.ts';
import { readKept } from '../../learn/kept-embeddings.ts';
import { checkWritable } from '../../learn/model-writer.ts';
import { saveModel } from '../../learn/save-model.ts';
import { synthesizeDataset } from '../../session/synthesize.ts';
import { adaptOwn } from '../adapt-own.ts';
import { defineCommand, type CliContext } from '../command.ts';

const Arguments = z.object({
  data: z.string().min(1).optional(),
  images: z.string().min(1).optional(),
  against: z.string().min(1).optional(),
  name: z.string().optional(),
  fromRun: z.array(z.string().min(1)).default([]),
  out: z.string().min(1),
  base: z.string().min(1).optional(),
  background: z.string().min(1).optional(),
  synthetic: z.int().positive().optional(),
  syntheticWeight: z.number().positive().default(1),
  split: z.enum(['group', 'image']).default('group'),
  test: z.number().min(0).max(0.9).default(0),
  licence: z.string().default('as its owner says'),
  cache: z.string().min(1).optional(),
  seed: z.int().default(1),
  json: z.boolean().default(false),
});

const OWN = 'A category of your own:';
const ALL = 'Several categories at once:';

/** Small enough to be drawn and looked at quickly; a view has 224 pixels. */
const SYNTHETIC_SIZE = { widthPx: 640, heightPx: 480 } as const;
/** Keeps the drawn pictures of training and test apart from each other and from those that anybody draws with the same seed. */
const SYNTHETIC_SEEDS = { train: 100, test: 100_000 } as const;
/** Drawn for the test, for each one to train on. */
const SYNTHETIC_TEST_SHARE = 0.4;

interface Drawn {
  readonly train: string;
  readonly test: string;
}

type Arguments = z.infer<typeof Arguments>;
/** Of `--data`: all categories of a model from folders. */
type DataArguments = Arguments & { readonly data: string; readonly base: string };

/** Options of one way that mean nothing to the other would be forgotten without a word. */
function checkWay(args: Arguments): void {
  const own = args.images !== undefined || args.fromRun.length > 0;
  if (own && args.data !== undefined) throw new EmagentError('EM_USAGE', '--data makes a model of all categories in a folder, --images and --from-run one of your own category: give one of them.');
  const foreign = own ? { background: '--background', synthetic: '--synthetic', cache: '--cache' } : args.data === undefined ? {} : { against: '--against', name: '--name' };
  const given = Object.entries(foreign).find(([option]) => args[option as keyof Arguments] !== undefined);
  if (given !== undefined) throw new EmagentError('EM_USAGE', `${given[1]} does not go with ${own ? '--images or --from-run' : '--data'}.`);
}

/** Gives folders of drawn pictures of those of the ten categories that the data has, for as long as `use` takes. */
async function withSynthetic<T>(args: DataArguments, use: (drawn: Drawn | undefined) => Promise<T>): Promise<T> {
  if (args.synthetic === undefined) return use(undefined);
  const { categories } = await readDataset(args.data);
  const common = [...CATEGORIES, BACKGROUND].filter((category) => categories.includes(category));
  if (common.length === 0) return use(undefined);
  const dir = await mkdtemp(join(tmpdir(), 'emagent-synthetic-'));
  const draw = async (part: keyof Drawn, perCategory: number): Promise<string> => {
    await synthesizeDataset({ dir: join(dir, part), perCategory, seed: SYNTHETIC_SEEDS[part] + args.seed, ...SYNTHETIC_SIZE, categories: common });
    return join(dir, part);
  };
  try {
    return await use({ train: await draw('train', args.synthetic), test: await draw('test', Math.ceil(args.synthetic * SYNTHETIC_TEST_SHARE)) });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** What was typed, for the manifest: the next person should be able to type it again. */
function commandLine(args: DataArguments): string {
  const words = ['emagent adapt', `--data ${args.data}`, `--out ${args.out}`, `--base ${args.base}`];
  if (args.background !== undefined) words.push(`--background ${args.background}`);
  if (args.synthetic !== undefined) words.push(`--synthetic ${args.synthetic}`, `--synthetic-weight ${args.syntheticWeight}`);
  words.push(`--split ${args.split}`, `--test ${args.test}`, `--seed ${args.seed}`);
  return words.join(' ');
}

async function adaptAll(args: DataArguments, { print, printJson, log, interactive }: CliContext): Promise<number> {
  await checkWritable(args.out);
  const backbone = await openBackbone(args.base);
  try {
    const { folder } = backbone;
    const base = folder === undefined ? { background: [], other: [] } : { background: await readKept(folder, 'background'), other: await readKept(folder, 'other') };
    let told = '';
    const adapted = await withSynthetic(args, (synthetic) => adapt({
      data: args.data,
      backbone,
      by: args.split,
      testShare: args.test,
      seed: args.seed,
      base,
      syntheticWeight: args.syntheticWeight,
      ...(args.background !== undefined && { background: args.background }),
      ...(synthetic !== undefined && { synthetic }),
      ...(args.cache !== undefined && { cacheDir: args.cache }),
      onProgress: (message, share) => {
        if (interactive) process.stderr.write(`\r${message}: ${Math.round(share * 100)} %    ${share === 1 ? '\n' : ''}`);
        else if (message !== told) log.info(message);
        told = message;
      },
    }));
    for (const warning of adapted.warnings) log.warn(warning);
    const n = Object.values(adapted.pictures).reduce((sum, count) => sum + count, 0);
    const manifest = await saveModel(args.out, { adapted, backbone }, {
      id: basename(resolve(args.out)).replaceAll(/[^A-Za-z0-9._-]/g, '-'),
      summary: `Head for ${adapted.labels.length} categories on frozen embeddings.`,
      seed: args.seed,
      command: commandLine(args),
      data: [
        { name: basename(resolve(args.data)), n, licence: args.licence },
        ...(args.synthetic === undefined ? [] : [{ name: 'synthetic pictures of the procedural renderer', n: adapted.syntheticCount, licence: 'MIT (drawn by emagent)' }]),
      ],
    });
    if (args.json) printJson({ model: args.out, id: manifest.id, labels: adapted.labels, c: adapted.c, temperature: adapted.temperature, pictures: adapted.pictures, metrics: manifest.metrics, other: adapted.other, warnings: adapted.warnings });
    else print(`${measuredTable(adapted.measured)}\n\n${args.out}: ${adapted.labels.join(', ')}`);
  } finally {
    await backbone.dispose();
  }
  return EXIT.done;
}

export const command = defineCommand({
  builder: (yargs) =>
    yargs
      .option('images', { type: 'string', group: OWN, describe: '10 to 20 pictures of your category, or a folder of them for each' })
      .option('against', { type: 'string', group: OWN, describe: 'Pictures of other things, best 10 to 20 of the same instrument' })
      .option('name', { type: 'string', group: OWN, describe: 'Name of the category' })
      .option('from-run', { type: 'string', array: true, group: OWN, describe: 'Run folder whose finds have been marked right or wrong (emagent mark)' })
      .option('data', { type: 'string', group: ALL, describe: 'Folder of your pictures: <Category>/<picture>; 10 to 20 of each' })
      .option('out', { type: 'string', demandOption: true, describe: 'Folder of the new model' })
      .option('base', { type: 'string', describe: 'Model whose network is kept (id or folder), or a bare backbone (.onnx); sem11, or the model of the run' })
      .option('background', { type: 'string', group: ALL, describe: 'Folder of pictures of your empty substrate; the base model has some of its own' })
      .option('synthetic', { type: 'number', group: ALL, describe: 'Train on this many drawn pictures of each of the ten categories besides' })
      .option('synthetic-weight', { type: 'number', group: ALL, default: 1, describe: 'Weight of the synthetic pictures, against 1 for each laboratory' })
      .option('split', { type: 'string', group: ALL, choices: ['group', 'image'], default: 'group', describe: 'What is held out together' })
      .option('test', { type: 'number', group: ALL, default: 0, describe: 'Share of the pictures held out from everything, for figures (0 to 0.9)' })
      .option('licence', { type: 'string', describe: 'Licence of the pictures, for the card' })
      .option('cache', { type: 'string', group: ALL, describe: 'Folder that keeps embeddings for the next run' })
      .option('seed', { type: 'number', default: 1, describe: 'Seed of split and appearance' }),
  schema: Arguments,
  run: async (args, context) => {
    checkWay(args);
    if (existsSync(args.out) && !existsSync(`${args.out}/model.json`)) {
      throw new EmagentError('EM_WRITE', `${args.out} exists and is no model folder: it is left alone.`);
    }
    if (args.data === undefined) return adaptOwn(args, context);
    return adaptAll({ ...args, data: args.data, base: args.base ?? 'sem11' }, context);
  },
});
