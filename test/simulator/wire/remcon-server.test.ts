import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { decodeZeissTag, ZEISS_TAG } from '../../../drivers/remcon/codec/zeiss-text.ts';
import type { VirtualClock } from '../../../src/lib/clock.ts';
import { packageRoot } from '../../../src/lib/package-root.ts';
import { decodeGrey } from '../../../src/imaging/picture-file.ts';
import { readTiffTag } from '../../../src/imaging/tiff.ts';
import { createSimulatedMicroscope } from '../../../simulator/device/microscope.ts';
import { loadScenario } from '../../../simulator/scenario.ts';
import type { SimulatedMicroscope } from '../../../simulator/simulated-microscope.ts';
import { type RemconServerOptions, startRemconServer } from '../../../simulator/wire/remcon-server.ts';
import { temporaryFolder } from '../../record/sample-folder.ts';
import { createSocketClock } from '../../support/socket-clock.ts';
import { openRawRemconClient, type RawRemconClient } from '../../support/remcon-line.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

interface Bench {
  readonly clock: VirtualClock;
  readonly instrument: SimulatedMicroscope;
  readonly client: RawRemconClient;
  readonly images: string;
  readonly logged: string[];
}

async function start(options: Partial<RemconServerOptions> = {}): Promise<Bench> {
  const clock = createSocketClock();
  const images = temporaryFolder();
  const logged: string[] = [];
  const scenario = await loadScenario(join(packageRoot, 'test', 'conformance', 'instrument.yaml'));
  const instrument = await createSimulatedMicroscope({ scenario, seed: 3, clock, log: () => undefined, url: 'remcon+tcp:' });
  const server = await startRemconServer({ microscope: instrument, port: 0, imagesDir: images, storeSizePx: [256, 192], log: (message) => logged.push(message), ...options });
  const client = await openRawRemconClient(server.host, server.port);
  endings.push(() => instrument.close(), () => server.close(), () => client.close());
  return { clock, instrument, client, images, logged };
}
const numbers = (line: string): number[] => line.slice(1).split(' ').map(Number);

describe('a command', () => {
  test.each(['\r', '\r\n'])('ends with %j', async (end) => {
    const { client } = await start();
    for (let turn = 0; turn < 3; turn++) expect(await client.ask('BBL?', { end })).toEqual({ first: '@', second: '>1' });
    expect(await client.ask('', { end })).toEqual({ first: '@', second: '>' });
  });

  test('may be written in any case', async () => {
    const { client } = await start();
    expect(await client.get('ver?')).toBe('>SmartSEM Remote Control V06.01, February 2016 (simulated by emagent)');
    expect(await client.get('Mag 2286')).toBe('>');
    expect(await client.get('mAg?')).toBe('>2286');
    expect(await client.get('pix?')).toBe('>48.828125');
  });

  test.each([
    ['FOO 1', '@', '*600'],
    ['MAG many', '@', '*602'],
    ['MAG 1', '@', '*603'],
    ['BBLK 2', '@', '*603'],
    ['BBLK 0.5', '@', '*602'],
    ['STG 100 20 10', '@', '*603'],
    ['C95 20 20 10 80 0 0', '@', '*603'],
    ['C95 20 20 10 0 361 0', '@', '*603'],
    ['APER 7', '@', '*603'],
    ['DET NoSuchDetector', '@', '*614'],
    ['PRB?', '@', '*616'],
    ['MAC 3', '@', '*616'],
    [`MAG ${'0'.repeat(100)}5`, '@', '*617'],
    ['STG 1 2', '#', undefined],
    ['MAG', '#', undefined],
    ['BBL? 1', '#', undefined],
    ['DET', '#', undefined],
  ])('%s is answered by %s and %s', async (command, first, second) => {
    const { client } = await start();
    expect(await client.ask(command)).toEqual({ first, second });
    // And the next one by its own lines.
    expect(await client.get('BBL?')).toBe('>1');
  });

  test('with the wrong number of arguments has a second line if that is switched on', async () => {
    const { client } = await start({ hashSecondLine: true });
    expect(await client.ask('STG 1 2', { hashEnds: false })).toEqual({ first: '#', second: '*601' });
  });

  test('takes the time of its bytes at 9600 baud', async () => {
    const { client, clock } = await start();
    const beforeMs = clock.nowMs();
    await client.ask('C95?');
    // 5 bytes there, 3 for the acknowledgement, 60 or so for the axes, ten bits each.
    const bytes = 5 + client.received().length;
    expect(clock.nowMs() - beforeMs).toBeCloseTo((bytes * 10_000) / 9600, 3);
  });

  test('that is kept is read back', async () => {
    const { client } = await start();
    for (const [set, read, value] of [['APER 3', 'APR?', '>3'], ['AALN 10 -20', 'ALN?', '>10 -20'], ['BRGT 41.5', 'BGT?', '>41.5'], ['CRST 20', 'CST?', '>20'], ['RATE 7', 'RAT?', '>7'], ['STIM 12.5 -3', 'STI?', '>12.5 -3'], ['FOCS 5.25', 'FOC?', '>5.25'], ['DET se', 'DET?', '>SE'], ['SRO 30', 'SRO?', '>30']] as const) {
      expect(await client.get(set), set).toBe('>');
      expect(await client.get(read), read).toBe(value);
    }
    for (const command of ['GALN 1 2', 'BEAM 0.5 -0.5', 'CTRB', 'SPOT 512 384', 'LPR 100', 'FREZ', 'PXNR', 'ABGT 1', 'ACST 0', 'JDK 1', 'NORM', 'SRON 1']) expect(await client.get(command), command).toBe('>');
  });
});

