import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { DRIVERS } from '../../drivers/registry.ts';
import { EmagentError, isEmagentError } from '../../src/contract/errors.ts';
import type { AcquireRequest } from '../../src/contract/frame.ts';
import type { Axis, Capability, Microscope, MicroscopeFault, MicroscopeState } from '../../src/contract/microscope.ts';
import { createRealClock } from '../../src/lib/clock.ts';
import { connectMicroscope } from '../../src/session/microscopes.ts';
import { MICROSCOPES_UNDER_TEST, type MicroscopeUnderTest } from './microscope-table.ts';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

const AXES: readonly Axis[] = ['xUm', 'yUm', 'zUm', 'rotationDeg', 'tiltDeg'];
const TOLERANCE_UM = 2;

async function failure(work: Promise<unknown>): Promise<EmagentError> {
  const thrown = await work.then(() => undefined, (error: unknown) => error);
  expect(isEmagentError(thrown), `an EmagentError, not ${String(thrown)}`).toBe(true);
  return thrown as EmagentError;
}

/** The smallest frame on offer, at the shortest dwell but one order. */
function smallFrame({ info }: Microscope): AcquireRequest {
  const [widthPx, heightPx] = info.frameSizesPx.toSorted((a, b) => a[0] * a[1] - b[0] * b[1])[0]!;
  return { widthPx, heightPx, dwellUs: Math.min(info.dwellUs.max, info.dwellUs.min * 10), depth: 8 };
}

const can = ({ info }: Microscope, capability: Capability): boolean => info.capabilities.includes(capability);
/** Beam on the specimen, on an instrument that has a beam. */
const expose = async (microscope: Microscope): Promise<void> => (can(microscope, 'blanker') ? microscope.setBlanker(false) : undefined);
/** A field width inside what the instrument offers. */
const fieldWidthOf = ({ info }: Microscope, share: number): number => Math.min(info.fieldWidthUm.max, Math.max(info.fieldWidthUm.min, info.fieldWidthUm.max * share));

const meanOf = (data: Uint8Array | Uint16Array): number => Array.from(data).reduce((sum, grey) => sum + grey, 0) / data.length;

function expectSaneInfo({ info }: Microscope): void {
  // Fixed is what begins where it ends: an axis that there is not, a lens that cannot be set.
  for (const range of [...AXES.map((axis) => info.axes[axis]), info.dwellUs, info.fieldWidthUm, info.workingDistanceMm]) {
    expect(range.min).toBeLessThanOrEqual(range.max);
    expect(Number.isFinite(range.min) && Number.isFinite(range.max)).toBe(true);
  }
  for (const range of [info.axes.xUm, info.axes.yUm, info.dwellUs]) expect(range.min).toBeLessThan(range.max);
  expect(info.fieldWidthUm.min).toBeGreaterThan(0);
  expect(info.dwellUs.min).toBeGreaterThan(0);
  expect(info.frameSizesPx.length).toBeGreaterThan(0);
  for (const [width, height] of info.frameSizesPx) expect(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0).toBe(true);
  expect(info.detectors.length).toBeGreaterThan(0);
  expect(info.model).not.toBe('');
  expect(info.timing.stageSpeedUmPerS).toBeGreaterThan(0);
  for (const ms of [info.timing.stageSettleMs, info.timing.opticsSettleMs, info.timing.frameOverheadMs]) expect(ms).toBeGreaterThanOrEqual(0);
}

function expectSaneState({ info }: Microscope, state: MicroscopeState): void {
  for (const axis of AXES) {
    expect(state.stage[axis]).toBeGreaterThanOrEqual(info.axes[axis].min);
    expect(state.stage[axis]).toBeLessThanOrEqual(info.axes[axis].max);
  }
  expect(state.optics.fieldWidthUm).toBeGreaterThan(0);
  expect(state.optics.workingDistanceMm).toBeGreaterThan(0);
  expect(info.detectors).toContain(state.detector);
}

/** `remcon/pty` is a way to the driver `remcon`. */
const driverOf = (name: string): string => name.split('/')[0] ?? name;

test('every registered driver has an instrument to be tried on', () => {
  expect([...new Set(Object.keys(MICROSCOPES_UNDER_TEST).map(driverOf))].toSorted()).toEqual([...Object.keys(DRIVERS), 'sim'].toSorted());
});

