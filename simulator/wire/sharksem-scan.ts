import { endianness } from 'node:os';
import { encodeScanChunk, type ScanChunk } from '../../drivers/sharksem/codec/scan-data.ts';
import { clamp } from '../../src/lib/guards.ts';
import type { ScanRequest, SimulatedMicroscope } from '../simulated-microscope.ts';

/** Dwell time of each speed index, us, from 1 on. */
export const SPEEDS_US = [0.1, 0.32, 1, 3.2, 10, 32, 100] as const;
export const CHANNELS = 4;
const DEFAULT_SPEED = 3;

/** Arguments of `ScScanXY`; the rectangle is inclusive. */
export interface ScanOrder {
  readonly frame: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly leftPx: number;
  readonly topPx: number;
  readonly rightPx: number;
  readonly bottomPx: number;
  readonly single: boolean;
  readonly dwellNs?: number;
}

/** Where the pixels of a scan go: the data connection of the client that ordered it, if it has one. */
export interface PixelSink {
  sendPixels(bytes: Uint8Array): void;
  /** Breaks the data connection. */
  cutData(): void;
}

export interface Channel {
  isOn: boolean;
  depth: 8 | 16;
  detector: number;
}

/** Scan generator. */
export interface SharksemScanner {
  readonly channels: readonly Channel[];
  speed: number;
  /** Gain and black level of each detector, %; without effect on the image. */
  readonly gainBlack: Map<number, readonly [number, number]>;
  /** The operator's live scan: while it runs, nobody else gets pixels. */
  guiScans: boolean;
  /** Another generator has the coils: no scan begins. */
  isExternal: boolean;
  readonly isScanning: boolean;
  /** 0, or a negative number when it is refused. */
  start(order: ScanOrder, sink: PixelSink): number;
  /** Cuts a running scan short. */
  stop(): void;
  /** Stops what this client has ordered. */
  stopFor(sink: PixelSink): void;
}

export interface ScannerOptions {
  readonly microscope: SimulatedMicroscope;
  readonly guiScanning: boolean;
  /** How a dwell argument is met: some servers refuse it, some take it and then send nothing. */
  readonly dwell: 'taken' | 'refused' | 'silent';
  /** Brackets each scan in the blanker's automatic mode. */
  beamFor(scan: () => Promise<void>): Promise<void>;
  log(message: string): void;
}

const REFUSED = -1;

function bytesOf(data: Uint8Array | Uint16Array, from: 8 | 16, to: 8 | 16): Uint8Array {
  if (from === to) {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    return from === 16 && endianness() === 'BE' ? Buffer.from(bytes).swap16() : bytes;
  }
  return Uint8Array.from(data, (grey) => grey >> 8);
}

export function createScanner(options: ScannerOptions): SharksemScanner {
  const { microscope, log } = options;
  const channels: Channel[] = Array.from({ length: CHANNELS }, (_, index) => ({ isOn: index === 0, depth: 8, detector: 0 }));
  let running: { readonly stop: AbortController; readonly sink: PixelSink } | undefined;
  let lastFrame = 0;
  let held: Buffer | undefined;

  /** One part of one channel, with what can befall it on the way. */
  const send = (chunk: ScanChunk, sink: PixelSink): void => {
    if (microscope.strikes('data-socket-lost')) {
      sink.cutData();
      return;
    }
    const bytes = encodeScanChunk(chunk);
    if (microscope.strikes('chunk-lost')) return;
    if (microscope.strikes('chunk-foreign')) sink.sendPixels(encodeScanChunk({ ...chunk, frame: lastFrame === chunk.frame ? chunk.frame - 1 : lastFrame }));
    if (held === undefined && microscope.strikes('chunk-reordered')) {
      held = bytes;
      return;
    }
    sink.sendPixels(bytes);
    if (held !== undefined) sink.sendPixels(held);
    held = undefined;
    if (microscope.strikes('chunk-repeated')) sink.sendPixels(bytes);
  };

  const scanner: SharksemScanner = {
    channels,
    speed: DEFAULT_SPEED,
    gainBlack: new Map(),
    guiScans: options.guiScanning,
    isExternal: false,
    get isScanning() {
      return running !== undefined;
    },
    start: (order, sink) => {
      const { widthPx, heightPx, leftPx, topPx, rightPx, bottomPx, single } = order;
      const on = channels.flatMap((channel, index) => (channel.isOn ? [{ ...channel, index }] : []));
      const isInside = leftPx <= rightPx && rightPx < widthPx && topPx <= bottomPx && bottomPx < heightPx;
      if (running !== undefined || scanner.isExternal || on.length === 0 || !isInside || microscope.strikes('scan-refused')) return REFUSED;
      if (order.dwellNs !== undefined && options.dwell === 'refused') return REFUSED;
      const { min, max } = microscope.info.dwellUs;
      const request: ScanRequest = {
        widthPx: rightPx - leftPx + 1,
        heightPx: bottomPx - topPx + 1,
        within: { widthPx, heightPx, leftPx, topPx },
        dwellUs: clamp(order.dwellNs === undefined ? (SPEEDS_US[scanner.speed - 1] as number) : order.dwellNs / 1000, min, max),
        depth: on.some(({ depth }) => depth === 16) ? 16 : 8,
      };
      const isMute = order.dwellNs !== undefined && options.dwell === 'silent';
      const stop = new AbortController();
      const mine = { stop, sink };
      running = mine;
      const deliver = ({ firstPx, data }: { readonly firstPx: number; readonly data: Uint8Array | Uint16Array }): void => {
        if (scanner.guiScans || isMute || stop.signal.aborted) return;
        for (const { index, depth } of on) send({ frame: order.frame, channel: index, firstPx, depth, pixels: bytesOf(data, request.depth, depth) }, sink);
      };
      const scan = async (): Promise<void> => {
        while (!stop.signal.aborted) {
          await options.beamFor(async () => void (await microscope.scan(request, deliver, stop.signal)));
          if (single) break;
        }
      };
      scan()
        .catch((error: Error) => {
          if (!stop.signal.aborted) log(`ScScanXY: ${error.message}`);
        })
        .finally(() => {
          // The last part had nobody to change places with.
          if (held !== undefined) sink.sendPixels(held);
          held = undefined;
          lastFrame = order.frame;
          if (running === mine) running = undefined;
        });
      return 0;
    },
    stop: () => {
      running?.stop.abort(new Error('ScStopScan'));
      running = undefined;
    },
    stopFor: (sink) => {
      if (running?.sink === sink) scanner.stop();
    },
  };
  return scanner;
}
