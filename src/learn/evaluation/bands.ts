import { logLikelihoodRatio } from '../../classify/likelihood.ts';
import type { Classifier } from '../../contract/classifier.ts';
import type { Band, LikelihoodCurve, ModelManifest } from '../../contract/model-manifest.ts';
import { readPicture } from '../../imaging/picture-file.ts';
import { randomFor } from '../../lib/random.ts';
import type { DatasetItem } from '../dataset.ts';
import { fieldView } from '../field-view.ts';
import { likelihoodCurves } from '../likelihood-curves.ts';

export const BANDS: readonly Band[] = ['survey', 'inspect', 'confirm'];

/** A point of the likelihood-ratio table of one label in one magnification band. */
export interface LikelihoodRow {
  readonly band: Band;
  /** `*` stands for every label without enough pictures of its own. */
  readonly label: string;
  /** logit of the label's calibrated probability. */
  readonly score: number;
  /** log p(score | label there) - log p(score | not), fitted to these pictures. */
  readonly logRatio: number;
  /** What the model's own curve says there, by which a search decides; absent when the model has none. */
  readonly logRatioOfModel?: number;
  /** Pictures with the label. */
  readonly n: number;
}

export interface BandOptions {
  readonly classifier: Classifier;
  readonly manifest: ModelManifest;
  readonly seed: number;
  readonly data: string;
  readonly onProgress?: (done: number, total: number) => void;
}

async function logitsOf(items: readonly DatasetItem[], band: Band, { classifier, seed, tell }: Pick<BandOptions, 'classifier' | 'seed'> & { readonly tell: () => void }): Promise<number[][]> {
  const logits: number[][] = [];
  for (const item of items) {
    const shown = fieldView(await readPicture(item.path), { band, random: randomFor(seed, `${item.sha256}/${band}`) });
    // Tiles of a survey frame are looked at once only, as a search does.
    const [prediction] = await classifier.classify([shown], band === 'survey' ? { views: 1 } : {});
    // The softmax of log probabilities is the probabilities.
    logits.push(prediction!.probabilities.map((probability) => Math.log(Math.max(probability, Number.MIN_VALUE))));
    tell();
  }
  return logits;
}

function rowsOf(curve: LikelihoodCurve, n: number, manifest: ModelManifest): LikelihoodRow[] {
  const { band, label } = curve;
  const known = manifest.likelihood.some((own) => own.band === band && (own.label === label || own.label === '*'));
  return curve.score.map((score, index) => ({
    band,
    label,
    score,
    logRatio: curve.logRatio[index]!,
    ...(known && { logRatioOfModel: logLikelihoodRatio(manifest, { band, label }, 1 / (1 + Math.exp(-score))) }),
    n,
  }));
}

/**
 * Likelihood-ratio tables of the search's magnification bands, measured on pictures shown as a search would see them: turned,
 * shifted, scaled, with shot noise. The same seed shows the same fields. Throws EM_PICTURE, EM_MODEL_FAILED.
 */
export async function likelihoodTables(items: readonly DatasetItem[], options: BandOptions): Promise<LikelihoodRow[]> {
  const { labels } = options.classifier;
  const truth = items.map(({ category }) => labels.indexOf(category));
  let done = 0;
  const tell = (): void => options.onProgress?.(++done, items.length * BANDS.length);
  const tables: LikelihoodRow[] = [];
  for (const band of BANDS) {
    const logits = await logitsOf(items, band, { ...options, tell });
    for (const curve of likelihoodCurves({ band, logits, truth }, { labels, temperature: 1, data: options.data })) {
      const n = items.filter(({ category }) => (curve.label === '*' ? true : category === curve.label)).length;
      tables.push(...rowsOf(curve, n, options.manifest));
    }
  }
  return tables;
}
