import type { Classifier } from '../src/contract/classifier.ts';
import type { GreyImage } from '../src/contract/frame.ts';
import { openClassifier, type OpenClassifierOptions } from '../src/classify/classifier.ts';
import { loadModelFolder } from '../src/classify/model-folder.ts';
import { viewsOf } from '../src/classify/views.ts';
import { isEmagentError } from '../src/contract/errors.ts';
import { createRandom } from '../src/lib/random.ts';
import { quantile } from './quantile.ts';

const MODEL = 'sem11';
const FRAME = { widthPx: 512, heightPx: 384 };
/** A case ends after so many calls or so long, whichever comes first. */
const CALLS = 60;
const LIMIT_MS = 5000;

function noise(seed: number): GreyImage {
  const random = createRandom(seed);
  return { ...FRAME, data: Uint8Array.from({ length: FRAME.widthPx * FRAME.heightPx }, () => random.integer(256)) };
}

async function timesMs(work: () => unknown): Promise<number[]> {
  for (let warm = 0; warm < 3; warm++) await work();
  const times: number[] = [];
  const begin = performance.now();
  while (times.length < CALLS && (times.length < 3 || performance.now() - begin < LIMIT_MS)) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times;
}

async function measure(classifier: Classifier, batch: number): Promise<object> {
  const images = Array.from({ length: batch }, (_, index) => noise(index + 1));
  const times = (await timesMs(() => classifier.classify(images, { views: 1 }))).map((time) => time / batch);
  const { engine, device, provider } = classifier;
  return { engine, device, provider, batch, calls: times.length, medianMs: quantile(times, 0.5), p90Ms: quantile(times, 0.9) };
}

/** Opens one combination of engine and device; one that is not there is told of, not measured. */
async function measureOn(options: OpenClassifierOptions): Promise<object[]> {
  const start = performance.now();
  let classifier: Classifier;
  try {
    classifier = await openClassifier(options);
  } catch (thrown) {
    if (isEmagentError(thrown) && (thrown.code === 'EM_NO_GPU' || thrown.code === 'EM_ENGINE')) {
      return [{ engine: options.engine, device: options.device, absent: thrown.message }];
    }
    throw thrown;
  }
  const openMs = performance.now() - start;
  try {
    const results: object[] = [];
    for (const batch of [1, 8]) results.push({ ...(await measure(classifier, batch)), openMs });
    return results;
  } finally {
    await classifier.dispose();
  }
}

/**
 * Milliseconds per picture of 512 x 384 px from its pixels to the prediction (one view), on each engine and device that is here;
 * and the time from the model's files to a classifier that is ready.
 */
export async function run(): Promise<unknown> {
  const start = performance.now();
  const model = await loadModelFolder(MODEL);
  const loadMs = performance.now() - start;
  const results: object[] = [];
  for (const engine of ['onnx', 'tensorflow'] as const) {
    for (const device of ['cpu', 'gpu'] as const) results.push(...(await measureOn({ model, engine, device })));
  }
  const frame = noise(1);
  const viewTimes = await timesMs(() => viewsOf(frame, model.manifest.input, 1));
  const { widthPx, heightPx } = model.manifest.input;
  return {
    bench: 'classify',
    model: model.manifest.id,
    input: { widthPx, heightPx },
    barMedianMs: 10,
    barLoadMs: 1000,
    loadMs,
    view: { medianMs: quantile(viewTimes, 0.5), p90Ms: quantile(viewTimes, 0.9) },
    results,
  };
}
