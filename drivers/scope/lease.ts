import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError, toEmagentError } from '../../src/contract/errors.ts';
import { RESULTS } from './codec.ts';
import type { ScopeConnection } from './connection.ts';
import { checked } from './rpc.ts';

export interface LeaseOptions {
  readonly clientName: string;
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** A lease of ours that is taken over. */
  readonly previous?: string;
}

/** The right to write. While it is held, a heartbeat renews it; without one the server stops the stage and blanks. */
export interface Lease {
  readonly id: string;
  /** Stops the heartbeat and gives the lease back; bounded, never throws. */
  release(): Promise<void>;
  /** Stops the heartbeat only. */
  drop(): void;
}

const RELEASE_LIMIT_MS = 2000;

/** Throws EM_LEASE when another client holds it. */
export async function acquireLease(connection: ScopeConnection, options: LeaseOptions): Promise<Lease> {
  const { clock } = options;
  const answer = await connection.rpc.call(
    'session.acquire',
    { client: options.clientName, leaseMs: options.leaseMs, ...(options.previous === undefined ? {} : { lease: options.previous }) },
    { timeoutMs: 5000, signal: options.signal, hardware: 'EM_LEASE' },
  );
  const { lease: id, leaseMs } = checked(RESULTS.acquire, answer, 'answer to session.acquire');
  const ended = new AbortController();

  const beat = async (): Promise<void> => {
    const periodMs = Math.min(connection.hello.heartbeatMs, leaseMs / 3);
    while (!ended.signal.aborted) {
      await clock.sleep(periodMs, ended.signal);
      await connection.rpc.call('session.heartbeat', { lease: id }, { timeoutMs: leaseMs, signal: ended.signal });
    }
  };
  void beat().catch((thrown: unknown) => {
    if (ended.signal.aborted || connection.lost !== undefined) return;
    const error = toEmagentError(thrown);
    if (error.code === 'EM_TIMEOUT') {
      connection.abandon(new EmagentError('EM_HEARTBEAT_LOST', `${connection.description} answered no heartbeat for ${(leaseMs / 1000).toFixed(1)} s.`, { cause: error }));
    }
    // A lease that the server took back was told by its own `lease.lost`.
  });

  const drop = (): void => ended.abort(new EmagentError('EM_STOPPED', 'The lease was given back.'));
  return {
    id,
    drop,
    release: async () => {
      drop();
      await connection.rpc.call('session.release', { lease: id }, { timeoutMs: RELEASE_LIMIT_MS }).catch(() => undefined);
    },
  };
}
