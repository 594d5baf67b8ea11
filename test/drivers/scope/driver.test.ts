import { afterEach, describe, expect, test } from 'vitest';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeChunk, encodeChunk } from '../../../drivers/scope/codec.ts';
import { EmagentError } from '../../../src/contract/errors.ts';
import type { Microscope, MicroscopeFault } from '../../../src/contract/microscope.ts';
import { isNotification, openRawScopeClient } from '../../support/raw-scope-client.ts';
import { connectScope, type ScopeBench, startScopeBench } from '../../support/scope-bench.ts';
import { type Passing, type ScopeProxy, startScopeProxy } from '../../support/scope-proxy.ts';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

async function start(options: Parameters<typeof startScopeBench>[0] = {}): Promise<ScopeBench> {
  const bench = await startScopeBench(options);
  endings.push(() => bench.close());
  return bench;
}

async function throughProxy(bench: ScopeBench, query = ''): Promise<{ proxy: ScopeProxy; microscope: Microscope }> {
  const proxy = await startScopeProxy(bench.server.url);
  endings.push(() => proxy.close());
  const microscope = await connectScope(`${proxy.url}${query}`);
  endings.push(() => microscope.close());
  return { proxy, microscope };
}

const firstFault = (microscope: Microscope): Promise<MicroscopeFault> => new Promise((resolve) => microscope.onFault(resolve));
const frame = { widthPx: 64, heightPx: 48, dwellUs: 1, depth: 8 } as const;
const isBinary = (message: Passing): message is Buffer => typeof message !== 'string';
const saysMethod = (message: Passing, method: string): boolean => !isBinary(message) && (JSON.parse(message) as { method?: string }).method === method;

describe('connecting', () => {
  test('to nothing, to a web server and to a refused token each give one sentence', async () => {
    await expect(connectScope('scope+ws://127.0.0.1:9')).rejects.toMatchObject({ code: 'EM_CONNECT', message: 'Nothing listens at 127.0.0.1:9.' });
    const web = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
    endings.push(() => new Promise((resolve) => web.close(resolve)));
    await new Promise((resolve) => web.once('listening', resolve));
    await expect(connectScope(`scope+ws://127.0.0.1:${(web.address() as AddressInfo).port}`)).rejects.toMatchObject({ code: 'EM_PROTOCOL' });
    const bench = await start({ server: { token: 's3cret' } });
    await expect(bench.connect('?token=wrong')).rejects.toMatchObject({ code: 'EM_CONNECT' });
    await expect(bench.connect()).rejects.toMatchObject({ code: 'EM_CONNECT', message: expect.stringContaining('wants a token') as string });
    await expect(bench.connect('?token=wrong%20one')).rejects.toMatchObject({ code: 'EM_CONNECT', message: expect.stringContaining('refused the token') as string });
  });

  test('shows the token in the handshake, or in a message when it does not fit there, and never in the address', async () => {
    const plain = await start({ server: { token: 's3cret' } });
    expect((await plain.connect('?token=s3cret')).info.url).toBe(plain.server.url);
    const odd = await start({ server: { token: 'open sesame' } });
    expect((await odd.connect('?token=open%20sesame')).info.url).toBe(odd.server.url);
  });

  test('to a held microscope names the holder', async () => {
    const bench = await start();
    await bench.connect('', 'emagent/0.1.0 run=first');
    await expect(bench.connect()).rejects.toMatchObject({ code: 'EM_LEASE', message: 'The microscope is held by "emagent/0.1.0 run=first".' });
  });

  test('to another version of the protocol says which', async () => {
    const bench = await start();
    const proxy = await startScopeProxy(bench.server.url);
    endings.push(() => proxy.close());
    proxy.toClient = (message) => [isBinary(message) ? message : message.replace('emagent-scope/1', 'emagent-scope/2')];
    await expect(connectScope(proxy.url)).rejects.toMatchObject({ code: 'EM_PROTOCOL', message: expect.stringContaining('speaks "emagent-scope/2"') as string });
  });

  test('refuses an unknown option', async () => {
    await expect(connectScope('scope+ws://127.0.0.1:9?tokn=x')).rejects.toThrow();
  });

  test('gives the lease back on close, so that the next may come at once', async () => {
    const bench = await start();
    for (let round = 0; round < 3; round++) {
      const microscope = await bench.connect();
      await microscope.close();
      await microscope.close();
      await expect(microscope.moveStage({ xUm: 1 })).rejects.toMatchObject({ code: 'EM_LINK_CLOSED' });
    }
  });
});

