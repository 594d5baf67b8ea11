import { describe, expect, test } from 'vitest';
import type { AcquireRequest } from '../../../src/contract/frame.ts';
import { createColumn } from '../../../simulator/device/column.ts';
import { codeOf, meanOf, PERFECT, scenarioOf, simulated } from '../simulated.ts';

const SMALL: AcquireRequest = { widthPx: 256, heightPx: 192, dwellUs: 1, depth: 16 };
const FLAT = { ...PERFECT, sample: { substrate: { level: 0.5, contrast: 0 } } };
const columnOf = (options: Record<string, unknown> = {}) => createColumn(scenarioOf({ column: options }).column);

describe('column', () => {
  test('a trip passes through error and pumping to ready, and the gun ramps up after it', () => {
    const column = columnOf({ tripS: 20, pumpS: 60 });
    column.tripVacuum(1000);
    expect([1000, 20_999, 21_000, 80_999, 81_000].map((ms) => column.vacuum(ms))).toEqual(['error', 'error', 'pumping', 'pumping', 'ready']);
    expect([20_000, 81_000, 83_500, 86_000].map((ms) => [column.beam(ms), column.intensity(ms)])).toEqual([
      ['off', 0],
      ['ramping', 0],
      ['ramping', 0.5],
      ['on', 1],
    ]);
    expect(column.blanked).toBe(true);
  });

  test('vented, pumped, and the gun off until it is set', () => {
    const column = columnOf({ vacuum: 'vented', pumpS: 60 });
    expect([column.vacuum(0), column.beam(0)]).toEqual(['vented', 'off']);
    column.pump(0);
    expect([column.vacuum(59_999), column.vacuum(60_000), column.beam(60_000)]).toEqual(['pumping', 'ready', 'off']);
    expect(column.ramp({ kv: 0, current: false }, 60_000)).toBe(62_000);
    expect([column.beam(61_000), column.beam(62_000)]).toEqual(['ramping', 'on']);
    column.vent(70_000);
    expect([column.vacuum(99_999), column.vacuum(100_000), column.beam(100_000)]).toEqual(['venting', 'vented', 'off']);
  });

  test('the ramp takes its start and each kV; after a shutdown also the recovery of the gun', () => {
    const column = columnOf();
    expect(column.ramp({ kv: 0, current: false }, 0)).toBe(0);
    expect(column.ramp({ kv: 10, current: false }, 0)).toBe(12_000);
    column.shutDown();
    expect([column.beam(20_000), column.blanked]).toEqual(['off', true]);
    expect(column.ramp({ kv: 0, current: false }, 20_000)).toBe(20_000 + 180_000 + 2000);
  });

  test('a sagging gun fades to nothing and stays there until it is set, or for a time', () => {
    const column = columnOf({ sagS: 30 });
    column.sag(1000, 60_000);
    expect([1000, 16_000, 31_000, 60_999, 61_000].map((ms) => column.intensity(ms))).toEqual([1, 0.5, 0, 0, 1]);
    column.sag(100_000, Number.POSITIVE_INFINITY);
    expect(column.intensity(1e9)).toBe(0);
    column.ramp({ kv: 0, current: false }, 1e9);
    expect(column.intensity(1e9)).toBe(1);
  });
});

