import { openRawScopeClient, type RawOptions, type RawScopeClient } from './raw-scope-client.ts';
import { type ScopeBench, startScopeBench } from './scope-bench.ts';

/** A bench for raw clients as well as for drivers. */
export interface RawScopeBench extends ScopeBench {
  raw(options?: RawOptions): Promise<RawScopeClient>;
}

export async function startRawScopeBench(options: Parameters<typeof startScopeBench>[0] = {}): Promise<RawScopeBench> {
  const bench = await startScopeBench(options);
  return { ...bench, raw: (choice) => openRawScopeClient(bench.server.url, choice) };
}

/** A raw client that holds the lease; it sends no heartbeat by itself. */
export async function openWriter(bench: { raw(): Promise<RawScopeClient> }, leaseMs = 5000): Promise<{ client: RawScopeClient; lease: string }> {
  const client = await bench.raw();
  const answer = await client.request('session.acquire', { client: 'raw', leaseMs });
  return { client, lease: answer.result?.['lease'] as string };
}
