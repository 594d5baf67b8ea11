import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { OTHER } from '../contract/categories.ts';
import { EmagentError } from '../contract/errors.ts';
import type { RunEvent } from '../contract/events.ts';
import type { Marked } from '../contract/marks.ts';
import { decodeOmeTiff } from '../imaging/ome-tiff.ts';
import { toEightBit } from '../imaging/picture-file.ts';
import type { ExamplePicture } from '../learn/own/examples.ts';
import type { OwnPictures } from '../learn/own/read-pictures.ts';
import { frameFileName } from '../record/frame-writer.ts';
import { readMarks } from '../record/marks.ts';
import { openRunFolder, RUN_FILES } from '../record/run-folder.ts';

/** Fields that were looked at closely and were no find: so many of them stand in for pictures of other things. */
const FIELDS_OF_OTHER_THINGS = 15;

interface Frame {
  readonly frameId: string;
  readonly tile: number;
}

/** Frames of close looks that brought something, in their order. */
function closeLooks(events: readonly RunEvent[]): Frame[] {
  return events.flatMap((event) => {
    if (event.type !== 'observed' || event.outcome !== 'seen' || event.frameId === undefined) return [];
    return event.action.kind === 'inspect' || event.action.kind === 'confirm' ? [{ frameId: event.frameId, tile: event.action.tile }] : [];
  });
}

async function pictureOf(dir: string, { frameId, tile }: Frame, label: number): Promise<ExamplePicture | undefined> {
  const path = join(dir, RUN_FILES.frames, frameFileName(frameId));
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const image = decodeOmeTiff(bytes, path);
  return {
    name: path,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    label,
    // All looks at one tile show one place.
    group: `${basename(dir)}/${tile}`,
    picture: { widthPx: image.widthPx, heightPx: image.heightPx, data: toEightBit(image) },
  };
}

/** Every so-manieth of some values, at most `count`. */
const spread = <T>(values: readonly T[], count: number): T[] => (values.length <= count ? [...values] : Array.from({ length: count }, (_, at) => values[Math.floor((at * values.length) / count)]!));

interface RunPictures {
  readonly target: string;
  readonly model: string;
  readonly right: number;
  readonly pictures: readonly ExamplePicture[];
}

async function picturesOfRun(runDir: string): Promise<RunPictures> {
  const { dir, run, events } = await openRunFolder(runDir);
  const marks = await readMarks(dir);
  const finds = events.flatMap((event) => (event.type === 'find' ? [event.find] : []));
  if (Object.keys(marks).length === 0) {
    throw new EmagentError('EM_RUN_FOLDER', `No find of the run in ${runDir} has been marked: say which are right with \`emagent mark ${runDir} right find-1 …\`, and which are wrong.`);
  }
  const tilesOf = (verdict: Marked): Set<number> => new Set(finds.filter(({ id }) => marks[id] === verdict).map(({ tile }) => tile));
  const [right, wrong, found] = [tilesOf('right'), tilesOf('wrong'), new Set(finds.map(({ tile }) => tile))];
  const looks = closeLooks(events);
  const elsewhere = [...new Map(looks.filter(({ tile }) => !found.has(tile)).map((look) => [look.tile, look])).values()];
  const wanted = [
    ...looks.filter(({ tile }) => right.has(tile)).map((look) => [look, 0] as const),
    ...[...looks.filter(({ tile }) => wrong.has(tile)), ...spread(elsewhere, FIELDS_OF_OTHER_THINGS)].map((look) => [look, 1] as const),
  ];
  const pictures = await Promise.all(wanted.map(([look, label]) => pictureOf(dir, look, label)));
  return { target: run.plan.target, model: run.plan.model, right: right.size, pictures: pictures.filter((picture) => picture !== undefined) };
}

/**
 * Pictures of runs whose finds a person has marked: all close looks at a find marked right show the category; those at one marked
 * wrong, and some fields that were no find, show other things. `name` is the run's target when absent.
 * Throws EM_RUN_FOLDER, EM_USAGE.
 */
export async function picturesOfRuns(runs: readonly string[], name?: string): Promise<OwnPictures & { readonly model: string }> {
  const all: RunPictures[] = [];
  for (const run of runs) all.push(await picturesOfRun(run));
  const targets = [...new Set(all.map(({ target }) => target))];
  if (name === undefined && targets.length > 1) throw new EmagentError('EM_USAGE', `The runs looked for different things (${targets.join(', ')}): say with --name what the finds marked right are.`);
  return { labels: [name ?? targets[0]!, OTHER], pictures: all.flatMap(({ pictures }) => pictures), model: all.at(-1)!.model };
}
