import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { EmagentError, ERRORS, type ErrorCode } from '../../src/contract/errors.ts';

/**
 * The messages of `emagent-scope/1`, as docs/protocol-scope.md describes them. SI units on the wire: metres, radians,
 * seconds, volts, amperes. Both ends check what they get with these shapes.
 */
export const PROTOCOL = 'emagent-scope/1';
export const SUBPROTOCOL = 'emagent-scope.1';
export const SOCKET_PATH = '/scope';
export const MAX_TEXT_BYTES = 256 * 1024;
export const MAX_BINARY_BYTES = 16 * 1024 * 1024;
export { MAX_FRAME_S } from '../../src/lib/instrument-limits.ts';
export const MIN_LEASE_MS = 200;
export const MAX_LEASE_MS = 60_000;

const finite = z.number().refine(Number.isFinite, 'a finite number');
const WireRange = z.object({ min: finite, max: finite });

/** Stage position: x, y, z in m, rotation and tilt in rad. */
export const WirePosition = z.object({ x: finite, y: finite, z: finite, r: finite, t: finite });
export type WirePosition = z.infer<typeof WirePosition>;
export const WireTarget = WirePosition.partial().strict();
export type WireTarget = z.infer<typeof WireTarget>;

const WireAxis = WireRange.extend({ unit: z.enum(['m', 'rad']) });

export const WireHello = z.object({
  protocol: z.string(),
  server: z.string(),
  model: z.string(),
  serial: z.string(),
  axes: z.object({ x: WireAxis, y: WireAxis, z: WireAxis, r: WireAxis, t: WireAxis }),
  resolutions: z.array(z.tuple([z.int().positive(), z.int().positive()])).min(1),
  dwell: WireRange.extend({ list: z.array(finite).optional() }),
  fov: WireRange,
  wd: WireRange,
  detectors: z.array(z.string()).min(1),
  caps: z.array(z.string()),
  heartbeatMs: z.number().positive(),
  /** m/s and s; a bridge that does not know its instrument leaves it out. */
  timing: z.object({ stageSpeed: finite, stageSettle: finite, opticsSettle: finite, frameOverhead: finite }).optional(),
});
export type WireHello = z.infer<typeof WireHello>;

export const WireOptics = z.object({
  fov: finite,
  wd: finite,
  stig: z.tuple([finite, finite]),
  scanRotation: finite,
  hv: finite,
  current: finite,
});
export type WireOptics = z.infer<typeof WireOptics>;

export const WireStatus = WireOptics.extend({
  pos: WirePosition,
  moving: z.boolean(),
  beam: z.enum(['on', 'off', 'blanked', 'ramping', 'fault']),
  /** The blanker by itself, because `beam` can only say one of the two. */
  blanked: z.boolean(),
  vacuum: z.enum(['ready', 'pumping', 'venting', 'open', 'error']),
  detector: z.string(),
  scan: z.enum(['idle', 'busy']),
  estop: z.boolean(),
  /** Seconds on the server's own clock, the one that the leases run on. */
  ts: finite,
});
export type WireStatus = z.infer<typeof WireStatus>;

/** Read back when the exposure began; sent with the last chunk of a frame. */
export const WireFrameMetadata = z.object({
  pos: WirePosition,
  optics: WireOptics,
  dwell: finite,
  detector: z.string(),
  /** C/m^2 */
  dose: finite,
});
export type WireFrameMetadata = z.infer<typeof WireFrameMetadata>;

const WireError = z.object({ code: z.int(), message: z.string(), data: z.unknown().optional() });
export type WireError = z.infer<typeof WireError>;

export const WireOp = z.object({
  op: z.int(),
  state: z.enum(['running', 'completed', 'cancelled', 'error']),
  progress: z.number().optional(),
  result: z.unknown().optional(),
  error: WireError.optional(),
});
export type WireOp = z.infer<typeof WireOp>;

export const WireAlarm = z.object({ code: z.string(), severity: z.enum(['info', 'warning', 'error']), message: z.string() });
export type WireAlarm = z.infer<typeof WireAlarm>;

