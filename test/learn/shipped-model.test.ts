import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openClassifier } from '../../src/classify/classifier.ts';
import { loadModelFolder } from '../../src/classify/model-folder.ts';
import { BACKGROUND, CATEGORIES } from '../../src/contract/categories.ts';
import { packageRoot } from '../../src/lib/package-root.ts';
import { readDataset } from '../../src/learn/dataset.ts';
import { evaluate } from '../../src/learn/evaluate.ts';
import { readSplit } from '../../src/lib/split-file.ts';
import { itemsOf } from '../../src/learn/split.ts';

const DATA = join(process.env['EMAGENT_SHARED'] ?? join(packageRoot, '../shared'), 'data/sem');

describe('the shipped model', () => {
  test('is small, whole, and says what it was measured on', async () => {
    const { manifest, weightsPath, dir } = await loadModelFolder('sem11');
    expect(manifest.labels).toEqual([...CATEGORIES, BACKGROUND]);
    expect((await stat(weightsPath)).size).toBeLessThan(12e6);
    expect(manifest.metrics.map(({ data }) => data.split(',')[0])).toEqual(['real', 'real', 'real', 'synthetic']);
    expect(new Set(manifest.likelihood.map(({ band }) => band))).toEqual(new Set(['survey', 'inspect', 'confirm']));
    const card = await readFile(join(dir, 'CARD.md'), 'utf8');
    expect(card).toContain('never seen');
    expect(await readFile(join(dir, 'NOTICE'), 'utf8')).toContain('Apache License');
    for (const text of [card, JSON.stringify(manifest)]) expect(text).not.toMatch(/\/(tmp|work|root|home)\//);
  });

  test('its split keeps specimens apart and leaves enough of every category for the test', async (ctx) => {
    if (!existsSync(DATA)) {
      console.warn(`The pictures that models/sem11 was made from are not in ${DATA}: its split is not checked.`);
      ctx.skip();
    }
    const split = await readSplit(join(packageRoot, 'models/sem11/split.json'));
    const { items, other } = await readDataset(DATA);
    const groups = (part: 'train' | 'test'): Set<string | undefined> => new Set(itemsOf([...items, ...other], split, [part]).map(({ group }) => group));
    expect([...groups('train')].filter((group) => groups('test').has(group))).toEqual([]);
    const held = itemsOf(items, split, ['test']);
    for (const label of [...CATEGORIES, BACKGROUND]) expect(held.filter(({ category }) => category === label).length, label).toBeGreaterThanOrEqual(4);
    expect(groups('test').size).toBeGreaterThanOrEqual(0.25 * (groups('test').size + groups('train').size));
  });

  test('the figures of its manifest are what it measures today', async (ctx) => {
    if (!existsSync(DATA)) {
      console.warn(`The pictures that models/sem11 was measured on are not in ${DATA}: its figures are not checked.`);
      ctx.skip();
    }
    const folder = await loadModelFolder('sem11');
    const stated = folder.manifest.metrics.find(({ data }) => data.startsWith('real, test part'))!;
    const classifier = await openClassifier({ model: folder, engine: 'onnx', device: 'cpu' });
    try {
      const { result: measured } = await evaluate({ classifier, data: DATA, split: { path: join(folder.dir, 'split.json'), parts: ['test'] } });
      expect(measured.n).toBe(stated.n);
      // Another CPU rounds otherwise: one picture may fall on the other side.
      expect(Math.abs(measured.accuracy - stated.accuracy)).toBeLessThan(1.5 / stated.n);
      expect(Math.abs(measured.macroF1 - stated.macroF1)).toBeLessThan(0.03);
      expect(Math.abs(measured.ece - stated.ece)).toBeLessThan(0.02);
      expect(measured.other.n).toBeGreaterThan(0);
    } finally {
      await classifier.dispose();
    }
  });
});
