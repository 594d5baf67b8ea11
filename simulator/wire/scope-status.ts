import type { WireStatus } from '../../drivers/scope/codec.ts';
import type { Clock } from '../../src/contract/clock.ts';
import type { SimulatedMicroscope } from '../simulated-microscope.ts';
import { wireStatusOf } from './scope-conversion.ts';
import type { ScopePeer } from './scope-connection.ts';

/** At most five times a second. */
const PERIOD_MS = 200;
/** An instrument at rest still gives a sign of life this often. */
const QUIET_MS = 2000;
/** A client that does not read gets no more statuses than fit here. */
const MAX_BACKLOG_BYTES = 1 << 20;

export interface StatusTickerOptions {
  readonly microscope: SimulatedMicroscope;
  readonly clock: Clock;
  readonly peers: ReadonlySet<ScopePeer>;
  broadcastTo(peer: ScopePeer, status: WireStatus): void;
}

/** Tells every client what changed, and now and then that nothing did. */
export function createStatusTicker({ microscope, clock, peers, broadcastTo }: StatusTickerOptions): { stop(): void } {
  let timer: unknown;
  let stopped = false;
  let before = '';
  let sentAtMs = Number.NEGATIVE_INFINITY;

  const tick = async (): Promise<void> => {
    const readers = [...peers].filter((peer) => peer.isAuthenticated && peer.backlogBytes < MAX_BACKLOG_BYTES);
    if (readers.length > 0) {
      const state = await microscope.readState();
      const nowMs = clock.nowMs();
      const now = JSON.stringify(state);
      if (now !== before || nowMs - sentAtMs >= QUIET_MS) {
        before = now;
        sentAtMs = nowMs;
        const status = wireStatusOf(state, nowMs);
        for (const peer of readers) broadcastTo(peer, status);
      }
    }
  };
  const next = (): void => {
    if (stopped) return;
    timer = clock.setTimeout(() => {
      // An instrument that cannot be read just now is told of by its alarms.
      void tick().catch(() => undefined).finally(next);
    }, PERIOD_MS);
  };
  next();
  return {
    stop: () => {
      stopped = true;
      clock.clearTimeout(timer);
    },
  };
}
