import { softmax } from '../classify/calibration.ts';
import type { Band, LikelihoodCurve } from '../contract/model-manifest.ts';
import { BACKGROUND } from '../contract/categories.ts';
import { clamp } from '../lib/guards.ts';

/** Log ratios beyond this are not believed: a few hundred pictures cannot show odds better than about 60 to 1. */
const CLIP = 4;
/** A label with fewer pictures shares the curve of all. */
const LEAST_OWN = 12;
/** Probabilities this near 0 or 1 have no finite logit worth the name. */
const EDGE = 1e-6;

export const logit = (probability: number): number => {
  const inside = clamp(probability, EDGE, 1 - EDGE);
  return Math.log(inside / (1 - inside));
};

export interface ScoredPresence {
  readonly score: number;
  readonly present: boolean;
  readonly weight: number;
}

/**
 * log p(score | present) - log p(score | absent) = intercept + slope * score: logistic regression of presence on the score with
 * both sides weighing alike, so that the posterior log odds are the log likelihood ratio (Platt 1999, without the prior). One
 * picture's worth of ridge on either parameter; the slope is never negative: a higher score is no evidence against.
 */
export function fitLogRatio(rows: readonly ScoredPresence[]): { intercept: number; slope: number } {
  const total = { present: 0, absent: 0 };
  for (const { present, weight } of rows) total[present ? 'present' : 'absent'] += weight;
  const count = rows.filter(({ present }) => present).length;
  let [intercept, slope] = [0, 0.5];
  const ridge = 1;
  for (let iteration = 0; iteration < 50; iteration++) {
    let [g0, g1, h00, h01, h11] = [ridge * intercept, ridge * (slope - 0.5), ridge, 0, ridge];
    for (const { score, present, weight } of rows) {
      // Each side counts as many pictures as show the label.
      const share = (weight / total[present ? 'present' : 'absent']) * count;
      const probability = 1 / (1 + Math.exp(-(intercept + slope * score)));
      const residual = share * (probability - (present ? 1 : 0));
      const curvature = share * probability * (1 - probability);
      g0 += residual;
      g1 += residual * score;
      h00 += curvature;
      h01 += curvature * score;
      h11 += curvature * score * score;
    }
    const determinant = h00 * h11 - h01 * h01;
    const [d0, d1] = [(h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant];
    intercept -= clamp(d0, -2, 2);
    slope -= clamp(d1, -1, 1);
    if (Math.abs(d0) + Math.abs(d1) < 1e-9) break;
  }
  return { intercept, slope: Math.max(0, slope) };
}

/** The straight line between the two clipped ends, as the manifest wants it. */
function lineOf({ intercept, slope }: { intercept: number; slope: number }, range: readonly [number, number]): Pick<LikelihoodCurve, 'score' | 'logRatio'> {
  const at = (score: number): number => clamp(intercept + slope * score, -CLIP, CLIP);
  const inside = slope > 0 ? [(-CLIP - intercept) / slope, (CLIP - intercept) / slope].filter((score) => score > range[0] && score < range[1]) : [];
  const score = [range[0], ...inside, range[1]];
  const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;
  return { score: score.map(rounded), logRatio: score.map((value) => rounded(at(value))) };
}

/** One curve from scored rows; the weights of either side count among themselves only. */
export function likelihoodCurve(rows: readonly ScoredPresence[], about: Pick<LikelihoodCurve, 'band' | 'label' | 'data'>): LikelihoodCurve {
  const scores = rows.map(({ score }) => score);
  return { ...about, ...lineOf(fitLogRatio(rows), [Math.min(...scores), Math.max(...scores)]) };
}

export interface BandScores {
  readonly band: Band;
  /** Logits of held-out pictures as this band shows them. */
  readonly logits: readonly ArrayLike<number>[];
  readonly truth: ArrayLike<number>;
}

/**
 * Curves of one band: one for each label with enough pictures, one (`*`) for the rest. The pictures without the label weigh as if
 * every other label, `Background` among them, were equally frequent, `Background` half of all.
 */
export function likelihoodCurves({ band, logits, truth }: BandScores, options: { labels: readonly string[]; temperature: number; data: string }): LikelihoodCurve[] {
  const { labels, temperature } = options;
  const counts = labels.map((_, label) => Array.from(truth).filter((is) => is === label).length);
  const probabilities = logits.map((row) => softmax(row, temperature));
  const background = labels.indexOf(BACKGROUND);
  const absentWeight = (label: number): number => {
    if (counts[label] === 0) return 0;
    return (label === background ? labels.length : 1) / counts[label]!;
  };
  const rowsFor = (label: number): ScoredPresence[] =>
    probabilities.map((row, index) => ({
      score: logit(row[label]!),
      present: truth[index] === label,
      weight: truth[index] === label ? 1 : absentWeight(truth[index]!),
    }));
  const targets = labels.map((_, label) => label).filter((label) => label !== background);
  const all = targets.flatMap((label) => rowsFor(label).map((row) => ({ ...row, weight: row.present ? 1 / Math.max(1, counts[label]!) : row.weight })));
  const scores = all.map(({ score }) => score);
  const range: [number, number] = [Math.min(...scores), Math.max(...scores)];
  const curve = (label: string, rows: readonly ScoredPresence[]): LikelihoodCurve => ({
    band,
    label,
    ...lineOf(fitLogRatio(rows), range),
    data: `${options.data}; ${rows.filter(({ present }) => present).length} pictures with the label`,
  });
  const own = targets.filter((label) => counts[label]! >= LEAST_OWN).map((label) => curve(labels[label]!, rowsFor(label)));
  return [...own, curve('*', all)];
}
