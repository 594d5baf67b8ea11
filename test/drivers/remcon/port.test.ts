import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NULL_COMMAND, READ, SET } from '../../../drivers/remcon/codec/commands.ts';
import { openPort, type PortOptions, type RemconPort } from '../../../drivers/remcon/port.ts';
import { EmagentError } from '../../../src/contract/errors.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/lib/clock.ts';
import { createScriptedLink, type ScriptedLink } from '../../support/scripted-link.ts';

interface Bench {
  readonly port: RemconPort;
  readonly far: ScriptedLink;
  readonly clock: VirtualClock;
  readonly logged: string[];
}

/** `script` answers the commands one after another, the null commands with what they deserve. */
function bench(script: readonly ((say: (text: string) => void, clock: VirtualClock) => void)[], options: Partial<PortOptions> = {}): Bench {
  const clock = createVirtualClock();
  const logged: string[] = [];
  const left = [...script];
  const far = createScriptedLink((text, say) => {
    if (text.trim() === '') say('@\r\n>\r\n');
    else left.shift()?.(say, clock);
  });
  const port = openPort({ link: far.link, clock, eol: 'crlf', acknowledgeMs: 1000, completionMs: 10_000, log: (_, message) => logged.push(message), ...options });
  return { port, far, clock, logged };
}
const says = (text: string) => (say: (text: string) => void): void => say(text);
const number = (data: string): number => {
  const value = Number(data);
  if (data === '' || Number.isNaN(value)) throw new EmagentError('EM_PROTOCOL', `"${data}" is no number.`);
  return value;
};

describe('a command', () => {
  test('is answered by two lines, in any cutting of their bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(30), { maxLength: 8 }), fc.constantFrom('\r\n', '\r'), async (cuts, end) => {
        const reply = `@${end}>65.60162 64.75846 38.91104 0.0${end}`;
        const edges = [0, ...cuts.map((at) => at % reply.length).toSorted((a, b) => a - b), reply.length];
        const { port } = bench([(say) => edges.slice(1).forEach((edge, index) => say(reply.slice(edges[index], edge)))]);
        expect(await port.send(READ.stage)).toBe('65.60162 64.75846 38.91104 0.0');
      }),
    );
  });

  test('ends as the options say', async () => {
    const { port, far } = bench([says('@\r>0\r')], { eol: 'cr' });
    await port.send(READ.blanked);
    expect(far.written).toEqual(['BBL?\r']);
  });

  test('waits for the one before it', async () => {
    const { port, far, clock } = bench([(say, later) => void later.setTimeout(() => say('@\r\n>1\r\n'), 300), says('@\r\n>2\r\n')]);
    const both = Promise.all([port.send(READ.blanked), port.send(READ.photoNumber)]);
    await clock.sleep(100);
    expect(far.written).toEqual(['BBL?\r\n']);
    expect(await both).toEqual(['1', '2']);
  });

  test('that is refused throws what the number means', async () => {
    const { port } = bench([says('@\r\n*603\r\n'), says('@\r\n* 616\r\n')]);
    await expect(port.send(SET.magnification(3))).rejects.toMatchObject({ code: 'EM_LIMIT', message: 'SmartSEM refused "MAG 3" with error 603: a parameter is out of range.' });
    await expect(port.send(SET.blanked(true), { hardware: 'EM_BEAM' })).rejects.toMatchObject({ code: 'EM_BEAM' });
  });

  test('that was given up before its turn is never sent', async () => {
    const { port, far } = bench([]);
    await expect(port.send(READ.blanked, { signal: AbortSignal.abort(new EmagentError('EM_STOPPED', 'Enough.')) })).rejects.toThrow('Enough.');
    expect(far.written).toEqual([]);
  });
});

describe('after a #', () => {
  test('a second line within 150 ms gives the error number', async () => {
    const { port } = bench([(say, clock) => { say('#\r\n'); clock.setTimeout(() => say('*601\r\n'), 100); }]);
    await expect(port.send(SET.blanked(true))).rejects.toMatchObject({ message: 'SmartSEM refused "BBLK 1" with error 601: the number of parameters is wrong.' });
  });

  test('without one the command was invalid, and the next is answered by its own lines', async () => {
    const { port, clock } = bench([says('#\r\n'), says('@\r\n>0\r\n')]);
    await expect(port.send(SET.blanked(true))).rejects.toMatchObject({ code: 'EM_PROTOCOL', message: 'SmartSEM takes "BBLK 1" for an invalid command.' });
    expect(clock.nowMs()).toBe(150);
    expect(await port.send(READ.blanked)).toBe('0');
  });
});

