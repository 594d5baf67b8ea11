import { encodeModel, floatTensor, floatValueInfo } from '../../src/classify/onnx/model-proto.ts';
import { openOnnxSession } from '../../src/classify/onnx/session.ts';

export const CHANNELS = 3;

/** Global average of each channel: the smallest network with an embedding. */
export function tinyBackbone(): Uint8Array {
  return encodeModel({
    irVersion: 9,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'tiny',
      node: [
        { name: 'pool', opType: 'GlobalAveragePool', input: ['input'], output: ['pooled'] },
        { name: 'flat', opType: 'Flatten', input: ['pooled'], output: ['embedding'] },
      ],
      initializer: [floatTensor('unused', { dims: [1] }, [0])],
      input: [floatValueInfo('input', ['n', CHANNELS, 4, 4])],
      output: [floatValueInfo('embedding', ['n', CHANNELS])],
    },
  });
}

/** All outputs for some views of 4 x 4 pixels. */
export async function run(network: Uint8Array, views: readonly Float32Array[]): Promise<Record<string, Float32Array>> {
  const session = await openOnnxSession({ model: network, device: 'cpu' });
  try {
    return await session.run(views, { channels: CHANNELS, heightPx: 4, widthPx: 4 });
  } finally {
    await session.dispose();
  }
}
