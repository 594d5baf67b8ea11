import { BLANKER, type FUNCTIONS, type FunctionName, isAtLeast, SINCE } from '../../drivers/sharksem/codec/functions.ts';
import { WAIT } from '../../drivers/sharksem/codec/message.ts';
import { writeMap } from '../../drivers/sharksem/codec/values.ts';
import { packageVersion } from '../../src/lib/package-root.ts';
import type { SimulatedMicroscope } from '../simulated-microscope.ts';
import type { SharksemCamera } from './sharksem-camera.ts';
import type { SharksemColumn } from './sharksem-column.ts';
import { CHANNELS, type PixelSink, type SharksemScanner, SPEEDS_US } from './sharksem-scan.ts';
import type { SharksemStage } from './sharksem-stage.ts';

/** What all functions work on. */
export interface Service {
  readonly microscope: SimulatedMicroscope;
  /** Of the protocol. */
  readonly version: string;
  /** What `StgGetMotorized` means by a number other than 0: the sources disagree. */
  readonly motorizedMeans: 'motorised' | 'not motorised';
  readonly stage: SharksemStage;
  readonly scanner: SharksemScanner;
  readonly column: SharksemColumn;
  readonly camera: SharksemCamera;
}

/** A client as the functions see it. */
export interface Client extends PixelSink {
  /** It will connect for pixels from this port. */
  registerDataPort(port: number): void;
}

type Result = readonly (number | string)[] | void;
export type Handler = (service: Service, args: readonly number[], client: Client) => Promise<Result> | Result;

const PA_PER_A = 1e12;
/** Vacuum gauges when all is well, Pa: chamber, column, gun. */
const PRESSURE_PA = [5e-3, 2e-4, 5e-7] as const;
const VENTED_PA = 1e5;
/** Of a field-emission gun, uA. */
const EMISSION_UA = 120;
/** Gain and black level of a detector that nobody has set, %. */
const GAIN_BLACK = [50, 50] as const;
/** Steps of the beam current, pA. */
const CURRENTS_PA = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000] as const;

/** Whether anything that a wait mask names goes on. */
export async function isBusy({ stage, scanner, column }: Service, mask: number): Promise<boolean> {
  if ((mask & WAIT.scan) !== 0 && scanner.isScanning) return true;
  if ((mask & WAIT.optics) !== 0 && column.opticsBusy) return true;
  if ((mask & WAIT.automatic) !== 0 && column.automaticBusy) return true;
  return (mask & WAIT.travel) !== 0 && (await stage.isBusy());
}

const optics = async ({ microscope }: Service) => (await microscope.readState()).optics;
const none = (): void => undefined;

async function deviceParams(service: Service, set: number): Promise<string> {
  const { info } = service.microscope;
  if (set === 0) return writeMap([['Device', info.model], ['SerialNumber', info.serialNumber]]);
  if (set !== 1) return '';
  const state = await service.microscope.readState();
  const [x = 0, y = 0, z = 0, rotation = 0, tilt = 0] = await service.stage.position();
  return writeMap([
    ['Detector', state.detector],
    ['DwellTime', (SPEEDS_US[service.scanner.speed - 1] as number) / 1e6],
    ['HV', state.optics.accelerationKv * 1000],
    ['PredictedBeamCurrent', state.optics.beamCurrentPa / PA_PER_A],
    ['ScanRotation', state.optics.scanRotationDeg],
    ['ScanSpeed', service.scanner.speed],
    ['StageX', x / 1000],
    ['StageY', y / 1000],
    ['StageZ', z / 1000],
    ['StageRotation', rotation],
    ['StageTilt', tilt],
    ['WD', state.optics.workingDistanceMm / 1000],
  ]);
}

const channelOf = ({ scanner }: Service, index: number) => scanner.channels[index];

