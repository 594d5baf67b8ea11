import { createStage, through, type Network, type Tf } from '../network.ts';

/** What the first searches of this kind used: two convolutions and a dense layer of 128, from nothing. */
export function simpleCnn(tf: Tf, { sizePx, seed }: { sizePx: number; seed: number }): Network {
  const glorot = (offset: number) => tf.initializers.glorotUniform({ seed: seed * 16 + offset });
  const convolutions = createStage('convolutions', (keep) => {
    const layers = [
      keep(tf.layers.conv2d({ name: 'conv1', filters: 32, kernelSize: 3, activation: 'relu', kernelInitializer: glorot(1) })),
      keep(tf.layers.maxPooling2d({ name: 'pool1', poolSize: 2 })),
      keep(tf.layers.conv2d({ name: 'conv2', filters: 64, kernelSize: 3, activation: 'relu', kernelInitializer: glorot(2) })),
      keep(tf.layers.maxPooling2d({ name: 'pool2', poolSize: 2 })),
    ];
    return (x) => through(layers, x);
  });
  const dense = createStage('dense', (keep) => {
    const layers = [keep(tf.layers.flatten({ name: 'flatten' })), keep(tf.layers.dense({ name: 'dense', units: 128, activation: 'relu', kernelInitializer: glorot(3) }))];
    return (x) => through(layers, x);
  });
  return { stages: [convolutions, dense], sizePx, channels: 1, embeddingLength: 128 };
}
