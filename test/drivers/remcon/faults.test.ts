import { afterEach, describe, expect, test } from 'vitest';
import { FAULTS, type FaultName } from '../../../simulator/faults.ts';
import { EmagentError, isEmagentError } from '../../../src/contract/errors.ts';
import type { Microscope, MicroscopeFault } from '../../../src/contract/microscope.ts';
import { randomFor } from '../../../src/lib/random.ts';
import { type RemconBench, SMALL_PX, startRemconBench } from '../../support/remcon-bench.ts';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

interface Tried {
  readonly bench: RemconBench;
  readonly microscope: Microscope;
  /** What the move of the test came to. */
  readonly outcome: { readonly xUm: number } | EmagentError;
}

async function start(): Promise<{ bench: RemconBench; microscope: Microscope }> {
  const bench = await startRemconBench();
  endings.push(() => bench.close());
  return { bench, microscope: await bench.connect() };
}
const outcomeOf = <T>(work: Promise<T>): Promise<T | EmagentError> => work.catch((error: EmagentError) => error);

/** Before the command of the stage come `C95?`, `IST?`, `PRB?` and `SCM 0`. */
const AT_THE_MOVE = { after: 4 };
const WAY_UM = 3000;

async function tryMove(fault: FaultName): Promise<Tried> {
  const { bench, microscope } = await start();
  bench.instrument.inject({ fault, when: fault === 'busy-forever' ? { after: 0 } : AT_THE_MOVE });
  const outcome = await outcomeOf(microscope.moveStage({ xUm: WAY_UM }));
  expect(bench.instrument.struck.map((strike) => strike.fault)).toEqual([fault]);
  return { bench, microscope, outcome };
}
const sent = ({ heard }: RemconBench, name: string): number => heard.filter((line) => line.startsWith(`${name} `)).length;

/** The driver still talks sense: what it reads is so, and what it sets happens. */
async function expectInStep({ bench, microscope }: Tried): Promise<void> {
  const state = await microscope.readState();
  const truth = await bench.instrument.readState();
  expect(state).toMatchObject({ stageMoving: false, blanked: true, detector: 'SE', scanning: false });
  expect(state.stage.xUm).toBeCloseTo(truth.stage.xUm, 1);
  expect((await microscope.moveStage({ xUm: 10 })).xUm).toBeCloseTo(10, 0);
  expect((await microscope.setOptics({ fieldWidthUm: 40 })).fieldWidthUm).toBeCloseTo(40, 3);
}

/** The stage got there all the same, and was told only once: a move is never repeated blindly. */
const arrived = (said?: RegExp) => async (tried: Tried): Promise<void> => {
  expect(tried.outcome).toMatchObject({ xUm: expect.closeTo(WAY_UM, 0) as number });
  expect(sent(tried.bench, 'STG')).toBe(1);
  if (said !== undefined) expect(tried.bench.logged.join('\n')).toMatch(said);
  await expectInStep(tried);
};
const refused = (code: string, message: RegExp) => async (tried: Tried): Promise<void> => {
  expect(tried.outcome).toMatchObject({ code, message: expect.stringMatching(message) as string });
  expect((await tried.bench.instrument.readState()).stage.xUm).toBe(0);
  await expectInStep(tried);
};

