import { afterEach, describe, expect, test } from 'vitest';
import type { FaultName } from '../../../simulator/faults.ts';
import { FAULTS } from '../../../simulator/faults.ts';
import type { Microscope, MicroscopeFault } from '../../../src/contract/microscope.ts';
import { type SharksemBench, startSharksemBench } from '../../support/sharksem-bench.ts';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

async function start(options: Parameters<typeof startSharksemBench>[0] = {}, query = ''): Promise<SharksemBench & { readonly microscope: Microscope; readonly heard: MicroscopeFault[] }> {
  const bench = await startSharksemBench(options);
  endings.push(() => bench.close());
  const microscope = await bench.connect(query);
  const heard: MicroscopeFault[] = [];
  microscope.onFault((fault) => heard.push(fault));
  return { ...bench, microscope, heard };
}

const strike = ({ mock }: Pick<SharksemBench, 'mock'>, fault: FaultName, count = 1): void => {
  for (let time = 0; time < count; time++) mock.inject({ fault, when: { after: 0 } });
};
const FRAME = { widthPx: 128, heightPx: 96, dwellUs: 1, depth: 8 } as const;
const RAMP = Uint8Array.from({ length: 128 * 96 }, (_, index) => Math.round(((index % 128) / 128) * 255));
const isRamp = (data: Uint8Array | Uint16Array): boolean => Buffer.compare(Buffer.from(data), Buffer.from(RAMP)) === 0;

/** Where each fault of this wire is tried; the last test sees that none is forgotten. */
const TRIED = new Set<FaultName>();
const faultTest = (fault: FaultName, what: string, run: () => Promise<void>): void => {
  TRIED.add(fault);
  test(`${fault}: ${what}`, run);
};

describe('replies', () => {
  for (const fault of ['split-bytes', 'merged-replies', 'mixed-replies'] as const) {
    faultTest(fault, 'nothing is mistaken, nothing is lost', async () => {
      const bench = await start({ mock: { state: { stage: { xUm: 120, yUm: -40, zUm: 10_000, rotationDeg: 3, tiltDeg: 0 } } } });
      strike(bench, fault, 4);
      const state = await bench.microscope.readState();
      expect(state.stage).toEqual({ xUm: 120, yUm: -40, zUm: 10_000, rotationDeg: 3, tiltDeg: 0 });
      expect(state.optics.fieldWidthUm).toBe((await bench.mock.readState()).optics.fieldWidthUm);
      expect(bench.mock.injected).toEqual([]);
      expect((await bench.microscope.moveStage({ xUm: 7 })).xUm).toBeCloseTo(7, 6);
      expect(bench.heard).toEqual([]);
    });
  }

  for (const fault of ['drop-reply', 'reply-delayed'] as const) {
    faultTest(fault, 'connections opened again and the question repeated, or EM_TIMEOUT; what comes late is read by nobody', async () => {
      const bench = await start();
      strike(bench, fault);
      expect((await bench.microscope.readState()).stage).toMatchObject({ xUm: 0, yUm: 0 });
      expect(bench.logged).toEqual([expect.stringMatching(/did not answer \w+ within 2\.0 s\. The connection is opened again\.$/)]);
      strike(bench, fault);
      await expect(bench.microscope.setBlanker(false)).rejects.toMatchObject({ code: 'EM_TIMEOUT', message: expect.stringMatching(/did not answer ScSetBlanker within 2\.0 s/) as string });
      bench.mock.setState({ stage: { xUm: 5, yUm: 6, zUm: 7, rotationDeg: 0, tiltDeg: 0 } });
      for (let round = 0; round < 4; round++) {
        expect((await bench.microscope.readState()).stage).toMatchObject({ xUm: 5, yUm: 6, zUm: 7 });
        await bench.clock.sleep(1500);
      }
      expect(isRamp((await bench.microscope.acquire(FRAME)).data)).toBe(true);
      expect(bench.heard).toEqual([]);
    });
  }

  test('a move whose reply is lost leaves the stage stopped', async () => {
    const bench = await start({ mock: { latencyMs: { moveStage: 60_000 } } });
    const move = bench.microscope.moveStage({ xUm: 900 });
    while (!(await bench.mock.readState()).stageMoving) await bench.clock.sleep(20);
    strike(bench, 'drop-reply');
    await expect(move).rejects.toMatchObject({ code: 'EM_TIMEOUT' });
    expect(await bench.microscope.readState()).toMatchObject({ stageMoving: false });
    expect((await bench.mock.readState()).stage.xUm).toBeLessThan(900);
  });
});

