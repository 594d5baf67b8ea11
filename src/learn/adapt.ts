import { energy, fitTemperature, negativeLogLikelihood, softmax } from '../classify/calibration.ts';
import { BACKGROUND, CATEGORIES } from '../contract/categories.ts';
import { EmagentError } from '../contract/errors.ts';
import type { LikelihoodCurve, SplitFile } from '../contract/model-manifest.ts';
import { groupKey, readDataset, readFolderAs, type Dataset, type DatasetItem } from './dataset.ts';
import { APPEARANCES, type Appearance, type Backbone, type EmbedOptions } from './embeddings.ts';
import { gateOf, type Head } from './gate.ts';
import { headLogits, referTo, type HeadOptions, type TrainedHead } from './head.ts';
import { likelihoodCurves } from './likelihood-curves.ts';
import type { LinearHead } from './logistic.ts';
import { bootstrapIntervals, figuresOf, type Figures, type Interval, type Scored } from './metrics.ts';
import { groupFolds, itemsOf, laboratoryFolds, splitItems } from './split.ts';
import { crossValidate, heldOutLogits, lookAt, picturesOf, trainOn, type CrossValidated, type Looks, type TrainingPicture } from './training-set.ts';

/** Inverse strengths of the penalty that are tried. */
const STRENGTHS = [1e-3, 3e-3, 1e-2, 3e-2, 1e-1] as const;
/** Leaving out laboratories needs a few of them, and pictures of each category in the rest. */
const LEAST_LABORATORIES = 6;
const FOLDS = 5;
const LABORATORY_FOLDS = 10;
/** Known pictures that are rejected. */
const REJECTED_SHARE = 0.03;
/** Source of the synthetic pictures, where the others have their laboratory. */
const SYNTHETIC = 'synthetic';
/** Fewer pictures of a category than this are few. */
export const FEW_PICTURES = 10;

export interface AdaptOptions {
  readonly data: string;
  readonly backbone: Backbone;
  /** Folder of pictures of empty substrate, besides those of the data's own `Background`. */
  readonly background?: string;
  /** Folders of synthetic pictures in the same layout: to train on, and others to measure on. */
  readonly synthetic?: { readonly train: string; readonly test: string };
  /** Weight of the synthetic pictures of a category, against 1 for each laboratory. */
  readonly syntheticWeight?: number;
  /** Two heads, one of them of the synthetic pictures alone, and a gate (see Head). For a backbone that looks at one view. */
  readonly gated?: boolean;
  readonly by: SplitFile['by'];
  /** Share of the pictures that is held out from everything, for figures. */
  readonly testShare: number;
  readonly seed: number;
  /** Background and pictures of no category that came with the base model, for data without any. */
  readonly base: { readonly background: readonly TrainingPicture[]; readonly other: readonly TrainingPicture[] };
  readonly cacheDir?: string;
  /** Who multiplies while heads are fitted (see fitLogistic). */
  readonly products?: HeadOptions['products'];
  readonly onProgress?: (message: string, share: number) => void;
  readonly signal?: AbortSignal;
}

export interface Measured {
  readonly data: string;
  readonly figures: Figures;
  readonly intervals: { accuracy: Interval; macroF1: Interval; ece: Interval };
}

export interface Adapted {
  readonly labels: readonly string[];
  readonly head: Head;
  readonly temperature: number;
  readonly c: number;
  readonly rejectionEnergy: number;
  readonly likelihood: readonly LikelihoodCurve[];
  readonly split: SplitFile;
  readonly measured: readonly Measured[];
  /** Pictures of no category among the held-out ones: how many were rejected. */
  readonly other: { readonly n: number; readonly rejected: number };
  readonly warnings: readonly string[];
  readonly pictures: Readonly<Record<string, number>>;
  /** Kept with the model, so that the next head has them without the pictures. */
  readonly kept: { readonly background: readonly TrainingPicture[]; readonly other: readonly TrainingPicture[] };
  readonly syntheticCount: number;
  /** Laboratories in the data; 0 when they are not known. */
  readonly laboratories: number;
}

