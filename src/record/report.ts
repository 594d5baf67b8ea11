import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FrameSummary } from '../contract/events.ts';
import type { ReportedFind, RunPlan } from '../contract/run.ts';
import { decodeOmeTiff } from '../imaging/ome-tiff.ts';
import { encodeJpeg } from '../imaging/picture-file.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { frameFileName } from './frame-writer.ts';
import { findsCurve, probabilityCurve } from './report/curves.ts';
import { coverageMap, micrograph, probabilityMap } from './report/figures.ts';
import { readHistory, type RunHistory } from './report/history.ts';
import { html, type Markup } from './report/markup.ts';
import { formatDuration, formatLength, formatPercent } from './report/quantities.ts';
import { STYLE } from './report/style.ts';
import { doseFacts, facts, instrumentFacts, lookTable, modelFacts, planFacts, timingTable, troubles } from './report/tables.ts';
import { headline, keyFigures, summary } from './report/words.ts';
import { openRunFolder, RUN_FILES, type OpenedRunFolder } from './run-folder.ts';
import { storageError } from '../lib/storage-errors.ts';

/** Enough to judge a find on paper; a page of a hundred finds stays below some megabytes. */
const PICTURE_WIDTH_PX = 480;
/** Tiles below this posterior are not worth a second look, and more of them than these are not shown. */
const SECOND_LOOK = { leastProbability: 0.1, most: 6 };

interface Picture {
  readonly frameId: string;
  readonly fieldWidthUm: number;
  readonly alt: string;
}

/** JPEG of a frame in the page; says so when the frame cannot be read. */
async function pictureOf(dir: string, { frameId, fieldWidthUm, alt }: Picture): Promise<Markup> {
  const name = frameFileName(frameId);
  try {
    const image = decodeOmeTiff(await readFile(join(dir, RUN_FILES.frames, name)), name);
    const jpeg = Buffer.from(await encodeJpeg(image, { maxWidthPx: PICTURE_WIDTH_PX, quality: 82 })).toString('base64');
    return micrograph({ href: `data:image/jpeg;base64,${jpeg}`, widthPx: image.widthPx, heightPx: image.heightPx, fieldWidthUm, alt });
  } catch {
    return html`<div class="missing">${RUN_FILES.frames}/${name} is not there or cannot be read</div>`;
  }
}

const position = (xUm: number, yUm: number): string => `${xUm.toFixed(1)}, ${yUm.toFixed(1)} µm`.replaceAll('-', '−');

async function findCard(dir: string, find: ReportedFind, index: number): Promise<Markup> {
  const picture = await pictureOf(dir, { frameId: find.frame, fieldWidthUm: find.fieldWidthUm, alt: `${find.id}: ${find.label}` });
  return html`<li id="${find.id}">${picture}<h3><span class="number">${index + 1}</span>${find.label}<span class="sure">${formatPercent(find.probability)}</span></h3><div class="meter"><i style="width:${(find.probability * 100).toFixed(1)}%"></i></div>${facts([
    ['Stage x, y', position(find.xUm, find.yUm)],
    ['Stage z', formatLength(find.zUm)],
    ['Field width', formatLength(find.fieldWidthUm)],
    ['Looks', String(find.looks)],
    ['Found after', formatDuration(find.instrumentSeconds)],
    ['Picture', html`<code>${frameFileName(find.frame)}</code>`],
  ])}</li>`;
}

/** Tiles that were suspected and neither confirmed nor settled: a person may want to see them. */
async function secondLooks(dir: string, history: RunHistory): Promise<Markup | undefined> {
  const declared = new Set(history.finds.map(({ tile }) => tile));
  const suspects = [...history.tiles]
    .flatMap(([tile, { probability, frameId, seen }]) => {
      const frame = frameId === undefined ? undefined : history.frames.get(frameId);
      const worthIt = probability >= SECOND_LOOK.leastProbability && !declared.has(tile) && seen >= 2;
      return worthIt && frame !== undefined ? [{ probability, frame }] : [];
    })
    .sort((a, b) => b.probability - a.probability);
  if (suspects.length === 0) return undefined;
  const card = async ({ probability, frame }: { probability: number; frame: FrameSummary }): Promise<Markup> => {
    const picture = await pictureOf(dir, { frameId: frame.id, fieldWidthUm: frame.fieldWidthUm, alt: `Suspect ${frame.id}` });
    const label = history.labelOf.get(frame.id);
    return html`<li>${picture}<h3>${label?.label ?? 'not classified'}<span class="sure">${formatPercent(probability)}</span></h3>${facts([['Stage x, y', position(frame.stage.xUm, frame.stage.yUm)], ['Picture', html`<code>${frameFileName(frame.id)}</code>`]])}</li>`;
  };
  const cards = await Promise.all(suspects.slice(0, SECOND_LOOK.most).map(card));
  const more = suspects.length > cards.length ? ` The ${cards.length} most likely of ${suspects.length}.` : '';
  return html`<section><h2>Worth a second look</h2><p>Suspected, but neither confirmed nor ruled out; the percentage is the probability of the target.${more}</p><ul class="finds">${cards}</ul></section>`;
}

