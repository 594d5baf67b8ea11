import { BACKGROUND, CATEGORIES, OTHER } from '../../contract/categories.ts';
import type { Prediction } from '../../contract/classifier.ts';
import { groupBootstrap, type Interval } from '../bootstrap.ts';
import { auroc, FALSE_FIND_RATES, figuresAtThreshold, recallAtFalseFindRate, type DetectionScores, type ThresholdFigures } from '../detection.ts';

/** Labels of a model that are none of the ten categories: somebody's own. */
export const ownLabels = (labels: readonly string[]): string[] => labels.filter((label) => label !== BACKGROUND && label !== OTHER && !(CATEGORIES as readonly string[]).includes(label));

export interface OwnCategoryPicture {
  readonly category: string;
  /** Same specimen: drawn together for the intervals. */
  readonly group: string;
  readonly prediction: Prediction;
}

/** How well a model finds one category of somebody's own among everything else in the data. */
export interface OwnCategoryFigures {
  readonly n: { readonly present: number; readonly other: number };
  readonly auroc: number;
  /** Recall by false-find rate, keyed as `0.01`: the best threshold on these pictures. */
  readonly recallAt: Readonly<Record<string, number>>;
  /** What the model itself says: at its own threshold, or where it has none, its label when it does not reject. */
  readonly atThreshold: ThresholdFigures & { readonly threshold?: number };
  /** 95 %, bootstrap over groups. */
  readonly intervals: Readonly<Record<string, Interval>>;
}

/** Higher means more likely the label. */
const scoreOf = ({ probabilities }: Prediction, label: number): number => probabilities[label]!;

const scoresOf = (rows: readonly { readonly score: number; readonly there: boolean }[]): DetectionScores => ({
  present: rows.filter(({ there }) => there).map(({ score }) => score),
  absent: rows.filter(({ there }) => !there).map(({ score }) => score),
});

/** Every picture of another folder counts as other. `threshold` is on the calibrated probability. */
export function ownCategoryFigures(pictures: readonly OwnCategoryPicture[], { label, labels, threshold }: { readonly label: string; readonly labels: readonly string[]; readonly threshold?: number }): OwnCategoryFigures {
  const index = labels.indexOf(label);
  const rows = pictures.map(({ category, prediction }) => ({
    there: category === label,
    score: scoreOf(prediction, index),
    found: threshold === undefined ? (prediction.label === label && prediction.rejected === undefined ? 1 : 0) : scoreOf(prediction, index),
  }));
  const limit = threshold ?? 1;
  const foundOf = (some: readonly (typeof rows)[number][]): ThresholdFigures => figuresAtThreshold(scoresOf(some.map(({ there, found }) => ({ there, score: found }))), limit);
  const all = scoresOf(rows);
  return {
    n: { present: all.present.length, other: all.absent.length },
    auroc: auroc(all),
    recallAt: Object.fromEntries(FALSE_FIND_RATES.map((rate) => [String(rate), recallAtFalseFindRate(all, rate)])),
    atThreshold: { ...foundOf(rows), ...(threshold !== undefined && { threshold }) },
    intervals: groupBootstrap(pictures.map(({ group }) => group), (drawn) => {
      const some = drawn.map((at) => rows[at]!);
      const scores = scoresOf(some);
      const found = foundOf(some);
      return {
        auroc: auroc(scores),
        ...Object.fromEntries(FALSE_FIND_RATES.map((rate) => [`recallAt ${rate}`, recallAtFalseFindRate(scores, rate)])),
        recall: found.recall,
        falseFindRate: found.falseFindRate,
      };
    }),
  };
}
