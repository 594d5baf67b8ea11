import { VIEW_COUNTS, type ViewSettings } from '../../../classify/views.ts';
import { EmagentError } from '../../../contract/errors.ts';
import { loadXception, readKerasWeights } from '../keras-h5.ts';
import type { Network, Tf } from '../network.ts';
import { loadEfficientnet, readSafetensors } from '../safetensors.ts';
import { efficientnetLite0 } from './efficientnet-lite0.ts';
import { simpleCnn } from './simple-cnn.ts';
import { xception } from './xception.ts';

interface Architecture {
  readonly summary: string;
  /** Edge of the view, pixels; what pretrained weights were trained at. */
  readonly sizePx: number;
  /** Smallest that leaves a map behind every layer. */
  readonly leastSizePx: number;
  readonly normalisation: { readonly offset: number; readonly scale: number };
  readonly channels: 1 | 3;
  /** Where training begins once the head has been trained; undefined when there are no pretrained weights. */
  readonly lastBlock?: string;
  /** What the file of pretrained weights is. */
  readonly pretrained?: string;
  create(tf: Tf, options: { sizePx: number; seed: number }): Network;
  /** Reads pretrained weights into the network. Throws EM_MODEL. */
  load?(tf: Tf, network: Network, path: string): Promise<void>;
}

/** One line per network that can be trained. */
export const ARCHITECTURES = {
  'simple-cnn': {
    summary: 'two convolutions and a dense layer of 128, from nothing',
    sizePx: 96,
    leastSizePx: 16,
    normalisation: { offset: 127.5, scale: 127.5 },
    channels: 1,
    create: simpleCnn,
  },
  xception: {
    summary: 'Xception with ImageNet weights of Keras: the head first, then the last block',
    sizePx: 299,
    leastSizePx: 71,
    normalisation: { offset: 127.5, scale: 127.5 },
    channels: 3,
    lastBlock: 'block14',
    pretrained: 'xception_weights_tf_dim_ordering_tf_kernels_notop.h5 of Keras',
    create: xception,
    load: async (tf, network, path) => loadXception(tf, network, { layers: await readKerasWeights(path), path }),
  },
  'efficientnet-lite0': {
    summary: 'EfficientNet-Lite0 with ImageNet weights: the head first, then the last block',
    sizePx: 224,
    leastSizePx: 32,
    normalisation: { offset: 127, scale: 128 },
    channels: 3,
    lastBlock: 'block15',
    pretrained: 'efficientnet-lite0.safetensors',
    create: efficientnetLite0,
    load: async (tf, network, path) => loadEfficientnet(tf, network, { tensors: await readSafetensors(path), path }),
  },
} as const satisfies Record<string, Architecture>;

export type ArchitectureName = keyof typeof ARCHITECTURES;
export const ARCHITECTURE_NAMES = Object.keys(ARCHITECTURES) as [ArchitectureName, ...ArchitectureName[]];
export const architectureOf = (name: ArchitectureName): Architecture => ARCHITECTURES[name];

/** Views of a picture that are averaged, when nobody says how many. */
export const DEFAULT_VIEWS = 5;

/** How the network is fed, in training and in the model folder; equal mean and contrast, because these tell the laboratory. */
export function inputOf(name: ArchitectureName, sizePx: number, views: number = DEFAULT_VIEWS): ViewSettings {
  if (!(VIEW_COUNTS as readonly number[]).includes(views)) throw new EmagentError('EM_USAGE', `A picture cannot be looked at in ${views} views: choose ${VIEW_COUNTS.join(', ')}.`);
  const { normalisation, channels } = architectureOf(name);
  return { widthPx: sizePx, heightPx: sizePx, channels, ...normalisation, equalise: { mean: 110, standardDeviation: 45 }, views: { count: views, share: 0.7 } };
}

/** The number of stages that stay as they are when training begins at a stage; `none` trains the head alone, `all` everything. Throws EM_USAGE. */
export function frozenStages({ stages }: Network, from: string): number {
  if (from === 'all') return 0;
  if (from === 'none') return stages.length;
  const index = stages.findIndex(({ name }) => name === from);
  if (index < 0) throw new EmagentError('EM_USAGE', `There is no block ${from} to train from: there are ${stages.map(({ name }) => name).join(', ')}, and all and none.`);
  return index;
}
