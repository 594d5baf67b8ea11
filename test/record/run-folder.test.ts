import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert as always, integer, property, string } from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/contract/events.ts';
import { required } from '../../src/lib/guards.ts';
import { decodeOmeTiff } from '../../src/imaging/ome-tiff.ts';
import { writeFileAtomically } from '../../src/record/atomic-file.ts';
import { frameFileName } from '../../src/record/frame-writer.ts';
import { parseJournal } from '../../src/record/journal-reader.ts';
import { continueRunFolder, createRunFolder, openRunFolder, runIdOf } from '../../src/record/run-folder.ts';
import { sampleRun } from '../support/sample-run.ts';
import { quietLog, runFileOf, sampleFrame, temporaryFolder, writeSampleFolder } from './sample-folder.ts';

const events = sampleRun({ fields: 20 });
const run = runFileOf(events);
const log = quietLog;

describe('a run folder', () => {
  test('gives back what was put into it', async () => {
    const { dir, events: written } = await writeSampleFolder();
    const folder = await openRunFolder(dir);
    expect(folder.events).toEqual(written);
    expect(folder.run.result?.finds.length).toBeGreaterThan(0);
    expect(folder).toMatchObject({ damage: [], torn: false });
    expect(readdirSync(dir).sort()).toEqual(['events.jsonl', 'finds.csv', 'finds.geojson', 'frames', 'revisit.useq.json', 'run.json']);
    for (const { frame } of folder.run.result?.finds ?? []) {
      expect(decodeOmeTiff(readFileSync(join(dir, 'frames', frameFileName(frame))), frame).annotations['action']).toBe('confirm');
    }
  });

  test('never is another run’s', async () => {
    const root = join(temporaryFolder(), 'not', 'there', 'yet');
    const folders = await Promise.all(Array.from({ length: 4 }, () => createRunFolder({ root, runId: 'same', log })));
    expect(folders.map(({ dir }) => dir).sort()).toEqual(['same', 'same-2', 'same-3', 'same-4'].map((name) => join(root, name)));
    await Promise.all(folders.map((folder) => folder.close()));
  });

  test('keeps the order of events that are appended while others are written', async () => {
    const folder = await createRunFolder({ root: temporaryFolder(), runId: 'order', log });
    for (const [index, event] of events.entries()) {
      folder.append(event);
      if (index % 7 === 0) await folder.sync();
    }
    await folder.sync();
    const text = readFileSync(join(folder.dir, 'events.jsonl'), 'utf8');
    expect(text).toBe(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    await folder.close();
  });

  test('has everything on the disk when sync resolves', async () => {
    const folder = await createRunFolder({ root: temporaryFolder(), runId: 'durable', log });
    for (let k = 0; k < 20; k++) folder.writeFrame(sampleFrame(`f${k}`), {});
    folder.append(required(events[0], 'an event'));
    await folder.sync();
    expect(readdirSync(join(folder.dir, 'frames'))).toHaveLength(20);
    expect(parseJournal(readFileSync(join(folder.dir, 'events.jsonl'))).events).toHaveLength(1);
    await folder.close();
  });

  test('has at a checkpoint what was there at the one before, and waits for pictures only when they pile up', async () => {
    const folder = await createRunFolder({ root: temporaryFolder(), runId: 'checkpoint', log });
    for (let k = 0; k < 40; k++) folder.writeFrame(sampleFrame(`f${k}`), {});
    folder.append(required(events[0], 'an event'));
    await folder.checkpoint();
    await folder.checkpoint();
    expect(parseJournal(readFileSync(join(folder.dir, 'events.jsonl'))).events).toHaveLength(1);
    expect(readdirSync(join(folder.dir, 'frames')).length).toBeGreaterThanOrEqual(40 - 16);
    await folder.close();
    expect(readdirSync(join(folder.dir, 'frames'))).toHaveLength(40);
  });

  test('reports at sync that a frame could not be written, and goes on with the journal', async () => {
    const folder = await createRunFolder({ root: temporaryFolder(), runId: 'twice', log });
    folder.writeFrame(sampleFrame('f1'), {});
    await folder.sync();
    folder.writeFrame(sampleFrame('f1'), {});
    folder.append(required(events[0], 'an event'));
    await expect(folder.sync()).rejects.toMatchObject({ code: 'EM_WRITE', message: expect.stringContaining('f1.ome.tif cannot be written: it exists already') });
    await folder.close();
    expect(parseJournal(readFileSync(join(folder.dir, 'events.jsonl'))).events).toHaveLength(1);
  });

  test('names frames by their ids, whatever they hold', () => {
    always(
      property(string({ minLength: 1, unit: 'grapheme' }), string({ minLength: 1, unit: 'grapheme' }), (a, b) => {
        expect(frameFileName(a)).toMatch(/^[A-Za-z0-9._%-]+\.ome\.tif$/);
        if (a !== b) expect(frameFileName(a)).not.toBe(frameFileName(b));
      }),
    );
    expect(runIdOf('2026-11-23T05:06:12.345Z', 'Nanowires')).toBe('20261123T050612Z-Nanowires');
    expect(runIdOf('2026-11-23T05:06:12Z', 'my/own target')).toBe('20261123T050612Z-my_own_target');
  });
});

describe('after a crash', () => {
  test('a line torn at any byte costs that line only, and the run goes on behind the last whole one', async () => {
    const { dir } = await writeSampleFolder({ fields: 10, ending: 'open' });
    const path = join(dir, 'events.jsonl');
    const whole = readFileSync(path);
    const known = parseJournal(whole).events;
    const lastLine = whole.subarray(0, -1).lastIndexOf(0x0a) + 1;
    for (const cut of [lastLine + 1, lastLine + 20, whole.length - 2, whole.length - 1]) {
      writeFileSync(path, whole);
      truncateSync(path, cut);
      const torn = await openRunFolder(dir);
      expect(torn).toMatchObject({ torn: true, damage: [] });
      expect(torn.events).toEqual(known.slice(0, -1));
      const folder = await continueRunFolder(dir, { log });
      folder.append(required(known.at(-1), 'the last event'));
      await folder.sync();
      await folder.close();
      expect(readFileSync(path)).toEqual(whole);
    }
  });

  test('a broken line in the middle is reported with its number', async () => {
    const { dir } = await writeSampleFolder({ fields: 10 });
    const path = join(dir, 'events.jsonl');
    const lines = readFileSync(path, 'utf8').split('\n');
    lines[4] = '{"v":1,"seq":4,';
    lines[9] = JSON.stringify({ ...JSON.parse(required(lines[9], 'a line')), seq: 'nine' });
    lines[11] = JSON.stringify({ v: 1, type: 'from-the-future' });
    writeFileSync(path, lines.join('\n'));
    const folder = await openRunFolder(dir);
    expect(folder.damage).toEqual([
      'events.jsonl: line 5 is not readable',
      expect.stringMatching(/^events\.jsonl: line 10 is no event of this version \(seq: /),
      expect.stringMatching(/^events\.jsonl: line 12 is no event of this version \(type: /),
    ]);
    expect(folder.events).toHaveLength(lines.length - 1 - 3);
  });

  test('a journal cut anywhere never gives an event that was not written', () => {
    const bytes = Buffer.from(events.slice(0, 12).map((event) => `${JSON.stringify(event)}\n`).join(''));
    always(
      property(integer({ min: 0, max: bytes.length }), (cut) => {
        const content = parseJournal(bytes.subarray(0, cut));
        expect(content.damage).toEqual([]);
        expect(content.events).toEqual(events.slice(0, content.events.length));
        expect(content.torn).toBe(content.endOfLastLine !== cut);
      }),
    );
  });

  test('a file that is replaced is the old one or the new one, never a part', async () => {
    const path = join(temporaryFolder(), 'run.json');
    const versions = Array.from({ length: 12 }, (_, k) => `${k}`.repeat(200_000));
    writeFileSync(path, required(versions[0], 'a version'));
    const progress = { done: false };
    const writing = (async () => {
      for (const version of versions) await writeFileAtomically(path, version);
      progress.done = true;
    })();
    const seen = new Set<string>();
    while (!progress.done) {
      seen.add(readFileSync(path, 'utf8'));
      await new Promise(setImmediate);
    }
    await writing;
    for (const text of seen) expect(versions).toContain(text);
    expect(readFileSync(path, 'utf8')).toBe(versions.at(-1));
  });

  test('a replacement that fails leaves the old file and nothing else', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'run.json');
    mkdirSync(join(path, 'x'), { recursive: true });
    await expect(writeFileAtomically(path, 'new')).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['run.json']);
    expect(statSync(path).isDirectory()).toBe(true);
  });
});

