import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { WireHeader, WireRecord } from '../../../src/contract/wire-recording.ts';
import type { EmagentError } from '../../../src/contract/errors.ts';
import type { Microscope } from '../../../src/contract/microscope.ts';
import { createRealClock, createVirtualClock } from '../../../src/lib/clock.ts';
import { connectMicroscope } from '../../../src/session/microscopes.ts';
import { dwellOnOffer } from '../../../src/session/plan.ts';
import { recordWire } from '../../../src/session/wire-recording.ts';
import { startAsiBench } from '../../support/asi-bench.ts';
import { CENTRED, SMALL_PX, startRemconBench } from '../../support/remcon-bench.ts';
import { startScopeBench } from '../../support/scope-bench.ts';
import { startSharksemBench } from '../../support/sharksem-bench.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

const log = (): void => undefined;
const TOKEN = 'pa/ssword-of-the-day';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'emagent-replay-'));
  endings.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Some of everything; what came of it, without what is drawn anew for each connection. */
async function session(microscope: Microscope): Promise<unknown[]> {
  const [widthPx, heightPx] = microscope.info.frameSizesPx.toSorted((a, b) => a[0] - b[0])[0]!;
  const there = await microscope.moveStage({ xUm: 120, yUm: -40 });
  const optics = await microscope.setOptics({ fieldWidthUm: Math.min(40, microscope.info.fieldWidthUm.max) });
  const { data, stage } = await microscope.acquire({ widthPx, heightPx, dwellUs: dwellOnOffer(microscope.info, 1), depth: 8 });
  const refused = await microscope.moveStage({ xUm: 1e9 }).then(() => 'moved', (error: EmagentError) => error.code);
  await microscope.halt('The session is over.');
  const { stage: end, blanked, stageMoving } = await microscope.readState();
  return [there, optics, stage, Buffer.from(data).toString('base64'), refused, end, blanked, stageMoving];
}

async function record(url: string, use: (microscope: Microscope) => Promise<unknown>): Promise<string> {
  const clock = createRealClock();
  const path = join(folder(), 'wire.jsonl');
  const end = await recordWire({ path, address: url, clientName: 'recorder', clock });
  const microscope = await connectMicroscope(url, { clock, clientName: 'recorder', log });
  try {
    await use(microscope);
  } finally {
    await microscope.close();
    await end();
  }
  return path;
}

async function replay(path: string): Promise<Microscope> {
  const microscope = await connectMicroscope(`replay:${path}`, { clock: createVirtualClock(), clientName: 'replay', log });
  endings.push(() => microscope.close());
  return microscope;
}

/** Of an instrument that would take its time. */
const SPEED = 20;

const BENCHES: Readonly<Record<string, () => Promise<string>>> = {
  scope: async () => {
    const bench = await startScopeBench({ server: { token: TOKEN } });
    endings.push(() => bench.close());
    return `${bench.server.url}?token=${encodeURIComponent(TOKEN)}`;
  },
  asi: async () => {
    const bench = await startAsiBench();
    endings.push(() => bench.close());
    return bench.url;
  },
  sharksem: async () => {
    const bench = await startSharksemBench();
    endings.push(() => bench.close());
    return bench.server.url;
  },
  remcon: async () => {
    const bench = await startRemconBench({ clock: createRealClock(SPEED) });
    endings.push(() => bench.close());
    const url = new URL(bench.server.url);
    for (const [name, value] of Object.entries({ size: SMALL_PX.join('x'), ...CENTRED })) url.searchParams.set(name, value);
    return url.href;
  },
};

describe.each(Object.keys(BENCHES))('a recorded wire of %s', (name) => {
  test('does again what it did, whole, and keeps no secret', async () => {
    let live: unknown[] = [];
    const path = await record(await BENCHES[name]!(), async (microscope) => {
      live = await session(microscope);
    });
    const [first = '', ...rest] = readFileSync(path, 'utf8').trim().split('\n');
    expect(WireHeader.parse(JSON.parse(first)).clientName).toBe('recorder');
    const records = rest.map((line) => WireRecord.parse(JSON.parse(line)));
    expect(records.some((entry) => 'sent' in entry || 'sentBase64' in entry)).toBe(true);
    expect(records.some((entry) => 'received' in entry || 'receivedBase64' in entry)).toBe(true);
    expect(readFileSync(path, 'utf8')).not.toContain('ssword');

    const microscope = await replay(path);
    expect(microscope.info).toMatchObject({ driver: name, url: `replay:${path}` });
    expect(await session(microscope)).toEqual(live);
  });

  test('says where the driver does something else', async () => {
    const path = await record(await BENCHES[name]!(), session);
    const microscope = await replay(path);
    const error = await microscope.moveStage({ xUm: 121, yUm: -40 }).then(() => undefined, (thrown: EmagentError) => thrown);
    expect(error?.code).toBe('EM_PROTOCOL');
    expect(error?.message).toMatch(/^The replay of .*wire\.jsonl diverges: the driver did ".*", and line \d+ has ".*"\.$/);
    await expect(microscope.readState()).rejects.toMatchObject({ code: 'EM_PROTOCOL' });
  });
});

describe('a file', () => {
  test('that exists is not recorded over', async () => {
    const path = join(folder(), 'mine.txt');
    writeFileSync(path, 'precious');
    await expect(recordWire({ path, address: 'asi+tcp://h:1', clientName: 'x', clock: createRealClock() })).rejects.toMatchObject({ code: 'EM_WRITE', message: `The wire cannot be recorded in ${path}: the file exists already.` });
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  const header = JSON.stringify({ format: 'emagent-wire', v: 1, url: 'asi+tcp://127.0.0.1:1?images=/x&fieldWidthUm=80', clientName: 'x', startedAt: 'now' });
  test.each([
    ['', /first line is no header/],
    ['{"format":"something"}\n', /first line is no header/],
    ['not json\nnot json\n', /line 1 is no JSON/],
    [`${header}\n{"t":1,"what":2}\n`, /line 2 is no record/],
  ])('that holds %j is no recording', async (text, sentence) => {
    const path = join(folder(), 'wire.jsonl');
    writeFileSync(path, text);
    const error = await replay(path).then(() => undefined, (thrown: EmagentError) => thrown);
    expect(error?.code).toBe('EM_USAGE');
    expect(error?.message).toMatch(sentence);
  });

  test('that is not there is said in one sentence', async () => {
    await expect(replay('/no/such/wire.jsonl')).rejects.toMatchObject({ code: 'EM_USAGE' });
  });

  test('whose last line was cut off ends before it', async () => {
    const path = join(folder(), 'wire.jsonl');
    writeFileSync(path, `${header}\n{"t":1,"link":1,"open":"h:1"}\n{"t":2,"li`);
    const error = await replay(path).then(() => undefined, (thrown: EmagentError) => thrown);
    expect(error?.message).toMatch(/the recording ended at line 2/);
  });
});
