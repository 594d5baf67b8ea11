import { appendFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeZeissTags, formatZeissText, ZEISS_TAG, ZEISS_TAG_UTF16, type ZeissEntry } from '../../drivers/remcon/codec/zeiss-text.ts';
import type { Clock } from '../../src/contract/clock.ts';
import type { Frame } from '../../src/contract/frame.ts';
import type { StageAxes } from '../../drivers/remcon/codec/commands.ts';
import { encodePaletteTiff, type TiffEntry } from '../../src/imaging/tiff.ts';
import type { SimulatedMicroscope } from '../simulated-microscope.ts';

/** What a picture of SmartSEM says beside its pixels. */
export interface PictureFacts {
  readonly photoNumber: number;
  readonly fileName: string;
  readonly axes: StageAxes;
  readonly lowMm: readonly [number, number, number];
  readonly highMm: readonly [number, number, number];
  readonly magnification: number;
  readonly scanRate: number;
  readonly detector: string;
  readonly vacuumMbar: number;
  readonly blanked: boolean;
  readonly serialNumber: string;
  readonly timestamp: string;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Units scale with the value: a reader must not assume one. Four significant digits, as in a real file. */
function length(metres: number): string {
  if (metres < 1e-6) return `${(metres * 1e9).toPrecision(4)} nm`;
  return metres < 1e-3 ? `${(metres * 1e6).toPrecision(4)} µm` : `${(metres * 1e3).toPrecision(4)} mm`;
}
const current = (pa: number): string => (pa < 1000 ? `${pa.toPrecision(3).padStart(6)} pA` : `${(pa / 1000).toPrecision(3).padStart(6)} nA`);
const millimetres = (mm: number, digits: number): string => `${mm.toFixed(digits).padStart(digits + 3)} mm`;
const degrees = (deg: number): string => `${deg.toFixed(1).padStart(5)} °`;
const percent = (value: number): string => `${value.toFixed(1).padStart(5)} %`;
/** `5.90e-07` */
export function exponent(value: number): string {
  const [mantissa = '', power = '0'] = value.toExponential(2).split('e');
  return `${mantissa}e${Number(power) < 0 ? '-' : '+'}${String(Math.abs(Number(power))).padStart(2, '0')}`;
}

function entriesOf(frame: Frame, facts: PictureFacts): ZeissEntry[] {
  const { optics, request, widthPx, heightPx } = frame;
  const { axes, lowMm, highMm } = facts;
  const fieldM = optics.fieldWidthUm / 1e6;
  const [year = '', month = '1', rest = ''] = facts.timestamp.split('-');
  const limits = (['X', 'Y', 'Z'] as const).flatMap((axis, index): ZeissEntry[] => [
    [`AP_STAGE_LOW_${axis}`, `Stage low ${axis} = ${millimetres(lowMm[index]!, 3)}`],
    [`AP_STAGE_HIGH_${axis}`, `Stage high ${axis} = ${millimetres(highMm[index]!, 3)}`],
  ]);
  return [
    ['AP_DATE', `Date: ${rest.slice(0, 2)} ${MONTHS[Number(month) - 1] ?? ''} ${year}`],
    ['AP_TIME', `Time: ${rest.slice(3, 11)}`],
    ['AP_IMAGE_PIXEL_SIZE', `Image Pixel Size = ${length(fieldM / widthPx)}`],
    ['AP_PIXEL_SIZE', `Pixel Size = ${length(fieldM / 1024)}`],
    ['AP_MAG', `Mag = ${facts.magnification < 1000 ? `${facts.magnification.toFixed(0).padStart(6)} X` : `${(facts.magnification / 1000).toFixed(2).padStart(6)} K X`}`],
    ['AP_WIDTH', `Width = ${length(fieldM)}`],
    ['AP_HEIGHT', `Height = ${length((fieldM * heightPx) / widthPx)}`],
    ['AP_WD', `WD = ${optics.workingDistanceMm.toFixed(1).padStart(4)} mm`],
    ['AP_ACTUALKV', `EHT = ${optics.accelerationKv.toFixed(2).padStart(5)} kV`],
    ['AP_IPROBE', `I Probe = ${current(optics.beamCurrentPa)}`],
    ['AP_SYSTEM_VAC', `System Vacuum = ${exponent(facts.vacuumMbar)} mbar`],
    ['AP_STAGE_AT_X', `Stage at X = ${millimetres(axes.xMm, 4)}`],
    ['AP_STAGE_AT_Y', `Stage at Y = ${millimetres(axes.yMm, 4)}`],
    ['AP_STAGE_AT_Z', `Stage at Z = ${millimetres(axes.zMm, 3)}`],
    ['AP_STAGE_AT_M', `Stage at M = ${millimetres(axes.mMm, 3)}`],
    ['AP_STAGE_AT_T', `Stage at T = ${degrees(axes.tiltDeg)}`],
    ['AP_STAGE_AT_R', `Stage at R = ${degrees(axes.rotationDeg)}`],
    ...limits,
    ['AP_STIG_X', `Stigmation X = ${percent(optics.stigmatorX * 100)}`],
    ['AP_STIG_Y', `Stigmation Y = ${percent(optics.stigmatorY * 100)}`],
    ['AP_SCANROTATION', `Scan Rotation = ${degrees(optics.scanRotationDeg)}`],
    ['AP_PHOTO_NUMBER', `Photo No. = ${facts.photoNumber}  `],
    ['AP_FRAME_TIME', `Cycle Time = ${((widthPx * heightPx * request.dwellUs) / 1000).toFixed(2)} ms`],
    ['DP_DETECTOR_CHANNEL', `Signal A = ${facts.detector}`],
    ['DP_DWELL_TIME', `Dwell Time = ${request.dwellUs < 1 ? `${Math.round(request.dwellUs * 1000)} ns` : `${request.dwellUs.toFixed(1)} µs`}`],
    ['DP_SCANRATE', `Scan Speed = ${facts.scanRate}`],
    ['DP_STAGE_IS', 'Stage Is = Idle'],
    ['DP_STAGE_INIT', 'Stage Initialised = Yes'],
    ['DP_BEAM_BLANKED', `Beam Blanked = ${facts.blanked ? 'Yes' : 'No'}`],
    ['DP_RUNUPSTATE', 'Beam State = Beam On'],
    ['DP_FROZEN', 'Image = Frozen'],
    ['DP_IMAGE_STORE', `Store resolution = ${widthPx} * ${heightPx}`],
    ['SV_SERIAL_NUMBER', `Serial No. = ${facts.serialNumber}`],
    ['SV_VERSION', 'Version = V06.01 (simulated)'],
    ['SV_FILE_NAME', `File Name = ${facts.fileName}`],
    ['SV_SAMPLE_ID', 'Sample ID = '],
  ];
}

/** A picture as SmartSEM saves it. */
export function encodeZeissTiff(frame: Frame, facts: PictureFacts): Uint8Array {
  const { optics } = frame;
  const header = {
    pixelSizeM: optics.fieldWidthUm / 1e6 / 1024,
    magnification: facts.magnification,
    ehtV: optics.accelerationKv * 1000,
    probeCurrentA: optics.beamCurrentPa * 1e-12,
    workingDistanceM: optics.workingDistanceMm / 1000,
  };
  const { latin1, utf16 } = encodeZeissTags(formatZeissText(header, entriesOf(frame, facts)));
  const data = frame.data instanceof Uint8Array ? frame.data : Uint8Array.from(frame.data, (grey) => grey >> 8);
  const ascii = (tag: number, bytes: Uint8Array): TiffEntry => ({ tag, type: 2, count: bytes.length, bytes });
  return encodePaletteTiff({ ...frame, data }, [ascii(ZEISS_TAG, latin1), ascii(ZEISS_TAG_UTF16, utf16)]);
}

/** The first photo number whose file name is not taken. */
export async function firstPhotoNumber(imagesDir: string | undefined): Promise<number> {
  if (imagesDir === undefined) return 1;
  const names = await readdir(imagesDir).catch(() => []);
  return 1 + Math.max(0, ...names.map((name) => Number(/^photo_(\d+)\.tif$/.exec(name)?.[1] ?? 0)));
}

export const fileNameOf = (photoNumber: number): string => `photo_${String(photoNumber).padStart(4, '0')}.tif`;

const SLOW_PARTS = 6;
const SLOW_PART_MS = 600;

/** Puts the file into the folder, as the network allows: at once, late and in pieces, cut off, or not at all. */
export async function saveZeissTiff(microscope: Pick<SimulatedMicroscope, 'strikes'>, bytes: Uint8Array, file: { readonly folder: string; readonly name: string; readonly clock: Clock }): Promise<void> {
  const path = join(file.folder, file.name);
  if (microscope.strikes('file-missing')) return;
  if (microscope.strikes('file-half-written')) {
    await file.clock.during(writeFile(path, bytes.subarray(0, Math.floor(bytes.length / 2))));
    return;
  }
  if (!microscope.strikes('file-late')) {
    await file.clock.during(writeFile(path, bytes));
    return;
  }
  const partBytes = Math.ceil(bytes.length / SLOW_PARTS);
  for (let from = 0; from < bytes.length; from += partBytes) {
    await file.clock.sleep(SLOW_PART_MS);
    await file.clock.during(appendFile(path, bytes.subarray(from, from + partBytes)));
  }
}
