import type { Socket } from 'node:net';
import { FUNCTIONS, type FunctionName, isAtLeast } from '../../drivers/sharksem/codec/functions.ts';
import { createMessageReader, encodeMessage, FLAG, type Message, WAIT_MASK } from '../../drivers/sharksem/codec/message.ts';
import { decodeValues, encodeValues } from '../../drivers/sharksem/codec/values.ts';
import type { Clock } from '../../src/contract/clock.ts';
import { type Client, HANDLERS, isBusy, type Service } from './sharksem-functions.ts';

export interface ClientOptions {
  readonly service: Service;
  /** Real: deadlines about clients. */
  readonly clock: Clock;
  log(message: string): void;
}

/** One client: its control connection, and the one for pixels when it has come. */
export interface SharksemClient extends Client {
  readonly address: string | undefined;
  readonly dataPort: number | undefined;
  readonly hasData: boolean;
  attachData(socket: Socket): void;
  close(): void;
}

/** How often the server looks whether a command that waits may begin. */
const WAIT_POLL_MS = 10;
/** A client that takes no pixels for so long is disconnected. */
const STALL_LIMIT_MS = 10_000;
/** The fault `reply-delayed`. */
const DELAY_MS = 5000;
/** The fault `merged-replies`: how long the first of the two waits for the second. */
const MERGE_MS = 100;

const isFunction = (name: string): name is FunctionName => Object.hasOwn(FUNCTIONS, name);

export function serveClient(socket: Socket, { service, clock, log }: ClientOptions): SharksemClient {
  const { microscope, version } = service;
  const reader = createMessageReader();
  const queue: Message[] = [];
  let working = false;
  let deaf = false;
  let dataPort: number | undefined;
  let data: Socket | undefined;
  let merged: Buffer | undefined;
  let writing: Promise<unknown> = Promise.resolve();

  const write = (bytes: Uint8Array): void => {
    writing = writing.then(() => (socket.writable ? socket.write(bytes) : undefined));
  };
  /** Each byte in a packet of its own. */
  const writeSingly = (bytes: Uint8Array): void => {
    for (const byte of bytes) {
      writing = writing.then(() => new Promise((resolve) => (socket.writable ? socket.write(Uint8Array.of(byte), resolve) : resolve(undefined))));
    }
  };
  /** A reply, with what can befall it on the way. */
  const reply = (bytes: Buffer): void => {
    if (microscope.strikes('link-lost')) {
      close();
      return;
    }
    deaf ||= microscope.strikes('half-open');
    if (deaf || microscope.strikes('drop-reply')) return;
    if (microscope.strikes('mixed-replies')) write(encodeMessage({ command: 'StgGetPosition', id: 0x7fff_ffff, flags: 0, body: encodeValues(FUNCTIONS.StgGetPosition.returns, [1, 2, 3, 4, 5]) }));
    if (microscope.strikes('reply-delayed')) {
      clock.setTimeout(() => write(bytes), DELAY_MS);
      return;
    }
    if (merged !== undefined) {
      write(Buffer.concat([merged, bytes]));
      merged = undefined;
    } else if (microscope.strikes('merged-replies')) {
      merged = bytes;
      clock.setTimeout(() => {
        if (merged === bytes) write(bytes);
        merged = undefined;
      }, MERGE_MS);
    } else if (microscope.strikes('split-bytes')) {
      writeSingly(bytes);
    } else {
      write(bytes);
    }
  };

  /** Unknown, of another version, with wrong arguments: no word of it. */
  const perform = async ({ command, id, flags, body }: Message): Promise<void> => {
    if (!isFunction(command) || !isAtLeast(version, FUNCTIONS[command].since)) {
      log(`ignored: ${command}, which ${version} does not have`);
      return;
    }
    const { args: kinds, returns } = FUNCTIONS[command];
    try {
      const args = decodeValues(kinds, body) as number[];
      const result = await HANDLERS[command](service, args, client);
      if (returns.length > 0 || (flags & FLAG.respond) !== 0) reply(encodeMessage({ command, id, flags: 0, body: encodeValues(returns, result ?? []) }));
    } catch (thrown) {
      log(`ignored: ${command}: ${(thrown as Error).message}`);
    }
  };
  const work = async (): Promise<void> => {
    if (working) return;
    working = true;
    for (;;) {
      const head = queue[0];
      if (head === undefined || !socket.writable || deaf) break;
      const waits = head.flags & WAIT_MASK;
      if (waits !== 0 && (await isBusy(service, waits))) {
        await clock.sleep(WAIT_POLL_MS);
        continue;
      }
      // Another one may have jumped ahead meanwhile.
      if (queue[0] !== head) continue;
      queue.shift();
      await perform(head);
    }
    working = false;
  };
  const enqueue = (message: Message): void => {
    if ((message.flags & FLAG.jump) === 0) queue.push(message);
    else queue.splice(queue.findLastIndex(({ flags }) => (flags & FLAG.jump) !== 0) + 1, 0, message);
    void work();
  };
  const close = (): void => {
    queue.length = 0;
    service.scanner.stopFor(client);
    service.camera.disableFor(client);
    data?.destroy();
    socket.destroy();
  };

  let pending = 0;
  let progressMs = 0;
  const watchReader = (): void => {
    if (pending === 0 || data === undefined || data.destroyed) return;
    if (clock.nowMs() - progressMs >= STALL_LIMIT_MS) {
      log('a client that does not read is disconnected');
      close();
    } else {
      clock.setTimeout(watchReader, STALL_LIMIT_MS / 10);
    }
  };
  const client: SharksemClient = {
    address: socket.remoteAddress,
    get dataPort() {
      return dataPort;
    },
    get hasData() {
      return data !== undefined;
    },
    registerDataPort: (port) => {
      dataPort = port;
    },
    attachData: (taken) => {
      data = taken;
      taken.on('close', () => {
        if (data === taken) data = undefined;
      });
    },
    sendPixels: (bytes) => {
      if (data?.writable !== true) return;
      if (pending++ === 0) {
        progressMs = clock.nowMs();
        clock.setTimeout(watchReader, STALL_LIMIT_MS / 10);
      }
      data.write(bytes, () => {
        pending--;
        progressMs = clock.nowMs();
      });
    },
    cutData: () => data?.destroy(),
    close,
  };

  socket.on('data', (bytes: Buffer) => {
    try {
      for (const message of reader.push(bytes)) enqueue(message);
    } catch (thrown) {
      log(`a client is disconnected: ${(thrown as Error).message}`);
      close();
    }
  });
  // What went wrong shows itself as the end of the socket.
  socket.on('error', () => undefined);
  socket.on('close', close);
  return client;
}
