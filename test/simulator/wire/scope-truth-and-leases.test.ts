import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { WireStatus } from '../../../drivers/scope/codec.ts';
import { isEndOf, isNotification } from '../../support/raw-scope-client.ts';
import { openWriter, type RawScopeBench, startRawScopeBench } from '../../support/scope-writer.ts';

const benches: RawScopeBench[] = [];
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(benches.splice(0).map((bench) => bench.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function start(options: Parameters<typeof startRawScopeBench>[0] = {}): Promise<RawScopeBench> {
  const bench = await startRawScopeBench(options);
  benches.push(bench);
  return bench;
}

const target = { x: 0.001, y: -0.0005 };

describe('leases', () => {
  test('are needed for writing, and there is one at a time', async () => {
    const bench = await start();
    const { client, lease } = await openWriter(bench);
    const other = await bench.raw();
    expect((await other.request('session.acquire', { client: 'second', leaseMs: 1000 })).error).toMatchObject({ code: -32010, message: 'The microscope is held by "raw".' });
    expect((await other.request('stage.move', { lease: 'none', to: target, timeoutMs: 1000 })).error?.code).toBe(-32010);
    expect((await other.request('beam.set', { lease, blank: false })).error?.code).toBe(-32010);
    expect((await client.request('session.release', { lease })).result).toEqual({});
    expect((await client.request('session.heartbeat', { lease })).error?.code).toBe(-32010);
    expect((await other.request('session.acquire', { client: 'second', leaseMs: 1000 })).result).toBeDefined();
  });

  test('that nobody renews end by themselves: the stage stops, the beam is blanked, the holder is told', async () => {
    const bench = await start({ mock: { latencyMs: { moveStage: 60_000 }, state: { blanked: false } } });
    const { client, lease } = await openWriter(bench, 1000);
    const expiresAt = (await client.request('session.heartbeat', { lease })).result?.['expiresAt'] as number;
    const { result } = await client.request('stage.move', { lease, to: target, timeoutMs: 120_000 });
    await client.find(isNotification('lease.lost'));
    expect((await client.find(isEndOf(result?.['op']))).params?.['state']).toBe('cancelled');
    const status = WireStatus.parse((await client.request('status.get')).result);
    expect(status).toMatchObject({ moving: false, blanked: true });
    expect(status.ts).toBeGreaterThanOrEqual(expiresAt - 0.01);
    expect((await client.request('session.heartbeat', { lease })).error?.code).toBe(-32010);
  });

  test('survive a pause of the server longer than themselves, when the heartbeat came meanwhile', async () => {
    const bench = await start();
    const { client, lease } = await openWriter(bench, 300);
    const beat = client.request('session.heartbeat', { lease });
    // Both ends live in this process: the heartbeat is in the socket, and nobody reads it.
    for (const endMs = performance.now() + 600; performance.now() < endMs; );
    expect((await beat).result).toBeDefined();
    expect((await client.request('session.heartbeat', { lease })).result).toBeDefined();
    expect(client.messages.filter(isNotification('lease.lost'))).toEqual([]);
  });

  test('outlive a lost connection and are taken over with the old lease', async () => {
    const bench = await start({ mock: { latencyMs: { moveStage: 60_000 } } });
    const first = await openWriter(bench, 30_000);
    const { result } = await first.client.request('stage.move', { lease: first.lease, to: target, timeoutMs: 120_000 });
    await first.client.close();
    const second = await bench.raw();
    expect((await second.request('session.acquire', { client: 'raw', leaseMs: 30_000, lease: 'wrong' })).error?.code).toBe(-32010);
    const taken = await second.request('session.acquire', { client: 'raw', leaseMs: 30_000, lease: first.lease });
    expect(taken.result?.['lease']).toBe(first.lease);
    // The move went on meanwhile, and its end comes to the new connection.
    expect((await second.request('status.get')).result).toMatchObject({ moving: true });
    await second.request('stage.stop');
    expect((await second.find(isEndOf(result?.['op']))).params?.['state']).toBe('cancelled');
    expect((await second.request('session.heartbeat', { lease: first.lease })).result).toBeDefined();
    expect(bench.mock.commands()).toEqual(['moveStage']);
  });

  test('taken over while the first connection lives are lost for it', async () => {
    const bench = await start();
    const first = await openWriter(bench);
    const second = await bench.raw();
    await second.request('session.acquire', { client: 'raw', leaseMs: 5000, lease: first.lease });
    expect((await first.client.find(isNotification('lease.lost'))).params).toEqual({ why: 'taken over' });
    expect((await first.client.request('session.heartbeat', { lease: first.lease })).error?.code).toBe(-32010);
  });

  test('released while a command runs bring the instrument to rest first', async () => {
    const bench = await start({ mock: { latencyMs: { moveStage: 60_000 } } });
    const { client, lease } = await openWriter(bench);
    await client.request('stage.move', { lease, to: target, timeoutMs: 120_000 });
    await client.request('session.release', { lease });
    expect((await client.request('status.get')).result).toMatchObject({ moving: false, blanked: true });
  });
});

describe('truth.json', () => {
  function runsFolder(...ids: string[]): string {
    const folder = mkdtempSync(join(tmpdir(), 'emagent-truth-'));
    folders.push(folder);
    for (const id of ids) mkdirSync(join(folder, id));
    return folder;
  }

  test('appears beside the run when its lease has ended, and goes when the run goes on', async () => {
    const runsDir = runsFolder('run-1');
    const file = join(runsDir, 'run-1', 'truth.json');
    writeFileSync(file, 'old');
    const bench = await start({ server: { runsDir } });
    const client = await bench.raw();
    const acquire = { client: 'emagent/0.1.0 run=run-1', leaseMs: 5000 };
    const first = (await client.request('session.acquire', acquire)).result?.['lease'];
    expect(existsSync(file)).toBe(false);
    await client.request('session.release', { lease: first });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ v: 1, scenario: 'mock' });
    const second = (await client.request('session.acquire', acquire)).result?.['lease'];
    expect(existsSync(file)).toBe(false);
    await client.request('session.release', { lease: second });
    expect(existsSync(file)).toBe(true);
    expect(JSON.stringify(client.messages)).not.toMatch(/polygonUm|exposure/);
  });

  test('appears also when the lease expires or the server ends, and nothing else is left behind', async () => {
    const runsDir = runsFolder('a', 'b');
    const bench = await start({ server: { runsDir } });
    const client = await bench.raw();
    await client.request('session.acquire', { client: 'emagent/0.1.0 run=a', leaseMs: 200 });
    await client.find(isNotification('lease.lost'));
    await client.request('session.acquire', { client: 'emagent/0.1.0 run=b', leaseMs: 5000 });
    expect(existsSync(join(runsDir, 'a', 'truth.json'))).toBe(true);
    expect(existsSync(join(runsDir, 'b', 'truth.json'))).toBe(false);
    await bench.server.close();
    expect(existsSync(join(runsDir, 'b', 'truth.json'))).toBe(true);
  });

  test.each(['..', '.', '../b', 'a/b', 'no-such-run', ''])('is not written for the run "%s"', async (id) => {
    const runsDir = runsFolder('b');
    const bench = await start({ server: { runsDir: join(runsDir, 'b') } });
    const client = await bench.raw();
    const { result } = await client.request('session.acquire', { client: `emagent/0.1.0 run=${id}`, leaseMs: 5000 });
    await client.request('session.release', { lease: result?.['lease'] });
    for (const path of ['truth.json', 'b/truth.json', 'b/no-such-run']) expect(existsSync(join(runsDir, path))).toBe(false);
  });
});
