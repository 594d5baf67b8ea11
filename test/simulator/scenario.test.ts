import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createScene } from '../../simulator/scene/scene.ts';
import { createDrawnPictures } from '../../simulator/scene/drawn-pictures.ts';
import { driver } from '../../simulator/driver.ts';
import { listScenarios, loadScenario } from '../../simulator/scenario.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'emagent-scenario-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function failureOf(text: string): Promise<{ code: string; message: string }> {
  const path = join(dir, 'mine.yaml');
  await writeFile(path, text);
  return loadScenario(path).then(
    () => ({ code: 'none', message: '' }),
    (error: { code: string; message: string }) => error,
  );
}

describe('scenarios', () => {
  test('every shipped one is valid, is named as its file, and its sites find room for ten seeds', async () => {
    const scenarios = await listScenarios();
    expect(scenarios.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'default', 'distractors', 'empty', 'faulty', 'needle', 'tilted', 'uniform', 'vacuum-trip',
        // Traps.
        'periodic-grid', 'featureless', 'saturated', 'holes', 'terraces', 'close-up',
        // Instruments that misbehave.
        'drifting', 'insulators', 'dirty-chamber', 'worn-stage', 'mirrored', 'keep-out', 'vented', 'busy-laboratory', 'dying-gun',
      ]),
    );
    for (const { name, summary } of scenarios) {
      const scenario = await loadScenario(name);
      expect(scenario.name).toBe(name);
      expect(summary.length).toBeGreaterThan(10);
      const wanted = Object.values(scenario.sample.sites).reduce((sum, count) => sum + count, 0);
      for (let seed = 1; seed <= 10; seed++) {
        expect(createScene({ scenario, seed, pictures: createDrawnPictures(seed) }).sites).toHaveLength(wanted);
      }
      const expected = scenario.expect['targets'] as Record<string, number> | undefined;
      for (const [label, count] of Object.entries(expected ?? {})) expect(scenario.sample.sites[label]).toBe(count);
    }
  });

  test('a figure that is not said has its default', async () => {
    const { sample, stage, optics } = await loadScenario('default');
    expect(sample).toMatchObject({ widthUm: 400, heightUm: 300, site: { widthUm: 20, heightUm: 15 } });
    expect(stage).toMatchObject({ speedUmPerS: 2000, accelerationUmPerS2: 5000 });
    expect(optics).toMatchObject({ beamCurrentPa: 100, accelerationKv: 5, workingDistanceMm: 5 });
    expect(Object.values(sample.sites)).toEqual(Array.from({ length: 10 }, () => 6));
  });

  test('an unknown name: the nearest is suggested', async () => {
    await expect(loadScenario('defualt')).rejects.toMatchObject({ code: 'EM_SCENARIO', message: expect.stringContaining('Did you mean default?') });
  });

  test.each([
    ['name: a\nsummary: "b\nsample: {', 'line'],
    ['name: a\nsummary: b\nsampel: {}', 'sampel'],
    ['name: a\nsummary: b\nstage: { speedUmPerS: -1 }', 'stage.speedUmPerS'],
    ['name: a\nsummary: b\nsample: { placement: { model: heap } }', 'sample.placement'],
    ['name: a\nsummary: b\nfaults: [{ fault: drop-ack, when: { after: 1 } }]', 'faults.0.fault'],
    ['', 'the top'],
  ])('%j is one sentence with the place', async (text, words) => {
    const error = await failureOf(text);
    expect(error.code).toBe('EM_SCENARIO');
    expect(error.message).toContain(words);
    expect(error.message).not.toContain('\n');
  });

  test('a file that is not there, and a label that only a data set could have', async () => {
    await expect(loadScenario(join(dir, 'none.yaml'))).rejects.toMatchObject({ code: 'EM_SCENARIO' });
    const path = join(dir, 'tetrapods.yaml');
    await writeFile(path, 'name: t\nsummary: t\nsample: { sites: { Tetrapods: 2 } }');
    const scenario = await loadScenario(path);
    expect(() => createScene({ scenario, seed: 1, pictures: createDrawnPictures(1) })).toThrow(/Tetrapods/);
  });

  test('the address has strict options', () => {
    expect(driver.options.parse({ scenario: 'needle', seed: '7' })).toEqual({ scenario: 'needle', seed: 7 });
    expect(driver.options.safeParse({ sede: '7' }).success).toBe(false);
    expect(driver.options.safeParse({ seed: 'x' }).success).toBe(false);
  });
});
