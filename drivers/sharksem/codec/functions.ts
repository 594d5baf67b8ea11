import type { ArgumentKind, Kind } from './values.ts';

/** Ports: pixels come on the one after the control port. */
export const CONTROL_PORT = 8300;

interface FunctionForm {
  /** First version of the protocol that has it; `1.0.0` where no source says. */
  readonly since: string;
  readonly args: readonly ArgumentKind[];
  /** Return value, then the out parameters. */
  readonly returns: readonly Kind[];
}

const form = <const A extends readonly ArgumentKind[], const R extends readonly Kind[]>(args: A, returns: R, since = '1.0.0') => ({ args, returns, since });

/** The functions that are spoken here, by the driver or for clients of others: units in docs/protocol-sharksem.md. */
export const FUNCTIONS = {
  TcpGetVersion: form([], ['s'], '1.0.5'),
  TcpGetSWVersion: form([], ['s'], '2.0.9'),
  TcpGetDevice: form([], ['s'], '2.0.3'),
  TcpGetModel: form([], ['s'], '3.2.20'),
  TcpRegDataPort: form(['u'], ['i']),
  IsBusy: form(['u'], ['i'], '2.0.9'),
  GetDeviceParams: form(['i'], ['s']),
  GetUPSStatus: form([], ['i']),
  Delay: form(['i'], []),
  ChamberLed: form(['i'], []),
  /** Channel, zoom 0.05..1, pictures a second 0.1..5, nothing. */
  CameraEnable: form(['i', 'f?', 'f?', 'i?'], []),
  CameraDisable: form([], []),
  ProgressShow: form(['s?', 's?', 'i?', 'i?', 'i?', 'i?'], [], '2.0.11'),
  ProgressPerc: form(['i?'], [], '2.0.11'),
  ProgressText: form(['s?'], [], '2.0.11'),
  ProgressHide: form([], [], '2.0.11'),

  StgGetPosition: form([], ['f', 'f', 'f', 'f', 'f']),
  StgMoveTo: form(['f', 'f?', 'f?', 'f?', 'f?'], []),
  StgMove: form(['f', 'f?', 'f?', 'f?', 'f?'], []),
  StgStop: form([], [], '1.0.8'),
  StgIsBusy: form([], ['i']),
  StgIsCalibrated: form([], ['i']),
  StgCalibrate: form([], []),
  StgGetLimits: form(['i'], ['f', 'f', 'f', 'f', 'f', 'f', 'f', 'f', 'f', 'f'], '2.0.22'),
  StgGetMotorized: form([], ['i', 'i', 'i', 'i', 'i'], '2.0.22'),
  StgWatchdog: form(['f'], [], '2.0.22'),

  /** Of the stages fitted: a simulated instrument has one. */
  ManipGetCount: form([], ['i']),
  ManipGetCurr: form([], ['i']),
  ManipSetCurr: form(['i'], []),

  HVGetBeam: form([], ['i']),
  HVBeamOn: form([], []),
  HVBeamOff: form([], []),
  HVGetVoltage: form([], ['f'], '1.0.5'),
  HVSetVoltage: form(['f', 'i?'], []),
  HVStopAsyncProc: form([], [], '2.0.16'),
  HVEnumIndexes: form([], ['s']),
  HVGetIndex: form([], ['i']),
  HVGetEmission: form([], ['f']),
  GetBeamCurrent: form([], ['f'], '2.0.19'),
  SetBeamCurrent: form(['f'], [], '2.0.19'),
  GetIAbsorbed: form([], ['f']),
  /** Steps of the beam current, from 1 on. */
  EnumPCIndexes: form([], ['s']),
  GetPCIndex: form([], ['i']),
  SetPCIndex: form(['i'], []),
  VacGetStatus: form([], ['i']),
  VacGetPressure: form(['i'], ['f']),
  VacPump: form([], []),
  VacVent: form([], []),

  ScGetBlanker: form(['i?'], ['i']),
  /** One argument: the mode. Two, from 2.0.3: the index of the blanker and the mode. */
  ScSetBlanker: form(['i', 'i?'], []),
  GetViewField: form([], ['f']),
  SetViewField: form(['f'], []),
  GetWD: form([], ['f']),
  SetWD: form(['f'], []),
  AutoWD: form(['i', 'f?', 'f?'], []),
  DtAutoSignal: form(['i'], []),
  GetImageShift: form([], ['f', 'f']),
  SetImageShift: form(['f', 'f'], []),
  GetImageRot: form([], ['f'], '3.0.0'),
  SetImageRot: form(['f'], [], '3.0.0'),

  DtEnumDetectors: form([], ['s']),
  DtGetChannels: form([], ['i']),
  DtSelect: form(['i', 'i'], []),
  DtGetSelected: form(['i'], ['i']),
  DtEnable: form(['i', 'i', 'i?'], []),
  DtGetEnabled: form(['i'], ['i', 'i']),
  DtGetGainBlack: form(['i'], ['f', 'f']),
  DtSetGainBlack: form(['i', 'f', 'f'], []),

  GUIGetScanning: form([], ['i'], '1.0.5'),
  GUISetScanning: form(['i'], [], '1.0.5'),
  ScEnumSpeeds: form([], ['s']),
  ScGetSpeed: form([], ['i']),
  ScSetSpeed: form(['i'], []),
  /** Frame id, window width and height, rectangle (left, top, right, bottom; inclusive), single, and from 2.0.6 dwell in ns. */
  ScScanXY: form(['u', 'u', 'u', 'u', 'u', 'u', 'u', 'i', 'u?'], ['i']),
  ScStopScan: form([], []),
  /** Scan by another generator. */
  ScGetExternal: form([], ['i']),
  ScSetExternal: form(['i'], []),
  ScSetBeamPos: form(['f', 'f'], []),
} as const satisfies Record<string, FunctionForm>;

export type FunctionName = keyof typeof FUNCTIONS;

/** First versions with an argument that older ones do not take. */
export const SINCE = { blankerIndex: '2.0.3', dwell: '2.0.6', autofocusRange: '2.0.12' } as const;

/** What a server too old to know `TcpGetVersion` is taken for. */
export const OLDEST_VERSION = '1.0.0';

/** Compares `2.0.9` and `2.0.22` number by number. */
export function isAtLeast(version: string, wanted: string): boolean {
  const parts = version.split('.');
  for (const [index, part] of wanted.split('.').entries()) {
    const difference = Number.parseInt(parts[index] ?? '0', 10) - Number(part);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** State numbers of the instrument. */
export const BEAM = { fault: -1, off: 0, on: 1, changing: 1000 } as const;
export const VACUUM = { error: -1, ready: 0, pumping: 1, venting: 2, off: 3, open: 4 } as const;
export const UPS = { none: -1, mains: 0, onBattery: 1, batteryLow: 2, stopAtOnce: 3 } as const;
/** Beam always on the specimen, never, or only while a frame is acquired. */
export const BLANKER = { open: 0, closed: 1, automatic: 2 } as const;
