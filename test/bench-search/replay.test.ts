import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, type TestContext } from 'vitest';
import { readHoles, type ReplayData } from '../../bench/search/replay/holes.ts';
import type { ReplayHole, ReplayPolicy } from '../../bench/search/replay/policy.ts';
import { REPLAY_POLICIES } from '../../bench/search/replay/registry.ts';
import { CRYORL_COSTS, playReplay, scoreReplay } from '../../bench/search/replay/replay.ts';
import { sharedFile } from '../classify/shared-files.ts';
import { runCli, temporaryFolder } from '../support/cli.ts';

const FOLDER = 'data/cryorl';

describe('published rows', () => {
  // Means over the first so many starts. Of the random policy one stream was published, which is not this one.
  const published: readonly (readonly [string, number, readonly number[]])[] = [
    ['greedy', 5, [18, 38, 56, 73]],
    ['raster', 50, [35.7, 71.1, 109.3, 145.1]],
    ['raster', 10, [22.4, 62.7, 103.2, 133.8]],
    ['p-over-cost', 20, [85.6, 173.1, 236.1, 323.5]],
    ['best-prefix-rate', 50, [94.8, 189.9, 285, 367.9]],
    ['near-oracle', 10, [107.3, 211, 316.2, 419.7]],
  ];
  for (const [name, starts, row] of published) {
    test(`${name}, ${starts} starts`, async (context: TestContext) => {
      sharedFile(context, `${FOLDER}/LICENSE`);
      const data = await readHoles(sharedFile(context, FOLDER));
      const { good } = scoreReplay(await REPLAY_POLICIES[name]!(data), data, starts);
      for (const [at, expected] of row.entries()) expect(Math.abs(good[at]! - expected), `${good.join(' ')}`).toBeLessThanOrEqual(0.0501);
    });
  }
});

describe('the clock', () => {
  const hole = (patch: number, square: number, tile: number): ReplayHole => ({ id: `${patch}`, predictedA: 4, probability: 0.9, patch, square, tile });
  const holes = [hole(0, 0, 0), hole(0, 0, 0), hole(1, 0, 0), hole(2, 1, 0), hole(3, 2, 1)];
  const data: ReplayData = { holes, good: [true, true, false, true, true] };
  const inOrder: ReplayPolicy<number> = { id: 'in-order', summary: '', start: () => 1, next: (at) => at, observe: (at) => at + 1 };
  const play = (budgetMin: number): number => playReplay(inOrder, data, { startHole: 0, budgetMin, seed: 0 });

  test('the start counts nothing; then 1, 2, 6 and 8 minutes by what two holes share', () => {
    expect([0, 1, 2, 3, 8, 9, 16, 17].map(play)).toEqual([0, 1, 1, 1, 1, 2, 2, 3]);
    expect(Object.values(CRYORL_COSTS)).toEqual([1, 2, 6, 8]);
  });

  test('a policy that goes to a hole twice is found out', () => {
    const twice: ReplayPolicy<number> = { ...inOrder, next: () => 1 };
    expect(() => playReplay(twice, data, { startHole: 0, budgetMin: 60, seed: 0 })).toThrow('which it had visited');
  });
});

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

const MEASURED = 'target_CTF_x.csv';
const PREDICTED = 'x_regress.txt';

describe('data that cannot be used', () => {
  test.each([
    ['a number that is none', { [MEASURED]: 'a_1gr_1sq_1hl,0,0,x,1\n', [PREDICTED]: 'a_1gr_1sq_1hl 4\n' }, 'Line 1 of'],
    ['a hole twice', { [MEASURED]: 'a_1gr_1sq_1hl,0,0,4,1\na_1gr_1sq_1hl,0,0,4,1\n', [PREDICTED]: 'a_1gr_1sq_1hl 4\n' }, 'again'],
    ['a hole without prediction', { [MEASURED]: 'a_1gr_1sq_1hl,0,0,4,1\n', [PREDICTED]: 'b_1gr_1sq_1hl 4\n' }, 'says nothing of the hole a_1gr_1sq_1hl'],
    ['a hole without a place', { [MEASURED]: 'a_1gr_1hl,0,0,4,1\n', [PREDICTED]: 'a_1gr_1hl 4\n' }, 'square (sq)'],
    ['an empty file', { [MEASURED]: '\n', [PREDICTED]: 'a_1gr_1sq_1hl 4\n' }, 'names no holes'],
    ['no predictions', { [MEASURED]: 'a_1gr_1sq_1hl,0,0,4,1\n' }, '0 files of predictions'],
  ])('%s', async (_, files, words) => {
    await expect(readHoles(await folderWith(files))).rejects.toMatchObject({ code: 'EM_USAGE', message: expect.stringContaining(words) });
  });
});

describe('emagent bench replay', () => {
  const small = { [MEASURED]: 'a_1gr_1sq_1hl_1,0,0,4,1\na_1gr_1sq_1hl_2,0,0,4,1\na_1gr_2sq_1hl_3,0,0,9,1\n', [PREDICTED]: 'a_1gr_1sq_1hl_1 4\na_1gr_1sq_1hl_2 4\na_1gr_2sq_1hl_3 9\n' };

  test('prints one score', async () => {
    const { code, stdout } = await runCli(['bench', 'replay', 'cryorl', '--data', await folderWith(small), '--strategy', 'greedy', '--starts', '2', '--json']);
    expect(code).toBe(0);
    // Row 550 of three holes is hole 1, row 2331 is hole 0: from either the other good hole is visited.
    expect(JSON.parse(stdout)).toEqual({ strategy: 'greedy', minutes: [120, 240, 360, 480], good: [1, 1, 1, 1], standardDeviation: [0, 0, 0, 0], starts: 2 });
  });

  test.each([
    [['replay'], 'Which data set?'],
    [['replay', 'cryo', '--data', '.'], 'Unknown data set "cryo". Did you mean cryorl?'],
    [['replay', 'cryorl'], '--data needs the folder'],
    [['replay', 'cryorl', '--data', './nowhere'], 'The data folder "./nowhere" cannot be read.'],
    [['replay', 'cryorl', '--data', '.', '--strategy', 'gredy'], 'Unknown replay strategy "gredy". Did you mean greedy?'],
    [['replay', 'cryorl', '--data', '.', '--starts', '51'], 'more than the 50 starting holes'],
    [['loop', '--data', '.'], 'bench loop takes no --data.'],
  ])('%j is refused in one sentence', async (args, words) => {
    const { code, stdout, stderr } = await runCli(['bench', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.split('\n')[0]).toMatch(/^emagent: .+[.?]$/);
    expect(stderr).toContain(words);
  });
});
