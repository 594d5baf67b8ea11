import { renderSvg } from '../../imaging/svg-picture.ts';
import { csvText } from '../../lib/csv.ts';
import type { Evaluation, EvaluationDetails } from '../evaluate.ts';
import { confusionSvg } from '../plots/confusion.ts';
import { coverageSvg } from '../plots/coverage.ts';
import { reliabilitySvg } from '../plots/reliability.ts';
import type { LikelihoodRow } from './bands.ts';
import { KINDS } from './detection-by-kind.ts';

export interface EvaluationFiles {
  readonly result: Evaluation;
  readonly details: EvaluationDetails;
  /** Which model, on which data and part: stands over every plot. */
  readonly title: string;
  readonly likelihood: readonly LikelihoodRow[];
  /** The JSON document that `--json` prints. */
  readonly document: unknown;
}

const share = (value: number): string => (Number.isNaN(value) ? '' : value.toFixed(4));

function confusionCsv({ labels, confusion, perClass }: Evaluation): string {
  const rows = labels.flatMap((label, index) => (label in perClass ? [[label, ...confusion[index]!]] : []));
  return csvText([['true', ...labels], ...rows]);
}

function perClassCsv({ perClass, detection }: Evaluation): string {
  const head = ['category', 'n', 'precision', 'recall', 'f1', ...KINDS.flatMap((kind) => [`auroc ${kind}`, `fpr95 ${kind}`])];
  const rows = Object.entries(perClass).map(([label, { n, precision, recall, f1 }]) => {
    const own = detection.perLabel[label] ?? {};
    return [label, n, share(precision), share(recall), share(f1), ...KINDS.flatMap((kind) => [share(own[kind]?.auroc ?? NaN), share(own[kind]?.fpr95 ?? NaN)])];
  });
  return csvText([head, ...rows]);
}

const confusedCsv = ({ mostConfused }: Evaluation): string =>
  csvText([['true', 'said', 'pictures', 'share of the true category'], ...mostConfused.map((pair) => [pair.truth, pair.said, pair.count, share(pair.share)])]);

function predictionsCsv({ labels }: Evaluation, { pictures }: EvaluationDetails): string {
  const rows = pictures.map(({ item, prediction }) => [
    item.file,
    item.category,
    item.group ?? '',
    prediction.label,
    share(Math.max(...prediction.probabilities)),
    share(prediction.energy),
    prediction.rejected === undefined ? '' : 'rejected',
    ...prediction.probabilities.map((probability) => probability.toFixed(6)),
  ]);
  return csvText([['file', 'true', 'group', 'said', 'probability', 'energy', 'rejected', ...labels], ...rows]);
}

const likelihoodCsv = (rows: readonly LikelihoodRow[]): string =>
  csvText([
    ['band', 'label', 'logit of the probability', 'log ratio', 'log ratio of the model', 'pictures with the label'],
    ...rows.map(({ band, label, score, logRatio, logRatioOfModel, n }) => [band, label, share(score), share(logRatio), share(logRatioOfModel ?? NaN), n]),
  ]);

/** Everything of an evaluation that goes into its folder, by file name. */
export async function evaluationFiles({ result, details, title, likelihood, document }: EvaluationFiles): Promise<Map<string, Uint8Array | string>> {
  const files = new Map<string, Uint8Array | string>([
    ['evaluation.json', `${JSON.stringify(document, null, 2)}\n`],
    ['confusion.csv', confusionCsv(result)],
    ['confused.csv', confusedCsv(result)],
    ['per-class.csv', perClassCsv(result)],
    ['predictions.csv', predictionsCsv(result, details)],
    ['likelihood.csv', likelihoodCsv(likelihood)],
  ]);
  const plots = {
    confusion: confusionSvg({ labels: result.labels, confusion: result.confusion, title }),
    reliability: reliabilitySvg({ bins: details.reliability, ece: result.ece, title }),
    coverage: coverageSvg({ points: details.coverageCurve, aurc: result.aurc, title }),
  };
  for (const [name, svg] of Object.entries(plots)) {
    files.set(`${name}.svg`, svg);
    files.set(`${name}.png`, await renderSvg(svg));
  }
  return files;
}
