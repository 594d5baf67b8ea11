import { afterEach, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/contract/events.ts';
import { createLiveServer, type LiveServer } from '../../src/live/server.ts';
import { sampleFeed, type SampleFeed } from '../support/sample-feed.ts';
import { sampleRun } from '../support/sample-run.ts';
import { createHandClock, type HandClock } from './hand-clock.ts';
import { openViewer } from './viewer-socket.ts';

const events = sampleRun({ columns: 12, rows: 8, blockTiles: 4, fields: 40, findsWanted: 3, ending: 'open' });
const start = events[0]!;
const frame = events.find((event) => event.type === 'frame')!;
const EVENT_BYTES = 20_000;

const open: { server: LiveServer; clock: HandClock }[] = [];
async function serve(): Promise<{ url: string; feed: SampleFeed; clock: HandClock; logged: string[] }> {
  const feed = sampleFeed([start], { played: 1, thumbnail: async () => new Uint8Array(30_000) });
  const clock = createHandClock();
  const logged: string[] = [];
  const server = await createLiveServer({ host: '127.0.0.1', port: 0, feed, clock, log: (level, message) => level === 'warn' && logged.push(message) });
  open.push({ server, clock });
  return { url: server.url, feed, clock, logged };
}
afterEach(async () => {
  for (const { server, clock } of open.splice(0)) {
    const ending = new AbortController();
    const closed = server.close().finally(() => ending.abort());
    // The grace time for viewers that are not there any more runs by the hand clock too.
    while (!ending.signal.aborted) {
      clock.advance(100);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    await closed;
  }
});

/** More than the socket buffers of both ends hold together. */
function flood(feed: SampleFeed, count: number): void {
  for (let index = 0; index < count; index++) {
    const seq = feed.lastSeq() + 1;
    feed.publish({ ...start, type: 'fault', seq, code: 'EM_BEAM', message: 'x'.repeat(EVENT_BYTES), hint: '' } as unknown as RunEvent);
  }
}

describe('a viewer that does not read', () => {
  test('does not hold up the run or another viewer, gets no pictures, and is dropped with 1013', async () => {
    const { url, feed, clock, logged } = await serve();
    const slow = await openViewer(url);
    const good = await openViewer(url);
    slow.socket.pause();
    flood(feed, 1200);
    await good.until(() => good.events.length === 1200);
    feed.publish({ ...frame, seq: feed.lastSeq() + 1 });
    await good.until(() => good.thumbnails.length === 1);

    clock.advance(11_000);
    expect(logged).toEqual(['A viewer was dropped: does not read']);
    slow.socket.resume();
    expect(await slow.closed).toBe(1013);
    // What it got is a beginning without a gap; the rest it can ask for with ?since.
    expect(slow.events.length).toBeLessThan(1200);
    expect(slow.events.map(({ seq }) => seq)).toEqual(slow.events.map((_, index) => index + 1));
    expect(slow.thumbnails).toEqual([]);

    expect(good.socket.readyState).toBe(good.socket.OPEN);
    const again = await openViewer(url, `?since=${slow.events.length + 1}`);
    await again.until(() => again.events.at(-1)?.type === 'frame');
    expect([...slow.events, ...again.events].map(({ seq }) => seq)).toEqual(good.events.map(({ seq }) => seq));
    await Promise.all([good.close(), again.close()]);
  });

  test('one that never reads again is cut off after the grace time', async () => {
    const { url, feed, clock } = await serve();
    const slow = await openViewer(url);
    slow.socket.pause();
    flood(feed, 1200);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    clock.advance(15_000);
    slow.socket.resume();
    expect(await slow.closed).toBe(1006);
  });

  test('one that reads slowly, but reads, stays', async () => {
    const { url, feed, clock, logged } = await serve();
    const viewer = await openViewer(url);
    for (let round = 0; round < 4; round++) {
      viewer.socket.pause();
      flood(feed, 500);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      clock.advance(3000);
      viewer.socket.resume();
      await viewer.until(() => viewer.events.length === (round + 1) * 500);
    }
    expect(logged).toEqual([]);
    await viewer.close();
  });
});

test('a viewer that answers no heartbeat is ended, one that does is not', async () => {
  const { url, clock, logged } = await serve();
  const dead = await openViewer(url, '', { autoPong: false });
  const living = await openViewer(url);
  const pinged = new Promise((resolve) => {
    living.socket.once('ping', resolve);
  });
  clock.advance(16_000);
  await pinged;
  // The answer to this comes after the pong, on the same socket.
  await living.ask('{"id":1,"request":"pause"}');
  clock.advance(16_000);
  expect(await dead.closed).toBe(1006);
  expect(logged).toEqual(['A viewer was dropped: no heartbeat']);
  expect(living.socket.readyState).toBe(living.socket.OPEN);
  await living.close();
});