describe('the stage', () => {
  test('begins at 20 20 10, moves on in the background, and says so a second late', async () => {
    const { client, clock } = await start();
    expect(numbers(await client.get('STG?'))).toEqual([20, 20, 10, 0]);
    expect(numbers(await client.get('C95?'))).toEqual([20, 20, 10, 0, 0, 0, 0]);
    const beforeMs = clock.nowMs();
    expect(await client.get('STG 30 20 10')).toBe('>');
    expect(clock.nowMs() - beforeMs).toBeLessThan(50);
    const seen: { readonly afterMs: number; readonly moving: number; readonly xMm: number }[] = [];
    for (;;) {
      const [xMm = 0, , , moving = 0] = numbers(await client.get('STG?'));
      seen.push({ afterMs: clock.nowMs() - beforeMs, moving, xMm });
      if (moving === 0 && seen.at(-1)!.afterMs > 1100) break;
      await clock.sleep(100);
    }
    expect(seen.find(({ moving }) => moving === 1)!.afterMs).toBeGreaterThanOrEqual(1000);
    // It was on its way all the same.
    expect(seen.find(({ afterMs }) => afterMs > 500)!.xMm).toBeGreaterThan(20.1);
    expect(seen.at(-1)!.xMm).toBeCloseTo(30, 3);
  });

  test('stops where it is when it is told to, without being asked twice', async () => {
    const { client, clock } = await start();
    await client.ask('STG 35 20 10');
    await clock.sleep(2000);
    await client.ask('ABO');
    await clock.sleep(1000);
    const [xMm = 0, , , moving] = numbers(await client.get('STG?'));
    expect(moving).toBe(0);
    expect(xMm).toBeGreaterThan(21);
    expect(xMm).toBeLessThan(30);
  });

  test('takes the last target when it gets two, and turns modulo 360', async () => {
    const { client, clock } = await start();
    await client.ask('STG 35 20 10');
    await clock.sleep(1000);
    await client.ask('C95 21 20 10 0 350 0');
    await clock.sleep(30_000);
    expect(numbers(await client.get('C95?'))).toEqual([21, 20, 10, 0, 350, 0, 0]);
  });

  test('that was not initialised moves nowhere', async () => {
    const { client } = await start({ stageInitialised: false });
    expect(await client.get('IST?')).toBe('>5 1');
    expect(await client.get('STG 21 20 10')).toBe('*616');
    expect(await client.get('C95 21 20 10 0 0 0')).toBe('*616');
  });

  test('that was initialised says so', async () => {
    const { client } = await start();
    expect(await client.get('IST?')).toBe('>5 0');
  });
});

