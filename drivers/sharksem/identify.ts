import { EmagentError } from '../../src/contract/errors.ts';
import type { Axis, MicroscopeInfo, Range } from '../../src/contract/microscope.ts';
import { FUNCTIONS, type FunctionName, isAtLeast, OLDEST_VERSION, SINCE } from './codec/functions.ts';
import { readMap } from './codec/values.ts';
import type { Control } from './control.ts';
import type { AddressOptions } from './options.ts';
import type { Session } from './session.ts';
import { AXES, type Flip, signOf, wireFactorOf } from './units.ts';

/** The oldest version that can stop the stage. */
const NEEDED_VERSION = FUNCTIONS.StgStop.since;

/**
 * Asks for the version; a server too old to tell is taken for 1.0.0. Throws EM_PROTOCOL for one that is too old, and for
 * whatever is no SharkSEM server.
 */
export async function askVersion(control: Control): Promise<string> {
  const { description } = control;
  let told: readonly [string] | undefined;
  try {
    told = await control.probe('TcpGetVersion');
    if (told === undefined && (await control.probe('StgIsBusy')) === undefined) {
      throw new EmagentError('EM_PROTOCOL', `${description} takes the connection and answers nothing: SharkSEM is switched off there, or it is something else.`);
    }
  } catch (thrown) {
    if ((thrown as EmagentError).code !== 'EM_LINK_CLOSED') throw thrown;
    throw new EmagentError('EM_PROTOCOL', `${description} ended the connection at the first word: it takes no more clients, or it is something else.`, { cause: thrown });
  }
  const version = told?.[0] ?? OLDEST_VERSION;
  if (!/^\d+(\.\d+)*/.test(version)) throw new EmagentError('EM_PROTOCOL', `${description} calls its version of SharkSEM "${version}".`);
  if (!isAtLeast(version, NEEDED_VERSION)) {
    const assumed = told === undefined ? ' (assumed, as it does not tell)' : '';
    throw new EmagentError('EM_PROTOCOL', `${description} speaks SharkSEM ${version}${assumed}, which cannot stop the stage; ${NEEDED_VERSION} or newer is needed.`);
  }
  return version;
}

/** What the rest of the driver needs to know of the instrument besides its `info`. */
export interface Instrument {
  readonly version: string;
  readonly info: MicroscopeInfo;
  /** Number of each detector of `info.detectors`. */
  readonly detectorNumbers: readonly number[];
  /** Dwell time of each speed index, us. */
  readonly speedsUs: ReadonlyMap<number, number>;
  /** Functions that it was found to have, or should have by its version. */
  has(name: FunctionName): boolean;
  readonly hasBlankerIndex: boolean;
  readonly takesDwell: boolean;
  readonly takesFocusRange: boolean;
}

/** For an instrument that does not list its speeds; from the usual scan speeds 1 to 7 (to confirm on hardware). */
const USUAL_DWELL_US: Range = { min: 0.1, max: 100 };
const FRAME_SIZES_PX = [[128, 96], [256, 192], [512, 384], [768, 576], [1024, 768], [2048, 1536], [4096, 3072]] as const;
/** Conservative: no function tells them. */
const TIMING = { stageSpeedUmPerS: 1000, stageSettleMs: 700, opticsSettleMs: 500, frameOverheadMs: 1000 };
/** An axis without a motor stays where it is; a range has a width. */
const STILL = 0.001;

/** Functions that no source dates, or that are known to be missing somewhere: each is tried once. */
const TRIED = ['GetUPSStatus', 'GetImageRot', 'ScEnumSpeeds', 'TcpGetModel', 'TcpGetDevice', 'DtEnumDetectors'] as const satisfies readonly FunctionName[];

const intersect = (a: Range, b: Range): Range => ({ min: Math.max(a.min, b.min), max: Math.min(a.max, b.max) });

async function axesOf(session: Session, { version, options, flip }: { readonly version: string; readonly options: AddressOptions; readonly flip: Flip }): Promise<Record<Axis, Range>> {
  const told = isAtLeast(version, FUNCTIONS.StgGetLimits.since) ? await session.call('StgGetLimits', [1]) : undefined;
  const position = await session.call('StgGetPosition');
  const ranges = AXES.map((axis, index): readonly [Axis, Range] => {
    const factor = wireFactorOf(axis) * signOf(axis, flip);
    const here = (position[index] as number) * factor;
    const fixed = { min: here - STILL, max: here + STILL };
    const given = options[axis];
    if (told === undefined) {
      if (given === undefined && (axis === 'xUm' || axis === 'yUm')) {
        throw new EmagentError('EM_USAGE', `SharkSEM ${version} of ${session.description} does not tell the limits of its stage: give them in the address, ?xUm=-20000..20000&yUm=-20000..20000.`);
      }
      return [axis, given ?? fixed];
    }
    const [low, high] = [told[2 * index] as number, told[2 * index + 1] as number];
    if (low === 0 && high === 0) return [axis, fixed];
    const limits = { min: Math.min(low * factor, high * factor), max: Math.max(low * factor, high * factor) };
    const allowed = given === undefined ? limits : intersect(limits, given);
    if (!(allowed.min < allowed.max)) throw new EmagentError('EM_USAGE', `The stage allows ${axis} from ${limits.min} to ${limits.max}: nothing of that lies within what the address says.`);
    return [axis, allowed];
  });
  return Object.fromEntries(ranges) as Record<Axis, Range>;
}

