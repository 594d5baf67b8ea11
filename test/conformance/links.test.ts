import * as fc from 'fast-check';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createLineReader, readLines } from '../../drivers/links/lines.ts';
import { openSerial } from '../../drivers/links/serial.ts';
import { openTcp } from '../../drivers/links/tcp.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import type { Link } from '../../src/contract/link.ts';
import { createRealClock } from '../../src/lib/clock.ts';
import { createPty, ptyMissing } from '../support/pty.ts';

/** The instrument's end of a link. */
interface FarEnd {
  open(): Promise<Link>;
  send(bytes: Uint8Array): void;
  /** Everything that arrived so far. */
  received(): Buffer;
  /** Sends back what comes, from now on. */
  echo(): void;
  /** The cable is pulled, or the instrument switched off. */
  unplug(): Promise<void>;
}

interface LinkKind {
  /** Why it cannot be tried here. */
  missing(): string | undefined;
  farEnd(): Promise<FarEnd>;
  /** One sentence expected when the port does not exist, and an attempt to open it. */
  readonly absent: { readonly sentence: RegExp; open(): Promise<Link> };
}

const clock = createRealClock();
const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

async function tcpFarEnd(): Promise<FarEnd> {
  const sockets = new Set<Socket>();
  const chunks: Buffer[] = [];
  let echoes = false;
  let latest: Socket | undefined;
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    latest = socket;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      chunks.push(bytes);
      if (echoes) socket.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const unplug = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  endings.push(unplug);
  return {
    open: async () => {
      const accepted = new Promise((resolve) => server.once('connection', resolve));
      const link = await openTcp({ host: '127.0.0.1', port, clock });
      await accepted;
      return link;
    },
    send: (bytes) => latest?.write(bytes),
    received: () => Buffer.concat(chunks),
    echo: () => {
      echoes = true;
    },
    unplug,
  };
}

async function serialFarEnd(): Promise<FarEnd> {
  const pty = await createPty();
  endings.push(pty.unplug);
  const chunks: Buffer[] = [];
  let echoes = false;
  pty.onReceived((bytes) => {
    chunks.push(bytes);
    if (echoes) pty.send(bytes);
  });
  return {
    open: () => openSerial({ path: pty.path, baudRate: 115_200, clock }),
    send: pty.send,
    received: () => Buffer.concat(chunks),
    echo: () => {
      echoes = true;
    },
    unplug: pty.unplug,
  };
}

const KINDS: Readonly<Record<string, LinkKind>> = {
  tcp: {
    missing: () => undefined,
    farEnd: tcpFarEnd,
    absent: { sentence: /^Nothing listens at 127\.0\.0\.1:9\.$/, open: () => openTcp({ host: '127.0.0.1', port: 9, clock }) },
  },
  serial: {
    missing: ptyMissing,
    farEnd: serialFarEnd,
    absent: { sentence: /^There is no serial port \/dev\/no-such-port\.$/, open: () => openSerial({ path: '/dev/no-such-port', clock }) },
  },
};

/** Collects what arrives; `until` resolves as soon as there is so much. */
function collect(link: Link): { readonly bytes: () => Buffer; until(length: number): Promise<Buffer> } {
  const chunks: Uint8Array[] = [];
  let wake: () => void = () => undefined;
  link.onData((bytes) => {
    chunks.push(Buffer.from(bytes));
    wake();
  });
  const bytes = (): Buffer => Buffer.concat(chunks);
  return {
    bytes,
    until: async (length) => {
      while (bytes().length < length) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return bytes();
    },
  };
}

