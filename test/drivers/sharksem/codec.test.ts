import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FUNCTIONS, type FunctionName, isAtLeast } from '../../../drivers/sharksem/codec/functions.ts';
import { createMessageReader, encodeMessage, FLAG, HEADER_BYTES, type Message } from '../../../drivers/sharksem/codec/message.ts';
import { decodeScanChunk, encodeScanChunk } from '../../../drivers/sharksem/codec/scan-data.ts';
import { createBodyReader, decodeValues, encodeValues, readMap, writeMap } from '../../../drivers/sharksem/codec/values.ts';

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');

/** Computed by hand from the layout. */
const EXAMPLES = {
  request: bytesOf(`54 63 70 47 65 74 56 65 72 73 69 6f 6e 00 00 00
                    00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00`),
  reply: bytesOf(`54 63 70 47 65 74 56 65 72 73 69 6f 6e 00 00 00
                  0c 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00
                  07 00 00 00 32 2e 30 2e 32 35 00 00`),
  move: bytesOf(`53 74 67 4d 6f 76 65 54 6f 00 00 00 00 00 00 00
                 10 00 00 00 07 00 00 00 01 00 00 00 00 00 00 00
                 04 00 00 00 31 2e 35 00 03 00 00 00 2d 32 00 00`),
  data: bytesOf(`53 63 44 61 74 61 00 00 00 00 00 00 00 00 00 00
                 18 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
                 05 00 00 00 00 00 00 00 00 00 00 00 08 00 00 00
                 03 00 00 00 10 20 30 00`),
};

const plain = (messages: readonly Message[]): Message[] => messages.map(({ body, ...rest }) => ({ ...rest, body: Uint8Array.from(body) }));

describe('the worked examples', () => {
  test('are what is written', () => {
    expect(encodeMessage({ command: 'TcpGetVersion', id: 1, flags: 0, body: new Uint8Array() })).toEqual(EXAMPLES.request);
    expect(encodeMessage({ command: 'TcpGetVersion', id: 1, flags: 0, body: encodeValues(['s'], ['2.0.25']) })).toEqual(EXAMPLES.reply);
    expect(encodeMessage({ command: 'StgMoveTo', id: 7, flags: FLAG.respond, body: encodeValues(FUNCTIONS.StgMoveTo.args, [1.5, -2]) })).toEqual(EXAMPLES.move);
    expect(encodeScanChunk({ frame: 5, channel: 0, firstPx: 0, depth: 8, pixels: Uint8Array.of(0x10, 0x20, 0x30) })).toEqual(EXAMPLES.data);
  });

  test('are read', () => {
    const [request, reply, move, data] = createMessageReader().push(Buffer.concat(Object.values(EXAMPLES)));
    expect(request).toMatchObject({ command: 'TcpGetVersion', id: 1, flags: 0 });
    expect(decodeValues(['s'], reply!.body)).toEqual(['2.0.25']);
    expect(decodeValues(FUNCTIONS.StgMoveTo.args, move!.body)).toEqual([1.5, -2]);
    expect(move).toMatchObject({ command: 'StgMoveTo', id: 7, flags: FLAG.respond });
    expect(decodeScanChunk(data!)).toEqual({ frame: 5, channel: 0, firstPx: 0, depth: 8, pixels: Buffer.of(0x10, 0x20, 0x30) });
  });
});

const anyMessage = fc.record({
  command: fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,14}$/),
  id: fc.nat(0xffffffff),
  flags: fc.nat(0xffff),
  body: fc.uint8Array({ maxLength: 200 }),
});

describe('a stream of messages', () => {
  test('is read the same however it is cut', () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 6 }), fc.array(fc.nat(400), { maxLength: 12 }), (messages, cuts) => {
        const stream = Buffer.concat(messages.map(encodeMessage));
        const at = [0, ...cuts.map((cut) => Math.min(cut, stream.length)).toSorted((a, b) => a - b), stream.length];
        const reader = createMessageReader();
        const read = at.slice(1).flatMap((end, index) => reader.push(stream.subarray(at[index], end)));
        expect(plain(read)).toEqual(messages.map((message) => ({ ...message, body: Uint8Array.from(message.body) })));
      }),
    );
  });

  test('byte by byte is the same', () => {
    const reader = createMessageReader();
    const read = [...EXAMPLES.move].flatMap((byte) => reader.push(Uint8Array.of(byte)));
    expect(read).toHaveLength(1);
    expect(decodeValues(FUNCTIONS.StgMoveTo.args, read[0]!.body)).toEqual([1.5, -2]);
  });

  test.each([
    ['of a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'), 'web server'],
    ['without a name', Buffer.alloc(HEADER_BYTES), 'not ASCII'],
    ['with bytes above 127 as a name', Buffer.alloc(HEADER_BYTES, 0xff), 'not ASCII'],
    ['with a name of 16 characters', Buffer.from('ABCDEFGHIJKLMNOP'.padEnd(HEADER_BYTES, '\0')), 'not ASCII'],
    ['that announces a gigabyte', Buffer.concat([EXAMPLES.request.subarray(0, 16), bytesOf('00 00 00 40'), Buffer.alloc(12)]), 'is announced'],
  ])('%s is refused', (_name, bytes, why) => {
    expect(() => createMessageReader().push(bytes)).toThrow(expect.objectContaining({ code: 'EM_PROTOCOL' }));
    expect(() => createMessageReader().push(bytes)).toThrow(why);
  });

  test('random bytes give messages or EM_PROTOCOL, nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 8 }), (pieces) => {
        const reader = createMessageReader();
        try {
          for (const piece of pieces) reader.push(piece);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'EM_PROTOCOL' });
        }
      }),
    );
  });
});

