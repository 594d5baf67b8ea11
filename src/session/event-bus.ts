import type { Clock } from '../contract/clock.ts';
import { EVENT_VERSION, type RunEvent, type RunEventBody } from '../contract/events.ts';

/** Where events are kept before anybody hears of them; the run folder's journal. */
export interface Journal {
  append(event: RunEvent): void;
  /** Resolves when all that was appended is on the disk. */
  sync(): Promise<void>;
}

export interface EventBus {
  /** Numbers the event, writes it to the journal and tells the listeners. */
  publish(body: RunEventBody): RunEvent;
  /** As `publish`, but nobody is told before the event is safe on the disk. For finds and the end of the run. */
  publishDurably(body: RunEventBody): Promise<RunEvent>;
  /** Every event from `sinceSeq` on, the past ones at once. Returns the function that unsubscribes. */
  subscribe(sinceSeq: number, listener: (event: RunEvent) => void): () => void;
  lastSeq(): number;
}

export interface EventBusOptions {
  readonly runId: string;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Instrument seconds since the start of the run. */
  readonly instrumentSeconds: () => number;
  /** Events of the run before it was stopped, when it goes on. */
  readonly past?: readonly RunEvent[];
}

/** A listener that throws is dropped: a viewer never ends a run. */
export function createEventBus({ runId, clock, journal, instrumentSeconds, past = [] }: EventBusOptions): EventBus {
  const events: RunEvent[] = [...past];
  const listeners = new Set<(event: RunEvent) => void>();
  /** Numbers are given at once; delivery waits for the disk where that was asked, and keeps the order. */
  let undelivered: RunEvent[] = [];
  let holding = 0;

  const tell = (listener: (event: RunEvent) => void, event: RunEvent): void => {
    try {
      listener(event);
    } catch {
      listeners.delete(listener);
    }
  };
  const deliver = (): void => {
    if (holding > 0) return;
    for (const event of undelivered.splice(0)) for (const listener of listeners) tell(listener, event);
  };
  const add = (body: RunEventBody): RunEvent => {
    const event: RunEvent = {
      v: EVENT_VERSION,
      seq: events.length,
      runId,
      at: clock.timestamp(),
      instrumentSeconds: instrumentSeconds(),
      ...body,
    };
    journal.append(event);
    events.push(event);
    undelivered.push(event);
    return event;
  };
  return {
    publish: (body) => {
      const event = add(body);
      deliver();
      return event;
    },
    publishDurably: async (body) => {
      const event = add(body);
      holding++;
      try {
        await clock.during(journal.sync());
      } finally {
        holding--;
      }
      deliver();
      return event;
    },
    subscribe: (sinceSeq, listener) => {
      const known = events.length - undelivered.length;
      for (const event of events.slice(Math.max(0, sinceSeq), known)) tell(listener, event);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    lastSeq: () => events.length - undelivered.length - 1,
  };
}
