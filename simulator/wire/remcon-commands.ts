import { formatNumber, parseNumber, type CommandLine } from '../../drivers/remcon/codec/lines.ts';
import { REFUSAL } from '../../drivers/remcon/codec/refusals.ts';
import { DWELL_US, HFW_AT_MAG_1_M, MAGNIFICATION, WORKING_DISTANCE_MM } from '../../drivers/remcon/codec/scales.ts';
import { Refusal, type RemconInstrument } from './remcon-instrument.ts';
import { exponent } from './remcon-picture.ts';

/** What a command does; resolves with the data of its completion. Throws Refusal. */
type Handler = (instrument: RemconInstrument, args: readonly number[], rest: string) => Promise<string> | string;

interface Entry {
  /** Numbers it takes; `text` for a name with blanks. */
  readonly takes: number | 'text';
  readonly run: Handler;
}

const done = async (work: Promise<unknown>): Promise<string> => {
  await work;
  return '';
};
const inside = (value: number, { min, max }: { readonly min: number; readonly max: number }): number => {
  if (value < min || value > max) throw new Refusal(REFUSAL.outOfRange);
  return value;
};
const whole = (value: number, min: number, max: number): number => {
  if (!Number.isInteger(value)) throw new Refusal(REFUSAL.parameterType);
  return inside(value, { min, max });
};
const flag = (value: number): boolean => whole(value, 0, 1) === 1;
const bit = (on: boolean): string => (on ? '1' : '0');
const percent = { min: -100, max: 100 };
const share = { min: 0, max: 100 };
const fixed = (...values: readonly number[]): string => values.map((value) => value.toFixed(5)).join(' ');
/** Four decimals more than a scale of hundreds needs: what is set is read back. */
const steady = (value: number): string => formatNumber(Math.round(value * 1e7) / 1e7);

const ask = (run: Handler): Entry => ({ takes: 0, run });
/** A pair that is only kept; read by another name, and 0 to begin with. */
const keep = (key: string, limits: readonly { readonly min: number; readonly max: number }[]): Entry => ({
  takes: limits.length,
  run: ({ kept }, args) => {
    kept.set(key, args.map((value, index) => inside(value, limits[index]!)));
    return '';
  },
});
const kept = (key: string, initial: readonly number[]): Entry => ask(({ kept: values }) => (values.get(key) ?? initial).map(formatNumber).join(' '));
/** Takes a flag and keeps nothing. */
const accept: Entry = {
  takes: 1,
  run: (_, [on]) => {
    flag(on!);
    return '';
  },
};

/** How long switching the external scan takes. */
const EXTERNAL_SCAN_MS = 2000;

const rotate = (instrument: RemconInstrument): Promise<string> => done(instrument.setOptics({ scanRotationDeg: instrument.scanRotationOn ? instrument.scanRotationDeg : 0 }));
const integrate: Entry = { takes: 1, run: (instrument, [count]) => done(instrument.integrate(whole(count!, 1, 255))) };