describe('what is no run folder', () => {
  test.each([
    ['nothing at all', () => join(temporaryFolder(), 'nowhere'), /is no run folder: there is no run\.json in it\.$/],
    ['a file', () => { const path = join(temporaryFolder(), 'file'); writeFileSync(path, ''); return path; }, /is no run folder: there is no run\.json in it\.$/],
    ['an empty folder', () => temporaryFolder(), /is no run folder: there is no run\.json in it\.$/],
    ['a run.json that is no JSON', () => { const path = temporaryFolder(); writeFileSync(join(path, 'run.json'), '{'); return path; }, /run\.json is not readable: it is no JSON\.$/],
    ['another run.json', () => { const path = temporaryFolder(); writeFileSync(join(path, 'run.json'), '{"v":2}'); return path; }, /is no run file of this version: v: /],
    ['a run.json without a journal', () => { const path = temporaryFolder(); writeFileSync(join(path, 'run.json'), JSON.stringify(run)); return path; }, /there is no events\.jsonl in it\.$/],
  ])('%s', async (_, make, message) => {
    await expect(openRunFolder(make())).rejects.toMatchObject({ code: 'EM_RUN_FOLDER', message: expect.stringMatching(message) });
  });
});

describe('where nothing can be written', () => {
  test('a file in the way', async () => {
    const root = join(temporaryFolder(), 'file');
    writeFileSync(root, '');
    await expect(createRunFolder({ root, runId: 'x', log })).rejects.toMatchObject({ code: 'EM_WRITE', message: expect.stringContaining(root) });
    await expect(createRunFolder({ root: join(root, 'deeper'), runId: 'x', log })).rejects.toMatchObject({ code: 'EM_WRITE' });
  });

  test('a folder without permission', async (context) => {
    if (process.getuid?.() === 0) {
      console.warn('skipped: the superuser may write anywhere');
      return context.skip();
    }
    const root = temporaryFolder();
    chmodSync(root, 0o500);
    await expect(createRunFolder({ root, runId: 'x', log })).rejects.toMatchObject({ code: 'EM_WRITE', message: expect.stringContaining('permission denied') });
  });

  test('too little free space, found before anything is made', async () => {
    const root = join(temporaryFolder(), 'runs');
    await expect(createRunFolder({ root, runId: 'x', log, freeFloorBytes: 1e18 })).rejects.toMatchObject({
      code: 'EM_DISK_FULL',
      message: expect.stringMatching(/has only .* free; a run needs at least/),
    });
    expect(existsSync(root)).toBe(false);
  });
});