describe.each(Object.keys(KINDS))('a %s link', (name) => {
  const kind = KINDS[name]!;
  const missing = kind.missing();
  if (missing !== undefined) console.warn(`NOT TESTED: the ${name} link, because ${missing}.`);

  const tryout = (title: string, body: (farEnd: FarEnd) => Promise<void>): void => {
    test(title, async (context) => {
      context.skip(missing !== undefined, missing);
      await body(await kind.farEnd());
    });
  };
  const open = async (farEnd: FarEnd): Promise<Link> => {
    const link = await farEnd.open();
    endings.push(() => link.close());
    return link;
  };

  tryout('carries every byte both ways, in any cutting', async (farEnd) => {
    farEnd.echo();
    const link = await open(farEnd);
    const back = collect(link);
    let length = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 5 }), async (chunks) => {
        for (const chunk of chunks) await link.write(chunk);
        const sent = Buffer.concat(chunks);
        const all = await back.until(length + sent.length);
        expect(all.subarray(length)).toEqual(sent);
        length += sent.length;
      }),
      { numRuns: 40 },
    );
    expect(back.bytes()).toEqual(farEnd.received());
  });

  tryout('gives lines however they are cut, and keeps half a line for its other half', async (farEnd) => {
    const link = await open(farEnd);
    const lines: string[] = [];
    let wake: () => void = () => undefined;
    readLines(link, '\r\n', {
      line: (text) => {
        lines.push(text);
        wake();
      },
      failed: (error) => expect(error).toBeUndefined(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.stringMatching(/^[ -~]{0,20}$/), { minLength: 1, maxLength: 4 }), fc.array(fc.nat(90), { maxLength: 6 }), async (texts, cuts) => {
        lines.length = 0;
        const whole = Buffer.from(texts.map((text) => `${text}\r\n`).join(''));
        const edges = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
        for (let index = 1; index < edges.length; index++) {
          farEnd.send(whole.subarray(edges[index - 1], edges[index]));
          await new Promise((resolve) => setImmediate(resolve));
        }
        while (lines.length < texts.length) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        expect(lines).toEqual(texts);
      }),
      { numRuns: 40 },
    );
  });

  tryout('keeps what comes before anybody listens', async (farEnd) => {
    const link = await open(farEnd);
    farEnd.echo();
    await link.write(Buffer.from('early'));
    // Wait on the far end's side, not on a clock: it has sent everything back by then.
    while (farEnd.received().length < 5) await new Promise((resolve) => setImmediate(resolve));
    expect((await collect(link).until(5)).toString()).toBe('early');
  });

  tryout('that is unplugged says so, and fails every write', async (farEnd) => {
    const link = await open(farEnd);
    const writes = Promise.allSettled([link.write(Buffer.alloc(1 << 20)), link.write(Buffer.alloc(1 << 20))]);
    await farEnd.unplug();
    expect(await link.closed).toBeInstanceOf(Error);
    for (const write of await writes) {
      if (write.status === 'rejected') expect((write.reason as EmagentError).code).toBe('EM_LINK_CLOSED');
    }
    await expect(link.write(Buffer.from('x'))).rejects.toMatchObject({ code: 'EM_LINK_CLOSED' });
    await link.close();
    await link.close();
  });

  tryout('that we close ends without an error, and twice is once', async (farEnd) => {
    const link = await open(farEnd);
    await Promise.all([link.close(), link.close()]);
    expect(await link.closed).toBeUndefined();
    await expect(link.write(Buffer.from('x'))).rejects.toMatchObject({ code: 'EM_LINK_CLOSED', message: `The connection to ${link.description} is closed.` });
  });

  tryout('opened again is a fresh one: no stale bytes, no half line', async (farEnd) => {
    const first = await farEnd.open();
    const before = collect(first);
    farEnd.send(Buffer.from('PAR'));
    await before.until(3);
    await first.close();
    farEnd.send(Buffer.from('STALE'));
    // Nothing tells when the far end's bytes lie in the system's buffer; a round trip of the loop is as good as any time.
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    const second = await open(farEnd);
    const lines: string[] = [];
    const got = new Promise<void>((resolve) => {
      readLines(second, '\n', {
        line: (text) => {
          lines.push(text);
          resolve();
        },
        failed: (error) => expect(error).toBeUndefined(),
      });
    });
    farEnd.send(Buffer.from('TIAL\n'));
    await got;
    expect(lines).toEqual(['TIAL']);
  });

  test('to a port that is not there is refused in one sentence', async (context) => {
    context.skip(missing !== undefined, missing);
    const error = await kind.absent.open().then(() => undefined, (thrown: EmagentError) => thrown);
    expect(error).toMatchObject({ code: 'EM_CONNECT' });
    expect(error?.message).toMatch(kind.absent.sentence);
  });

  test('gives up when it is told to', async (context) => {
    context.skip(missing !== undefined, missing);
    const signal = AbortSignal.abort(new EmagentError('EM_STOPPED', 'Enough.'));
    const attempt = name === 'tcp' ? openTcp({ host: '127.0.0.1', port: 9, clock, signal }) : openSerial({ path: '/dev/null', clock, signal });
    await expect(attempt).rejects.toMatchObject({ code: 'EM_STOPPED' });
  });
});

describe('a serial link', () => {
  const missing = ptyMissing();

  test('that another program holds is refused in one sentence', async (context) => {
    context.skip(missing !== undefined, missing);
    const farEnd = await serialFarEnd();
    const first = await farEnd.open();
    endings.push(() => first.close());
    await expect(farEnd.open()).rejects.toMatchObject({ code: 'EM_CONNECT', message: `The serial port ${first.description} is in use by another program.` });
    await first.close();
    await (await farEnd.open()).close();
  });

  test('to a file that is no port is refused in one sentence', async (context) => {
    context.skip(missing !== undefined, missing);
    await expect(openSerial({ path: '/dev/null', clock })).rejects.toMatchObject({ code: 'EM_CONNECT', message: '/dev/null is no serial port.' });
  });
});

describe('a line reader', () => {
  test('gives the same lines for every cutting', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(200)), fc.constantFrom('\r', '\r\n', ':A'), (bytes, cuts, terminator) => {
        const whole = createLineReader(terminator).push(bytes);
        const reader = createLineReader(terminator);
        const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const pieces = edges.slice(1).flatMap((edge, index) => reader.push(bytes.subarray(edges[index], edge)));
        expect(pieces).toEqual(whole);
        expect([...pieces, reader.rest].join(terminator)).toBe(Buffer.from(bytes).toString('latin1'));
      }),
    );
  });

  test('gives up on a line that never ends', () => {
    const reader = createLineReader('\n', 10);
    reader.push(Buffer.from('12345'));
    expect(() => reader.push(Buffer.from('678901'))).toThrow(EmagentError);
    expect(reader.push(Buffer.from('ok\n'))).toEqual(['ok']);
  });
});
