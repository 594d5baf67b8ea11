import { negativeLogLikelihood } from '../classify/calibration.ts';
import { BACKGROUND } from '../contract/categories.ts';
import type { Prediction } from '../contract/classifier.ts';
import { EmagentError } from '../contract/errors.ts';
import type { OwnCategory } from '../contract/model-manifest.ts';
import { readPicture } from '../imaging/picture-file.ts';
import { nearestName } from '../lib/nearest-name.ts';
import { randomFor } from '../lib/random.ts';
import { readSplit } from '../lib/split-file.ts';
import type { Interval } from './bootstrap.ts';
import { groupKey, readDataset, type DatasetItem } from './dataset.ts';
import { auroc, falseFindRateAtRecall } from './detection.ts';
import { ARTEFACTS, drawArtefact } from './evaluation/artefacts.ts';
import { confusedPairs, type ConfusedPair } from './evaluation/confused.ts';
import { detectionByKind, isArtefact, type DetectionByKind, type SeenPicture } from './evaluation/detection-by-kind.ts';
import { ownCategoryFigures, ownLabels, type OwnCategoryFigures } from './evaluation/own-category.ts';
import { predictPictures, type PredictOptions } from './evaluation/predict.ts';
import { brierScore, judgedOf, reliabilityBins, type ReliabilityBin } from './evaluation/reliability.ts';
import { accuracyAtCoverage, coverageCurve, type CoveragePoint } from './evaluation/selective.ts';
import { bootstrapIntervals, figuresOf, type Figures } from './metrics.ts';
import { itemsOf, type Part } from './split.ts';

export interface EvaluateOptions extends PredictOptions {
  readonly data: string;
  /** Only the pictures of these parts of a split file. */
  readonly split?: { readonly path: string; readonly parts: readonly Part[] };
  /** Of the drawn artefacts. */
  readonly seed?: number;
  /** What the model says of categories of one's own (of its manifest): they may be called as one of the ten. */
  readonly own?: Readonly<Record<string, Pick<OwnCategory, 'threshold'>>>;
}

/** One picture, what it is and what was said of it. */
export interface JudgedPicture {
  readonly item: DatasetItem;
  readonly prediction: Prediction;
}

export interface Evaluation extends Figures {
  readonly labels: readonly string[];
  readonly nll: number;
  readonly brier: number;
  /** 95 %, bootstrap over `intervalsOver`. */
  readonly intervals: Readonly<Record<'accuracy' | 'macroF1' | 'ece' | 'classwiseEce' | 'aurc', Interval>>;
  readonly intervalsOver: 'groups' | 'pictures';
  readonly mostConfused: readonly ConfusedPair[];
  /** Share of the pictures that was not rejected, and the accuracy among them. */
  readonly coverage: { readonly share: number; readonly accuracy: number };
  /** Accuracy among the surest 80, 90 and 95 % of the pictures. */
  readonly accuracyAtCoverage: Readonly<Record<string, number>>;
  /** Each label as the target of a search, against each kind of other picture. */
  readonly detection: DetectionByKind;
  /** Pictures of an instrument's faults: folders `_artefact…`, or drawn on the data's pictures of empty substrate. */
  readonly artefacts: { readonly n: number; readonly drawn: boolean };
  /** Pictures of folders that are no label of the model (`_` folders and unknown names): left out of everything above. */
  readonly other: {
    readonly n: number;
    readonly rejected: number;
    readonly folders: readonly string[];
    readonly said: Readonly<Record<string, number>>;
    /** How well the energy tells them from pictures of the labels; absent when there are none. */
    readonly rejection?: { readonly auroc: number; readonly fpr95: number };
  };
  /** Each label of somebody's own that is in the data. */
  readonly targets: Readonly<Record<string, OwnCategoryFigures>>;
  readonly warnings: readonly string[];
}

/** What the figures were made of: for the plots and the files. */
export interface EvaluationDetails {
  readonly reliability: readonly ReliabilityBin[];
  readonly coverageCurve: readonly CoveragePoint[];
  /** Known ones first, then the others. */
  readonly pictures: readonly JudgedPicture[];
  readonly known: readonly DatasetItem[];
}

interface Chosen {
  readonly known: readonly DatasetItem[];
  readonly other: readonly DatasetItem[];
  readonly folders: readonly string[];
  readonly warnings: readonly string[];
}

