/** Scores of pictures that show what is looked for, and of pictures that do not: higher means more likely there. */
export interface DetectionScores {
  readonly present: readonly number[];
  readonly absent: readonly number[];
}

/**
 * Area under the receiver operating characteristic: the share of pairs (one picture that shows it, one that does not) which the
 * score puts in the right order, ties counting half (Mann and Whitney 1947). NaN when either side is empty.
 */
export function auroc({ present, absent }: DetectionScores): number {
  const all = [...present.map((score) => ({ score, there: true })), ...absent.map((score) => ({ score, there: false }))].sort((a, b) => a.score - b.score);
  let below = 0;
  let right = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]!.score === all[from]!.score) to++;
    const there = all.slice(from, to).filter(({ there: is }) => is).length;
    const not = to - from - there;
    right += there * (below + not / 2);
    below += not;
    from = to;
  }
  return right / (present.length * absent.length);
}

const shareOf = (scores: readonly number[], is: (score: number) => boolean): number => scores.filter(is).length / scores.length;
const descending = (scores: readonly number[]): number[] => [...scores].sort((a, b) => b - a);
/** 0.95 of 20 is 19, whatever binary fractions make of it. */
const ROUNDING = 1e-9;

/** Share of the other pictures that pass the highest threshold which still finds `recall` of those that show it (FPR95 at 0.95). */
export function falseFindRateAtRecall({ present, absent }: DetectionScores, recall = 0.95): number {
  if (present.length === 0 || absent.length === 0) return NaN;
  const wanted = Math.max(1, Math.ceil(recall * present.length - ROUNDING));
  const threshold = descending(present)[wanted - 1]!;
  return shareOf(absent, (score) => score >= threshold);
}

/**
 * Share of the pictures that show it which a threshold finds that lets at most `rate` of the others pass. With fewer than 1/rate
 * others, none of them may pass.
 */
export function recallAtFalseFindRate({ present, absent }: DetectionScores, rate: number): number {
  if (present.length === 0 || absent.length === 0) return NaN;
  const barrier = descending(absent)[Math.floor(rate * absent.length + ROUNDING)] ?? -Infinity;
  return shareOf(present, (score) => score > barrier);
}

export interface ThresholdFigures {
  /** Share of the pictures that show it with a score of at least the threshold. */
  readonly recall: number;
  /** The same share of the others. */
  readonly falseFindRate: number;
}

export function figuresAtThreshold({ present, absent }: DetectionScores, threshold: number): ThresholdFigures {
  return { recall: shareOf(present, (score) => score >= threshold), falseFindRate: shareOf(absent, (score) => score >= threshold) };
}

export interface DetectionFigures {
  readonly n: { readonly present: number; readonly absent: number };
  readonly auroc: number;
  /** False-find rate where 95 % are found. */
  readonly fpr95: number;
  /** Recall by false-find rate, keyed as `0.01`. */
  readonly recallAt: Readonly<Record<string, number>>;
}

/** False-find rates at which the recall of a model is told. */
export const FALSE_FIND_RATES = [0.01, 0.03] as const;

export function detectionFigures(scores: DetectionScores, rates: readonly number[] = FALSE_FIND_RATES): DetectionFigures {
  return {
    n: { present: scores.present.length, absent: scores.absent.length },
    auroc: auroc(scores),
    fpr95: falseFindRateAtRecall(scores),
    recallAt: Object.fromEntries(rates.map((rate) => [String(rate), recallAtFalseFindRate(scores, rate)])),
  };
}
