import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DIALECTS, type DialectName, encodeCommand, encodeReply, moveCommand, parseAssignments, parseCommand, parseNumbers, parseReply, REPLY_LINE_END, tenthsOfUm, umOfTenths } from '../../../drivers/asi/codec.ts';
import { createLineReader } from '../../../drivers/links/lines.ts';

const dialects = Object.keys(DIALECTS) as DialectName[];
const um = fc.integer({ min: -1_100_000, max: 1_100_000 }).map((tenths) => tenths / 10);

describe('commands', () => {
  test('arrive as they were meant, in every dialect', () => {
    fc.assert(
      fc.property(um, um, fc.constantFrom(...dialects), (x, y, dialect) => {
        const line = Buffer.from(encodeCommand(moveCommand({ X: x, Y: y }), dialect)).toString('latin1');
        expect(line.endsWith('\r')).toBe(true);
        const command = parseCommand(line.slice(0, -1), dialect);
        expect(command).toMatchObject({ name: 'M', malformed: false });
        expect(umOfTenths(command.axes.get('X') as number)).toBeCloseTo(x, 6);
        expect(umOfTenths(command.axes.get('Y') as number)).toBeCloseTo(y, 6);
      }),
    );
  });

  test.each([
    ['w x y', 'W', [['X', ''], ['Y', '']]],
    ['SL X? Y?', 'SL', [['X', '?'], ['Y', '?']]],
    ['MC X+', 'MC', [['X', '+']]],
    ['\\', 'HALT', []],
    ['halt', 'HALT', []],
    ['STATUS', '/', []],
    ['MOVE X=-12.5', 'M', [['X', -12.5]]],
  ] as const)('"%s" is read as %s', (line, name, axes) => {
    const command = parseCommand(line, 'ms-2000');
    expect(command.name).toBe(name);
    expect([...command.axes]).toEqual(axes);
    expect(command.malformed).toBe(false);
  });

  test('with something else in them are malformed', () => {
    expect(parseCommand('M X=1 rubbish', 'ms-2000').malformed).toBe(true);
  });
});

describe('replies', () => {
  const texts = [':A', ':A 1200 -345.5 ', 'B', 'N', ':N-21', ':A X=5.745920 Y=5.745920', ':A Version: USB-9.2p'];

  test('are the same however the bytes are cut, in every dialect', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...texts), { minLength: 1, maxLength: 6 }), fc.array(fc.nat(200)), fc.constantFrom(...dialects), (said, cuts, dialect) => {
        const bytes = Buffer.concat(said.map((text) => encodeReply(text, dialect)));
        const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const reader = createLineReader(REPLY_LINE_END);
        const replies = edges.slice(1).flatMap((edge, index) => reader.push(bytes.subarray(edges[index], edge))).map(parseReply);
        expect(replies).toEqual(said.map(parseReply));
      }),
    );
  });

  test('are told apart', () => {
    expect(parseReply(':A')).toEqual({ kind: 'ok', text: '' });
    expect(parseReply(':A 12 -3 ')).toEqual({ kind: 'ok', text: '12 -3' });
    expect(parseReply('B')).toEqual({ kind: 'status', busy: true });
    expect(parseReply('N')).toEqual({ kind: 'status', busy: false });
    expect(parseReply(':N-4')).toEqual({ kind: 'refused', number: 4 });
    expect(parseReply('hello')).toEqual({ kind: 'other', text: 'hello' });
  });

  test('lose noise with the eighth bit set, and nothing else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.uint8Array({ min: 128, maxLength: 6 }), (text, noise) => {
        expect(parseReply(`${Buffer.from(noise).toString('latin1')}${text}`)).toEqual(parseReply(text));
      }),
    );
  });

  test('whatever comes never throw, and never make numbers of what is none', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseReply(text);
        const numbers = parseNumbers(text, 2);
        if (numbers !== undefined) expect(numbers.every(Number.isFinite)).toBe(true);
      }),
    );
    expect(parseNumbers('1 2 3', 2)).toBeUndefined();
    expect(parseNumbers('1 x', 2)).toBeUndefined();
    expect(parseAssignments('X=1.5')).toBeUndefined();
    expect(parseAssignments('X=-110.000 Y=55.5')).toEqual({ X: -110, Y: 55.5 });
  });
});

test('micrometres survive the way to tenths and back', () => {
  fc.assert(
    fc.property(um, (value) => {
      expect(umOfTenths(tenthsOfUm(value))).toBeCloseTo(value, 9);
    }),
  );
});
