import { EmagentError, EXIT } from '../contract/errors.ts';
import type { ModelManifest } from '../contract/model-manifest.ts';
import { CATEGORIES } from '../contract/categories.ts';
import { ownLines } from '../learn/own/card.ts';
import { readOwnPictures, type OwnPictures } from '../learn/own/read-pictures.ts';
import { makeOwnModel } from '../session/own-model.ts';
import { picturesOfRuns } from '../session/marked-pictures.ts';
import type { CliContext } from './command.ts';

export interface AdaptOwnArguments {
  readonly images?: string | undefined;
  readonly against?: string | undefined;
  readonly name?: string | undefined;
  readonly fromRun: readonly string[];
  readonly out: string;
  readonly base?: string | undefined;
  readonly licence: string;
  readonly seed: number;
  readonly json: boolean;
}

function commandLine(args: AdaptOwnArguments, base: string): string {
  const words = ['emagent adapt'];
  if (args.images !== undefined) words.push(`--images ${args.images}`);
  if (args.against !== undefined) words.push(`--against ${args.against}`);
  for (const run of args.fromRun) words.push(`--from-run ${run}`);
  if (args.name !== undefined) words.push(`--name ${args.name}`);
  return [...words, `--out ${args.out}`, `--base ${base}`, `--seed ${args.seed}`].join(' ');
}

interface Gathered extends OwnPictures {
  readonly base: string;
}

async function gather({ images, against, name, fromRun, base }: AdaptOwnArguments): Promise<Gathered> {
  const fromFolders = { ...(name !== undefined && { name }), ...(against !== undefined && { against }) };
  if (fromRun.length === 0) {
    if (images === undefined) throw new EmagentError('EM_USAGE', 'Which pictures show your category? Give their folder with --images, a run with --from-run, or a folder of folders with --data.');
    return { ...(await readOwnPictures({ images, ...fromFolders })), base: base ?? 'sem11' };
  }
  const marked = await picturesOfRuns(fromRun, name);
  if (images === undefined) {
    if (against !== undefined) throw new EmagentError('EM_USAGE', '--against goes with --images; of a run it is what was marked wrong, and fields that were no find.');
    return { ...marked, base: base ?? marked.model };
  }
  const given = await readOwnPictures({ images, ...fromFolders, name: name ?? marked.labels[0]! });
  return { labels: given.labels, pictures: [...given.pictures, ...marked.pictures], base: base ?? marked.model };
}

function printed(out: string, { own = {}, id }: ModelManifest): string {
  const lines = Object.entries(own).flatMap(([label, about]) => [...ownLines(label, about), '']);
  const target = Object.keys(own)[0]!;
  return [...lines, `${out}: ${id}. Search with: emagent search --model ${out} --target ${target}`].join('\n');
}

/** `emagent adapt --images … | --from-run …`: a model for categories of one's own. */
export async function adaptOwn(args: AdaptOwnArguments, { print, printJson, log, interactive }: CliContext): Promise<number> {
  const { labels, pictures, base } = await gather(args);
  for (const label of labels.filter((name) => (CATEGORIES as readonly string[]).includes(name))) {
    log.warn(`${label} is also one of the ten categories of the shipped model; in this model it means what your pictures show, nothing else.`);
  }
  let told = '';
  const manifest = await makeOwnModel({ labels, pictures }, {
    out: args.out,
    base,
    seed: args.seed,
    command: commandLine(args, base),
    licence: args.licence,
    onProgress: (message, share) => {
      if (interactive) process.stderr.write(`\r${message}: ${Math.round(share * 100)} %    ${share === 1 ? '\n' : ''}`);
      else if (message !== told) log.info(message);
      told = message;
    },
  });
  for (const { doubts } of Object.values(manifest.own ?? {})) for (const doubt of doubts) log.warn(doubt);
  if (args.json) printJson({ model: args.out, id: manifest.id, labels: manifest.labels, own: manifest.own });
  else print(printed(args.out, manifest));
  return EXIT.done;
}