/** `det.0.name`, or `det.0.detector` when it has no name. */
function detectorsOf(text: string | undefined): Map<number, string> {
  const detectors = new Map<number, string>();
  for (const [key, value] of readMap(text ?? '')) {
    const [, index, what] = /^det\.(\d+)\.(name|detector)$/.exec(key) ?? [];
    if (index === undefined || (what === 'detector' && detectors.has(Number(index)))) continue;
    detectors.set(Number(index), value);
  }
  return detectors;
}

function speedsOf(text: string | undefined): Map<number, number> {
  const speeds = new Map<number, number>();
  for (const [key, value] of readMap(text ?? '')) {
    const index = /^speed\.(\d+)\.dwell$/.exec(key)?.[1];
    const us = Number.parseFloat(value);
    if (index !== undefined && us > 0) speeds.set(Number(index), us);
  }
  return speeds;
}

/** Reads what the instrument is and allows. Moves and sets nothing. Throws EM_USAGE when the address must say more. */
export async function identify(session: Session, { version, options, url }: { readonly version: string; readonly options: AddressOptions; readonly url: string }): Promise<Instrument> {
  const tried = TRIED.filter((name) => isAtLeast(version, FUNCTIONS[name].since));
  const answers = new Map<FunctionName, unknown>();
  await Promise.all(tried.map(async (name) => answers.set(name, (await session.probe(name))?.[0])));
  const text = (name: FunctionName): string | undefined => answers.get(name) as string | undefined;
  const has = (name: FunctionName): boolean => isAtLeast(version, FUNCTIONS[name].since) && (!answers.has(name) || answers.get(name) !== undefined);

  if (!has('GetBeamCurrent') && options.beamCurrentPa === undefined) {
    throw new EmagentError('EM_USAGE', `SharkSEM ${version} of ${session.description} does not tell the beam current, which the dose follows from: give it in the address, ?beamCurrentPa=100.`);
  }
  const axes = await axesOf(session, { version, options, flip: options.flip });
  const detectors = detectorsOf(text('DtEnumDetectors'));
  if (detectors.size === 0) detectors.set(0, 'detector 0');
  const speedsUs = speedsOf(text('ScEnumSpeeds'));
  const list = [...new Set(speedsUs.values())].toSorted((a, b) => a - b);
  const takesDwell = isAtLeast(version, SINCE.dwell);
  if (!takesDwell && list.length === 0) throw new EmagentError('EM_PROTOCOL', `SharkSEM ${version} of ${session.description} takes no dwell time and lists no scan speeds.`);
  const range = list.length === 0 ? USUAL_DWELL_US : { min: list[0] as number, max: list.at(-1) as number };
  const info: MicroscopeInfo = {
    driver: 'sharksem',
    url,
    model: text('TcpGetModel') ?? `TESCAN (SharkSEM ${version})`,
    serialNumber: text('TcpGetDevice') ?? 'unknown',
    axes,
    frameSizesPx: FRAME_SIZES_PX,
    dwellUs: takesDwell ? range : { ...range, list },
    fieldWidthUm: options.fieldWidthUm,
    workingDistanceMm: options.workingDistanceMm,
    detectors: [...detectors.values()],
    capabilities: ['stage', 'image', 'blanker', 'autofocus', 'vacuum', 'limits', ...(isAtLeast(version, FUNCTIONS.StgWatchdog.since) ? (['watchdog'] as const) : [])],
    timing: { ...TIMING, ...(options.stageSpeedUmPerS === undefined ? {} : { stageSpeedUmPerS: options.stageSpeedUmPerS }) },
  };
  return {
    version,
    info,
    detectorNumbers: [...detectors.keys()],
    speedsUs,
    has,
    hasBlankerIndex: isAtLeast(version, SINCE.blankerIndex),
    takesDwell,
    takesFocusRange: isAtLeast(version, SINCE.autofocusRange),
  };
}

