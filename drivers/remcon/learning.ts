import { EmagentError } from '../../src/contract/errors.ts';
import type { ConnectContext, Axis, Range } from '../../src/contract/microscope.ts';
import type { WatchedPicture } from '../links/watched-folder.ts';
import { HFW_AT_MAG_1_M } from './codec/scales.ts';
import { decodeZeissTag, ZEISS_TAG, type ZeissSettings } from './codec/zeiss-text.ts';
import type { Coordinates } from './coordinates.ts';
import type { RemconOptions } from './options.ts';

/** What RemCon32 does not tell, and a picture of SmartSEM does. */
export interface Learned {
  /** Field width at magnification 1, m. */
  readonly hfwAtMag1M: number;
  /** In the project's coordinates. */
  readonly axes: Readonly<Record<Axis, Range>>;
  /** Whether the limits are the instrument's own, not careful guesses. */
  readonly limitsKnown: boolean;
  /** Of the microscope, as its pictures have it. */
  readonly serialNumber: string | undefined;
  /** Of the last picture, or measured. */
  readonly probeCurrentPa: number | undefined;
  setProbeCurrent(pa: number): void;
  /** Takes over what a picture says. */
  learn(settings: ZeissSettings): void;
}

/** In mm and deg. Narrower than every stage whose limits are known: x, y 0 to 100 mm (one has 5 to 152), z 0 to 40 mm, tilt 0 to 60 deg. */
const CAREFUL: Readonly<Record<Axis, Range>> = {
  xUm: { min: 0, max: 100 },
  yUm: { min: 0, max: 100 },
  zUm: { min: 0, max: 40 },
  rotationDeg: { min: 0, max: 360 },
  tiltDeg: { min: 0, max: 60 },
};
const KEYS: Readonly<Record<Axis, string>> = { xUm: 'X', yUm: 'Y', zUm: 'Z', rotationDeg: 'R', tiltDeg: 'T' };
/** What is nearer is the same: older files round to four digits. */
const SAME_SHARE = 0.005;
const SAME_CURRENT_SHARE = 0.05;

export const settingsOf = (picture: WatchedPicture): ZeissSettings | undefined => decodeZeissTag(picture.tag(ZEISS_TAG));

const differs = (a: number, b: number, share: number): boolean => Math.abs(a / b - 1) > share;

export function createLearned(options: RemconOptions, coordinates: Coordinates, log: ConnectContext['log']): Learned {
  let hfwAtMag1M = options.hfwAtMag1 ?? HFW_AT_MAG_1_M;
  let probeCurrentPa: number | undefined;
  let serialNumber: string | undefined;
  const own: Record<Axis, Range> = { ...CAREFUL, ...options.limits };
  const known = new Set(Object.keys(options.limits ?? {}));
  const axes = Object.fromEntries((Object.keys(own) as Axis[]).map((axis) => [axis, coordinates.rangeOf(axis, own[axis])])) as Record<Axis, Range>;

  const learnLimits = (settings: ZeissSettings): void => {
    for (const axis of Object.keys(axes) as Axis[]) {
      const unit = axis.endsWith('Deg') ? 'deg' : 'm';
      const [low, high] = ['LOW', 'HIGH'].map((end) => settings.si(`AP_STAGE_${end}_${KEYS[axis]}`, unit));
      // What the user says goes before what the picture says.
      if (low === undefined || high === undefined || low >= high || options.limits?.[axis] !== undefined) continue;
      const scale = unit === 'm' ? 1000 : 1;
      // `C95` wants the rotation between 0 and 360, whatever the motor allows.
      const clip = axis === 'rotationDeg' ? CAREFUL.rotationDeg : { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
      axes[axis] = coordinates.rangeOf(axis, { min: Math.max(clip.min, low * scale), max: Math.min(clip.max, high * scale) });
      known.add(axis);
    }
  };
  return {
    get hfwAtMag1M() {
      return hfwAtMag1M;
    },
    axes,
    get limitsKnown() {
      return known.has('xUm') && known.has('yUm');
    },
    get serialNumber() {
      return serialNumber;
    },
    get probeCurrentPa() {
      return probeCurrentPa;
    },
    setProbeCurrent: (pa) => {
      probeCurrentPa = pa;
    },
    learn: (settings) => {
      learnLimits(settings);
      serialNumber = settings.text('SV_SERIAL_NUMBER') ?? serialNumber;
      const { fieldWidthM, magnification } = settings;
      if (fieldWidthM !== undefined && magnification !== undefined && magnification > 0) {
        const found = fieldWidthM * magnification;
        // Told by the user, and the picture says otherwise: every distance would be wrong.
        if (options.hfwAtMag1 !== undefined && differs(found, options.hfwAtMag1, 10 * SAME_SHARE)) {
          throw new EmagentError('EM_CONFIG', `The pictures say that the field is ${found.toPrecision(4)} m wide at magnification 1, the option hfwAtMag1 says ${options.hfwAtMag1} m: correct it or leave it out.`);
        }
        if (options.hfwAtMag1 === undefined && differs(found, hfwAtMag1M, SAME_SHARE)) {
          log('info', `The field is ${found.toPrecision(4)} m wide at magnification 1, as a picture says; ${hfwAtMag1M} m was assumed before.`);
          hfwAtMag1M = found;
        }
      }
      const probeA = settings.si('AP_IPROBE', 'A');
      if (probeA !== undefined && probeA > 0 && (probeCurrentPa === undefined || differs(probeA * 1e12, probeCurrentPa, SAME_CURRENT_SHARE))) probeCurrentPa = probeA * 1e12;
    },
  };
}
