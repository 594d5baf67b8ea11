import { describe, expect, test } from 'vitest';
import { createSimulatedMicroscope } from '../../../simulator/device/microscope.ts';
import { Scenario } from '../../../simulator/scenario.ts';
import { createLeaseKeeper, type LeaseKeeper } from '../../../simulator/wire/scope-lease.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/lib/clock.ts';
import { createMockMicroscope, type MockMicroscope } from '../../support/mock-microscope.ts';

interface Bench {
  readonly clock: VirtualClock;
  readonly mock: MockMicroscope;
  readonly leases: LeaseKeeper<string>;
  readonly story: string[];
}

function bench(): Bench {
  const clock = createVirtualClock();
  const mock = createMockMicroscope({ clock, latencyMs: { moveStage: 600_000, halt: 40 }, state: { blanked: false } });
  const story: string[] = [];
  const leases = createLeaseKeeper<string>(clock, {
    begun: async (client) => {
      story.push(`${clock.nowMs()} begun ${client}`);
    },
    lost: (holder, why) => story.push(`${clock.nowMs()} lost ${holder} ${why}`),
    ended: async ({ client, how }) => {
      story.push(`${clock.nowMs()} ended ${client} ${how}`);
      await mock.halt(how);
      story.push(`${clock.nowMs()} at rest`);
    },
  });
  return { clock, mock, leases, story };
}

describe('a lease, on virtual time', () => {
  test('that is not renewed brings a moving stage to rest within itself and 250 ms', async () => {
    const { clock, mock, leases, story } = bench();
    await leases.acquire({ client: 'a', leaseMs: 5000 }, 'socket');
    const move = mock.moveStage({ xUm: 6000 }).catch((error: { code: string }) => error.code);
    await clock.sleep(4000);
    expect(await mock.readState()).toMatchObject({ stageMoving: true, blanked: false });
    expect(await move).toBe('EM_STOPPED');
    expect(await mock.readState()).toMatchObject({ stageMoving: false, blanked: true });
    expect((await mock.readState()).stage.xUm).toBeCloseTo((6000 * 5040) / 600_000);
    expect(story).toEqual(['0 begun a', '5000 lost socket expired', '5000 ended a expired', '5040 at rest']);
  });

  test('lives as long as it is renewed', async () => {
    const { clock, leases, story } = bench();
    const { id } = await leases.acquire({ client: 'a', leaseMs: 1000 }, 'socket');
    for (let beat = 0; beat < 10; beat++) {
      await clock.sleep(999);
      expect(leases.heartbeat(id, 'socket').expiresAtMs).toBe(clock.nowMs() + 1000);
    }
    await leases.release(id, 'socket');
    expect(story).toEqual(['0 begun a', '9990 ended a released', '10030 at rest']);
    expect(clock.pending()).toBe(0);
  });

  test('makes the next client wait until the instrument is at rest, and then takes one only', async () => {
    const { clock, leases, story } = bench();
    await leases.acquire({ client: 'a', leaseMs: 1000 }, 'first');
    await clock.sleep(1001);
    const results = await Promise.allSettled([
      leases.acquire({ client: 'b', leaseMs: 1000 }, 'second'),
      leases.acquire({ client: 'c', leaseMs: 1000 }, 'third'),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(story).toEqual(['0 begun a', '1000 lost first expired', '1000 ended a expired', '1040 at rest', '1040 begun b']);
    await leases.close();
  });

  test('that was taken over in time goes on, and belongs to the new connection only', async () => {
    const { clock, leases, story } = bench();
    const { id } = await leases.acquire({ client: 'a', leaseMs: 1000 }, 'old');
    await clock.sleep(900);
    await leases.acquire({ client: 'a', leaseMs: 1000, previous: id }, 'new');
    await clock.sleep(900);
    expect(() => leases.check(id, 'old')).toThrow('another connection');
    leases.check(id, 'new');
    expect(story).toEqual(['0 begun a', '900 lost old taken over']);
    await leases.close();
  });

  test('that has ended cannot be taken over', async () => {
    const { clock, leases } = bench();
    const { id } = await leases.acquire({ client: 'a', leaseMs: 1000 }, 'old');
    await clock.sleep(1500);
    const again = await leases.acquire({ client: 'a', leaseMs: 1000, previous: id }, 'new');
    expect(again.id).not.toBe(id);
    await leases.close();
  });

  test('ends the fastest move of the simulated stage within itself and 250 ms', async () => {
    const clock = createVirtualClock();
    const scenario = Scenario.parse({ name: 'bare', summary: 'Bare substrate.' });
    const instrument = await createSimulatedMicroscope({ scenario, seed: 1, clock, log: () => undefined, url: 'sim:' });
    let atRestMs = 0;
    const leases = createLeaseKeeper<string>(clock, {
      begun: async () => undefined,
      lost: () => undefined,
      ended: async ({ how }) => {
        await instrument.halt(how);
        atRestMs = clock.nowMs();
      },
    });
    await instrument.setBlanker(false);
    const { expiresAtMs } = await leases.acquire({ client: 'a', leaseMs: 3000 }, 'socket');
    const move = instrument.moveStage({ xUm: 20_000, zUm: 0 }).catch((error: { code: string }) => error.code);
    expect(await move).toBe('EM_STOPPED');
    await leases.close();
    expect(await instrument.readState()).toMatchObject({ stageMoving: false, blanked: true });
    expect(atRestMs - expiresAtMs).toBeGreaterThan(0);
    expect(atRestMs - expiresAtMs).toBeLessThanOrEqual(250);
    await instrument.close();
  });

  test('ends also when its timer fires early, as timers do by a fraction of a millisecond', async () => {
    const clock = createVirtualClock();
    const early = { ...clock, setTimeout: (callback: () => void, timeoutMs: number) => clock.setTimeout(callback, timeoutMs - 0.4) };
    const ended = new Promise<string>((resolve) => {
      const leases = createLeaseKeeper<string>(early, { begun: async () => undefined, lost: () => undefined, ended: async ({ how }) => resolve(how) });
      void leases.acquire({ client: 'a', leaseMs: 1000 }, 'socket');
    });
    expect(await ended).toBe('expired');
  });
});