describe('connections', () => {
  faultTest('link-lost', 'EM_LINK_CLOSED, told to who listens; a halt goes over a new connection', async () => {
    const bench = await start();
    strike(bench, 'link-lost');
    await expect(bench.microscope.readState()).rejects.toMatchObject({ code: 'EM_LINK_CLOSED' });
    expect(bench.heard.map(({ code }) => code)).toEqual(['EM_LINK_CLOSED']);
    await expect(bench.microscope.moveStage({ xUm: 1 })).rejects.toMatchObject({ code: 'EM_LINK_CLOSED' });
    const late: MicroscopeFault[] = [];
    bench.microscope.onFault((fault) => late.push(fault));
    await bench.microscope.halt('the link is lost');
    expect(late.map(({ code }) => code)).toEqual(['EM_LINK_CLOSED']);
    expect(await bench.mock.readState()).toMatchObject({ blanked: true, stageMoving: false });
    // The halt has brought the connections back: whoever halted can see for himself.
    expect(await bench.microscope.readState()).toMatchObject({ blanked: true, stageMoving: false });
    await bench.microscope.setBlanker(false);
    expect(isRamp((await bench.microscope.acquire(FRAME)).data)).toBe(true);
  });

  faultTest('half-open', 'EM_TIMEOUT and a new connection; a halt does not wait for the dead one', async () => {
    const bench = await start();
    strike(bench, 'half-open');
    await expect(bench.microscope.setBlanker(false)).rejects.toMatchObject({ code: 'EM_TIMEOUT' });
    strike(bench, 'half-open');
    expect(await bench.microscope.readState()).toMatchObject({ blanked: false });
    strike(bench, 'half-open');
    const beforeMs = bench.clock.nowMs();
    await bench.microscope.halt('nobody answers');
    expect(await bench.mock.readState()).toMatchObject({ blanked: true, stageMoving: false });
    // A bound, not a speed: limit of the dead connection and the proof on the new one.
    expect(bench.clock.nowMs() - beforeMs).toBeLessThan(10_000);
    expect(await bench.microscope.readState()).toMatchObject({ blanked: true, stageMoving: false });
    expect(bench.heard).toEqual([]);
  });

  test('a server that takes connections and answers nothing any more: a halt says so', async () => {
    const bench = await start();
    strike(bench, 'half-open', 8);
    await expect(bench.microscope.halt('deaf')).rejects.toMatchObject({ code: 'EM_NOT_SAFE', message: expect.stringContaining('answers nothing') as string });
    expect(bench.heard.map(({ code }) => code)).toEqual(['EM_HEARTBEAT_LOST']);
  });

  test('a server that is gone for good: told once, and a halt says that nothing is proven', async () => {
    const bench = await start();
    await bench.server.close();
    await bench.clock.sleep(200);
    expect(bench.heard.map(({ code }) => code)).toEqual(['EM_LINK_CLOSED']);
    await expect(bench.microscope.halt('gone')).rejects.toMatchObject({ code: 'EM_NOT_SAFE', message: expect.stringContaining('is gone') as string });
  });

  faultTest('data-socket-lost', 'EM_FRAME_INCOMPLETE, connections opened again, the next frame is whole', async () => {
    const bench = await start();
    strike(bench, 'data-socket-lost');
    await expect(bench.microscope.acquire(FRAME)).rejects.toMatchObject({ code: 'EM_FRAME_INCOMPLETE', message: expect.stringContaining('connection for pixels') as string });
    expect(isRamp((await bench.microscope.acquire(FRAME)).data)).toBe(true);
    expect(bench.heard).toEqual([]);
  });
});

