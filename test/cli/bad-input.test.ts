import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../../src/lib/package-root.ts';
import { refused } from '../support/refused-search.ts';
import { runCli, temporaryFolder } from '../support/cli.ts';

const nanowires = ['--target', 'Nanowires'];

test('an unknown category is named, with the nearest that exists', async () => {
  expect(await refused(['--target', 'Nanowire'])).toContain('Unknown category "Nanowire". Did you mean Nanowires?');
});

test('Background is no target', async () => {
  expect(await refused(['--target', 'Background'])).toContain('Unknown category "Background"');
});

test('a search without a target says so', async () => {
  expect(await refused([])).toContain('--target');
});

test('an unknown strategy is named, with the nearest that exists', async () => {
  expect(await refused([...nanowires, '--strategy', 'spirl'])).toContain('Unknown strategy "spirl". Did you mean spiral?');
});

test('an unknown option is named', async () => {
  expect(await refused([...nanowires, '--sead', '3'])).toContain('sead');
});

test.each([
  [['--seed', 'abc'], '--seed needs a number'],
  [['--seed', '1', '--seed', '2'], '--seed was given 2 times'],
  [['--target', 'Tips'], '--target was given 2 times'],
  [['--finds', '0'], '--finds'],
  [['--finds', '1.5'], '--finds'],
  [['--area', '400'], '"400" is no size such as 400x300'],
  [['--time', 'soon'], '"soon" is no duration such as 90s'],
  [['--centre', 'here'], '"here" is no position'],
  [['--prevalence', '2'], '--prevalence'],
  [['--engine', 'torch'], '--engine'],
  [['--live-port', '99999'], '--live-port'],
])('%j is refused', async (args, words) => {
  expect(await refused([...nanowires, ...args])).toContain(words);
});

test('a microscope that is not there', async () => {
  expect(await refused([...nanowires, '--microscope', 'scope+ws://127.0.0.1:9'], 4)).toContain('127.0.0.1:9');
});

test('a microscope of no known kind', async () => {
  expect(await refused([...nanowires, '--microscope', 'telescope://hill'])).toContain('No driver speaks "telescope:"');
});

test('a typo in the options of a microscope address', async () => {
  expect(await refused([...nanowires, '--microscope', 'sim:?sceene=default'])).toContain('sceene');
});

test('an unknown scenario', async () => {
  expect(await refused([...nanowires, '--scenario', 'defualt'])).toContain('Did you mean default?');
});

test('a data set folder that is not there, and one without pictures', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'Nanowires'));
  expect(await refused([...nanowires, '--dataset', join(folder, 'nowhere')])).toContain('nowhere');
  expect(await refused([...nanowires, '--dataset', folder])).toMatch(/no picture/i);
});

test('a broken JPEG in a data set folder is named', async () => {
  const folder = await temporaryFolder();
  const { code } = await runCli(['dataset', 'synthesize', '--out', folder, '--per-category', '1', '--categories', 'Nanowires,Tips', '--width', '256', '--height', '192']);
  expect(code).toBe(0);
  await writeFile(join(folder, 'Nanowires', 'cut.jpg'), Buffer.from('ffd8ffe000104a46494600', 'hex'));
  expect(await refused([...nanowires, '--dataset', folder])).toContain('cut.jpg');
});

test('a data set for a microscope that is not in this process', async () => {
  expect(await refused([...nanowires, '--microscope', 'scope+ws://127.0.0.1:9', '--dataset', '.'])).toContain('emagent simulate');
});

test('a model folder that is none, and one with a changed file', async () => {
  const folder = await temporaryFolder();
  expect(await refused([...nanowires, '--model', folder])).toContain('is no model folder');
  expect(await refused([...nanowires, '--model', 'sem12'])).toContain('Did you mean sem11?');
  const model = join(folder, 'model');
  await cp(join(packageRoot, 'models/sem11'), model, { recursive: true });
  const { weights } = JSON.parse(await readFile(join(model, 'model.json'), 'utf8')) as { weights: string };
  const bytes = await readFile(join(model, weights));
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(join(model, weights), bytes);
  const sentence = await refused([...nanowires, '--model', model]);
  expect(sentence).toContain(weights);
  expect(sentence).toContain('checksum');
});

test('a GPU that was asked for and is not there', async () => {
  expect(await refused([...nanowires, '--device', 'gpu'])).toMatch(/No GPU|no GPU/);
});

test('a port in use', async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)));
  onTestFinished(() => void server.close());
  expect(await refused([...nanowires, '--live', '--live-port', String(port)])).toContain(`Port ${port}`);
});

test('a dashboard open to the network without a token', async () => {
  expect(await refused([...nanowires, '--live', '--live-host', '0.0.0.0'])).toContain('--token');
});

test('a run folder that cannot be written', async () => {
  const folder = await temporaryFolder();
  // A file where a folder is wanted refuses root, too.
  await writeFile(join(folder, 'runs'), '');
  const { code, stdout, stderr } = await runCli(['search', ...nanowires, '--no-live', '--runs', join(folder, 'runs')]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(join(folder, 'runs'));
  expect(stderr).not.toMatch(/\n\s+at /);
});

test('a plan outside the limits of the stage', async () => {
  const sentence = await refused([...nanowires, '--centre', '30000,0']);
  expect(sentence).toContain('x');
  expect(sentence).toMatch(/20000|20 mm/);
});

test('an area that is nothing, and a field width that the microscope cannot set', async () => {
  expect(await refused([...nanowires, '--area', '0x300'])).toMatch(/area|size/i);
  expect(await refused([...nanowires, '--field-width', '0.01'])).toContain('µm');
});

test('configuration files: missing, no YAML, unknown option; the command line wins over one', async () => {
  const folder = await temporaryFolder();
  expect(await refused(['--config', join(folder, 'none.yaml')])).toContain('none.yaml');
  await writeFile(join(folder, 'bad.yaml'), 'target: [');
  expect(await refused(['--config', join(folder, 'bad.yaml')])).toContain('bad.yaml');
  await writeFile(join(folder, 'odd.yaml'), 'target: Tips\nsped: 3\n');
  expect(await refused(['--config', join(folder, 'odd.yaml')])).toContain('sped');
  await writeFile(join(folder, 'good.yaml'), 'target: Nanowire\nfield-width: 20\n');
  expect(await refused(['--config', join(folder, 'good.yaml'), '--target', 'Tip'])).toContain('Unknown category "Tip". Did you mean Tips?');
});

test('words that are no command', async () => {
  const { code, stderr } = await runCli(['serch']);
  expect(code).toBe(2);
  expect(stderr).toContain('search');
});