describe('lines that are out of step', () => {
  test('a late completion in place of the acknowledgement is dropped, and logged', async () => {
    const { port, logged } = bench([says('>0 0 0 0.0\r\n*604\r\n@\r\n>1\r\n')]);
    expect(await port.send(READ.blanked)).toBe('1');
    expect(logged.join('\n')).toContain('dropped: a completion with "0 0 0 0.0"');
    expect(logged.join('\n')).toContain('dropped: a failure with error 604');
  });

  test('stale input of before the command is thrown away', async () => {
    const { port, far, logged } = bench([says('@\r\n>1\r\n')]);
    far.say('>stale\r\nhalf a li');
    expect(await port.send(READ.blanked)).toBe('1');
    expect(logged.join('\n')).toContain('stale');
    expect(logged.join('\n')).toContain('half a li');
  });

  test('an acknowledgement that nobody asked for makes the next command get into step first', async () => {
    const { port, far } = bench([says('@\r\n>1\r\n')]);
    far.say('@\r\n>7\r\n');
    expect(await port.send(READ.blanked)).toBe('1');
    expect(far.written).toEqual(['\r\n', 'BBL?\r\n']);
  });

  test('the reply of another client first: a question is asked again, and nobody is out by one afterwards', async () => {
    const { port, far } = bench([says('@\r\n>x\r\n@\r\n>42\r\n'), says('@\r\n>43\r\n'), says('@\r\n>1\r\n')]);
    expect(await port.ask(READ.photoNumber, number)).toBe(43);
    expect(await port.ask(READ.blanked, number)).toBe(1);
    expect(far.written).toEqual(['PHN?\r\n', '\r\n', 'PHN?\r\n', 'BBL?\r\n']);
  });
});

describe('a reply that does not come', () => {
  test('is overdue after its deadlines, and a setting is not sent again', async () => {
    const { port, far, clock } = bench([() => undefined]);
    await expect(port.send(SET.blanked(true))).rejects.toMatchObject({ code: 'EM_TIMEOUT', message: 'the scripted port did not acknowledge "BBLK 1" within 1.0 s.' });
    expect(clock.nowMs()).toBe(1000);
    expect(far.written).toEqual(['BBLK 1\r\n']);
  });

  test('only its second line', async () => {
    const { port, clock } = bench([says('@\r\n')]);
    await expect(port.send(SET.blanked(true))).rejects.toMatchObject({ code: 'EM_TIMEOUT', message: 'the scripted port did not complete "BBLK 1" within 10.0 s.' });
    expect(clock.nowMs()).toBe(10_000);
  });

  test('is asked for again when the command only reads', async () => {
    const { port, far } = bench([() => undefined, says('@\r\n>5\r\n')]);
    expect(await port.ask(READ.photoNumber, number)).toBe(5);
    expect(far.written).toEqual(['PHN?\r\n', '\r\n', 'PHN?\r\n']);
  });

  test('to anything any more is a fault that is told once', async () => {
    const clock = createVirtualClock();
    const far = createScriptedLink();
    const port = openPort({ link: far.link, clock, eol: 'crlf', acknowledgeMs: 1000, completionMs: 10_000, log: () => undefined });
    const told: string[] = [];
    port.onFault(({ code }) => told.push(code));
    await expect(port.ask(READ.blanked, number)).rejects.toMatchObject({ code: 'EM_HEARTBEAT_LOST', message: 'the scripted port has stopped answering.' });
    await expect(port.ask(READ.blanked, number)).rejects.toMatchObject({ code: 'EM_HEARTBEAT_LOST' });
    expect(told).toEqual(['EM_HEARTBEAT_LOST']);
  });
});

describe('an interruption', () => {
  test('gives up the command in flight and those that wait, and what is sent at once goes out at once', async () => {
    const { port, far, clock } = bench([says('@\r\n'), says('>late\r\n@\r\n>\r\n'), says('@\r\n>3\r\n')]);
    const outcomes = Promise.all([READ.stage, READ.photoNumber].map((command) => port.send(command).catch((error: EmagentError) => error.message)));
    await clock.sleep(10);
    port.interrupt(new EmagentError('EM_STOPPED', 'Halted.'));
    const sent = port.sendAtOnce(SET.blanked(true));
    expect(await outcomes).toEqual(['Halted.', 'Halted.']);
    expect(await sent).toBe('');
    expect(clock.nowMs()).toBe(10);
    // Questions get into step first.
    expect(await port.ask(READ.photoNumber, number)).toBe(3);
    expect(far.written).toEqual(['C95?\r\n', 'BBLK 1\r\n', '\r\n', 'PHN?\r\n']);
  });
});

describe('a link that is gone', () => {
  test('ends what waits and is told', async () => {
    const { port, far } = bench([() => undefined]);
    const told: string[] = [];
    port.onFault(({ code }) => told.push(code));
    const waiting = port.send(READ.blanked).catch((error: EmagentError) => error.code);
    await Promise.resolve();
    far.pull();
    expect(await waiting).toBe('EM_LINK_CLOSED');
    await expect(port.send(NULL_COMMAND)).rejects.toMatchObject({ code: 'EM_LINK_CLOSED', message: 'The connection to the scripted port ended.' });
    expect(told).toEqual(['EM_LINK_CLOSED']);
  });

  test('because we closed it is no fault', async () => {
    const { port } = bench([]);
    const told: string[] = [];
    port.onFault(({ code }) => told.push(code));
    await port.close();
    await expect(port.send(NULL_COMMAND)).rejects.toMatchObject({ code: 'EM_LINK_CLOSED' });
    expect(told).toEqual([]);
  });
});
