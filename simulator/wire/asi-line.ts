import type { Socket } from 'node:net';
import { COMMAND_END, DEFAULT_BAUD, type DialectName, encodeReply } from '../../drivers/asi/codec.ts';
import { randomFor } from '../../src/lib/random.ts';
import type { SimulatedMicroscope } from '../simulated-microscope.ts';

export interface LineOptions {
  readonly socket: Socket;
  readonly microscope: SimulatedMicroscope;
  readonly dialect: DialectName;
  /** Undefined: no reply. */
  answer(line: string): Promise<string | undefined>;
}

/** Start, eight data and stop bit. */
const BITS_PER_BYTE = 10;
const DELAY_MS = 5000;
const NOISE_BYTES = 5;
/** A reply to another program on the same port: the position somewhere else. */
const FOREIGN_REPLY = ':A 77770 -77770';
const MAX_LINE_CHARS = 1000;

/**
 * One serial line: bytes come and go at the speed of the wire, in instrument time; commands are answered one after
 * another. The faults of the wire strike at the replies.
 */
export function serveAsiLine({ socket, microscope, dialect, answer }: LineOptions): void {
  const { clock } = microscope;
  const random = randomFor(1, 'asi-line');
  let rest = '';
  let held: Uint8Array | undefined;
  let isDead = false;
  let turn: Promise<unknown> = Promise.resolve();

  const pace = (bytes: number): Promise<void> => clock.sleep((bytes * BITS_PER_BYTE * 1000) / DEFAULT_BAUD);
  const put = (bytes: Uint8Array): void => {
    if (!socket.destroyed && !isDead) socket.write(bytes);
  };
  const send = async (text: string): Promise<void> => {
    if (microscope.strikes('link-lost')) {
      socket.destroy();
      return;
    }
    if (microscope.strikes('half-open')) isDead = true;
    if (microscope.strikes('drop-reply')) return;
    if (microscope.strikes('reply-delayed')) await clock.sleep(DELAY_MS);
    if (microscope.strikes('mixed-replies')) put(encodeReply(FOREIGN_REPLY, dialect));
    if (microscope.strikes('garbage-bytes')) put(Uint8Array.from({ length: NOISE_BYTES }, () => 128 + random.integer(128)));
    const bytes = encodeReply(text, dialect);
    if (held === undefined && microscope.strikes('merged-replies')) {
      held = bytes;
      return;
    }
    const whole = held === undefined ? bytes : Buffer.concat([held, bytes]);
    held = undefined;
    if (microscope.strikes('split-bytes')) {
      for (const byte of whole) {
        await pace(1);
        put(Uint8Array.of(byte));
      }
      return;
    }
    await pace(whole.length);
    put(whole);
  };

  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    rest += chunk.toString('latin1');
    const lines = rest.split(COMMAND_END);
    rest = (lines.pop() ?? '').slice(-MAX_LINE_CHARS);
    for (const line of lines) {
      turn = turn.then(async () => {
        await pace(line.length + 1);
        const reply = await answer(line);
        if (reply !== undefined) await send(reply);
        return undefined;
      }).catch(() => socket.destroy());
    }
  });
}
