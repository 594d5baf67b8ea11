import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { EmagentError, type SerialisedError } from '../../contract/errors.ts';
import { createViewMaker, type ViewMakerOptions, type ViewRequest } from './view-maker.ts';

/** Makes views beside the main thread, so that the engine is not kept waiting. */
export interface ViewPool {
  /** [channels, height, width]. Throws EM_PICTURE. */
  make(request: ViewRequest): Promise<Float32Array>;
  dispose(): Promise<void>;
}

interface Answer {
  readonly id: number;
  readonly view?: Float32Array;
  readonly error?: SerialisedError;
}

/** Threads: all cores but the one on which the engine gives its orders. */
export const viewThreads = (): number => Math.min(8, Math.max(1, availableParallelism() - 1));

/** Each picture always goes to the same worker, which then has it decoded. */
function workerFor(path: string, count: number): number {
  let sum = 0;
  for (let at = 0; at < path.length; at++) sum = (Math.imul(sum, 31) + path.charCodeAt(at)) >>> 0;
  return sum % count;
}

/** From sources (in tests) Node 20 cannot start a worker of TypeScript: then the work is done here. */
const WORKER = new URL('./view-worker.js', import.meta.url);
const asSources = import.meta.url.endsWith('.ts');

export function createViewPool(options: ViewMakerOptions, threads = viewThreads()): ViewPool {
  if (asSources || threads === 0) {
    return { make: createViewMaker(options), dispose: async () => undefined };
  }
  const waiting = new Map<number, { resolve: (view: Float32Array) => void; reject: (error: Error) => void }>();
  let next = 0;
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(WORKER, { workerData: options });
    worker.on('message', ({ id, view, error }: Answer) => {
      const call = waiting.get(id);
      waiting.delete(id);
      if (view !== undefined) call?.resolve(view);
      else call?.reject(new EmagentError(error!.code, error!.message, { context: { ...error!.context } }));
    });
    worker.on('error', (cause) => {
      const text = (cause as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'There is not enough memory to decode the pictures' : `Decoding failed: ${(cause as Error).message}`;
      for (const call of waiting.values()) call.reject(new EmagentError('EM_PICTURE', `${text}.`, { cause }));
      waiting.clear();
    });
    return worker;
  });
  return {
    make: (request) =>
      new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve, reject });
        workers[workerFor(request.path, threads)]!.postMessage({ id, request });
      }),
    dispose: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