const lease = z.string();
/** Parameters of every request; strict, so that a misspelt name is an error and not a silent default. */
export const REQUESTS = {
  auth: z.strictObject({ token: z.string() }),
  'session.acquire': z.strictObject({
    client: z.string().min(1).max(200),
    leaseMs: z.number().min(MIN_LEASE_MS).max(MAX_LEASE_MS),
    /** A lease of this client's that it takes over after a lost connection. */
    lease: lease.optional(),
  }),
  'session.heartbeat': z.strictObject({ lease }),
  'session.release': z.strictObject({ lease }),
  'status.get': z.strictObject({}),
  'stage.move': z.strictObject({
    lease,
    to: WireTarget,
    backlash: z.enum(['none', 'final+']).optional(),
    timeoutMs: z.number().positive(),
  }),
  'stage.stop': z.strictObject({}),
  'beam.set': z.strictObject({ lease, blank: z.boolean().optional(), hv: finite.optional(), current: finite.optional() }),
  'optics.set': z.strictObject({
    lease,
    fov: finite.optional(),
    wd: finite.optional(),
    stig: z.tuple([finite, finite]).optional(),
    scanRotation: finite.optional(),
  }),
  'image.acquire': z.strictObject({
    lease,
    width: z.int().positive(),
    height: z.int().positive(),
    dwell: finite.positive(),
    bpp: z.union([z.literal(8), z.literal(16)]),
    detector: z.string(),
    roi: z.unknown().optional(),
  }),
  'image.abort': z.strictObject({ frame: z.int() }),
  'auto.focus': z.strictObject({ lease, range: finite.positive(), method: z.string() }),
  estop: z.strictObject({}),
  'estop.reset': z.strictObject({ lease }),
  'sim.inject': z.looseObject({ fault: z.string() }),
} as const;
export type Method = keyof typeof REQUESTS;
export type Params<M extends Method> = z.infer<(typeof REQUESTS)[M]>;

/** Results as the driver reads them; a server may add fields. */
export const RESULTS = {
  acquire: z.object({ lease: z.string(), leaseMs: z.number().positive() }),
  op: z.object({ op: z.int() }),
  image: z.object({ op: z.int(), frame: z.int().nonnegative() }),
  focus: z.object({ wd: finite, score: finite }),
  move: z.object({ pos: WirePosition, error: finite }),
} as const;

const Id = z.union([z.int(), z.string()]);
export const WireRequest = z.strictObject({ jsonrpc: z.literal('2.0'), id: Id, method: z.string(), params: z.unknown().optional() });
export type WireRequest = z.infer<typeof WireRequest>;

/** What a client receives as text: an answer, or a notification. */
export const ServerMessage = z.union([
  z.object({ jsonrpc: z.literal('2.0'), id: Id.nullable(), error: WireError }),
  z.object({ jsonrpc: z.literal('2.0'), method: z.string(), params: z.unknown() }),
  z.object({ jsonrpc: z.literal('2.0'), id: Id, result: z.unknown() }),
]);
export type ServerMessage = z.infer<typeof ServerMessage>;

export const RPC = {
  parse: -32700,
  request: -32600,
  method: -32601,
  params: -32602,
  internal: -32603,
  limit: -32001,
  interlock: -32002,
  busy: -32003,
  notCalibrated: -32004,
  hardware: -32005,
  timeout: -32006,
  targetNotReached: -32007,
  noLease: -32010,
  emergencyStop: -32011,
  unauthorised: -32012,
} as const;

const NUMBER_OF: Partial<Record<ErrorCode, number>> = {
  EM_LIMIT: RPC.limit,
  EM_INTERLOCK: RPC.interlock,
  EM_VACUUM: RPC.interlock,
  EM_BEAM: RPC.interlock,
  EM_BUSY: RPC.busy,
  EM_TIMEOUT: RPC.timeout,
  EM_TARGET_NOT_REACHED: RPC.targetNotReached,
  EM_LEASE: RPC.noLease,
  EM_EMERGENCY_STOP: RPC.emergencyStop,
  EM_UNSUPPORTED: RPC.method,
  EM_SCENARIO: RPC.params,
  EM_INTERNAL: RPC.internal,
};

const CODE_OF: Readonly<Record<number, ErrorCode>> = {
  [RPC.limit]: 'EM_LIMIT',
  [RPC.interlock]: 'EM_INTERLOCK',
  [RPC.busy]: 'EM_BUSY',
  [RPC.timeout]: 'EM_TIMEOUT',
  [RPC.targetNotReached]: 'EM_TARGET_NOT_REACHED',
  [RPC.noLease]: 'EM_LEASE',
  [RPC.emergencyStop]: 'EM_EMERGENCY_STOP',
  [RPC.method]: 'EM_UNSUPPORTED',
};

/** An error as it goes over the wire; `data.code` keeps ours exact, the number is what any client understands. */
export function wireErrorOf(error: EmagentError): WireError {
  return { code: NUMBER_OF[error.code] ?? RPC.hardware, message: error.message, data: { code: error.code } };
}

const ErrorData = z.object({ code: z.string() });

