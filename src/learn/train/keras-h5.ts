import { open } from 'node:fs/promises';
import { EmagentError } from '../../contract/errors.ts';
import { modelOf, setWeights, type Layer, type Network, type StoredWeights, type Tf } from './network.ts';

/** Weights of one layer by the last part of their names: `kernel`, `depthwise_kernel`, `gamma` ... */
type LayerWeights = ReadonlyMap<string, StoredWeights>;

const ORDER: Readonly<Record<string, readonly string[]>> = {
  Conv2D: ['kernel'],
  SeparableConv2D: ['depthwise_kernel', 'pointwise_kernel'],
  BatchNormalization: ['gamma', 'beta', 'moving_mean', 'moving_variance'],
};

/** The first bytes of every HDF5 file. */
const SIGNATURE = Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Unnamed layers get numbers in the order in which they were made: `conv2d`, `conv2d_1` ...; any count may come first. */
function numbered(names: Iterable<string>, kind: string): string[] {
  const number = (name: string): number => Number(name.slice(kind.length + 1) || 0);
  return [...names].filter((name) => new RegExp(`^${kind}(_\\d+)?$`).test(name)).sort((a, b) => number(a) - number(b));
}

/**
 * Reads an HDF5 file of Keras, of the weights alone or of a whole model (the layout of `.h5`; that of `.weights.h5` of Keras 3 has no
 * names and is refused). Throws EM_MODEL.
 */
export async function readKerasWeights(path: string): Promise<Map<string, LayerWeights>> {
  let signature: Buffer;
  try {
    const handle = await open(path);
    signature = (await handle.read(Buffer.alloc(SIGNATURE.length), 0, SIGNATURE.length, 0)).buffer;
    await handle.close();
  } catch (cause) {
    throw new EmagentError('EM_MODEL', `The pretrained weights ${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`, { cause });
  }
  // Asked before the library, which tells its troubles on stderr.
  if (!signature.equals(SIGNATURE)) throw new EmagentError('EM_MODEL', `${path} is no HDF5 file.`);
  const h5 = await import('h5wasm/node');
  (await h5.ready).activate_throwing_error_handler();
  let file: InstanceType<typeof h5.File>;
  try {
    file = new h5.File(path, 'r');
  } catch (cause) {
    throw new EmagentError('EM_MODEL', `${path} is damaged: it cannot be opened as HDF5.`, { cause });
  }
  try {
    const collect = (group: InstanceType<typeof h5.Group>, into: Map<string, StoredWeights>): void => {
      for (const key of group.keys()) {
        const entry = group.get(key);
        if (entry instanceof h5.Group) collect(entry, into);
        else if (entry instanceof h5.Dataset && entry.value instanceof Float32Array) into.set(key.replace(/:\d+$/, ''), { shape: entry.shape ?? [], values: entry.value });
      }
    };
    const root = file.get('model_weights') ?? file;
    const layers = new Map<string, LayerWeights>();
    if (root instanceof h5.Group) {
      for (const name of root.keys()) {
        const entry = root.get(name);
        const weights = new Map<string, StoredWeights>();
        if (entry instanceof h5.Group) collect(entry, weights);
        if (weights.size > 0) layers.set(name, weights);
      }
    }
    return layers;
  } catch (cause) {
    throw new EmagentError('EM_MODEL', `${path} is damaged: its weights cannot be read.`, { cause });
  } finally {
    file.close();
  }
}

/** Puts the weights of Keras's Xception into the network; a last dense layer in the file is left out. Throws EM_MODEL. */
export function loadXception(tf: Tf, network: Network, { layers, path }: { layers: ReadonlyMap<string, LayerWeights>; path: string }): void {
  const convolutions = numbered(layers.keys(), 'conv2d');
  const normalisations = numbered(layers.keys(), 'batch_normalization');
  const nameThere = ({ name }: Layer): string => {
    const residual = /^residual(\d)(_bn)?$/.exec(name);
    if (residual === null) return name;
    return (residual[2] === undefined ? convolutions : normalisations)[Number(residual[1]) - 1] ?? name;
  };
  // Layers have no weights before they are applied for the first time.
  modelOf(tf, network.stages, [network.sizePx, network.sizePx, network.channels]);
  for (const layer of network.stages.flatMap((stage) => stage.layers)) {
    const order = ORDER[layer.getClassName()];
    if (order === undefined) continue;
    const name = nameThere(layer);
    const weights = order.map((part) => {
      const stored = layers.get(name)?.get(part);
      if (stored === undefined) {
        throw new EmagentError('EM_MODEL', `${path} holds no weights of Keras's Xception: ${part} of its layer ${name} is missing; the file wanted is xception_weights_tf_dim_ordering_tf_kernels_notop.h5, or a whole Xception saved as .h5.`);
      }
      return stored;
    });
    setWeights(tf, layer, { weights, owner: path });
  }
}