async function choose({ data, split, classifier, own: ofManifest }: EvaluateOptions): Promise<Chosen> {
  const { labels, modelId } = classifier;
  const dataset = await readDataset(data);
  let items: readonly DatasetItem[] = [...dataset.items, ...dataset.other];
  if (split !== undefined) {
    const { path, parts } = split;
    const file = await readSplit(path);
    const all = itemsOf(items, file, ['train', 'validation', 'test']);
    if (all.length === 0) throw new EmagentError('EM_DATASET', `The split ${path} is of another data set: it knows none of the ${items.length} pictures in ${data}.`);
    items = itemsOf(items, file, parts);
    if (items.length === 0) throw new EmagentError('EM_DATASET', `None of the pictures in ${data} is in the ${parts.join(' or ')} part of ${path}.`);
  }
  const known = items.filter(({ category }) => labels.includes(category));
  const other = items.filter(({ category }) => !labels.includes(category));
  const folders = [...new Set(other.map(({ category }) => category))];
  // Of a model for a category of one's own, every other folder is other by intention.
  const own = ofManifest === undefined ? ownLabels(labels) : Object.keys(ofManifest);
  const warnings = folders
    .filter((folder) => !folder.startsWith('_') && own.length === 0)
    .map((folder) => {
      const near = nearestName(folder, labels);
      return `${folder} is no label of ${modelId}${near === undefined ? '' : ` (did you mean ${near}?)`}: counted as other.`;
    });
  if (known.length === 0) {
    throw new EmagentError('EM_DATASET', `No folder of ${data} is a label of the model ${modelId}: there are ${folders.join(', ')}; it knows ${labels.join(', ')}.`);
  }
  if (folders.length === 0 && new Set(known.map(({ category }) => category)).size === 1) {
    throw new EmagentError('EM_DATASET', `${data} holds only pictures of ${known[0]!.category}: nothing can be told about telling it apart; add a folder of something else.`);
  }
  return { known, other, folders, warnings };
}

/** Artefacts drawn on the data's own empty substrate; none where it has none. */
async function drawnArtefacts(items: readonly DatasetItem[], { classifier, seed = 1, views }: EvaluateOptions): Promise<SeenPicture[]> {
  const seen: SeenPicture[] = [];
  for (const [index, item] of items.filter(({ category }) => category === BACKGROUND).entries()) {
    const kind = ARTEFACTS[index % ARTEFACTS.length]!;
    const picture = drawArtefact(await readPicture(item.path), kind, randomFor(seed, `${item.sha256}/${kind}`));
    const [prediction] = await classifier.classify([picture], views === undefined ? {} : { views });
    seen.push({ category: '_artefacts, drawn', probabilities: prediction!.probabilities });
  }
  return seen;
}

function saidOf(pictures: readonly JudgedPicture[]): Record<string, number> {
  const said: Record<string, number> = {};
  for (const { prediction } of pictures) if (prediction.rejected === undefined) said[prediction.label] = (said[prediction.label] ?? 0) + 1;
  return said;
}

/** Measures a classifier on a folder of labelled pictures. Throws EM_DATASET, EM_PICTURE, EM_MODEL_FAILED. */
export async function evaluate(options: EvaluateOptions): Promise<{ result: Evaluation; details: EvaluationDetails }> {
  const { labels } = options.classifier;
  const { known, other, folders, warnings } = await choose(options);
  const items = [...known, ...other];
  const predictions = await predictPictures(items, options);
  const pictures = items.map((item, index) => ({ item, prediction: predictions[index]! }));
  const [own, others] = [pictures.slice(0, known.length), pictures.slice(known.length)];
  const scored = {
    labels,
    truth: known.map(({ category }) => labels.indexOf(category)),
    probabilities: own.map(({ prediction }) => prediction.probabilities),
    groups: known.map(groupKey),
  };
  const figures = figuresOf(scored);
  const judged = judgedOf(scored);
  const curve = coverageCurve(judged);
  const kept = own.flatMap(({ item, prediction }) => (prediction.rejected === undefined ? [prediction.label === item.category] : []));
  const said = saidOf(others);
  const real = items.filter(({ category }) => isArtefact(category)).length;
  const drawn = real > 0 ? [] : await drawnArtefacts(known, options);
  const strange = { present: others.map(({ prediction }) => prediction.energy), absent: own.map(({ prediction }) => prediction.energy) };
  const targets = (options.own === undefined ? ownLabels(labels) : Object.keys(options.own))
    .filter((label) => known.some(({ category }) => category === label))
    .map((label) => {
      const threshold = options.own?.[label]?.threshold;
      const rows = pictures.map(({ item, prediction }) => ({ category: item.category, group: groupKey(item), prediction }));
      return [label, ownCategoryFigures(rows, { label, labels, ...(threshold !== undefined && { threshold }) })] as const;
    });
  const result: Evaluation = {
    labels,
    ...figures,
    nll: negativeLogLikelihood(scored.probabilities.map((row) => row.map((p) => Math.log(Math.max(p, Number.MIN_VALUE)))), scored.truth),
    brier: brierScore(scored),
    intervals: bootstrapIntervals(scored),
    intervalsOver: known.some(({ group }) => group !== undefined) ? 'groups' : 'pictures',
    mostConfused: confusedPairs(labels, figures.confusion),
    coverage: { share: kept.length / known.length, accuracy: kept.length === 0 ? 0 : kept.filter(Boolean).length / kept.length },
    accuracyAtCoverage: Object.fromEntries([0.8, 0.9, 0.95].map((share) => [String(share), accuracyAtCoverage(curve, share)])),
    detection: detectionByKind(labels, [...pictures.map(({ item, prediction }) => ({ category: item.category, probabilities: prediction.probabilities })), ...drawn]),
    artefacts: { n: real + drawn.length, drawn: drawn.length > 0 },
    other: {
      n: other.length,
      rejected: other.length - Object.values(said).reduce((sum, count) => sum + count, 0),
      folders,
      said,
      ...(other.length > 0 && { rejection: { auroc: auroc(strange), fpr95: falseFindRateAtRecall(strange) } }),
    },
    targets: Object.fromEntries(targets),
    warnings,
  };
  return { result, details: { reliability: reliabilityBins(judged), coverageCurve: curve, pictures, known } };
}