describe('a disk that becomes full during the run', () => {
  let mounted: string | undefined;
  const mount = (): string | undefined => {
    const path = temporaryFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', path], { stdio: 'ignore' });
    } catch {
      return undefined;
    }
    mounted = path;
    return path;
  };
  afterAll(() => {
    if (mounted !== undefined) execFileSync('umount', [mounted]);
  });

  test('loses no event, takes finds and result into the space held back, and says so', async (context) => {
    const root = mount();
    if (root === undefined) {
      console.warn('skipped: no small file system can be mounted here (needs root)');
      return context.skip();
    }
    const folder = await createRunFolder({ root, runId: 'full', log, freeFloorBytes: 100_000 });
    await folder.writeRun(run);
    const fill: RunEvent[] = [];
    const error = await (async () => {
      for (let k = 0; ; k++) {
        for (const event of events) {
          folder.append(event);
          fill.push(event);
        }
        folder.writeFrame(sampleFrame(`f${k}`, { widthPx: 512, heightPx: 256, data: new Uint8Array(512 * 256) }), {});
        try {
          await folder.sync();
        } catch (thrown) {
          return thrown;
        }
      }
    })();
    expect(error).toMatchObject({ code: 'EM_DISK_FULL', message: expect.stringContaining('The disk is full') });
    // What the agent still does on its way out.
    const last = required(events.at(-1), 'the last event');
    folder.append(last);
    await expect(folder.sync()).rejects.toMatchObject({ code: 'EM_DISK_FULL' });
    await folder.writeRun(run);
    await folder.writeFinds(run.result?.finds ?? [], run.plan);
    await folder.close();
    const read = await openRunFolder(folder.dir);
    expect(read).toMatchObject({ damage: [], torn: false });
    expect(read.events).toEqual([...fill, last]);
    expect(readFileSync(join(folder.dir, 'finds.csv'), 'utf8').trim().split('\r\n')).toHaveLength(1 + (run.result?.finds.length ?? 0));
  });
});

test('a journal that somebody appended to is read as it is', async () => {
  const { dir } = await writeSampleFolder({ fields: 5 });
  appendFileSync(join(dir, 'events.jsonl'), '\n');
  expect((await openRunFolder(dir)).damage).toHaveLength(1);
});
