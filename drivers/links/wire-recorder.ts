import type { Clock } from '../../src/contract/clock.ts';
import type { WireRecord } from '../../src/contract/wire-recording.ts';
import type { WireRecorder } from './wire.ts';

export interface WireRecorderOptions {
  readonly clock: Clock;
  /** Replaces what must not be kept; the length may change. */
  readonly redact: (text: string) => string;
  readonly write: (record: WireRecord) => void;
}

/** What can be read without loss in a text file; the rest goes as base64. */
const PRINTABLE = /^[\t\r\n -~]*$/;

type Data = { readonly text: string } | { readonly base64: string };

/** Turns what goes over the wires into records. */
export function createWireRecorder({ clock, redact, write }: WireRecorderOptions): WireRecorder {
  const startMs = clock.nowMs();
  const t = (): number => Math.round((clock.nowMs() - startMs) * 1000) / 1000;
  let links = 0;
  const dataOf = (kind: 'bytes' | 'messages', data: string | Uint8Array): Data => {
    if (typeof data === 'string') return { text: redact(data) };
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const text = bytes.toString('latin1');
    return kind === 'bytes' && PRINTABLE.test(text) ? { text: redact(text) } : { base64: bytes.toString('base64') };
  };
  return {
    opened: (description, kind) => {
      const link = ++links;
      let isOver = false;
      write({ t: t(), link, open: description });
      return {
        sent: (given) => {
          const data = dataOf(kind, given);
          write('text' in data ? { t: t(), link, sent: data.text } : { t: t(), link, sentBase64: data.base64 });
        },
        received: (given) => {
          const data = dataOf(kind, given);
          write('text' in data ? { t: t(), link, received: data.text } : { t: t(), link, receivedBase64: data.base64 });
        },
        closed: (error) => {
          if (isOver) return;
          isOver = true;
          write({ t: t(), link, closed: redact(error?.message ?? '') });
        },
      };
    },
    picture: (wanted, picture) => write({ t: t(), wanted, picture: picture?.name ?? '', bytesBase64: picture === undefined ? '' : Buffer.from(picture.bytes).toString('base64') }),
  };
}