const COMMANDS: Readonly<Record<string, Entry>> = {
  '': ask(() => ''),
  'VER?': ask(() => 'SmartSEM Remote Control V06.01, February 2016 (simulated by emagent)'),
  // Reached only through the queue, when nothing runs any more; the connection takes it before that.
  ABO: ask((instrument) => {
    instrument.abort();
    return '';
  }),
  // There is no macro on this microscope.
  MAC: {
    takes: 1,
    run: () => {
      throw new Refusal(REFUSAL.notNow);
    },
  },
  JDK: accept,

  'STG?': ask(async (instrument) => {
    const { xMm, yMm, zMm, moving } = await instrument.axes();
    return `${fixed(xMm, yMm, zMm)} ${moving ? '1.0' : '0.0'}`;
  }),
  'C95?': ask(async (instrument) => {
    const { xMm, yMm, zMm, tiltDeg, rotationDeg, mMm, moving } = await instrument.axes();
    return `${fixed(xMm, yMm, zMm, tiltDeg, rotationDeg, mMm)} ${moving ? '1.0' : '0.0'}`;
  }),
  STG: {
    takes: 3,
    run: async (instrument, [xMm, yMm, zMm]) => done(instrument.move({ ...(await instrument.axes()), xMm: xMm!, yMm: yMm!, zMm: zMm! })),
  },
  C95: {
    takes: 6,
    run: (instrument, [xMm, yMm, zMm, tiltDeg, rotationDeg, mMm]) =>
      done(instrument.move({ xMm: xMm!, yMm: yMm!, zMm: zMm!, tiltDeg: tiltDeg!, rotationDeg: inside(rotationDeg!, { min: 0, max: 360 }), mMm: inside(mMm!, { min: 0, max: 10 }) })),
  },
  'IST?': ask(({ stageInitialised }) => `5 ${stageInitialised ? 0 : 1}`),

  'EHT?': ask(async (instrument) => formatNumber(Number((await instrument.highTensionKv()).toFixed(4)))),
  EHT: { takes: 1, run: (instrument, [kv]) => done(instrument.setHighTension(inside(kv!, { min: 0, max: 40 }))) },
  BMON: { takes: 1, run: (instrument, [mode]) => done(instrument.setBeamMonitor(whole(mode!, 0, 2))) },
  'GUN?': ask((instrument) => String(instrument.gun())),
  'BBL?': ask(async (instrument) => bit(await instrument.isBlanked())),
  BBLK: { takes: 1, run: (instrument, [on]) => done(instrument.setBlanked(flag(on!))) },
  SCM: {
    takes: 1,
    run: (instrument, [on]) => {
      instrument.specimenCurrentMonitor = flag(on!);
      return '';
    },
  },
  'PRB?': ask(async (instrument) => {
    if (!instrument.specimenCurrentMonitor) throw new Refusal(REFUSAL.notNow);
    return formatNumber((await instrument.state()).optics.beamCurrentPa * 1e-12);
  }),
  PROB: { takes: 1, run: (instrument, [amperes]) => done(instrument.setProbeCurrent(inside(amperes!, { min: 1e-14, max: 2e-5 }))) },
  'APR?': kept('aperture', [1]),
  APER: { takes: 1, run: (instrument, args) => keep('aperture', [{ min: 1, max: 6 }]).run(instrument, [whole(args[0]!, 1, 6)], '') },
  'ALN?': kept('alignment', [0, 0]),
  AALN: keep('alignment', [percent, percent]),
  GALN: keep('gunAlignment', [percent, percent]),
  'STI?': ask(async (instrument) => {
    const { stigmatorX, stigmatorY } = (await instrument.state()).optics;
    return `${steady(stigmatorX * 100)} ${steady(stigmatorY * 100)}`;
  }),
  STIM: { takes: 2, run: (instrument, [x, y]) => done(instrument.setOptics({ stigmatorX: inside(x!, percent) / 100, stigmatorY: inside(y!, percent) / 100 })) },
  'FOC?': ask(async (instrument) => steady((await instrument.state()).optics.workingDistanceMm)),
  FOCS: { takes: 1, run: (instrument, [mm]) => done(instrument.setOptics({ workingDistanceMm: inside(mm!, WORKING_DISTANCE_MM) })) },
  BEAM: keep('beamShift', [{ min: -1, max: 1 }, { min: -1, max: 1 }]),
  CTRB: ask((instrument) => keep('beamShift', [percent, percent]).run(instrument, [0, 0], '')),
  'VAC?': ask(async (instrument) => exponent(await instrument.vacuumMbar())),

  'MAG?': ask(async (instrument) => formatNumber(await instrument.magnification())),
  MAG: { takes: 1, run: (instrument, [magnification]) => done(instrument.setOptics({ fieldWidthUm: (HFW_AT_MAG_1_M * 1e6) / inside(magnification!, MAGNIFICATION) })) },
  'PIX?': ask(async (instrument) => formatNumber(((await instrument.state()).optics.fieldWidthUm * 1000) / 1024)),
  'SRO?': ask(({ scanRotationDeg }) => formatNumber(scanRotationDeg)),
  SRO: {
    takes: 1,
    run: (instrument, [deg]) => {
      instrument.scanRotationDeg = inside(deg!, { min: 0, max: 360 });
      return rotate(instrument);
    },
  },
  SRON: {
    takes: 1,
    run: (instrument, [on]) => {
      instrument.scanRotationOn = flag(on!);
      return rotate(instrument);
    },
  },
  'RAT?': ask(({ scanRate }) => String(scanRate)),
  RATE: {
    takes: 1,
    run: (instrument, [rate]) => {
      // Slower ones would dwell longer on a pixel than the simulated scan generator can.
      instrument.scanRate = whole(rate!, 0, DWELL_US.length - 1);
      return '';
    },
  },
  'EXS?': kept('externalScan', [0]),
  EDX: {
    takes: 1,
    run: async ({ microscope, kept: values }, [on]) => {
      const external = flag(on!);
      await microscope.clock.sleep(EXTERNAL_SCAN_MS);
      values.set('externalScan', [external ? 1 : 0]);
      return '';
    },
  },
  'DET?': ask(({ detector }) => detector),
  DET: {
    takes: 'text',
    run: (instrument, _, name) => {
      const fitted = instrument.microscope.info.detectors.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
      if (fitted === undefined) throw new Refusal(REFUSAL.notFitted);
      instrument.detector = fitted;
      return '';
    },
  },
  'BGT?': kept('brightness', [50]),
  BRGT: keep('brightness', [share]),
  'CST?': kept('contrast', [35]),
  CRST: keep('contrast', [share]),
  ABGT: accept,
  ACST: accept,
  NORM: ask((instrument) => {
    if (instrument.integrating) instrument.abort();
    return '';
  }),
  SPOT: keep('spot', [{ min: 0, max: 1023 }, { min: 0, max: 767 }]),
  LPR: keep('lineProfile', [{ min: 0, max: 767 }]),
  FREZ: ask(() => ''),
  PXNR: ask(() => ''),
  LINT: integrate,
  FINT: integrate,
  'INT?': ask(({ integrating }) => (integrating ? '0' : '1')),
  'PHN?': ask(({ photoNumber }) => String(photoNumber)),
  FREC: ask((instrument) => done(instrument.record())),
};

/** Looks a command up. `invalid` when its arguments are not so many; throws Refusal for an unknown one and for what are no numbers. */
export function find({ name, args, rest }: CommandLine): ((instrument: RemconInstrument) => Promise<string>) | 'invalid' {
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) throw new Refusal(REFUSAL.unknownCommand);
  if (entry.takes === 'text') return rest === '' ? 'invalid' : async (instrument) => entry.run(instrument, [], rest);
  if (args.length !== entry.takes) return 'invalid';
  const numbers = args.map(parseNumber);
  if (numbers.includes(undefined)) throw new Refusal(REFUSAL.parameterType);
  return async (instrument) => entry.run(instrument, numbers as number[], rest);
}
