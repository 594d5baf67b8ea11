import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { EmagentError } from '../../../src/contract/errors.ts';
import type { AcquireRequest } from '../../../src/contract/frame.ts';
import type { StageTarget } from '../../../src/contract/microscope.ts';
import { loadScenario } from '../../../simulator/scenario.ts';
import { codeOf, deviationOf, meanOf, PERFECT, simulated } from '../simulated.ts';

const SMALL: AcquireRequest = { widthPx: 256, heightPx: 192, dwellUs: 1, depth: 8 };
const ONE_SITE = { ...PERFECT, sample: { sites: { Particles: 1 }, placement: { model: 'needle', xUm: 0, yUm: 0 } } } as const;
const hashOf = (data: Uint8Array | Uint16Array): string => createHash('sha256').update(data).digest('hex');

describe('stage', () => {
  test('moves take the time of the trapezoid and the settling; the position is read back', async () => {
    const { microscope, clock } = await simulated(PERFECT);
    const position = await microscope.moveStage({ xUm: 10_000, yUm: -20 });
    expect(position).toMatchObject({ xUm: 10_000, yUm: -20, zUm: 10_000 });
    expect(clock.nowMs()).toBeCloseTo(5400 + 300, 3);
    expect((await microscope.readState()).stageMoving).toBe(false);
  });

  test.each<[StageTarget, string]>([
    [{ xUm: 20_001 }, 'xUm = 20001'],
    [{ xUm: 0, zUm: -1 }, 'zUm = -1'],
    [{ yUm: Number.NaN }, 'yUm = NaN'],
  ])('%j lies outside the limits: nothing moves', async (target, words) => {
    const { microscope, clock } = await simulated(PERFECT);
    const error = await microscope.moveStage(target).catch((thrown: EmagentError) => thrown);
    expect(error).toMatchObject({ code: 'EM_LIMIT' });
    expect((error as EmagentError).message).toContain(words);
    expect(clock.nowMs()).toBe(0);
    expect((await microscope.readState()).stage).toMatchObject({ xUm: 0, yUm: 0 });
  });

  test('an abort in the middle rejects only when the stage is still', async () => {
    const { microscope, clock } = await simulated(PERFECT);
    const stop = new AbortController();
    clock.setTimeout(() => stop.abort(new EmagentError('EM_STOPPED', 'test')), 2000);
    let moving: boolean | undefined;
    const error = await microscope.moveStage({ xUm: 10_000 }, stop.signal).catch(async (thrown: unknown) => {
      moving = (await microscope.readState()).stageMoving;
      return thrown;
    });
    expect(error).toMatchObject({ code: 'EM_STOPPED' });
    expect(moving).toBe(false);
    const { stage } = await microscope.readState();
    await clock.sleep(5000);
    expect((await microscope.readState()).stage).toEqual(stage);
    expect(stage.xUm).toBeGreaterThan(3000);
    expect(stage.xUm).toBeLessThan(5000);
  });

  test('approach from both sides images the specimen shifted by the backlash', async () => {
    const { microscope } = await simulated({ ...ONE_SITE, stage: { backlashUm: 4, repeatabilityUm: 0, ringAmplitudeUm: 0 } });
    await microscope.setOptics({ fieldWidthUm: 20 });
    await microscope.setBlanker(false);
    const frameFrom = async (xUm: number): Promise<Uint8Array | Uint16Array> => {
      await microscope.setBlanker(true);
      await microscope.moveStage({ xUm });
      await microscope.moveStage({ xUm: 0 });
      await microscope.setBlanker(false);
      return (await microscope.acquire({ ...SMALL, dwellUs: 20 })).data;
    };
    const difference = (a: ArrayLike<number>, b: ArrayLike<number>): number => deviationOf(Array.from({ length: a.length }, (_, index) => a[index]! - b[index]!));
    const left = await frameFrom(-100);
    const again = await frameFrom(-200);
    const right = await frameFrom(100);
    expect(difference(left, right)).toBeGreaterThan(3 * difference(left, again));
  });
});

