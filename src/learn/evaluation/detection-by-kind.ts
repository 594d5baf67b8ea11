import { BACKGROUND } from '../../contract/categories.ts';
import { auroc, falseFindRateAtRecall } from '../detection.ts';

/** What a picture is that does not show the target. Told apart, because one is easy where another is not. */
export const KINDS = ['background', 'otherCategory', 'noCategory', 'artefact'] as const;
export type Kind = (typeof KINDS)[number];

/** A picture with the probabilities that it got, in the order of the labels. */
export interface SeenPicture {
  /** Its folder; `_artefact…` for one that shows a fault of the instrument. */
  readonly category: string;
  readonly probabilities: readonly number[];
}

export interface KindFigures {
  readonly n: number;
  readonly auroc: number;
  /** Share of these pictures that pass where 95 % of the target's are found. */
  readonly fpr95: number;
}

export interface DetectionByKind {
  /** Mean over the labels that are in the data, `Background` apart. */
  readonly mean: Readonly<Partial<Record<Kind, KindFigures>>>;
  readonly perLabel: Readonly<Record<string, Readonly<Partial<Record<Kind, KindFigures>>>>>;
}

export const isArtefact = (category: string): boolean => category.startsWith('_artefact');

function kindOf(category: string, labels: readonly string[]): Kind {
  if (category === BACKGROUND) return 'background';
  if (isArtefact(category)) return 'artefact';
  return labels.includes(category) ? 'otherCategory' : 'noCategory';
}

/** How well the probability of each label, taken as the target of a search, tells its pictures from those of each kind. */
export function detectionByKind(labels: readonly string[], pictures: readonly SeenPicture[]): DetectionByKind {
  const perLabel: Record<string, Partial<Record<Kind, KindFigures>>> = {};
  for (const [index, label] of labels.entries()) {
    if (label === BACKGROUND) continue;
    const score = ({ probabilities }: SeenPicture): number => probabilities[index]!;
    const present = pictures.filter(({ category }) => category === label).map(score);
    if (present.length === 0) continue;
    const own: Partial<Record<Kind, KindFigures>> = {};
    for (const kind of KINDS) {
      const absent = pictures.filter(({ category }) => category !== label && kindOf(category, labels) === kind).map(score);
      if (absent.length > 0) own[kind] = { n: absent.length, auroc: auroc({ present, absent }), fpr95: falseFindRateAtRecall({ present, absent }) };
    }
    perLabel[label] = own;
  }
  const mean: Partial<Record<Kind, KindFigures>> = {};
  for (const kind of KINDS) {
    const there = Object.values(perLabel).flatMap((own) => (own[kind] === undefined ? [] : [own[kind]]));
    const average = (name: 'auroc' | 'fpr95' | 'n'): number => there.reduce((sum, figures) => sum + figures[name], 0) / there.length;
    if (there.length > 0) mean[kind] = { n: Math.round(average('n')), auroc: average('auroc'), fpr95: average('fpr95') };
  }
  return { mean, perLabel };
}
