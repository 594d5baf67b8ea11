import { describe, expect, test } from 'vitest';
import type { AcquireRequest } from '../../../src/contract/frame.ts';
import { EmagentError } from '../../../src/contract/errors.ts';
import type { MicroscopeFault } from '../../../src/contract/microscope.ts';
import { codeOf, deviationOf, PERFECT, simulated } from '../simulated.ts';

const SMALL: AcquireRequest = { widthPx: 256, heightPx: 192, dwellUs: 1, depth: 8 };

describe('faults', () => {
  test('stops-short: the stage rests 3 um before its target and says so', async () => {
    const { microscope } = await simulated({ ...PERFECT, faults: [{ fault: 'stops-short', when: { after: 1 } }] });
    expect(await codeOf(microscope.moveStage({ xUm: 100 }))).toBe('none');
    expect(await codeOf(microscope.moveStage({ xUm: 200 }))).toBe('EM_TARGET_NOT_REACHED');
    expect((await microscope.readState()).stage.xUm).toBe(197);
    expect(await codeOf(microscope.moveStage({ xUm: 200 }))).toBe('none');
  });

  test('move-fails: a motor fault on the way', async () => {
    const { microscope } = await simulated({ ...PERFECT, faults: [{ fault: 'move-fails', when: { atS: 0 } }] });
    expect(await codeOf(microscope.moveStage({ xUm: 10_000 }))).toBe('EM_STAGE_FAULT');
    const { stage, stageMoving } = await microscope.readState();
    expect(stageMoving).toBe(false);
    expect(stage.xUm).toBeGreaterThan(1000);
    expect(stage.xUm).toBeLessThan(9000);
  });

  test('a fault with a probability strikes that often, and no more than its count', async () => {
    const { microscope } = await simulated({ ...PERFECT, faults: [{ fault: 'stops-short', when: { p: 0.3 }, count: 1000 }] });
    let failures = 0;
    for (let move = 0; move < 200; move++) if ((await codeOf(microscope.moveStage({ xUm: move % 2 === 0 ? 50 : 0 }))) !== 'none') failures++;
    expect(failures).toBeGreaterThan(40);
    expect(failures).toBeLessThan(80);
  });

  test('vacuum-trip in the middle of a frame: frame broken off, beam off and blanked, listeners told; moving still works', async () => {
    const { microscope, clock } = await simulated({ ...PERFECT, faults: [{ fault: 'vacuum-trip', when: { after: 0 } }] });
    const told: MicroscopeFault[] = [];
    microscope.onFault((fault) => told.push(fault));
    await microscope.setBlanker(false);
    expect(await codeOf(microscope.acquire(SMALL))).toBe('EM_INTERLOCK');
    expect(told.map(({ code }) => code)).toEqual(['EM_VACUUM']);
    expect(await microscope.readState()).toMatchObject({ vacuum: 'error', beam: 'off', blanked: true, scanning: false });
    expect(await codeOf(microscope.acquire(SMALL))).toBe('EM_INTERLOCK');
    expect(await codeOf(microscope.setBlanker(false))).toBe('EM_INTERLOCK');
    expect(await codeOf(microscope.moveStage({ xUm: 10 }))).toBe('none');
    await clock.sleep(30_000);
    expect((await microscope.readState()).vacuum).toBe('pumping');
    await clock.sleep(60_000);
    expect(await microscope.readState()).toMatchObject({ vacuum: 'ready', beam: 'on', blanked: true });
  });

  test('beam-trip by the clock: told when it happens, gone until the user sets the beam again', async () => {
    const { microscope, clock } = await simulated({ ...PERFECT, faults: [{ fault: 'beam-trip', when: { atS: 2 } }] });
    const told: string[] = [];
    microscope.onFault(({ code }) => told.push(`${code} ${clock.nowMs()}`));
    await microscope.moveStage({ xUm: 10_000 });
    expect(told).toEqual(['EM_BEAM 2000']);
    expect((await microscope.readState()).beam).toBe('fault');
    expect(await codeOf(microscope.acquire(SMALL))).toBe('EM_INTERLOCK');
    await microscope.setBeam({});
    expect((await microscope.readState()).beam).toBe('on');
  });

  test('incomplete-frame: the last lines are uniform', async () => {
    const { microscope } = await simulated({ ...PERFECT, faults: [{ fault: 'incomplete-frame', when: { after: 0 } }] });
    await microscope.setBlanker(false);
    const { data } = await microscope.acquire(SMALL);
    expect(deviationOf(data.subarray(-256 * 10))).toBe(0);
    expect(deviationOf(data.subarray(0, 256 * 10))).toBeGreaterThan(1);
    expect(deviationOf((await microscope.acquire(SMALL)).data.subarray(-256 * 10))).toBeGreaterThan(1);
  });

  test('frozen-frame: the pixels of the frame before', async () => {
    const { microscope } = await simulated({ ...PERFECT, faults: [{ fault: 'frozen-frame', when: { after: 0 } }] });
    await microscope.setBlanker(false);
    const first = await microscope.acquire(SMALL);
    const second = await microscope.acquire(SMALL);
    const third = await microscope.acquire(SMALL);
    expect(second.data).toEqual(first.data);
    expect(second.id).not.toBe(first.id);
    expect(third.data).not.toEqual(first.data);
  });

  test('defocus: the lens jumps though it says it is where it was, and the autofocus mends it', async () => {
    const { microscope } = await simulated({
      ...PERFECT,
      sample: { sites: { Powder: 1 }, placement: { model: 'needle', xUm: 0, yUm: 0 } },
      faults: [{ fault: 'defocus', when: { after: 1 } }],
    });
    const { xUm, yUm } = microscope.truth().sites[0]!;
    await microscope.moveStage({ xUm, yUm });
    await microscope.setOptics({ fieldWidthUm: 12 });
    await microscope.setBlanker(false);
    const steps = async (): Promise<number> => {
      const { data } = await microscope.acquire({ ...SMALL, dwellUs: 10 });
      return deviationOf(Array.from({ length: data.length - 1 }, (_, index) => data[index + 1]! - data[index]!));
    };
    const sharp = await steps();
    const blurred = await steps();
    expect((await microscope.readState()).optics.workingDistanceMm).toBe(5);
    await microscope.autofocus({ rangeUm: 60 });
    expect(blurred).toBeLessThan(0.7 * sharp);
    expect(await steps()).toBeGreaterThan(0.9 * sharp);
  });

  test.each(['moveStage', 'setOptics', 'acquire'] as const)('hang: %s never comes back by itself; halt works all the same', async (command) => {
    const { microscope, clock } = await simulated({ ...PERFECT, faults: [{ fault: 'hang', when: { after: 0 } }] });
    await microscope.setBlanker(false);
    let ended = false;
    const hanging = codeOf(
      command === 'moveStage' ? microscope.moveStage({ xUm: 5 }) : command === 'setOptics' ? microscope.setOptics({ fieldWidthUm: 5 }) : microscope.acquire(SMALL),
    ).finally(() => {
      ended = true;
    });
    await clock.sleep(3_600_000);
    expect(ended).toBe(false);
    await microscope.halt('it hangs');
    expect(await hanging).toBe('EM_STOPPED');
    expect(await microscope.readState()).toMatchObject({ blanked: true, stageMoving: false });
    expect(await codeOf(microscope.moveStage({ xUm: 5 }))).toBe('none');
  });

  test('hang: an abort ends it too', async () => {
    const { microscope, clock } = await simulated({ ...PERFECT, faults: [{ fault: 'hang', when: { after: 0 } }] });
    const limit = clock.deadline(undefined, 5000, 'EM_TIMEOUT');
    expect(await codeOf(microscope.moveStage({ xUm: 5 }, limit.signal))).toBe('EM_TIMEOUT');
    expect((await microscope.readState()).stage.xUm).toBe(0);
  });

  test('faults can be injected; one that the instrument does not have is refused', async () => {
    const { microscope } = await simulated(PERFECT);
    microscope.inject({ fault: 'move-fails', when: { after: 0 } });
    expect(await codeOf(microscope.moveStage({ xUm: 50 }))).toBe('EM_STAGE_FAULT');
    expect(() => microscope.inject({ fault: 'drop-ack', when: { after: 0 } } as never)).toThrow(EmagentError);
  });
});
