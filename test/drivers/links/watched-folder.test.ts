import { appendFileSync, chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type NextPicture, openWatchedFolder, type WatchedFolder } from '../../../drivers/links/watched-folder.ts';
import { EmagentError } from '../../../src/contract/errors.ts';
import { encodePng } from '../../../src/imaging/picture-file.ts';
import { encodeTiff } from '../../../src/imaging/tiff.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/lib/clock.ts';
import { temporaryFolder } from '../../record/sample-folder.ts';

const pixels = { widthPx: 40, heightPx: 30, data: Uint8Array.from({ length: 1200 }, (_, k) => (k * 7) % 256) };
const picture = encodeTiff(pixels, { description: 'x', pixelSizeUm: 1 });

interface Bench {
  readonly folder: string;
  readonly clock: VirtualClock;
  readonly watched: WatchedFolder;
  write(name: string, bytes?: Uint8Array): void;
  next(options?: Partial<NextPicture>): ReturnType<WatchedFolder['next']>;
  /** Does something on the host after so much time. */
  later(afterMs: number, what: () => void): void;
}

async function bench(): Promise<Bench> {
  const folder = temporaryFolder();
  const clock = createVirtualClock();
  const watched = await openWatchedFolder({ folder, clock });
  return {
    folder,
    clock,
    watched,
    write: (name, bytes = picture) => writeFileSync(join(folder, name), bytes),
    next: (options = {}) => watched.next({ after: new Map(), accept: () => true, timeoutMs: 5000, what: 'photo 7', ...options }),
    later: (afterMs, what) => void clock.setTimeout(what, afterMs),
  };
}

test('a new picture is handed out with its bytes and its pixels, those that lay there before are not', async () => {
  const { watched, write, next, later } = await bench();
  write('old.tif');
  const after = await watched.mark();
  write('notes.txt', Buffer.from('no picture'));
  later(1000, () => write('new.tif'));
  const found = await next({ after });
  expect(found.name).toBe('new.tif');
  expect(Buffer.from(found.bytes).equals(picture)).toBe(true);
  expect(found.pixels).toEqual(pixels);
});

test('a picture of 16 bit keeps them', async () => {
  const { write, next } = await bench();
  const deep = { widthPx: 20, heightPx: 10, data: Uint16Array.from({ length: 200 }, (_, k) => k * 300) };
  write('deep.tif', encodeTiff(deep, { description: 'x', pixelSizeUm: 1 }));
  expect((await next()).pixels).toEqual(deep);
});

test('a file that was overwritten is new', async () => {
  const { watched, write, next } = await bench();
  write('same.tif');
  const after = await watched.mark();
  write('same.tif', await encodePng({ ...pixels, widthPx: 30, heightPx: 40 }));
  expect((await next({ after })).pixels.widthPx).toBe(30);
});

test('a file that grows is waited for until it stands still', async () => {
  const { folder, clock, write, next, later } = await bench();
  write('grows.tif', picture.subarray(0, 100));
  for (const [index, end] of [400, 800, picture.length].entries()) {
    later(150 + 190 * index, () => appendFileSync(join(folder, 'grows.tif'), picture.subarray([100, 400, 800][index], end)));
  }
  expect((await next()).bytes.length).toBe(picture.length);
  expect(clock.nowMs()).toBeGreaterThan(530);
});

test('a file that stands still half-written is looked at again', async () => {
  const { write, next, later } = await bench();
  write('half.tif', picture.subarray(0, 700));
  later(1500, () => write('half.tif'));
  expect((await next()).pixels).toEqual(pixels);
});

test('a file that stays half-written is an error that names it', async () => {
  const { folder, write, next } = await bench();
  write('half.tif', picture.subarray(0, 700));
  await expect(next()).rejects.toMatchObject({
    code: 'EM_FRAME_INCOMPLETE',
    message: `photo 7 did not appear whole in ${folder} within 5.0 s: half.tif cannot be read as a picture.`,
  });
});

test('another picture that is broken keeps nobody waiting to the end', async () => {
  const { clock, write, next } = await bench();
  write('broken.tif', picture.subarray(0, 700));
  write('right.tif');
  expect((await next({ timeoutMs: 60_000 })).name).toBe('right.tif');
  expect(clock.nowMs()).toBeLessThan(5000);
});

