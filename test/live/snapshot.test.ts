import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/contract/events.ts';
import { packageRoot } from '../../src/lib/package-root.ts';
import { decodeThumbnail, encodeThumbnail } from '../../src/live/protocol.ts';
import { emptySnapshot, foldEvent, type Snapshot } from '../../src/live/snapshot.ts';
import { sampleRun } from '../support/sample-run.ts';

const fold = (events: readonly RunEvent[], from: Snapshot = emptySnapshot()): Snapshot => events.reduce(foldEvent, from);
const copy = (snapshot: Snapshot): Snapshot => JSON.parse(JSON.stringify(snapshot)) as Snapshot;
const endings = ['budget', 'stopped', 'faulted', 'panicked', 'open'] as const;

describe('snapshot', () => {
  test('the snapshot at any event, sent as JSON, and the events after it lead to the same end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), fc.constantFrom(...endings), fc.double({ min: 0, max: 1, noNaN: true }), (seed, ending, share) => {
        const events = sampleRun({ seed, ending, columns: 10, rows: 7, blockTiles: 4, fields: 30, findsWanted: 4 });
        const cut = Math.round(share * events.length);
        expect(fold(events.slice(cut), copy(fold(events.slice(0, cut))))).toEqual(fold(events));
      }),
      { numRuns: 60 },
    );
  });

  test('events that come twice change nothing', () => {
    const events = sampleRun({ seed: 5 });
    const once = fold(events);
    expect(fold([...events.slice(0, 80), ...events.slice(40)])).toEqual(once);
  });

  test('holds what a viewer shows', () => {
    const events = sampleRun();
    const end = events.at(-1) as Extract<RunEvent, { type: 'run-ended' }>;
    const snapshot = fold(events);
    expect(snapshot).toMatchObject({ runId: end.runId, seq: events.length - 1, state: 'ended', paused: false, finds: end.result.finds, ended: { outcome: 'found', reason: end.reason } });
    const observed = events.flatMap((event) => (event.type === 'observed' ? event.tiles : []));
    for (const { tile } of observed) {
      const latest = observed.findLast((entry) => entry.tile === tile)!;
      expect(snapshot.map.posterior[tile]).toBe(latest.probability);
      expect(snapshot.map.seen[tile]).toBe(latest.seen);
    }
    const { excluded } = snapshot.plan!.grid;
    expect(excluded.length).toBeGreaterThan(0);
    for (const tile of excluded) expect(snapshot.map.posterior[tile]).toBe(-1);
    const lastFrame = events.findLast((event) => event.type === 'frame') as Extract<RunEvent, { type: 'frame' }>;
    expect(snapshot.frame?.summary).toEqual(lastFrame.frame);
    expect(snapshot.frame?.prediction?.probabilities).toHaveLength(snapshot.labels.length);
  });

  test('pause and resume are seen', () => {
    const events = sampleRun({ findsWanted: 20 });
    const at = events.findIndex(({ type }) => type === 'paused');
    expect(fold(events.slice(0, at + 1)).paused).toBe(true);
    expect(fold(events.slice(0, at + 2)).paused).toBe(false);
  });

  test('a run that goes on keeps map and finds; another run starts anew', () => {
    const events = sampleRun({ ending: 'stopped', findsWanted: 20 });
    const before = fold(events);
    const begin = events[0] as Extract<RunEvent, { type: 'run-started' }>;
    const again = foldEvent(copy(before), { ...begin, seq: before.seq + 1, resumedFrom: before.seq });
    expect(again).toMatchObject({ map: before.map, finds: before.finds, ended: null, state: 'preflight' });
    const other = foldEvent(copy(before), { ...begin, runId: 'other' });
    expect(other).toMatchObject({ runId: 'other', seq: 0, finds: [], ended: null });
    expect(other.log).toHaveLength(1);
  });

  test('grows with tiles and finds, not with events', () => {
    const events = sampleRun({ columns: 60, rows: 40, fields: 400, findsWanted: 1000 });
    const snapshot = fold(events);
    expect(snapshot.path).toHaveLength(120);
    expect(snapshot.log.length).toBeLessThanOrEqual(200);
  });

  test('an event of a later version is passed over', () => {
    const events = sampleRun();
    const before = fold(events.slice(0, 30));
    const after = foldEvent(copy(before), { ...events[30]!, type: 'something-new' } as unknown as RunEvent);
    expect(after).toEqual({ ...before, seq: 30, at: events[30]!.at, instrumentSeconds: events[30]!.instrumentSeconds });
  });
});

describe('thumbnail message', () => {
  test('comes back as it went', () => {
    fc.assert(
      fc.property(fc.constantFrom('frame' as const, 'find' as const), fc.string({ unit: 'grapheme', maxLength: 60 }), fc.uint8Array({ maxLength: 200 }), (kind, frameId, jpeg) => {
        const decoded = decodeThumbnail(encodeThumbnail(kind, frameId, jpeg));
        expect(decoded).toEqual({ kind, frameId, jpeg });
      }),
    );
  });

  test('any other bytes are none', () => {
    const good = encodeThumbnail('frame', 'frame-1', Uint8Array.of(1, 2, 3));
    expect(decodeThumbnail(good.subarray(0, 9))).toBeUndefined();
    expect(decodeThumbnail(new Uint8Array(4))).toBeUndefined();
    for (const at of [0, 3, 4, 5]) {
      const bad = Uint8Array.from(good);
      bad[at] = 99;
      expect(decodeThumbnail(bad)).toBeUndefined();
    }
  });
});

test('what the browser gets of the program needs nothing but itself', () => {
  for (const name of ['shade.js', 'snapshot.js', 'words.js']) {
    const source = readFileSync(join(packageRoot, 'dist', 'src', 'live', name), 'utf8');
    const imports = [...source.matchAll(/from ["']([^"']+)["']/g)].map(([, path]) => path);
    expect(imports).toEqual(name === 'snapshot.js' ? ['./words.js'] : []);
    expect(source).not.toMatch(/\b(process|Buffer|require)\b/);
  }
});
