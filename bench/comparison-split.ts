/**
 * Writes the split on which docs/models.md compares networks: `npx tsx bench/comparison-split.ts ../shared/data/sem split.json`. The test
 * part is that of models/sem11; of its training part, every seventh specimen in the order of their names is for validation.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SplitFile } from '../src/contract/model-manifest.ts';
import { packageRoot } from '../src/lib/package-root.ts';
import { groupKey, readDataset } from '../src/learn/dataset.ts';

const [data = '../shared/data/sem', out = 'split.json'] = process.argv.slice(2);
const shipped = JSON.parse(readFileSync(join(packageRoot, 'models/sem11/split.json'), 'utf8')) as SplitFile;
const { items, other } = await readDataset(data);
const training = new Set(shipped.parts.train);
const all = [...items, ...other].filter(({ sha256 }) => training.has(sha256));
const validated = new Set([...new Set(all.map(groupKey))].sort().filter((_, index) => index % 7 === 6));
const part = (wanted: boolean): string[] => all.filter((item) => validated.has(groupKey(item)) === wanted).map(({ sha256 }) => sha256).sort();
writeFileSync(out, `${JSON.stringify({ ...shipped, parts: { train: part(false), validation: part(true), test: shipped.parts.test } }, null, 1)}\n`);
