import { z } from 'zod';
import { FaultScript } from './faults.ts';

/** Distractors that belong to no category: pictures of folders whose name begins with `_`. */
export const OTHER = 'other';

/** A category, `Background`, or `other`. Labels beyond the ten categories need a data set that has them. */
const SiteLabel = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a category, Background or other');
export type SiteLabel = z.infer<typeof SiteLabel>;

/** How the sites of one label lie on the sample; each model is one function of scene/placement.ts. */
export const Placement = z.discriminatedUnion('model', [
  z.strictObject({ model: z.literal('uniform') }),
  /** Thomas process: parents uniform, children normal around them. */
  z.strictObject({ model: z.literal('clustered'), parents: z.int().positive().default(2), spreadUm: z.number().positive().default(25) }),
  /** Density rising linearly along a direction (counter-clockwise from +x) from 0 at one edge. */
  z.strictObject({ model: z.literal('gradient'), directionDeg: z.number().default(0) }),
  /** Around the edge of the area, as material carried outwards by a drying drop. */
  z.strictObject({ model: z.literal('edge-ring'), widthUm: z.number().positive().default(30) }),
  /** All sites of the label together at one known point. */
  z.strictObject({ model: z.literal('needle'), xUm: z.number(), yUm: z.number() }),
  /** Around the sites of another label, so that the two are easily taken for each other. */
  z.strictObject({ model: z.literal('near'), label: SiteLabel, spreadUm: z.number().positive().default(25) }),
]);
export type Placement = z.infer<typeof Placement>;

const Sample = z.strictObject({
  /** The area that holds the sites; outside of it there is only substrate. */
  widthUm: z.number().positive().default(400),
  heightUm: z.number().positive().default(300),
  centreUm: z.tuple([z.number(), z.number()]).default([0, 0]),
  site: z
    .strictObject({
      widthUm: z.number().positive().default(20),
      heightUm: z.number().positive().default(15),
      /** Standard deviation of the size, as a share of it. */
      sizeSpread: z.number().min(0).max(0.3).default(0.05),
      /** Sites are turned by any angle up to this one, either way. */
      maxRotationDeg: z.number().min(0).max(180).default(180),
      /** Part of the shorter edge over which a site fades into the substrate. */
      blend: z.number().min(0.01).max(0.4).default(0.08),
    })
    .prefault({}),
  /** Number of sites of each label. */
  sites: z.record(SiteLabel, z.int().nonnegative()).default({}),
  /** Number of sites of each category that a data set has and `sites` does not name. */
  sitesOfUnnamed: z.int().nonnegative().default(0),
  placement: Placement.prefault({ model: 'clustered' }),
  /** Labels that lie otherwise than the rest. */
  placements: z.record(SiteLabel, Placement).default({}),
  allowOverlap: z.boolean().default(false),
  substrate: z
    .strictObject({
      /** Mean electron yield of the bare substrate, 0 to 1. */
      level: z.number().min(0).max(1).default(0.3),
      /** Standard deviation of its texture, in units of yield. */
      contrast: z.number().min(0).max(0.3).default(0.02),
    })
    .prefault({}),
});

const Optics = z.strictObject({
  fieldWidthUm: z.number().min(1).max(2000).default(80),
  workingDistanceMm: z.number().min(1).max(50).default(5),
  accelerationKv: z.number().min(0.2).max(30).default(5),
  beamCurrentPa: z.number().positive().max(100_000).default(100),
  /** Half-angle of the probe: blur grows by this much per length of defocus. */
  halfAngleMrad: z.number().positive().default(5),
  /** Standard deviation of the probe in focus. */
  probeNm: z.number().nonnegative().default(2),
  /** Distance between the two line foci with the stigmators at 0, and the direction of the first. */
  astigmatismUm: z.number().nonnegative().default(0),
  astigmatismDeg: z.number().default(0),
  /** Distance between the line foci that the stigmators make at full setting. */
  stigmatorRangeUm: z.number().positive().default(50),
  /** How long the image takes to be steady after a change of the optics. */
  settleMs: z.number().nonnegative().default(150),
});

/** Height of the specimen under the lens, as the working distance at which a point is sharp. */
const Surface = z.strictObject({
  /** Sharp working distance at (0, 0) and z = 10 mm. */
  workingDistanceMm: z.number().positive().default(5.006),
  tiltXUmPerMm: z.number().default(4),
  tiltYUmPerMm: z.number().default(-3),
  /** Coefficient of x² + y². */
  curvatureUmPerMm2: z.number().default(0),
});

const Stage = z.strictObject({
  speedUmPerS: z.number().positive().default(2000),
  accelerationUmPerS2: z.number().positive().default(5000),
  /** Time after the end of a motion until the stage is called still. */
  settleMs: z.number().nonnegative().default(300),
  ringAmplitudeUm: z.number().nonnegative().default(0.3),
  ringDecayMs: z.number().positive().default(60),
  ringHz: z.number().positive().default(12),
  repeatabilityUm: z.number().nonnegative().default(0.05),
  backlashUm: z.number().nonnegative().default(0.3),
  /** Step of the position read back. */
  quantumUm: z.number().nonnegative().default(0.01),
  /** Read back farther than this from the target: the move has failed. */
  toleranceUm: z.number().positive().default(1),
});

const Drift = z.strictObject({
  amplitudeNm: z.number().nonnegative().default(30),
  periodS: z.number().positive().default(900),
});

const Detector = z.strictObject({
  /** Detective quantum efficiency: share of the electrons that count. */
  dqe: z.number().positive().max(1).default(0.5),
  /** Standard deviation of the amplifier noise, in detected electrons per microsecond of dwell. */
  readNoiseElectrons: z.number().nonnegative().default(2),
  /** Grey (0 to 1) per unit of yield at the starting beam current. */
  gain: z.number().positive().default(1),
  /** Grey (0 to 1) without any signal. */
  blackLevel: z.number().min(0).max(0.5).default(0.02),
  flybackUs: z.number().nonnegative().default(40),
});

/** One simulated sample and instrument; every figure has a default, so that a file says only what is special about it. */
export const Scenario = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/, 'small letters, digits and hyphens'),
  summary: z.string(),
  sample: Sample.prefault({}),
  optics: Optics.prefault({}),
  surface: Surface.prefault({}),
  stage: Stage.prefault({}),
  drift: Drift.prefault({}),
  detector: Detector.prefault({}),
  faults: z.array(FaultScript).default([]),
  /** What a run over it should come to: read by tests and benchmarks, never by the instrument. */
  expect: z.record(z.string(), z.unknown()).default({}),
});
export type Scenario = z.infer<typeof Scenario>;