describe('images over a bad line', () => {
  const damage: Record<string, (chunks: Buffer, index: number) => Passing[]> = {
    'a wrong checksum': (chunk, index) => {
      if (index !== 1) return [chunk];
      const bad = Buffer.from(chunk);
      bad[40] = bad[40]! ^ 1;
      return [bad];
    },
    'a lost chunk': (chunk, index) => (index === 1 ? [] : [chunk]),
    'a lost last chunk': (chunk, index) => (index === 3 ? [] : [chunk]),
    'a repeated chunk': (chunk, index) => (index === 1 ? [chunk, chunk] : [chunk]),
    'a chunk of another image': (chunk, index) => (index === 1 ? [encodeChunk({ ...decodeChunk(chunk), frame: 999 }), chunk] : [chunk]),
    'bytes that are no chunk': (chunk, index) => (index === 1 ? [Buffer.from('noise'), chunk] : [chunk]),
  };
  test.each(Object.keys(damage))('with %s are refused, and the next image is whole', async (name) => {
    const bench = await start({ mock: { state: { blanked: false } } });
    const { proxy, microscope } = await throughProxy(bench);
    let index = 0;
    proxy.toClient = (message) => (isBinary(message) ? damage[name]!(message, index++) : [message]);
    await expect(microscope.acquire(frame)).rejects.toMatchObject({ code: name === 'bytes that are no chunk' ? 'EM_PROTOCOL' : 'EM_FRAME_INCOMPLETE' });
    proxy.toClient = (message) => [message];
    expect((await microscope.acquire(frame)).data.length).toBe(64 * 48);
  });
});

describe('moving', () => {
  test('to where the stage already stands sends nothing', async () => {
    const bench = await start();
    const microscope = await bench.connect();
    await microscope.moveStage({ xUm: 0, yUm: 0.001 });
    expect(bench.mock.commands()).toEqual([]);
  });

  test('reads back where the stage really is, and believes that', async () => {
    const bench = await start();
    const microscope = await bench.connect();
    const { moveStage } = bench.mock;
    bench.mock.moveStage = async (target, signal) => {
      const told = await moveStage(target, signal);
      bench.mock.setState({ stage: { ...told, xUm: told.xUm - 3 } });
      return told;
    };
    await expect(microscope.moveStage({ xUm: 100 })).rejects.toMatchObject({ code: 'EM_TARGET_NOT_REACHED', message: expect.stringContaining('97') as string });
  });

  test('waits for a stage that says "done" and still moves', async () => {
    const bench = await start();
    const microscope = await bench.connect();
    const { moveStage } = bench.mock;
    let reads = 0;
    bench.mock.moveStage = async (target, signal) => {
      const told = await moveStage(target, signal);
      bench.mock.setState({ stageMoving: true });
      return told;
    };
    const { readState } = bench.mock;
    bench.mock.readState = async (signal) => {
      const state = await readState(signal);
      if (state.stageMoving && ++reads > 3) bench.mock.setState({ stageMoving: false });
      return state;
    };
    expect((await microscope.moveStage({ xUm: 100 })).xUm).toBe(100);
    expect((await microscope.readState()).stageMoving).toBe(false);
  });

  test('fails with the error of the instrument, and one failure does not stop the next', async () => {
    const bench = await start();
    const microscope = await bench.connect();
    bench.mock.fail('moveStage', new EmagentError('EM_STAGE_FAULT', 'Motor 2 is too hot.'));
    await expect(microscope.moveStage({ xUm: 100 })).rejects.toMatchObject({ code: 'EM_STAGE_FAULT', message: 'Motor 2 is too hot.' });
    expect((await microscope.moveStage({ xUm: 100 })).xUm).toBe(100);
  });

  test('commands go one after another, reading goes beside them', async () => {
    const bench = await start({ mock: { latencyMs: { moveStage: 100 } } });
    const microscope = await bench.connect();
    const moves = [microscope.moveStage({ xUm: 100 }), microscope.setOptics({ fieldWidthUm: 50 }), microscope.moveStage({ xUm: 200 })];
    await Promise.all([...moves, microscope.readState()]);
    expect(bench.mock.commands()).toEqual(['moveStage', 'setOptics', 'moveStage']);
  });
});

