import { trainHead, headLogits, type TrainedHead } from '../head.ts';
import type { LinearHead } from '../logistic.ts';
import { matrixOf } from '../matrix.ts';
import { SHOWN, type Example, type ShippedPicture, type Shown } from './examples.ts';

/** Inverse strength of the penalty. From 1e-3 to 1e-1 it hardly matters (docs/own-category.md). */
const C = 1e-2;
const TOLERANCE = 1e-3;
/** Weight of each way of showing a picture; they sum to 1. */
const WEIGHTS: Readonly<Record<Shown, number>> = { whole: 0.5, centre: 0.1, survey: 0.2, inspect: 0.1, confirm: 0.1 };
/** Without the user's own pictures of other things only what is known of the shipped ones may be compared. */
const WEIGHTS_AGAINST_SHIPPED: Readonly<Record<keyof ShippedPicture, number>> = { centre: 0.7, survey: 0.3 };
/** All shipped pictures together, against the user's pictures of other things: they tell the instrument, too, and must not lead. */
const SHIPPED_SHARE = 0.03;
/** Parts into which shipped pictures are dealt when they have to stand in for the user's. */
const SHIPPED_FOLDS = 5;

export interface OwnTraining {
  readonly examples: readonly Example[];
  readonly shipped: readonly ShippedPicture[];
  /** Labels, `Other` last. */
  readonly classes: number;
}

const hasOthers = ({ examples, classes }: OwnTraining): boolean => examples.some(({ label }) => label === classes - 1);

/** Balanced logistic regression on the square roots, in the form of a linear head. */
export function fitOwnHead(training: OwnTraining, start?: LinearHead): TrainedHead {
  const { examples, shipped, classes } = training;
  const other = classes - 1;
  const rows: Float32Array[] = [];
  const y: number[] = [];
  const weights: number[] = [];
  const add = (row: Float32Array, label: number, weight: number): void => {
    rows.push(row);
    y.push(label);
    weights.push(weight);
  };
  const others = examples.filter(({ label }) => label === other).length;
  for (const { label, roots } of examples) {
    if (others > 0) for (const shown of SHOWN) add(roots[shown], label, WEIGHTS[shown]);
    else for (const shown of ['centre', 'survey'] as const) add(roots[shown], label, WEIGHTS_AGAINST_SHIPPED[shown]);
  }
  const each = others > 0 ? (SHIPPED_SHARE * others) / Math.max(1, shipped.length) : 1;
  for (const picture of shipped) for (const shown of ['centre', 'survey'] as const) add(picture[shown], other, each * WEIGHTS_AGAINST_SHIPPED[shown]);
  const columns = rows[0]!.length;
  return trainHead(
    { x: matrixOf(rows, columns), y: Int32Array.from(y), classes, weights: Float64Array.from(weights) },
    examples.length + (others > 0 ? 0 : shipped.length),
    { c: C, tolerance: TOLERANCE, ...(start !== undefined && { start }) },
  );
}

/** Logits of one picture in each way of showing it. */
export type ShownLogits<Name extends string = Shown> = Readonly<Record<Name, Float64Array>>;

function logitsOfRows<Name extends string>(head: LinearHead, rows: Readonly<Record<Name, Float32Array>>): ShownLogits<Name> {
  const names = Object.keys(rows) as Name[];
  const logits = headLogits(head, matrixOf(names.map((name) => rows[name]), head.columns));
  return Object.fromEntries(names.map((name, index) => [name, logits[index]!])) as Record<Name, Float64Array>;
}

export interface HeldOut {
  readonly head: LinearHead;
  /** Of each example, by a head that saw no picture of its scene. */
  readonly examples: readonly ShownLogits[];
  /** Of each shipped picture: by a head that did not see it when they stand in for the user's, else by the head itself. */
  readonly shipped: readonly ShownLogits<keyof ShippedPicture>[];
}

/** The head, and what heads trained without each scene in turn say of it. */
export function leaveScenesOut(training: OwnTraining, scenes: Int32Array, onProgress?: (share: number) => void): HeldOut {
  const { examples, shipped } = training;
  const { head, fit } = fitOwnHead(training);
  const heldOut: ShownLogits[] = [];
  const all = [...new Set(scenes)];
  for (const [index, scene] of all.entries()) {
    const without = fitOwnHead({ ...training, examples: examples.filter((_, at) => scenes[at] !== scene) }, fit).head;
    examples.forEach(({ roots }, at) => {
      if (scenes[at] === scene) heldOut[at] = logitsOfRows(without, roots);
    });
    onProgress?.((index + 1) / all.length);
  }
  if (hasOthers(training)) return { head, examples: heldOut, shipped: shipped.map((picture) => logitsOfRows(head, picture)) };
  const folds = Array.from({ length: SHIPPED_FOLDS }, (_, fold) => fitOwnHead({ ...training, shipped: shipped.filter((_picture, at) => at % SHIPPED_FOLDS !== fold) }, fit).head);
  return { head, examples: heldOut, shipped: shipped.map((picture, at) => logitsOfRows(folds[at % SHIPPED_FOLDS]!, picture)) };
}
