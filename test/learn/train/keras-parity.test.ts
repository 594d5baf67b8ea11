import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { xception } from '../../../src/learn/train/architectures/xception.ts';
import { loadXception, readKerasWeights } from '../../../src/learn/train/keras-h5.ts';
import { modelOf } from '../../../src/learn/train/network.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { nativeEngine } from './engine.ts';

/** Keras's own Xception with random weights and batch norms that do something, its file, a picture, and what it says of it. */
const KERAS = `
import sys, numpy, keras
folder, size = sys.argv[1], int(sys.argv[2])
keras.utils.set_random_seed(7)
model = keras.applications.Xception(weights=None, include_top=False, pooling='avg', input_shape=(size, size, 3))
random = numpy.random.default_rng(3)
for layer in model.layers:
    if layer.__class__.__name__ == 'BatchNormalization':
        layer.set_weights([random.uniform(0.7, 1.3, w.shape) if i in (0, 3) else random.normal(0, 0.2, w.shape) for i, w in enumerate(layer.get_weights())])
model.save(folder + '/xception.h5')
picture = random.uniform(-1, 1, (1, size, size, 3)).astype('float32')
picture.tofile(folder + '/picture.f32')
model.predict(picture, verbose=0).astype('float32').tofile(folder + '/embedding.f32')
`;
const SIZE = 139;

/** EMAGENT_PYTHON names a Python with Keras, where it is not the first on the path. */
const python = process.env['EMAGENT_PYTHON'] ?? 'python3';

const floats = async (path: string): Promise<Float32Array> => new Float32Array(new Uint8Array(await readFile(path)).buffer);

describe('Xception against Keras', () => {
  test('the same file of weights gives the same embedding to 1e-4', { timeout: 240_000 }, async (context) => {
    const tf = await nativeEngine(context);
    try {
      execFileSync(python, ['-c', 'import keras, tensorflow'], { stdio: 'ignore', env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' } });
    } catch {
      console.warn('SKIPPED: there is no Python with Keras here (EMAGENT_PYTHON names one)');
      context.skip();
    }
    const folder = await temporaryFolder();
    execFileSync(python, ['-c', KERAS, folder, String(SIZE)], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' } });
    const path = join(folder, 'xception.h5');
    const network = xception(tf, { sizePx: SIZE });
    loadXception(tf, network, { layers: await readKerasWeights(path), path });
    const picture = await floats(join(folder, 'picture.f32'));
    const expected = await floats(join(folder, 'embedding.f32'));
    const found = tf.tidy(() => (modelOf(tf, network.stages, [SIZE, SIZE, 3]).predict(tf.tensor(picture, [1, SIZE, SIZE, 3])) as ReturnType<typeof tf.tensor>).dataSync());
    expect(found).toHaveLength(2048);
    const largest = Math.max(...Array.from(expected, (value, index) => Math.abs(value - found[index]!)));
    expect(Math.max(...Array.from(expected, Math.abs))).toBeGreaterThan(0.05);
    expect(largest).toBeLessThan(1e-4);
  });
});
