import { z } from 'zod';
import { EmagentError } from '../../src/contract/errors.ts';
import { type ConnectContext, defineDriver, type MicroscopeInfo, type Range } from '../../src/contract/microscope.ts';
import type { Link } from '../../src/contract/link.ts';
import { openSerial } from '../links/serial.ts';
import { openTcp } from '../links/tcp.ts';
import { openFolderCamera } from './camera.ts';
import { DEFAULT_BAUD, type DialectName, DIALECTS } from './codec.ts';
import { converse } from './conversation.ts';
import { createAsiMicroscope } from './microscope.ts';
import { createAsiStage, readFacts, requireController, type StageFacts } from './stage.ts';

const Flag = z.enum(['true', 'false', '1', '0', 'yes', 'no']).default('false').transform((text) => ['true', '1', 'yes'].includes(text));
const Size = z.string().regex(/^\d{2,5}x\d{2,5}$/, 'a size such as 1024x768').transform((text): [number, number] => {
  const [width = 0, height = 0] = text.split('x').map(Number);
  return [width, height];
});
const Um = z.coerce.number();
const Ms = z.coerce.number().nonnegative();

const options = z.strictObject({
  /** Folder into which the camera saves its pictures. */
  images: z.string({ error: 'the folder into which the camera saves its pictures is missing' }).min(1),
  /** Width of the camera's whole picture on the specimen. */
  fieldWidthUm: z.coerce.number({ error: "the width of the camera's picture on the specimen, in um, is missing" }).positive(),
  baud: z.coerce.number().int().positive().default(DEFAULT_BAUD),
  dialect: z.enum(Object.keys(DIALECTS) as [DialectName, ...DialectName[]]).default('ms-2000'),
  /** Where the stage may go, in stage micrometres; asked of the controller when absent. */
  xMinUm: Um.optional(),
  xMaxUm: Um.optional(),
  yMinUm: Um.optional(),
  yMaxUm: Um.optional(),
  /** For a stage whose axis runs against the picture's: x right, y up. */
  invertX: Flag,
  invertY: Flag,
  toleranceUm: z.coerce.number().positive().default(2),
  /** From the end of a move until the specimen is still. */
  settleMs: Ms.default(200),
  /** From the beginning of an exposure until its file is complete. */
  exposureMs: Ms.default(500),
  /** Longest wait for a picture; more when a person presses the button. */
  pictureMs: z.coerce.number().positive().default(60_000),
  pollMs: z.coerce.number().positive().default(200),
  pictureSize: Size.optional(),
  /** After "not busy" until it is believed. */
  idleWaitMs: Ms.default(100),
  /** Longest wait for a reply. */
  replyMs: z.coerce.number().positive().default(1500),
  connectMs: z.coerce.number().positive().default(5000),
});
type Options = z.infer<typeof options>;

const SERIAL = 'asi+serial:';

/** `asi+serial:///dev/ttyUSB0`, `asi+serial:COM3`, `asi+tcp://host:port` */
async function openLink({ url, clock, signal }: ConnectContext, { baud, connectMs }: Options): Promise<Link> {
  const shared = { clock, timeoutMs: connectMs, ...(signal !== undefined && { signal }) };
  if (url.protocol === SERIAL) {
    const path = decodeURIComponent(url.pathname === '' ? url.hostname : url.pathname);
    if (path === '') throw new EmagentError('EM_USAGE', `${url.href} names no serial port: write asi+serial:///dev/ttyUSB0 or asi+serial:COM3.`);
    return openSerial({ path, baudRate: baud, ...shared });
  }
  if (url.hostname === '' || url.port === '') throw new EmagentError('EM_USAGE', `${url.href} names no host and port: write asi+tcp://host:port.`);
  return openTcp({ host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port), ...shared });
}

/** What was given wins, but never beyond the controller's own limits. Throws EM_USAGE when neither says anything. */
function limitsOf(chosen: Options, { limitsUm }: StageFacts): { xUm: Range; yUm: Range } {
  const range = (axis: 'x' | 'y'): Range => {
    const own = limitsUm?.[axis === 'x' ? 'X' : 'Y'];
    const inverted = axis === 'x' ? chosen.invertX : chosen.invertY;
    const seen = own === undefined || !inverted ? own : { min: -own.max + 0, max: -own.min + 0 };
    const min = Math.max(chosen[`${axis}MinUm`] ?? Number.NEGATIVE_INFINITY, seen?.min ?? Number.NEGATIVE_INFINITY);
    const max = Math.min(chosen[`${axis}MaxUm`] ?? Number.POSITIVE_INFINITY, seen?.max ?? Number.POSITIVE_INFINITY);
    if (!Number.isFinite(min) || !Number.isFinite(max)) {
      throw new EmagentError('EM_USAGE', `The stage controller does not tell how far ${axis} may go: add ${axis}MinUm= and ${axis}MaxUm= to the address.`);
    }
    if (min >= max) throw new EmagentError('EM_USAGE', `${axis} would go from ${min} to ${max} um: ${axis}MinUm must be smaller than ${axis}MaxUm, and inside the limits of the controller.`);
    return { min, max };
  };
  return { xUm: range('x'), yUm: range('y') };
}