describe('halting', () => {
  test('ends what runs and what waits, and proves that the microscope is at rest', async () => {
    const bench = await start({ mock: { latencyMs: { moveStage: 60_000 }, state: { blanked: false } } });
    const microscope = await bench.connect();
    const running = microscope.moveStage({ xUm: 5000 });
    const waiting = microscope.acquire(frame);
    const ends = Promise.allSettled([running, waiting]);
    await new Promise<void>((resolve) => {
      const look = async (): Promise<void> => ((await microscope.readState()).stageMoving ? resolve() : look());
      void look();
    });
    await Promise.all([microscope.halt('test'), microscope.halt('test again')]);
    expect(await microscope.readState()).toMatchObject({ stageMoving: false, blanked: true });
    expect((await ends).map((end) => (end as PromiseRejectedResult).reason as EmagentError)).toMatchObject([{ code: 'EM_STOPPED' }, { code: 'EM_STOPPED' }]);
    expect(bench.mock.commands()).not.toContain('acquire');
    bench.mock.setLatency('moveStage', 0);
    expect((await microscope.moveStage({ xUm: 7 })).xUm).toBe(7);
  });

  test('says that it is not safe when the blanker does not close', async () => {
    const bench = await start({ mock: { state: { blanked: false } } });
    const microscope = await bench.connect();
    const { readState } = bench.mock;
    bench.mock.readState = async (signal) => ({ ...(await readState(signal)), blanked: false });
    await expect(microscope.halt('test')).rejects.toMatchObject({ code: 'EM_NOT_SAFE', message: expect.stringContaining('the beam is not blanked') as string });
  }, 30_000);

  test('works over a second connection when the first is cut', async () => {
    const bench = await start({ mock: { latencyMs: { moveStage: 60_000 }, state: { blanked: false } } });
    const { proxy, microscope } = await throughProxy(bench, '?leaseMs=30000');
    const move = microscope.moveStage({ xUm: 5000 }).catch((error: EmagentError) => error.code);
    const fault = firstFault(microscope);
    proxy.cut();
    expect((await fault).code).toBe('EM_LINK_CLOSED');
    expect(await move).toBe('EM_LINK_CLOSED');
    await microscope.halt('the line was cut');
    expect(await bench.mock.readState()).toMatchObject({ stageMoving: false, blanked: true });
  });

  test('says that nothing can be seen when there is no connection to be had', async () => {
    const bench = await start();
    const microscope = await bench.connect();
    const fault = firstFault(microscope);
    await bench.server.close();
    expect((await fault).code).toBe('EM_LINK_CLOSED');
    await expect(microscope.halt('server gone')).rejects.toMatchObject({ code: 'EM_NOT_SAFE' });
  });
});

