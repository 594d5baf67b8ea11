import type { Link } from '../../src/contract/link.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import { type ConnectContext, defineDriver, type MicroscopeInfo } from '../../src/contract/microscope.ts';
import { openWatchedFolder, type WatchedFolder } from '../links/watched-folder.ts';
import { openSerial } from '../links/serial.ts';
import { openTcp } from '../links/tcp.ts';
import { SET } from './codec/commands.ts';
import { isInvalidCommand, refusalNumberOf } from './codec/refusals.ts';
import { MAGNIFICATION, WORKING_DISTANCE_MM } from './codec/scales.ts';
import { createCoordinates } from './coordinates.ts';
import { type ScanSetting, scanSettings } from './dwell.ts';
import { identify, type Identity } from './identify.ts';
import { createLearned, type Learned, settingsOf } from './learning.ts';
import { createRemconMicroscope } from './microscope.ts';
import { type RemconOptions, remconOptions } from './options.ts';
import { openPort, type RemconPort } from './port.ts';

const SERIAL = 'remcon+serial:';

/** `remcon+serial:///dev/ttyUSB0` -> /dev/ttyUSB0, `remcon+serial://COM3` -> COM3 */
function serialPathOf(url: URL): string {
  const path = url.hostname === '' ? decodeURIComponent(url.pathname) : url.hostname;
  if (path === '' || path === '/') throw new EmagentError('EM_USAGE', 'The address names no serial port: write remcon+serial:///dev/ttyUSB0?images=DIR, or remcon+serial://COM3?images=DIR.');
  return path;
}

function openLink(url: URL, baudRate: number, { clock, signal }: Pick<ConnectContext, 'clock' | 'signal'>): Promise<Link> {
  const given = signal === undefined ? {} : { signal };
  if (url.protocol === SERIAL) return openSerial({ path: serialPathOf(url), baudRate, clock, ...given });
  if (url.port === '') throw new EmagentError('EM_USAGE', 'The address names no port: write remcon+tcp://host:port?images=DIR.');
  return openTcp({ host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port), clock, ...given });
}

/** Limits and field width, from the newest picture of SmartSEM that lies in the folder already. */
async function learnFromFolder(folder: WatchedFolder, learned: Learned, context: ConnectContext): Promise<void> {
  const picture = await folder.newest((candidate) => settingsOf(candidate)?.text('AP_STAGE_HIGH_X') !== undefined);
  const settings = picture === undefined ? undefined : settingsOf(picture);
  if (picture === undefined || settings === undefined) return;
  learned.learn(settings);
  context.log('info', `Limits of the stage and scale of the field are those of ${picture.name}.`);
}

interface InfoParts {
  readonly identity: Identity;
  readonly learned: Learned;
  readonly scans: readonly ScanSetting[];
  readonly options: RemconOptions;
  readonly url: string;
}

function infoOf({ identity, learned, scans, options, url }: InfoParts): MicroscopeInfo {
  const list = scans.map(({ dwellUs }) => dwellUs);
  const [widest, narrowest] = [MAGNIFICATION.min, MAGNIFICATION.max].map((magnification) => (learned.hfwAtMag1M * 1e6) / magnification) as [number, number];
  return {
    driver: 'remcon',
    url,
    model: identity.version,
    serialNumber: learned.serialNumber ?? 'not told',
    axes: learned.axes,
    frameSizesPx: [options.size],
    dwellUs: { min: Math.min(...list), max: Math.max(...list), list },
    fieldWidthUm: options.fieldWidthUm ?? { min: narrowest, max: widest },
    workingDistanceMm: options.workingDistanceMm ?? WORKING_DISTANCE_MM,
    detectors: [...new Set([identity.detector, ...(options.detectors ?? [])])],
    capabilities: ['stage', 'image', 'blanker', 'stigmator', ...(identity.tellsVacuum ? (['vacuum'] as const) : []), ...(learned.limitsKnown ? (['limits'] as const) : [])],
    timing: {
      stageSpeedUmPerS: options.stageSpeedUmPerS,
      stageSettleMs: options.moveStartMs + 500,
      opticsSettleMs: options.opticsSettleMs,
      // Two looks at the file, and the recording.
      frameOverheadMs: 3000,
    },
  };
}

/** The joystick is no danger to the run while it is locked; old versions cannot. */
async function lockJoystick(port: RemconPort, context: ConnectContext): Promise<boolean> {
  try {
    await port.send(SET.joystickLocked(true));
    return true;
  } catch (thrown) {
    if (refusalNumberOf(thrown) === undefined && !isInvalidCommand(thrown)) throw thrown;
    context.log('warn', `The joystick stays free: ${(thrown as Error).message}`);
    return false;
  }
}

export const driver = defineDriver({
  id: 'remcon',
  summary: 'Zeiss SmartSEM over RemCon32 (serial line, or a serial server), pictures from a shared folder',
  example: 'remcon+serial:///dev/ttyUSB0?images=/mnt/sem/images',
  options: remconOptions,
  wire: { queries: /^[A-Z0-9]+\?\r\n$/, resynchronisers: /^\r\n$/ },
  connect: async (options, context) => {
    const { clock, log } = context;
    const folder = await openWatchedFolder({ folder: options.images, clock });
    const isSerial = context.url.protocol === SERIAL;
    const open = async (signal: AbortSignal | undefined): Promise<{ port: RemconPort; identity: Identity }> => {
      const link = await openLink(context.url, options.baud, { clock, ...(signal === undefined ? {} : { signal }) });
      // Until it is known who answers, the one sentence of the refusal says all.
      let isKnown = false;
      const port = openPort({ link, clock, eol: options.eol, acknowledgeMs: options.acknowledgeMs, completionMs: options.completionMs, log: (level, message) => log(isKnown ? level : 'debug', message) });
      try {
        const identity = await identify(port, { baud: options.baud, isSerial, signal });
        isKnown = true;
        return { port, identity };
      } catch (thrown) {
        await port.close();
        throw thrown;
      }
    };

    const { port, identity } = await open(context.signal);
    try {
      const coordinates = createCoordinates(options);
      const learned = createLearned(options, coordinates, log);
      await learnFromFolder(folder, learned, context);
      if (identity.probeCurrentPa !== undefined) learned.setProbeCurrent(identity.probeCurrentPa);
      const scans = scanSettings(options.dwellUs);
      return createRemconMicroscope({
        port,
        clock,
        info: infoOf({ identity, learned, scans, options, url: `${context.url.protocol}//${port.description}` }),
        folder,
        coordinates,
        learned,
        scans,
        options,
        tellsVacuum: identity.tellsVacuum,
        log,
        joystickLocked: options.joystickLock && (await lockJoystick(port, context)),
        reconnect: async () => (await open(undefined)).port,
      });
    } catch (thrown) {
      await port.close();
      throw thrown;
    }
  },
});
