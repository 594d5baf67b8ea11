import type * as tfjs from '@tensorflow/tfjs';
import { joinFloats } from '../../classify/onnx/session.ts';
import type { Tf } from './network.ts';

export const LAYERS_FILE = 'layers-model.json';
export const LAYERS_WEIGHTS_FILE = 'layers-weights.bin';

/** The two files of a tfjs LayersModel, with these names: `tf.loadLayersModel('file://…/layers-model.json')` opens them. */
export async function layersModelFiles(tf: Tf, model: tfjs.LayersModel): Promise<[string, Uint8Array | string][]> {
  let artifacts: tfjs.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (saved) => {
      artifacts = saved;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  const { modelTopology, format, generatedBy, convertedBy, weightSpecs, weightData } = artifacts!;
  const buffers = Array.isArray(weightData) ? weightData : [weightData!];
  const bytes = new Uint8Array(joinFloats(buffers.map((buffer) => new Float32Array(buffer))).buffer);
  const json = { modelTopology, format, generatedBy, convertedBy, weightsManifest: [{ paths: [LAYERS_WEIGHTS_FILE], weights: weightSpecs }] };
  return [[LAYERS_FILE, `${JSON.stringify(json)}\n`], [LAYERS_WEIGHTS_FILE, bytes]];
}
