import type { RunEvent } from '../contract/events.ts';
import { emptySnapshot, foldEvent, type Snapshot } from './snapshot.ts';

/** What is held of a run's past, in bytes of JSON. 64 MiB are some 20 000 fields. */
const HELD_BYTES = 64 * 1024 * 1024;

/** The newest events of a run as UTF-8 JSON, written once for all viewers, and the snapshot they lead to. */
export interface EventLog {
  append(event: RunEvent): void;
  /** UTF-8 JSON of an event; undefined when it is not there yet or no longer held. */
  at(seq: number): Buffer | undefined;
  /** Oldest number held, and the newest; -1 when there is none. */
  firstSeq(): number;
  lastSeq(): number;
  snapshot(): Snapshot;
}

const NOTHING = Buffer.alloc(0);

export function createEventLog(heldBytes = HELD_BYTES): EventLog {
  const snapshot = emptySnapshot();
  let lines: Buffer[] = [];
  let first = 0;
  /** Dropped lines at the start of `lines`, cut off now and then: cutting at each event would cost the whole array. */
  let dropped = 0;
  let bytes = 0;

  const trim = (): void => {
    while (bytes > heldBytes && lines.length - dropped > 1) {
      bytes -= lines[dropped]!.length;
      lines[dropped] = NOTHING;
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
        bytes = 0;
        first = event.seq;
      } else if (event.seq < expected) {
        return;
      }
      const json = Buffer.from(JSON.stringify(event));
      lines.push(json);
      bytes += json.length;
      foldEvent(snapshot, event);
      trim();
    },
    at: (seq) => (seq < first ? undefined : lines[seq - first + dropped]),
    firstSeq: () => (lines.length === dropped ? -1 : first),
    lastSeq: () => (lines.length === dropped ? -1 : first + lines.length - dropped - 1),
    snapshot: () => snapshot,
  };
}
