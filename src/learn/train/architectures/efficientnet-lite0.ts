import { batchNormalization, createStage, through, type Layer, type Network, type Stage, type Tf } from '../network.ts';

/** Repeats, kernel, stride of the first, expansion, output channels (Tan and Le 2019, lite variant). */
const STAGES = [[1, 3, 1, 1, 16], [2, 3, 2, 6, 24], [2, 5, 2, 6, 40], [3, 3, 2, 6, 80], [3, 5, 1, 6, 112], [4, 5, 2, 6, 192], [1, 3, 1, 6, 320]] as const;
const STEM_CHANNELS = 32;
export const EMBEDDING_LENGTH = 1280;

interface BlockShape {
  readonly kernel: number;
  readonly stride: number;
  readonly expansion: number;
  readonly from: number;
  readonly to: number;
}

function blockShapes(): BlockShape[] {
  let from = STEM_CHANNELS;
  return STAGES.flatMap(([repeats, kernel, stride, expansion, to]) =>
    Array.from({ length: repeats }, (_, index) => {
      const shape = { kernel, stride: index === 0 ? stride : 1, expansion, from, to };
      from = to;
      return shape;
    }),
  );
}

/**
 * EfficientNet-Lite0 without its classifier: no squeeze-and-excitation, ReLU6, TensorFlow's SAME padding. Layers have the names of
 * the tensors in the safetensors file with dots for underscores at the front.
 */
export function efficientnetLite0(tf: Tf, { sizePx }: { sizePx: number }): Network {
  const relu6 = (name: string): Layer => tf.layers.reLU({ maxValue: 6, name });
  const conv = (name: string, { filters, kernel, stride }: { filters: number; kernel: number; stride: number }): Layer =>
    tf.layers.conv2d({ name, filters, kernelSize: kernel, strides: stride, padding: 'same', useBias: false });
  const stem = createStage('stem', (keep) => {
    const layers = [conv('conv_stem', { filters: STEM_CHANNELS, kernel: 3, stride: 2 }), batchNormalization(tf, 'bn0'), relu6('stem_relu')].map(keep);
    return (x) => through(layers, x);
  });
  const block = ({ kernel, stride, expansion, from, to }: BlockShape, number: number): Stage =>
    createStage(`block${number}`, (keep) => {
      const name = `blocks.${number}`;
      const layers = [
        ...(expansion === 1 ? [] : [conv(`${name}.expand_conv`, { filters: from * expansion, kernel: 1, stride: 1 }), batchNormalization(tf, `${name}.bn0`), relu6(`${name}.relu0`)]),
        tf.layers.depthwiseConv2d({ name: `${name}.depthwise_conv`, kernelSize: kernel, strides: stride, padding: 'same', useBias: false }),
        batchNormalization(tf, `${name}.bn1`),
        relu6(`${name}.relu1`),
        conv(`${name}.project_conv`, { filters: to, kernel: 1, stride: 1 }),
        batchNormalization(tf, `${name}.bn2`),
      ].map(keep);
      if (stride !== 1 || from !== to) return (x) => through(layers, x);
      const add = keep(tf.layers.add({ name: `${name}.add` }));
      return (x) => add.apply([through(layers, x), x]) as typeof x;
    });
  const last = createStage('head', (keep) => {
    const layers = [conv('conv_head', { filters: EMBEDDING_LENGTH, kernel: 1, stride: 1 }), batchNormalization(tf, 'bn1'), relu6('head_relu')].map(keep);
    return (x) => through(layers, x);
  });
  const pool = createStage('pool', (keep) => {
    const layer = keep(tf.layers.globalAveragePooling2d({ name: 'avg_pool' }));
    return (x) => layer.apply(x) as typeof x;
  });
  return { stages: [stem, ...blockShapes().map(block), last, pool], sizePx, channels: 3, embeddingLength: EMBEDDING_LENGTH };
}
