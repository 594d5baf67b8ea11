import type { Classifier, Prediction } from '../contract/classifier.ts';
import { EmagentError, isEmagentError } from '../contract/errors.ts';
import { nearestName } from '../lib/nearest-name.ts';
import { readPicture } from '../imaging/picture-file.ts';
import { groupKey, readDataset, type DatasetItem } from './dataset.ts';
import { bootstrapIntervals, figuresOf, type Figures, type Interval } from './metrics.ts';
import { itemsOf, type Part } from './split.ts';
import { readSplit } from '../lib/split-file.ts';

export interface EvaluateOptions {
  readonly classifier: Classifier;
  readonly data: string;
  /** Only the pictures of these parts of a split file. */
  readonly split?: { readonly path: string; readonly parts: readonly Part[] };
  readonly views?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface Evaluation extends Figures {
  readonly labels: readonly string[];
  /** 95 %, bootstrap over `intervalsOver`. */
  readonly intervals: { readonly accuracy: Interval; readonly macroF1: Interval; readonly ece: Interval };
  readonly intervalsOver: 'groups' | 'pictures';
  /** Share of the pictures that was not rejected, and the accuracy among them. */
  readonly coverage: { readonly share: number; readonly accuracy: number };
  /** Pictures of folders that are no label of the model (`_` folders and unknown names): left out of everything above. */
  readonly other: { readonly n: number; readonly rejected: number; readonly folders: readonly string[]; readonly said: Readonly<Record<string, number>> };
  readonly warnings: readonly string[];
}

/** A few at a time: all of them would not fit in memory, one by one leaves the engine idle. */
const AT_ONCE = 8;

async function classifyAll(items: readonly DatasetItem[], { classifier, views, onProgress, signal }: EvaluateOptions): Promise<Prediction[]> {
  const predictions: Prediction[] = [];
  const broken: EmagentError[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    signal?.throwIfAborted();
    const images = [];
    for (const item of items.slice(from, from + AT_ONCE)) {
      try {
        images.push(await readPicture(item.path));
      } catch (thrown) {
        if (!isEmagentError(thrown)) throw thrown;
        broken.push(thrown);
      }
    }
    if (broken.length === 0) predictions.push(...(await classifier.classify(images, { ...(views !== undefined && { views }), ...(signal !== undefined && { signal }) })));
    onProgress?.(Math.min(items.length, from + AT_ONCE), items.length);
  }
  if (broken.length === 1) throw broken[0]!;
  if (broken.length > 1) throw new EmagentError('EM_PICTURE', `${broken.length} pictures cannot be read: ${broken.map(({ message }) => message).join(' ')}`);
  return predictions;
}

/** Measures a classifier on a folder of labelled pictures. Throws EM_DATASET, EM_PICTURE, EM_MODEL_FAILED. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { labels } = options.classifier;
  const dataset = await readDataset(options.data);
  let items: readonly DatasetItem[] = [...dataset.items, ...dataset.other];
  if (options.split !== undefined) {
    const { path, parts } = options.split;
    items = itemsOf(items, await readSplit(path), parts);
    if (items.length === 0) throw new EmagentError('EM_DATASET', `None of the pictures in ${options.data} is in the ${parts.join(' or ')} part of ${path}.`);
  }
  const known = items.filter(({ category }) => labels.includes(category));
  const other = items.filter(({ category }) => !labels.includes(category));
  const folders = [...new Set(other.map(({ category }) => category))];
  const warnings = folders
    .filter((folder) => !folder.startsWith('_'))
    .map((folder) => {
      const near = nearestName(folder, labels);
      return `${folder} is no label of ${options.classifier.modelId}${near === undefined ? '' : ` (did you mean ${near}?)`}: counted as other.`;
    });
  if (known.length === 0) {
    throw new EmagentError('EM_DATASET', `No folder of ${options.data} is a label of the model ${options.classifier.modelId}: there are ${folders.join(', ')}; it knows ${labels.join(', ')}.`);
  }
  const predictions = await classifyAll([...known, ...other], options);
  const own = predictions.slice(0, known.length);
  const scored = {
    labels,
    truth: known.map(({ category }) => labels.indexOf(category)),
    probabilities: own.map(({ probabilities }) => probabilities),
    groups: known.map(groupKey),
  };
  const kept = own.flatMap((prediction, index) => (prediction.rejected === undefined ? [prediction.label === known[index]!.category] : []));
  const said: Record<string, number> = {};
  for (const { label, rejected } of predictions.slice(known.length)) if (rejected === undefined) said[label] = (said[label] ?? 0) + 1;
  return {
    labels,
    ...figuresOf(scored),
    intervals: bootstrapIntervals(scored),
    intervalsOver: known.some(({ group }) => group !== undefined) ? 'groups' : 'pictures',
    coverage: { share: kept.length / known.length, accuracy: kept.length === 0 ? 0 : kept.filter(Boolean).length / kept.length },
    other: { n: other.length, rejected: other.length - Object.values(said).reduce((sum, count) => sum + count, 0), folders, said },
    warnings,
  };
}
