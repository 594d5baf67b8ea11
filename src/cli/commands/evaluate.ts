import { z } from 'zod';
import { EXIT } from '../../contract/errors.ts';
import { evaluate, type Evaluation } from '../../learn/evaluate.ts';
import { openModel } from '../../session/classifier.ts';
import { defineCommand } from '../command.ts';

const PARTS = ['train', 'validation', 'test'] as const;

function table(result: Evaluation): string {
  const share = (value: number): string => value.toFixed(3);
  const interval = (name: 'accuracy' | 'macroF1' | 'ece'): string => `[${result.intervals[name].map(share).join(', ')}]`;
  const width = Math.max(...result.labels.map((label) => label.length));
  const classes = Object.entries(result.perClass).map(
    ([label, { n, precision, recall, f1 }]) => `${label.padEnd(width)}  ${String(n).padStart(5)}  ${share(precision)}      ${share(recall)}   ${share(f1)}`,
  );
  const confusion = result.confusion.flatMap((row, index) => (row.some((n) => n > 0) ? [`${result.labels[index]!.padEnd(width)}  ${row.map((n) => String(n).padStart(4)).join('')}`] : []));
  const lines = [
    `pictures  ${result.n}`,
    `accuracy  ${share(result.accuracy)} ${interval('accuracy')}`,
    `macro-F1  ${share(result.macroF1)} ${interval('macroF1')}`,
    `ECE       ${share(result.ece)} ${interval('ece')}`,
    `coverage  ${share(result.coverage.share)} not rejected, accuracy ${share(result.coverage.accuracy)} among them`,
    `(95 % intervals: bootstrap over ${result.intervalsOver})`,
    '',
    `${''.padEnd(width)}      n  precision  recall  F1`,
    ...classes,
    '',
    'True (rows) and said (columns, in the order of the model\'s labels):',
    ...confusion,
  ];
  if (result.other.n > 0) lines.push('', `Other (${result.other.folders.join(', ')}): ${result.other.rejected} of ${result.other.n} rejected.`);
  return lines.join('\n');
}

export const command = defineCommand({
  builder: (yargs) =>
    yargs
      .option('model', { type: 'string', default: 'sem11', describe: 'Id or folder of the model' })
      .option('data', { type: 'string', demandOption: true, describe: 'Folder of labelled pictures: <Category>/<picture>' })
      .option('split', { type: 'string', describe: 'Split file: only the pictures of --part' })
      .option('part', { type: 'string', choices: PARTS, default: 'test', describe: 'Part of the split' })
      .option('views', { type: 'number', describe: 'Views averaged per picture; the model says how many when absent' })
      .option('engine', { type: 'string', choices: ['auto', 'onnx', 'tensorflow'], default: 'auto', describe: 'Inference engine' })
      .option('device', { type: 'string', choices: ['auto', 'gpu', 'cpu'], default: 'auto', describe: 'Where it runs' }),
  schema: z.object({
    model: z.string().min(1).default('sem11'),
    data: z.string().min(1),
    split: z.string().min(1).optional(),
    part: z.enum(PARTS).default('test'),
    views: z.int().positive().optional(),
    engine: z.enum(['auto', 'onnx', 'tensorflow']).default('auto'),
    device: z.enum(['auto', 'gpu', 'cpu']).default('auto'),
    json: z.boolean().default(false),
  }),
  run: async ({ model, data, split, part, views, engine, device, json }, { print, printJson, log, interactive }) => {
    const { classifier } = await openModel({ model, engine, device, log });
    try {
      const result = await evaluate({
        classifier,
        data,
        ...(split !== undefined && { split: { path: split, parts: [part] } }),
        ...(views !== undefined && { views }),
        ...(interactive && { onProgress: (done, total) => process.stderr.write(`\r${done} of ${total} pictures${done === total ? '\n' : ''}`) }),
      });
      for (const warning of result.warnings) log.warn(warning);
      if (json) printJson({ model: classifier.modelId, data, ...(split !== undefined && { split, part }), ...result });
      else print(table(result));
    } finally {
      await classifier.dispose();
    }
    return EXIT.done;
  },
});
