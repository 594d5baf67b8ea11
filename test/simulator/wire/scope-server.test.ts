import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { decodeChunk, WireHello, WireStatus } from '../../../drivers/scope/codec.ts';
import { startScopeServer } from '../../../simulator/wire/scope-server.ts';
import { createRealClock } from '../../../src/lib/clock.ts';
import { isEndOf, isNotification } from '../../support/raw-scope-client.ts';
import { openWriter, type RawScopeBench, startRawScopeBench } from '../../support/scope-writer.ts';
import { createMockMicroscope } from '../../support/mock-microscope.ts';

const benches: RawScopeBench[] = [];
afterEach(async () => {
  await Promise.all(benches.splice(0).map((bench) => bench.close()));
});

async function start(options: Parameters<typeof startRawScopeBench>[0] = {}): Promise<RawScopeBench> {
  const bench = await startRawScopeBench(options);
  benches.push(bench);
  return bench;
}

const target = { x: 0.001, y: -0.0005 };

describe('greeting', () => {
  test('introduces itself with a complete hello in SI units', async () => {
    const client = await (await start()).raw();
    const hello = WireHello.parse((await client.find(isNotification('hello'))).params);
    expect(hello.protocol).toBe('emagent-scope/1');
    expect(hello.axes.x).toEqual({ min: -0.01, max: 0.01, unit: 'm' });
    expect(hello.axes.t.max).toBeCloseTo(Math.PI / 3);
    expect(hello.dwell.max).toBe(0.001);
    expect(hello.caps).toContain('watchdog');
    expect(client.messages[0]?.method).toBe('hello');
  });

  test('tells a status without being asked, and the same when asked', async () => {
    const client = await (await start()).raw();
    const told = WireStatus.parse((await client.find(isNotification('status'))).params);
    const asked = WireStatus.parse((await client.request('status.get')).result);
    expect({ ...told, ts: 0 }).toEqual({ ...asked, ts: 0 });
    expect(asked).toMatchObject({ moving: false, beam: 'blanked', blanked: true, vacuum: 'ready', fov: 0.0001, hv: 10_000, current: 1e-10 });
  });

  test('tells at most five statuses a second of a stage that moves', async () => {
    const bench = await start({ mock: { latencyMs: { moveStage: 1500 } } });
    const { client, lease } = await openWriter(bench);
    const { result } = await client.request('stage.move', { lease, to: target, timeoutMs: 10_000 });
    await client.find(isEndOf(result?.['op']));
    const times = client.messages.filter(isNotification('status')).map((message) => (message.params as { ts: number }).ts);
    expect(times.length).toBeGreaterThan(1);
    for (let index = 1; index < times.length; index++) expect(times[index]! - times[index - 1]!).toBeGreaterThan(0.19);
  });
});

describe('who may speak', () => {
  test('refuses another path, a foreign page and an unknown subprotocol, and lets a local page in', async () => {
    const bench = await start();
    await expect(bench.raw({ path: '/' })).rejects.toThrow('HTTP 404');
    await expect(bench.raw({ origin: 'https://example.org' })).rejects.toThrow('HTTP 403');
    await expect(bench.raw({ origin: 'null' })).rejects.toThrow('HTTP 403');
    await expect(bench.raw({ protocols: ['emagent-scope.2'] })).rejects.toThrow('HTTP 400');
    const local = await bench.raw({ origin: 'http://localhost:8787' });
    expect((await local.find(isNotification('hello'))).params).toBeDefined();
  });

  test('wants the token in the handshake or as the first message', async () => {
    const bench = await start({ server: { token: 's3cret' } });
    await expect(bench.raw({ protocols: ['emagent-scope.1', 'bearer.wrong'] })).rejects.toThrow('HTTP 401');
    const direct = await bench.raw({ protocols: ['emagent-scope.1', 'bearer.s3cret'] });
    await direct.find(isNotification('hello'));

    const late = await bench.raw();
    await late.find(isNotification('auth.required'));
    expect((await late.request('status.get')).error?.code).toBe(-32012);
    expect((await late.request('auth', { token: 's3cret' })).result).toEqual({});
    await late.find(isNotification('hello'));

    const wrong = await bench.raw();
    expect((await wrong.request('auth', { token: 'guess' })).error?.code).toBe(-32012);
    expect(await wrong.ended).toBe(1008);
  });

  test('does not listen beyond this machine without a token', async () => {
    const clock = createRealClock();
    const microscope = createMockMicroscope({ clock });
    await expect(startScopeServer({ microscope, clock, host: '0.0.0.0', port: 0 })).rejects.toMatchObject({ code: 'EM_USAGE' });
  });

  test('says in one sentence that a port is in use', async () => {
    const { server } = await start();
    const clock = createRealClock();
    const again = startScopeServer({ microscope: createMockMicroscope({ clock }), clock, port: server.port });
    await expect(again).rejects.toMatchObject({ code: 'EM_PORT_IN_USE', message: `Port ${server.port} of 127.0.0.1 is in use.` });
  });
});

