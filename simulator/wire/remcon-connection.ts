import type { Socket } from 'node:net';
import { BITS_PER_BYTE, createRemconLineReader, encodeLine, formatReplyLine, type LineEnd, MAX_COMMAND_CHARS, parseCommandLine, type ReplyLine } from '../../drivers/remcon/codec/lines.ts';
import { REFUSAL } from '../../drivers/remcon/codec/refusals.ts';
import { createSerialQueue } from '../../src/lib/queue.ts';
import { find } from './remcon-commands.ts';
import { Refusal, type RemconInstrument } from './remcon-instrument.ts';

export interface RemconConnectionOptions {
  readonly instrument: RemconInstrument;
  readonly baudRate: number;
  readonly replyEnd: LineEnd;
  /** Whether an error number follows a `#`: sources disagree. */
  readonly hashSecondLine: boolean;
  /** The far end of the line is dead: nothing is answered, for ever. */
  readonly isDead: () => boolean;
  die(): void;
  /** Every command as it came. */
  heard(line: string): void;
  log(message: string): void;
}

/** Later than any client waits for a completion. */
const LATE_COMPLETION_MS = 12_000;
const DELAYED_REPLY_MS = 5000;
/** Noise of a disturbed line: not a line end, not a reply. */
const NOISE = Uint8Array.from([0xff, 0x80, 0x9b, 0x00, 0xfe]);
/** Another client of the same port read the blanker. */
const FOREIGN_REPLY = ['@', '>1'] as const;

type Reply = Exclude<ReplyLine, { kind: 'noise' }>;
const ACKNOWLEDGED: Reply = { kind: 'acknowledged' };

/** One client on the serial line: bytes in, two lines out for each command, both at the pace of the line. */
export function serveRemconConnection(socket: Socket, options: RemconConnectionOptions): void {
  const { instrument, baudRate, replyEnd, hashSecondLine, log } = options;
  const { microscope } = instrument;
  const { clock } = microscope;
  const reader = createRemconLineReader();
  const commands = createSerialQueue();
  const output = createSerialQueue();
  const msOf = (bytes: number): number => (bytes * BITS_PER_BYTE * 1000) / baudRate;
  let gone = false;

  const put = (bytes: Uint8Array): Promise<void> =>
    output.run(async () => {
      await clock.sleep(msOf(bytes.length));
      if (!gone && !options.isDead()) socket.write(bytes);
    });
  const say = async (...replies: readonly Reply[]): Promise<void> => {
    const bytes = Buffer.concat(replies.map((reply) => encodeLine(formatReplyLine(reply), replyEnd)));
    if (!microscope.strikes('split-bytes')) await put(bytes);
    else for (const byte of bytes) await put(Uint8Array.of(byte));
  };

  /** What the command comes to; its acknowledgement is `#` when it is none. */
  const perform = async (line: string): Promise<{ readonly acknowledgement: Reply; readonly completion: (() => Promise<Reply>) | undefined }> => {
    const command = parseCommandLine(line);
    const failed = (number: number): (() => Promise<Reply>) => async () => ({ kind: 'failed', number });
    try {
      if (line.length > MAX_COMMAND_CHARS) throw new Refusal(REFUSAL.tooLong);
      const run = find(command);
      if (run === 'invalid') return { acknowledgement: { kind: 'invalid' }, completion: hashSecondLine ? failed(REFUSAL.parameterCount) : undefined };
      if (command.name !== '' && microscope.strikes('external-abort')) throw new Refusal(REFUSAL.externalAbort);
      if (command.name !== '' && microscope.strikes('controller-reboot')) throw new Refusal(REFUSAL.reboot);
      const completion = async (): Promise<Reply> => {
        try {
          return { kind: 'completed', data: await run(instrument) };
        } catch (thrown) {
          if (thrown instanceof Refusal) return { kind: 'failed', number: thrown.number };
          log(`"${line}" failed: ${(thrown as Error).stack ?? String(thrown)}`);
          return { kind: 'failed', number: REFUSAL.reboot };
        }
      };
      return { acknowledgement: ACKNOWLEDGED, completion };
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      return { acknowledgement: ACKNOWLEDGED, completion: failed(thrown.number) };
    }
  };

  const answer = async (line: string): Promise<void> => {
    const { acknowledgement, completion } = await perform(line);
    // The reply is lost, the command is not.
    if (microscope.strikes('drop-reply')) {
      await completion?.();
      return;
    }
    if (microscope.strikes('reply-delayed')) await clock.sleep(DELAYED_REPLY_MS);
    if (microscope.strikes('mixed-replies')) for (const text of FOREIGN_REPLY) await put(encodeLine(text, replyEnd));
    if (microscope.strikes('garbage-bytes')) await put(NOISE);
    if (completion === undefined) {
      await say(acknowledgement);
    } else if (microscope.strikes('merged-replies')) {
      await say(acknowledgement, await completion());
    } else {
      await say(acknowledgement);
      const reply = await completion();
      if (microscope.strikes('drop-completion')) return;
      // Others are answered meanwhile.
      if (microscope.strikes('late-completion')) void clock.sleep(LATE_COMPLETION_MS).then(() => say(reply));
      else await say(reply);
    }
  };

  const take = (line: string): void => {
    options.heard(line);
    if (options.isDead()) return;
    if (microscope.strikes('link-lost')) {
      socket.destroy();
      return;
    }
    if (microscope.strikes('half-open')) {
      options.die();
      return;
    }
    // Aborting is the one thing that waits for nobody.
    if (parseCommandLine(line).name === 'ABO') instrument.abort();
    void commands.run(async () => {
      // It was on the line as long as its bytes take.
      await clock.sleep(msOf(line.length + 1));
      await answer(line);
    });
  };
  socket.on('data', (bytes) => {
    try {
      for (const line of reader.push(bytes)) take(line);
    } catch (thrown) {
      log((thrown as Error).message);
    }
  });
  // What went wrong shows itself as the end of the socket.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    gone = true;
  });
}
