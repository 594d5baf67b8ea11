import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs/light.js';

const field = (type: string, id: number, rule?: string) => ({ type, id, ...(rule !== undefined && { rule }) });

/** The part of TensorFlow's event.proto and summary.proto that scalars and pictures need. */
const eventType = protobuf.Root.fromJSON({
  nested: {
    Event: {
      oneofs: { what: { oneof: ['fileVersion', 'summary'] } },
      fields: { wallTime: field('double', 1), step: field('int64', 2), fileVersion: field('string', 3), summary: field('Summary', 5) },
    },
    Summary: {
      fields: { value: field('Value', 1, 'repeated') },
      nested: {
        Image: { fields: { height: field('int32', 1), width: field('int32', 2), colorspace: field('int32', 3), encodedImageString: field('bytes', 4) } },
        Value: {
          oneofs: { value: { oneof: ['simpleValue', 'image'] } },
          fields: { tag: field('string', 1), simpleValue: field('float', 2), image: field('Image', 4) },
        },
      },
    },
  },
}).lookupType('Event');

/** CRC-32C (Castagnoli), bit by bit through a table. */
const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}

/** As TFRecord stores it: turned by 15 bits and shifted, so that a checksum of checksums is none. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** One TFRecord: length (u64), its checksum, data, its checksum; little endian. */
export function tfRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(16 + data.length);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return record;
}

export interface EncodedPicture {
  /** A PNG. */
  readonly png: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Writes event files that TensorBoard reads. Everything is on the disk when a call returns. */
export interface EventWriter {
  scalars(step: number, values: Readonly<Record<string, number>>): void;
  picture(step: number, tag: string, picture: EncodedPicture): void;
}

/** A new event file in the folder; those that are there stay, TensorBoard joins them. Throws what the file system throws. */
export function createEventWriter(dir: string): EventWriter {
  mkdirSync(dir, { recursive: true });
  const seconds = Math.floor(Date.now() / 1000);
  const path = join(dir, `events.out.tfevents.${String(seconds).padStart(10, '0')}.${hostname()}.${process.pid}.0`);
  const event = (content: object): Uint8Array => tfRecord(eventType.encode(eventType.fromObject({ wallTime: Date.now() / 1000, ...content })).finish());
  writeFileSync(path, event({ fileVersion: 'brain.Event:2' }));
  return {
    scalars: (step, values) => appendFileSync(path, event({ step, summary: { value: Object.entries(values).map(([tag, simpleValue]) => ({ tag, simpleValue })) } })),
    picture: (step, tag, { png, widthPx, heightPx }) =>
      appendFileSync(path, event({ step, summary: { value: [{ tag, image: { height: heightPx, width: widthPx, colorspace: 1, encodedImageString: png } }] } })),
  };
}
