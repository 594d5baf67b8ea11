import { batchNormalization, createStage, through, type Layer, type Network, type Stage, type Tf } from '../network.ts';

/**
 * Xception (Chollet 2017) layer by layer with the names that Keras gives them, without its last dense layer. The four convolutions
 * beside the blocks that shrink have no name of their own there: here `residual1` to `residual4`, in their order.
 */
export function xception(tf: Tf, { sizePx }: { sizePx: number }): Network {
  const relu = (name: string): Layer => tf.layers.activation({ activation: 'relu', name });
  const separable = (name: string, filters: number): Layer[] => [
    tf.layers.separableConv2d({ name, filters, kernelSize: 3, padding: 'same', useBias: false }),
    batchNormalization(tf, `${name}_bn`),
  ];
  const stem = createStage('block1', (keep) => {
    const layers = [
      tf.layers.conv2d({ name: 'block1_conv1', filters: 32, kernelSize: 3, strides: 2, useBias: false }),
      batchNormalization(tf, 'block1_conv1_bn'),
      relu('block1_conv1_act'),
      tf.layers.conv2d({ name: 'block1_conv2', filters: 64, kernelSize: 3, useBias: false }),
      batchNormalization(tf, 'block1_conv2_bn'),
      relu('block1_conv2_act'),
    ].map(keep);
    return (x) => through(layers, x);
  });
  /** Two separable convolutions, pooled, and a strided convolution beside them. */
  const shrinking = (block: number, residual: number, [first, second]: readonly [number, number]): Stage =>
    createStage(`block${block}`, (keep) => {
      const beside = [
        tf.layers.conv2d({ name: `residual${residual}`, filters: second, kernelSize: 1, strides: 2, padding: 'same', useBias: false }),
        batchNormalization(tf, `residual${residual}_bn`),
      ].map(keep);
      const main = [
        ...(block === 2 ? [] : [relu(`block${block}_sepconv1_act`)]),
        ...separable(`block${block}_sepconv1`, first),
        relu(`block${block}_sepconv2_act`),
        ...separable(`block${block}_sepconv2`, second),
        tf.layers.maxPooling2d({ name: `block${block}_pool`, poolSize: 3, strides: 2, padding: 'same' }),
      ].map(keep);
      const add = keep(tf.layers.add({ name: `block${block}_add` }));
      return (x) => add.apply([through(main, x), through(beside, x)]) as typeof x;
    });
  const middle = (block: number): Stage =>
    createStage(`block${block}`, (keep) => {
      const layers = [1, 2, 3].flatMap((index) => [relu(`block${block}_sepconv${index}_act`), ...separable(`block${block}_sepconv${index}`, 728)]).map(keep);
      const add = keep(tf.layers.add({ name: `block${block}_add` }));
      return (x) => add.apply([through(layers, x), x]) as typeof x;
    });
  const last = createStage('block14', (keep) => {
    const layers = [
      ...separable('block14_sepconv1', 1536),
      relu('block14_sepconv1_act'),
      ...separable('block14_sepconv2', 2048),
      relu('block14_sepconv2_act'),
    ].map(keep);
    return (x) => through(layers, x);
  });
  const pool = createStage('pool', (keep) => {
    const layer = keep(tf.layers.globalAveragePooling2d({ name: 'avg_pool' }));
    return (x) => layer.apply(x) as typeof x;
  });
  return {
    stages: [
      stem,
      shrinking(2, 1, [128, 128]),
      shrinking(3, 2, [256, 256]),
      shrinking(4, 3, [728, 728]),
      ...[5, 6, 7, 8, 9, 10, 11, 12].map(middle),
      shrinking(13, 4, [728, 1024]),
      last,
      pool,
    ],
    sizePx,
    channels: 3,
    embeddingLength: 2048,
  };
}