describe('malformed input', () => {
  test('gets one JSON error each and leaves the connection alive', async () => {
    const client = await (await start()).raw();
    await client.find(isNotification('hello'));
    const noRequest = fc.oneof(
      fc.string(),
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.json().map((text) => text.slice(0, -1)),
      fc.record({ jsonrpc: fc.constant('2.0'), id: fc.integer({ max: 0 }), method: fc.string(), params: fc.jsonValue() }).map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(noRequest, async (text) => {
        const answer = client.next((message) => message.error !== undefined);
        client.sendRaw(text);
        const { error } = await answer;
        expect([-32700, -32600, -32601]).toContain(error?.code);
        expect(error?.message).not.toMatch(/\n|at .*:\d+:\d+/);
      }),
      { numRuns: 150 },
    );
    const { length } = client.messages.filter(({ error }) => error !== undefined);
    expect(length).toBe(150);
    expect((await client.request('status.get')).result).toBeDefined();
  });

  test('has every parameter checked', async () => {
    const bench = await start();
    const { client, lease } = await openWriter(bench);
    const wrong: [string, unknown][] = [
      ['stage.move', { lease, to: { x: 'far' }, timeoutMs: 1000 }],
      ['stage.move', { lease, to: { q: 1 }, timeoutMs: 1000 }],
      ['stage.move', { lease, to: { x: null }, timeoutMs: 1000 }],
      ['stage.move', { lease, timeoutMs: 1000 }],
      ['image.acquire', { lease, width: 64, height: 48, dwell: 1e-6, bpp: 12, detector: 'SE' }],
      ['image.acquire', { lease, width: -64, height: 48, dwell: 1e-6, bpp: 8, detector: 'SE' }],
      ['session.acquire', { client: 'x', leaseMs: 1 }],
      ['beam.set', { lease, blank: 'yes' }],
      ['sim.inject', { fault: 'no-such-fault', after: 1 }],
    ];
    for (const [method, params] of wrong) expect((await client.request(method, params)).error?.code, JSON.stringify(params)).toBe(-32602);
    expect(bench.mock.commands()).toEqual([]);
  });

  test('is cut off above the limits: 1009 for a long text, 1003 for bytes', async () => {
    const bench = await start();
    const long = await bench.raw();
    long.sendRaw(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'status.get', params: { filler: 'x'.repeat(300 * 1024) } }));
    expect(await long.ended).toBe(1009);
    const bytes = await bench.raw();
    bytes.sendRaw(Buffer.from('EMF1'));
    expect(await bytes.ended).toBe(1003);
  });
});

