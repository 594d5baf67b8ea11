import { z } from 'zod';
import { EmagentError, EXIT } from '../../contract/errors.ts';
import { openModel } from '../../session/classifier.ts';
import { classifyPictures, findPictures, type ClassifiedPicture } from '../../session/classify-pictures.ts';
import { defineCommand } from '../command.ts';

const FORMATS = ['table', 'csv', 'json'] as const;

interface Ranked {
  readonly label: string;
  readonly probability: number;
}

function ranked(labels: readonly string[], probabilities: readonly number[]): Ranked[] {
  return labels.map((label, index) => ({ label, probability: probabilities[index] ?? 0 })).sort((a, b) => b.probability - a.probability);
}

function jsonOf(labels: readonly string[], picture: ClassifiedPicture): object {
  if ('error' in picture) return { path: picture.path, error: picture.error.toJSON() };
  const { label, probabilities, energy, rejected } = picture.prediction;
  const [first, second] = ranked(labels, probabilities);
  return {
    path: picture.path,
    label,
    probability: first?.probability,
    second,
    ...(rejected !== undefined && { rejected: rejected.reason }),
    energy,
    probabilities: Object.fromEntries(labels.map((name, index) => [name, probabilities[index]])),
  };
}

const quote = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function csvRow(labels: readonly string[], picture: ClassifiedPicture): string {
  const cells = (() => {
    if ('error' in picture) return [picture.path, '', '', '', '', picture.error.message, ...labels.map(() => '')];
    const { label, probabilities, rejected } = picture.prediction;
    const [first, second] = ranked(labels, probabilities);
    return [
      picture.path, label, first!.probability.toFixed(6), second!.label, rejected?.reason ?? '', '',
      ...probabilities.map((probability) => probability.toFixed(6)),
    ];
  })();
  return cells.map(quote).join(',');
}

const csvHead = (labels: readonly string[]): string => ['picture', 'label', 'probability', 'second', 'rejected', 'error', ...labels].map(quote).join(',');

function tableRow(labels: readonly string[], picture: ClassifiedPicture, widths: { path: number; label: number }): string {
  if ('error' in picture) return `${picture.path.padEnd(widths.path)}  not classified: ${picture.error.message}`;
  const { label, probabilities, rejected } = picture.prediction;
  const [first, second] = ranked(labels, probabilities);
  const columns = [
    picture.path.padEnd(widths.path),
    label.padEnd(widths.label),
    first!.probability.toFixed(3).padStart(11),
    `${second!.label} ${second!.probability.toFixed(3)}`.padEnd(widths.label + 6),
    rejected?.reason ?? '',
  ];
  return columns.join('  ').trimEnd();
}

const BAR_WIDTH = 24;

/** Redraws one line on a terminal; says nothing anywhere else. */
function createProgressBar(total: number, shown: boolean): { step(done: number): void; clear(): void } {
  return {
    step: (done) => {
      if (!shown) return;
      const filled = Math.round((done / total) * BAR_WIDTH);
      process.stderr.write(`\r\u001B[K${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${done}/${total} pictures`);
    },
    clear: () => {
      if (shown) process.stderr.write('\r\u001B[K');
    },
  };
}

export const command = defineCommand({
  builder: (yargs) =>
    yargs
      .positional('paths', { type: 'string', array: true, describe: 'Pictures, and folders of them (searched with all below)', demandOption: true })
      .option('model', { type: 'string', describe: 'Model id or folder (sem11)' })
      .option('engine', { type: 'string', describe: 'auto, onnx or tensorflow (auto)' })
      .option('device', { type: 'string', describe: 'auto, gpu or cpu (auto)' })
      .option('views', { type: 'number', describe: 'Views of each picture that are averaged: 1, 3, 5, 7 or 9 (as the model says)' })
      .option('csv', { type: 'boolean', describe: 'Comma-separated values with all probabilities' })
      .example('$0 classify pictures/', 'the categories of all pictures in a folder'),
  schema: z.strictObject({
    paths: z.array(z.string()).min(1),
    model: z.string().default('sem11'),
    engine: z.enum(['auto', 'onnx', 'tensorflow']).default('auto'),
    device: z.enum(['auto', 'gpu', 'cpu']).default('auto'),
    views: z.number().refine((count) => [1, 3, 5, 7, 9, 14].includes(count), 'there can be 1, 3, 5, 7, 9 or 14 views').optional(),
    csv: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  run: async ({ paths, model, engine, device, views, csv, json }, { log, print, printJson, interactive }) => {
    if (csv && json) throw new EmagentError('EM_USAGE', 'Choose one of --csv and --json.');
    const format: (typeof FORMATS)[number] = csv ? 'csv' : json ? 'json' : 'table';
    const pictures = await findPictures(paths);
    const { classifier, manifest } = await openModel({ model, engine, device, log });
    const { labels } = classifier;
    const widths = { path: Math.max(7, ...pictures.map(({ length }) => length)), label: Math.max(...labels.map(({ length }) => length)) };
    const bar = createProgressBar(pictures.length, interactive && pictures.length > 16);
    const results: ClassifiedPicture[] = [];
    try {
      if (format === 'csv') print(csvHead(labels));
      if (format === 'table') print(`${'picture'.padEnd(widths.path)}  ${'category'.padEnd(widths.label)}  probability  second`);
      for await (const picture of classifyPictures(classifier, pictures, views === undefined ? {} : { views })) {
        results.push(picture);
        bar.clear();
        if ('error' in picture) process.stderr.write(`emagent: ${picture.error.message}\n`);
        if (format === 'csv') print(csvRow(labels, picture));
        if (format === 'table') print(tableRow(labels, picture, widths));
        bar.step(results.length);
      }
    } finally {
      bar.clear();
      await classifier.dispose();
    }
    if (format === 'json') {
      printJson({
        model: manifest.id,
        engine: classifier.engine,
        device: classifier.device,
        provider: classifier.provider,
        views: views ?? manifest.input.views.count,
        labels,
        pictures: results.map((picture) => jsonOf(labels, picture)),
      });
    }
    return results.some((picture) => 'error' in picture) ? EXIT.usage : EXIT.done;
  },
});
