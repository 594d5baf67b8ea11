import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RunEvent, RunFeed } from '../src/contract/events.ts';
import { createLiveServer } from '../src/live/server.ts';
import { quantile } from './quantile.ts';
import { runEvents } from './run-events.ts';

const VIEWERS = 10;
const EVENTS = 20_000;
/** A fast simulated run: events come in groups as fields are done, not all in one turn of the loop. */
const GROUP = 15;

interface Feed extends RunFeed {
  publish(event: RunEvent): void;
}

function createFeed(): Feed {
  const listeners = new Set<(event: RunEvent) => void>();
  let last = -1;
  return {
    runId: 'bench',
    publish: (event) => {
      last = event.seq;
      for (const listener of listeners) listener(event);
    },
    subscribe: (_since, listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    lastSeq: () => last,
    thumbnail: async () => undefined,
  };
}

/** Viewers in a process of their own, as browsers and terminals are. */
async function openViewers(url: string, count: number): Promise<{ viewers: ChildProcess; received: Promise<unknown> }> {
  const file = new URL(import.meta.url.endsWith('.ts') ? './live-viewers.ts' : './live-viewers.js', import.meta.url);
  const viewers = fork(fileURLToPath(file), [url, String(count), String(EVENTS)]);
  const failed = once(viewers, 'exit').then(([code]: unknown[]) => {
    throw new Error(`the viewers ended with ${String(code)}`);
  });
  failed.catch(() => undefined);
  await Promise.race([once(viewers, 'message'), failed]);
  return { viewers, received: Promise.race([once(viewers, 'message'), failed]) };
}

async function measure(viewerCount: number, events: readonly RunEvent[]): Promise<{ publishUs: number[]; runMs: number; deliveredMs: number }> {
  const feed = createFeed();
  const server = await createLiveServer({ host: '127.0.0.1', port: 0, feed, log: () => undefined });
  const viewers = viewerCount === 0 ? undefined : await openViewers(server.url, viewerCount);
  const publishUs: number[] = [];
  const startMs = performance.now();
  for (const [index, event] of events.entries()) {
    const beforeMs = performance.now();
    feed.publish(event);
    publishUs.push((performance.now() - beforeMs) * 1000);
    if (index % GROUP === GROUP - 1) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }
  const runMs = performance.now() - startMs;
  await viewers?.received;
  const deliveredMs = performance.now() - startMs;
  viewers?.viewers.kill();
  await server.close();
  return { publishUs, runMs, deliveredMs };
}

/**
 * Events a second to ten viewers on loopback, what one `publish` costs the run, and the time per event of a run that does
 * nothing but publish, with ten viewers and with none.
 */
export async function run(_options: { json: boolean }): Promise<unknown> {
  const events = runEvents(EVENTS);
  await measure(1, events); // Warm-up of the compiler.
  const alone = await measure(0, events);
  const watched = await measure(VIEWERS, events);
  const perEventUs = (runMs: number): number => (runMs * 1000) / EVENTS;
  return {
    bench: 'live',
    viewers: VIEWERS,
    events: EVENTS,
    meanEventBytes: Math.round(events.reduce((sum, event) => sum + JSON.stringify(event).length, 0) / EVENTS),
    eventsPerSecond: Math.round((EVENTS * 1000) / watched.deliveredMs),
    messagesPerSecond: Math.round((EVENTS * VIEWERS * 1000) / watched.deliveredMs),
    publishUs: { median: quantile(watched.publishUs, 0.5), p99: quantile(watched.publishUs, 0.99) },
    perEventUs: { withoutViewers: perEventUs(alone.runMs), withViewers: perEventUs(watched.runMs) },
  };
}
