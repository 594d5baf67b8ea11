import type * as OnnxRuntime from 'onnxruntime-node';
import { EmagentError } from '../../contract/errors.ts';

export type Ort = typeof OnnxRuntime;

let loading: Promise<Ort> | undefined;

/** onnxruntime-node, loaded once and only when a picture is to be classified. Throws EM_ENGINE when it is not installed. */
export function loadOnnxRuntime(): Promise<Ort> {
  loading ??= import('onnxruntime-node').then(
    (ort) => {
      // Its own log goes to stderr past ours; what matters comes as an error.
      ort.env.logLevel = 'fatal';
      return ort;
    },
    (cause: unknown) => {
      loading = undefined;
      const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
      throw new EmagentError('EM_ENGINE', `onnxruntime-node could not be loaded (${reason}): install it with npm install onnxruntime-node.`, { cause });
    },
  );
  return loading;
}