async function findsSection({ dir }: OpenedRunFolder, plan: RunPlan, history: RunHistory): Promise<Markup> {
  if (history.finds.length === 0) return html`<section><h2>Finds</h2><p>Nothing was confirmed as ${plan.target}.</p></section>`;
  const cards: Markup[] = [];
  // One after another: a hundred pictures at once would all be in memory.
  for (const [index, find] of history.finds.entries()) cards.push(await findCard(dir, find, index));
  return html`<section><h2>Finds</h2><ol class="finds">${cards}</ol></section>`;
}

function notices({ damage, torn, run }: OpenedRunFolder, history: RunHistory): Markup[] {
  const list: Markup[] = [];
  if (history.outcome === 'panicked') list.push(html`<p class="notice bad">It could not be proven that the stage is still and the beam is blanked. Go to the instrument.</p>`);
  if (run.microscope.driver === 'sim' || /simul/i.test(run.microscope.model)) list.push(html`<p class="notice">The microscope of this run was simulated (${run.microscope.model}): nothing here is about a real specimen.</p>`);
  if (damage.length > 0) list.push(html`<p class="notice bad">Part of the run folder cannot be read and is left out: ${damage.slice(0, 5).join('; ')}${damage.length > 5 ? ` and ${damage.length - 5} more` : ''}.</p>`);
  if (torn) list.push(html`<p class="notice">The last line of the journal is cut short, as after a crash.</p>`);
  if (history.resumptions > 0) list.push(html`<p class="notice">The run was interrupted and went on ${history.resumptions === 1 ? 'once' : `${history.resumptions} times`}.</p>`);
  return list;
}

function when(timestamp: string | undefined): string {
  return timestamp === undefined ? 'unknown time' : `${timestamp.slice(0, 10)} ${timestamp.slice(11, 16)} UTC`;
}

/** The report of a run folder as one HTML page that needs nothing but itself. */
export async function renderReport(folder: OpenedRunFolder): Promise<string> {
  const { run } = folder;
  const { plan } = run;
  const history = readHistory(folder.events);
  const title = headline(plan, history);
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} · ${run.runId}</title><style>${STYLE}</style></head>
<body><main>
<p class="eyebrow">Search report · ${when(history.startedAt)} · ${run.microscope.model} · ${run.runId}</p>
<h1>${title}</h1>
<div class="lede">${summary(plan, history).map((sentence) => html`<p>${sentence}</p>`)}</div>
${notices(folder, history)}
<dl class="figures">${keyFigures(plan, history).map(({ value, label }) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>
${await findsSection(folder, plan, history)}
<section><h2>Where</h2><div class="maps">${await probabilityMap(plan, history)}${await coverageMap(plan, history)}</div></section>
<section><h2>When</h2>${findsCurve(history)}${probabilityCurve(history)}</section>
${await secondLooks(folder.dir, history)}
<section><h2>Time and dose</h2>${timingTable(history)}<h3>In all</h3><div class="wide">${doseFacts(history)}</div></section>
<section><h2>Picture quality, skipped fields, faults</h2>${troubles(history)}</section>
<section><h2>Settings</h2><div class="columns"><div>${instrumentFacts(run)}</div><div>${planFacts(run)}</div></div><h3>Looks</h3>${lookTable(plan)}</section>
<section><h2>Model and versions</h2>${modelFacts(run)}</section>
<footer>Stage coordinates are micrometres, x right and y up as seen on the pictures. Pictures, journal and lists lie beside this file.</footer>
</main></body></html>
`;
  return page.markup;
}

/** Writes `report.html` into a run folder, anew each time. Resolves with its path. Throws EM_RUN_FOLDER, EM_WRITE, EM_DISK_FULL. */
export async function writeReport(dir: string): Promise<string> {
  const folder = await openRunFolder(dir);
  const path = join(folder.dir, RUN_FILES.report);
  try {
    await writeFileAtomically(path, await renderReport(folder));
  } catch (cause) {
    throw storageError(cause, path);
  }
  return path;
}
