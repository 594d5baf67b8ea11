import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { AcquireRequest } from '../../../src/contract/frame.ts';
import { EmagentError } from '../../../src/contract/errors.ts';
import type { MicroscopeFault } from '../../../src/contract/microscope.ts';
import { FAULTS, type FaultScript } from '../../../simulator/faults.ts';
import { judge } from '../../../src/imaging/quality.ts';
import { codeOf, deviationOf, PERFECT, simulated, spotIn, spots } from '../simulated.ts';

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

describe('faults of the stage', () => {
  test('idle-while-moving: the flag says still on the way; the move itself goes on to its end', async () => {
    const { microscope, clock } = await simulated({ ...PERFECT, faults: [{ fault: 'idle-while-moving', when: { after: 0 } }] });
    const move = microscope.moveStage({ xUm: 10_000 });
    await clock.sleep(2000);
    const { stageMoving, stage } = await microscope.readState();
    expect([stageMoving, stage.xUm > 1000 && stage.xUm < 9000]).toEqual([false, true]);
    expect((await move).xUm).toBe(10_000);
  });

  test('no-start: accepted, and nothing moves', async () => {
    const { microscope } = await simulated({ ...PERFECT, faults: [{ fault: 'no-start', when: { onState: 'moving' } }] });
    expect(await codeOf(microscope.moveStage({ xUm: 50 }))).toBe('EM_TARGET_NOT_REACHED');
    expect((await microscope.readState()).stage.xUm).toBe(0);
    expect(await codeOf(microscope.moveStage({ xUm: 50 }))).toBe('none');
  });

  test('touch: the alarm stops the stage on its way', async () => {
    const { microscope } = await simulated({ ...PERFECT, faults: [{ fault: 'touch', when: { after: 0 } }] });
    const error = await microscope.moveStage({ xUm: 10_000 }).catch((thrown: EmagentError) => thrown);
    expect(error).toMatchObject({ code: 'EM_STAGE_FAULT', message: expect.stringContaining('touch alarm') as string });
    expect((await microscope.readState()).stage.xUm).toBeLessThan(6000);
  });

  test.each([
    { shape: 'sphere', xUm: 5000, yUm: 0, zUm: 10_000, radiusUm: 1000 },
    { shape: 'box', xUm: [4000, 6000], yUm: [-100, 100], zUm: [9000, 11_000] },
  ] as const)('keep-out $shape: the stage stops at its edge, and may leave again', async (shape) => {
    const { microscope } = await simulated({ ...PERFECT, stage: { ...PERFECT.stage, keepOut: [shape as never] } });
    expect(await codeOf(microscope.moveStage({ xUm: 10_000 }))).toBe('EM_STAGE_FAULT');
    const { stage } = await microscope.readState();
    expect(stage.xUm).toBeGreaterThan(4000);
    expect(stage.xUm).toBeLessThan(4100);
    expect(await codeOf(microscope.moveStage({ xUm: 0 }))).toBe('none');
    expect(await codeOf(microscope.moveStage({ yUm: 2000 }))).toBe('none');
    expect(await codeOf(microscope.moveStage({ xUm: 10_000 }))).toBe('none');
  });

  test('operator-moves: tens of micrometres unasked, at a command or by the clock', async () => {
    const { microscope, clock } = await simulated({ ...PERFECT, faults: [{ fault: 'operator-moves', when: { atS: 5 } }] });
    await clock.sleep(4999);
    expect((await microscope.readState()).stage.xUm).toBe(0);
    await clock.sleep(10_000);
    await microscope.readState();
    await clock.sleep(10_000);
    expect(Math.abs((await microscope.readState()).stage.xUm)).toBeGreaterThan(20);
  });
});

describe('faults of frames', () => {
  test('uniform-line: the first or the last line has one value', async () => {
    const { microscope } = await simulated({ ...PERFECT, faults: [{ fault: 'uniform-line', when: { after: 0 } }] });
    await microscope.setBlanker(false);
    const lines = ({ data }: { data: Uint8Array | Uint16Array }): number[] => [deviationOf(data.subarray(0, 256)), deviationOf(data.subarray(-256))];
    expect(Math.min(...lines(await microscope.acquire(SMALL)))).toBe(0);
    expect(Math.min(...lines(await microscope.acquire(SMALL)))).toBeGreaterThan(1);
  });

  test('wrong-frame-size: another raster than asked for, which the request does not know', async () => {
    const { microscope } = await simulated({ ...PERFECT, faults: [{ fault: 'wrong-frame-size', when: { after: 0 } }] });
    const frame = await microscope.acquire(SMALL);
    expect(frame).toMatchObject({ widthPx: 128, heightPx: 96, request: { widthPx: 256, heightPx: 192 } });
    expect(frame.data).toHaveLength(128 * 96);
    expect((await microscope.acquire(SMALL)).widthPx).toBe(256);
  });

  test('drift-jump: the specimen slips within a frame and stays there', async () => {
    const scenario = spots([0, 0]);
    const { microscope } = await simulated({ ...scenario, optics: { fieldWidthUm: 25.6 }, faults: [{ fault: 'drift-jump', when: { after: 1 } }] });
    await microscope.setBlanker(false);
    const place = async () => spotIn(await microscope.acquire({ ...SMALL, dwellUs: 10 }));
    const before = await place();
    await place();
    const after = await place();
    const again = await place();
    expect(Math.hypot(after.xPx - before.xPx, after.yPx - before.yPx) * 0.1).toBeGreaterThan(1.3);
    expect(again.xPx).toBeCloseTo(after.xPx, 0);
  });

  test('charging: the picture is judged as such, and as good again when it has passed', async () => {
    const { microscope, clock } = await simulated({
      ...PERFECT,
      sample: { sites: { Particles: 1 }, placement: { model: 'needle', xUm: 0, yUm: 0 } },
      faults: [{ fault: 'charging', when: { after: 0 }, forS: 60 }],
    });
    const { xUm, yUm } = microscope.truth().sites[0]!;
    await microscope.moveStage({ xUm, yUm });
    await microscope.setOptics({ fieldWidthUm: 20 });
    await microscope.setBlanker(false);
    const verdict = async (): Promise<string> => judge(await microscope.acquire({ widthPx: 512, heightPx: 384, dwellUs: 2, depth: 8 })).verdict;
    expect(await verdict()).toBe('charging');
    await clock.sleep(60_000);
    await microscope.setBlanker(true);
    await microscope.setBlanker(false);
    expect(await verdict()).toBe('good');
  });
});

