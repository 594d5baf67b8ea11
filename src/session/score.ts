import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmagentError } from '../contract/errors.ts';
import type { RunResult } from '../contract/run.ts';
import type { TileGrid } from '../contract/strategy.ts';
import { openRunFolder } from '../record/run-folder.ts';
import { Truth } from '../../simulator/truth.ts';

export interface Score {
  readonly runId: string;
  readonly target: string;
  /** Sites of the target on the stage, and those of them inside the searched area. */
  readonly targets: number;
  readonly targetsInArea: number;
  readonly declared: number;
  /** Declared finds that lie on a site of the target, each site counted once. */
  readonly right: number;
  /** Declared again on a site that an earlier find lies on. */
  readonly duplicates: number;
  /** Declared where no target is, with what is there. */
  readonly wrong: readonly { readonly id: string; readonly there: string }[];
  readonly precision: number;
  readonly recall: number;
  readonly exposure: Truth['exposure'];
}

type Site = Truth['sites'][number];

/** Even-odd rule. */
function contains(polygonUm: Site['polygonUm'], xUm: number, yUm: number): boolean {
  let inside = false;
  for (let i = 0, j = polygonUm.length - 1; i < polygonUm.length; j = i++) {
    const [xi, yi] = polygonUm[i]!;
    const [xj, yj] = polygonUm[j]!;
    if (yi > yUm !== yj > yUm && xUm < ((xj - xi) * (yUm - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

async function readTruth(runDir: string, truthFile: string | undefined): Promise<Truth> {
  const path = truthFile ?? join(runDir, 'truth.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (truthFile !== undefined) throw new EmagentError('EM_RUN_FOLDER', `The truth in ${truthFile} cannot be read: \`emagent simulate --truth\` writes it when the server has ended.`, { cause });
    throw new EmagentError(
      'EM_RUN_FOLDER',
      `${runDir} holds no truth.json: only a simulated run has one, written when it has ended (or give \`emagent simulate --runs\` the folder of the runs).`,
      { cause },
    );
  }
  try {
    return Truth.parse(JSON.parse(text));
  } catch (cause) {
    throw new EmagentError('EM_RUN_FOLDER', `${path} holds no truth of a simulated microscope.`, { cause });
  }
}

/** Holds the finds of a run against the scene's truth, beside the run or in a file of its own. Throws EM_RUN_FOLDER when either is not there. */
export async function scoreRun(runDir: string, truthFile?: string): Promise<Score> {
  const { run } = await openRunFolder(runDir);
  if (run.result === undefined) throw new EmagentError('EM_RUN_FOLDER', `The run in ${runDir} has not ended: there is nothing to score.`);
  return score(run.result, await readTruth(runDir, truthFile), run.plan.grid);
}

function score({ runId, target, finds }: RunResult, { sites, exposure }: Truth, grid: TileGrid): Score {
  const targets = sites.filter(({ label }) => label === target);
  const inArea = ({ xUm, yUm }: Site): boolean =>
    xUm >= grid.leftUm && xUm <= grid.leftUm + grid.columns * grid.tileWidthUm && yUm <= grid.topUm && yUm >= grid.topUm - grid.rows * grid.tileHeightUm;
  const targetsInArea = targets.filter(inArea).length;
  const hit = new Set<string>();
  const wrong: { id: string; there: string }[] = [];
  let duplicates = 0;
  for (const { id, xUm, yUm } of finds) {
    const there = sites.filter(({ polygonUm }) => contains(polygonUm, xUm, yUm));
    const site = there.find(({ label }) => label === target);
    if (site === undefined) wrong.push({ id, there: there[0]?.label ?? 'bare substrate' });
    else if (hit.has(site.id)) duplicates++;
    else hit.add(site.id);
  }
  return {
    runId,
    target,
    targets: targets.length,
    targetsInArea,
    declared: finds.length,
    right: hit.size,
    duplicates,
    wrong,
    precision: finds.length === 0 ? 1 : hit.size / finds.length,
    recall: targetsInArea === 0 ? 1 : hit.size / targetsInArea,
    exposure,
  };
}
