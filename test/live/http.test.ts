import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { EmagentError } from '../../src/contract/errors.ts';
import { decodePicture, encodePng } from '../../src/imaging/picture-file.ts';
import { type ClassifyPicture, LARGEST_PICTURE_BYTES } from '../../src/live/http.ts';
import { createLiveServer, type LiveServer, type LiveServerOptions } from '../../src/live/server.ts';
import { emptySnapshot, foldEvent } from '../../src/live/snapshot.ts';
import { sampleFeed, sampleMicrograph } from '../support/sample-feed.ts';
import { sampleRun } from '../support/sample-run.ts';

const events = sampleRun({ columns: 12, rows: 8, blockTiles: 4, fields: 40, findsWanted: 3 });

const open: LiveServer[] = [];
async function serve(options: Partial<LiveServerOptions> = {}): Promise<string> {
  const server = await createLiveServer({ host: '127.0.0.1', port: 0, feed: sampleFeed(events, { played: 30 }), log: () => undefined, ...options });
  open.push(server);
  return server.url;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** Decodes for real; tells bright pictures from dark ones. */
const classify: ClassifyPicture = async (bytes, name) => {
  const { data } = await decodePicture(bytes, name);
  let sum = 0;
  for (const value of data) sum += value;
  const mean = sum / data.length;
  return { label: mean > 100 ? 'Powder' : 'Nanowires', labels: ['Nanowires', 'Powder'], probabilities: mean > 100 ? [0.1, 0.9] : [0.8, 0.2] };
};
const post = (url: string, body: Uint8Array | string, name = 'a.png'): Promise<Response> =>
  fetch(`${url}v1/classify?name=${encodeURIComponent(name)}`, { method: 'POST', body: body as string });
const sentence = async (reply: Response): Promise<string> => ((await reply.json()) as { error: { message: string } }).error.message;

/** Sends bytes as they are, for what fetch would put right, and gives the status line. */
function raw(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (part) => {
      answer += part.toString('latin1');
      if (!answer.includes('\r\n')) return;
      socket.destroy();
      resolve(answer.split('\r\n')[0]!);
    });
    socket.on('error', reject);
  });
}

describe('the dashboard', () => {
  test('is served with everything that it loads, without inline script and from nowhere else', async () => {
    const url = await serve();
    const page = await fetch(url);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    const html = await page.text();
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=|https?:\/\/(?!www\.w3\.org)/);
    const waiting = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, path]) => path!);
    const seen = new Set<string>();
    while (waiting.length > 0) {
      const path = waiting.pop()!;
      if (seen.has(path)) continue;
      seen.add(path);
      const reply = await fetch(new URL(path, url));
      expect(`${path} ${reply.status}`).toBe(`${path} 200`);
      const text = await reply.text();
      if (path.endsWith('.js')) waiting.push(...[...text.matchAll(/from ['"]\.\/([^'"]+)['"]/g)].map(([, name]) => name!));
    }
    expect([...seen]).toEqual(expect.arrayContaining(['main.js', 'snapshot.js', 'words.js', 'style.css', 'map-view.js']));
  });

  test('nothing else of the disk can be reached', async () => {
    const url = await serve();
    for (const path of ['/../package.json', '/..%2f..%2f..%2fpackage.json', '/%2e%2e/server.ts', '/server.js', '//etc/passwd', '/v1/frames/..%2f..%2fpackage.json.jpg', '/v1/nothing']) {
      expect(`${path} ${await raw(url, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)}`).toBe(`${path} HTTP/1.1 404 Not Found`);
    }
    for (const path of ['http://', 'http://[', '%']) expect(await raw(url, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(await raw(url, 'GET /v1/frames/%zz.jpg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')).toBe('HTTP/1.1 400 Bad Request');
  });

  test('HEAD answers without a body; other methods are refused', async () => {
    const url = await serve();
    const head = await fetch(`${url}v1/snapshot`, { method: 'HEAD' });
    expect({ status: head.status, body: await head.text() }).toEqual({ status: 200, body: '' });
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(405);
    expect((await fetch(`${url}v1/snapshot`, { method: 'POST' })).headers.get('allow')).toBe('GET');
    expect((await fetch(`${url}v1/classify`)).headers.get('allow')).toBe('POST');
    expect((await fetch(`${url}v1/live`)).status).toBe(426);
  });

  test('GET /v1/snapshot is the state of the moment', async () => {
    const url = await serve();
    const expected = events.slice(0, 30).reduce(foldEvent, emptySnapshot());
    expect(await (await fetch(`${url}v1/snapshot`)).json()).toEqual(JSON.parse(JSON.stringify(expected)));
  });
});

