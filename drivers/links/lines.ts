import { EmagentError } from '../../src/contract/errors.ts';
import type { Link } from '../../src/contract/link.ts';

/** Cuts a stream of bytes into lines. It keeps half a line, so a new one belongs to each new connection. */
export interface LineReader {
  /** Lines completed by these bytes, without their terminator. Throws EM_PROTOCOL when a line never ends. */
  push(bytes: Uint8Array): string[];
  /** What has come of the next line. */
  readonly rest: string;
}

/** Longer than any reply of the instruments spoken to; a stream without terminators must not fill the memory. */
const MAX_LINE_CHARS = 65_536;

/** Bytes are read as Latin-1, so that noise with the eighth bit set stays visible and nothing is lost. */
export function createLineReader(terminator: string, maxLineChars = MAX_LINE_CHARS): LineReader {
  let rest = '';
  return {
    push: (bytes) => {
      rest += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
      const lines = rest.split(terminator);
      rest = lines.pop() ?? '';
      if (rest.length > maxLineChars) {
        const length = rest.length;
        rest = '';
        throw new EmagentError('EM_PROTOCOL', `The instrument sent ${length} characters without the end of a line.`);
      }
      return lines;
    },
    get rest() {
      return rest;
    },
  };
}

export interface LineListener {
  line(text: string): void;
  /** The stream is no sequence of lines. */
  failed(error: EmagentError): void;
}

/** Calls `listener` with every line of a link from now on. Returns the function that unsubscribes. */
export function readLines(link: Link, terminator: string, listener: LineListener): () => void {
  const reader = createLineReader(terminator);
  return link.onData((bytes) => {
    let lines: string[];
    try {
      lines = reader.push(bytes);
    } catch (thrown) {
      listener.failed(thrown as EmagentError);
      return;
    }
    for (const line of lines) listener.line(line);
  });
}
