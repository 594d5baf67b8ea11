import { z } from 'zod';
import { defineDriver } from '../../src/contract/microscope.ts';
import { MAX_LEASE_MS, MIN_LEASE_MS, SOCKET_PATH } from './codec.ts';
import { openConnection } from './connection.ts';
import { acquireLease } from './lease.ts';
import { infoOf } from './limits.ts';
import { createScopeMicroscope } from './microscope.ts';

const DEFAULT_PORT = '8765';

const options = z.strictObject({
  /** How long the server waits for a sign of life before it stops the stage and blanks, ms. */
  leaseMs: z.coerce.number().min(MIN_LEASE_MS).max(MAX_LEASE_MS).default(5000),
  token: z.string().min(1).optional(),
  /** A stage position farther from the target than this is a failed move. */
  toleranceUm: z.coerce.number().positive().default(2),
  toleranceDeg: z.coerce.number().positive().default(0.05),
  /** Longest wait for the connection and for `hello`, ms. */
  connectMs: z.coerce.number().positive().default(5000),
});

/** `scope+ws://host:8765` -> `ws://host:8765/scope` */
function socketUrl(url: URL): string {
  const scheme = url.protocol === 'scope+wss:' ? 'wss' : 'ws';
  const path = url.pathname === '' || url.pathname === '/' ? SOCKET_PATH : url.pathname;
  return `${scheme}://${url.hostname === '' ? '127.0.0.1' : url.hostname}:${url.port === '' ? DEFAULT_PORT : url.port}${path}`;
}

export const driver = defineDriver({
  id: 'scope',
  summary: 'emagent-scope/1 over WebSocket: `emagent simulate`, or any bridge to a vendor library',
  example: 'scope+ws://127.0.0.1:8765',
  options,
  wire: { queries: /"method":"(status\.get|session\.heartbeat)"/ },
  connect: async (chosen, context) => {
    const { clock, signal } = context;
    const address = {
      url: socketUrl(context.url),
      clock,
      token: chosen.token,
      timeoutMs: chosen.connectMs,
      log: context.log,
    };
    const connection = await openConnection({ ...address, signal });
    try {
      const lease = await acquireLease(connection, { clientName: context.clientName, leaseMs: chosen.leaseMs, clock, signal });
      return createScopeMicroscope({
        connection,
        lease,
        clock,
        info: infoOf(connection.hello, `${context.url.protocol}//${connection.description}`),
        tolerance: { um: chosen.toleranceUm, deg: chosen.toleranceDeg },
        reconnect: async () => {
          const again = await openConnection({ ...address, timeoutMs: 2000 });
          try {
            return {
              connection: again,
              lease: await acquireLease(again, { clientName: context.clientName, leaseMs: chosen.leaseMs, clock, previous: lease.id }),
            };
          } catch (thrown) {
            await again.close();
            throw thrown;
          }
        },
      });
    } catch (thrown) {
      await connection.close();
      throw thrown;
    }
  },
});