describe('imaging', () => {
  test('takes W x H x dwell and the flyback of each line; dose and pixel size are told', async () => {
    const { microscope, clock } = await simulated(ONE_SITE);
    await microscope.setOptics({ fieldWidthUm: 20 });
    await microscope.setBlanker(false);
    const startMs = clock.nowMs();
    const frame = await microscope.acquire(SMALL);
    expect(clock.nowMs() - startMs).toBeCloseTo((192 * (256 * 1 + 40)) / 1000, 6);
    expect(frame.pixelSizeNm).toBeCloseTo(20_000 / 256, 9);
    expect(frame.doseCPerM2).toBeCloseTo((100e-12 * 1e-6) / (20e-6 / 256) ** 2, 9);
    expect(frame).toMatchObject({ widthPx: 256, heightPx: 192, depth: 8, request: SMALL, stage: { xUm: 0 }, optics: { fieldWidthUm: 20 } });
  });

  test('blanked: black with some noise, no dose', async () => {
    const { microscope } = await simulated(ONE_SITE);
    const frame = await microscope.acquire({ ...SMALL, depth: 16 });
    expect(meanOf(frame.data)).toBeLessThan(0.03 * 65535);
    expect(deviationOf(frame.data)).toBeGreaterThan(0);
    expect(frame.doseCPerM2).toBe(0);
    expect(microscope.truth().exposure).toMatchObject({ totalDoseC: 0, unblankedS: 0, frames: 1 });
  });

  test('a site is there, the substrate beside it is flat, and defocus blurs', async () => {
    const { microscope } = await simulated(ONE_SITE);
    const { xUm, yUm } = microscope.truth().sites[0]!;
    await microscope.setOptics({ fieldWidthUm: 12 });
    await microscope.moveStage({ xUm, yUm });
    await microscope.setBlanker(false);
    const sharp = await microscope.acquire({ ...SMALL, dwellUs: 20 });
    await microscope.setOptics({ workingDistanceMm: 5.1 });
    const blurred = await microscope.acquire({ ...SMALL, dwellUs: 20 });
    await microscope.moveStage({ xUm: xUm + 200 });
    const substrate = await microscope.acquire({ ...SMALL, dwellUs: 20 });
    expect(deviationOf(sharp.data)).toBeGreaterThan(2 * deviationOf(substrate.data));
    const steps = (data: ArrayLike<number>): number => deviationOf(Array.from({ length: data.length - 1 }, (_, index) => data[index + 1]! - data[index]!));
    expect(steps(sharp.data)).toBeGreaterThan(1.5 * steps(blurred.data));
  });

  test.each([
    [{ widthPx: 300 }, '300 x 192'],
    [{ dwellUs: 0.01 }, 'dwellUs = 0.01'],
    [{ dwellUs: Number.NaN }, 'dwellUs = NaN'],
    [{ detector: 'EDX' }, 'EDX'],
  ])('%j is refused', async (change, words) => {
    const { microscope } = await simulated(PERFECT);
    const error = await microscope.acquire({ ...SMALL, ...change }).catch((thrown: EmagentError) => thrown);
    expect(error).toMatchObject({ code: 'EM_LIMIT' });
    expect((error as EmagentError).message).toContain(words);
  });

  test('same seed and scenario: same bytes; another seed: others', async () => {
    const scenario = await loadScenario('default');
    const hash = async (seed: number): Promise<string> => {
      const { microscope } = await simulated({}, { scenario, seed });
      const { xUm, yUm } = microscope.truth().sites[0]!;
      await microscope.moveStage({ xUm, yUm });
      await microscope.setOptics({ fieldWidthUm: 20 });
      await microscope.setBlanker(false);
      const frames = [await microscope.acquire(SMALL), await microscope.acquire(SMALL)];
      expect(hashOf(frames[0]!.data)).not.toBe(hashOf(frames[1]!.data));
      return frames.map(({ data }) => hashOf(data)).join();
    };
    const first = await hash(7);
    expect(await hash(7)).toBe(first);
    expect(await hash(8)).not.toBe(first);
  });
});

describe('autofocus', () => {
  test('finds the sharp working distance of a site and takes time', async () => {
    const { microscope, clock } = await simulated({ ...ONE_SITE, surface: { ...PERFECT.surface, workingDistanceMm: 5.021 } });
    const { xUm, yUm } = microscope.truth().sites[0]!;
    await microscope.moveStage({ xUm, yUm });
    await microscope.setOptics({ fieldWidthUm: 20 });
    await microscope.setBlanker(false);
    const startMs = clock.nowMs();
    const { workingDistanceMm } = await microscope.autofocus({ rangeUm: 40 });
    expect(Math.abs(workingDistanceMm - 5.021)).toBeLessThan(0.002);
    expect((await microscope.readState()).optics.workingDistanceMm).toBe(workingDistanceMm);
    expect(clock.nowMs() - startMs).toBeGreaterThan(1000);
  });

  test('a featureless field has no focus and leaves the working distance; a blanked one is refused', async () => {
    const { microscope } = await simulated({ ...PERFECT, sample: { substrate: { contrast: 0 } } });
    expect(await codeOf(microscope.autofocus({ rangeUm: 40 }))).toBe('EM_INTERLOCK');
    expect((await microscope.readState()).blanked).toBe(true);
    await microscope.setBlanker(false);
    expect(await codeOf(microscope.autofocus({ rangeUm: 40 }))).toBe('EM_FOCUS_FAILED');
    expect((await microscope.readState()).optics.workingDistanceMm).toBe(5);
  });
});