describe('operations', () => {
  test('answer at once, then run, then end in exactly one terminal event', async () => {
    const bench = await start({ mock: { latencyMs: { moveStage: 50, acquire: 20 } } });
    const { client, lease } = await openWriter(bench);
    const ops: unknown[] = [];
    for (const [method, params] of [
      ['stage.move', { lease, to: target, timeoutMs: 5000 }],
      ['beam.set', { lease, blank: false }],
      ['image.acquire', { lease, width: 64, height: 48, dwell: 1e-6, bpp: 8, detector: 'SE' }],
      ['auto.focus', { lease, range: 1e-5, method: 'auto' }],
      ['stage.move', { lease, to: { x: 1 }, timeoutMs: 5000 }],
    ] as const) {
      const { result } = await client.request(method, params);
      ops.push(result?.['op']);
      await client.find(isEndOf(result?.['op']));
    }
    await client.request('status.get');
    const story = client.messages.filter(isNotification('op')).map(({ params }) => [ops.indexOf(params?.['op']), params?.['state']]);
    expect(story).toEqual([
      [0, 'running'], [0, 'completed'],
      [1, 'running'], [1, 'completed'],
      [2, 'running'], [2, 'completed'],
      [3, 'running'], [3, 'completed'],
      [4, 'running'], [4, 'error'],
    ]);
    const failed = client.messages.find(isEndOf(ops[4]))?.params?.['error'] as { code: number };
    expect(failed.code).toBe(-32001);
    const moved = client.messages.find(isEndOf(ops[0]))?.params?.['result'] as { pos: { x: number }; error: number };
    expect(moved.pos.x).toBeCloseTo(0.001, 12);
    expect(moved.error).toBe(0);
  });

  test('do not overlap: the second is busy, and the first goes on', async () => {
    const bench = await start({ mock: { latencyMs: { moveStage: 60_000 } } });
    const { client, lease } = await openWriter(bench);
    const { result } = await client.request('stage.move', { lease, to: target, timeoutMs: 120_000 });
    const image = { lease, width: 64, height: 48, dwell: 1e-6, bpp: 8, detector: 'SE' };
    expect((await client.request('stage.move', { lease, to: target, timeoutMs: 5000 })).error?.code).toBe(-32003);
    expect((await client.request('image.acquire', image)).error?.code).toBe(-32003);
    expect((await client.request('optics.set', { lease, fov: 1e-5 })).error?.code).toBe(-32003);
    expect((await client.request('beam.set', { lease, blank: false })).error?.code).toBe(-32003);
    expect((await client.request('status.get')).result).toMatchObject({ moving: true });
    await client.request('stage.stop');
    expect((await client.find(isEndOf(result?.['op']))).params?.['state']).toBe('cancelled');
    expect((await client.request('image.acquire', image)).error).toBeUndefined();
  });

  test('of a move that lasts too long end with -32006', async () => {
    const bench = await start({ mock: { latencyMs: { moveStage: 60_000 } } });
    const { client, lease } = await openWriter(bench);
    const { result } = await client.request('stage.move', { lease, to: target, timeoutMs: 100 });
    expect((await client.find(isEndOf(result?.['op']))).params).toMatchObject({ state: 'error', error: { code: -32006 } });
  });

  test('are stopped without a lease, by anybody', async () => {
    const bench = await start({ mock: { latencyMs: { moveStage: 60_000 } } });
    const { client, lease } = await openWriter(bench);
    const { result } = await client.request('stage.move', { lease, to: target, timeoutMs: 120_000 });
    const other = await bench.raw();
    expect((await other.request('stage.stop')).result).toEqual({});
    expect((await client.find(isEndOf(result?.['op']))).params?.['state']).toBe('cancelled');
    expect((await other.request('status.get')).result).toMatchObject({ moving: false });
  });

  test('that hang are ended by a halt of the instrument', async () => {
    const bench = await start();
    bench.mock.hang('moveStage', { deaf: true });
    const { client, lease } = await openWriter(bench);
    const { result } = await client.request('stage.move', { lease, to: target, timeoutMs: 120_000 });
    await client.request('stage.stop');
    expect((await client.find(isEndOf(result?.['op']))).params?.['state']).toBe('cancelled');
    expect(bench.mock.commands()).toContain('halt');
  });

  test('give way to blanking: it never waits for what hangs', async () => {
    const bench = await start({ mock: { state: { blanked: false } } });
    bench.mock.hang('acquire', { deaf: true });
    const { client, lease } = await openWriter(bench);
    const image = await client.request('image.acquire', { lease, width: 64, height: 48, dwell: 1e-6, bpp: 8, detector: 'SE' });
    const blank = await client.request('beam.set', { lease, blank: true });
    expect((await client.find(isEndOf(blank.result?.['op']))).params).toMatchObject({ state: 'completed', result: { blanked: true } });
    expect((await client.find(isEndOf(image.result?.['op']))).params?.['state']).toBe('cancelled');
  });
});