describe.each(Object.keys(MICROSCOPES_UNDER_TEST))('the driver %s', (id) => {
  const start = async (): Promise<MicroscopeUnderTest> => {
    const bench = await MICROSCOPES_UNDER_TEST[id]!();
    endings.push(bench.close);
    return bench;
  };
  const whileMoving = async ({ microscope, clock }: MicroscopeUnderTest): Promise<void> => {
    while (!(await microscope.readState()).stageMoving) await clock.sleep(5);
  };
  const farX = ({ info }: Microscope): number => info.axes.xUm.max * 0.9;

  test('tells sane limits, and a state within them, at rest', async () => {
    const { microscope } = await start();
    expect(microscope.info.driver).toBe(driverOf(id));
    expectSaneInfo(microscope);
    const state = await microscope.readState();
    expectSaneState(microscope, state);
    expect(state).toMatchObject({ stageMoving: false, scanning: false, emergencyStopped: false });
  });

  test('moves to where it was told, reads back, and leaves the other axes alone', async () => {
    const { microscope } = await start();
    const before = (await microscope.readState()).stage;
    for (const target of [{ xUm: 200, yUm: -150 }, { xUm: 200 }, { yUm: 10.5 }, {}]) {
      const reached = await microscope.moveStage(target);
      for (const [axis, value] of Object.entries(target)) expect(Math.abs(reached[axis as Axis] - value)).toBeLessThan(TOLERANCE_UM);
      for (const axis of ['zUm', 'rotationDeg', 'tiltDeg'] as const) expect(reached[axis]).toBeCloseTo(before[axis], 3);
      const state = await microscope.readState();
      expect(state.stageMoving).toBe(false);
      expect(Math.abs(state.stage.xUm - reached.xUm)).toBeLessThan(TOLERANCE_UM);
    }
  });

  test('refuses what lies outside its limits before anything moves', async () => {
    const { microscope, clock } = await start();
    const before = await microscope.readState();
    const { axes, fieldWidthUm, workingDistanceMm } = microscope.info;
    for (const axis of AXES) {
      for (const value of [axes[axis].min - 1, axes[axis].max + 1, Number.NaN, Number.POSITIVE_INFINITY]) {
        expect((await failure(microscope.moveStage({ xUm: 100, [axis]: value }))).code).toBe('EM_LIMIT');
      }
    }
    for (const target of [{ fieldWidthUm: fieldWidthUm.max * 2 }, { fieldWidthUm: 0 }, { workingDistanceMm: workingDistanceMm.max + 1 }, { stigmatorX: 1.5 }, { fieldWidthUm: Number.NaN }]) {
      expect((await failure(microscope.setOptics(target))).code).toBe('EM_LIMIT');
    }
    await clock.sleep(50);
    const after = await microscope.readState();
    expect(after.stageMoving).toBe(false);
    expect(after.stage).toEqual(before.stage);
    expect(after.optics).toEqual(before.optics);
  });

  test('refuses any nonsense with an EmagentError', async () => {
    const { microscope } = await start();
    const nonsense = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300, -1e300);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...AXES), nonsense, fc.integer({ min: -5, max: 5 }), async (axis, value, pixels) => {
        await failure(microscope.moveStage({ [axis]: value }));
        await failure(microscope.acquire({ ...smallFrame(microscope), widthPx: pixels }));
        await failure(microscope.acquire({ ...smallFrame(microscope), dwellUs: value }));
      }),
      { numRuns: 25 },
    );
  });

  test('sets the optics and reads them back', async () => {
    const { microscope } = await start();
    const fieldWidthUm = fieldWidthOf(microscope, 0.5);
    const set = await microscope.setOptics({ fieldWidthUm });
    expect(set.fieldWidthUm).toBeCloseTo(fieldWidthUm, 3);
    expect((await microscope.readState()).optics).toEqual(set);
    if (!can(microscope, 'stigmator')) {
      expect((await failure(microscope.setOptics({ stigmatorX: 0.1 }))).code).toBe('EM_UNSUPPORTED');
      return;
    }
    const astigmatic = await microscope.setOptics({ stigmatorX: 0.1, scanRotationDeg: 30 });
    expect(astigmatic.stigmatorX).toBeCloseTo(0.1, 6);
    expect(astigmatic.scanRotationDeg).toBeCloseTo(30, 6);
    expect((await microscope.readState()).optics).toEqual(astigmatic);
    expect((await microscope.setOptics({ stigmatorY: -0.2 })).stigmatorX).toBeCloseTo(0.1, 6);
  });

  test('takes the frame that was asked for, and says where and with how much dose', async () => {
    const { microscope } = await start();
    await microscope.moveStage({ xUm: 30, yUm: 20 });
    const optics = await microscope.setOptics({ fieldWidthUm: 50 });
    await expose(microscope);
    expect((await microscope.readState()).blanked).toBe(false);
    const ids = new Set<string>();
    for (const depth of [8, 16] as const) {
      const request = { ...smallFrame(microscope), depth };
      const frame = await microscope.acquire(request);
      expect(frame).toMatchObject({ widthPx: request.widthPx, heightPx: request.heightPx, depth, request });
      expect(frame.data).toBeInstanceOf(depth === 8 ? Uint8Array : Uint16Array);
      expect(frame.data.length).toBe(request.widthPx * request.heightPx);
      expect(frame.pixelSizeNm).toBeCloseTo(50_000 / request.widthPx, 6);
      expect(Math.abs(frame.stage.xUm - 30)).toBeLessThan(TOLERANCE_UM);
      expect(Math.abs(frame.stage.yUm - 20)).toBeLessThan(TOLERANCE_UM);
      expect(frame.optics).toEqual(optics);
      const dose = (optics.beamCurrentPa * 1e-12 * request.dwellUs * 1e-6) / (frame.pixelSizeNm * 1e-9) ** 2;
      if (dose === 0) expect(frame.doseCPerM2).toBe(0);
      else expect(frame.doseCPerM2 / dose).toBeCloseTo(1, 6);
      expect(frame.endedAtMs).toBeGreaterThan(frame.startedAtMs);
      // Not a flat picture, and of a brightness that fits its depth.
      expect(new Set(frame.data).size).toBeGreaterThan(3);
      expect(meanOf(frame.data)).toBeGreaterThan(2 ** depth * 0.02);
      ids.add(frame.id);
    }
    expect(ids.size).toBe(2);
    if (can(microscope, 'blanker')) await microscope.setBlanker(true);
  });

  test('takes a black frame without dose while the beam is blanked', async (context) => {
    const { microscope } = await start();
    context.skip(!can(microscope, 'blanker'), 'no blanker');
    await microscope.setBlanker(true);
    const dark = await microscope.acquire(smallFrame(microscope));
    expect(meanOf(dark.data)).toBeLessThan(256 * 0.1);
    expect(dark.doseCPerM2).toBe(0);
    expect((await microscope.readState()).blanked).toBe(true);
  });

  test('refuses frames that are not on offer', async () => {
    const { microscope } = await start();
    const request = smallFrame(microscope);
    for (const wrong of [{ widthPx: 17 }, { dwellUs: microscope.info.dwellUs.max * 2 }, { dwellUs: 0 }, { detector: 'no-such-detector' }]) {
      expect((await failure(microscope.acquire({ ...request, ...wrong }))).code).toBe('EM_LIMIT');
    }
  });

  test('does one command after another, in the order of the calls', async () => {
    const { microscope } = await start();
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    await Promise.all([
      microscope.moveStage({ xUm: 60 }).then(note('first move')),
      microscope.acquire(smallFrame(microscope)).then(note('frame')),
      microscope.moveStage({ xUm: 0 }).then(note('second move')),
      microscope.setOptics({ fieldWidthUm: fieldWidthOf(microscope, 0.75) }).then(note('optics')),
    ]);
    expect(order).toEqual(['first move', 'frame', 'second move', 'optics']);
  });

  test('an aborted move ends with the stage still, somewhere on the way', async () => {
    const bench = await start();
    const { microscope } = bench;
    const stop = new AbortController();
    const move = failure(microscope.moveStage({ xUm: farX(microscope) }, stop.signal));
    await whileMoving(bench);
    stop.abort(new EmagentError('EM_STOPPED', 'Enough.'));
    expect((await move).message).toBe('Enough.');
    const state = await microscope.readState();
    expect(state.stageMoving).toBe(false);
    expect(state.stage.xUm).toBeLessThan(farX(microscope) - TOLERANCE_UM);
    expect(Math.abs((await microscope.moveStage({ xUm: 5 })).xUm - 5)).toBeLessThan(TOLERANCE_UM);
  });

  test('an aborted frame ends with the scan idle, and the next frame is whole', async () => {
    const bench = await start();
    const { microscope, clock } = bench;
    const stop = new AbortController();
    const slow = { ...smallFrame(microscope), dwellUs: microscope.info.dwellUs.max };
    const frame = failure(microscope.acquire(slow, stop.signal));
    while (!(await microscope.readState()).scanning) await clock.sleep(1);
    stop.abort(new EmagentError('EM_STOPPED', 'Enough.'));
    expect((await frame).message).toBe('Enough.');
    expect((await microscope.readState()).scanning).toBe(false);
    const { data, widthPx, heightPx } = await microscope.acquire(smallFrame(microscope));
    expect(data.length).toBe(widthPx * heightPx);
  });

  test('what was aborted before its turn is never done', async () => {
    const { microscope } = await start();
    const stop = AbortSignal.abort(new EmagentError('EM_STOPPED', 'Enough.'));
    const { stage: before, blanked } = await microscope.readState();
    for (const work of [microscope.moveStage({ xUm: 99 }, stop), microscope.acquire(smallFrame(microscope), stop), microscope.setBlanker(false, stop), microscope.setOptics({ fieldWidthUm: 33 }, stop)]) {
      expect((await failure(work)).message).toBe('Enough.');
    }
    const after = await microscope.readState();
    expect(after.stage).toEqual(before);
    expect(after.blanked).toBe(blanked);
  });

  test('a halt stops the stage, blanks, ends what waits, and can be repeated', async () => {
    const bench = await start();
    const { microscope } = bench;
    await expose(microscope);
    const running = failure(microscope.moveStage({ xUm: farX(microscope) }));
    const waiting = failure(microscope.moveStage({ xUm: 0 }));
    await whileMoving(bench);
    await Promise.all([microscope.halt('one'), microscope.halt('two')]);
    expect(await microscope.readState()).toMatchObject({ stageMoving: false, blanked: can(microscope, 'blanker'), scanning: false });
    await Promise.all([running, waiting]);
    await microscope.halt('three');
    const still = (await microscope.readState()).stage.xUm;
    expect(still).toBeGreaterThan(0);
    expect(still).toBeLessThan(farX(microscope) - TOLERANCE_UM);
    expect(Math.abs((await microscope.moveStage({ xUm: still - 50 })).xUm - (still - 50))).toBeLessThan(TOLERANCE_UM);
  });

  test('a halt works while a command hangs', async () => {
    const { microscope, instrument, clock } = await start();
    await expose(microscope);
    instrument.inject({ fault: 'hang', when: { after: 0 } });
    const hanging = failure(microscope.acquire(smallFrame(microscope)));
    while (instrument.struck.length === 0) await clock.sleep(5);
    await microscope.halt('it hangs');
    expect(await microscope.readState()).toMatchObject({ stageMoving: false, blanked: can(microscope, 'blanker') });
    await hanging;
    await microscope.acquire(smallFrame(microscope));
  });

  test('a fault of the instrument reaches who listens, and only them', async (context) => {
    const { microscope, instrument } = await start();
    context.skip(!can(microscope, 'vacuum'), 'no vacuum');
    const [heard, unheard]: [MicroscopeFault[], MicroscopeFault[]] = [[], []];
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    microscope.onFault((fault) => {
      heard.push(fault);
      tell();
    });
    microscope.onFault((fault) => unheard.push(fault))();
    await microscope.setBlanker(false);
    instrument.inject({ fault: 'vacuum-trip', when: { after: 0 } });
    expect((await failure(microscope.acquire(smallFrame(microscope)))).code).toBe('EM_INTERLOCK');
    await told;
    expect(heard.map(({ code }) => code)).toEqual(['EM_VACUUM']);
    expect(unheard).toEqual([]);
    expect((await microscope.readState()).vacuum).not.toBe('ready');
    await microscope.halt('vacuum');
  });

  test('a stage that fails says so, and the next move works', async () => {
    const { microscope, instrument } = await start();
    instrument.inject({ fault: 'move-fails', when: { after: 0 } });
    // Far, so that half-way is far from the target: some instruments do not say why their stage stopped.
    expect((await failure(microscope.moveStage({ xUm: 4000 }))).code).toBe('EM_STAGE_FAULT');
    instrument.inject({ fault: 'stops-short', when: { after: 0 } });
    expect((await failure(microscope.moveStage({ xUm: -300 }))).code).toBe('EM_TARGET_NOT_REACHED');
    expect(Math.abs((await microscope.moveStage({ xUm: 300 })).xUm - 300)).toBeLessThan(TOLERANCE_UM);
  });

  test('focuses, if it can, within the range of the lens', async (context) => {
    const { microscope } = await start();
    context.skip(!microscope.info.capabilities.includes('autofocus'), 'no autofocus');
    await microscope.setOptics({ fieldWidthUm: 60 });
    await microscope.setBlanker(false);
    const { workingDistanceMm, score } = await microscope.autofocus({ rangeUm: 30 });
    expect(Number.isFinite(score)).toBe(true);
    expect((await microscope.readState()).optics.workingDistanceMm).toBeCloseTo(workingDistanceMm, 6);
    await microscope.setBlanker(true);
  });

  test('is refused everything but reading and halting while the emergency stop is latched', async (context) => {
    const { microscope, instrument } = await start();
    context.skip(!can(microscope, 'emergency-stop'), 'no emergency stop');
    await instrument.emergencyStop();
    expect((await failure(microscope.moveStage({ xUm: 10 }))).code).toBe('EM_EMERGENCY_STOP');
    expect(await microscope.readState()).toMatchObject({ emergencyStopped: true, blanked: true });
    await microscope.halt('latched');
    await instrument.resetEmergencyStop();
    await microscope.moveStage({ xUm: 10 });
  });

  test('closes once, however often it is asked, and refuses everything after', async () => {
    const { microscope } = await start();
    await Promise.all([microscope.close(), microscope.close()]);
    await microscope.close();
    for (const work of [microscope.readState(), microscope.moveStage({ xUm: 1 }), microscope.acquire(smallFrame(microscope)), microscope.setBlanker(true)]) {
      expect((await failure(work)).code).toBe('EM_LINK_CLOSED');
    }
  });
});

