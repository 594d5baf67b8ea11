import type { Evaluation } from '../learn/evaluate.ts';
import { KINDS, type Kind } from '../learn/evaluation/detection-by-kind.ts';
import type { IntervalName } from '../learn/metrics.ts';

const share = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(3));
const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

const NAMES: Readonly<Record<IntervalName, string>> = { accuracy: 'accuracy', macroF1: 'macro-F1', ece: 'ECE', classwiseEce: 'classwise ECE', aurc: 'AURC' };

const KIND_NAMES: Readonly<Record<Kind, string>> = { background: 'empty substrate', otherCategory: 'other categories', noCategory: 'of no category', artefact: 'artefacts' };

function headline(result: Evaluation): string[] {
  const names = Object.keys(NAMES) as IntervalName[];
  return [
    `${'pictures'.padEnd(15)}${result.n}`,
    ...names.map((name) => `${NAMES[name].padEnd(15)}${share(result[name])} [${result.intervals[name].map(share).join(', ')}]`),
    `${'coverage'.padEnd(15)}${share(result.coverage.share)} not rejected, accuracy ${share(result.coverage.accuracy)} among them`,
    `(95 % intervals: bootstrap over ${result.intervalsOver})`,
  ];
}

function classes(result: Evaluation): string[] {
  const width = Math.max(...result.labels.map((label) => label.length));
  const rows = Object.entries(result.perClass).map(
    ([label, { n, precision, recall, f1 }]) => `${label.padEnd(width)}  ${String(n).padStart(5)}  ${share(precision)}      ${share(recall)}   ${share(f1)}`,
  );
  const confusion = result.confusion.flatMap((row, index) => (row.some((n) => n > 0) ? [`${result.labels[index]!.padEnd(width)}  ${row.map((n) => String(n).padStart(4)).join('')}`] : []));
  return ['', `${''.padEnd(width)}      n  precision  recall  F1`, ...rows, '', 'True (rows) and said (columns, in the order of the model\'s labels):', ...confusion];
}

const MOST_CONFUSED = 8;

function confused({ mostConfused, perClass }: Evaluation): string[] {
  if (mostConfused.length === 0) return [];
  const rows = mostConfused.slice(0, MOST_CONFUSED).map(({ truth, said, count, share: of }) => `${percent(of).padStart(7)}  (${count} of ${perClass[truth]!.n})  ${truth} taken for ${said}`);
  return ['', 'Most confused, as shares of the true category:', ...rows];
}

function detection({ detection: { mean }, artefacts }: Evaluation): string[] {
  const rows = KINDS.flatMap((kind) => {
    const figures = mean[kind];
    const name = kind === 'artefact' && artefacts.drawn ? `${KIND_NAMES[kind]} (drawn)` : KIND_NAMES[kind];
    return figures === undefined ? [] : [`${name.padEnd(20)}${String(figures.n).padStart(5)}  ${share(figures.auroc)}  ${share(figures.fpr95)}`];
  });
  return rows.length === 0 ? [] : ['', 'Each category as the target of a search, mean, against', `${''.padEnd(20)}    n  AUROC  FPR95`, ...rows];
}

function targets(result: Evaluation): string[] {
  return Object.entries(result.targets).flatMap(([label, { n, auroc, recallAt, atThreshold, intervals }]) => {
    const interval = (name: string): string => `[${(intervals[name] ?? [NaN, NaN]).map(share).join(', ')}]`;
    return [
      '',
      `${label} (${n.present} pictures) among ${n.other} others:`,
      `${'AUROC'.padEnd(28)}${share(auroc)} ${interval('auroc')}`,
      ...Object.entries(recallAt).map(([rate, recall]) => `${`recall at ${percent(Number(rate))} false finds`.padEnd(28)}${share(recall)} ${interval(`recallAt ${rate}`)}`),
      `${atThreshold.threshold === undefined ? 'as the model says' : `at its threshold ${share(atThreshold.threshold)}`}: recall ${share(atThreshold.recall)} ${interval('recall')}, false finds ${percent(atThreshold.falseFindRate)}`,
    ];
  });
}

/** What `emagent evaluate` prints. */
export function evaluationTable(result: Evaluation): string {
  const lines = [...headline(result), ...classes(result), ...confused(result), ...detection(result), ...targets(result)];
  const { other } = result;
  if (other.n > 0) lines.push('', `Other (${other.folders.join(', ')}): ${other.rejected} of ${other.n} rejected; the energy tells them apart with AUROC ${share(other.rejection?.auroc ?? NaN)}.`);
  return lines.join('\n');
}
