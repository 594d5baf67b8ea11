/**
 * Our head beside scikit-learn's, on the same embeddings and the same split:
 *   npx tsx bench/peers/logistic-referee.ts [--model models/sem11] [--data ../shared/data/sem] [--cache DIR]
 * Trains plain balanced logistic regression with both on the training part, compares the optimum, and gives the accuracy of
 * both and of the shipped model on the test part. Needs python3 with numpy and scikit-learn.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../src/lib/package-root.ts';
import { openBackbone } from '../../src/learn/backbone.ts';
import { readDataset } from '../../src/learn/dataset.ts';
import { embedPictures } from '../../src/learn/embeddings.ts';
import { openClassifier } from '../../src/classify/classifier.ts';
import { loadModelFolder } from '../../src/classify/model-folder.ts';
import { evaluate } from '../../src/learn/evaluate.ts';
import { readSplit } from '../../src/lib/split-file.ts';
import { headLogits, trainHead } from '../../src/learn/head.ts';
import { itemsOf } from '../../src/learn/split.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: join(packageRoot, 'models/sem11') },
    data: { type: 'string', default: join(packageRoot, '../shared/data/sem') },
    cache: { type: 'string' },
  },
});
const STRENGTHS = [1e-3, 1e-2, 1e-1];

const folder = await loadModelFolder(values.model);
const splitPath = join(folder.dir, folder.manifest.training.split!);
const split = await readSplit(splitPath);
const dataset = await readDataset(values.data);
const backbone = await openBackbone(values.model);
const { labels } = folder.manifest;
const parts = { train: itemsOf(dataset.items, split, ['train', 'validation']), test: itemsOf(dataset.items, split, ['test']) };
const options = { backbone, seed: 1, ...(values.cache !== undefined && { cacheDir: values.cache }) };
const train = (await embedPictures(parts.train, ['whole'], options)).get('whole')!.mean;
const test = (await embedPictures(parts.test, ['whole'], options)).get('whole')!.mean;
await backbone.dispose();
const truth = (items: typeof parts.train): number[] => items.map(({ category }) => labels.indexOf(category));
const accuracy = (logits: readonly Float64Array[], wanted: readonly number[]): number =>
  logits.filter((row, index) => row.indexOf(Math.max(...row)) === wanted[index]).length / wanted.length;

const ours = STRENGTHS.map((c) => {
  const y = truth(parts.train);
  const started = performance.now();
  const { head, fit } = trainHead({ x: train, y, classes: labels.length, weights: new Float64Array(y.length).fill(1) }, y.length, { c });
  return { c, loss: fit.loss, testAccuracy: accuracy(headLogits(head, test), truth(parts.test)), seconds: (performance.now() - started) / 1000 };
});

const exchange = mkdtempSync(join(tmpdir(), 'emagent-referee-'));
let theirs: { c: number; loss: number; testAccuracy: number; seconds: number }[];
try {
  for (const [name, { data }] of Object.entries({ train, test })) writeFileSync(join(exchange, `${name}.f32`), data);
  writeFileSync(join(exchange, 'meta.json'), JSON.stringify({ columns: train.columns, train: truth(parts.train), test: truth(parts.test), strengths: STRENGTHS }));
  theirs = JSON.parse(execFileSync('python3', [join(packageRoot, 'bench/peers/logistic_referee.py'), exchange], { encoding: 'utf8' })) as typeof theirs;
} finally {
  rmSync(exchange, { recursive: true, force: true });
}

const classifier = await openClassifier({ model: folder, engine: 'onnx', device: 'cpu' });
const { result: shipped } = await evaluate({ classifier, data: values.data, split: { path: splitPath, parts: ['test'] } });
await classifier.dispose();
console.log(
  JSON.stringify(
    {
      data: `${parts.train.length} pictures to train on, ${parts.test.length} to test on`,
      optimum: ours.map((own, index) => ({ c: own.c, ours: own.loss, scikitLearn: theirs[index]!.loss, relative: own.loss / theirs[index]!.loss - 1, seconds: own.seconds, scikitLearnSeconds: theirs[index]!.seconds })),
      plainBalanced: ours.map((own, index) => ({ c: own.c, ours: own.testAccuracy, scikitLearn: theirs[index]!.testAccuracy })),
      shipped: { accuracy: shipped.accuracy, macroF1: shipped.macroF1, ece: shipped.ece, intervals: shipped.intervals },
    },
    null,
    2,
  ),
);
