import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { EXIT } from '../../contract/errors.ts';
import { evaluate } from '../../learn/evaluate.ts';
import { likelihoodTables } from '../../learn/evaluation/bands.ts';
import { evaluationFiles } from '../../learn/evaluation/files.ts';
import { prepareFolder, writeFiles } from '../../lib/write-files.ts';
import { openModel } from '../../session/classifier.ts';
import { defineCommand } from '../command.ts';
import { evaluationTable } from '../evaluation-table.ts';
import { createProgressLine } from '../progress-line.ts';

const PARTS = ['train', 'validation', 'test'] as const;
/** Of the artefacts that are drawn and of the fields of the magnification bands: two evaluations see the same ones. */
const SEED = 1;

export const command = defineCommand({
  builder: (yargs) =>
    yargs
      .option('model', { type: 'string', default: 'sem11', describe: 'Id or folder of the model' })
      .option('data', { type: 'string', demandOption: true, describe: 'Folder of labelled pictures: <Category>/<picture>' })
      .option('split', { type: 'string', describe: 'Split file: only the pictures of --part' })
      .option('part', { type: 'string', choices: PARTS, describe: 'Part of the split (test)' })
      .option('out', { type: 'string', describe: 'Folder for tables, plots (SVG and PNG) and likelihood ratios' })
      .option('views', { type: 'number', describe: 'Views averaged per picture; the model says how many when absent' })
      .option('engine', { type: 'string', choices: ['auto', 'onnx', 'tensorflow'], default: 'auto', describe: 'Inference engine' })
      .option('device', { type: 'string', choices: ['auto', 'gpu', 'cpu'], default: 'auto', describe: 'Where it runs' })
      .example('$0 evaluate --data pictures/ --split split.json --out figures/', 'the shipped model on the test part'),
  schema: z
    .object({
      model: z.string().min(1).default('sem11'),
      data: z.string().min(1),
      split: z.string().min(1).optional(),
      part: z.enum(PARTS).optional(),
      out: z.string().min(1).optional(),
      views: z.int().positive().optional(),
      engine: z.enum(['auto', 'onnx', 'tensorflow']).default('auto'),
      device: z.enum(['auto', 'gpu', 'cpu']).default('auto'),
      json: z.boolean().default(false),
    })
    .refine(({ part, split }) => part === undefined || split !== undefined, { path: ['part'], message: 'says which part of a split: give the file with --split' }),
  run: async ({ model, data, split, part = 'test', out, views, engine, device, json }, { print, printJson, log, interactive }) => {
    if (out !== undefined) await prepareFolder(out);
    const { classifier, manifest } = await openModel({ model, engine, device, log });
    const progress = createProgressLine({ interactive, unit: 'pictures' });
    try {
      const { result, details } = await evaluate({
        classifier,
        data,
        seed: SEED,
        ...(manifest.own !== undefined && { own: manifest.own }),
        ...(split !== undefined && { split: { path: split, parts: [part] } }),
        ...(views !== undefined && { views }),
        onProgress: (done, total) => progress.step(done, total),
      });
      const measuredOn = `${basename(resolve(data))}${split === undefined ? '' : `, ${part} part`}`;
      const likelihood =
        out === undefined
          ? []
          : await likelihoodTables(details.known, { classifier, manifest, seed: SEED, data: measuredOn, onProgress: (done, total) => progress.step(done, total, 'as a search sees them') });
      progress.clear();
      for (const warning of result.warnings) log.warn(warning);
      // The figures of a model for one category of one's own stand at the top.
      const [only, ...more] = Object.values(result.targets);
      const own = only === undefined || more.length > 0 ? {} : { auroc: only.auroc, recallAt: only.recallAt, atThreshold: only.atThreshold };
      const document = {
        model: classifier.modelId,
        data,
        ...(split !== undefined && { split, part }),
        ...result,
        ...own,
        reliability: details.reliability,
        ...(out !== undefined && { likelihood, out }),
      };
      if (out !== undefined) await writeFiles(out, await evaluationFiles({ result, details, title: `${classifier.modelId} on ${measuredOn}`, likelihood, document }));
      if (json) printJson(document);
      else print(`${classifier.modelId} on ${measuredOn}\n${evaluationTable(result)}${out === undefined ? '' : `\n\nTables and plots: ${out}`}`);
    } finally {
      progress.clear();
      await classifier.dispose();
    }
    return EXIT.done;
  },
});
