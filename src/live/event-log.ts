import type { RunEvent } from '../contract/events.ts';
import { emptySnapshot, foldEvent, type Snapshot } from './snapshot.ts';

/** What is held of a run's past, in characters of JSON. 64 Mi characters are some 100 000 fields. */
const HELD_CHARACTERS = 64 * 1024 * 1024;

/** The newest events of a run as JSON, written once for all viewers, and the snapshot they lead to. */
export interface EventLog {
  append(event: RunEvent): void;
  /** JSON of an event; undefined when it is not there yet or no longer held. */
  at(seq: number): string | undefined;
  /** Oldest number held, and the newest; -1 when there is none. */
  firstSeq(): number;
  lastSeq(): number;
  snapshot(): Snapshot;
}

export function createEventLog(heldCharacters = HELD_CHARACTERS): EventLog {
  const snapshot = emptySnapshot();
  let lines: string[] = [];
  let first = 0;
  /** Dropped lines at the start of `lines`, cut off now and then: cutting at each event would cost the whole array. */
  let dropped = 0;
  let characters = 0;

  const trim = (): void => {
    while (characters > heldCharacters && lines.length - dropped > 1) {
      characters -= lines[dropped]!.length;
      lines[dropped] = '';
      dropped++;
      first++;
    }
    if (dropped > 1024 && dropped * 2 > lines.length) {
      lines = lines.slice(dropped);
      dropped = 0;
    }
  };
  return {
    append: (event) => {
      const expected = first + lines.length - dropped;
      if (lines.length === dropped || event.seq > expected) {
        // The feed of a resumed run may start in the middle.
        lines = [];
        dropped = 0;
        characters = 0;
        first = event.seq;
      } else if (event.seq < expected) {
        return;
      }
      const json = JSON.stringify(event);
      lines.push(json);
      characters += json.length;
      foldEvent(snapshot, event);
      trim();
    },
    at: (seq) => (seq < first ? undefined : lines[seq - first + dropped]),
    firstSeq: () => (lines.length === dropped ? -1 : first),
    lastSeq: () => (lines.length === dropped ? -1 : first + lines.length - dropped - 1),
    snapshot: () => snapshot,
  };
}
