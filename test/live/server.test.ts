import { createServer } from 'node:net';
import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import type { ControlRequest, RunEvent } from '../../src/contract/events.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import { createLiveServer, type LiveServer, type LiveServerOptions } from '../../src/live/server.ts';
import { emptySnapshot, foldEvent } from '../../src/live/snapshot.ts';
import { sampleFeed, sampleThumbnail } from '../support/sample-feed.ts';
import { sampleRun } from '../support/sample-run.ts';
import { openViewer, refusedUpgrade } from './viewer-socket.ts';

const events = sampleRun({ columns: 12, rows: 8, blockTiles: 4, fields: 40, findsWanted: 3 });
const numbers = (list: readonly RunEvent[]): number[] => list.map(({ seq }) => seq);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

const open: LiveServer[] = [];
async function serve(options: Partial<LiveServerOptions> = {}): Promise<LiveServer & { logged: string[] }> {
  const logged: string[] = [];
  const server = await createLiveServer({ host: '127.0.0.1', port: 0, log: (_level, message) => logged.push(message), ...options });
  open.push(server);
  return { ...server, logged };
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** A GET with headers that fetch would not let pass. */
function get(url: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
    })
      .on('error', reject)
      .end();
  });
}

describe('replay', () => {
  test('hello holds the snapshot of the past, then every later event once', async () => {
    const feed = sampleFeed(events, { played: 50 });
    const { url } = await serve({ feed });
    const viewer = await openViewer(url);
    expect(viewer.hello).toMatchObject({ v: 1, runId: events[0]!.runId, lastSeq: 49, nextSeq: 50, can: { control: false, classify: false } });
    const expected = emptySnapshot();
    for (const event of events.slice(0, 50)) foldEvent(expected, event);
    expect(viewer.hello.snapshot).toEqual(JSON.parse(JSON.stringify(expected)));
    feed.play();
    await viewer.until(() => viewer.events.at(-1)?.type === 'run-ended');
    expect(viewer.events).toEqual(events.slice(50));
    await viewer.close();
  });

  test('?since replays from there without gap or duplicate while events keep coming', async () => {
    const feed = sampleFeed(events, { played: 100 });
    const { url } = await serve({ feed });
    const joining = [0, 17, 99, 100].map(async (since) => {
      const viewer = await openViewer(url, `?since=${since}`);
      return { viewer, since };
    });
    // One event per turn of the loop while the viewers join.
    while (feed.lastSeq() < events.length - 1) {
      feed.play(1);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    for (const { viewer, since } of await Promise.all(joining)) {
      expect(viewer.hello.nextSeq).toBe(since);
      await viewer.until(() => viewer.events.at(-1)?.type === 'run-ended');
      expect(numbers(viewer.events)).toEqual(range(since, events.length));
      await viewer.close();
    }
  });

  test('a reconnect with the next number goes on where it was', async () => {
    const feed = sampleFeed(events, { played: 30 });
    const { url } = await serve({ feed });
    const first = await openViewer(url, '?since=0');
    await first.until(() => first.events.length === 30);
    await first.close();
    feed.play(20);
    const second = await openViewer(url, `?since=30&run=${feed.runId}`);
    feed.play();
    await second.until(() => second.events.at(-1)?.type === 'run-ended');
    expect(numbers([...first.events, ...second.events])).toEqual(range(0, events.length));
    await second.close();
  });

  test.each([
    ['of another run', '?since=10&run=other'],
    ['that is not there yet', '?since=5000'],
    ['that is no number', '?since=-3'],
  ])('a number %s starts from the snapshot', async (_case, query) => {
    const { url } = await serve({ feed: sampleFeed(events, { played: 40 }) });
    const viewer = await openViewer(url, query);
    expect(viewer.hello).toMatchObject({ lastSeq: 39, nextSeq: 40 });
    await viewer.close();
  });

  test('a server without a run says so', async () => {
    const { url } = await serve();
    const viewer = await openViewer(url);
    expect(viewer.hello).toMatchObject({ runId: null, lastSeq: -1, nextSeq: 0, snapshot: emptySnapshot() });
    expect(await viewer.ask('{"id":1,"request":"stop"}')).toEqual({ type: 'ack', id: 1, accepted: false, message: 'There is no run to control here.' });
    await viewer.close();
  });

  test('closing gives the viewers the last events first', async () => {
    const feed = sampleFeed(events, { played: 10 });
    const server = await serve({ feed });
    const viewer = await openViewer(server.url);
    feed.play();
    await server.close();
    expect(await viewer.closed).toBe(1001);
    expect(numbers(viewer.events)).toEqual(range(10, events.length));
  });
});

describe('pictures', () => {
  test('a frame is sent as a binary message, and served by its id', async () => {
    const feed = sampleFeed(events);
    const { url } = await serve({ feed });
    const viewer = await openViewer(url);
    const frameAt = events.findIndex(({ type }) => type === 'frame');
    const frame = events[frameAt] as Extract<RunEvent, { type: 'frame' }>;
    feed.play(frameAt + 1);
    await viewer.until(() => viewer.thumbnails.length > 0);
    const jpeg = await sampleThumbnail(frame.frame.id);
    expect(viewer.thumbnails).toEqual([{ kind: 'frame', frameId: frame.frame.id, jpeg: Buffer.from(jpeg) }]);
    const served = await fetch(`${url}v1/frames/${frame.frame.id}.jpg`);
    expect(served.headers.get('content-type')).toBe('image/jpeg');
    expect(Buffer.from(await served.arrayBuffer())).toEqual(Buffer.from(jpeg));
    await viewer.close();
  });

  test('every find is sent, and held after the run has let go of its frame', async () => {
    let held = true;
    const feed = sampleFeed(events, { thumbnail: async (id) => (held ? sampleThumbnail(id) : undefined) });
    const { url } = await serve({ feed });
    const viewer = await openViewer(url);
    feed.play();
    const finds = events.flatMap((event) => (event.type === 'find' ? [event.find.frame] : []));
    expect(finds).toHaveLength(3);
    await viewer.until(() => finds.every((id) => viewer.thumbnails.some(({ kind, frameId }) => kind === 'find' && frameId === id)));
    held = false;
    for (const id of finds) expect((await fetch(`${url}v1/frames/${id}.jpg`)).status).toBe(200);
    expect((await fetch(`${url}v1/frames/frame-99999.jpg`)).status).toBe(404);
    await viewer.close();
  });

  test('a picture that cannot be made disturbs nobody', async () => {
    const feed = sampleFeed(events, { thumbnail: () => Promise.reject(new Error('no picture')) });
    const server = await serve({ feed });
    const viewer = await openViewer(server.url);
    feed.play();
    await viewer.until(() => viewer.events.at(-1)?.type === 'run-ended');
    expect(numbers(viewer.events)).toEqual(range(0, events.length));
    expect(server.logged).toContain('A thumbnail could not be made: no picture');
    await viewer.close();
  });
});

describe('control', () => {
  test('each request is passed on and acknowledged with its id', async () => {
    const asked: ControlRequest[] = [];
    const { url } = await serve({
      feed: sampleFeed(events),
      control: {
        request: async (request, by) => {
          expect(by).toMatch(/^viewer .*127\.0\.0\.1/);
          asked.push(request);
          return { accepted: request !== 'resume', message: `${request} heard` };
        },
      },
    });
    const viewer = await openViewer(url);
    for (const request of ['pause', 'resume', 'skip', 'stop', 'halt'] as const) {
      expect(await viewer.ask(JSON.stringify({ id: `r-${request}`, request }))).toEqual({
        type: 'ack',
        id: `r-${request}`,
        accepted: request !== 'resume',
        message: `${request} heard`,
      });
    }
    expect(asked).toEqual(['pause', 'resume', 'skip', 'stop', 'halt']);
    await viewer.close();
  });

  test.each([
    ['{', null, 'The message is not JSON.'],
    ['[]', null, 'The message is not a JSON object.'],
    ['null', null, 'The message is not a JSON object.'],
    ['{"request":"stop"}', null, 'The request has no `id` (a text or a number).'],
    ['{"id":{},"request":"stop"}', null, 'The request has no `id` (a text or a number).'],
    ['{"id":7,"request":"explode"}', 7, 'Unknown request; there are: pause, resume, stop, halt, skip.'],
    ['{"id":7}', 7, 'Unknown request; there are: pause, resume, stop, halt, skip.'],
  ])('%s is answered, not obeyed', async (text, id, message) => {
    const { url } = await serve({
      feed: sampleFeed(events),
      control: {
        request: async () => {
          throw new Error('must not be called');
        },
      },
    });
    const viewer = await openViewer(url);
    expect(await viewer.ask(text)).toEqual({ type: 'ack', id, accepted: false, message });
    await viewer.close();
  });

  test('a control that throws is an acknowledgement too', async () => {
    const { url } = await serve({
      feed: sampleFeed(events),
      control: {
        request: async () => {
          throw new EmagentError('EM_NOT_SAFE', 'The blanker does not answer.');
        },
      },
    });
    const viewer = await openViewer(url);
    expect(await viewer.ask('{"id":1,"request":"halt"}')).toEqual({ type: 'ack', id: 1, accepted: false, message: 'The blanker does not answer.' });
    await viewer.close();
  });

  test('binary requests are refused in words, a message above 64 KiB ends the connection', async () => {
    const { url } = await serve({ feed: sampleFeed(events) });
    const viewer = await openViewer(url);
    viewer.socket.send(Buffer.from('{"id":1,"request":"stop"}'));
    expect(await viewer.ask('{"id":2}')).toMatchObject({ id: null, message: 'Requests are JSON text, not binary.' });
    viewer.socket.send('x'.repeat(64 * 1024 + 1));
    expect(await viewer.closed).toBe(1009);
    const other = await openViewer(url);
    await other.close();
  });
});

describe('who may come in', () => {
  test('another host than loopback without a token is refused before anything opens', async () => {
    await expect(serve({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'EM_USAGE', message: expect.stringContaining('--token') as string });
  });

  test('with a token, every way to give it works, and none or a wrong one does not', async () => {
    const { url } = await serve({ feed: sampleFeed(events), token: 'secret-1' });
    for (const [query, options] of [
      ['?token=secret-1', {}],
      ['', { headers: { authorization: 'Bearer secret-1' } }],
      ['', { protocols: ['emagent-live.v1', 'bearer.secret-1'] }],
      ['', { protocols: ['bearer.secret-1'] }],
    ] as const) {
      const viewer = await openViewer(url, query, options as never);
      expect(viewer.hello.type).toBe('hello');
      await viewer.close();
    }
    expect(await refusedUpgrade(url)).toEqual({ status: 401, message: 'A token is needed: give it as --token or ?token=.' });
    expect(await refusedUpgrade(url, '?token=secret-2')).toEqual({ status: 401, message: 'The token is wrong.' });
    expect((await get(`${url}v1/snapshot`)).status).toBe(401);
    expect((await get(`${url}v1/snapshot`, { authorization: 'Bearer secret-1' })).status).toBe(200);
    expect((await fetch(`${url}v1/classify`, { method: 'POST', body: 'x' })).status).toBe(401);
    // The page itself holds no secret; it asks for the token.
    expect((await get(url)).status).toBe(200);
  });

  test('a page of another origin is refused, the own page is not', async () => {
    const { url } = await serve({ feed: sampleFeed(events) });
    const { port } = new URL(url);
    for (const origin of ['https://example.org', 'http://127.0.0.1:1', `http://localhost:${port}`, 'null', 'nonsense']) {
      expect(await refusedUpgrade(url, '', { headers: { origin } })).toEqual({ status: 403, message: 'Pages of another origin may not use this server.' });
      expect((await get(`${url}v1/snapshot`, { origin })).status).toBe(403);
    }
    const viewer = await openViewer(url, '', { headers: { origin: url.slice(0, -1) } });
    await viewer.close();
  });

  test('a name that was rebound to loopback is refused by the Host header', async () => {
    const { url } = await serve({ feed: sampleFeed(events) });
    for (const host of ['evil.example', 'evil.example:8787', '127.0.0.1.evil.example', '192.168.1.5', 'a b']) {
      expect((await get(`${url}v1/snapshot`, { host })).status).toBe(403);
      expect((await get(url, { host })).status).toBe(403);
    }
    for (const host of ['localhost:9000', '127.0.0.1', '[::1]:8787']) expect((await get(`${url}v1/snapshot`, { host })).status).toBe(200);
    expect((await refusedUpgrade(url, '', { headers: { host: 'evil.example' } })).status).toBe(403);
  });

  test('other paths do not upgrade', async () => {
    const { url } = await serve();
    expect(await refusedUpgrade(url, '/v2/live')).toEqual({ status: 404, message: 'There is nothing at /v2/live.' });
  });

  test('a port in use is one sentence', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const { port } = other.address() as { port: number };
    await expect(serve({ port })).rejects.toMatchObject({ code: 'EM_PORT_IN_USE', message: `Port ${port} on 127.0.0.1 is used by another program.` });
    other.close();
  });

  test('an address of another computer is one sentence', async () => {
    await expect(serve({ host: '192.0.2.1', token: 't' })).rejects.toMatchObject({ code: 'EM_USAGE', message: '192.0.2.1 is no address of this computer.' });
  });
});