describe('faults of the rest', () => {
  test('beam-arc: told, and back by itself within seconds', async () => {
    const { microscope, clock } = await simulated({ ...PERFECT, faults: [{ fault: 'beam-arc', when: { onState: 'unblanked' } }] });
    const told: string[] = [];
    microscope.onFault(({ code }) => told.push(code));
    await microscope.setBlanker(false);
    expect(told).toEqual(['EM_BEAM']);
    expect((await microscope.readState()).beam).toBe('ramping');
    await clock.sleep(5000);
    expect((await microscope.readState()).beam).toBe('on');
  });

  test('ups-battery: told, on the battery for a time', async () => {
    const { microscope, clock } = await simulated({ ...PERFECT, faults: [{ fault: 'ups-battery', when: { atS: 1 }, forS: 60 }] });
    const told: string[] = [];
    microscope.onFault(({ code }) => told.push(code));
    expect(microscope.desk.power).toBe('mains');
    await microscope.moveStage({ xUm: 10_000 });
    expect([told, microscope.desk.power]).toEqual([['EM_INTERLOCK'], 'battery']);
    await clock.sleep(60_000);
    expect([microscope.desk.power, (await microscope.readState()).beam]).toEqual(['mains', 'on']);
  });

  test('ups-battery without an end: the battery runs empty and the gun is shut down', async () => {
    const { microscope, clock } = await simulated({ ...PERFECT, column: { batteryS: 100 }, faults: [{ fault: 'ups-battery', when: { atS: 1 } }] });
    const told: string[] = [];
    microscope.onFault(({ code }) => told.push(code));
    await clock.sleep(50_000);
    expect((await microscope.readState()).beam).toBe('on');
    await clock.sleep(60_000);
    expect(await microscope.readState()).toMatchObject({ beam: 'off', blanked: true });
    expect(told).toEqual(['EM_INTERLOCK', 'EM_BEAM']);
    // Nobody's command did it.
    expect(microscope.truth().exposure.gunShutdowns).toBe(0);
  });

  test('specimen-swapped: other sites lie there', async () => {
    const { microscope } = await simulated({ ...PERFECT, sample: { sites: { Particles: 3 } }, faults: [{ fault: 'specimen-swapped', when: { after: 1 } }] });
    const places = (): string => JSON.stringify(microscope.truth().sites.map(({ xUm }) => xUm));
    const before = places();
    await microscope.moveStage({ xUm: 1 });
    expect(places()).toBe(before);
    await microscope.moveStage({ xUm: 2 });
    expect(places()).not.toBe(before);
  });

  test('when: onState strikes where the state begins, forS holds for its time and counts as once', async () => {
    const { microscope, clock } = await simulated({
      ...PERFECT,
      faults: [
        { fault: 'vacuum-trip', when: { onState: 'moving' } },
        { fault: 'stops-short', when: { after: 1 }, forS: 30 },
      ],
    });
    const codes: string[] = [];
    for (let move = 1; move <= 3; move++) codes.push(await codeOf(microscope.moveStage({ xUm: 100 * move })));
    await clock.sleep(40_000);
    codes.push(await codeOf(microscope.moveStage({ xUm: 500 })));
    expect(codes).toEqual(['none', 'EM_TARGET_NOT_REACHED', 'EM_TARGET_NOT_REACHED', 'none']);
    expect(microscope.struck.map(({ fault }) => fault)).toEqual(['vacuum-trip', 'stops-short']);
  });

  test('a fault more does not change the noise of a frame', async () => {
    const take = async (faults: FaultScript[]): Promise<Uint8Array | Uint16Array> => {
      const { microscope } = await simulated({ faults });
      await microscope.setBlanker(false);
      return (await microscope.acquire(SMALL)).data;
    };
    expect(await take([{ fault: 'move-fails', when: { p: 0.5 } }, { fault: 'defocus', when: { after: 5 } }])).toEqual(await take([]));
  });

  test('every fault of device and physics is made to strike by a test here', async () => {
    const text = await readFile(fileURLToPath(import.meta.url), 'utf8');
    const column = await readFile(new URL('column.test.ts', import.meta.url), 'utf8');
    const ours = Object.entries(FAULTS).filter(([, { layer }]) => layer === 'device' || layer === 'physics');
    expect(ours.length).toBeGreaterThan(15);
    expect(ours.map(([name]) => name).filter((name) => !`${text}${column}`.includes(`fault: '${name}'`))).toEqual([]);
  });
});
