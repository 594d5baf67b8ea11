import type { Argv } from 'yargs';
import { z } from 'zod';
import { OrderMode } from '../contract/strategy.ts';
import { Duration } from './duration.ts';

const positive = z.number().positive();
const rate = z.number().gt(0).lt(1);

/** `400x300` in µm. */
const Size = z.string().transform((text, context) => {
  const match = /^(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)$/.exec(text);
  if (match === null) {
    context.addIssue({ code: 'custom', message: `"${text}" is no size such as 400x300 (width x height in µm)` });
    return z.NEVER;
  }
  return { widthUm: Number(match[1]), heightUm: Number(match[2]) };
});

/** `-120,40.5` in µm. */
const Point = z.string().transform((text, context) => {
  const match = /^(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)$/.exec(text);
  if (match === null) {
    context.addIssue({ code: 'custom', message: `"${text}" is no position such as -120,40 (x,y in µm)` });
    return z.NEVER;
  }
  return { xUm: Number(match[1]), yUm: Number(match[2]) };
});

/** Given once or several times. */
const Several = z.union([z.string().min(1), z.array(z.string().min(1))]).transform((given) => (typeof given === 'string' ? [given] : given)).default([]);

const percent = z.number().min(0, 'Overlap is 0 to 90 percent').max(90, 'Overlap is 0 to 90 percent');

/** `10`, or `10,5`: across and down. */
const Overlap = z.union([z.number(), z.string()]).transform((given, context) => {
  const values = String(given).split(',').map(Number);
  const checked = z.union([z.tuple([percent]), z.tuple([percent, percent])]).safeParse(values);
  if (checked.success) return checked.data.length === 1 ? checked.data[0] : checked.data;
  context.addIssue({ code: 'custom', message: `"${given}" is no overlap such as 10 or 10,5 (percent, 0 to 90)` });
  return z.NEVER;
});

/** `-100,-50,100,50` in µm. */
const Rectangle = z.string().transform((text, context) => {
  const [leftUm, bottomUm, rightUm, topUm, ...more] = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (leftUm === undefined || bottomUm === undefined || rightUm === undefined || topUm === undefined || more.length > 0 || !(rightUm > leftUm) || !(topUm > bottomUm)) {
    context.addIssue({ code: 'custom', message: `"${text}" is no rectangle such as -100,-50,100,50 (left,bottom,right,top in µm)` });
    return z.NEVER;
  }
  return { leftUm, bottomUm, rightUm, topUm };
});

/** How a run is paced, shown and kept: the same for `search` and `resume`. */
export const RunArguments = z.strictObject({
  fields: z.int().positive().optional(),
  time: Duration.optional(),
  dose: positive.optional(),
  siteDose: positive.optional(),
  live: z.boolean().default(true),
  livePort: z.int().min(0).max(65_535).optional(),
  liveHost: z.string().default('127.0.0.1'),
  token: z.string().min(1).optional(),
  stay: z.boolean().default(false),
  speed: positive.optional(),
  realtime: z.boolean().default(false),
  recordWire: z.string().min(1).optional(),
  json: z.boolean().default(false),
});
export type RunArguments = z.infer<typeof RunArguments>;

/** Every option of `emagent search`, with its default; also what a configuration file may hold. */
export const SearchArguments = RunArguments.extend({
  target: z.string({ error: 'which category is to be found? For instance --target Nanowires' }),
  microscope: z.string().default('sim:'),
  scenario: z.string().optional(),
  dataset: z.string().optional(),
  like: z.array(z.string().min(1)).min(1).optional(),
  model: z.string().default('sem11'),
  engine: z.enum(['auto', 'onnx', 'tensorflow']).default('auto'),
  device: z.enum(['auto', 'gpu', 'cpu']).default('auto'),
  strategy: z.string().optional(),
  seed: z.int().nonnegative().default(1),
  finds: z.int().positive().default(3),
  area: Size.optional(),
  centre: Point.optional(),
  rows: z.int().positive().optional(),
  columns: z.int().positive().optional(),
  relativeTo: z.enum(['center', 'top_left']).optional(),
  region: Several,
  keepOut: Several,
  keepOutMargin: z.number().nonnegative().default(2),
  plan: z.string().min(1).optional(),
  mode: OrderMode.optional(),
  prior: z.string().min(1).optional(),
  priorArea: Rectangle.optional(),
  priorRadius: positive.optional(),
  priorTrust: rate.default(0.5),
  fieldWidth: positive.optional(),
  dwell: positive.default(1),
  overlap: Overlap.optional(),
  prevalence: rate.default(0.02),
  falseFindRate: rate.default(0.01),
  missRate: rate.default(0.05),
  calibrate: z.boolean().default(false),
  runs: z.string().default('runs'),
  config: z.string().optional(),
});
export type SearchArguments = z.infer<typeof SearchArguments>;

const BUDGET = 'Budget:';
const WATCHING = 'Watching:';