describe('safety', () => {
  test('halt during a move: blanked at once, still when it resolves, the move rejects', async () => {
    const { microscope, clock } = await simulated(PERFECT);
    await microscope.setBlanker(false);
    const move = codeOf(microscope.moveStage({ xUm: 10_000 }));
    const waiting = codeOf(microscope.acquire(SMALL));
    await clock.sleep(1000);
    const halted = microscope.halt('test');
    expect((await microscope.readState()).blanked).toBe(true);
    await halted;
    expect(await microscope.readState()).toMatchObject({ stageMoving: false, blanked: true, scanning: false });
    expect([await move, await waiting]).toEqual(['EM_STOPPED', 'EM_STOPPED']);
    await microscope.halt('again');
    expect(await microscope.moveStage({ xUm: 0 })).toMatchObject({ xUm: 0 });
  });

  test('the beam on the specimen during a move is accounted for', async () => {
    const { microscope } = await simulated(PERFECT);
    await microscope.setBlanker(false);
    await microscope.moveStage({ xUm: 10_000 });
    await microscope.setBlanker(true);
    await microscope.moveStage({ xUm: 0 });
    const { exposure } = microscope.truth();
    expect(exposure.unblankedWhileMovingS).toBeCloseTo(5.7, 3);
    expect(exposure.unblankedIdleS).toBeCloseTo(5.7, 3);
    expect(exposure.totalDoseC).toBeCloseTo(100e-12 * 5.7, 13);
  });

  test('imaging alone breaks no invariant, and sites carry their dose', async () => {
    const { microscope } = await simulated(ONE_SITE);
    await microscope.setOptics({ fieldWidthUm: 80 });
    await microscope.moveStage({ xUm: 3 });
    await microscope.setBlanker(false);
    const frame = await microscope.acquire(SMALL);
    await microscope.setBlanker(true);
    const { exposure, sites } = microscope.truth();
    expect(exposure.unblankedWhileMovingS).toBe(0);
    expect(exposure.unblankedIdleS).toBeCloseTo(0, 2);
    expect(sites[0]!.doseCPerM2).toBeCloseTo(frame.doseCPerM2, 9);
  });

  test('the emergency stop latches: only reading and halting work until it is reset', async () => {
    const { microscope } = await simulated(PERFECT);
    const move = codeOf(microscope.moveStage({ xUm: 5000 }));
    await microscope.emergencyStop();
    expect(await move).toBe('EM_EMERGENCY_STOP');
    expect(await microscope.readState()).toMatchObject({ emergencyStopped: true, blanked: true, stageMoving: false });
    expect(await codeOf(microscope.setBlanker(false))).toBe('EM_EMERGENCY_STOP');
    expect(await codeOf(microscope.setOptics({ fieldWidthUm: 10 }))).toBe('EM_EMERGENCY_STOP');
    await microscope.halt('still safe');
    await microscope.resetEmergencyStop();
    expect(await codeOf(microscope.setBlanker(false))).toBe('none');
  });

  test('a closed instrument refuses and leaves no timer', async () => {
    const { microscope, clock } = await simulated(PERFECT);
    const move = codeOf(microscope.moveStage({ xUm: 5000 }));
    await microscope.close();
    await microscope.close();
    expect(await move).toBe('EM_LINK_CLOSED');
    expect(await codeOf(microscope.readState())).toBe('EM_LINK_CLOSED');
    expect(clock.pending()).toBe(0);
  });
});

test('a large frame lets the rest of the program run in between', async () => {
  const { microscope } = await simulated({ ...PERFECT, sample: { substrate: { contrast: 0.02 } } });
  await microscope.setBlanker(false);
  let turns = 0;
  let running = true;
  const count = (): void => {
    turns++;
    if (running) setImmediate(count);
  };
  setImmediate(count);
  await microscope.acquire({ widthPx: 1024, heightPx: 768, dwellUs: 1, depth: 8 });
  running = false;
  // 13 blocks of lines for the scene and 13 for the detector.
  expect(turns).toBeGreaterThan(25);
});
