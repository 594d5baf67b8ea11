import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { createEventWriter } from '../../../src/learn/train/tensorboard.ts';
import { encodePng } from '../../../src/imaging/picture-file.ts';
import { temporaryFolder } from '../../support/cli.ts';

/** What TensorBoard itself makes of a folder of events. */
const READER = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator, IMAGES, SCALARS
from tensorboard.util import tensor_util
events = EventAccumulator(sys.argv[1], size_guidance={IMAGES: 0, SCALARS: 0})
events.Reload()
tags = events.Tags()
scalars = {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in tags['scalars']}
images = {tag: [[e.step, e.width, e.height, len(e.encoded_image_string)] for e in events.Images(tag)] for tag in tags['images']}
print(json.dumps({'scalars': scalars, 'images': images}))
`;
/** EMAGENT_PYTHON names a Python with TensorBoard, where it is not the first on the path. */
const python = process.env['EMAGENT_PYTHON'] ?? 'python3';

test('TensorBoard itself reads scalars and pictures', { timeout: 60_000 }, async (context) => {
  try {
    execFileSync(python, ['-c', 'import tensorboard'], { stdio: 'ignore' });
  } catch {
    console.warn('SKIPPED: there is no Python with TensorBoard here (EMAGENT_PYTHON names one)');
    context.skip();
  }
  const dir = await temporaryFolder();
  const png = await encodePng({ widthPx: 20, heightPx: 10, data: new Uint8Array(200).fill(90) });
  const writer = createEventWriter(dir);
  for (const [step, loss] of [2.5, 1.25, 0.75].entries()) writer.scalars(step, { loss, accuracy: 1 - loss / 4 });
  writer.picture(2, 'confusion', { png, widthPx: 20, heightPx: 10 });
  const read = JSON.parse(execFileSync(python, ['-c', READER, dir], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) as unknown;
  expect(read).toEqual({
    scalars: { loss: [[0, 2.5], [1, 1.25], [2, 0.75]], accuracy: [[0, 0.375], [1, 0.6875], [2, 0.8125]] },
    images: { confusion: [[2, 20, 10, png.length]] },
  });
});
