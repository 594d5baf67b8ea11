import { z } from 'zod';
import { EXIT } from '../../contract/errors.ts';
import { datasetInfo, type CategoryInfo, type DatasetInfo } from '../../learn/data/info.ts';
import { PARTS } from '../../learn/split.ts';
import { defineCommand } from '../command.ts';
import { createProgressLine } from '../progress-line.ts';

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const spread = ([low, middle, high]: CategoryInfo['widthPx']): string => (low === high ? String(low) : `${low}-${high} (${middle})`);

function categoryTable({ categories, other, n }: DatasetInfo): string[] {
  const own = Object.entries(categories);
  const rows = [...own, ...Object.entries(other)];
  const withParts = rows.some(([, { parts }]) => parts !== undefined);
  const width = Math.max(8, ...rows.map(([name]) => name.length));
  const cells = (name: string, values: readonly string[]): string => `${name.padEnd(width)}${values.map((value, index) => value.padStart(index < 2 ? 9 : 13)).join('')}`.trimEnd();
  const line = (name: string, { n: count, share, parts, groups, laboratories, widthPx, heightPx }: CategoryInfo): string =>
    cells(name, [
      String(count),
      name.startsWith('_') ? '' : percent(share),
      ...(withParts ? PARTS.map((part) => String(parts?.[part] ?? '')) : []),
      String(groups ?? '-'),
      String(laboratories ?? '-'),
      `  ${spread(widthPx)} x ${spread(heightPx)}`,
    ]);
  return [
    cells('category', ['pictures', 'share', ...(withParts ? PARTS : []), 'specimens', 'laboratories', '  pixels (median)']),
    ...rows.map(([name, category]) => line(name, category)),
    cells('all', [String(n), '', ...(withParts ? PARTS.map((part) => String(own.reduce((sum, [, { parts }]) => sum + (parts?.[part] ?? 0), 0))) : [])]),
  ];
}

const LISTED = 5;

const listed = (lines: readonly string[]): string[] => [...lines.slice(0, LISTED).map((line) => `  ${line}`), ...(lines.length > LISTED ? [`  … and ${lines.length - LISTED} more (--json lists all)`] : [])];

function table(info: DatasetInfo): string {
  const { exact, near } = info.duplicates;
  const sizes = info.sizes.slice(0, 3).map(({ widthPx, heightPx, n }) => `${widthPx} x ${heightPx} (${n})`).join(', ');
  return [
    ...categoryTable(info),
    '',
    `imbalance        ${info.imbalance.toFixed(1)} pictures of the largest category for each of the smallest`,
    `sizes            ${info.sizes.length} of them; most common ${sizes}; ${(info.bytes / 1e6).toFixed(1)} MB`,
    `copies           ${exact.surplus} byte-identical files too many in ${exact.sets.length} sets, ${exact.acrossCategories} of them across categories`,
    ...listed(exact.sets.map((set) => set.join(' = '))),
    `near duplicates  ${near.pictures} pictures in ${near.sets.length} sets (${near.method}, at most ${near.bits} of 64 bits differ), ${near.acrossCategories} of them across categories`,
    ...listed(near.sets.map((set) => set.join(' ~ '))),
    `unreadable       ${info.unreadable.length}`,
    ...listed(info.unreadable.map(({ file, reason }) => `${file}: ${reason}`)),
    ...(info.sources === undefined ? [] : [`sources.csv      ${info.sources.rows} rows; names ${info.sources.missing.length} pictures that are not there, lacks ${info.sources.unnamed} that are`, ...listed(info.sources.missing)]),
  ].join('\n');
}

/** `emagent dataset info`: what is in a data set, and what is wrong with it. */
export const info = defineCommand({
  builder: (yargs) => yargs.option('split', { type: 'string', describe: 'info: split file whose parts are counted' }).example('$0 dataset info pictures/', 'counts, sizes, duplicates, broken files'),
  schema: z.strictObject({
    path: z.string('give the folder of the data set').min(1),
    split: z.string().min(1).optional(),
    json: z.boolean().default(false),
  }),
  run: async ({ path, split, json }, { print, printJson, interactive }) => {
    const progress = createProgressLine({ interactive, unit: 'pictures' });
    const result = await datasetInfo(path, { ...(split !== undefined && { split }), onProgress: (done, total) => progress.step(done, total) }).finally(() => progress.clear());
    if (json) printJson(result);
    else print(table(result));
    return EXIT.done;
  },
});