describe('the beam', () => {
  test('tells its current only while the specimen current monitor is on', async () => {
    const { client } = await start();
    await client.ask('SCM 1');
    expect(Number((await client.get('PRB?')).slice(1))).toBeCloseTo(100e-12, 15);
    await client.ask('SCM 0');
    expect(await client.get('PRB?')).toBe('*616');
  });

  test('runs up for seconds after the high tension was set, off and on', async () => {
    const { client, clock } = await start();
    expect(await client.get('EHT?')).toBe('>5');
    expect(await client.get('EHT 10')).toBe('>');
    const [early = 0] = numbers(await client.get('EHT?'));
    expect(early).toBeGreaterThanOrEqual(5);
    expect(early).toBeLessThan(6);
    await clock.sleep(15_000);
    expect(await client.get('EHT?')).toBe('>10');
    expect(await client.get('EHT 35')).toBe('*603');
    await client.ask('BMON 2');
    expect(await client.get('EHT?')).toBe('>0');
    expect(await client.get('GUN?')).toBe('>1');
    await client.ask('BMON 1');
    const [rising = 0] = numbers(await client.get('EHT?'));
    expect(rising).toBeLessThan(2);
    await clock.sleep(15_000);
    expect(await client.get('EHT?')).toBe('>10');
  });

  test('is gone for minutes after BMON 0, and that is said aloud', async () => {
    const { client, clock, logged } = await start();
    await client.ask('BMON 0');
    expect(logged.join('\n')).toContain('THE GUN WAS SHUT DOWN');
    expect(await client.get('GUN?')).toBe('>0');
    await client.ask('BMON 1');
    expect(await client.get('GUN?')).toBe('>2');
    await clock.sleep(60_000);
    expect(await client.get('EHT?')).toBe('>0');
    await clock.sleep(80_000);
    expect(await client.get('EHT?')).toBe('>5');
  });

  test('is blanked and unblanked; without vacuum nothing is scanned, and the pressure says why', async () => {
    const { client, instrument } = await start();
    await client.ask('BBLK 0');
    expect(await client.get('BBL?')).toBe('>0');
    expect((await instrument.readState()).blanked).toBe(false);
    expect(await client.get('VAC?')).toBe('>5.90e-07');
    instrument.inject({ fault: 'vacuum-trip', when: { atS: 0 } });
    expect(numbers(await client.get('VAC?'))[0]).toBeGreaterThan(1e-3);
    expect(await client.get('FINT 1')).toBe('*616');
    expect(await client.get('EHT?')).toBe('>0');
  });

  test('is blanked at once also while the stage moves, and the stage goes on', async () => {
    const { client, clock, instrument } = await start();
    await client.ask('BBLK 0');
    await client.ask('STG 25 20 10');
    await clock.sleep(1000);
    const beforeMs = clock.nowMs();
    await client.ask('BBLK 1');
    expect(clock.nowMs() - beforeMs).toBeLessThan(1000);
    expect((await instrument.readState()).blanked).toBe(true);
    await clock.sleep(10_000);
    expect(numbers(await client.get('STG?'))[0]).toBeCloseTo(25, 3);
  });

  test('switching the external scan takes two seconds', async () => {
    const { client, clock } = await start();
    const beforeMs = clock.nowMs();
    expect(await client.ask('EDX 1')).toEqual({ first: '@', second: '>' });
    expect(clock.nowMs() - beforeMs).toBeGreaterThan(2000);
    expect(await client.get('EXS?')).toBe('>1');
  });
});

describe('a picture', () => {
  test('is integrated in the background, recorded with its settings, and bumps the photo number', async () => {
    const { client, clock, images } = await start();
    await client.ask('STG 20.1 19.9 10');
    await clock.sleep(3000);
    expect(await client.get('INT?')).toBe('>1');
    await client.ask('RATE 8');
    await client.ask('FINT 2');
    expect(await client.get('INT?')).toBe('>0');
    expect(await client.get('FREC')).toBe('*616');
    while ((await client.get('INT?')) === '>0') await clock.sleep(100);
    expect(await client.get('PHN?')).toBe('>1');
    expect(await client.get('FREC')).toBe('>');
    expect(await client.get('PHN?')).toBe('>2');
    await clock.sleep(100);
    expect(readdirSync(images)).toEqual(['photo_0001.tif']);
    const file = readFileSync(join(images, 'photo_0001.tif'));
    expect(await decodeGrey(file, 'photo')).toMatchObject({ widthPx: 256, heightPx: 192 });
    const settings = decodeZeissTag(readTiffTag(file, ZEISS_TAG));
    expect(settings?.text('AP_PHOTO_NUMBER')).toBe('1');
    expect(settings?.text('AP_STAGE_AT_X')).toBe('20.1000 mm');
    expect(settings?.text('AP_STAGE_AT_Y')).toBe('19.9000 mm');
    expect(settings?.text('DP_SCANRATE')).toBe('8');
    expect(settings?.fieldWidthM).toBeCloseTo(80e-6, 9);
  });

  test('of what is shown is recorded also without an integration; the numbers go on after a restart', async () => {
    const { client, images } = await start();
    await client.ask('FREC');
    expect(await client.get('PHN?')).toBe('>2');
    while (readdirSync(images).length === 0) await client.get('PHN?');
    const again = await start({ imagesDir: images });
    expect(await again.client.get('PHN?')).toBe('>2');
  });

  test('is broken off by ABO and by NORM, and by nothing to record to', async () => {
    const { client, clock } = await start();
    for (const command of ['ABO', 'NORM']) {
      await client.ask('RATE 10');
      await client.ask('FINT 1');
      expect(await client.get('INT?')).toBe('>0');
      await client.ask(command);
      await clock.sleep(200);
      expect(await client.get('INT?')).toBe('>1');
    }
    expect(await client.get('RATE 11')).toBe('*603');
    const { images: _, ...elsewhere } = await start({ imagesDir: undefined as never });
    expect(await elsewhere.client.get('FREC')).toBe('*616');
  });
});

test('the emergency stop refuses what moves and scans, and lets the rest be read', async () => {
  const { client, instrument } = await start();
  await instrument.emergencyStop();
  expect(await client.get('STG 21 20 10')).toBe('*616');
  expect(await client.get('MAG 1000')).toBe('*616');
  expect(await client.get('FINT 1')).toBe('*616');
  expect(await client.get('BBLK 0')).toBe('*616');
  expect(await client.get('BBL?')).toBe('>1');
});
