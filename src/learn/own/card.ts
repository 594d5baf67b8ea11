import type { ModelManifest, OwnCategory } from '../../contract/model-manifest.ts';

const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
const between = ([low, high]: readonly [number, number]): string => `${percent(low)} to ${percent(high)}`;

/** What a person should know of one category, a line each. */
export function ownLines(label: string, { pictures, scenes, against, shipped, expected, threshold, falseFindRate }: OwnCategory): string[] {
  const learned = `${label}: learned from ${pictures} pictures${scenes < pictures ? ` of ${scenes} different places` : ''}, against ${against} of other things on the same instrument and ${shipped} of other instruments.`;
  if (expected === undefined) return [learned, `A picture counts as a find from probability ${threshold.toFixed(3)} on; what that finds, and how often falsely, could not be measured.`];
  return [
    learned,
    `Expected at the threshold for ${percent(falseFindRate)} false finds (probability ${threshold.toFixed(3)}): ${percent(expected.recall)} found, 95 % interval ${between(expected.recallInterval)}; AUROC ${expected.auroc.toFixed(3)}.`,
    `${against} pictures of other things cannot show more of the false-find rate than that it lies within ${between(expected.falseFindsInterval)}; the threshold rests on how their scores are spread.`,
  ];
}

/** CARD.md of a model for one's own categories. */
export function ownCard({ id, summary, labels, training, own = {} }: Omit<ModelManifest, 'files'>): string {
  const data = training.data.map(({ name, n, licence }) => `- ${name}: ${n} pictures; licence: ${licence}`).join('\n');
  const parts = Object.entries(own).map(([label, about]) => {
    const doubts = about.doubts.map((doubt) => `\n- **${doubt}**`).join('');
    return `### ${label}\n\n${ownLines(label, about).join('\n')}\n${doubts === '' ? '' : `\nBefore trusting it:\n${doubts}\n`}`;
  });
  return `# ${id}

${summary}

Labels: ${labels.join(', ')}. Network: ${training.backbone}, frozen; head: balanced logistic regression on the square roots of its embedding.
Made by \`${training.command}\`.

## Data

${data}

## Measured

Each place was held out in turn from the head that it was judged by (leave one out; near duplicates together). Intervals: Wilson.

${parts.join('\n')}`;
}
