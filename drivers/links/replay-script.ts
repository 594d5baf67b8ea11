import type { WireDialect, WireRecord } from '../../src/contract/wire-recording.ts';

/** Something that the driver did, and that the replay waits for. */
export interface ScriptAction {
  readonly kind: 'open' | 'sent' | 'picture';
  /** Line of the file, from 1; the header is line 1. */
  readonly line: number;
  readonly t: number;
  /** 0 for a picture. */
  readonly link: number;
  /** Two actions with the same key are the same thing done twice. */
  readonly key: string;
  /** For messages: the number by which the answer refers to the question. */
  readonly id?: unknown;
  /** It changes nothing at the instrument: its number and place may vary. */
  readonly isQuery: boolean;
  /** What the far end said in answer, by index into the steps. */
  readonly answers: readonly number[];
  readonly picture?: { readonly name: string; readonly bytes: Uint8Array };
}

/** Something that the far end did by itself or in answer. */
export interface ScriptPush {
  readonly kind: 'received' | 'closed';
  readonly line: number;
  readonly t: number;
  readonly link: number;
  /** Text of a message or of bytes that are text; bytes otherwise. The reason, for `closed`. */
  readonly data: string | Uint8Array;
  /** Index of the action that it answers. */
  readonly answerTo?: number;
}

export type ScriptStep = ScriptAction | ScriptPush;

export const isAction = (step: ScriptStep): step is ScriptAction => step.kind !== 'received' && step.kind !== 'closed';

type Data = string | Uint8Array;

const textOf = (data: Data): string => (typeof data === 'string' ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1'));
const bytesOf = (data: Data): Uint8Array => (typeof data === 'string' ? Buffer.from(data, 'latin1') : data);

/** Tells which messages are the same thing again, and puts another running number into one. */
export interface Messages {
  /** `id`: its running number, if it has one; `rest`: what identifies it without. */
  identify(data: Data): { readonly id?: unknown; readonly rest: string };
  renumber(data: Data, id: unknown): Data;
  isQuery(data: Data): boolean;
  isResynchroniser(data: Data): boolean;
  /** Cuts what comes over one connection into messages. */
  reader(): (data: Data) => Data[];
}

function jsonOf(data: Data): Record<string, unknown> | undefined {
  if (typeof data !== 'string' || !data.startsWith('{')) return undefined;
  try {
    return JSON.parse(data) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** JSON messages by their `id`, those of a binary protocol as its dialect says, all else by their bytes. */
export function messagesOf({ queries, resynchronisers, numbered }: WireDialect = {}): Messages {
  const isResynchroniser = (data: Data): boolean => resynchronisers?.test(textOf(data)) === true;
  const isQuery = (data: Data): boolean => isResynchroniser(data) || queries?.test(textOf(data)) === true;
  if (numbered !== undefined) {
    return {
      isQuery,
      isResynchroniser,
      identify: (data) => numbered.identify(bytesOf(data)),
      renumber: (data, id) => numbered.renumber(bytesOf(data), Number(id)),
      reader: () => {
        const read = numbered.reader();
        return (data) => read(bytesOf(data));
      },
    };
  }
  return {
    isQuery,
    isResynchroniser,
    identify: (data) => {
      const message = jsonOf(data);
      if (message === undefined) return { rest: textOf(data) };
      const { id, ...rest } = message;
      return { ...(id !== undefined && { id }), rest: JSON.stringify(rest) };
    },
    renumber: (data, id) => JSON.stringify({ ...jsonOf(data), id }),
    reader: () => (data) => [data],
  };
}

/** What identifies something sent. */
export const keyOf = (link: number, rest: string): string => `sent ${link} ${rest}`;

const fromBase64 = (base64: string): Uint8Array => Buffer.from(base64, 'base64');

/** Orders a recording into what the driver does and what comes back. */
export function scriptOf(records: readonly WireRecord[], messages: Messages): ScriptStep[] {
  const readers = new Map<number, (data: Data) => Data[]>();
  const readerOf = (link: number): ((data: Data) => Data[]) => {
    const reader = readers.get(link) ?? messages.reader();
    readers.set(link, reader);
    return reader;
  };
  const drafts = records.flatMap((record, index): ScriptStep[] => {
    const { t } = record;
    const line = index + 2;
    if ('picture' in record) {
      return [{ kind: 'picture', line, t, link: 0, key: `picture ${record.wanted}`, isQuery: false, answers: [], picture: { name: record.picture, bytes: fromBase64(record.bytesBase64) } }];
    }
    const { link } = record;
    if ('open' in record) return [{ kind: 'open', line, t, link, key: 'open', isQuery: false, answers: [] }];
    if ('closed' in record) return [{ kind: 'closed', line, t, link, data: record.closed }];
    const received = 'received' in record ? record.received : 'receivedBase64' in record ? fromBase64(record.receivedBase64) : undefined;
    if (received !== undefined) return readerOf(link)(received).map((data) => ({ kind: 'received', line, t, link, data }));
    const data = 'sent' in record ? record.sent : fromBase64((record as { readonly sentBase64: string }).sentBase64);
    const { id, rest } = messages.identify(data);
    return [{ kind: 'sent', line, t, link, key: keyOf(link, rest), isQuery: messages.isQuery(data), answers: [], ...(id !== undefined && { id }) }];
  });
  // Bytes answer what was sent last on their link; a message answers the one whose number it has.
  const lastSent = new Map<number, number>();
  const byId = new Map<string, number>();
  const answers = new Map<number, number[]>();
  const linked = drafts.map((step, index): ScriptStep => {
    if (step.kind === 'sent') {
      if (step.id === undefined) lastSent.set(step.link, index);
      else byId.set(`${step.link} ${JSON.stringify(step.id)}`, index);
      return step;
    }
    if (step.kind !== 'received') return step;
    const { id } = messages.identify(step.data);
    const answerTo = id === undefined ? lastSent.get(step.link) : byId.get(`${step.link} ${JSON.stringify(id)}`);
    if (answerTo === undefined) return step;
    answers.set(answerTo, [...(answers.get(answerTo) ?? []), index]);
    return { ...step, answerTo };
  });
  return linked.map((step, index) =>
    step.kind === 'sent' ? { ...step, answers: answers.get(index) ?? [] } : step,
  );
}
