import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { File, ready } from 'h5wasm/node';
import { expect, test } from 'vitest';
import { readKerasWeights } from '../../../src/learn/train/keras-h5.ts';
import { temporaryFolder } from '../../support/cli.ts';

/** A file in the layout of Keras: one layer with one weight. */
async function kerasFile(path: string): Promise<void> {
  await ready;
  const file = new File(path, 'w');
  const weights = file.create_group('model_weights').create_group('block1_conv1').create_group('block1_conv1');
  weights.create_dataset({ name: 'kernel:0', data: Float32Array.from({ length: 40_000 }, (_, index) => index), shape: [200, 200] });
  file.close();
}

test('weights of Keras are read by layer and part', async () => {
  const path = join(await temporaryFolder(), 'whole.h5');
  await kerasFile(path);
  const kernel = (await readKerasWeights(path)).get('block1_conv1')?.get('kernel');
  expect(kernel?.shape).toEqual([200, 200]);
  expect(kernel?.values[123]).toBe(123);
});

test('a file that was cut off, is something else, or is not there is refused in one sentence', async () => {
  const folder = await temporaryFolder();
  const whole = join(folder, 'whole.h5');
  await kerasFile(whole);
  const bytes = await readFile(whole);
  for (const share of [0.1, 0.5, 0.95]) {
    const path = join(folder, `cut-${share}.h5`);
    await writeFile(path, bytes.subarray(0, Math.floor(bytes.length * share)));
    await expect(readKerasWeights(path)).rejects.toMatchObject({ code: 'EM_MODEL', message: expect.stringMatching(/cut-0\.\d+\.h5 is damaged: (it cannot be opened as HDF5|its weights cannot be read)\.$/) as string });
  }
  const text = join(folder, 'text.h5');
  await writeFile(text, 'weights');
  await expect(readKerasWeights(text)).rejects.toMatchObject({ code: 'EM_MODEL', message: `${text} is no HDF5 file.` });
  await mkdir(join(folder, 'folder.h5'));
  await expect(readKerasWeights(join(folder, 'folder.h5'))).rejects.toMatchObject({ code: 'EM_MODEL' });
  await expect(readKerasWeights(join(folder, 'none.h5'))).rejects.toMatchObject({ code: 'EM_MODEL', message: expect.stringContaining('ENOENT') as string });
});
