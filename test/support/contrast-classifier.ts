import { BACKGROUND, CATEGORIES } from '../../src/contract/categories.ts';
import type { Classifier } from '../../src/contract/classifier.ts';
import type { GreyImage } from '../../src/contract/frame.ts';
import type { ModelManifest } from '../../src/contract/model-manifest.ts';
import type { OpenedModel } from '../../src/session/classifier.ts';

const LABELS = [...CATEGORIES, BACKGROUND];
/** Standard deviation over mean of a frame: bare substrate has 0.1 to 0.15 of noise, a site 0.3 and more. */
const CONTRAST = { middle: 0.24, steepness: 60 } as const;

function contrastOf({ data }: GreyImage): number {
  let sum = 0;
  let squares = 0;
  for (let index = 0; index < data.length; index++) {
    sum += data[index]!;
    squares += data[index]! ** 2;
  }
  const mean = sum / data.length;
  return Math.sqrt(Math.max(0, squares / data.length - mean * mean)) / Math.max(1, mean);
}

/** Takes whatever has contrast for the target: quick, and right on a specimen that has nothing but targets. */
export function createContrastModel(target: string): OpenedModel {
  const classifier: Classifier = {
    modelId: 'contrast',
    labels: LABELS,
    input: { widthPx: 1, heightPx: 1 },
    engine: 'onnx',
    device: 'cpu',
    provider: 'none',
    classify: async (images) =>
      images.map((image) => {
        const probability = 1 / (1 + Math.exp(-CONTRAST.steepness * (contrastOf(image) - CONTRAST.middle)));
        return {
          label: probability > 0.5 ? target : BACKGROUND,
          probabilities: LABELS.map((label) => (label === target ? probability : label === BACKGROUND ? 1 - probability : 0)),
          embedding: new Float32Array(0),
          energy: 0,
        };
      }),
    dispose: async () => undefined,
  };
  const manifest = {
    id: 'contrast',
    likelihood: (['survey', 'inspect', 'confirm'] as const).map((band) => ({ band, label: '*', score: [-10, 10], logRatio: [-6, 6], data: 'none' })),
    metrics: [],
    files: {},
  } as unknown as ModelManifest;
  return { classifier, manifest, splitPath: undefined };
}