const WIRE_FAULTS: Readonly<Record<string, (tried: Tried) => Promise<void>>> = {
  'split-bytes': arrived(),
  'merged-replies': arrived(),
  'garbage-bytes': arrived(),
  'drop-reply': arrived(/did not acknowledge "STG .*" within 1\.0 s\. Where the stage goes is read instead/),
  'drop-completion': arrived(/did not complete "STG .*" within 10\.0 s\. Where the stage goes is read instead/),
  'late-completion': arrived(/did not complete "STG/),
  'reply-delayed': arrived(/did not acknowledge "STG/),
  'mixed-replies': arrived(/said something unasked: an acknowledgement/),
  'external-abort': refused('EM_OPERATOR', /error 611: it was broken off at the microscope/),
  'controller-reboot': refused('EM_INTERLOCK', /error 605: a catastrophic error: RemCon32 must be started again/),
  'busy-forever': async (tried) => {
    expect(tried.outcome).toMatchObject({ code: 'EM_TIMEOUT', message: expect.stringMatching(/^The stage did not come to rest within \d+ s on its way; it was stopped\.$/) as string });
    expect(tried.bench.heard).toContain('ABO');
    await expectInStep(tried);
  },
  'link-lost': async ({ bench, microscope, outcome }) => {
    expect(outcome).toMatchObject({ code: 'EM_LINK_CLOSED' });
    // The cable is in again: over a fresh connection the microscope is brought to rest, and proven so.
    await bench.instrument.setBlanker(false);
    await microscope.halt('the line was cut');
    expect(await bench.instrument.readState()).toMatchObject({ stageMoving: false, blanked: true });
    await expect(microscope.moveStage({ xUm: 1 })).rejects.toMatchObject({ code: 'EM_LINK_CLOSED' });
  },
  'half-open': async ({ microscope, outcome }) => {
    expect(outcome).toMatchObject({ code: 'EM_HEARTBEAT_LOST', message: expect.stringContaining('has stopped answering') as string });
    await expect(microscope.halt('nobody answers')).rejects.toMatchObject({ code: 'EM_NOT_SAFE', message: expect.stringContaining('it answers no question') as string });
  },
};

describe('a fault of the wire at the command that moves the stage', () => {
  test('is in the table for every one that RemCon32 can have', () => {
    const names = Object.entries(FAULTS).filter(([, entry]) => (('wires' in entry ? entry.wires : []) as readonly string[]).includes('remcon')).map(([name]) => name);
    expect(Object.keys(WIRE_FAULTS).toSorted()).toEqual(names.toSorted());
  });

  test.each(Object.keys(WIRE_FAULTS))('%s', async (name) => WIRE_FAULTS[name]!(await tryMove(name as FaultName)));
});

describe('a fault that is told', () => {
  test.each([['link-lost', 'EM_LINK_CLOSED'], ['half-open', 'EM_HEARTBEAT_LOST']] as const)('%s reaches who listens, once', async (fault, code) => {
    const { bench, microscope } = await start();
    const told: MicroscopeFault[] = [];
    microscope.onFault((event) => told.push(event));
    bench.instrument.inject({ fault, when: { after: 0 } });
    expect(await outcomeOf(microscope.readState())).toBeInstanceOf(Error);
    expect(await outcomeOf(microscope.readState())).toBeInstanceOf(Error);
    expect(told.map((event) => event.code)).toEqual([code]);
  });
});

describe('a fault of the folder', () => {
  const request = { widthPx: SMALL_PX[0], heightPx: SMALL_PX[1], dwellUs: 0.96, depth: 8 } as const;
  const tryPicture = async (fault: FaultName): Promise<{ bench: RemconBench; microscope: Microscope; outcome: unknown }> => {
    const { bench, microscope } = await start();
    bench.instrument.inject({ fault, when: { after: 0 } });
    const outcome = await outcomeOf(microscope.acquire(request));
    expect(bench.instrument.struck.map((strike) => strike.fault)).toEqual([fault]);
    return { bench, microscope, outcome };
  };

  test('file-missing: the deadline names folder and photo, and the next picture comes', async () => {
    const { bench, microscope, outcome } = await tryPicture('file-missing');
    expect(outcome).toMatchObject({
      code: 'EM_TIMEOUT',
      message: `photo 1 did not appear in ${bench.images} within 30.0 s: no new picture came; is it the folder in which the instrument saves?`,
    });
    expect((await microscope.acquire(request)).data.length).toBe(SMALL_PX[0] * SMALL_PX[1]);
  });

  test('file-half-written: never handed out, and the next picture comes', async () => {
    const { bench, microscope, outcome } = await tryPicture('file-half-written');
    expect(outcome).toMatchObject({ code: 'EM_FRAME_INCOMPLETE', message: `photo 1 did not appear whole in ${bench.images} within 30.0 s: photo_0001.tif cannot be read as a picture.` });
    expect((await microscope.acquire(request)).data.length).toBe(SMALL_PX[0] * SMALL_PX[1]);
  });

  test('file-late: waited for until it is whole', async () => {
    const { microscope, outcome } = await tryPicture('file-late');
    expect((outcome as { data: Uint8Array }).data.length).toBe(SMALL_PX[0] * SMALL_PX[1]);
    expect((await microscope.readState()).scanning).toBe(false);
  });
});

describe('all that can pass by itself, again and again', () => {
  const PASSING: readonly FaultName[] = ['late-completion', 'split-bytes', 'merged-replies', 'garbage-bytes', 'drop-reply', 'drop-completion', 'reply-delayed'];

  test.each([1, 2, 3, 4])('leaves a driver that tells the truth or fails (seed %i)', async (seed) => {
    const { bench, microscope } = await start();
    const random = randomFor(seed, 'remcon-storm');
    for (const fault of PASSING) bench.instrument.inject({ fault, when: { p: 0.02 }, count: 1000 });
    let succeeded = 0;
    for (let step = 0; step < 12; step++) {
      const xUm = Math.round(random.uniform() * 4000) - 2000;
      const outcome = await outcomeOf(microscope.moveStage({ xUm }));
      if (isEmagentError(outcome)) continue;
      succeeded++;
      expect(outcome.xUm).toBeCloseTo(xUm, 0);
      expect((await bench.instrument.readState()).stage.xUm).toBeCloseTo(xUm, 0);
      const fieldWidthUm = 20 + Math.round(random.uniform() * 50);
      const optics = await outcomeOf(microscope.setOptics({ fieldWidthUm }));
      if (!isEmagentError(optics)) expect((await bench.instrument.readState()).optics.fieldWidthUm).toBeCloseTo(optics.fieldWidthUm, 3);
    }
    expect(succeeded).toBeGreaterThan(6);
    expect(bench.instrument.struck.length).toBeGreaterThan(20);
    await bench.instrument.setBlanker(false);
    await microscope.halt('the storm is over');
    expect(await bench.instrument.readState()).toMatchObject({ stageMoving: false, blanked: true });
  });
});
