import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/contract/events.ts';
import { createEventLog } from '../../src/live/event-log.ts';
import { emptySnapshot, foldEvent } from '../../src/live/snapshot.ts';
import { createLiveServer } from '../../src/live/server.ts';
import { sampleFeed } from '../support/sample-feed.ts';
import { sampleRun } from '../support/sample-run.ts';
import { openViewer } from './viewer-socket.ts';

const events = sampleRun({ columns: 12, rows: 8, blockTiles: 4, fields: 40, findsWanted: 3 });
const read = (bytes: Buffer | undefined): RunEvent => JSON.parse(String(bytes)) as RunEvent;

describe('event log', () => {
  test('holds each event by its number, and the snapshot of all', () => {
    const log = createEventLog();
    expect([log.firstSeq(), log.lastSeq(), log.at(0)]).toEqual([-1, -1, undefined]);
    for (const event of events) log.append(event);
    expect([log.firstSeq(), log.lastSeq()]).toEqual([0, events.length - 1]);
    for (const event of events) expect(read(log.at(event.seq))).toEqual(event);
    expect(log.at(events.length)).toBeUndefined();
    expect(log.snapshot()).toEqual(events.reduce(foldEvent, emptySnapshot()));
  });

  test('lets go of the oldest when it holds too much, but never of the newest or of the snapshot', () => {
    const log = createEventLog(4000);
    const many = Array.from({ length: 5000 }, (_, seq) => ({ ...events[Math.min(seq, 5)]!, seq }) as RunEvent);
    for (const event of many) {
      log.append(event);
      expect(read(log.at(event.seq)).seq).toBe(event.seq);
    }
    expect(log.lastSeq()).toBe(4999);
    const held = Array.from({ length: 5000 - log.firstSeq() }, (_, index) => log.at(log.firstSeq() + index)!);
    expect(held.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(4000);
    expect(held.map((bytes) => read(bytes).seq)).toEqual(many.slice(log.firstSeq()).map(({ seq }) => seq));
    expect(log.at(log.firstSeq() - 1)).toBeUndefined();
    expect(log.snapshot().plan).toEqual((events[0] as Extract<RunEvent, { type: 'run-started' }>).plan);
  });

  test('an event that comes twice is held once; a feed may begin in the middle', () => {
    const log = createEventLog();
    for (const event of [...events.slice(100, 120), ...events.slice(110, 130)]) log.append(event);
    expect([log.firstSeq(), log.lastSeq()]).toEqual([100, 129]);
    expect(read(log.at(115))).toEqual(events[115]);
  });
});

test('a viewer of a run that goes on is told what of the past is no longer there', async () => {
  const feed = sampleFeed(events.slice(100), { played: 20 });
  const server = await createLiveServer({ host: '127.0.0.1', port: 0, feed, log: () => undefined });
  const viewer = await openViewer(server.url, '?since=0');
  expect(viewer.hello).toMatchObject({ lastSeq: 119, nextSeq: 120 });
  feed.play();
  await viewer.until(() => viewer.events.at(-1)?.type === 'run-ended');
  expect(viewer.events.map(({ seq }) => seq)).toEqual(events.slice(120).map(({ seq }) => seq));
  await viewer.close();
  await server.close();
});
