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

const unseenOf = (measured: readonly Measured[]): Measured | undefined => measured.find(({ data }) => data.includes('laboratories never seen'));

/** What a person should know before trusting the figures. */
function honesty(measured: readonly Measured[]): string {
  const unseen = unseenOf(measured);
  const adapt = 'Ten to twenty pictures of each category from your own instrument make a better one in a minute: `emagent adapt --data YOUR-PICTURES --out mine`, then `--model ./mine`.';
  if (unseen === undefined) return `The figures are those of the instruments in the data. ${adapt}`;
  return `A frozen ImageNet network and a linear head on a few hundred pictures: honest, but weak. On pictures from laboratories that it has never seen its accuracy is ${share(unseen.figures.accuracy)}; the figures for specimens of known laboratories are higher because most laboratories show one or two categories only, and a net learns the laboratory with them. ${adapt}`;
}

/** CARD.md of a model: what it was made of, how, and what it was measured to do. */
export function modelCard(manifest: Omit<ModelManifest, 'files'>, adapted: Adapted): string {
  const { training } = manifest;
  const data = training.data.map(({ name, n, licence }) => `- ${name}: ${n} pictures; licence: ${licence}`).join('\n');
  const details = adapted.measured
    .map((entry) => `### ${entry.data}\n\n${perClassTable(entry)}\n\n${confusionTable(adapted.labels, entry.figures)}`)
    .join('\n\n');
  const warnings = adapted.warnings.length === 0 ? '' : `\n## Warnings\n\n${adapted.warnings.map((warning) => `- ${warning}`).join('\n')}\n`;
  return `# ${manifest.id}

${manifest.summary}

Labels: ${adapted.labels.join(', ')}. Views averaged per picture: ${manifest.input.views.count}.
Backbone: ${training.backbone}, frozen. Head: multinomial logistic regression on its embedding (C = ${adapted.c}), temperature ${share(adapted.temperature)}${unseenOf(adapted.measured) === undefined ? '' : ', fitted to laboratories that the head had not seen: on those that it knows it is right more often than it says'}.
Made by \`${training.command}\`.

## Data

${data}

${adapted.laboratories === 0 ? '' : `Real pictures of ${adapted.laboratories} laboratories. `}Each laboratory counts alike within a category, and each category alike. Split by ${adapted.split.by === 'group' ? 'specimen (group)' : 'picture'}, seed ${adapted.split.seed}${training.split === undefined ? '' : `: ${training.split}`}.

## Measured

${honesty(adapted.measured)}

95 % intervals by bootstrap over ${adapted.split.by === 'group' ? 'specimens' : 'pictures'} (over laboratories where they were left out).

${measuredTable(adapted.measured)}

Likelihood curves of the bands were measured on the same held-out pictures, turned, shifted, shot-noised and scaled as a search sees them.
Rejection: the ${adapted.kept.other.length} pictures of no category in the training part are the reference of the softmax, so that the energy is the log odds of "none of these"; the threshold rejects 3 % of held-out pictures of the categories.

Pictures of no category${adapted.other.n === 0 ? ': none to measure on.' : `: ${adapted.other.rejected} of ${adapted.other.n} held-out ones were rejected.`}
${warnings}
## In detail

${details}
`;
}
