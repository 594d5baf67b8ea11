import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { FaultName } from '../../../simulator/faults.ts';
import type { EmagentError } from '../../../src/contract/errors.ts';
import type { Microscope, MicroscopeFault } from '../../../src/contract/microscope.ts';
import { createRealClock } from '../../../src/lib/clock.ts';
import { connectMicroscope } from '../../../src/session/microscopes.ts';
import { type AsiBench, startAsiBench } from '../../support/asi-bench.ts';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

async function start(options: Parameters<typeof startAsiBench>[0] = {}): Promise<AsiBench> {
  const bench = await startAsiBench(options);
  endings.push(bench.close);
  return bench;
}
const failure = async (work: Promise<unknown>): Promise<EmagentError> => work.then(() => expect.fail('it should have failed'), (thrown: EmagentError) => thrown);
const small = ({ info }: Microscope) => ({ widthPx: info.frameSizesPx[0]![0], heightPx: info.frameSizesPx[0]![1], dwellUs: 1, depth: 8 as const });

describe('what the line does to a reply', () => {
  test.each<FaultName>(['split-bytes', 'garbage-bytes', 'drop-reply', 'merged-replies', 'mixed-replies', 'reply-delayed'])('%s costs time, and no position', async (fault) => {
    const bench = await start();
    const microscope = await bench.connect({ query: '&replyMs=400' });
    bench.instrument.inject({ fault, when: { after: 2 }, count: 2 });
    for (const xUm of [120, -80]) {
      const reached = await microscope.moveStage({ xUm });
      expect(Math.abs(reached.xUm - xUm)).toBeLessThan(2);
      expect(Math.abs((await microscope.readState()).stage.xUm - xUm)).toBeLessThan(2);
    }
  });

  test.each<FaultName>(['link-lost', 'half-open'])('%s is an error, and no halt is claimed', async (fault) => {
    const bench = await start();
    const microscope = await bench.connect({ query: '&replyMs=150' });
    const faults: MicroscopeFault[] = [];
    microscope.onFault((told) => faults.push(told));
    bench.instrument.inject({ fault, when: { after: 0 } });
    expect((await failure(microscope.moveStage({ xUm: 100 }))).code).toBe(fault === 'link-lost' ? 'EM_LINK_CLOSED' : 'EM_TIMEOUT');
    if (fault === 'link-lost') expect(faults.map(({ code }) => code)).toEqual(['EM_LINK_CLOSED']);
    expect(['EM_NOT_SAFE', 'EM_TIMEOUT']).toContain((await failure(microscope.halt('the line'))).code);
  });
});

describe('what the camera does', () => {
  test.each<[FaultName]>([['file-missing'], ['file-half-written'], ['file-late']])('%s: the frame is a whole picture all the same', async (fault) => {
    const bench = await start();
    const microscope = await bench.connect();
    bench.instrument.inject({ fault, when: { after: 0 }, count: 2 });
    const { data, widthPx, heightPx } = await microscope.acquire(small(microscope));
    expect(data.length).toBe(widthPx * heightPx);
    expect(new Set(data).size).toBeGreaterThan(3);
  });

  test('that saves nothing is a deadline', async () => {
    const bench = await start();
    const microscope = await bench.connect({ query: '&pictureMs=300&pictureSize=256x192' });
    bench.instrument.inject({ fault: 'file-missing', when: { p: 1 }, count: 10_000 });
    const error = await failure(microscope.acquire(small(microscope)));
    expect(error.code).toBe('EM_TIMEOUT');
    expect(error.message).toContain('the next picture of the camera');
  });
});

describe('an address', () => {
  const nowhere = mkdtempSync(join(tmpdir(), 'emagent-asi-'));
  endings.push(async () => rmSync(nowhere, { recursive: true, force: true }));
  const connect = (address: string): Promise<Microscope> => connectMicroscope(address, { clock: createRealClock(), clientName: 'test', log: () => undefined });

  test.each([
    ['asi+tcp://127.0.0.1:9', 'EM_USAGE', /images/],
    [`asi+tcp://127.0.0.1:9?images=${tmpdir()}`, 'EM_USAGE', /fieldWidthUm/],
    [`asi+tcp://127.0.0.1?images=${tmpdir()}&fieldWidthUm=80`, 'EM_USAGE', /names no host and port/],
    [`asi+serial:?images=${tmpdir()}&fieldWidthUm=80`, 'EM_USAGE', /names no serial port/],
    [`asi+tcp://127.0.0.1:9?images=${tmpdir()}&fieldWidthUm=80`, 'EM_CONNECT', /Nothing listens/],
    [`asi+serial:///dev/no-such-port?images=${tmpdir()}&fieldWidthUm=80`, 'EM_CONNECT', /There is no serial port/],
    [`asi+tcp://127.0.0.1:9?images=${tmpdir()}&fieldWidthUm=80&bauds=9600`, 'EM_USAGE', /bauds/],
  ])('%s is refused as %s', async (address, code, sentence) => {
    const error = await failure(connect(address));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(sentence);
  });

  test('may narrow the limits of the controller and never widen them', async () => {
    const bench = await start();
    const narrow = await bench.connect({ query: '&xMinUm=-500&xMaxUm=600&yMaxUm=9e9' });
    expect(narrow.info.axes.xUm).toEqual({ min: -500, max: 600 });
    expect(narrow.info.axes.yUm).toEqual(bench.instrument.info.axes.yUm);
    expect((await failure(narrow.moveStage({ xUm: 700 }))).code).toBe('EM_LIMIT');
  });

  test('turns axes round that run against the picture', async () => {
    const bench = await start();
    const microscope = await bench.connect({ query: '&invertX=true' });
    expect((await microscope.moveStage({ xUm: 50, yUm: 20 })).xUm).toBeCloseTo(50, 0);
    const { stage } = await bench.instrument.readState();
    expect(stage.xUm).toBeCloseTo(-50, 0);
    expect(stage.yUm).toBeCloseTo(20, 0);
  });

  test('with the dialect of an LX-4000 speaks it', async () => {
    const bench = await start({ dialect: 'lx-4000' });
    const microscope = await bench.connect();
    expect((await microscope.moveStage({ xUm: 33 })).xUm).toBeCloseTo(33, 0);
  });
});
