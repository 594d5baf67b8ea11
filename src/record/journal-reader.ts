import { RunEvent } from '../contract/events.ts';

export interface JournalContent {
  readonly events: readonly RunEvent[];
  /** Bytes up to the end of the last whole line: a run that goes on appends here. */
  readonly endOfLastLine: number;
  /** The last line was cut short, as after a crash; it is left out. */
  readonly torn: boolean;
  /** Lines that cannot be read, in words with their number. They are left out. */
  readonly damage: readonly string[];
}

function parseLine(text: string, lineNumber: number): { event: RunEvent } | { damage: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { damage: `line ${lineNumber} is not readable` };
  }
  const result = RunEvent.safeParse(value);
  if (result.success) return { event: result.data };
  const issue = result.error.issues[0];
  return { damage: `line ${lineNumber} is no event of this version (${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong'})` };
}

/** Reads `events.jsonl`. A torn last line is what a crash leaves and is no damage; any other unreadable line is. */
export function parseJournal(bytes: Uint8Array): JournalContent {
  const end = bytes.lastIndexOf(0x0a) + 1;
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, end).toString('utf8').split('\n').slice(0, -1);
  const events: RunEvent[] = [];
  const damage: string[] = [];
  for (const [index, line] of lines.entries()) {
    const parsed = parseLine(line, index + 1);
    if ('damage' in parsed) damage.push(parsed.damage);
    else events.push(parsed.event);
  }
  return { events, endOfLastLine: end, torn: end < bytes.length, damage };
}
