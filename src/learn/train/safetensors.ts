import { readFile } from 'node:fs/promises';
import { halfToFloat } from '../../classify/onnx/model-proto.ts';
import { EmagentError } from '../../contract/errors.ts';
import { modelOf, setWeights, type Layer, type Network, type StoredWeights, type Tf } from './network.ts';

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Reads a safetensors file: length of the header (u64), header (JSON), data. F32 and F16 only. Throws EM_MODEL. */
export async function readSafetensors(path: string): Promise<Map<string, StoredWeights>> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new EmagentError('EM_MODEL', `The pretrained weights ${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`, { cause });
  }
  try {
    const headerLength = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<string, Entry>;
    const tensors = new Map<string, StoredWeights>();
    for (const [name, entry] of Object.entries(header)) {
      if (name === '__metadata__') continue;
      const { dtype, shape, data_offsets: [from, to] } = entry;
      const end = 8 + headerLength + to;
      if (end > bytes.length) throw new Error('it is cut short');
      const raw = new Uint8Array(bytes.subarray(8 + headerLength + from, end)).buffer;
      if (dtype !== 'F32' && dtype !== 'F16') throw new Error(`${name} is of type ${dtype}`);
      tensors.set(name, { shape, values: dtype === 'F32' ? new Float32Array(raw) : Float32Array.from(new Uint16Array(raw), halfToFloat) });
    }
    return tensors;
  } catch (cause) {
    throw new EmagentError('EM_MODEL', `${path} is no safetensors file: ${(cause as Error).message.split('\n')[0] ?? ''}.`, { cause });
  }
}

/** [out, in/groups, height, width] as [height, width, in, out], of a depthwise convolution as [height, width, out, 1]. */
function filterOf({ shape, values }: StoredWeights, depthwise: boolean): StoredWeights {
  const [out, inner, height, width] = shape as readonly [number, number, number, number];
  const turned = new Float32Array(values.length);
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < inner; i++) {
      for (let at = 0; at < height * width; at++) turned[depthwise ? at * out + o : (at * inner + i) * out + o] = values[(o * inner + i) * height * width + at]!;
    }
  }
  return { shape: depthwise ? [height, width, out, 1] : [height, width, inner, out], values: turned };
}

/** Puts the weights of a PyTorch EfficientNet-Lite (names as in the shared file) into the network. Throws EM_MODEL. */
export function loadEfficientnet(tf: Tf, network: Network, { tensors, path }: { tensors: ReadonlyMap<string, StoredWeights>; path: string }): void {
  const need = (name: string): StoredWeights => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new EmagentError('EM_MODEL', `${path} holds no EfficientNet-Lite0: the tensor ${name} is missing.`);
    return tensor;
  };
  const isConv = (layer: Layer): boolean => layer.getClassName().endsWith('Conv2D');
  // Layers have no weights before they are applied for the first time.
  modelOf(tf, network.stages, [network.sizePx, network.sizePx, network.channels]);
  for (const layer of network.stages.flatMap(({ layers }) => layers)) {
    // `blocks.3.expand_conv` is `_blocks.3._expand_conv` there.
    const name = layer.name.replace(/^(blocks\.\d+\.)?/, (block) => (block === '' ? '_' : `_${block}_`));
    if (isConv(layer)) setWeights(tf, layer, { weights: [filterOf(need(`${name}.weight`), layer.getClassName() === 'DepthwiseConv2D')], owner: path });
    else if (layer.getClassName() === 'BatchNormalization') {
      setWeights(tf, layer, { weights: ['weight', 'bias', 'running_mean', 'running_var'].map((part) => need(`${name}.${part}`)), owner: path });
    }
  }
}
