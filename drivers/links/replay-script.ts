import type { WireRecord } from '../../src/contract/wire-recording.ts';

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

/** The fields of a JSON message that matter here, if it is one. */
export function messageOf(data: string | Uint8Array): { readonly id?: unknown; readonly rest: string } | undefined {
  if (typeof data !== 'string' || !data.startsWith('{')) return undefined;
  try {
    const { id, ...rest } = JSON.parse(data) as Record<string, unknown>;
    return { ...(id !== undefined && { id }), rest: JSON.stringify(rest) };
  } catch {
    return undefined;
  }
}

const textOf = (data: string | Uint8Array): string => (typeof data === 'string' ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1'));

/** What identifies something sent: a JSON message without its running number, or the bytes. */
export function keyOf(link: number, data: string | Uint8Array): string {
  return `sent ${link} ${messageOf(data)?.rest ?? textOf(data)}`;
}

const bytesOf = (base64: string): Uint8Array => Buffer.from(base64, 'base64');

/** Orders a recording into what the driver does and what comes back. */
export function scriptOf(records: readonly WireRecord[], queries: RegExp | undefined): ScriptStep[] {
  const drafts = records.map((record, index): ScriptStep => {
    const { t } = record;
    const line = index + 2;
    if ('picture' in record) {
      return { kind: 'picture', line, t, link: 0, key: `picture ${record.wanted}`, isQuery: false, answers: [], picture: { name: record.picture, bytes: bytesOf(record.bytesBase64) } };
    }
    const { link } = record;
    if ('open' in record) return { kind: 'open', line, t, link, key: 'open', isQuery: false, answers: [] };
    if ('closed' in record) return { kind: 'closed', line, t, link, data: record.closed };
    if ('received' in record) return { kind: 'received', line, t, link, data: record.received };
    if ('receivedBase64' in record) return { kind: 'received', line, t, link, data: bytesOf(record.receivedBase64) };
    const data = 'sent' in record ? record.sent : bytesOf(record.sentBase64);
    const id = messageOf(data)?.id;
    return { kind: 'sent', line, t, link, key: keyOf(link, data), isQuery: queries?.test(textOf(data)) === true, answers: [], ...(id !== undefined && { id }) };
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
    const message = messageOf(step.data);
    const answerTo = message?.id === undefined ? lastSent.get(step.link) : byId.get(`${step.link} ${JSON.stringify(message.id)}`);
    if (answerTo === undefined) return step;
    answers.set(answerTo, [...(answers.get(answerTo) ?? []), index]);
    return { ...step, answerTo };
  });
  return linked.map((step, index) =>
    step.kind === 'sent' ? { ...step, answers: answers.get(index) ?? [] } : step,
  );
}