test('what is refused is not taken, and looked at again when it changes', async () => {
  const { write, next, later } = await bench();
  const seen: string[] = [];
  write('a.tif');
  later(1000, () => write('b.tif'));
  const found = await next({ accept: ({ name }) => seen.push(name) > 0 && name === 'b.tif' });
  expect(found.name).toBe('b.tif');
  expect(seen).toEqual(['a.tif', 'b.tif']);
});

test('two that fit are an error, not a guess', async () => {
  const { folder, write, next } = await bench();
  write('a.tif');
  write('b.tif');
  await expect(next()).rejects.toMatchObject({
    code: 'EM_FRAME_INCOMPLETE',
    message: `In ${folder} a.tif and b.tif both fit photo 7: which one it is would be a guess.`,
  });
});

test('of a camera that saves faster than one can look, the first that is whole will do', async () => {
  const { clock, write, next, later } = await bench();
  for (let index = 0; index < 200; index++) later(50 * index, () => write(`image-${String(index).padStart(3, '0')}.tif`));
  await expect(next({ isFirstEnough: true })).resolves.toMatchObject({ name: 'image-000.tif' });
  expect(clock.nowMs()).toBeLessThan(1000);
});

test('a deadline names the folder, what was waited for, and what came instead', async () => {
  const { folder, write, next } = await bench();
  await expect(next()).rejects.toMatchObject({
    code: 'EM_TIMEOUT',
    message: `photo 7 did not appear in ${folder} within 5.0 s: no new picture came; is it the folder in which the instrument saves?`,
  });
  write('other.tif');
  await expect(next({ accept: () => false })).rejects.toMatchObject({
    code: 'EM_TIMEOUT',
    message: `photo 7 did not appear in ${folder} within 5.0 s: new, but not it: other.tif.`,
  });
});

test('a folder that is not there, is none, or may not be read is refused in one sentence', async (context) => {
  const { folder, clock, write } = await bench();
  write('file.tif');
  const locked = join(folder, 'locked');
  mkdirSync(locked, { mode: 0 });
  await expect(openWatchedFolder({ folder: join(folder, 'missing'), clock })).rejects.toMatchObject({
    code: 'EM_CONNECT',
    message: `The folder ${folder}/missing, in which the instrument's pictures should appear, does not exist: share it with this machine, or give the right path.`,
  });
  await expect(openWatchedFolder({ folder: join(folder, 'file.tif'), clock })).rejects.toMatchObject({ message: expect.stringContaining('is no folder') as string });
  context.onTestFinished(() => chmodSync(locked, 0o700));
  // The superuser may read everything.
  if (process.getuid?.() === 0) return;
  await expect(openWatchedFolder({ folder: locked, clock })).rejects.toMatchObject({ message: expect.stringContaining('may not be read') as string });
});

test('a share that is gone for a while is waited for; one that stays away is named', async () => {
  const { folder, next, write, later } = await bench();
  const away = `${folder}-away`;
  renameSync(folder, away);
  later(1000, () => {
    renameSync(away, folder);
    write('a.tif');
  });
  expect((await next()).name).toBe('a.tif');
  rmSync(folder, { recursive: true });
  await expect(next()).rejects.toMatchObject({ code: 'EM_TIMEOUT', message: `photo 7 did not appear in ${folder} within 5.0 s: the folder could not be read.` });
});

test('an abort and a close end the wait with their reason, and leave no timer', async () => {
  const { clock, watched, next } = await bench();
  const stop = new AbortController();
  const stopped = next({ signal: stop.signal, timeoutMs: 3_600_000 }).catch((error: EmagentError) => error.message);
  stop.abort(new EmagentError('EM_STOPPED', 'Enough.'));
  expect(await stopped).toBe('Enough.');
  const ended = next({ timeoutMs: 3_600_000 }).catch((error: EmagentError) => error.code);
  watched.close();
  watched.close();
  expect(await ended).toBe('EM_LINK_CLOSED');
  expect(clock.pending()).toBe(0);
});