/** What one training brings: the head of all pictures and, gated, the one that saw no real picture of a category. */
interface Fits {
  readonly all: TrainedHead;
  readonly far?: TrainedHead;
}

interface How {
  readonly c: number;
  readonly tolerance?: number;
  /** Begins here: those of nearly the same pictures are near. */
  readonly start?: Fits;
}

/** The order of the outputs: the ten categories as everywhere, then the user's own by name, `Background` last. */
export function labelOrder(categories: readonly string[]): string[] {
  const known = CATEGORIES.filter((category) => categories.includes(category));
  const own = categories.filter((category) => category !== BACKGROUND && !(CATEGORIES as readonly string[]).includes(category));
  return [...known, ...own, BACKGROUND];
}

function checkCategories(dataset: Dataset, hasBackground: boolean): string[] {
  const labels = labelOrder(dataset.categories);
  if (labels.length < 3) {
    const there = labels.length === 1 ? 'no category' : `only one category, ${labels[0]!},`;
    throw new EmagentError('EM_DATASET', `${dataset.dir} holds ${there} besides ${BACKGROUND}: add a folder of something else that lies on such samples, so that the model can tell it apart.`);
  }
  if (!hasBackground && !dataset.categories.includes(BACKGROUND)) {
    throw new EmagentError('EM_DATASET', `${dataset.dir} has no ${BACKGROUND} folder, and the base has no background of its own: add pictures of empty substrate.`);
  }
  for (const category of dataset.categories) {
    const n = dataset.items.filter((item) => item.category === category).length;
    if (n < 2) throw new EmagentError('EM_DATASET', `${dataset.dir} holds only ${n} picture of ${category}: at least 2 are needed, 10 to 20 are good.`);
  }
  return labels;
}

function warningsFor(dataset: Dataset, items: readonly DatasetItem[]): string[] {
  const warnings: string[] = [];
  for (const category of dataset.categories) {
    const own = items.filter((item) => item.category === category);
    if (own.length < FEW_PICTURES) warnings.push(`${category}: ${own.length} pictures to learn from are few; 10 to 20 are good.`);
    else if (new Set(own.map(groupKey)).size < 3) warnings.push(`${category}: all pictures to learn from come from ${new Set(own.map(groupKey)).size} specimens; figures by specimen say little.`);
  }
  return warnings;
}

/** A head of drawn pictures alone would never say what nobody draws. */
function checkDrawn(labels: readonly string[], drawn: readonly DatasetItem[]): void {
  const missing = labels.filter((label) => !drawn.some(({ category }) => category === label));
  if (missing.length > 0) throw new EmagentError('EM_USAGE', `A gated head needs synthetic pictures of every category, and there are none of ${missing.join(', ')}: leave out --gated.`);
}

const wholeOf = (looks: Looks): Looks['embedded'] extends ReadonlyMap<Appearance, infer E> ? E : never => looks.embedded.get('whole')!;

function measure(data: string, scored: Scored): Measured {
  return { data, figures: figuresOf(scored), intervals: bootstrapIntervals(scored) };
}

const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Infinity;
};

async function readAll({ data, background }: AdaptOptions): Promise<Dataset> {
  const dataset = await readDataset(data);
  if (background === undefined) return dataset;
  const items = [...dataset.items, ...(await readFolderAs(background, BACKGROUND))];
  return { ...dataset, items, categories: [...new Set([...dataset.categories, BACKGROUND])].sort() };
}

/** Whole laboratories dealt over ten folds, the largest first; undefined when there are too few of them. */
function foldsByLaboratory(items: readonly DatasetItem[], seed: number): Int32Array | undefined {
  const { laboratories } = laboratoryFolds(items);
  if (laboratories.length < LEAST_LABORATORIES) return undefined;
  const asGroups = items.map(({ laboratory, ...item }) => ({ ...item, group: laboratory ?? '' }));
  return groupFolds(asGroups, { folds: Math.min(LABORATORY_FOLDS, laboratories.length), seed });
}