describe('images', () => {
  const request = { width: 64, height: 48, dwell: 1e-6, bpp: 16, detector: 'SE' };

  test('come in several chunks that cover every pixel once, metadata with the last, before the terminal event', async () => {
    const bench = await start({ mock: { state: { blanked: false } } });
    const { client, lease } = await openWriter(bench);
    const { result } = await client.request('image.acquire', { lease, ...request });
    await client.find(isEndOf(result?.['op']));
    const chunks = client.binaries.map((bytes) => decodeChunk(bytes));
    expect(chunks.length).toBeGreaterThan(1);
    let next = 0;
    for (const chunk of chunks) {
      expect(chunk).toMatchObject({ frame: result?.['frame'], offsetPx: next, totalPx: 64 * 48, widthPx: 64, heightPx: 48, depth: 16 });
      next += chunk.pixels.byteLength / 2;
    }
    expect(next).toBe(64 * 48);
    const isLast = chunks.map((_, index) => index === chunks.length - 1);
    expect(chunks.map(({ last }) => last)).toEqual(isLast);
    expect(chunks.map(({ metadata }) => metadata !== undefined)).toEqual(isLast);
    expect(chunks.at(-1)?.metadata).toMatchObject({ pos: { z: 0.01 }, optics: { fov: 0.0001 }, dwell: 1e-6, detector: 'SE' });
  });

  test('are aborted by their number, without a chunk', async () => {
    const bench = await start({ mock: { latencyMs: { acquire: 60_000 } } });
    const { client, lease } = await openWriter(bench);
    const { result } = await client.request('image.acquire', { lease, ...request });
    expect((await client.request('image.abort', { frame: result?.['frame'] })).result).toEqual({});
    expect(client.messages.find(isEndOf(result?.['op']))?.params?.['state']).toBe('cancelled');
    expect(client.binaries).toEqual([]);
  });

  test('of more than ten minutes, or of a part of the field, are refused', async () => {
    const bench = await start();
    const { client, lease } = await openWriter(bench);
    expect((await client.request('image.acquire', { lease, ...request, dwell: 0.2 })).error?.code).toBe(-32001);
    expect((await client.request('image.acquire', { lease, ...request, roi: [0, 0, 8, 8] })).error?.code).toBe(-32601);
    expect(bench.mock.commands()).toEqual([]);
  });
});

describe('emergency stop', () => {
  test('needs no lease, latches, and is reset only with one', async () => {
    const bench = await start({ mock: { latencyMs: { moveStage: 60_000 } } });
    const { client, lease } = await openWriter(bench);
    const { result } = await client.request('stage.move', { lease, to: target, timeoutMs: 120_000 });
    const other = await bench.raw();
    await other.request('estop');
    expect((await client.find(isEndOf(result?.['op']))).params?.['state']).toBe('cancelled');
    expect((await client.find(isNotification('alarm'))).params).toMatchObject({ code: 'EM_EMERGENCY_STOP', severity: 'error' });
    const refused = await client.request('stage.move', { lease, to: target, timeoutMs: 1000 });
    expect((await client.find(isEndOf(refused.result?.['op']))).params).toMatchObject({ state: 'error', error: { code: -32011 } });
    expect((await other.request('estop.reset', { lease })).error?.code).toBe(-32010);
    expect((await client.request('estop.reset', { lease })).result).toEqual({});
    expect((await client.request('status.get')).result).toMatchObject({ estop: false, blanked: true });
  });
});

describe('faults of the instrument', () => {
  test('are told to every client, and injected ones reach the instrument', async () => {
    const bench = await start();
    const [one, two] = [await bench.raw(), await bench.raw()];
    await Promise.all([one.find(isNotification('hello')), two.find(isNotification('hello'))]);
    bench.mock.raiseFault({ code: 'EM_VACUUM', message: 'Pressure too high.' });
    for (const client of [one, two]) {
      expect((await client.find(isNotification('alarm'))).params).toEqual({ code: 'EM_VACUUM', severity: 'error', message: 'Pressure too high.' });
    }
    expect((await one.request('sim.inject', { fault: 'vacuum-trip', after: 2, count: 1 })).result).toEqual({});
    expect(bench.mock.injected).toEqual([{ fault: 'vacuum-trip', when: { after: 2 }, count: 1 }]);
  });
});
