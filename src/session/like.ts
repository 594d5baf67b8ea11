import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OTHER } from '../contract/categories.ts';
import { EmagentError } from '../contract/errors.ts';
import type { GreyImage } from '../contract/frame.ts';
import { decodePicture } from '../imaging/picture-file.ts';
import type { ExamplePicture } from '../learn/own/examples.ts';
import { checkName } from '../learn/own/read-pictures.ts';
import { LEAST_SCENES } from '../learn/own/scenes.ts';
import type { Logger } from './logger.ts';
import { makeOwnModel } from './own-model.ts';

/** The category of a search that was given pictures instead of a name. */
export const LIKE = 'Like';

/** Turned by a quarter, clockwise. */
function turned({ widthPx, heightPx, data }: GreyImage): GreyImage {
  const result = new Uint8Array(data.length);
  for (let y = 0; y < heightPx; y++) for (let x = 0; x < widthPx; x++) result[x * heightPx + (heightPx - 1 - y)] = data[y * widthPx + x]!;
  return { widthPx: heightPx, heightPx: widthPx, data: result };
}

function mirrored({ widthPx, heightPx, data }: GreyImage): GreyImage {
  const result = new Uint8Array(data.length);
  for (let y = 0; y < heightPx; y++) for (let x = 0; x < widthPx; x++) result[y * widthPx + (widthPx - 1 - x)] = data[y * widthPx + x]!;
  return { widthPx, heightPx, data: result };
}

/** What lies on the stage lies there in any direction: an example is as good turned and mirrored. */
function waysToLie(image: GreyImage): GreyImage[] {
  const quarter = turned(image);
  const half = turned(quarter);
  return [image, quarter, half, turned(half), mirrored(image), mirrored(quarter)];
}

async function readExample(path: string): Promise<{ image: GreyImage; sha256: string }> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new EmagentError('EM_PICTURE', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  return { image: await decodePicture(bytes, path), sha256: createHash('sha256').update(bytes).digest('hex') };
}

export interface LikeOptions {
  readonly runsRoot: string;
  /** Model whose network is kept. */
  readonly base: string;
  readonly name?: string;
  readonly log: Logger;
}

/**
 * A model made of example pictures alone, in `<runs>/models/`, named by what the pictures hold: the same pictures need no second learning,
 * and `resume` finds it again. Throws EM_PICTURE, EM_USAGE, EM_MODEL, EM_WRITE.
 */
export async function modelLike(paths: readonly string[], { runsRoot, base, name = LIKE, log }: LikeOptions): Promise<{ model: string; target: string }> {
  checkName(name);
  const examples = await Promise.all(paths.map(async (path) => ({ path, ...(await readExample(path)) })));
  const id = createHash('sha256').update(JSON.stringify([base, name, examples.map(({ sha256 }) => sha256).sort()])).digest('hex').slice(0, 12);
  const out = join(runsRoot, 'models', `like-${id}`);
  if (!existsSync(join(out, 'model.json'))) {
    log.info({}, `Learning what ${paths.length === 1 ? 'the picture shows' : `the ${paths.length} pictures show`}`);
    const pictures = examples.flatMap(({ path, image, sha256 }) =>
      waysToLie(image).map((picture, way): ExamplePicture => ({ name: path, sha256: way === 0 ? sha256 : createHash('sha256').update(`${sha256} ${way}`).digest('hex'), label: 0, group: sha256, picture })),
    );
    const { own } = await makeOwnModel({ labels: [name, OTHER], pictures }, {
      out,
      base,
      seed: 1,
      command: `emagent search ${paths.map((path) => `--like ${path}`).join(' ')}`,
      licence: 'as its owner says',
      isGuess: new Set(examples.map(({ sha256 }) => sha256)).size < LEAST_SCENES,
    });
    for (const doubt of own?.[name]?.doubts ?? []) log.warn({}, doubt);
  }
  return { model: out, target: name };
}