/** What each function does. Calls that make no sense are ignored in silence. */
export const HANDLERS: Record<FunctionName, Handler> = {
  TcpGetVersion: ({ version }) => [version],
  TcpGetSWVersion: () => [`emagent ${packageVersion}`],
  TcpGetDevice: ({ microscope }) => [microscope.info.serialNumber],
  TcpGetModel: ({ microscope }) => [microscope.info.model],
  TcpRegDataPort: (_service, [port = 0], client) => {
    client.registerDataPort(port);
    return [0];
  },
  IsBusy: async (service, [mask = 0]) => [(await isBusy(service, mask)) ? 1 : 0],
  GetDeviceParams: async (service, [set = 0]) => [await deviceParams(service, set)],
  GetUPSStatus: ({ column }) => [column.ups()],
  Delay: ({ column }, [ms = 0]) => column.delay(ms),
  ChamberLed: ({ camera }, [on = 0]) => {
    camera.lamp = on !== 0;
  },
  CameraEnable: ({ camera }, [channel = 0, zoom = 1, framesPerS = 1], client) => camera.enable({ channel, zoom, framesPerS }, client),
  CameraDisable: ({ camera }) => camera.disable(),
  ProgressShow: none,
  ProgressPerc: none,
  ProgressText: none,
  ProgressHide: none,

  StgGetPosition: ({ stage }) => stage.position(),
  StgMoveTo: ({ stage }, values) => stage.moveTo(values),
  StgMove: ({ stage }, velocities) => stage.moveAlong(velocities),
  StgStop: ({ stage }) => stage.stop(),
  StgIsBusy: async ({ stage }) => [(await stage.askBusy()) ? 1 : 0],
  StgIsCalibrated: ({ stage }) => [stage.isCalibrated ? 1 : 0],
  StgCalibrate: ({ stage }) => stage.calibrate(),
  StgGetLimits: ({ stage }) => stage.limits(),
  StgGetMotorized: ({ motorizedMeans }) => Array.from({ length: 5 }, () => (motorizedMeans === 'motorised' ? 1 : 0)),
  StgWatchdog: ({ stage }, [seconds = 0]) => (seconds > 0 ? stage.setWatchdog(seconds) : undefined),
  ManipGetCount: () => [1],
  ManipGetCurr: () => [0],
  ManipSetCurr: none,

  HVGetBeam: async ({ column }) => [await column.beam()],
  HVBeamOn: ({ column }) => column.beamOn(),
  HVBeamOff: ({ column }) => column.beamOff(),
  HVGetVoltage: async (service) => [(await optics(service)).accelerationKv * 1000],
  HVSetVoltage: async ({ column, version }, [volts = 0, asynchronous = 0]) => {
    const ramped = column.setBeam({ accelerationKv: volts / 1000 });
    if (asynchronous === 0 && isAtLeast(version, '2.0.0')) await ramped;
  },
  HVStopAsyncProc: ({ column }) => column.stopRamp(),
  HVEnumIndexes: () => [writeMap([['hv.1.min', 200], ['hv.1.max', 30_000], ['hv.1.value', 5000]])],
  HVGetIndex: () => [1],
  HVGetEmission: async ({ column }) => [(await column.beam()) === 1 ? EMISSION_UA : 0],
  GetBeamCurrent: async (service) => [(await optics(service)).beamCurrentPa],
  SetBeamCurrent: ({ column }, [pa = 0]) => void column.setBeam({ beamCurrentPa: pa }),
  GetIAbsorbed: async ({ microscope }) => {
    const { beam, blanked, optics: now } = await microscope.readState();
    return [beam === 'on' && !blanked ? now.beamCurrentPa / 2 : 0];
  },
  EnumPCIndexes: () => [writeMap(CURRENTS_PA.map((pa, index) => [`pc.${index + 1}.current`, pa] as const))],
  GetPCIndex: async (service) => {
    const { beamCurrentPa } = await optics(service);
    // The nearest step, as their ratio goes.
    const distances = CURRENTS_PA.map((pa) => Math.abs(Math.log(pa / beamCurrentPa)));
    return [distances.indexOf(Math.min(...distances)) + 1];
  },
  SetPCIndex: ({ column }, [index = 0]) => {
    const pa = CURRENTS_PA[index - 1];
    if (pa !== undefined) void column.setBeam({ beamCurrentPa: pa });
  },
  VacGetStatus: async ({ column }) => [await column.vacuum()],
  VacGetPressure: async ({ column }, [gauge = 0]) => [(await column.vacuum()) === 0 ? (PRESSURE_PA[gauge] ?? 0) : VENTED_PA],
  VacPump: ({ column }) => column.pump(),
  VacVent: ({ column }) => column.vent(),

  ScGetBlanker: async ({ column }) => [await column.blanker()],
  ScSetBlanker: ({ column, version }, [first = 0, second]) => {
    if (second !== undefined && !isAtLeast(version, SINCE.blankerIndex)) return undefined;
    // The magnetic blanker of the gun (index 1) cannot be closed for good.
    if (second !== undefined && first === 1 && second === BLANKER.closed) return undefined;
    return column.setBlanker(second ?? first);
  },
  GetViewField: async (service) => [(await optics(service)).fieldWidthUm / 1000],
  SetViewField: ({ column }, [mm = 0]) => column.setOptics({ fieldWidthUm: mm * 1000 }),
  GetWD: async (service) => [(await optics(service)).workingDistanceMm],
  SetWD: ({ column }, [mm = 0]) => column.setOptics({ workingDistanceMm: mm }),
  AutoWD: ({ column, scanner, version }, [, min, max]) => {
    if (scanner.isScanning) return undefined;
    const hasRange = min !== undefined && max !== undefined && isAtLeast(version, SINCE.autofocusRange);
    return column.autofocus(hasRange ? { min, max } : undefined);
  },
  DtAutoSignal: ({ column }) => column.autoSignal(),
  GetImageShift: ({ column }) => column.shift(),
  SetImageShift: ({ column }, [x = 0, y = 0]) => column.setShift(x, y),
  GetImageRot: async (service) => [(await optics(service)).scanRotationDeg],
  SetImageRot: ({ column }, [degrees = 0]) => column.setOptics({ scanRotationDeg: degrees % 360 }),

  DtEnumDetectors: ({ microscope }) => [writeMap(microscope.info.detectors.flatMap((name, index) => [[`det.${index}.name`, name], [`det.${index}.detector`, index]] as const))],
  DtGetChannels: () => [CHANNELS],
  DtSelect: (service, [index = 0, detector = 0]) => {
    const channel = channelOf(service, index);
    if (channel !== undefined && detector in service.microscope.info.detectors) channel.detector = detector;
  },
  DtGetSelected: (service, [index = 0]) => [channelOf(service, index)?.detector ?? -1],
  DtEnable: (service, [index = 0, on = 0, depth = 8]) => {
    const channel = channelOf(service, index);
    if (channel === undefined || (depth !== 8 && depth !== 16)) return;
    channel.isOn = on !== 0;
    channel.depth = depth;
  },
  DtGetEnabled: (service, [index = 0]) => {
    const channel = channelOf(service, index);
    return [channel?.isOn === true ? 1 : 0, channel?.depth ?? 8];
  },
  DtGetGainBlack: ({ scanner }, [detector = 0]) => scanner.gainBlack.get(detector) ?? GAIN_BLACK,
  DtSetGainBlack: ({ scanner }, [detector = 0, gain = 0, black = 0]) => void scanner.gainBlack.set(detector, [gain, black]),

  GUIGetScanning: ({ scanner }) => [scanner.guiScans ? 1 : 0],
  GUISetScanning: ({ scanner }, [on = 0]) => {
    scanner.guiScans = on !== 0;
  },
  ScEnumSpeeds: () => [writeMap(SPEEDS_US.map((us, index) => [`speed.${index + 1}.dwell`, us] as const))],
  ScGetSpeed: ({ scanner }) => [scanner.speed],
  ScSetSpeed: ({ scanner }, [index = 0]) => {
    if (index >= 1 && index <= SPEEDS_US.length) scanner.speed = index;
  },
  ScScanXY: ({ scanner, version }, args, client) => {
    const [frame = 0, widthPx = 0, heightPx = 0, leftPx = 0, topPx = 0, rightPx = 0, bottomPx = 0, single = 1, dwellNs] = args;
    const order = { frame, widthPx, heightPx, leftPx, topPx, rightPx, bottomPx, single: single !== 0 };
    return [scanner.start(dwellNs === undefined || !isAtLeast(version, SINCE.dwell) ? order : { ...order, dwellNs }, client)];
  },
  ScStopScan: ({ scanner, column }) => {
    scanner.stop();
    column.stopAutomatic();
  },
  ScGetExternal: ({ scanner }) => [scanner.isExternal ? 1 : 0],
  ScSetExternal: ({ scanner }, [on = 0]) => {
    scanner.isExternal = on !== 0;
  },
  ScSetBeamPos: none,
} satisfies Record<keyof typeof FUNCTIONS, Handler>;
