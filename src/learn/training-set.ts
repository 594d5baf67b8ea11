import type { Dataset, DatasetItem } from './dataset.ts';
import { embedPictures, type Appearance, type Embedded, type EmbedOptions } from './embeddings.ts';
import type { Head } from './gate.ts';
import { headLogits, trainHead, type HeadOptions, type TrainedHead, type TrainingRows } from './head.ts';
import { matrixOf, rowOf, type Matrix } from './matrix.ts';

/** A picture of which only the embeddings are left (of the base model's background), or one with its file. */
export interface TrainingPicture {
  readonly id: string;
  readonly label: number;
  readonly group: string;
  /** Pictures of one source are alike: all of its pictures of one category count as much as those of any other source. */
  readonly source: string;
  /** Weight of its source among those of its category. */
  readonly sourceWeight: number;
  readonly rows: readonly Float32Array[];
}

export interface Looks {
  readonly items: readonly DatasetItem[];
  readonly embedded: ReadonlyMap<Appearance, Embedded>;
}

export async function lookAt(items: Dataset['items'], appearances: readonly Appearance[], options: EmbedOptions): Promise<Looks> {
  return { items, embedded: await embedPictures(items, appearances, options) };
}

/** The rows of one picture: the mean of all views of each appearance, and the centred view alone of the whole picture. */
export function rowsOfPicture({ embedded }: Looks, index: number): Float32Array[] {
  const rows: Float32Array[] = [];
  for (const [appearance, { mean, centre }] of embedded) {
    rows.push(rowOf(mean, index));
    if (appearance === 'whole') rows.push(rowOf(centre, index));
  }
  return rows;
}

export function picturesOf(looks: Looks, labels: readonly string[], options: { source?: string; sourceWeight?: number } = {}): TrainingPicture[] {
  return looks.items.map((item, index) => ({
    id: item.sha256,
    label: labels.indexOf(item.category),
    group: item.group ?? item.sha256,
    source: options.source ?? item.laboratory ?? item.group ?? item.sha256,
    sourceWeight: options.sourceWeight ?? 1,
    rows: rowsOfPicture(looks, index),
  }));
}

/** All rows of some pictures with their weights. */
export function trainingRowsOf(pictures: readonly TrainingPicture[], classes: number): TrainingRows {
  const perSource = new Map<string, number>();
  const key = (picture: TrainingPicture): string => `${picture.label} ${picture.source}`;
  for (const picture of pictures) perSource.set(key(picture), (perSource.get(key(picture)) ?? 0) + 1);
  const columns = pictures[0]!.rows[0]!.length;
  const x: Matrix = matrixOf(pictures.flatMap(({ rows }) => rows), columns);
  const y: number[] = [];
  const weights: number[] = [];
  for (const picture of pictures) {
    const weight = picture.sourceWeight / perSource.get(key(picture))! / picture.rows.length;
    for (let row = 0; row < picture.rows.length; row++) {
      y.push(picture.label);
      weights.push(weight);
    }
  }
  return { x, y: Int32Array.from(y), classes, weights: Float64Array.from(weights) };
}

export function trainOn(pictures: readonly TrainingPicture[], classes: number, options: HeadOptions): TrainedHead {
  return trainHead(trainingRowsOf(pictures, classes), pictures.length, options);
}

export interface CrossValidated {
  /** heads[fold] was trained without the fold. */
  readonly heads: readonly Head[];
  /** Labels that heads[fold] has seen: of any other it can know nothing. */
  readonly seen: readonly ReadonlySet<number>[];
}

/** One head for each fold, trained on all other pictures. `fold` of -1: always in training. */
export function crossValidate(pictures: readonly TrainingPicture[], folds: ArrayLike<number>, train: (kept: readonly TrainingPicture[]) => Head): CrossValidated {
  const count = Math.max(...Array.from(folds)) + 1;
  const heads: Head[] = [];
  const seen: Set<number>[] = [];
  for (let fold = 0; fold < count; fold++) {
    const held = new Set(pictures.filter((_, index) => folds[index] === fold).map(({ group }) => group));
    const kept = pictures.filter((picture, index) => folds[index] !== fold && !held.has(picture.group));
    heads.push(train(kept));
    seen.push(new Set(kept.map(({ label }) => label)));
  }
  return { heads, seen };
}

/** Logits of each picture by the head that did not see it. */
export function heldOutLogits({ heads }: Pick<CrossValidated, 'heads'>, folds: ArrayLike<number>, x: Matrix): Float64Array[] {
  const byFold = heads.map((head) => headLogits(head, x));
  return Array.from({ length: x.rows }, (_, row) => byFold[folds[row]!]![row]!);
}
