import { viewsOf, type ViewSettings } from '../../classify/views.ts';
import { EmagentError, isEmagentError } from '../../contract/errors.ts';
import type { GreyImage } from '../../contract/frame.ts';
import { readPicture } from '../../imaging/picture-file.ts';
import { randomFor } from '../../lib/random.ts';
import type { Backbone } from '../embeddings.ts';
import { fieldView } from '../field-view.ts';
import type { TrainingPicture } from '../training-set.ts';

/** How often and how closely a picture is looked at: fourteen views at three scales (docs/own-category.md has what each step brought). */
export const OWN_VIEWS = { count: 14, share: 0.7 } as const;

/**
 * Ways in which a picture is shown: all views of it, its centred view alone, and fields of a search that show it. The search takes
 * one view in the looks that are many, all of them in a look that confirms.
 */
export const SHOWN = ['whole', 'centre', 'survey', 'inspect', 'confirm'] as const;
export type Shown = (typeof SHOWN)[number];

/**
 * Mean over the views of the square roots of the embedding's values, for each way of showing it. The square root (the Hellinger map of
 * histograms) keeps a few strongly excited channels from drowning the rest.
 */
export type Roots = Readonly<Record<Shown, Float32Array>>;

/** One picture of a user, on either side. */
export interface Example {
  /** For messages: a path, or a frame of a run. */
  readonly name: string;
  readonly sha256: string;
  /** Number of its label; the last one is `Other`. */
  readonly label: number;
  /** Known to show the same place; near duplicates are found besides. */
  readonly group?: string;
  readonly roots: Roots;
}

/** A picture before it is looked at. */
export interface ExamplePicture extends Omit<Example, 'roots'> {
  /** Where its pixels are, or the pixels. */
  readonly picture: string | GreyImage;
}

/** Square roots of an embedding; negative values, which a network that ends in a rectifier does not give, count as 0. */
export const rootsOf = (embedding: ArrayLike<number>): Float32Array => Float32Array.from(embedding, (value) => Math.sqrt(Math.max(0, value)));

/** The input of a base model, with the views of a model for one's own categories. */
export const ownInput = (input: ViewSettings): ViewSettings => ({ ...input, views: OWN_VIEWS });

function meanOfRoots(rows: Float32Array, columns: number): Float32Array {
  const roots = rootsOf(rows);
  const mean = new Float32Array(columns);
  const count = rows.length / columns;
  for (let at = 0; at < roots.length; at++) mean[at % columns]! += roots[at]! / count;
  return mean;
}

/** Looks at one picture in every way. The same picture and seed give the same numbers. Throws EM_MODEL_FAILED. */
export async function lookAtExample(image: GreyImage, sha256: string, { backbone, seed }: { backbone: Backbone; seed: number }): Promise<Roots> {
  const columns = backbone.embeddingLength;
  const input = ownInput(backbone.input);
  const embed = (shown: GreyImage, views: number): Promise<Float32Array> => backbone.embed(viewsOf(shown, input, views));
  const field = (band: 'survey' | 'inspect' | 'confirm'): GreyImage => fieldView(image, { band, random: randomFor(seed, `${sha256}/${band}`) });
  const whole = await embed(image, OWN_VIEWS.count);
  return {
    whole: meanOfRoots(whole, columns),
    centre: rootsOf(whole.subarray(0, columns)),
    survey: rootsOf(await embed(field('survey'), 1)),
    inspect: rootsOf(await embed(field('inspect'), 1)),
    confirm: meanOfRoots(await embed(field('confirm'), OWN_VIEWS.count), columns),
  };
}

export interface LookOptions {
  readonly backbone: Backbone;
  readonly seed: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Looks at all pictures. Throws EM_PICTURE naming every one that cannot be read, once all were tried. */
export async function lookAtExamples(pictures: readonly ExamplePicture[], { onProgress, signal, ...options }: LookOptions): Promise<Example[]> {
  const examples: Example[] = [];
  const broken: EmagentError[] = [];
  for (const { picture, ...known } of pictures) {
    signal?.throwIfAborted();
    try {
      const image = typeof picture === 'string' ? await readPicture(picture) : picture;
      examples.push({ ...known, roots: await lookAtExample(image, known.sha256, options) });
    } catch (thrown) {
      if (!isEmagentError(thrown) || thrown.code !== 'EM_PICTURE') throw thrown;
      broken.push(thrown);
    }
    onProgress?.(examples.length + broken.length, pictures.length);
  }
  if (broken.length === 1) throw broken[0]!;
  if (broken.length > 1) throw new EmagentError('EM_PICTURE', `${broken.length} pictures cannot be read: ${broken.map(({ message }) => message).join(' ')}`);
  return examples;
}

/** What is known of a picture that came with the base model: its centred view and a survey field of it, one view each. */
export interface ShippedPicture {
  readonly centre: Float32Array;
  readonly survey: Float32Array;
}

/** From the embeddings kept with a base model (rows: whole, centre, survey, inspect, confirm). Only rows of one view have exact roots. */
export const shippedOf = (kept: readonly TrainingPicture[]): ShippedPicture[] => kept.map(({ rows }) => ({ centre: rootsOf(rows[1]!), survey: rootsOf(rows[2]!) }));
