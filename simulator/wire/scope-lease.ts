import { randomBytes } from 'node:crypto';
import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError } from '../../src/contract/errors.ts';

export interface LeaseEnd {
  readonly client: string;
  /** `expired`: no heartbeat came in time. `closed`: the server ends. */
  readonly how: 'released' | 'expired' | 'closed';
}

export interface LeaseEvents<Holder> {
  /** A new lease begins; not called when an old one is taken over. */
  begun(client: string): Promise<void>;
  /** The lease is over: bring the instrument to rest. Nobody gets a new lease before this has settled. */
  ended(end: LeaseEnd): Promise<void>;
  /** Tells a holder that it has lost the lease, by expiry or because another connection took it over. */
  lost(holder: Holder, why: 'expired' | 'taken over'): void;
}

/** One writer at a time, and a dead man's switch: a lease that is not renewed ends by itself. */
export interface LeaseKeeper<Holder> {
  /** Throws EM_LEASE when another client holds it. With `previous`, the present lease moves to this holder. */
  acquire(request: { readonly client: string; readonly leaseMs: number; readonly previous?: string | undefined }, holder: Holder): Promise<GrantedLease>;
  /** Throws EM_LEASE. */
  heartbeat(id: string, holder: Holder): GrantedLease;
  /** Throws EM_LEASE. Resolves when the instrument is at rest. */
  release(id: string, holder: Holder): Promise<void>;
  /** Throws EM_LEASE unless this holder has this live lease. */
  check(id: string, holder: Holder): void;
  /** Ends the present lease, if any. */
  close(): Promise<void>;
}

export interface GrantedLease {
  readonly id: string;
  readonly client: string;
  readonly leaseMs: number;
  readonly expiresAtMs: number;
}

interface Live<Holder> extends GrantedLease {
  holder: Holder;
  leaseMs: number;
  expiresAtMs: number;
  timer: unknown;
}

export function createLeaseKeeper<Holder>(clock: Clock, events: LeaseEvents<Holder>): LeaseKeeper<Holder> {
  let live: Live<Holder> | undefined;
  let ending: Promise<void> = Promise.resolve();

  const end = (lease: Live<Holder>, how: LeaseEnd['how']): Promise<void> => {
    clock.clearTimeout(lease.timer);
    live = undefined;
    ending = ending.then(() => events.ended({ client: lease.client, how }));
    return ending;
  };
  const arm = (lease: Live<Holder>): void => {
    clock.clearTimeout(lease.timer);
    const dueMs = clock.nowMs() + lease.leaseMs;
    lease.expiresAtMs = dueMs;
    lease.timer = clock.setTimeout(() => {
      // After a pause of this process timers come first: a heartbeat that lies in the socket must get its turn before the end.
      setImmediate(() => {
        // Compared with what it was armed for, not with the time: a timer may fire a fraction of a millisecond early.
        if (live !== lease || lease.expiresAtMs !== dueMs) return;
        events.lost(lease.holder, 'expired');
        void end(lease, 'expired');
      });
    }, lease.leaseMs);
  };
  const required = (id: string, holder: Holder): Live<Holder> => {
    if (live === undefined || live.id !== id) throw new EmagentError('EM_LEASE', 'This lease is not live: it ended, or it never was.');
    if (live.holder !== holder) throw new EmagentError('EM_LEASE', 'This lease belongs to another connection.');
    return live;
  };

  return {
    acquire: async ({ client, leaseMs, previous }, holder) => {
      if (live !== undefined && live.id === previous) {
        if (live.holder !== holder) events.lost(live.holder, 'taken over');
        live.holder = holder;
        live.leaseMs = leaseMs;
        arm(live);
        return live;
      }
      // Whoever comes while the last lease still comes to rest waits; several may, and only one gets it.
      for (let seen: unknown; seen !== ending; ) {
        seen = ending;
        await ending;
      }
      if (live !== undefined) throw new EmagentError('EM_LEASE', `The microscope is held by "${live.client}".`, { context: { client: live.client } });
      const lease: Live<Holder> = { id: randomBytes(12).toString('hex'), client, leaseMs, holder, expiresAtMs: 0, timer: undefined };
      live = lease;
      arm(lease);
      await events.begun(client);
      return lease;
    },
    heartbeat: (id, holder) => {
      const lease = required(id, holder);
      arm(lease);
      return lease;
    },
    release: (id, holder) => end(required(id, holder), 'released'),
    check: (id, holder) => {
      required(id, holder);
    },
    close: () => (live === undefined ? ending : end(live, 'closed')),
  };
}
