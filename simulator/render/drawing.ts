import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { GreyImage } from '../../src/contract/frame.ts';
import type { RenderOptions } from './micrograph.ts';

interface Waiting {
  readonly options: RenderOptions;
  readonly resolve: (image: GreyImage) => void;
  readonly reject: (error: Error) => void;
}

type Answer = { readonly id: number } & ({ readonly bytes: Uint8Array } | { readonly failed: string });

/** Run from its TypeScript (in tests) the thread is taken from the build: Node 20 starts JavaScript only. */
function workerUrl(): URL {
  const built = import.meta.url.endsWith('.js');
  return new URL(built ? './drawing-worker.js' : '../../dist/simulator/render/drawing-worker.js', import.meta.url);
}

/**
 * A drawing takes 100 to 300 ms in one go, in which nothing else could run: heartbeats, viewers, the inference of the
 * field before. So it is made in a thread of its own, one for the whole process, that does not keep the process alive
 * while nobody waits for it.
 */
let worker: Worker | undefined;
let drawings = 0;
const waiting = new Map<number, Waiting>();

function settle(id: number): Waiting | undefined {
  const one = waiting.get(id);
  waiting.delete(id);
  if (waiting.size === 0) worker?.unref();
  return one;
}

function start(): Worker {
  const started = new Worker(fileURLToPath(workerUrl()));
  started.on('message', (answer: Answer) => {
    const one = settle(answer.id);
    if ('failed' in answer) one?.reject(new Error(answer.failed));
    else one?.resolve({ widthPx: one.options.widthPx, heightPx: one.options.heightPx, data: answer.bytes });
  });
  const broken = (error: Error): void => {
    if (worker === started) worker = undefined;
    for (const id of Array.from(waiting.keys())) settle(id)?.reject(error);
  };
  started.on('error', broken);
  started.on('exit', (code) => broken(new Error(`the thread that draws ended with ${code}`)));
  return started;
}

/** Drawings kept for whoever makes the same specimen again in this process, as tests and benchmarks do. */
const MOST_KEPT = 32;
const kept = new Map<string, Promise<GreyImage>>();

/** `renderYield` in a thread, as bytes: 0 to 255 for a yield of 0 to 1. One drawing after another. The bytes are shared: not to be changed. */
export function drawYield(options: RenderOptions): Promise<GreyImage> {
  const { category, seed, widthPx, heightPx } = options;
  const key = `${category}/${seed}/${widthPx}x${heightPx}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const drawing = draw(options);
  kept.set(key, drawing);
  drawing.catch(() => kept.delete(key));
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) break;
    kept.delete(oldest);
  }
  return drawing;
}

function draw(options: RenderOptions): Promise<GreyImage> {
  return new Promise((resolve, reject) => {
    worker ??= start();
    worker.ref();
    const id = ++drawings;
    waiting.set(id, { options, resolve, reject });
    worker.postMessage({ id, options });
  });
}
