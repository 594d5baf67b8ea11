import type { OwnCategory } from '../../contract/model-manifest.ts';
import { auroc } from '../detection.ts';
import { predictionLimit, wilsonInterval } from './small-samples.ts';

/** The false-find rate that thresholds are made for. */
export const FALSE_FIND_RATE = 0.01;
/** Fewer scenes of either side than this are few. */
export const FEW_SCENES = 10;
/** Below this the held-out pictures say that the category is hardly told apart. */
const DOUBTFUL = { recall: 0.5, auroc: 0.95 } as const;

export interface HeldOutScores {
  /** Log odds of held-out pictures of the category. */
  readonly present: readonly number[];
  /** Of other things: the user's pictures, or the shipped ones when there are none. */
  readonly absent: readonly number[];
  /** Scenes among them: near duplicates are no further evidence. */
  readonly scenes: { readonly present: number; readonly absent: number };
  /** The other things are of the same instrument. */
  readonly sameInstrument: boolean;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Log odds from which on a picture counts as a find. A next picture of something else lies above the 99 % prediction limit with
 * 1 % probability, if the scores are normal (fifteen pictures cannot show a rate of 1 % by counting). Where the category lies well
 * above that, the threshold is raised towards what 95 % of it pass, at most to the middle between the two means.
 * Against pictures of other instruments only, whose scores say little of this one's, it is what 95 % of the category pass.
 */
export function thresholdOf({ present, absent, scenes, sameInstrument }: HeldOutScores): number {
  const othersPass = predictionLimit(absent, 0.99, { sign: 1, independent: scenes.absent });
  const ownPass = predictionLimit(present, 0.95, { sign: -1, independent: scenes.present });
  const middle = (mean(present) + mean(absent)) / 2;
  return Math.max(othersPass, sameInstrument ? Math.min(ownPass, middle) : ownPass);
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

function doubtsOf(label: string, { present, absent, scenes, sameInstrument }: HeldOutScores, expected: NonNullable<OwnCategory['expected']>): string[] {
  const doubts: string[] = [];
  if (scenes.present < FEW_SCENES) {
    const alike = scenes.present < present.length ? `, because ${present.length - scenes.present} of the ${present.length} are near duplicates of others` : '';
    doubts.push(`${label}: ${scenes.present} different pictures are few${alike}; 10 to 20 of different places are good.`);
  }
  if (!sameInstrument) {
    doubts.push(`${label}: there are no pictures of other things from your instrument (--against): it may be told by the instrument instead of by itself, and false finds are not calibrated.`);
    return doubts;
  }
  if (scenes.absent < FEW_SCENES) doubts.push(`${label}: ${scenes.absent} different pictures of other things are few; 10 to 20 of what else lies on such specimens are good.`);
  if (expected.auroc < DOUBTFUL.auroc || expected.recall < DOUBTFUL.recall) {
    const [low, high] = expected.recallInterval;
    doubts.push(
      `${label}: not enough to trust. Held out in turn, ${percent(expected.recall)} of its pictures are found at ${percent(FALSE_FIND_RATE)} false finds (95 % interval ${percent(low)} to ${percent(high)}, AUROC ${expected.auroc.toFixed(2)}): add pictures, make them more alike in magnification, or narrow the category.`,
    );
  }
  if (absent.some((score) => score > mean(present))) doubts.push(`${label}: a picture of something else looks more like it than half of its own pictures: is it in the right folder?`);
  return doubts;
}

export interface Counts {
  readonly against: number;
  readonly shipped: number;
}

/** Threshold, what is to be expected of it, and what speaks against trusting it. */
export function promiseOf(label: string, scores: HeldOutScores, counts: Counts): OwnCategory {
  const { present, absent, scenes, sameInstrument } = scores;
  const threshold = thresholdOf(scores);
  const found = present.filter((score) => score >= threshold).length;
  const wrong = absent.filter((score) => score >= threshold).length;
  const scaled = (count: number, n: number, independent: number): [number, number] => wilsonInterval((count * independent) / n, independent);
  const expected = {
    recall: found / present.length,
    recallInterval: scaled(found, present.length, scenes.present),
    falseFinds: wrong / absent.length,
    falseFindsInterval: scaled(wrong, absent.length, scenes.absent),
    auroc: auroc({ present, absent }),
  };
  return {
    threshold: 1 / (1 + Math.exp(-threshold)),
    falseFindRate: FALSE_FIND_RATE,
    pictures: present.length,
    scenes: scenes.present,
    ...counts,
    ...(sameInstrument && { expected }),
    doubts: doubtsOf(label, scores, expected),
  };
}
