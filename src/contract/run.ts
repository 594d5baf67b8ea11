import { z } from 'zod';
import { ModelMetrics } from './model-manifest.ts';
import { Region } from './region.ts';
import { Find, SearchOptions, TileGrid } from './strategy.ts';

/** What ends a run before its goal. Absent: no such limit. */
export const Budget = z.strictObject({
  /** Fields imaged, of any magnification. */
  fields: z.int().positive().optional(),
  instrumentSeconds: z.number().positive().optional(),
  /** Mean dose over the searched area, C/m^2. */
  doseCPerM2: z.number().positive().optional(),
  /** Most dose that any place may take, over all its exposures: a field that would go beyond is left out. It ends no run. */
  siteDoseCPerM2: z.number().positive().optional(),
});
export type Budget = z.infer<typeof Budget>;

/** Everything that a run was asked to do, complete: it stands in `run.json` and is enough to repeat the run. */
export const RunPlan = z.strictObject({
  target: z.string(),
  microscope: z.string(),
  model: z.string(),
  engine: z.enum(['auto', 'onnx', 'tensorflow']),
  device: z.enum(['auto', 'gpu', 'cpu']),
  strategy: z.string(),
  seed: z.int(),
  grid: TileGrid,
  search: SearchOptions,
  /** The shapes that the grid was made from; absent when it is a plain rectangle. */
  region: Region.optional(),
  /** The useq plan that the fields come from, and how many of its fields were left out for a keep-out zone. */
  fieldPlan: z.strictObject({ path: z.string(), leftOut: z.int() }).optional(),
  /** What was known before the first look, which `search.priorLogOdds` was made from. */
  prior: z.strictObject({
    kind: z.enum(['picture', 'positions', 'run']),
    source: z.string(),
    /** Share of the targets that is expected where the source says; the rest is expected everywhere alike. */
    trust: z.number(),
    /** What was made of it, in a sentence. */
    words: z.string(),
  }).optional(),
  budget: Budget,
  /** Skipped fields in a row after which the run ends as faulted. */
  maxConsecutiveSkips: z.int().positive(),
  /** Focus at the start and again when the picture is blurred. */
  autofocusRangeUm: z.number().positive(),
  /** The picture is calibrated against the stage by known steps, at the first field that was focused. */
  calibrates: z.boolean().optional(),
});
export type RunPlan = z.infer<typeof RunPlan>;

export const Outcome = z.enum(['found', 'exhausted', 'budget', 'stopped', 'faulted', 'panicked']);
export type Outcome = z.infer<typeof Outcome>;

/** A find as it is reported: with the picture it rests on. */
export const ReportedFind = Find.extend({
  label: z.string(),
  zUm: z.number(),
  fieldWidthUm: z.number(),
  /** Frame id; its picture is `frames/<frame>.ome.tif` in the run folder. */
  frame: z.string(),
  /** Wall-clock time, ISO 8601. */
  at: z.string(),
  /** Instrument seconds since the start of the run. */
  instrumentSeconds: z.number(),
});
export type ReportedFind = z.infer<typeof ReportedFind>;

/** Counts and sums of a run, at any moment. */
export const RunTotals = z.strictObject({
  fields: z.strictObject({
    planned: z.int(),
    imaged: z.int(),
    skipped: z.int(),
    /** Imaged, but the picture could not be trusted. */
    rejected: z.int(),
    surveyed: z.int(),
    inspected: z.int(),
    confirmed: z.int(),
  }),
  instrumentSeconds: z.number(),
  wallSeconds: z.number(),
  /** Charge put on the specimen, and its mean over the area. */
  doseC: z.number(),
  meanDoseCPerM2: z.number(),
  /** Of all tiles, over all exposures. Absent in runs of earlier versions. */
  highestSiteDoseCPerM2: z.number().optional(),
  stageTravelUm: z.number(),
});
export type RunTotals = z.infer<typeof RunTotals>;

const Part = z.strictObject({ tiles: z.int(), areaUm2: z.number(), share: z.number() });
const LookedAt = Part.extend({
  pixelSizeNm: z.number(),
  dwellUs: z.number(),
  /** Looks of this band that count. */
  looks: z.int(),
  /** Share of targets that such a look detects, by the model's own likelihoods; null when the looks do not tell: too few, or led to where targets are. */
  sensitivity: z.number().nullable(),
});

/** The searched area by the closest look that each part of it got; the shares are of the whole. */
export const Coverage = z.strictObject({ areaUm2: z.number(), inspected: LookedAt, surveyedOnly: LookedAt, skipped: Part, unseen: Part });
export type Coverage = z.infer<typeof Coverage>;

/** `emagent search --json`, and the `result` of run.json. */
export const RunResult = RunTotals.extend({
  runId: z.string(),
  target: z.string(),
  outcome: Outcome,
  reason: z.string(),
  finds: z.array(ReportedFind),
  /** Places that hold a target more likely than not, but were not confirmed; the likeliest first. Absent in runs of earlier versions. */
  suspects: z.array(z.strictObject({ tile: z.int(), xUm: z.number(), yUm: z.number(), probability: z.number() })).optional(),
  /** Expected number of targets that were not found, and its 95 % upper credible bound. */
  missedBound: z.strictObject({ expected: z.number(), upper95: z.number() }),
  coverage: Coverage.optional(),
  /** Finds, coverage and what may be left, in sentences. */
  closing: z.array(z.string()).optional(),
  engine: z.string(),
  device: z.string(),
  model: z.string(),
  microscope: z.string(),
  strategy: z.string(),
  seed: z.int(),
  runDir: z.string(),
  error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string() }).optional(),
});
export type RunResult = z.infer<typeof RunResult>;

/** What the instrument said of itself at one moment: a `MicroscopeState`. */
export const InstrumentSnapshot = z.object({
  stage: z.object({ xUm: z.number(), yUm: z.number(), zUm: z.number(), rotationDeg: z.number(), tiltDeg: z.number() }),
  optics: z.object({
    fieldWidthUm: z.number(),
    workingDistanceMm: z.number(),
    accelerationKv: z.number(),
    beamCurrentPa: z.number(),
    stigmatorX: z.number(),
    stigmatorY: z.number(),
    scanRotationDeg: z.number(),
  }),
  beam: z.string(),
  blanked: z.boolean(),
  vacuum: z.string(),
  detector: z.string(),
});
export type InstrumentSnapshot = z.infer<typeof InstrumentSnapshot>;

/** `run.json`: written when the run begins, and again, with `after` and `result`, when it has ended. */
export const RunFile = z.object({
  v: z.literal(1),
  runId: z.string(),
  /** Of emagent and of Node. */
  version: z.string(),
  node: z.string(),
  plan: RunPlan,
  microscope: z.object({ driver: z.string(), url: z.string(), model: z.string(), serialNumber: z.string() }),
  model: z.object({ id: z.string(), engine: z.string(), device: z.string(), provider: z.string() }),
  /** sha256 of the model's files, by name. */
  modelFiles: z.record(z.string(), z.string()),
  /** Accuracy of the model with the data it was measured on, from its manifest. */
  modelMetrics: z.array(ModelMetrics).optional(),
  instrument: z.object({ info: z.unknown(), before: InstrumentSnapshot }),
  /** Of the end of the run; in words when the instrument could not be read any more. */
  after: z.union([InstrumentSnapshot, z.object({ error: z.string() })]).optional(),
  result: RunResult.optional(),
});
export type RunFile = z.infer<typeof RunFile>;
