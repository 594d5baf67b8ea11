import type { Command } from './command.ts';

interface Entry {
  /** Name and positionals as yargs wants them. */
  readonly usage: string;
  readonly summary: string;
  readonly load: () => Promise<{ command: Command<never> }>;
}

const entry = <T>(usage: string, summary: string, load: () => Promise<{ command: Command<T> }>): Entry => ({
  usage,
  summary,
  load: load as unknown as Entry['load'],
});

/** Every command: a name stands here once, its module is loaded only when it is run. */
export const COMMANDS = {
  search: entry('search', 'Find a category on the specimen: the main job', () => import('./commands/search.ts')),
  simulate: entry('simulate', 'The simulated microscope alone, for any client', () => import('./commands/simulate.ts')),
  resume: entry('resume <run>', 'Go on with a run that was stopped, faulted, died, or spent its budget', () => import('./commands/resume.ts')),
  score: entry('score <run>', 'Hold the finds of a simulated run against what really lay on the stage', () => import('./commands/score.ts')),
  watch: entry('watch [url]', 'Live progress of a running search in the terminal', () => import('./commands/watch.ts')),
  serve: entry('serve', 'Dashboard that classifies pictures, without a search', () => import('./commands/serve.ts')),
  classify: entry('classify <paths..>', 'Categories of pictures and folders of them: table, CSV or JSON', () => import('./commands/classify.ts')),
  bench: entry('bench <what> [name]', 'Measure speed on this machine, and searches against others; prints JSON', () => import('./commands/bench.ts')),
  dataset: entry('dataset <what> [path]', 'Data sets: info, montage, split, download, synthesize', () => import('./commands/dataset.ts')),
  train: entry('train', 'Train a network on a folder of pictures (needs the TensorFlow engine)', () => import('./commands/train.ts')),
  evaluate: entry('evaluate', 'Measure a model on a folder of labelled pictures', () => import('./commands/evaluate.ts')),
  adapt: entry('adapt', 'A model for a category of your own from 10 to 20 pictures', () => import('./commands/adapt.ts')),
  mark: entry('mark <run> <verdict> <finds..>', 'Say which finds of a run are right or wrong, for `adapt --from-run`', () => import('./commands/mark.ts')),
  report: entry('report <run>', 'Write the report of a run folder (report.html) anew', () => import('./commands/report.ts')),
  export: entry('export <run>', 'Finds of a run as CSV, GeoJSON, useq-schema or SerialEM navigator; its fields as a plan', () => import('./commands/export.ts')),
  schema: entry('schema <name>', 'JSON Schema of what emagent reads and writes: events, plan, result, model, config', () => import('./commands/schema.ts')),
  setup: entry('setup <what>', 'Build what is not there: the native TensorFlow engine', () => import('./commands/setup.ts')),
  doctor: entry('doctor', 'What is found on this machine: engines, GPU, model, serial ports, and how fast', () => import('./commands/doctor.ts')),
  list: entry('list <what>', 'Names that exist: drivers, strategies, models, scenarios, categories', () => import('./commands/list.ts')),
} as const;
