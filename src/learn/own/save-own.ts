import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelFolder } from '../../classify/model-folder.ts';
import { EmagentError } from '../../contract/errors.ts';
import { KeptExamples, type ModelManifest, type SplitFile } from '../../contract/model-manifest.ts';
import type { OpenBackbone } from '../backbone.ts';
import { fuseHead, LOGITS } from '../fuse.ts';
import { fromHalfFloats, toHalfFloats } from '../half-floats.ts';
import { KEPT_FILES } from '../kept-embeddings.ts';
import { writeModelFolder } from '../model-writer.ts';
import { noticeOf, SPLIT_FILE, WEIGHTS_FILE } from '../save-model.ts';
import { ownCard } from './card.ts';
import { ownInput, SHOWN, type Example, type Roots } from './examples.ts';
import type { LearnedOwn } from './learn-own.ts';

/** What was learned from, kept so that the model can learn on without the pictures: numbers and a list of what they are. */
const EXAMPLES = { roots: 'examples.f16', list: 'examples.json' } as const;

export interface SaveOwnOptions {
  readonly id: string;
  readonly seed: number;
  readonly command: string;
  readonly data: ModelManifest['training']['data'];
}

interface Learned {
  readonly learned: LearnedOwn;
  readonly examples: readonly Example[];
  readonly backbone: OpenBackbone;
}

function encodeExamples(examples: readonly Example[]): Uint8Array {
  const columns = examples[0]!.roots.whole.length;
  const values = new Float32Array(examples.length * SHOWN.length * columns);
  examples.forEach(({ roots }, index) => SHOWN.forEach((shown, row) => values.set(roots[shown], (index * SHOWN.length + row) * columns)));
  return toHalfFloats(values);
}

/** What a model for one's own categories was learned from, by label; nothing for any other model. Throws EM_MODEL. */
export async function readExamples({ dir, manifest }: ModelFolder): Promise<(Omit<Example, 'label'> & { readonly label: string })[]> {
  if (!(EXAMPLES.list in manifest.files) || !(EXAMPLES.roots in manifest.files)) return [];
  const list = KeptExamples.parse(JSON.parse(await readFile(join(dir, EXAMPLES.list), 'utf8')));
  const values = fromHalfFloats(await readFile(join(dir, EXAMPLES.roots)));
  const columns = manifest.outputs.embeddingLength;
  if (values.length !== list.length * SHOWN.length * columns) throw new EmagentError('EM_MODEL', `${join(dir, EXAMPLES.roots)} does not hold the pictures that ${EXAMPLES.list} lists.`);
  return list.map(({ name, sha256, label, group }, index) => {
    const row = (at: number): Float32Array => values.subarray((index * SHOWN.length + at) * columns, (index * SHOWN.length + at + 1) * columns);
    return { name, sha256, label, ...(group !== undefined && { group }), roots: Object.fromEntries(SHOWN.map((shown, at) => [shown, row(at)])) as unknown as Roots };
  });
}

/** Embeddings of other instruments' pictures go on with the network that they were made by. */
async function keptFilesOf({ folder }: OpenBackbone): Promise<[string, Uint8Array][]> {
  if (folder === undefined) return [];
  const names = Object.values(KEPT_FILES).filter((name) => name in folder.manifest.files);
  return Promise.all(names.map(async (name): Promise<[string, Uint8Array]> => [name, await readFile(join(folder.dir, name))]));
}

/** Writes the folder of a model for one's own categories. Throws EM_WRITE, EM_DISK_FULL, EM_MODEL. */
export async function saveOwnModel(out: string, { learned, examples, backbone }: Learned, options: SaveOwnOptions): Promise<ModelManifest> {
  const { labels, head, temperature, likelihood, own } = learned;
  const split: SplitFile = { v: 1, seed: options.seed, by: 'group', parts: { train: [...new Set(examples.map(({ sha256 }) => sha256))].sort(), validation: [], test: [] } };
  const list = examples.map(({ name, sha256, label, group }) => ({ name, sha256, label: labels[label]!, ...(group !== undefined && { group }) }));
  const manifest: Omit<ModelManifest, 'files'> = {
    v: 1,
    id: options.id,
    summary: `${labels.slice(0, -1).join(', ')}: learned from ${examples.length} pictures.`,
    labels: [...labels],
    input: { name: backbone.inputName, ...ownInput(backbone.input) },
    outputs: { logits: LOGITS, embedding: backbone.embeddingName, embeddingLength: backbone.embeddingLength },
    temperature,
    likelihood: [...likelihood],
    training: { data: options.data, split: SPLIT_FILE, seed: options.seed, backbone: backbone.description, command: options.command },
    metrics: [],
    own,
    weights: WEIGHTS_FILE,
  };
  const files = new Map<string, Uint8Array | string>([
    [WEIGHTS_FILE, fuseHead(backbone.weights, { ...head, ofSquareRoots: true }, backbone.embeddingName)],
    [SPLIT_FILE, `${JSON.stringify(split, null, 1)}\n`],
    [EXAMPLES.roots, encodeExamples(examples)],
    [EXAMPLES.list, `${JSON.stringify(list, null, 1)}\n`],
    ...(await keptFilesOf(backbone)),
  ]);
  return writeModelFolder(out, manifest, { files, unchecked: new Map([['CARD.md', ownCard(manifest)], ...(await noticeOf(backbone))]) });
}