const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value));
const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !value.includes('\0'));

describe('values', () => {
  test('come back as they went', () => {
    fc.assert(
      fc.property(fc.tuple(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.nat(0xffffffff), finite, text), (values) => {
        const body = encodeValues(['i', 'u', 'f', 's'], values);
        expect(body.length % 4).toBe(0);
        expect(decodeValues(['i', 'u', 'f', 's'], body)).toEqual(values);
      }),
    );
  });

  test('are read also when the length counts the padding, as a client of the vendor writes it', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(finite.map((value) => String(value)), text), { maxLength: 5 }), (texts) => {
        const body = Buffer.concat(
          texts.map((value) => {
            const bytes = Buffer.from(`${value}\0`);
            const length = Math.ceil(bytes.length / 4) * 4;
            const padded = Buffer.alloc(4 + length);
            padded.writeUInt32LE(length, 0);
            padded.set(bytes, 4);
            return padded;
          }),
        );
        expect(decodeValues(texts.map(() => 's' as const), body)).toEqual(texts);
      }),
    );
  });

  test('may be missing at the end when they are optional, and only there', () => {
    expect(decodeValues(FUNCTIONS.StgMoveTo.args, encodeValues(['f'], [1]))).toEqual([1]);
    expect(() => decodeValues(FUNCTIONS.StgMoveTo.args, new Uint8Array())).toThrow(expect.objectContaining({ code: 'EM_PROTOCOL' }));
    expect(decodeValues(FUNCTIONS.StgGetPosition.returns, encodeValues(['f', 'f', 'f', 'f', 'f', 'f'], [1, 2, 3, 4, 5, 6]))).toEqual([1, 2, 3, 4, 5]);
  });

  test('that are none are refused on either end', () => {
    expect(() => encodeValues(['f'], [Number.NaN])).toThrow(expect.objectContaining({ code: 'EM_LIMIT' }));
    expect(() => decodeValues(['f'], encodeValues(['s'], ['no number']))).toThrow(expect.objectContaining({ code: 'EM_PROTOCOL' }));
    expect(() => decodeValues(['s'], bytesOf('ff 00 00 00 31 32'))).toThrow(expect.objectContaining({ code: 'EM_PROTOCOL' }));
    expect(createBodyReader(bytesOf('00 00 00 00')).string()).toBe('');
  });

  test('of a map come in any order, and what is unknown does no harm', () => {
    expect(readMap('det.1.name=BSE\r\nnonsense\n=x\ndet.0.name = SE\n')).toEqual(new Map([['det.1.name', 'BSE'], ['det.0.name', 'SE']]));
    expect(readMap(writeMap([['speed.1.dwell', 0.1], ['speed.2.dwell', 0.32]]))).toEqual(new Map([['speed.1.dwell', '0.1'], ['speed.2.dwell', '0.32']]));
  });
});

const anyChunk = fc.record({ frame: fc.nat(0xffffffff), channel: fc.nat(7), firstPx: fc.nat(0xffffffff), depth: fc.constantFrom(8 as const, 16 as const) });

test('a chunk of pixels comes back as it went', () => {
  fc.assert(
    fc.property(anyChunk, fc.uint8Array({ maxLength: 64 }), ({ frame, channel, firstPx, depth }, bytes) => {
      const pixels = depth === 16 ? bytes.subarray(0, bytes.length & ~1) : bytes;
      const [message] = createMessageReader().push(encodeScanChunk({ frame, channel, firstPx, depth, pixels }));
      expect(decodeScanChunk(message!)).toEqual({ frame, channel, firstPx, depth, pixels: Buffer.from(pixels) });
    }),
  );
  const odd = encodeValues(['u', 'i', 'u', 'i'], [1, 0, 0, 16]);
  expect(() => decodeScanChunk({ command: 'ScData', id: 0, flags: 0, body: Buffer.concat([odd, bytesOf('01 00 00 00 05 00 00 00')]) })).toThrow('middle of a pixel');
  expect(() => decodeScanChunk({ command: 'ScData', id: 0, flags: 0, body: Buffer.concat([encodeValues(['u', 'i', 'u', 'i'], [1, 0, 0, 12]), Buffer.alloc(4)]) })).toThrow('12 bit');
});

test('versions are compared number by number', () => {
  expect(isAtLeast('2.0.22', '2.0.9')).toBe(true);
  expect(isAtLeast('2.0.9', '2.0.22')).toBe(false);
  expect(isAtLeast('3', '2.0.22')).toBe(true);
  expect(isAtLeast('2.0.22', '2.0.22')).toBe(true);
  for (const name of Object.keys(FUNCTIONS) as FunctionName[]) {
    expect(name.length).toBeLessThan(16);
    expect(FUNCTIONS[name].since).toMatch(/^\d+\.\d+\.\d+$/);
  }
});