describe('faults', () => {
  test('of the instrument arrive with their code', async () => {
    const bench = await start();
    const microscope = await bench.connect();
    const fault = firstFault(microscope);
    bench.mock.raiseFault({ code: 'EM_VACUUM', message: 'Pressure too high.' });
    expect(await fault).toEqual({ code: 'EM_VACUUM', message: 'Pressure too high.' });
  });

  test('are told when another client takes the lease, and writing then fails', async () => {
    const bench = await start();
    const { proxy, microscope } = await throughProxy(bench);
    const lease = await new Promise<string>((resolve) => {
      proxy.toServer = (message) => {
        const { method, params } = JSON.parse(String(message)) as { method: string; params: { lease: string } };
        if (method === 'session.heartbeat') resolve(params.lease);
        return [message];
      };
    });
    const fault = firstFault(microscope);
    const thief = await openRawScopeClient(bench.server.url);
    await thief.request('session.acquire', { client: 'thief', leaseMs: 5000, lease });
    expect((await fault).code).toBe('EM_LEASE');
    await expect(microscope.setBlanker(false)).rejects.toMatchObject({ code: 'EM_LEASE' });
    await thief.close();
  });

  test('are told when the server answers no heartbeat, and the server then brings the instrument to rest', async () => {
    const bench = await start({ mock: { state: { blanked: false } } });
    const { proxy, microscope } = await throughProxy(bench, '?leaseMs=400');
    const fault = firstFault(microscope);
    const watcher = await openRawScopeClient(bench.server.url);
    // The line is dead, and neither end is told.
    proxy.toServer = () => [];
    proxy.toClient = () => [];
    expect((await fault).code).toBe('EM_HEARTBEAT_LOST');
    await watcher.find((message) => isNotification('status')(message) && message.params?.['blanked'] === true);
    await expect(microscope.acquire(frame)).rejects.toMatchObject({ code: 'EM_HEARTBEAT_LOST' });
    await watcher.close();
  });

  test('of a connection that is gone reach also who listens too late', async () => {
    const bench = await start();
    const microscope = await bench.connect();
    const early = firstFault(microscope);
    await bench.server.close();
    await early;
    expect((await firstFault(microscope)).code).toBe('EM_LINK_CLOSED');
  });
});

describe('aborting', () => {
  test('a move ends it only when the server has said that it has ended', async () => {
    const bench = await start({ mock: { latencyMs: { moveStage: 60_000 } } });
    const { proxy, microscope } = await throughProxy(bench);
    const order: string[] = [];
    proxy.toServer = (message) => {
      if (saysMethod(message, 'stage.stop')) order.push('stop asked');
      return [message];
    };
    proxy.toClient = (message) => {
      if (saysMethod(message, 'op') && String(message).includes('cancelled')) order.push('end told');
      return [message];
    };
    const stop = new AbortController();
    const move = microscope.moveStage({ xUm: 5000 }, stop.signal).catch((error: EmagentError) => order.push(`rejected ${error.code}`));
    while (!(await microscope.readState()).stageMoving);
    stop.abort(new EmagentError('EM_STOPPED', 'Enough.'));
    await move;
    expect(order).toEqual(['stop asked', 'end told', 'rejected EM_STOPPED']);
  });

  test('after the end of a command sends nothing any more', async () => {
    const bench = await start();
    const { proxy, microscope } = await throughProxy(bench);
    const stop = new AbortController();
    await microscope.moveStage({ xUm: 5 }, stop.signal);
    const sent: string[] = [];
    proxy.toServer = (message) => {
      sent.push(String(message));
      return [message];
    };
    stop.abort(new EmagentError('EM_STOPPED', 'Enough.'));
    await microscope.readState();
    expect(sent.filter((message) => message.includes('stage.stop'))).toEqual([]);
  });

  test('before the begin sends nothing at all', async () => {
    const bench = await start();
    const microscope = await bench.connect();
    const stop = AbortSignal.abort(new EmagentError('EM_STOPPED', 'Enough.'));
    await expect(microscope.moveStage({ xUm: 5 }, stop)).rejects.toMatchObject({ code: 'EM_STOPPED' });
    await expect(microscope.acquire(frame, stop)).rejects.toMatchObject({ code: 'EM_STOPPED' });
    await expect(microscope.readState(stop)).rejects.toMatchObject({ code: 'EM_STOPPED' });
    expect(bench.mock.commands()).toEqual([]);
  });
});
