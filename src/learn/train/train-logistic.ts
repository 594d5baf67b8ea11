import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { openOnnxSession } from '../../classify/onnx/session.ts';
import { loadTensorFlow } from '../../classify/tensorflow/load.ts';
import type { ModelManifest } from '../../contract/model-manifest.ts';
import { required } from '../../lib/guards.ts';
import { adapt, type Adapted, type AdaptOptions } from '../adapt.ts';
import type { OpenBackbone } from '../backbone.ts';
import { saveModel } from '../save-model.ts';
import { architectureOf, inputOf, type ArchitectureName } from './architectures/registry.ts';
import { settleInHalf } from './half-weights.ts';
import { headLayers } from './head-layers.ts';
import { layersModelFiles } from './layers-model.ts';
import { modelOf, wholeModel, type Network, type Tf } from './network.ts';
import { exportOnnx } from './onnx-export.ts';
import { findWeights, type FoundWeights } from './pretrained.ts';
import { tensorProducts } from './tensor-products.ts';
import { NOTICES } from './train.ts';

export interface TrainLogisticOptions extends Omit<AdaptOptions, 'backbone' | 'base'> {
  readonly architecture: ArchitectureName;
  readonly sizePx: number;
  readonly weights?: string;
  readonly weightBits: 16 | 32;
  /** Write the tfjs LayersModel, too. */
  readonly layersModel: boolean;
  /** Views of a picture that are averaged (see viewParts). */
  readonly views: number;
  readonly out: string;
  readonly licence: string;
  /** As a person would type it again, and all settings as YAML. */
  readonly command: string;
  readonly settingsYaml: string;
}

/** A pretrained network with its weights in it; in 16 bit, with the numbers that the files will hold. */
async function openNetwork(tf: Tf, { architecture, sizePx, weights, weightBits, seed, onProgress }: TrainLogisticOptions): Promise<{ network: Network; found: FoundWeights; onnx: Uint8Array }> {
  const found = required(await findWeights(architecture, weights, (message) => onProgress?.(message, 0)), 'pretrained weights');
  const { create, load } = architectureOf(architecture);
  const network = create(tf, { sizePx, seed });
  const model = modelOf(tf, network.stages, [sizePx, sizePx, network.channels]);
  await load?.(tf, network, found.path);
  if (weightBits === 16) settleInHalf(tf, model);
  return { network, found, onnx: exportOnnx(model, ['embedding'], { bits: weightBits }) };
}

async function asBackbone(onnx: Uint8Array, { input, embeddingLength, description }: Pick<OpenBackbone, 'input' | 'embeddingLength' | 'description'>): Promise<OpenBackbone> {
  // One thread: the same pictures give the same head everywhere.
  const session = await openOnnxSession({ model: onnx, device: 'cpu', threads: 1 });
  return {
    sha256: createHash('sha256').update(onnx).digest('hex'),
    input,
    embeddingLength,
    embed: async (views) => required((await session.run(views, input))['embedding'], 'the embedding'),
    weights: onnx,
    inputName: 'input',
    embeddingName: 'embedding',
    description,
    dispose: () => session.dispose(),
  };
}

/**
 * Trains the head alone, to its optimum: multinomial logistic regression on the embeddings of a frozen pretrained network (see `adapt`),
 * measured by leaving out laboratories and calibrated there. Writes a model folder like `train`, with what later heads need of it.
 * Throws EM_USAGE, EM_DATASET, EM_PICTURE, EM_ENGINE, EM_MODEL, EM_MODEL_FAILED, EM_WRITE, EM_DISK_FULL.
 */
export async function trainLogistic(options: TrainLogisticOptions): Promise<{ manifest: ModelManifest; adapted: Adapted }> {
  const { architecture, sizePx, out, weightBits, views } = options;
  const tf = (await loadTensorFlow()).tf as unknown as Tf;
  const { network, found, onnx } = await openNetwork(tf, options);
  const backbone = await asBackbone(onnx, {
    input: inputOf(architecture, sizePx, views),
    embeddingLength: network.embeddingLength,
    description: `${architecture}, pretrained (${basename(found.path)}, sha256 ${found.sha256})`,
  });
  try {
    const adapted = await adapt({ ...options, backbone, base: { background: [], other: [] }, products: tensorProducts(tf) });
    const n = Object.values(adapted.pictures).reduce((sum, count) => sum + count, 0);
    const model = wholeModel(tf, network, headLayers(tf, adapted.head));
    const notice = NOTICES[architecture]?.replace('Changes: trained further on', 'Changes: batch normalisation folded, kernels rounded to 16 bit, a head trained on');
    const manifest = await saveModel(out, { adapted, backbone }, {
      id: basename(resolve(out)).replaceAll(/[^A-Za-z0-9._-]/g, '-'),
      summary: `${architecture} for ${adapted.labels.length} categories; its head was trained here.`,
      seed: options.seed,
      command: options.command,
      data: [
        { name: basename(resolve(options.data)), n, licence: options.licence },
        ...(adapted.syntheticCount === 0 ? [] : [{ name: 'synthetic pictures of the procedural renderer', n: adapted.syntheticCount, licence: 'MIT (drawn by emagent)' }]),
      ],
      more: {
        files: new Map(options.layersModel ? await layersModelFiles(tf, model, { bits: weightBits }) : []),
        unchecked: new Map([['training.yaml', options.settingsYaml], ...(notice === undefined ? [] : ([['NOTICE', notice]] as const))]),
      },
    });
    return { manifest, adapted };
  } finally {
    await backbone.dispose();
  }
}
