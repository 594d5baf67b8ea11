import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GreyImage } from '../../../src/contract/frame.ts';
import { createRandom } from '../../../src/lib/random.ts';
import { augment, AUGMENTATIONS } from '../../../src/learn/train/augment.ts';
import { readCheckpoint, writeCheckpoint } from '../../../src/learn/train/checkpoint.ts';
import { planEpoch, type Example } from '../../../src/learn/train/epoch-plan.ts';
import { crc32c, createEventWriter } from '../../../src/learn/train/tensorboard.ts';
import { temporaryFolder } from '../../support/cli.ts';

const examples = (label: number, count: number): Example[] =>
  Array.from({ length: count }, (_, index) => ({ label, item: { path: `${label}/${index}`, file: `${label}/${index}`, category: String(label), sha256: `${label}-${index}` } }));

describe('an epoch', () => {
  const plan = { real: [...examples(0, 30), ...examples(1, 6)], synthetic: examples(1, 50), syntheticShare: 0.25, seed: 3, copies: 4 } as const;

  test('sampling brings every category alike, and the synthetic share as stated', () => {
    const planned = planEpoch(2, { ...plan, balance: 'sampling' });
    expect(planned).toHaveLength(48);
    const real = planned.filter(({ item }) => plan.real.some((example) => example.item === item));
    expect(real).toHaveLength(36);
    expect(real.filter(({ label }) => label === 1)).toHaveLength(18);
  });

  test('weights make categories count alike in sum', () => {
    const planned = planEpoch(1, { ...plan, synthetic: [], balance: 'weights' });
    const sum = (label: number): number => planned.filter((example) => example.label === label).reduce((total, { weight }) => total + weight, 0);
    expect(sum(0)).toBeCloseTo(18, 6);
    expect(sum(1)).toBeCloseTo(18, 6);
  });

  test('depends on seed and epoch alone; as many views as copies', () => {
    expect(planEpoch(5, { ...plan, balance: 'none' })).toEqual(planEpoch(5, { ...plan, balance: 'none' }));
    expect(planEpoch(6, { ...plan, balance: 'none' })).not.toEqual(planEpoch(5, { ...plan, balance: 'none' }));
    const seeds = new Set(Array.from({ length: 20 }, (_, epoch) => planEpoch(epoch, { ...plan, synthetic: [], balance: 'none' })).flat().filter(({ item }) => item.sha256 === '0-0').map(({ seed }) => seed));
    expect(seeds.size).toBeLessThanOrEqual(4);
  });
});

describe('augmentation', () => {
  const picture: GreyImage = { widthPx: 80, heightPx: 60, data: Uint8Array.from({ length: 4800 }, (_, index) => (index % 80) * 3) };

  test('none is the centred square as it is', () => {
    const view = augment([picture], 60, { augmentation: AUGMENTATIONS.none, random: createRandom(1) });
    expect(view.data[30 * 60 + 20]).toBeCloseTo((20 + 10) * 3, 3);
  });

  test('the same stream gives the same view, values stay grey levels', () => {
    const look = (seed: number) => augment([picture], 32, { augmentation: AUGMENTATIONS.sem, random: createRandom(seed) }).data;
    expect(look(4)).toEqual(look(4));
    expect(look(4)).not.toEqual(look(5));
    for (let seed = 0; seed < 50; seed++) for (const value of look(seed)) expect(value >= 0 && value <= 255).toBe(true);
  });
});

describe('a checkpoint', () => {
  test('comes back as it was; one that is cut short is refused', async () => {
    const path = join(await temporaryFolder(), 'checkpoint.bin');
    expect(await readCheckpoint(path)).toBeUndefined();
    const tensor = { shape: [2, 3], values: Float32Array.from([1, 2, 3, 4, 5, 6]) };
    const checkpoint = { settings: 'abc', history: [], bestEpoch: 1, weights: [tensor], best: [tensor], optimizer: [{ name: 'iter', shape: [], values: Float32Array.of(7) }] };
    await writeCheckpoint(path, checkpoint);
    expect(await readCheckpoint(path)).toMatchObject({ settings: 'abc', weights: [tensor], optimizer: [{ name: 'iter', values: Float32Array.of(7) }] });
    await writeFile(path, (await readFile(path)).subarray(0, -4));
    await expect(readCheckpoint(path)).rejects.toMatchObject({ code: 'EM_MODEL', message: expect.stringContaining('cut short') });
  });
});

describe('event files of TensorBoard', () => {
  test('CRC-32C of the check string', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });

  test('records have right lengths and checksums, and hold what was written', async () => {
    const dir = await temporaryFolder();
    const writer = createEventWriter(dir);
    writer.scalars(3, { loss: 0.5 });
    writer.picture(3, 'views', { png: Uint8Array.of(1, 2, 3), widthPx: 2, heightPx: 1 });
    const [name] = await readdir(dir);
    expect(name).toMatch(/^events\.out\.tfevents\.\d{10}\./);
    const bytes = await readFile(join(dir, name!));
    const masked = (part: Uint8Array): number => {
      const crc = crc32c(part);
      return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
    };
    const records: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = Number(bytes.readBigUInt64LE(at));
      expect(bytes.readUInt32LE(at + 8)).toBe(masked(bytes.subarray(at, at + 8)));
      const data = bytes.subarray(at + 12, at + 12 + length);
      expect(bytes.readUInt32LE(at + 12 + length)).toBe(masked(data));
      records.push(data);
      at += 16 + length;
    }
    expect(records).toHaveLength(3);
    expect(records[0]!.includes('brain.Event:2')).toBe(true);
    expect(records[1]!.includes('loss')).toBe(true);
  });
});
