import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ABORT, NORMAL_SCAN, NULL_COMMAND, READ, RECORD, SET } from '../../../drivers/remcon/codec/commands.ts';
import {
  createRemconLineReader,
  encodeLine,
  formatNumber,
  formatReplyLine,
  LINE_ENDS,
  type LineEnd,
  MAX_COMMAND_CHARS,
  parseCommandLine,
  parseNumber,
  parseNumbers,
  parseReplyLine,
  type ReplyLine,
} from '../../../drivers/remcon/codec/lines.ts';
import { REFUSAL, refusalNumberOf, refusalOf } from '../../../drivers/remcon/codec/refusals.ts';
import { scanSettings, settingOf } from '../../../drivers/remcon/dwell.ts';
import { DWELL_US } from '../../../drivers/remcon/codec/scales.ts';
import { ERRORS } from '../../../src/contract/errors.ts';

const cut = (bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const edges = [0, ...cuts.map((at) => at % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
};
const end = fc.constantFrom<LineEnd>('crlf', 'cr');
const printable = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/);

describe('lines', () => {
  test('come out the same however the bytes are cut and whatever ends them', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(printable, end), { maxLength: 6 }), fc.array(fc.nat(300), { maxLength: 8 }), (lines, cuts) => {
        const bytes = Buffer.concat(lines.map(([text, ending]) => encodeLine(text, ending)));
        const reader = createRemconLineReader();
        expect(cut(bytes, cuts).flatMap((piece) => reader.push(piece))).toEqual(lines.map(([text]) => text));
        expect(reader.rest).toBe('');
      }),
    );
  });

  test('of any bytes at all are read without a complaint, the same in every cutting', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(200), { maxLength: 8 }), (bytes, cuts) => {
        const whole = createRemconLineReader().push(bytes);
        const reader = createRemconLineReader();
        const pieces = cut(bytes, cuts).flatMap((piece) => reader.push(piece));
        expect(pieces).toEqual(whole);
        for (const line of pieces) {
          expect(parseReplyLine(line).kind).toMatch(/^(acknowledged|invalid|completed|failed|noise)$/);
          expect(parseCommandLine(line).name).toBe(parseCommandLine(line).name.toUpperCase());
        }
      }),
    );
  });

  test('of a reply are read as they were said, also with noise before them', () => {
    const reply = fc.oneof(
      fc.constant<ReplyLine>({ kind: 'acknowledged' }),
      fc.constant<ReplyLine>({ kind: 'invalid' }),
      fc.stringMatching(/^([!-~]([ -~]{0,30}[!-~])?)?$/).map((data): ReplyLine => ({ kind: 'completed', data })),
      fc.integer({ min: 0, max: 9999 }).map((number): ReplyLine => ({ kind: 'failed', number })),
    );
    const noise = fc.array(fc.oneof(fc.integer({ min: 0x80, max: 0xff }), fc.constantFrom(0, 1, 7)), { maxLength: 5 });
    fc.assert(
      fc.property(reply, noise, (said, bytes) => {
        const line = Buffer.from(bytes).toString('latin1') + formatReplyLine(said as Exclude<ReplyLine, { kind: 'noise' }>);
        expect(parseReplyLine(line)).toEqual(said);
      }),
    );
  });

  test.each([
    ['>65.60162 64.75846 38.91104 0.0', { kind: 'completed', data: '65.60162 64.75846 38.91104 0.0' }],
    ['*603', { kind: 'failed', number: 603 }],
    ['* 603', { kind: 'failed', number: 603 }],
    ['@ ', { kind: 'acknowledged' }],
    ['@@', { kind: 'noise', text: '@@' }],
    ['*', { kind: 'noise', text: '*' }],
    ['hello', { kind: 'noise', text: 'hello' }],
  ])('like %j are understood', (line, reply) => expect(parseReplyLine(line)).toEqual(reply));

  test('of commands are understood in any case and spacing, names of detectors with their blanks', () => {
    expect(parseCommandLine(' stg  1.5 -2e-1 .5 ')).toEqual({ name: 'STG', args: ['1.5', '-2e-1', '.5'], rest: '1.5 -2e-1 .5' });
    expect(parseCommandLine('det Aux 2')).toMatchObject({ name: 'DET', rest: 'Aux 2' });
    expect(parseCommandLine('')).toEqual({ name: '', args: [], rest: '' });
    expect(Object.keys(LINE_ENDS)).toEqual(['crlf', 'cr']);
  });
});