describe('the picture of a beam that is not what it should be', () => {
  test('off: as dark as blanked, and not refused', async () => {
    const { microscope } = await simulated(FLAT);
    const blanked = await microscope.acquire(SMALL);
    await microscope.setBlanker(false);
    const lit = await microscope.acquire(SMALL);
    microscope.desk.shutDownBeam();
    await microscope.setBlanker(false);
    const off = await microscope.acquire(SMALL);
    expect((await microscope.readState()).beam).toBe('off');
    expect(meanOf(off.data)).toBeCloseTo(meanOf(blanked.data), -2);
    expect(off.doseCPerM2).toBe(0);
    expect(meanOf(lit.data)).toBeGreaterThan(10 * meanOf(off.data));
    expect(microscope.truth().exposure.gunShutdowns).toBe(1);
  });

  test('ramping: the lines grow brighter as the tension rises', async () => {
    const { microscope, clock } = await simulated(FLAT);
    await microscope.setBlanker(false);
    const ramped = microscope.setBeam({ accelerationKv: 6 }, clock.deadline(undefined, 1, 'EM_TIMEOUT').signal);
    expect(await codeOf(ramped)).toBe('EM_TIMEOUT');
    expect((await microscope.readState()).beam).toBe('ramping');
    const { data } = await microscope.acquire({ ...SMALL, dwellUs: 40 });
    const rows = (from: number): number => meanOf(data.subarray(from * 256, (from + 10) * 256));
    expect(rows(180)).toBeGreaterThan(2 * rows(20));
  });

  test('ramping: the stage obeys meanwhile, and nothing waits for the gun but who set it', async () => {
    const { microscope, clock } = await simulated(FLAT);
    const ramped = microscope.setBeam({ accelerationKv: 15 });
    await microscope.moveStage({ xUm: 100 });
    expect(await microscope.readState()).toMatchObject({ beam: 'ramping', stage: { xUm: 100 } });
    const arrivedMs = clock.nowMs();
    await ramped;
    expect(clock.nowMs()).toBeGreaterThan(arrivedMs + 1000);
    expect((await microscope.readState()).beam).toBe('on');
  });

  test('fault beam-sags: frame after frame darker, back when the beam is set again', async () => {
    const { microscope, clock } = await simulated({ ...FLAT, faults: [{ fault: 'beam-sags', when: { atS: 1 } }] });
    await microscope.setBlanker(false);
    const grey = async (): Promise<number> => meanOf((await microscope.acquire(SMALL)).data) / 65535 - 0.02;
    const before = await grey();
    await clock.sleep(16_000);
    expect((await grey()) / before).toBeCloseTo(0.5, 1);
    await clock.sleep(20_000);
    expect(await grey()).toBeLessThan(0.01);
    await microscope.setBeam({});
    expect(await grey()).toBeCloseTo(before, 2);
  });

  test('the blanker takes its time: magnetic ones most of a second', async () => {
    const { microscope, clock } = await simulated({ ...FLAT, column: { blankerMs: 750 } });
    await microscope.setBlanker(false);
    expect(clock.nowMs()).toBe(750);
    expect((await microscope.readState()).blanked).toBe(false);
  });
});

describe('the operator', () => {
  test('vents: beam off and told, scans refused; the door opens only then, and pumping waits for it to be shut', async () => {
    const { microscope, clock } = await simulated(FLAT);
    const told: string[] = [];
    microscope.onFault(({ code }) => told.push(code));
    expect(() => microscope.desk.openDoor()).toThrow(/locked/);
    microscope.desk.vent();
    expect(told).toEqual(['EM_VACUUM']);
    expect(await microscope.readState()).toMatchObject({ vacuum: 'venting', beam: 'off', blanked: true });
    expect(await codeOf(microscope.acquire(SMALL))).toBe('EM_INTERLOCK');
    await clock.sleep(30_000);
    microscope.desk.openDoor();
    expect(microscope.desk.door).toBe('open');
    expect(() => microscope.desk.pump()).toThrow(/door is open/);
    microscope.desk.closeDoor();
    microscope.desk.pump();
    await clock.sleep(60_000);
    await microscope.setBeam({});
    await microscope.setBlanker(false);
    expect(await microscope.readState()).toMatchObject({ vacuum: 'ready', beam: 'on', blanked: false });
  });

  test('takes the joystick: the position changes unasked, and what the beam does meanwhile is not the agent’s', async () => {
    const { microscope, clock } = await simulated(FLAT);
    await microscope.setBlanker(false);
    microscope.desk.joystick({ xUm: 40, yUm: -1e9 });
    expect((await microscope.readState()).stageMoving).toBe(true);
    await clock.sleep(60_000);
    const { stage, stageMoving } = await microscope.readState();
    expect([stage.xUm, stage.yUm, stageMoving]).toEqual([40, -20_000, false]);
    expect(microscope.truth().exposure.unblankedWhileMovingS).toBe(0);
  });

  test('takes the joystick in the middle of a move: it does not end where it was sent', async () => {
    const { microscope, clock } = await simulated(FLAT);
    clock.setTimeout(() => microscope.desk.joystick({ xUm: 5 }), 1000);
    expect(await codeOf(microscope.moveStage({ xUm: 10_000 }))).toBe('EM_TARGET_NOT_REACHED');
    expect((await microscope.readState()).stageMoving).toBe(false);
  });

  test('puts another specimen under the beam: other places, no dose', async () => {
    const { microscope } = await simulated({ ...PERFECT, sample: { sites: { Particles: 4 } } });
    const before = microscope.truth();
    await microscope.setBlanker(false);
    await microscope.acquire(SMALL);
    microscope.desk.swapSpecimen(99);
    const after = microscope.truth();
    expect(after.sites).toHaveLength(4);
    expect(after.sites.map(({ xUm }) => xUm)).not.toEqual(before.sites.map(({ xUm }) => xUm));
    expect(after.sites.every(({ doseCPerM2 }) => doseCPerM2 === 0)).toBe(true);
  });
});
