import { createHash } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelManifest } from '../../src/contract/model-manifest.ts';
import { encodeModel, floatTensor, floatValueInfo, intAttribute, type NodeProto } from '../../src/classify/onnx/model-proto.ts';

/** A node without frills. */
export function node(opType: string, [input, output]: readonly [readonly string[], string], attribute: NodeProto['attribute'] = []): NodeProto {
  return { opType, name: output, input: [...input], output: [output], attribute: [...attribute] };
}

/**
 * A network that tells dark from bright: the embedding is the mean of its 8 x 8 px input, the logits of Dark, Bright and
 * Background are -4, 4 and 0 times it.
 */
export function brightnessNetwork(): Uint8Array {
  return encodeModel({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'brightness',
      node: [
        node('GlobalAveragePool', [['picture'], 'pool']),
        node('Flatten', [['pool'], 'embedding'], [intAttribute('axis', 1)]),
        node('Gemm', [['embedding', 'weights', 'bias'], 'logits'], [intAttribute('transB', 1)]),
      ],
      initializer: [floatTensor('weights', { dims: [3, 1] }, [-4, 4, 0]), floatTensor('bias', { dims: [3] }, [0, 0, 0])],
      input: [floatValueInfo('picture', ['n', 1, 8, 8])],
      output: [floatValueInfo('logits', ['n', 3]), floatValueInfo('embedding', ['n', 1])],
    },
  });
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export function brightnessManifest(weights: Uint8Array): ModelManifest {
  return {
    v: 1,
    id: 'brightness',
    summary: 'Dark or bright',
    labels: ['Dark', 'Bright', 'Background'],
    input: { name: 'picture', widthPx: 8, heightPx: 8, channels: 1, offset: 127.5, scale: 127.5, views: { count: 5, share: 0.5 } },
    outputs: { logits: 'logits', embedding: 'embedding', embeddingLength: 1 },
    temperature: 2,
    likelihood: [{ band: 'inspect', label: '*', score: [-2, 2], logRatio: [-1, 1], data: 'none' }],
    training: { data: [], seed: 1, backbone: 'none', command: 'none' },
    metrics: [],
    weights: 'brightness.onnx',
    files: { 'brightness.onnx': sha256(weights) },
  };
}

/** Writes the brightness model to a new folder; what is given takes the place of parts of the manifest. */
export async function writeBrightnessModel(changed: Partial<ModelManifest> = {}): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'emagent-model-'));
  const weights = brightnessNetwork();
  await writeFile(join(dir, 'brightness.onnx'), weights);
  await writeFile(join(dir, 'model.json'), JSON.stringify({ ...brightnessManifest(weights), ...changed }));
  return dir;
}
