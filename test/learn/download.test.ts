import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { renderMicrograph } from '../../simulator/render/micrograph.ts';
import { encodePng } from '../../src/imaging/picture-file.ts';
import { readDataset } from '../../src/learn/dataset.ts';
import { PUBLISHED, type DownloadResult } from '../../src/learn/download/download.ts';
import { downloadFile } from '../../src/learn/download/transfer.ts';
import { unpackPictures } from '../../src/learn/download/unpack.ts';
import type { Clock } from '../../src/contract/clock.ts';
import { createRealClock } from '../../src/lib/clock.ts';
import { runCli, startCli, temporaryFolder, type ProcessEnd } from '../support/cli.ts';
import { serveRecord, tarOf, type Faults, type RecordServer } from '../support/record-server.ts';

const { id } = PUBLISHED.nffa;

/** A folder with pictures of two categories, and what else lies in published archives. */
async function published(): Promise<string> {
  const dir = await temporaryFolder();
  for (const [folder, category] of [['Tips', 'Tips'], ['Fibres', 'Fibres']] as const) {
    await mkdir(join(dir, folder));
    for (let index = 0; index < 3; index++) await writeFile(join(dir, folder, `L${index}_0a.png`), await encodePng(renderMicrograph({ category, seed: index, widthPx: 160, heightPx: 120 })));
  }
  await writeFile(join(dir, 'Tips', '._L0_0a.png'), 'left behind by a file manager');
  await writeFile(join(dir, 'Tips', 'notes.txt'), 'no picture');
  await symlink('/etc/hostname', join(dir, 'Tips', 'link.png'));
  return dir;
}

interface Served {
  readonly server: RecordServer;
  readonly out: string;
  readonly download: (...more: string[]) => Promise<ProcessEnd>;
}

async function served(faults: Faults = {}, options: Parameters<typeof serveRecord>[2] & { claimedBytes?: number } = {}): Promise<Served> {
  const source = await published();
  const { claimedBytes, ...rest } = options;
  const server = await serveRecord(id, [
    { key: 'Tips.tar', bytes: await tarOf(source, ['Tips']), faults, ...(claimedBytes !== undefined && { claimedBytes }) },
    { key: 'Fibres.tar', bytes: await tarOf(source, ['Fibres'], { gzip: true }) },
    { key: 'readme.txt', bytes: Buffer.from('about') },
  ], rest);
  const out = join(await temporaryFolder(), 'nffa');
  return { server, out, download: (...more) => runCli(['dataset', 'download', 'nffa', '--server', server.address, '--out', out, ...more]) };
}

const pictures = async (out: string): Promise<string[]> => (await readDataset(out)).items.map(({ file }) => file);
const ALL = ['Fibres/L0_0a.png', 'Fibres/L1_0a.png', 'Fibres/L2_0a.png', 'Tips/L0_0a.png', 'Tips/L1_0a.png', 'Tips/L2_0a.png'];

const failed = ({ code, stdout, stderr }: ProcessEnd): string => {
  expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
  expect(stderr).not.toMatch(/\n\s+at /);
  return stderr;
};

