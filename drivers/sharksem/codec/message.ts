import { EmagentError } from '../../../src/contract/errors.ts';

/** A message is this header and a body; all numbers little-endian. */
export const HEADER_BYTES = 32;
const COMMAND_BYTES = 16;
/** Where the running number stands in the header. */
export const ID_OFFSET = 20;
/** The longest name leaves room for one NUL. */
const MAX_COMMAND_CHARS = 15;
/** More than any frame that is streamed in slices; a length beyond it is no message of this protocol. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Flags of a request. */
export const FLAG = {
  /** Answer also when the function returns nothing. */
  respond: 1 << 0,
  /** To the head of the queue. */
  jump: 1 << 1,
} as const;

/** Wait flags of a request, and the bits of the mask of `IsBusy`: the server holds the command until all of them are idle. */
export const WAIT = {
  /** A: the electron beam scans. */
  scan: 1 << 8,
  /** B: stage and detectors travel. */
  travel: 1 << 9,
  /** C: the electron optics settle. */
  optics: 1 << 10,
  /** D: an automatic procedure runs. */
  automatic: 1 << 11,
} as const;
/** All seven, A to G; the last three are those of the ion beam. */
export const WAIT_MASK = 0x7f00;

export interface Message {
  /** Case-sensitive ASCII, 15 characters at most. */
  readonly command: string;
  /** Copied into the response; 0 when the client does not care. */
  readonly id: number;
  /** 0 in responses. */
  readonly flags: number;
  readonly body: Uint8Array;
}

export function encodeMessage({ command, id, flags, body }: Message): Buffer {
  if (!/^[!-~]{1,15}$/.test(command)) throw new EmagentError('EM_INTERNAL', `"${command}" cannot be the name of a SharkSEM function.`);
  const bytes = Buffer.alloc(HEADER_BYTES + body.length);
  bytes.write(command, 0, 'latin1');
  bytes.writeUInt32LE(body.length, 16);
  bytes.writeUInt32LE(id, ID_OFFSET);
  bytes.writeUInt16LE(flags, 24);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** Cuts a stream of bytes into messages. It keeps half a message, so a new one belongs to each new connection. */
export interface MessageReader {
  /** Messages completed by these bytes. Throws EM_PROTOCOL for a stream that is none of SharkSEM messages; it stays broken then. */
  push(bytes: Uint8Array): Message[];
}

const notOurs = (why: string): EmagentError => new EmagentError('EM_PROTOCOL', `The other end does not speak SharkSEM: ${why}.`, { context: { why } });

/** The name in a header. Throws EM_PROTOCOL. */
function commandOf(header: Buffer): string {
  const text = header.toString('latin1', 0, COMMAND_BYTES);
  if (/^(HTTP\/|<!doctype|<html)/i.test(text)) throw notOurs('it is a web server');
  const end = text.indexOf('\0');
  const command = end < 0 ? text : text.slice(0, end);
  if (command.length === 0 || command.length > MAX_COMMAND_CHARS || !/^[!-~]+$/.test(command)) throw notOurs('the name of a function is not ASCII text');
  return command;
}

export function createMessageReader(): MessageReader {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  /** Bytes without which nothing more can be read. */
  let wanted = HEADER_BYTES;
  return {
    push: (bytes) => {
      held.push(bytes);
      heldBytes += bytes.length;
      if (heldBytes < wanted) return [];
      const stream = Buffer.concat(held, heldBytes);
      const messages: Message[] = [];
      let at = 0;
      for (;;) {
        wanted = HEADER_BYTES;
        if (stream.length - at < wanted) break;
        const command = commandOf(stream.subarray(at, at + HEADER_BYTES));
        const bodyBytes = stream.readUInt32LE(at + 16);
        if (bodyBytes > MAX_BODY_BYTES) throw notOurs(`a message of ${bodyBytes} bytes is announced`);
        wanted += bodyBytes;
        if (stream.length - at < wanted) break;
        messages.push({
          command,
          id: stream.readUInt32LE(at + ID_OFFSET),
          flags: stream.readUInt16LE(at + 24),
          body: stream.subarray(at + HEADER_BYTES, at + wanted),
        });
        at += wanted;
      }
      held = at < stream.length ? [stream.subarray(at)] : [];
      heldBytes = stream.length - at;
      return messages;
    },
  };
}
