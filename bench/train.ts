import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderMicrograph } from '../simulator/render/micrograph.ts';
import { loadTensorFlow } from '../src/classify/tensorflow/load.ts';
import { encodePng } from '../src/imaging/picture-file.ts';
import { randomFor } from '../src/lib/random.ts';
import { architectureOf, inputOf, type ArchitectureName } from '../src/learn/train/architectures/registry.ts';
import { AUGMENTATIONS } from '../src/learn/train/augment.ts';
import { modelOf, type Tf } from '../src/learn/train/network.ts';
import { trainStep, variablesOf, type Trainee } from '../src/learn/train/step.ts';
import { createViewPool, viewThreads } from '../src/learn/train/view-pool.ts';

const PICTURES = 24;
const BATCH = 16;
const CLASSES = 11;
const STEPS = 3;

const perSecond = async (n: number, work: () => Promise<void>): Promise<number> => {
  const start = performance.now();
  await work();
  return Math.round((n / ((performance.now() - start) / 1000)) * 10) / 10;
};

/** Decoding and augmenting with the worker threads; the second round finds the pictures decoded. */
async function views(dir: string, architecture: ArchitectureName): Promise<{ firstEpoch: number; later: number }> {
  const pool = createViewPool({ input: inputOf(architecture, architectureOf(architecture).sizePx), augmentation: AUGMENTATIONS.sem });
  const round = (epoch: number) => perSecond(PICTURES, async () => {
    await Promise.all(Array.from({ length: PICTURES }, (_, index) => pool.make({ path: join(dir, `${index}.png`), seed: epoch * PICTURES + index })));
  });
  try {
    return { firstEpoch: await round(0), later: await round(1) };
  } finally {
    await pool.dispose();
  }
}

/** Images a second through forward, backward and Adam of what `emagent train` trains by default. */
async function steps(tf: Tf, name: ArchitectureName): Promise<number> {
  const { sizePx, lastBlock, create } = architectureOf(name);
  const network = create(tf, { sizePx, seed: 1 });
  const frozen = lastBlock === undefined ? 0 : network.stages.findIndex((stage) => stage.name === lastBlock);
  const whole = modelOf(tf, network.stages.slice(0, frozen), [sizePx, sizePx, network.channels]);
  const shape = (frozen === 0 ? [null, sizePx, sizePx, network.channels] : whole.outputs[0]!.shape).slice(1).map(Number);
  const head = tf.layers.dense({ units: CLASSES });
  head.apply(tf.input({ shape: [network.embeddingLength] }));
  const trainee: Trainee = { tf, tail: modelOf(tf, network.stages.slice(frozen), shape), head, shape: [shape[2]!, shape[0]!, shape[1]!], embeddingLength: network.embeddingLength, dropout: 0.3 };
  const variables = variablesOf([...network.stages.slice(frozen).flatMap(({ layers }) => layers), head]);
  const random = randomFor(1, 'bench');
  const size = shape.reduce((product, edge) => product * edge, 1);
  const batch = { features: Array.from({ length: BATCH }, () => Float32Array.from({ length: size }, () => random.uniform())), labels: Array.from({ length: BATCH }, (_, index) => index % CLASSES), weights: Array.from({ length: BATCH }, () => 1) };
  const optimizer = tf.train.adam(1e-4);
  const step = () => trainStep(trainee, batch, { optimizer, variables, smoothing: 0, random });
  step();
  const rate = await perSecond(STEPS * BATCH, async () => {
    for (let index = 0; index < STEPS; index++) step();
  });
  optimizer.dispose();
  return rate;
}

/** What training costs on this machine: images a second of decoding with augmentation, and of the part that is trained. */
export async function run(): Promise<unknown> {
  const { tf, packageName, version, device } = await loadTensorFlow();
  const dir = await mkdtemp(join(tmpdir(), 'emagent-bench-'));
  try {
    for (let index = 0; index < PICTURES; index++) {
      await writeFile(join(dir, `${index}.png`), await encodePng(renderMicrograph({ category: 'Nanowires', seed: index, widthPx: 1024, heightPx: 768 })));
    }
    const names: readonly ArchitectureName[] = ['simple-cnn', 'efficientnet-lite0', 'xception'];
    const trained: Record<string, number> = {};
    for (const name of names) trained[name] = await steps(tf as unknown as Tf, name);
    return { engine: packageName, version, device, threads: viewThreads(), picture: '1024 x 768 PNG', viewsPerSecond: await views(dir, 'efficientnet-lite0'), trainedImagesPerSecond: trained };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