describe('emagent dataset download', () => {
  test.each(['b2share', 'invenio-rdm'] as const)('a record of the shape %s becomes folders of pictures; the second time nothing is fetched', async (shape) => {
    const { server, out, download } = await served({}, { shape });
    const first = await download('--json');
    expect(first.code, first.stderr).toBe(0);
    const result = JSON.parse(first.stdout) as DownloadResult;
    expect(result).toMatchObject({ counts: { Tips: 3, Fibres: 3 }, total: 6, passedOver: ['readme.txt'], record: { id, title: 'A small set' } });
    expect(await pictures(out)).toEqual(ALL);
    expect((await readdir(join(out, 'Tips'))).sort()).toEqual(['L0_0a.png', 'L1_0a.png', 'L2_0a.png']);
    expect(await readdir(join(out, '.download'))).toEqual(['unpacked.json']);
    expect(JSON.parse(await readFile(join(out, 'download.json'), 'utf8'))).toMatchObject({ record: { id }, counts: { Tips: 3, Fibres: 3 } });
    await rm(join(out, 'Fibres', 'L1_0a.png'));
    expect((await download()).code).toBe(0);
    // Only what is missing again.
    expect(server.requests).toEqual(['Tips.tar', 'Fibres.tar', 'Fibres.tar']);
    expect(await pictures(out)).toEqual(ALL);
  });

  test('one archive of the record; an unknown one', async () => {
    const { server, out, download } = await served();
    expect(failed(await download('--only', 'Tip'))).toContain('Tips');
    const { code, stdout } = await download('--only', 'Tips', '--keep');
    expect({ code, requests: server.requests }).toEqual({ code: 0, requests: ['Tips.tar'] });
    expect(stdout).toMatch(/Tips +3\n3 pictures in .*\nA small set, 10\.0000\/small; licence: Creative Commons/);
    expect(existsSync(join(out, '.download', 'Tips.tar'))).toBe(true);
  });

  test('a transfer that breaks off goes on where it was', async () => {
    const { server, out, download } = await served({ cutAfter: [20_000, 10_000] });
    const { code, stderr } = await download();
    expect(code, stderr).toBe(0);
    // From where it was: that may be the beginning when the break came before the first bytes were taken in. The test with Ctrl-C below has them.
    expect(server.requests.slice(0, 3)).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/^Tips\.tar(?: bytes=\d+-)?$/) as string));
    expect(await pictures(out)).toEqual(ALL);
  });

  test('Ctrl-C ends it in good order, and the same command goes on', async () => {
    const { server, out, download } = await served({ silentAfter: [20_000] });
    const running = startCli(['dataset', 'download', 'nffa', '--server', server.address, '--out', out]);
    const part = join(out, '.download', 'Tips.tar.part');
    await vi.waitUntil(() => existsSync(part) && statSync(part).size === 20_000, { timeout: 30_000 });
    running.process.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringContaining('the same command goes on') });
    expect((await download()).code).toBe(0);
    expect(server.requests).toEqual(['Tips.tar', 'Tips.tar bytes=20000-', 'Fibres.tar']);
    expect(await pictures(out)).toEqual(ALL);
  });

  test('a server without ranges is asked for the whole again', async () => {
    const { out, download } = await served({ cutAfter: [20_000], noRange: true });
    const { code, stderr } = await download();
    expect(code, stderr).toBe(0);
    expect(await pictures(out)).toEqual(ALL);
  });

  test('a wrong checksum: fetched once more, then refused, and nothing of it is unpacked', async () => {
    const mended = await served({ garbled: 1 });
    expect((await mended.download()).code).toBe(0);
    expect(await pictures(mended.out)).toEqual(ALL);
    const wrong = await served({ garbled: 9 });
    expect(failed(await wrong.download())).toContain('Tips.tar does not have the md5 checksum');
    expect(wrong.server.requests).toEqual(['Tips.tar', 'Tips.tar']);
    expect(await readdir(wrong.out)).toEqual(['.download']);
  });

  test('a file, a record and a server that are not there; an answer that is no record', async () => {
    const { download } = await served({ statuses: [404] });
    expect(failed(await download())).toContain('404, it is not there');
    const elsewhere = await serveRecord('another', []);
    const to = (address: string): Promise<ProcessEnd> => runCli(['dataset', 'download', 'nffa', '--server', address, '--out', '/nonexistent/never']);
    expect(failed(await to(elsewhere.address))).toContain('There is no record');
    expect(failed(await to('http://127.0.0.1:1'))).toContain('cannot be read');
    const page = await serveRecord(id, [], { answer: '<html>' });
    expect(failed(await to(page.address))).toContain('not JSON');
    const empty = await serveRecord(id, []);
    expect(failed(await to(empty.address))).toContain('lists no files');
    expect(failed(await runCli(['dataset', 'download', 'nfa', '--out', 'x']))).toContain('nffa');
    expect(failed(await to('ftp://x'))).toContain('http');
  });

  test('too little room is said before the transfer, and a disk that fills up during it', async () => {
    const large = await served({}, { claimedBytes: 1e16 });
    expect(failed(await large.download())).toContain('nothing was downloaded');
    expect(large.server.requests).toEqual([]);
    const { out, download } = await served();
    await mkdir(join(out, '.download'), { recursive: true });
    await symlink('/dev/full', join(out, '.download', 'Tips.tar.part'));
    expect(failed(await download())).toContain('The disk is full');
    expect(await readdir(out)).toEqual(['.download']);
  });

  test('a folder that cannot be written', async () => {
    const { out, download } = await served();
    await writeFile(out, 'a file in its place');
    expect(failed(await download())).toContain('cannot be written');
  });
});

/** Waits are over at once and remembered; deadlines strike when told to. */
function handClock(): { readonly clock: Clock; readonly waits: number[]; readonly strike: () => void } {
  const waits: number[] = [];
  const timers = new Map<number, () => void>();
  let last = 0;
  const clock: Clock = {
    ...createRealClock(),
    sleep: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
    setTimeout: (callback) => {
      timers.set(++last, callback);
      return last;
    },
    clearTimeout: (timer) => void timers.delete(timer as number),
  };
  return { clock, waits, strike: () => [...timers.values()].forEach((callback) => callback()) };
}