describe('the microscope that EMAGENT_TEST_MICROSCOPE names', () => {
  const address = process.env['EMAGENT_TEST_MICROSCOPE'];

  test('tells sane limits and a sane state, without being touched', async (context) => {
    context.skip(address === undefined, 'EMAGENT_TEST_MICROSCOPE is not set');
    const microscope = await connectMicroscope(String(address), { clock: createRealClock(), clientName: 'conformance, reading only', log: () => undefined });
    endings.push(() => microscope.close());
    expectSaneInfo(microscope);
    const first = await microscope.readState();
    expectSaneState(microscope, first);
    expect((await microscope.readState()).stage.xUm).toBeCloseTo(first.stage.xUm, 0);
    await microscope.close();
    expect((await failure(microscope.readState())).code).toBe('EM_LINK_CLOSED');
  });

  test('moves a little and back, is aborted, halts, and takes pictures, when that was allowed', async (context) => {
    context.skip(address === undefined || process.env['EMAGENT_TEST_MICROSCOPE_MOVES'] !== '1', 'EMAGENT_TEST_MICROSCOPE_MOVES is not 1');
    const clock = createRealClock();
    const microscope = await connectMicroscope(String(address), { clock, clientName: 'conformance, moving a little', log: () => undefined });
    endings.push(() => microscope.close());
    endings.push(() => microscope.halt('The conformance suite ends.'));
    const { stage: home, optics } = await microscope.readState();
    const { min, max } = microscope.info.axes.xUm;
    const step = home.xUm + 20 <= max ? 20 : -20;
    expect(home.xUm + step).toBeGreaterThan(min);
    const there = await microscope.moveStage({ xUm: home.xUm + step });
    expect(Math.abs(there.xUm - home.xUm - step)).toBeLessThan(TOLERANCE_UM);
    const stop = AbortSignal.abort(new EmagentError('EM_STOPPED', 'Enough.'));
    expect((await failure(microscope.moveStage({ xUm: home.xUm }, stop))).message).toBe('Enough.');
    await microscope.halt('Tried by the conformance suite.');
    expect(await microscope.readState()).toMatchObject({ stageMoving: false, blanked: can(microscope, 'blanker') });
    const back = await microscope.moveStage({ xUm: home.xUm });
    expect(Math.abs(back.xUm - home.xUm)).toBeLessThan(TOLERANCE_UM);
    for (const depth of [8, 16] as const) {
      await expose(microscope);
      try {
        const frame = await microscope.acquire({ ...smallFrame(microscope), depth });
        expect(frame.data.length).toBe(frame.widthPx * frame.heightPx);
        expect(new Set(frame.data).size).toBeGreaterThan(3);
      } finally {
        if (can(microscope, 'blanker')) await microscope.setBlanker(true);
      }
    }
    expect((await microscope.readState()).optics.fieldWidthUm).toBeCloseTo(optics.fieldWidthUm, 3);
  });
});
