import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Ort } from './runtime.ts';

/** An execution provider of ONNX Runtime that computes on a GPU. */
export interface GpuProvider {
  /** As onnxruntime-node wants it. */
  readonly id: 'cuda' | 'dml' | 'coreml' | 'webgpu';
  readonly name: string;
}

const NAMES = { cuda: 'CUDA', dml: 'DirectML', coreml: 'CoreML', webgpu: 'WebGPU' } as const;

/** CUDA's library is no part of the package: a user who wants it runs the package's own install script. */
function hasCudaLibrary(): boolean {
  try {
    const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
    const folder = join(root, 'bin', 'napi-v6', process.platform, process.arch);
    return readdirSync(folder).some((file) => /onnxruntime_providers_cuda/.test(file));
  } catch {
    return false;
  }
}

/** The GPU providers that this build of onnxruntime-node has, the fastest first. */
export function gpuProviders(ort: Ort): GpuProvider[] {
  const supported = new Set(ort.listSupportedBackends().map(({ name }) => name as string));
  const order = ['cuda', 'dml', 'coreml', 'webgpu'] as const;
  return order
    .filter((id) => supported.has(id) && (id !== 'cuda' || hasCudaLibrary()))
    .map((id) => ({ id, name: NAMES[id] }));
}

/**
 * Why it is no use to ask a provider for a GPU here, or undefined when there may be one. On Linux a GPU shows as a device file;
 * asking Vulkan without one only makes its drivers complain on the terminal.
 */
export function noGpuReason(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  if (process.env['VK_DRIVER_FILES'] !== undefined || process.env['VK_ICD_FILENAMES'] !== undefined) return undefined;
  const renderNode = existsSync('/dev/dri') && readdirSync('/dev/dri').some((file) => file.startsWith('renderD'));
  const others = ['/dev/nvidiactl', '/dev/dxg', '/dev/kfd'].some((file) => existsSync(file));
  return renderNode || others ? undefined : 'this machine shows no GPU (no /dev/dri/renderD*, /dev/nvidia* or /dev/dxg)';
}

/** What a provider's error means to a user, as the end of a sentence without its full stop. */
export function explainProviderError(provider: GpuProvider, thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  if (provider.id === 'webgpu' && /no supported adapters|failed to get a webgpu adapter/i.test(text)) {
    const reason = noGpuReason();
    if (reason !== undefined) return reason;
    if (process.platform !== 'linux') return 'no graphics driver offers a GPU to it';
    return 'Vulkan offers no usable GPU to it: the loader libvulkan.so.1 (Debian: libvulkan1) and a driver of the GPU must be installed';
  }
  if (/failed to load (shared )?library|cannot open shared object/i.test(text)) return 'its libraries are not installed';
  return (text.split('\n')[0] ?? text).replace(/^.*\bwas false\.\s*/, '').replace(/\.$/, '').slice(0, 200);
}
