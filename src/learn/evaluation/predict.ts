import type { Classifier, Prediction } from '../../contract/classifier.ts';
import { EmagentError, isEmagentError } from '../../contract/errors.ts';
import { readPicture } from '../../imaging/picture-file.ts';
import type { DatasetItem } from '../dataset.ts';

export interface PredictOptions {
  readonly classifier: Classifier;
  /** Views averaged per picture; the model says how many when absent. */
  readonly views?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** A few at a time: all of them would not fit in memory, one by one leaves the engine idle. */
const AT_ONCE = 8;

/** What the model says of each picture, in their order. Throws EM_PICTURE naming every picture that cannot be read; EM_MODEL_FAILED. */
export async function predictPictures(items: readonly DatasetItem[], { classifier, views, onProgress, signal }: PredictOptions): Promise<Prediction[]> {
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