describe('transfers', () => {
  const fileOf = (bytes: Buffer, server: RecordServer) => ({ key: 'x.tar', sizeBytes: bytes.length, md5: createHash('md5').update(bytes).digest('hex'), url: `${server.address}/api/files/b0bd6602-b02b-4475-917d-a2898cd6d7d7/x.tar` });

  test('answers of an overloaded server are waited for, longer each time, and given up in the end', async () => {
    const bytes = Buffer.alloc(1000, 1);
    const faults = { statuses: [503, 429, 502] };
    const server = await serveRecord(id, [{ key: 'x.tar', bytes, faults }]);
    const path = join(await temporaryFolder(), 'x.tar');
    const { clock, waits } = handClock();
    await downloadFile(fileOf(bytes, server), path, { clock });
    expect(await readFile(path)).toEqual(bytes);
    expect(waits).toEqual([1000, 3000, 10_000]);
    expect(server.requests).toHaveLength(4);
    faults.statuses.push(...Array.from({ length: 20 }, () => 503));
    const again = join(await temporaryFolder(), 'x.tar');
    await expect(downloadFile(fileOf(bytes, server), again, { clock })).rejects.toMatchObject({ code: 'EM_DOWNLOAD', message: expect.stringContaining('503, 5 times in a row') });
  });

  test('a connection that says nothing any more is given up and made again', async () => {
    const bytes = Buffer.alloc(1000, 1);
    const { clock, strike } = handClock();
    const server = await serveRecord(id, [{ key: 'x.tar', bytes, faults: { silentAfter: [400] } }]);
    const path = join(await temporaryFolder(), 'x.tar');
    await downloadFile(fileOf(bytes, server), path, { clock, onProgress: (done) => void (done === 400 && setImmediate(strike)) });
    expect(await readFile(path)).toEqual(bytes);
    expect(server.requests).toEqual(['x.tar', 'x.tar bytes=400-']);
  });

  test('what lies there from another file is not gone on with', async () => {
    const bytes = Buffer.alloc(1000, 1);
    const server = await serveRecord(id, [{ key: 'x.tar', bytes }]);
    const dir = await temporaryFolder();
    await writeFile(join(dir, 'x.tar.part'), Buffer.alloc(5000));
    await downloadFile(fileOf(bytes, server), join(dir, 'x.tar'), handClock());
    await writeFile(join(dir, 'y.tar.part'), Buffer.alloc(500, 9));
    await downloadFile(fileOf(bytes, server), join(dir, 'y.tar'), handClock());
    expect(await readFile(join(dir, 'y.tar'))).toEqual(bytes);
  });
});

describe('archives', () => {
  test('pictures that lie in no folder are of the archive\'s category', async () => {
    const [source, dir] = [await published(), await temporaryFolder()];
    await writeFile(join(dir, 'Wires.tar'), await tarOf(join(source, 'Tips'), ['L0_0a.png', 'notes.txt']));
    expect(await unpackPictures(join(dir, 'Wires.tar'), join(dir, 'out'))).toEqual({ Wires: 1 });
  });

  test('one that is cut short, is no archive, or leads outside is refused', async () => {
    const [source, dir] = [await published(), await temporaryFolder()];
    const path = join(dir, 'a.tar');
    await writeFile(path, (await tarOf(source, ['Tips'])).subarray(0, 5000));
    await expect(unpackPictures(path, join(dir, 'out'))).rejects.toMatchObject({ code: 'EM_DATASET', message: expect.stringContaining('a.tar is no readable tar file') });
    await writeFile(path, Buffer.alloc(4096, 'nothing of the kind'));
    await expect(unpackPictures(path, join(dir, 'out'))).rejects.toMatchObject({ code: 'EM_DATASET' });
    const bytes = await tarOf(source, ['Tips/L0_0a.png']);
    // The name in the header, and its checksum: the sum of the header's bytes with eight spaces in its place.
    bytes.fill(0, 0, 100).write('../../evil.png', 0);
    bytes.fill(' ', 148, 156);
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    await writeFile(path, bytes);
    await expect(unpackPictures(path, join(dir, 'deep', 'out'))).rejects.toMatchObject({ code: 'EM_DATASET', message: expect.stringContaining('outside') });
    expect(existsSync(join(dir, 'evil.png'))).toBe(false);
  });
});
