import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeChunk, encodeChunk, errorOfWire, type ImageChunk, type WireFrameMetadata, wireErrorOf } from '../../../drivers/scope/codec.ts';
import { createFrameAssembler } from '../../../drivers/scope/frame-assembler.ts';
import { EmagentError, type ErrorCode, ERRORS } from '../../../src/contract/errors.ts';
import type { AcquireRequest } from '../../../src/contract/frame.ts';

const metadata: WireFrameMetadata = {
  pos: { x: 0.001, y: -0.002, z: 0.01, r: 0, t: 0.1 },
  optics: { fov: 1e-4, wd: 0.01, stig: [0, 0.1], scanRotation: 0, hv: 1e4, current: 1e-10 },
  dwell: 1e-6,
  detector: 'SE',
  dose: 0.5,
};

const picture = fc
  .record({ widthPx: fc.integer({ min: 1, max: 20 }), heightPx: fc.integer({ min: 1, max: 20 }), depth: fc.constantFrom<8 | 16>(8, 16), chunkPx: fc.integer({ min: 1, max: 50 }) })
  .chain(({ chunkPx, ...size }) =>
    fc.uint8Array({ minLength: size.widthPx * size.heightPx * (size.depth / 8), maxLength: size.widthPx * size.heightPx * (size.depth / 8) }).map((bytes) => ({ ...size, chunkPx, bytes })),
  );
type Picture = typeof picture extends fc.Arbitrary<infer T> ? T : never;

function chunksOf({ widthPx, heightPx, depth, chunkPx, bytes }: Picture): Buffer[] {
  const totalPx = widthPx * heightPx;
  const step = depth / 8;
  const chunks: Buffer[] = [];
  for (let offsetPx = 0; offsetPx < totalPx; offsetPx += chunkPx) {
    const endPx = Math.min(totalPx, offsetPx + chunkPx);
    const last = endPx === totalPx;
    const pixels = bytes.subarray(offsetPx * step, endPx * step);
    chunks.push(encodeChunk({ frame: 7, offsetPx, totalPx, widthPx, heightPx, depth, last, pixels, ...(last ? { metadata } : {}) }));
  }
  return chunks;
}

function assemble({ widthPx, heightPx, depth }: Picture, messages: readonly Uint8Array[]): ReturnType<ReturnType<typeof createFrameAssembler>['finish']> {
  const request: AcquireRequest = { widthPx, heightPx, depth, dwellUs: 1 };
  const assembler = createFrameAssembler(7, request);
  for (const message of messages) {
    let chunk: ImageChunk;
    try {
      chunk = decodeChunk(message);
    } catch (thrown) {
      assembler.spoil(thrown as EmagentError);
      continue;
    }
    assembler.add(chunk);
  }
  return assembler.finish();
}

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (thrown) {
    return (thrown as EmagentError).code;
  }
  return 'no error';
};

describe('image chunks', () => {
  test('give back every pixel and the metadata, whatever the size and the cut', () => {
    fc.assert(
      fc.property(picture, (given) => {
        const { data, metadata: told } = assemble(given, chunksOf(given));
        const expected = given.depth === 8 ? given.bytes : Uint16Array.from({ length: given.bytes.length / 2 }, (_, index) => given.bytes[2 * index]! | (given.bytes[2 * index + 1]! << 8));
        expect(Array.from(data)).toEqual(Array.from(expected));
        expect(told).toEqual(metadata);
      }),
    );
  });

  test('that are lost, doubled or exchanged never make a frame', () => {
    fc.assert(
      fc.property(picture, fc.nat(), fc.constantFrom('lost', 'doubled', 'exchanged'), (given, at, how) => {
        const chunks = chunksOf(given);
        const index = at % chunks.length;
        fc.pre(how !== 'exchanged' || index + 1 < chunks.length);
        if (how === 'lost') chunks.splice(index, 1);
        else if (how === 'doubled') chunks.splice(index, 0, chunks[index]!);
        else chunks.splice(index, 2, chunks[index + 1]!, chunks[index]!);
        expect(codeOf(() => assemble(given, chunks))).toBe('EM_FRAME_INCOMPLETE');
      }),
    );
  });

  test('with any single bit wrong never make a frame', () => {
    fc.assert(
      fc.property(picture, fc.nat(), fc.nat(), (given, which, where) => {
        const chunks = chunksOf(given);
        const damaged = Buffer.from(chunks[which % chunks.length]!);
        const bit = where % (damaged.length * 8);
        const byte = bit >> 3;
        // The two reserved bytes, and the flag bits without a meaning, say nothing.
        fc.pre(byte !== 22 && byte !== 23 && !(byte === 21 && (bit & 7) > 1));
        damaged[byte] = damaged[byte]! ^ (1 << (bit & 7));
        chunks[which % chunks.length] = damaged;
        expect(['EM_FRAME_INCOMPLETE', 'EM_PROTOCOL']).toContain(codeOf(() => assemble(given, chunks)));
      }),
      { numRuns: 500 },
    );
  });

  test('cut short, or of another size or image, are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(['EM_PROTOCOL', 'EM_FRAME_INCOMPLETE']).toContain(codeOf(() => decodeChunk(bytes)));
      }),
    );
    const assembler = createFrameAssembler(8, { widthPx: 2, heightPx: 1, depth: 8, dwellUs: 1 });
    assembler.add(decodeChunk(encodeChunk({ frame: 7, offsetPx: 0, totalPx: 2, widthPx: 2, heightPx: 1, depth: 8, last: true, pixels: Uint8Array.of(1, 2), metadata })));
    expect(() => assembler.finish()).toThrow('a part of image 7 came in between');
    const other = createFrameAssembler(7, { widthPx: 1, heightPx: 2, depth: 8, dwellUs: 1 });
    other.add(decodeChunk(encodeChunk({ frame: 7, offsetPx: 0, totalPx: 2, widthPx: 2, heightPx: 1, depth: 8, last: true, pixels: Uint8Array.of(1, 2), metadata })));
    expect(() => other.finish()).toThrow('1 x 2 px of 8 bit were asked for, 2 x 1 px of 8 bit came');
  });
});

describe('errors over the wire', () => {
  test.each(Object.keys(ERRORS) as ErrorCode[])('%s comes back as itself', (code) => {
    const back = errorOfWire(wireErrorOf(new EmagentError(code, 'What happened.')), 'EM_STAGE_FAULT');
    expect([back.code, back.message]).toEqual([code, 'What happened.']);
  });

  test('from a server that knows only the numbers mean what the table says', () => {
    const codes = [-32001, -32002, -32003, -32005, -32006, -32007, -32010, -32011, -32601, -32602, -32700, -32603, -1].map((code) => errorOfWire({ code, message: 'm' }, 'EM_STAGE_FAULT').code);
    expect(codes).toEqual([
      'EM_LIMIT', 'EM_INTERLOCK', 'EM_BUSY', 'EM_STAGE_FAULT', 'EM_TIMEOUT', 'EM_TARGET_NOT_REACHED', 'EM_LEASE', 'EM_EMERGENCY_STOP',
      'EM_UNSUPPORTED', 'EM_PROTOCOL', 'EM_PROTOCOL', 'EM_STAGE_FAULT', 'EM_STAGE_FAULT',
    ]);
    expect(errorOfWire({ code: -32001, message: 'm', data: { code: 'constructor' } }, 'EM_STAGE_FAULT').code).toBe('EM_LIMIT');
  });
});
