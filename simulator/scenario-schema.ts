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
      /** Lines along x and y that repeat: a field looks like its neighbour one period on. `contrast` in units of yield. */
      grid: z.strictObject({ periodUm: z.number().positive(), lineUm: z.number().positive(), contrast: z.number().min(-1).max(1) }).optional(),
    })
    .prefault({}),
  /** Round spots over everything else: holes (yield 0) and particles that saturate the detector (yield above 1). */
  discs: z
    .array(z.strictObject({ xUm: z.number(), yUm: z.number(), radiusUm: z.number().positive(), yield: z.number().min(0).max(20) }))
    .default([]),
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
  /** The probe grows with the beam current to this power; `probeNm` holds at 100 pA. 0: it does not grow. */
  probeCurrentExponent: z.number().min(0).max(1).default(0.375),
  /** How far the focus moves when the high tension changes by 1 kV. */
  refocusUmPerKv: z.number().default(20),
  /** Where the beam lands beside the axis of the stage. */
  beamShiftUm: z.tuple([z.number(), z.number()]).default([0, 0]),
  /** Turn of the scan that the read-back does not know. */
  scanRotationErrorDeg: z.number().min(-10).max(10).default(0),
  /** The field is larger than it says by this share. */
  magnificationError: z.number().min(-0.2).max(0.2).default(0),
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
  /** Edges of terraces: beyond the line through (x, y), in the direction of its normal, the working distance is longer by `riseUm`. */
  steps: z
    .array(z.strictObject({ xUm: z.number().default(0), yUm: z.number().default(0), normalDeg: z.number().default(0), riseUm: z.number() }))
    .default([]),
});

/** Where the stage must not go; positions of the stage, so that z includes the specimen's height. */
const KeepOut = z.discriminatedUnion('shape', [
  z.strictObject({ shape: z.literal('sphere'), xUm: z.number(), yUm: z.number(), zUm: z.number(), radiusUm: z.number().positive() }),
  z.strictObject({
    shape: z.literal('box'),
    xUm: z.tuple([z.number(), z.number()]),
    yUm: z.tuple([z.number(), z.number()]),
    zUm: z.tuple([z.number(), z.number()]),
  }),
]);
export type KeepOut = z.infer<typeof KeepOut>;

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
  /** How long after its start a move is first called one. */
  flagLatencyMs: z.number().nonnegative().default(0),
  /** How often the position read back is renewed while the stage moves; 0: always fresh. */
  readBackHz: z.number().nonnegative().default(0),
  /** Creep in the direction of a move of 0.1 mm or more after it, and its time constant. */
  relaxationUm: z.number().nonnegative().default(0.1),
  relaxationS: z.number().positive().default(20),
  /** How the image lies to the axes of the stage. */
  image: z
    .strictObject({
      rotationDeg: z.number().default(1.5),
      /** True length per length that the scan says. */
      scale: z.number().min(0.5).max(2).default(1.004),
      /** Displacement along the lines per length across them. */
      shear: z.number().min(-0.5).max(0.5).default(0),
      /** The image shows y downwards. */
      mirroredY: z.boolean().default(false),
    })
    .prefault({}),
  keepOut: z.array(KeepOut).default([]),
});

const Drift = z.strictObject({
  amplitudeNm: z.number().nonnegative().default(30),
  periodS: z.number().positive().default(900),
  /** Random walk beside it: what it spreads by within a minute, and the time constant of the force that brings it back. */
  walkNmPerMin: z.number().nonnegative().default(3),
  restoreS: z.number().positive().default(600),
});

const Vibration = z.strictObject({
  amplitudeNm: z.number().nonnegative().default(1),
  frequencyHz: z.number().positive().default(50),
});

const Charging = z.strictObject({
  /** Labels whose sites charge up; `substrate` for all that no site covers. */
  insulating: z.array(z.string()).default([]),
  /** Dose that charges up to 63 %. */
  doseCPerM2: z.number().positive().default(0.2),
  /** Time constant of the leak while the beam is on the specimen. */
  leakS: z.number().positive().default(5),
  /** What a full charge does: to the yield, to what lies after something bright (and over how many pixels), to the place of the image. */
  brightness: z.number().default(0.15),
  /** Spread of that from line to line, as a share. */
  flicker: z.number().nonnegative().default(0.5),
  streak: z.number().nonnegative().default(1),
  streakPx: z.number().positive().default(60),
  shiftUm: z.number().default(0.3),
});

const Contamination = z.strictObject({
  /** Share of the yield that is lost at most. */
  strength: z.number().min(0).max(1).default(0.3),
  /** Dose that takes 63 % of that. */
  doseCPerM2: z.number().positive().default(500),
});

const Column = z.strictObject({
  vacuum: z.enum(['ready', 'vented']).default('ready'),
  /** After a trip: until pumping begins by itself. */
  tripS: z.number().nonnegative().default(20),
  pumpS: z.number().nonnegative().default(60),
  ventS: z.number().nonnegative().default(30),
  /** Until the blanker has done what it was told; magnetic ones take about 750 ms. */
  blankerMs: z.number().nonnegative().default(1),
  /** High tension: its start, and each kV of change. */
  rampStartS: z.number().nonnegative().default(2),
  rampSPerKv: z.number().nonnegative().default(1),
  /** A gun that was shut down is slow to come back. */
  gunRecoveryS: z.number().nonnegative().default(180),
  /** How long the battery lasts when the mains fail; then the gun is shut down. */
  batteryS: z.number().positive().default(600),
  /** How long the fault beam-sags takes to nothing. */
  sagS: z.number().positive().default(30),
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
  /** Integration: each line, or the whole frame, is scanned that many times. Less noise for more dose; drift goes on. */
  averaging: z.strictObject({ mode: z.enum(['line', 'frame']).default('frame'), count: z.int().min(1).max(256).default(1) }).prefault({}),
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
  vibration: Vibration.prefault({}),
  charging: Charging.prefault({}),
  contamination: Contamination.prefault({}),
  column: Column.prefault({}),
  detector: Detector.prefault({}),
  faults: z.array(FaultScript).default([]),
  /** What a run over it should come to: read by tests and benchmarks, never by the instrument. */
  expect: z.record(z.string(), z.unknown()).default({}),
});
export type Scenario = z.infer<typeof Scenario>;