/** Reductions of the picture that are on offer as frame sizes. */
const REDUCTIONS = [1, 2, 4, 8];
const LEAST_FRAME_PX = 64;
/** The narrowest middle part of a picture that is handed out as a field of its own. */
const DEEPEST_CROP = 16;
/** For a controller that does not tell: slow enough for any stage, so that a plan is rather too careful. */
const CAREFUL_SPEED_UM_PER_S = 1000;

function infoOf(chosen: Options, facts: StageFacts, { url, sizePx: [widthPx, heightPx] }: { url: string; sizePx: readonly [number, number] }): MicroscopeInfo {
  const fixed = { min: 0, max: 0 };
  return {
    driver: 'asi',
    url,
    model: `ASI stage (${facts.version}) with a camera`,
    serialNumber: `asi ${facts.version}`,
    axes: { ...limitsOf(chosen, facts), zUm: fixed, rotationDeg: fixed, tiltDeg: fixed },
    frameSizesPx: REDUCTIONS.map((by) => [Math.round(widthPx / by), Math.round(heightPx / by)] as const).filter(([width, height], index) => index === 0 || Math.min(width, height) >= LEAST_FRAME_PX),
    // The exposure is the camera's own: any dwell time is taken, none has an effect.
    dwellUs: { min: 0.01, max: 1e4 },
    fieldWidthUm: { min: chosen.fieldWidthUm / DEEPEST_CROP, max: chosen.fieldWidthUm },
    workingDistanceMm: { min: 1, max: 1 },
    detectors: ['camera'],
    capabilities: ['stage', 'image', 'limits'],
    timing: {
      stageSpeedUmPerS: facts.speedUmPerS === undefined ? CAREFUL_SPEED_UM_PER_S : Math.min(facts.speedUmPerS.X, facts.speedUmPerS.Y),
      stageSettleMs: chosen.settleMs + chosen.idleWaitMs,
      opticsSettleMs: 0,
      frameOverheadMs: chosen.exposureMs + 2 * chosen.pollMs,
    },
  };
}

export const driver = defineDriver({
  id: 'asi',
  summary: 'ASI stage controller (MS-2000, Tiger, LX-4000) with a camera that saves pictures into a folder',
  example: 'asi+serial:///dev/ttyUSB0?images=/data/camera&fieldWidthUm=400',
  options,
  wire: { queries: /^(2H)?(\/|V|(W|RS) X Y|(S|B|SL|SU) X\? Y\?)\r$/ },
  connect: async (chosen, context) => {
    const { clock, log, signal } = context;
    const link = await openLink(context, chosen);
    // Until it is known who answers, the one sentence of the refusal says all.
    let isKnown = false;
    const conversation = converse({ link, clock, dialect: chosen.dialect, replyMs: chosen.replyMs, log: (level, message) => log(isKnown ? level : 'debug', message) });
    try {
      await requireController(conversation, context.url.protocol === SERIAL ? chosen.baud : undefined);
      isKnown = true;
      const facts = await readFacts(conversation);
      const { images, exposureMs, pictureMs, pollMs, pictureSize } = chosen;
      const camera = await openFolderCamera({ folder: images, clock, exposureMs, pictureMs, pollMs, ...(pictureSize !== undefined && { sizePx: pictureSize }) }, signal);
      const { toleranceUm, idleWaitMs, settleMs } = chosen;
      const stage = createAsiStage({ conversation, clock, inverted: { X: chosen.invertX, Y: chosen.invertY }, toleranceUm, idleWaitMs, settleMs });
      const info = infoOf(chosen, facts, { url: context.url.href, sizePx: camera.sizePx });
      log('info', `${info.model}: x ${info.axes.xUm.min} to ${info.axes.xUm.max} um, y ${info.axes.yUm.min} to ${info.axes.yUm.max} um`, { backlashUm: facts.backlashUm });
      return createAsiMicroscope({ conversation, stage, camera, clock, info, toleranceUm });
    } catch (thrown) {
      await conversation.close();
      throw thrown;
    }
  },
});
