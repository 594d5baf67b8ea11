import type { ModelManifest } from '../contract/model-manifest.ts';
import type { Adapted, Measured } from './adapt.ts';
import type { Figures } from './metrics.ts';

const share = (value: number): string => value.toFixed(3);

/** A plain table of true rows and predicted columns; categories that are not in the data have no row. */
export function confusionTable(labels: readonly string[], { confusion }: Pick<Figures, 'confusion'>): string {
  const short = labels.map((label) => label.slice(0, 6));
  const rows = confusion.flatMap((row, index) => (row.some((n) => n > 0) ? [`| ${labels[index]!} | ${row.join(' | ')} |`] : []));
  return [`| true \\ said | ${short.join(' | ')} |`, `|---|${labels.map(() => '--:').join('|')}|`, ...rows].join('\n');
}

export function measuredTable(measured: readonly Measured[]): string {
  const interval = ([low, high]: readonly [number, number]): string => `[${share(low)}, ${share(high)}]`;
  const rows = measured.map(
    ({ data, figures, intervals }) =>
      `| ${data} | ${figures.n} | ${share(figures.accuracy)} ${interval(intervals.accuracy)} | ${share(figures.macroF1)} ${interval(intervals.macroF1)} | ${share(figures.ece)} ${interval(intervals.ece)} |`,
  );
  return ['| measured on | n | accuracy | macro-F1 | ECE |', '|---|--:|---|---|---|', ...rows].join('\n');
}

export function perClassTable({ figures }: Measured): string {
  const rows = Object.entries(figures.perClass).map(([label, { n, precision, recall, f1 }]) => `| ${label} | ${n} | ${share(precision)} | ${share(recall)} | ${share(f1)} |`);
  return ['| category | n | precision | recall | F1 |', '|---|--:|--:|--:|--:|', ...rows].join('\n');
}

/** CARD.md of a model: what it was made of, how, and what it was measured to do. */
export function modelCard(manifest: Omit<ModelManifest, 'files'>, adapted: Adapted, notes = ''): string {
  const { training } = manifest;
  const data = training.data.map(({ name, n, licence }) => `- ${name}: ${n} pictures; licence: ${licence}`).join('\n');
  const details = adapted.measured
    .map((entry) => `### ${entry.data}\n\n${perClassTable(entry)}\n\n${confusionTable(adapted.labels, entry.figures)}`)
    .join('\n\n');
  const warnings = adapted.warnings.length === 0 ? '' : `\n## Warnings\n\n${adapted.warnings.map((warning) => `- ${warning}`).join('\n')}\n`;
  return `# ${manifest.id}

${manifest.summary}

Labels: ${adapted.labels.join(', ')}. Views averaged per picture: ${manifest.input.views.count}.
Backbone: ${training.backbone}, frozen. Head: multinomial logistic regression on its embedding (C = ${adapted.c}), temperature ${share(adapted.temperature)}.
Made by \`${training.command}\`.

## Data

${data}

Each laboratory counts alike within a category, and each category alike. Split by ${adapted.split.by === 'group' ? 'specimen (group)' : 'picture'}, seed ${adapted.split.seed}${training.split === undefined ? '' : `: ${training.split}`}.

## Measured

95 % intervals by bootstrap over ${adapted.split.by === 'group' ? 'specimens' : 'pictures'} (over laboratories where they were left out).

${measuredTable(adapted.measured)}

Pictures of no category${adapted.other.n === 0 ? ': none in the data.' : `: ${adapted.other.rejected} of ${adapted.other.n} were rejected.`}
${warnings}
${notes}
## In detail

${details}
`;
}
