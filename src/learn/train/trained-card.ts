import type { ModelManifest } from '../../contract/model-manifest.ts';
import { confusionTable, measuredTable, perClassTable } from '../card.ts';
import type { EpochRecord } from './curves.ts';
import type { Calibrated } from './measure.ts';

export interface CardFacts {
  readonly calibrated: Calibrated;
  readonly history: readonly EpochRecord[];
  readonly bestEpoch: number;
  readonly ended: 'epochs' | 'early' | 'stopped';
  readonly by: 'group' | 'image';
  /** Millions. */
  readonly parameters: number;
  readonly trainedParameters: number;
  readonly engine: string;
  readonly warnings: readonly string[];
}

const ENDED = { epochs: 'all epochs were run', early: 'validation did not get better any more', stopped: 'a person stopped it' } as const;

/** CARD.md of a trained model: what it was made of, how, and what it was measured to do. */
export function trainedCard(manifest: Omit<ModelManifest, 'files'>, facts: CardFacts): string {
  const { calibrated, history, bestEpoch, ended, warnings } = facts;
  const { training } = manifest;
  const { other, measured } = calibrated;
  return `# ${manifest.id}

${manifest.summary}

Labels: ${manifest.labels.join(', ')}. Views averaged per picture: ${manifest.input.views.count} of ${manifest.input.widthPx} px.
Network: ${training.backbone}; ${facts.parameters.toFixed(2)} M parameters, of which ${facts.trainedParameters.toFixed(2)} M were trained here with ${facts.engine}.
Epoch ${bestEpoch} of ${history.length} had the least validation loss and is the one kept; training ended because ${ENDED[ended]}. Temperature ${manifest.temperature.toFixed(3)}.
Made by \`${training.command}\`; training.yaml holds all settings (\`emagent train --config training.yaml\`), curves.svg and history.csv the course.
model.onnx and, where it is there, layers-model.json hold the same weights.

## Data

${training.data.map(({ name, n, licence }) => `- ${name}: ${n} pictures; licence: ${licence}`).join('\n')}

Split by ${facts.by === 'group' ? 'specimen (group)' : 'picture: pictures of one specimen are on both sides, and the figures flatter'}, seed ${training.seed}: split.json.

## Measured

95 % intervals by bootstrap over ${facts.by === 'group' ? 'specimens' : 'pictures'}. Only the test part chose nothing.

${measuredTable(measured)}

Likelihood curves of the bands were measured on the validation part, turned, shifted, shot-noised and scaled as a search sees it.
The rejection threshold rejects 3 % of it in all appearances together. Pictures of no category in the test part${other.n === 0 ? ': none to measure on.' : `: ${other.rejected} of ${other.n} were rejected.`}
${warnings.length === 0 ? '' : `\n## Warnings\n\n${warnings.map((warning) => `- ${warning}`).join('\n')}\n`}
## In detail

${measured.map((entry) => `### ${entry.data}\n\n${perClassTable(entry)}\n\n${confusionTable(manifest.labels, entry.figures)}`).join('\n\n')}
`;
}
