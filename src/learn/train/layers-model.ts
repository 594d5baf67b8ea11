import type * as tfjs from '@tensorflow/tfjs';
import { joinFloats } from '../../classify/onnx/session.ts';
import { toHalfFloats } from '../half-floats.ts';
import type { Tf } from './network.ts';
import { isKeptInHalf } from './onnx-export.ts';

export const LAYERS_FILE = 'layers-model.json';
export const LAYERS_WEIGHTS_FILE = 'layers-weights.bin';

/** The weights end to end with their descriptions: the named ones in 16 bit, the others in 32 bit. */
function packed(specs: readonly tfjs.io.WeightsManifestEntry[], values: Float32Array, inHalf: ReadonlySet<string>): { specs: tfjs.io.WeightsManifestEntry[]; bytes: Uint8Array } {
  let at = 0;
  const parts = specs.map((spec) => {
    const length = spec.shape.reduce((product, size) => product * size, 1);
    const own = values.slice(at, at + length);
    at += length;
    return inHalf.has(spec.name) ? toHalfFloats(own) : new Uint8Array(own.buffer);
  });
  const halved = specs.map((spec) => (inHalf.has(spec.name) ? { ...spec, quantization: { dtype: 'float16' as const, original_dtype: 'float32' as const } } : spec));
  return { specs: halved as tfjs.io.WeightsManifestEntry[], bytes: new Uint8Array(Buffer.concat(parts)) };
}

/** The two files of a tfjs LayersModel, with these names: `tf.loadLayersModel('file://…/layers-model.json')` opens them. With 16 bits, kernels are rounded (see settleInHalf). */
export async function layersModelFiles(tf: Tf, model: tfjs.LayersModel, { bits = 32 }: { readonly bits?: 16 | 32 } = {}): Promise<[string, Uint8Array | string][]> {
  let artifacts: tfjs.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (saved) => {
      artifacts = saved;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  const { modelTopology, format, generatedBy, convertedBy, weightSpecs, weightData } = artifacts!;
  const buffers = Array.isArray(weightData) ? weightData : [weightData!];
  const kernels = bits === 32 ? [] : model.layers.filter(isKeptInHalf).flatMap(({ weights }) => weights.map(({ originalName }) => originalName).filter((name) => name.endsWith('kernel')));
  const { specs, bytes } = packed(weightSpecs!, joinFloats(buffers.map((buffer) => new Float32Array(buffer))), new Set(kernels));
  const json = { modelTopology, format, generatedBy, convertedBy, weightsManifest: [{ paths: [LAYERS_WEIGHTS_FILE], weights: specs }] };
  return [[LAYERS_FILE, `${JSON.stringify(json)}\n`], [LAYERS_WEIGHTS_FILE, bytes]];
}