describe('numbers', () => {
  test('are read back to nine digits', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (value) => {
        const back = parseNumber(formatNumber(value));
        expect(back).toBeDefined();
        expect(Math.abs((back ?? Number.NaN) - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-8);
      }),
    );
  });

  test('are only numbers', () => {
    expect(['1.5', '-3', '+.5', '5.', '1.2E-12', '1e3'].map(parseNumber)).toEqual([1.5, -3, 0.5, 5, 1.2e-12, 1000]);
    expect(['', 'x', '1,5', '0x10', 'Infinity', '1e999', 'NaN', '--1'].map(parseNumber)).toEqual(Array.from({ length: 8 }, () => undefined));
    expect(parseNumbers('1 2', 3)).toBeUndefined();
    expect(parseNumbers('1 2 x', 3)).toBeUndefined();
    expect(() => formatNumber(Number.NaN)).toThrow('cannot be sent');
  });
});

describe('commands', () => {
  const numbers = fc.double({ min: -1e9, max: 1e9, noNaN: true });

  test('are short lines of printable characters, and none of them touches gun or high tension, whatever the arguments', () => {
    const fixed = [ABORT, NORMAL_SCAN, NULL_COMMAND, RECORD, ...Object.values(READ)];
    fc.assert(
      fc.property(fc.array(numbers, { minLength: 6, maxLength: 6 }), fc.boolean(), fc.stringMatching(/^[A-Za-z0-9 ]{1,20}$/), ([a = 0, b = 0, c = 0, d = 0, e = 0, f = 0], on, name) => {
        const set = [
          SET.position(a, b, c),
          SET.axes({ xMm: a, yMm: b, zMm: c, tiltDeg: d, rotationDeg: e, mMm: f }),
          SET.joystickLocked(on), SET.specimenCurrentMonitor(on), SET.blanked(on), SET.scanRotationOn(on),
          SET.magnification(a), SET.workingDistance(b), SET.stigmator(a, b), SET.scanRotation(c), SET.scanRate(d),
          SET.detector(name), SET.frameIntegration(e), SET.lineIntegration(f),
        ];
        for (const command of [...fixed, ...set]) {
          expect(command.length).toBeLessThanOrEqual(MAX_COMMAND_CHARS);
          expect(command).toMatch(/^[ -~]*$/);
          expect(parseCommandLine(command).name).not.toMatch(/^(BMON|EHT|PROB)$/);
        }
        // Every function there is was tried.
        expect(set.length).toBe(Object.keys(SET).length);
      }),
    );
  });

  test('cannot be smuggled in by a name', () => {
    expect(() => SET.detector('SE2\rBMON 0')).toThrow('is no RemCon32 command');
    expect(() => SET.detector('x'.repeat(100))).toThrow('is no RemCon32 command');
    expect(() => SET.magnification(Number.POSITIVE_INFINITY)).toThrow('cannot be sent');
  });
});

describe('refusals', () => {
  test.each(Object.entries(REFUSAL))('%s has a sentence and a code', (_, number) => {
    const error = refusalOf('STG 1 2 3', number, 'EM_STAGE_FAULT');
    expect(error.message).toMatch(new RegExp(`^SmartSEM refused "STG 1 2 3" with error ${number}: .+\\.$`));
    expect(Object.keys(ERRORS)).toContain(error.code);
    expect(refusalNumberOf(error)).toBe(number);
  });

  test('with an unknown number mean what the command makes of them', () => {
    expect(refusalOf('FREC', 699, 'EM_FRAME_INCOMPLETE')).toMatchObject({ code: 'EM_FRAME_INCOMPLETE', message: expect.stringContaining('without a known meaning') as string });
    expect(refusalNumberOf(new Error('x'))).toBeUndefined();
  });
});

describe('dwell times', () => {
  test('are those of the rates and their multiples, rising, each once', () => {
    const settings = scanSettings(DWELL_US);
    const list = settings.map(({ dwellUs }) => dwellUs);
    expect(list).toEqual(list.toSorted((a, b) => a - b));
    expect(new Set(list).size).toBe(list.length);
    expect(list.at(-1)).toBe(61.44);
    for (const { rate, count, dwellUs } of settings) expect(DWELL_US[rate]! * count).toBeCloseTo(dwellUs, 9);
    // Twice the time is the next rate, not two frames.
    expect(settingOf(settings, 0.12)).toMatchObject({ rate: 1, count: 1 });
    expect(settingOf(settings, 0.6)).toMatchObject({ rate: 1, count: 5 });
    expect(settingOf(settings, 0.61)).toBeUndefined();
  });
});
