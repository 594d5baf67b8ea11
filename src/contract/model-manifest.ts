import { z } from 'zod';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** How a picture is looked at: the magnification band of the search that the look belongs to. */
export const Band = z.enum(['survey', 'inspect', 'confirm']);
export type Band = z.infer<typeof Band>;

/**
 * Likelihood ratio of `score` = logit(calibrated probability of the label): a piecewise linear curve,
 * log p(score | label present) - log p(score | absent), clipped at its ends. The prior of the training set is taken out.
 */
export const LikelihoodCurve = z.strictObject({
  band: Band,
  /** `*` is the curve of every label without one of its own. */
  label: z.string(),
  score: z.array(z.number()).min(2),
  logRatio: z.array(z.number()).min(2),
  /** Measured on what, with how many pictures. */
  data: z.string(),
});
export type LikelihoodCurve = z.infer<typeof LikelihoodCurve>;

const Interval = z.tuple([z.number(), z.number()]);

export const ModelMetrics = z.strictObject({
  /** Which pictures, how they were held out. */
  data: z.string(),
  n: z.int().nonnegative(),
  accuracy: z.number(),
  macroF1: z.number(),
  ece: z.number(),
  /** 95 % bootstrap intervals over groups. */
  intervals: z.record(z.string(), Interval).optional(),
});

/** What a model for a category of one's own says of itself, from pictures held out one scene at a time. */
export const OwnCategory = z.strictObject({
  /** A picture counts as a find from this calibrated probability on. */
  threshold: z.number().min(0).max(1),
  /** The false-find rate that the threshold is meant for. */
  falseFindRate: z.number(),
  /** Pictures of the category, and scenes among them (near duplicates count once). */
  pictures: z.int(),
  scenes: z.int(),
  /** Pictures of other things: of the user, and of other instruments that came with the base model. */
  against: z.int(),
  shipped: z.int(),
  /** Expected at the threshold, with 95 % intervals (Wilson 1927); absent without pictures of other things on the same instrument. */
  expected: z
    .strictObject({
      recall: z.number(),
      recallInterval: Interval,
      falseFinds: z.number(),
      falseFindsInterval: Interval,
      auroc: z.number(),
    })
    .optional(),
  /** Why it should not be trusted yet, a sentence each; empty when it may be. */
  doubts: z.array(z.string()),
});
export type OwnCategory = z.infer<typeof OwnCategory>;

/** `examples.json` of a model for one's own categories: the pictures whose numbers it keeps, in their order. */
export const KeptExamples = z.array(z.strictObject({ name: z.string(), sha256: Sha256, label: z.string(), group: z.string().optional() }));

/** `models/<id>/model.json`. A model folder is loadable from any path. */
export const ModelManifest = z.strictObject({
  v: z.literal(1),
  id: z.string().regex(/^[A-Za-z0-9._-]+$/),
  summary: z.string(),
  /** Includes `Background`, or `Other` in a model for one's own categories. The order of the outputs. */
  labels: z.array(z.string()).min(2),
  input: z.strictObject({
    name: z.string(),
    widthPx: z.int().positive(),
    heightPx: z.int().positive(),
    channels: z.union([z.literal(1), z.literal(3)]),
    /** Value fed = (v - offset) / scale with v from 0 to 255. */
    offset: z.number(),
    scale: z.number(),
    /** Each view is first brought to this mean and standard deviation (0 to 255), so that brightness and contrast do not count. */
    equalise: z.strictObject({ mean: z.number(), standardDeviation: z.number() }).optional(),
    /** Square views averaged per picture: centre and corners, edge as a share of the picture's shorter side. */
    views: z.strictObject({ count: z.int().positive(), share: z.number().positive().max(1) }),
  }),
  outputs: z.strictObject({ logits: z.string(), embedding: z.string(), embeddingLength: z.int().positive() }),
  /** Divides the logits. */
  temperature: z.number().positive(),
  /** Rejected when the energy lies above. */
  rejectionEnergy: z.number().optional(),
  likelihood: z.array(LikelihoodCurve),
  training: z.strictObject({
    data: z.array(z.strictObject({ name: z.string(), n: z.int(), licence: z.string(), sha256: Sha256.optional() })),
    /** File in the model folder with the sha256 of every picture used, and its part of the split. */
    split: z.string().optional(),
    seed: z.int(),
    backbone: z.string(),
    command: z.string(),
  }),
  metrics: z.array(ModelMetrics),
  /** Of a model for categories of one's own: what it says of each. */
  own: z.record(z.string(), OwnCategory).optional(),
  /** sha256 of every other file of the folder that is needed, by name; `weights` names the ONNX file among them. */
  weights: z.string(),
  files: z.record(z.string(), Sha256),
});
export type ModelManifest = z.infer<typeof ModelManifest>;

/** The split file of a model or a data set: nothing is moved, pictures are known by the sha256 of their bytes. */
export const SplitFile = z.strictObject({
  v: z.literal(1),
  seed: z.int(),
  by: z.enum(['group', 'image']),
  /** Shares that were asked for, and where the groups came from; for people. */
  shares: z.strictObject({ train: z.number(), validation: z.number(), test: z.number() }).optional(),
  groupsFrom: z.string().optional(),
  parts: z.strictObject({ train: z.array(Sha256), validation: z.array(Sha256), test: z.array(Sha256) }),
});
export type SplitFile = z.infer<typeof SplitFile>;