describe('pixels', () => {
  faultTest('chunk-lost', 'EM_FRAME_INCOMPLETE with the number of pixels, never a frame; the next is whole', async () => {
    const bench = await start();
    for (const depth of [8, 16] as const) {
      strike(bench, 'chunk-lost');
      await expect(bench.microscope.acquire({ ...FRAME, depth })).rejects.toMatchObject({ code: 'EM_FRAME_INCOMPLETE', message: expect.stringContaining('1536 of 12288 pixels') as string });
      expect((await bench.microscope.readState()).scanning).toBe(false);
    }
    expect(isRamp((await bench.microscope.acquire(FRAME)).data)).toBe(true);
  });

  for (const fault of ['chunk-repeated', 'chunk-reordered', 'chunk-foreign'] as const) {
    faultTest(fault, 'the frame is put together as it was scanned', async () => {
      const bench = await start();
      await bench.microscope.acquire(FRAME);
      strike(bench, fault, 3);
      expect(isRamp((await bench.microscope.acquire(FRAME)).data)).toBe(true);
      expect(bench.mock.injected).toEqual([]);
      strike(bench, fault, 3);
      const { data } = await bench.microscope.acquire({ ...FRAME, depth: 16 });
      expect(data).toBeInstanceOf(Uint16Array);
      expect(data[127]).toBe(Math.round((127 / 128) * 65535));
    });
  }

  faultTest('scan-refused', 'the scan speed is tried instead, and the dwell time again with the next frame', async () => {
    const bench = await start();
    strike(bench, 'scan-refused');
    expect(isRamp((await bench.microscope.acquire({ ...FRAME, dwellUs: 4 })).data)).toBe(true);
    expect(bench.logged.join(' ')).toContain('scan speed with 3.2 us was used.');
    const frame = await bench.microscope.acquire({ ...FRAME, dwellUs: 4 });
    const dose = (frame.optics.beamCurrentPa * 1e-12 * 4e-6) / (frame.pixelSizeNm * 1e-9) ** 2;
    expect(frame.doseCPerM2 / dose).toBeCloseTo(1, 6);
  });

  test('scan-refused for good: one sentence, and nothing scans', async () => {
    const bench = await start();
    strike(bench, 'scan-refused', 2);
    await expect(bench.microscope.acquire(FRAME)).rejects.toMatchObject({ code: 'EM_FRAME_INCOMPLETE', message: expect.stringContaining('scan is refused') as string });
    expect((await bench.microscope.readState()).scanning).toBe(false);
  });
});

describe('the instrument', () => {
  faultTest('busy-forever', 'the move ends as EM_STAGE_FAULT, and a halt says that nothing is proven', async () => {
    const bench = await start({ speed: 60 });
    strike(bench, 'busy-forever');
    await expect(bench.microscope.moveStage({ xUm: 50 })).rejects.toMatchObject({ code: 'EM_STAGE_FAULT', message: expect.stringContaining('still says') as string });
    await expect(bench.microscope.halt('stuck')).rejects.toMatchObject({ code: 'EM_NOT_SAFE', message: expect.stringContaining('the stage says that it moves') as string });
    expect((await bench.mock.readState()).blanked).toBe(true);
  });

  faultTest('filament-blown', 'told as EM_BEAM, no image is taken', async () => {
    const bench = await start();
    strike(bench, 'filament-blown');
    await expect(bench.microscope.acquire(FRAME)).rejects.toMatchObject({ code: 'EM_INTERLOCK', message: 'No image: the beam is "fault".' });
    expect(bench.heard.map(({ code }) => code)).toEqual(['EM_BEAM']);
    expect((await bench.microscope.readState()).beam).toBe('fault');
    expect(bench.heard).toHaveLength(1);
    expect(bench.mock.commands()).not.toContain('acquire');
  });

  test('vacuum, beam and mains are watched without being asked, each change told once', async () => {
    const bench = await startSharksemBench();
    endings.push(() => bench.close());
    const microscope = await bench.connect('pollMs=100');
    const heard: string[] = [];
    microscope.onFault(({ code, message }) => heard.push(`${code} ${message}`));
    const until = async (count: number): Promise<void> => {
      while (heard.length < count) await bench.clock.sleep(50);
      await bench.clock.sleep(400);
      expect(heard).toHaveLength(count);
    };
    bench.mock.setState({ vacuum: 'error', beam: 'off' });
    await until(1);
    bench.mock.setState({ vacuum: 'pumping' });
    bench.mock.setState({ vacuum: 'ready', beam: 'on' });
    await bench.clock.sleep(400);
    bench.mock.setState({ beam: 'off' });
    await until(2);
    Object.assign(bench.mock.desk, { power: 'battery' });
    await until(3);
    await until(4);
    expect(heard.map((text) => text.split(' ')[0])).toEqual(['EM_VACUUM', 'EM_BEAM', 'EM_INTERLOCK', 'EM_INTERLOCK']);
    expect(heard[2]).toContain('runs on its battery');
    expect(heard[3]).toContain('nearly empty');
  });
});

test('every fault that this wire can have is tried here', () => {
  const ofThisWire = Object.entries(FAULTS).flatMap(([name, entry]) => ('wires' in entry && (entry.wires as readonly string[]).includes('sharksem') ? [name] : []));
  expect([...TRIED].toSorted()).toEqual(ofThisWire.toSorted());
});