describe('POST /v1/classify', () => {
  test('answers with label and probabilities', async () => {
    const url = await serve({ classify });
    const dark = await post(url, await encodePng(sampleMicrograph('a')));
    expect({ status: dark.status, body: await dark.json() }).toEqual({ status: 200, body: { label: 'Nanowires', labels: ['Nanowires', 'Powder'], probabilities: [0.8, 0.2] } });
    const bright = await post(url, await encodePng({ widthPx: 8, heightPx: 8, data: new Uint8Array(64).fill(220) }));
    expect(await bright.json()).toMatchObject({ label: 'Powder' });
  });

  test('what is no picture is named in a sentence', async () => {
    const url = await serve({ classify });
    const text = await post(url, 'not a picture', 'notes\u0007.txt');
    expect(text.status).toBe(400);
    expect(await sentence(text)).toMatch(/^notes \.txt is not a readable picture: /);
    const whole = await encodePng(sampleMicrograph('a'));
    expect((await post(url, whole.subarray(0, whole.length / 2))).status).toBe(400);
    const nothing = await post(url, '');
    expect({ status: nothing.status, sentence: await sentence(nothing) }).toEqual({ status: 400, sentence: 'The request holds no picture.' });
  });

  test('more than 32 MiB are refused, whether announced or not', async () => {
    const url = await serve({ classify });
    const announced = await post(url, new Uint8Array(LARGEST_PICTURE_BYTES + 1));
    expect({ status: announced.status, sentence: await sentence(announced) }).toEqual({ status: 413, sentence: 'The picture is larger than 32 MiB.' });
    const part = new Uint8Array(1024 * 1024);
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(part),
    });
    const endless = fetch(`${url}v1/classify`, { method: 'POST', body: stream, duplex: 'half' } as RequestInit);
    expect((await endless).status).toBe(413);
    expect((await post(url, await encodePng(sampleMicrograph('a')))).status).toBe(200);
  });

  test('without a classifier, and with one that fails, the answer says so', async () => {
    const none = await post(await serve(), 'x');
    expect({ status: none.status, sentence: await sentence(none) }).toEqual({
      status: 503,
      sentence: 'There is no classifier here: start `emagent serve` with a model.',
    });
    const failing = await serve({
      classify: async () => {
        throw new EmagentError('EM_MODEL_FAILED', 'The model sem11 failed on one picture.');
      },
    });
    const failed = await post(failing, 'x');
    expect({ status: failed.status, sentence: await sentence(failed) }).toEqual({ status: 503, sentence: 'The model sem11 failed on one picture.' });
  });

  test('pictures are classified one after another, and only a few may wait', async () => {
    let running = 0;
    let most = 0;
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const url = await serve({
      classify: async () => {
        running++;
        most = Math.max(most, running);
        await gate;
        running--;
        return { label: 'Tips', labels: ['Tips'], probabilities: [1] };
      },
    });
    const replies = Array.from({ length: 9 }, () => post(url, 'picture'));
    // The refused ones are answered while the others wait.
    await Promise.any(replies);
    release();
    const statuses = (await Promise.all(replies)).map(({ status }) => status).sort();
    expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(0);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(4);
    expect(most).toBe(1);
  });
});