/**
 * Trains a head for the categories of a folder on frozen embeddings: penalty by cross-validation (over laboratories if enough are
 * known, else over specimens), temperature, rejection threshold and likelihood curves from pictures that did not train the
 * head they are scored with. Throws EM_DATASET, EM_PICTURE, EM_MODEL_FAILED.
 */
export async function adapt(options: AdaptOptions): Promise<Adapted> {
  const { backbone, seed } = options;
  const tell = options.onProgress ?? ((): void => undefined);
  const dataset = await readAll(options);
  const labels = checkCategories(dataset, options.base.background.length > 0);
  const split = splitItems([...dataset.items, ...dataset.other], {
    seed,
    by: options.by,
    shares: { train: 1 - options.testShare, validation: 0, test: options.testShare },
  });
  const train = itemsOf(dataset.items, split, ['train', 'validation']);
  const test = itemsOf(dataset.items, split, ['test']);
  const warnings = warningsFor(dataset, train);
  const embedding = (name: string): EmbedOptions => ({
    backbone,
    seed,
    onProgress: (done, total) => tell(`embedding ${name}`, done / total),
    ...(options.cacheDir !== undefined && { cacheDir: options.cacheDir }),
    ...(options.signal !== undefined && { signal: options.signal }),
  });
  const synthetic = options.synthetic === undefined ? [] : (await readDataset(options.synthetic.train)).items.filter(({ category }) => labels.includes(category));
  if (options.gated === true) checkDrawn(labels, synthetic);
  const trainLooks = await lookAt(train, APPEARANCES, embedding('training pictures'));
  const own = picturesOf(trainLooks, labels);
  const otherTrain = itemsOf(dataset.other, split, ['train', 'validation']);
  const otherLooks = await lookAt(otherTrain, APPEARANCES, embedding('pictures of no category'));
  const ownOther = picturesOf(otherLooks, labels);
  const hasBackground = dataset.categories.includes(BACKGROUND);
  const extra: TrainingPicture[] = [
    ...(hasBackground ? [] : options.base.background.map((picture) => ({ ...picture, label: labels.indexOf(BACKGROUND) }))),
    ...(ownOther.length > 0 ? [] : options.base.other),
  ];
  if (options.synthetic !== undefined) {
    const looks = await lookAt(synthetic, APPEARANCES, embedding('synthetic pictures'));
    extra.push(...picturesOf(looks, labels, { source: SYNTHETIC, sourceWeight: options.syntheticWeight ?? 1 }));
  }
  // Pictures of no category are one more class of the training: the reference, whose logit is 0 (see referTo).
  const classes = labels.length;
  const pictures = [...own, ...ownOther, ...extra].map((picture) => (picture.label < 0 ? { ...picture, label: classes } : picture));
  const withOther = pictures.some(({ label }) => label === classes);
  const trained = withOther ? classes + 1 : classes;
  const asModel = (trainedHead: LinearHead): LinearHead => (withOther ? referTo(trainedHead, classes) : trainedHead);
  const drawn = pictures.filter(({ source }) => source === SYNTHETIC);
  const fitOf = (kept: readonly TrainingPicture[], { start: from, ...rest }: How): Fits => {
    const how = { ...rest, ...(options.products !== undefined && { products: options.products }) };
    const all = trainOn(kept, trained, { ...how, ...(from !== undefined && { start: from.all.fit }) });
    if (options.gated !== true) return { all };
    const drawnAlone = kept.filter(({ source, label }) => source === SYNTHETIC || label === classes);
    return { all, far: trainOn(drawnAlone, trained, { ...how, start: from?.far?.fit ?? all.fit }) };
  };
  /** The head of all these pictures; gated, as what takes over from one that saw the drawn ones and those of no category. */
  const headOf = (kept: readonly TrainingPicture[], { all, far }: Fits): Head => {
    if (far === undefined) return asModel(all.head);
    const real = kept.filter(({ source }) => source !== SYNTHETIC);
    return { ...asModel(far.head), near: { head: asModel(all.head), gate: gateOf(real.map(({ rows, source }) => ({ embedding: rows[0]!, source })), drawn.map(({ rows }) => rows[0]!)) } };
  };
  const always = new Int32Array(extra.length).fill(-1);
  const truth = own.map(({ label }) => label);

  const foldItems = [...train, ...otherTrain];
  const specimenFolds = groupFolds(foldItems, { folds: FOLDS, seed, by: options.by });
  const laboratories = foldsByLaboratory(foldItems, seed);
  const whole = wholeOf(trainLooks).mean;
  const cross = (folds: Int32Array, c: number, start: Fits) =>
    crossValidate(pictures, Int32Array.from([...folds, ...always]), (kept) => headOf(kept, fitOf(kept, { c, tolerance: 1e-3, start })));
  /** Held-out pictures of categories that the rest of the data shows too: of the others no head could have learned anything. */
  const learnable = ({ seen }: CrossValidated, folds: Int32Array, logits: readonly Float64Array[]): { logits: Float64Array[]; labels: number[] } => {
    const rows = truth.flatMap((label, row) => (seen[folds[row]!]!.has(label) ? [row] : []));
    return { logits: rows.map((row) => logits[row]!), labels: rows.map((row) => truth[row]!) };
  };
  let best: { c: number; cost: number; fits: Fits } | undefined;
  let start: Fits | undefined;
  const choosing = laboratories ?? specimenFolds;
  for (const [index, c] of STRENGTHS.entries()) {
    options.signal?.throwIfAborted();
    tell('choosing the penalty', index / STRENGTHS.length);
    const fits = fitOf(pictures, { c, tolerance: 1e-3, ...(start !== undefined && { start }) });
    start = fits;
    const crossed = cross(choosing, c, fits);
    const { logits, labels: known } = learnable(crossed, choosing, heldOutLogits(crossed, choosing, whole));
    const cost = negativeLogLikelihood(logits, known, fitTemperature(logits, known));
    if (best === undefined || cost < best.cost) best = { c, cost, fits };
    // The cost has one minimum.
    else break;
  }
  const { c, fits } = best!;
  tell('training the head', 0);
  const head = headOf(pictures, fitOf(pictures, { c, start: fits }));

  tell('measuring the head', 0);
  const bySpecimen = cross(specimenFolds, c, fits);
  const byLaboratory = laboratories === undefined ? undefined : cross(laboratories, c, fits);
  const specimenLogits = heldOutLogits(bySpecimen, specimenFolds, whole);
  const laboratoryLogits = byLaboratory === undefined ? undefined : heldOutLogits(byLaboratory, laboratories!, whole);
  // A search meets an instrument that the head does not know, if it may: confidence is what it is worth there.
  const temperatureFrom = (folds: Int32Array, crossed: CrossValidated, logits: readonly Float64Array[]): number => {
    const known = learnable(crossed, folds, logits);
    return fitTemperature(known.logits, known.labels);
  };
  const temperature = laboratoryLogits === undefined ? temperatureFrom(specimenFolds, bySpecimen, specimenLogits) : temperatureFrom(laboratories!, byLaboratory!, laboratoryLogits);
  const groups = train.map(groupKey);
  const probabilities = (logits: readonly ArrayLike<number>[]): number[][] => logits.map((row) => softmax(row, temperature));

  const honest = byLaboratory ?? bySpecimen;
  const honestFolds = laboratories ?? specimenFolds;
  const held = laboratories === undefined ? 'cross-validated by specimen' : 'cross-validated by laboratory';
  const likelihood = APPEARANCES.flatMap((appearance) => {
    if (appearance === 'whole') return [];
    const known = learnable(honest, honestFolds, heldOutLogits(honest, honestFolds, trainLooks.embedded.get(appearance)!.mean));
    return likelihoodCurves({ band: appearance, logits: known.logits, truth: known.labels }, { labels, temperature, data: `${known.labels.length} real pictures shown as ${appearance} fields, ${held}` });
  });
  // Whatever way a picture of a category is shown, few may be rejected.
  const knownEnergies = APPEARANCES.flatMap((appearance) => {
    const logits = heldOutLogits(bySpecimen, specimenFolds, trainLooks.embedded.get(appearance)!.mean);
    return learnable(bySpecimen, specimenFolds, logits).logits.map((row) => energy(row, temperature));
  });
  const rejectionEnergy = quantile(knownEnergies, 1 - REJECTED_SHARE);

  const measured: Measured[] = [
    measure(`real, training part, ${FOLDS}-fold cross-validated by ${options.by === 'group' ? 'specimen' : 'picture'}`, { labels, truth, probabilities: probabilities(specimenLogits), groups }),
  ];
  if (laboratoryLogits !== undefined) {
    // Nested: each laboratory's probabilities have the temperature that fits the others.
    const temperatures = byLaboratory!.heads.map((_, fold) => {
      const rows = truth.flatMap((label, row) => (laboratories![row] !== fold && byLaboratory!.seen[laboratories![row]!]!.has(label) ? [row] : []));
      return fitTemperature(rows.map((row) => laboratoryLogits[row]!), rows.map((row) => truth[row]!));
    });
    const nested = laboratoryLogits.map((row, index) => softmax(row, temperatures[laboratories![index]!]!));
    measured.push(measure('real, training part, cross-validated by laboratory (laboratories never seen)', { labels, truth, probabilities: nested, groups: train.map((item) => item.laboratory ?? groupKey(item)) }));
  }
  if (test.length > 0) {
    const looks = await lookAt(test, ['whole'], embedding('test pictures'));
    measured.push(measure(`real, test part, held out by ${options.by === 'group' ? 'specimen' : 'picture'}`, {
      labels,
      truth: test.map(({ category }) => labels.indexOf(category)),
      probabilities: probabilities(headLogits(head, wholeOf(looks).mean)),
      groups: test.map(groupKey),
    }));
  }
  if (options.synthetic !== undefined) {
    const items = (await readDataset(options.synthetic.test)).items.filter(({ category }) => labels.includes(category));
    const looks = await lookAt(items, ['whole'], embedding('synthetic test pictures'));
    measured.push(measure('synthetic, drawn with other seeds than those trained on', {
      labels,
      truth: items.map(({ category }) => labels.indexOf(category)),
      probabilities: probabilities(headLogits(head, wholeOf(looks).mean)),
      groups: items.map(groupKey),
    }));
  }
  const otherTest = itemsOf(dataset.other, split, ['test']);
  const otherLogits =
    otherTest.length > 0
      ? headLogits(head, wholeOf(await lookAt(otherTest, ['whole'], embedding('pictures of no category'))).mean)
      : heldOutLogits(bySpecimen, specimenFolds.subarray(train.length), wholeOf(otherLooks).mean);
  const rejected = otherLogits.filter((row) => energy(row, temperature) > rejectionEnergy).length;
  const keptOf = (label: number): TrainingPicture[] => pictures.filter((picture) => picture.label === label);
  return {
    labels,
    head,
    temperature,
    c,
    rejectionEnergy,
    likelihood,
    split,
    measured,
    other: { n: otherLogits.length, rejected },
    warnings,
    pictures: Object.fromEntries(labels.map((label, index) => [label, own.filter((picture) => picture.label === index).length])),
    kept: { background: keptOf(labels.indexOf(BACKGROUND)), other: keptOf(classes) },
    syntheticCount: synthetic.length,
    laboratories: new Set(train.flatMap(({ laboratory }) => laboratory ?? [])).size,
  };
}
