import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { EmagentError, EXIT } from '../contract/errors.ts';
import { measuredTable } from '../learn/card.ts';
import { checkWritable } from '../learn/model-writer.ts';
import { architectureOf, inputOf, type ArchitectureName } from '../learn/train/architectures/registry.ts';
import { trainLogistic } from '../learn/train/train-logistic.ts';
import { synthesizeDataset } from '../session/synthesize.ts';
import type { CliContext } from './command.ts';
import { createProgress } from './time-left.ts';

/** Drawn pictures, 640 x 480: these to train on, the others to measure on; nobody else draws with these seeds. */
const DRAWN = { train: { seed: 500_000, share: 1 }, test: { seed: 600_000, share: 0.2 } } as const;
const DRAWN_SIZE = { widthPx: 640, heightPx: 480 } as const;

/** All settings with their defaults filled in, as a file for --config and as a line to type. */
export function recorded(settings: Readonly<Record<string, unknown>>): { yaml: string; command: string } {
  const dashed = Object.entries(settings).filter(([name, value]) => value !== undefined && !['json', 'config', 'resume'].includes(name)).map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), value] as const);
  const words = dashed.map(([name, value]) => (typeof value === 'boolean' ? `--${value ? '' : 'no-'}${name}` : `--${name} ${/^[\w./:=+-]+$/.test(String(value)) ? String(value) : JSON.stringify(value)}`));
  return { yaml: stringify(Object.fromEntries(dashed)), command: ['emagent train', ...words].join(' ') };
}

export interface HeadArguments {
  readonly data: string;
  readonly out: string;
  readonly architecture: ArchitectureName;
  readonly head: 'gradient' | 'logistic';
  readonly from?: string | undefined;
  readonly weights?: string | undefined;
  readonly size?: number | undefined;
  readonly weightBits: 16 | 32;
  readonly layersModel: boolean;
  readonly synthetic?: number | undefined;
  readonly syntheticWeight: number;
  readonly gated: boolean;
  readonly views: number;
  readonly split: string;
  readonly ratios: string;
  readonly cache?: string | undefined;
  readonly resume: boolean;
  readonly licence: string;
  readonly seed: number;
  readonly json: boolean;
}

/** What says nothing to a head alone would be forgotten without a word. Throws EM_USAGE. */
function check({ architecture, from, weights, split, resume, size, out, gated, synthetic, views }: HeadArguments): 'group' | 'image' {
  const { lastBlock, leastSizePx } = architectureOf(architecture);
  if (lastBlock === undefined || weights === 'none') throw new EmagentError('EM_USAGE', `--head logistic needs a pretrained network: ${architecture} without weights knows nothing yet.`);
  if (from !== undefined && from !== 'none') throw new EmagentError('EM_USAGE', `--head logistic trains the head alone: it does not go with --from ${from}.`);
  if (resume) throw new EmagentError('EM_USAGE', '--head logistic keeps no checkpoints: leave out --resume; --cache keeps the embeddings.');
  if (size !== undefined && (size < leastSizePx || size % 32 !== 0)) throw new EmagentError('EM_USAGE', `--size ${size} does not fit ${architecture}: it must be a multiple of 32, and ${leastSizePx} at least.`);
  inputOf(architecture, size ?? leastSizePx, views);
  if (gated && synthetic === undefined) throw new EmagentError('EM_USAGE', '--gated has one head learn from drawn pictures alone: say with --synthetic how many.');
  if (gated && views !== 1) throw new EmagentError('EM_USAGE', `--gated looks at one view of a picture: say --views 1 in place of ${views}.`);
  if (existsSync(out) && !existsSync(join(out, 'model.json'))) throw new EmagentError('EM_WRITE', `${out} exists and is no model folder: it is left alone.`);
  if (split === 'group' || split === 'grouped') return 'group';
  if (split === 'image') return 'image';
  throw new EmagentError('EM_USAGE', `--head logistic splits by group or by image; it does not read the split file ${split}.`);
}

type Tell = (message: string, share: number) => void;

/** Folders of drawn pictures for as long as `use` takes. */
async function withDrawn<T>({ synthetic, seed }: HeadArguments, tell: Tell, use: (drawn: { train: string; test: string } | undefined) => Promise<T>): Promise<T> {
  if (synthetic === undefined) return use(undefined);
  const dir = await mkdtemp(join(tmpdir(), 'emagent-synthetic-'));
  const draw = async (part: keyof typeof DRAWN): Promise<string> => {
    const { seed: first, share } = DRAWN[part];
    await synthesizeDataset({ dir: join(dir, part), perCategory: Math.ceil(synthetic * share), seed: first + seed, ...DRAWN_SIZE, onPicture: (done, total) => tell('drawing pictures', done / total) });
    return join(dir, part);
  };
  try {
    return await use({ train: await draw('train'), test: await draw('test') });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** `emagent train --head logistic`. Ratios: training, validation, test; validation is trained on too, since laboratories left out say more. */
export async function trainHeadAlone(args: HeadArguments, [training, validation, test]: readonly [number, number, number], { print, printJson, log, interactive }: CliContext): Promise<number> {
  const by = check(args);
  await checkWritable(args.out);
  const { data, out, architecture, head, weights, weightBits, layersModel, synthetic, syntheticWeight, gated, views, split, ratios, licence, seed } = args;
  const size = args.size ?? architectureOf(architecture).sizePx;
  const { yaml, command } = recorded({ data, out, architecture, head, weights, size, weightBits, layersModel, synthetic, ...(synthetic !== undefined && { syntheticWeight }), ...(gated && { gated }), views, split, ratios, licence, seed });
  const progress = createProgress(interactive, (message) => log.info(message));
  const testShare = test / (training + validation + test);
  try {
    const { manifest, adapted } = await withDrawn(args, progress.step, (drawn) =>
      trainLogistic({
        data, out, architecture, sizePx: size, weightBits, layersModel, by, testShare, seed, licence, command, settingsYaml: yaml, syntheticWeight, gated, views,
        onProgress: progress.step,
        ...(weights !== undefined && { weights }),
        ...(drawn !== undefined && { synthetic: drawn }),
        ...(args.cache !== undefined && { cacheDir: args.cache }),
      }),
    );
    progress.clear();
    for (const warning of adapted.warnings) log.warn(warning);
    if (args.json) printJson({ model: out, id: manifest.id, labels: manifest.labels, c: adapted.c, temperature: adapted.temperature, pictures: adapted.pictures, metrics: manifest.metrics, other: adapted.other, warnings: adapted.warnings });
    else print(`${measuredTable(adapted.measured)}\n\n${out}: ${manifest.labels.join(', ')}`);
    return EXIT.done;
  } finally {
    progress.clear();
  }
}
