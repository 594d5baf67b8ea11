import { expect, test } from 'vitest';
import { drawYield } from '../../../simulator/render/drawing.ts';
import { renderYield } from '../../../simulator/render/micrograph.ts';

const NANOWIRES = { category: 'Nanowires', seed: 5, widthPx: 384, heightPx: 288 };

test('the thread draws what the renderer draws, in bytes', async () => {
  const { data } = await drawYield(NANOWIRES);
  expect(data).toEqual(Uint8Array.from(renderYield(NANOWIRES).data, (value) => Math.round(value * 255)));
});

test('drawings asked for at once come each to whoever asked', async () => {
  const seeds = [1, 2, 3, 4];
  const drawn = await Promise.all(seeds.map((seed) => drawYield({ ...NANOWIRES, widthPx: 64, heightPx: 48, seed })));
  const alone = [];
  for (const seed of seeds) alone.push(await drawYield({ ...NANOWIRES, widthPx: 64, heightPx: 48, seed }));
  expect(drawn).toEqual(alone);
  expect(new Set(drawn.map(({ data }) => Buffer.from(data).toString('base64'))).size).toBe(seeds.length);
});

test('the rest of the program goes on while a picture is drawn', async () => {
  let turns = 0;
  const drawn = drawYield({ ...NANOWIRES, widthPx: 768, heightPx: 576 });
  const ended = drawn.then(() => true);
  const turn = (): Promise<boolean> => new Promise((resolve) => setImmediate(() => resolve(false)));
  while (!(await Promise.race([ended, turn()]))) turns++;
  // Drawn in this thread, not one turn would have come before the end.
  expect(turns).toBeGreaterThan(10);
});

test('what cannot be drawn is refused in words, and the thread goes on', async () => {
  await expect(drawYield({ ...NANOWIRES, category: 'Nanowire' })).rejects.toThrow(/Nanowires/);
  await expect(drawYield({ ...NANOWIRES, widthPx: 64, heightPx: 48 })).resolves.toMatchObject({ widthPx: 64 });
});