export function buildRunOptions(yargs: Argv): Argv {
  return yargs
    .option('fields', { type: 'number', group: BUDGET, describe: 'Fields imaged' })
    .option('time', { type: 'string', group: BUDGET, describe: 'Instrument time, e.g. 90s, 30m, 2h' })
    .option('dose', { type: 'number', group: BUDGET, describe: 'Mean dose over the area, C/m²' })
    .option('site-dose', { type: 'number', group: BUDGET, describe: 'Most dose that any place may take, C/m²' })
    .option('live', { type: 'boolean', group: WATCHING, describe: 'Dashboard and live socket; --no-live to leave them out' })
    .option('live-port', { type: 'number', group: WATCHING, describe: 'Port of the dashboard (8787, or a free one)' })
    .option('live-host', { type: 'string', group: WATCHING, describe: 'Address to listen at (127.0.0.1; any other needs --token)' })
    .option('token', { type: 'string', group: WATCHING, describe: 'Secret that viewers must know' })
    .option('stay', { type: 'boolean', group: WATCHING, describe: 'Keep the dashboard open after the run until Ctrl-C' })
    .option('record-wire', { type: 'string', group: 'With:', describe: 'New file for everything that goes over the wire; replay:FILE plays it' })
    .option('speed', { type: 'number', group: 'Simulated microscope:', describe: 'Times real time; absent: as fast as the machine can' })
    .option('realtime', { type: 'boolean', group: 'Simulated microscope:', describe: 'Same as --speed 1' });
}

/** Defaults stand in the schema alone, so that what was typed can be told from what was not. */
export function buildSearchOptions(yargs: Argv): Argv {
  return buildRunOptions(yargs)
    .option('target', { type: 'string', alias: 't', group: 'What:', describe: 'Category to find (emagent list categories)' })
    .option('like', { type: 'string', array: true, group: 'What:', describe: 'Picture of what is to be found, instead of --target; may be given again' })
    .option('finds', { type: 'number', group: 'What:', describe: 'Confirmed finds after which the search is over (3)' })
    .option('area', { type: 'string', group: 'Where:', describe: 'Width x height to search, µm (400x300)' })
    .option('centre', { type: 'string', group: 'Where:', describe: 'Centre of the area x,y in µm (where the stage is)' })
    .option('rows', { type: 'number', group: 'Where:', describe: 'With --columns instead of --area: so many rows of fields' })
    .option('columns', { type: 'number', group: 'Where:', describe: 'So many columns of fields' })
    .option('relative-to', { type: 'string', group: 'Where:', describe: 'What --centre is: center of the area, or top_left, its first field (center)' })
    .option('region', { type: 'string', group: 'Where:', describe: 'Shapes to search: circle:X,Y,R, rectangle:L,B,R,T, polygon:X,Y X,Y …, or a file' })
    .option('keep-out', { type: 'string', group: 'Where:', describe: 'Shapes that no picture may show, written like --region' })
    .option('keep-out-margin', { type: 'number', group: 'Where:', describe: 'How far a field may stand off its place, µm (2)' })
    .option('plan', { type: 'string', group: 'Where:', describe: 'The fields of a useq-schema plan (JSON or YAML)' })
    .option('field-width', { type: 'number', group: 'Where:', describe: 'Field width that shows one structure, µm (20)' })
    .option('overlap', { type: 'string', group: 'Where:', describe: 'Overlap of neighbouring fields, percent, or across,down (0)' })
    .option('microscope', { type: 'string', alias: 'm', group: 'With:', describe: 'Address of the microscope (sim:, the simulated one)' })
    .option('dwell', { type: 'number', group: 'With:', describe: 'Dwell time of an inspection, µs (1)' })
    .option('model', { type: 'string', group: 'With:', describe: 'Model id or folder (sem11)' })
    .option('engine', { type: 'string', group: 'With:', describe: 'auto, onnx or tensorflow (auto)' })
    .option('device', { type: 'string', group: 'With:', describe: 'auto, gpu or cpu (auto)' })
    .option('strategy', { type: 'string', group: 'How:', describe: 'emagent list strategies (adaptive)' })
    .option('mode', { type: 'string', group: 'How:', describe: 'Order of the fields: row_wise, row_wise_snake, column_wise, column_wise_snake, spiral' })
    .option('prior', { type: 'string', group: 'How:', describe: 'Where targets are likely: a picture, a list of positions, or an earlier run' })
    .option('prior-area', { type: 'string', group: 'How:', describe: 'Stage rectangle of the picture: left,bottom,right,top in µm' })
    .option('prior-radius', { type: 'number', group: 'How:', describe: 'How near to a listed position, µm (two field widths)' })
    .option('prior-trust', { type: 'number', group: 'How:', describe: 'Share of the targets that lie where the prior says (0.5)' })
    .option('seed', { type: 'number', group: 'How:', describe: 'Seed of strategy and simulated specimen (1)' })
    .option('prevalence', { type: 'number', group: 'How:', describe: 'Expected share of fields with the target (0.02)' })
    .option('false-find-rate', { type: 'number', group: 'How:', describe: 'Accepted rate of false finds (0.01)' })
    .option('miss-rate', { type: 'number', group: 'How:', describe: 'Accepted rate of misses among looks that confirm (0.05)' })
    .option('calibrate', { type: 'boolean', group: 'How:', describe: 'Measure by known steps how the picture lies to the stage, and use it' })
    .option('scenario', { type: 'string', group: 'Simulated microscope:', describe: 'emagent list scenarios, or a YAML file (default)' })
    .option('dataset', { type: 'string', group: 'Simulated microscope:', describe: 'Folder <Category>/<picture> whose pictures lie on the stage' })
    .option('runs', { type: 'string', describe: 'Folder of the run folders (runs)' })
    .option('config', { type: 'string', describe: 'YAML or JSON file with these options; the command line wins' })
    .example('$0 search --target Nanowires', 'search the simulated specimen')
    .example('$0 search -t Tips -m scope+ws://127.0.0.1:8765 --time 2h', 'search for two hours on a microscope at this address');
}
