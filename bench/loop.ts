import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BACKGROUND, CATEGORIES } from '../src/contract/categories.ts';
import type { Classifier } from '../src/contract/classifier.ts';
import type { RunEvent } from '../src/contract/events.ts';
import type { ModelManifest } from '../src/contract/model-manifest.ts';
import { createRealClock } from '../src/lib/clock.ts';
import { createRunFolder } from '../src/record/run-folder.ts';
import { makePlan } from '../src/session/plan.ts';
import { runSearch } from '../src/session/run-search.ts';
import { createInstantMicroscope } from './instant-microscope.ts';
import { quantile } from './quantile.ts';

const LABELS = [...CATEGORIES, BACKGROUND];

/** Answers at once, so that inference is not counted: `bench classify` measures that. */
const instantClassifier: Classifier = {
  modelId: 'instant',
  labels: LABELS,
  input: { widthPx: 224, heightPx: 224 },
  engine: 'onnx',
  device: 'cpu',
  provider: 'none',
  classify: async (images) =>
    images.map(() => ({
      label: BACKGROUND,
      probabilities: LABELS.map((label) => (label === BACKGROUND ? 0.99 : 0.001)),
      embedding: new Float32Array(0),
      energy: 0,
    })),
  dispose: async () => undefined,
};

const manifest = {
  id: 'instant',
  likelihood: [{ band: 'inspect', label: '*', score: [-10, 10], logRatio: [-4, 4], data: 'none' }],
  metrics: [],
  files: {},
} as unknown as ModelManifest;

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Fields before the timed ones: a run lasts long enough for compiled code to be what counts. */
const WARM_UP_FIELDS = 100;

async function fieldTimesMs(widthPx: number): Promise<number[]> {
  const root = await mkdtemp(join(tmpdir(), 'emagent-bench-'));
  try {
    const clock = createRealClock();
    const instant = createInstantMicroscope(clock);
    const microscope = { ...instant, info: { ...instant.info, frameSizesPx: instant.info.frameSizesPx.filter(([width]) => width === widthPx) } };
    const before = await microscope.readState();
    const plan = makePlan(
      {
        target: 'Nanowires', microscope: 'instant:', model: 'instant', engine: 'onnx', device: 'cpu', strategy: 'serpentine', seed: 1, finds: 3,
        budget: {}, area: { widthUm: 400, heightUm: 300 }, fieldWidthUm: 20, dwellUs: 1, overlapPercent: 0, prevalence: 0.01, falseFindRate: 0.01, missRate: 0.05,
      },
      microscope.info,
      before,
    );
    const folder = await createRunFolder({ root, runId: 'loop', log: quiet });
    const decidedAtMs: number[] = [];
    await runSearch({
      plan, runId: 'loop', microscope, before, folder, clock, log: quiet,
      model: { classifier: instantClassifier, manifest, splitPath: undefined },
      onStart: (feed) => {
        feed.subscribe(0, (event: RunEvent) => {
          if (event.type === 'decided') decidedAtMs.push(performance.now());
        });
      },
    });
    await folder.close();
    return decidedAtMs.slice(WARM_UP_FIELDS).map((at, index) => at - (decidedAtMs[index + WARM_UP_FIELDS - 1] ?? at));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** The agent's own time per field: zero-latency microscope and classifier, durable journal and pictures on. */
export async function run(): Promise<unknown> {
  const results = [];
  for (const widthPx of [64, 512]) {
    const times = await fieldTimesMs(widthPx);
    results.push({ frameWidthPx: widthPx, fields: times.length, medianMs: quantile(times, 0.5), p90Ms: quantile(times, 0.9) });
  }
  return { bench: 'loop', barMedianMs: 3, results };
}
