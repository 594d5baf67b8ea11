import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from '../src/contract/frame.ts';
import { rowsAboveDataBar } from '../src/imaging/data-bar.ts';
import { PICTURE_NAME, readPicture } from '../src/imaging/picture-file.ts';
import { judge } from '../src/imaging/quality.ts';
import { studyCharging, studyDrift, studyFocus, studySnr } from './imaging/studies.ts';
import { drawnField, exposed } from './imaging/fields.ts';
import { quantile } from './quantile.ts';

const SNRS_DB = [0, 5, 10, 15, 20];

/** Data bars found in, and verdicts of, the pictures below EMAGENT_PICTURES, by folder and name. */
async function realPictures(root: string | undefined): Promise<unknown> {
  if (root === undefined) return 'not measured: EMAGENT_PICTURES names no folder';
  const verdicts: Record<string, number> = {};
  let [pictures, bars] = [0, 0];
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !PICTURE_NAME.test(entry.name)) continue;
    const picture = await readPicture(join(entry.parentPath, entry.name));
    const rows = rowsAboveDataBar(picture);
    pictures++;
    if (rows < picture.heightPx) bars++;
    const frame = { ...picture, id: String(pictures), heightPx: rows, data: picture.data.subarray(0, rows * picture.widthPx) } as Frame;
    const { verdict } = judge(frame);
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  }
  return { pictures, bars, verdicts };
}

function judgeTimeMs(): { medianMs: number; p90Ms: number } {
  const frame = { ...exposed(drawnField(4, { widthPx: 1024, heightPx: 768 }), { electronsAtWhite: 300, seed: 1 }), id: 'timed' } as unknown as Frame;
  const times = Array.from({ length: 23 }, () => {
    const startMs = performance.now();
    judge(frame);
    return performance.now() - startMs;
  }).slice(3);
  return { medianMs: quantile(times, 0.5), p90Ms: quantile(times, 0.9) };
}

/** What each measure reaches on drawn fields with a known answer, and on real pictures where there are some: docs/imaging.md. */
export async function run(): Promise<unknown> {
  return {
    bench: 'imaging',
    autofocus: studyFocus(60),
    drift: studyDrift(200, 0),
    snrLargestErrorDb: Object.fromEntries(SNRS_DB.map((snrDb) => [snrDb, studySnr(10, snrDb)])),
    charging: studyCharging(60),
    judge1024x768: judgeTimeMs(),
    realPictures: await realPictures(process.env['EMAGENT_PICTURES']),
  };
}