/** An error that came over the wire; `hardware` is what -32005 and the like mean for the command at hand. */
export function errorOfWire(error: WireError, hardware: ErrorCode): EmagentError {
  const data = ErrorData.safeParse(error.data);
  const named = data.success && Object.hasOwn(ERRORS, data.data.code) ? (data.data.code as ErrorCode) : undefined;
  const isProtocol = error.code <= -32600 && error.code >= -32700 && error.code !== RPC.internal && error.code !== RPC.method;
  const code = named ?? CODE_OF[error.code] ?? (isProtocol ? 'EM_PROTOCOL' : hardware);
  return new EmagentError(code, error.message, { context: { wireCode: error.code } });
}

/** `frame` is the server's number of the image; pixels are counted row by row from the top left. */
export interface ImageChunk {
  readonly frame: number;
  readonly offsetPx: number;
  readonly totalPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly depth: 8 | 16;
  readonly last: boolean;
  /** Little-endian when 16 bit. */
  readonly pixels: Uint8Array;
  readonly metadata?: WireFrameMetadata;
}

const MAGIC = 0x31464d45; // 'EMF1', little-endian
const HEADER_BYTES = 32;
const FLAG_LAST = 1;
const FLAG_METADATA = 2;

/**
 * Header of 32 bytes, little-endian: magic `EMF1`, u32 frame, u32 offsetPixel, u32 totalPixels, u16 width, u16 height,
 * u8 bits per pixel, u8 flags, u16 0, u32 CRC-32 of everything after the header, u32 bytes of pixels; then the pixels,
 * then the metadata as JSON when flag 2 is set.
 */
export function encodeChunk(chunk: ImageChunk): Buffer {
  const tail = chunk.metadata === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(chunk.metadata), 'utf8');
  const message = Buffer.alloc(HEADER_BYTES + chunk.pixels.byteLength + tail.byteLength);
  message.writeUInt32LE(MAGIC, 0);
  message.writeUInt32LE(chunk.frame, 4);
  message.writeUInt32LE(chunk.offsetPx, 8);
  message.writeUInt32LE(chunk.totalPx, 12);
  message.writeUInt16LE(chunk.widthPx, 16);
  message.writeUInt16LE(chunk.heightPx, 18);
  message.writeUInt8(chunk.depth, 20);
  message.writeUInt8((chunk.last ? FLAG_LAST : 0) | (chunk.metadata === undefined ? 0 : FLAG_METADATA), 21);
  message.writeUInt32LE(chunk.pixels.byteLength, 28);
  message.set(chunk.pixels, HEADER_BYTES);
  message.set(tail, HEADER_BYTES + chunk.pixels.byteLength);
  message.writeUInt32LE(crc32(message.subarray(HEADER_BYTES)), 24);
  return message;
}

/** Throws EM_FRAME_INCOMPLETE for a message that is damaged, EM_PROTOCOL for one that is no chunk. */
export function decodeChunk(bytes: Uint8Array): ImageChunk {
  const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (message.length < HEADER_BYTES || message.readUInt32LE(0) !== MAGIC) {
    throw new EmagentError('EM_PROTOCOL', 'The microscope sent bytes that are no image chunk.');
  }
  const payload = message.subarray(HEADER_BYTES);
  const pixelBytes = message.readUInt32LE(28);
  if (pixelBytes > payload.length || crc32(payload) !== message.readUInt32LE(24)) {
    throw new EmagentError('EM_FRAME_INCOMPLETE', 'An image chunk arrived damaged: its checksum is wrong.');
  }
  const depth = message.readUInt8(20);
  const flags = message.readUInt8(21);
  if ((depth !== 8 && depth !== 16) || pixelBytes % (depth / 8) !== 0) {
    throw new EmagentError('EM_PROTOCOL', `An image chunk has ${depth} bits per pixel and ${pixelBytes} bytes.`);
  }
  const chunk: ImageChunk = {
    frame: message.readUInt32LE(4),
    offsetPx: message.readUInt32LE(8),
    totalPx: message.readUInt32LE(12),
    widthPx: message.readUInt16LE(16),
    heightPx: message.readUInt16LE(18),
    depth,
    last: (flags & FLAG_LAST) !== 0,
    pixels: payload.subarray(0, pixelBytes),
  };
  if ((flags & FLAG_METADATA) === 0) return chunk;
  return { ...chunk, metadata: parseMetadata(payload.subarray(pixelBytes).toString('utf8')) };
}

function parseMetadata(text: string): WireFrameMetadata {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw new EmagentError('EM_PROTOCOL', 'The metadata of an image are no JSON.', { cause: thrown });
  }
  const metadata = WireFrameMetadata.safeParse(value);
  if (!metadata.success) throw new EmagentError('EM_PROTOCOL', 'The metadata of an image are not complete.', { cause: metadata.error });
  return metadata.data;
}
