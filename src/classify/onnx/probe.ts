import { createRequire } from 'node:module';
import { encodeModel, floatValueInfo } from './model-proto.ts';
import { gpuProviders, noGpuReason } from './providers.ts';
import { loadOnnxRuntime } from './runtime.ts';
import { openOnnxSession } from './session.ts';

export interface OnnxProbe {
  readonly version: string;
  /** Names of the execution providers that this build has; those on a GPU are only tried by `gpu`. */
  readonly providers: readonly string[];
  /** The provider that computes on a GPU, or in one sentence why there is none. */
  readonly gpu: { readonly provider: string } | { readonly reason: string };
}

/** The smallest network there is: what a provider needs to show that it can compute. */
function tinyModel(): Uint8Array {
  return encodeModel({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'probe',
      node: [{ opType: 'Relu', input: ['x'], output: ['y'] }],
      initializer: [],
      input: [floatValueInfo('x', ['n', 1, 4, 4])],
      output: [floatValueInfo('y', ['n', 1, 4, 4])],
    },
  });
}

/** What ONNX Runtime can do on this machine: a GPU counts only when it has computed something. Throws EM_ENGINE when it is not installed. */
export async function probeOnnx(): Promise<OnnxProbe> {
  const ort = await loadOnnxRuntime();
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  const providers = ['CPU', ...gpuProviders(ort).map(({ name }) => name)];
  const hopeless = noGpuReason();
  if (hopeless !== undefined) return { version, providers, gpu: { reason: `No GPU: ${hopeless}.` } };
  try {
    const session = await openOnnxSession({ model: tinyModel(), device: 'gpu' });
    await session.run([new Float32Array(16)], { channels: 1, heightPx: 4, widthPx: 4 });
    await session.dispose();
    return { version, providers, gpu: { provider: session.provider } };
  } catch (thrown) {
    return { version, providers, gpu: { reason: (thrown as Error).message } };
  }
}
