import { EmagentError } from '../../contract/errors.ts';
import { readPicture } from '../../imaging/picture-file.ts';
import { withoutDataBar } from '../../imaging/data-bar.ts';
import { renderSvg } from '../../imaging/svg-picture.ts';
import { thumbnailJpeg } from '../../imaging/thumbnail.ts';
import { randomFor } from '../../lib/random.ts';
import type { OpenBackbone } from '../backbone.ts';
import { readDataset, type DatasetItem } from '../dataset.ts';
import { embedPictures } from '../embeddings.ts';
import { drawing, fixed, textAt } from '../plots/svg.ts';
import { shuffle } from '../split.ts';
import { medoids } from './medoids.ts';
import { surveyPictures } from './survey.ts';

export interface MontageOptions {
  readonly dir: string;
  readonly backbone: OpenBackbone;
  readonly perCategory: number;
  readonly seed: number;
  readonly onProgress?: (what: string, done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface Montage {
  readonly png: Uint8Array;
  /** Pictures shown, by folder. */
  readonly shown: Readonly<Record<string, readonly string[]>>;
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
}

const TILE = { width: 220, height: 165, gap: 8 } as const;
const MARGIN = 24;
const LETTER = 9.4;
/** So many of a large category are looked at, drawn by the seed: they show its range as well as all of them would. */
const LOOKED_AT = 150;

interface Row {
  readonly folder: string;
  readonly n: number;
  readonly pictures: readonly DatasetItem[];
}

async function drawMontage(title: string, rows: readonly Row[], perCategory: number): Promise<Uint8Array> {
  const left = MARGIN + Math.max(...rows.map(({ folder }) => folder.length)) * LETTER + 20;
  const top = MARGIN + 40;
  const parts = [textAt([MARGIN, MARGIN + 14], title, { size: 20, bold: true })];
  for (const [row, { folder, n, pictures }] of rows.entries()) {
    const y = top + row * (TILE.height + TILE.gap);
    parts.push(
      textAt([MARGIN, y + TILE.height / 2], folder, { size: 15, bold: true }),
      textAt([MARGIN, y + TILE.height / 2 + 20], `${n} ${n === 1 ? 'picture' : 'pictures'}`, { size: 13, colour: '#666' }),
    );
    for (const [column, { path }] of pictures.entries()) {
      const jpeg = await thumbnailJpeg(withoutDataBar(await readPicture(path)), { widthPx: TILE.width * 2, heightPx: TILE.height * 2 });
      const x = left + column * (TILE.width + TILE.gap);
      parts.push(`<image x="${fixed(x)}" y="${fixed(y)}" width="${TILE.width}" height="${TILE.height}" href="data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}"/>`);
    }
  }
  const size = { width: left + perCategory * (TILE.width + TILE.gap) - TILE.gap + MARGIN, height: top + rows.length * (TILE.height + TILE.gap) - TILE.gap + MARGIN };
  return renderSvg(drawing(size, title, parts), { scale: 1.5 });
}

/**
 * One picture of the whole data set: a row for each folder with its most representative pictures, the medoids of their embeddings.
 * Throws EM_DATASET, EM_MODEL_FAILED.
 */
export async function datasetMontage(title: string, { dir, backbone, perCategory, seed, onProgress, signal }: MontageOptions): Promise<Montage> {
  const dataset = await readDataset(dir);
  const all = [...dataset.items, ...dataset.other];
  const folders = [...new Set(all.map(({ category }) => category))];
  const looked = folders.flatMap((folder) => shuffle(all.filter(({ category }) => category === folder), randomFor(seed, folder)).slice(0, LOOKED_AT));
  const going = signal === undefined ? {} : { signal };
  const { pictures, unreadable } = await surveyPictures(looked, { ...going, onProgress: (done, total) => onProgress?.('reading', done, total) });
  if (pictures.length === 0) throw new EmagentError('EM_DATASET', `None of the pictures in ${dir} can be read: ${unreadable[0]!.file}: ${unreadable[0]!.reason}`);
  const items = pictures.map(({ item }) => item);
  // The centred view alone tells what a picture shows well enough to choose by.
  const single = { ...backbone, input: { ...backbone.input, views: { ...backbone.input.views, count: 1 } } };
  const embedded = (await embedPictures(items, ['whole'], { ...going, backbone: single, seed, onProgress: (done, total) => onProgress?.('comparing', done, total) })).get('whole')!.centre;
  const rows: Row[] = [];
  for (const folder of folders) {
    const own = items.flatMap((item, index) => (item.category === folder ? [index] : []));
    if (own.length === 0) continue;
    const data = new Float32Array(own.length * embedded.columns);
    own.forEach((index, row) => data.set(embedded.data.subarray(index * embedded.columns, (index + 1) * embedded.columns), row * embedded.columns));
    const chosen = medoids({ rows: own.length, columns: embedded.columns, data }, perCategory);
    rows.push({ folder, n: all.filter(({ category }) => category === folder).length, pictures: chosen.map((row) => items[own[row]!]!) });
  }
  const png = await drawMontage(title, rows, Math.max(...rows.map((row) => row.pictures.length)));
  return { png, shown: Object.fromEntries(rows.map(({ folder, pictures: shown }) => [folder, shown.map(({ file }) => file)])), unreadable };
}
