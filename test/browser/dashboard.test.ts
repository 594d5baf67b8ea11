import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CATEGORIES } from '../../src/contract/categories.ts';
import type { RunEvent } from '../../src/contract/events.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import { decodePicture, encodePng } from '../../src/imaging/picture-file.ts';
import { createLiveServer, type LiveServer, type LiveServerOptions } from '../../src/live/server.ts';
import { summaryText } from '../../src/live/words.ts';
import { sampleFeed, sampleMicrograph } from '../support/sample-feed.ts';
import { sampleRun } from '../support/sample-run.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'];
const executablePath = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

const events = sampleRun({ columns: 12, rows: 8, blockTiles: 4, fields: 40, findsWanted: 3 });
const last = events.at(-1) as Extract<RunEvent, { type: 'run-ended' }>;

let browser: Browser | undefined;
let page: Page;
const complaints: string[] = [];
const open: LiveServer[] = [];

async function serve(options: Partial<LiveServerOptions>): Promise<LiveServer> {
  const server = await createLiveServer({ host: '127.0.0.1', port: 0, log: () => undefined, ...options });
  open.push(server);
  return server;
}
async function show(options: Partial<LiveServerOptions>): Promise<LiveServer> {
  const server = await serve(options);
  await page.goto(server.url);
  await page.locator('#link[data-link=live]').waitFor();
  return server;
}
const text = (selector: string): Promise<string> => page.locator(selector).innerText();

beforeAll(async () => {
  if (executablePath !== undefined) browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  else console.warn('The dashboard is not tested in a browser: none of chromium, chromium-browser, google-chrome, chrome is on the PATH.');
});
afterAll(() => browser?.close());
beforeEach(async ({ skip }) => {
  if (browser === undefined) {
    skip();
    return;
  }
  page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
});
afterEach(async () => {
  if (browser === undefined) return;
  await page.close();
  await Promise.all(open.splice(0).map((server) => server.close()));
  expect(complaints.splice(0)).toEqual([]);
});

describe('a run on the dashboard', () => {
  test('shows map, frame, probabilities, finds and progress as they come, and the end in words', async () => {
    const middle = events.findLastIndex((event) => event.type === 'find') - 10;
    const feed = sampleFeed(events, { played: middle });
    await show({ feed });
    expect(await page.title()).toMatch(/^\d+ % · Nanowires – emagent$/);
    expect(await text('h1')).toBe('Searching Nanowires');
    expect(await page.locator('#finds li').count()).toBe(2);

    // The canvas has the colours of the tiles, the ring of a find, and says in words what it shows.
    expect(await page.locator('#map').getAttribute('aria-label')).toMatch(/^Map of 12 by 8 tiles: of 92 in the area 9\d surveyed, \d+ inspected, 2 finds\.$/);
    const colours = await page.evaluate(() => {
      const canvas = document.querySelector('canvas')!;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      const counts = new Map<string, number>();
      for (let index = 0; index < data.length; index += 4) {
        const key = `${data[index]},${data[index + 1]},${data[index + 2]},${data[index + 3]}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      return [...counts].filter(([, count]) => count > 100).map(([key]) => key);
    });
    expect(colours).toContain('184,92,0,255');
    expect(colours.length).toBeGreaterThan(20);

    feed.play();
    await page.locator('#notice:not([hidden])').waitFor();
    expect(await text('#notice-title')).toBe('Found what was asked for');
    expect(await text('#notice-text')).toBe(`${summaryText(last.result)} The stage is still and the beam is blanked.`);
    expect(await page.locator('#finds li').count()).toBe(3);
    await page.waitForFunction(() => [...document.querySelectorAll('#finds img')].filter((image) => (image as HTMLImageElement).naturalWidth > 0).length === 3);
    await page.waitForFunction(() => (document.querySelector('#frame') as HTMLImageElement).naturalWidth === 384);
    const bars = await page.locator('#bars li').allInnerTexts();
    expect(bars.map((bar) => bar.split('\n')[0])).toEqual([...CATEGORIES, 'Background'].map((label) => label.replaceAll('_', ' ')));
    expect(await page.locator('#bars li[data-target]').innerText()).toMatch(/^Nanowires\s+\d/);
    expect(await text('#totals')).toContain(`${last.result.fields.imaged}`);
    expect(await page.locator('#progress').getAttribute('aria-valuenow')).toBe('100');
    expect(await page.locator('#log li').first().innerText()).toContain('Found what was asked for');

    await page.locator('#finds button').first().click();
    expect(await text('#find-facts')).toContain(last.result.finds[0]!.frame);
    await page.keyboard.press('Escape');
  });

  test('a late viewer gets the pictures of finds that were made before', async () => {
    await show({ feed: sampleFeed(events, { played: events.length }) });
    await page.waitForFunction(() => [...document.querySelectorAll('#finds img')].filter((image) => (image as HTMLImageElement).naturalWidth > 0).length === 3);
  });

  test('a picture that is not classified shows no bars of another one', async () => {
    const at = events.findIndex((event) => event.type === 'judged' && event.verdict === 'good' && event.seq > 80);
    const judged = events[at] as Extract<RunEvent, { type: 'judged' }>;
    const feed = sampleFeed(events, { played: at });
    await show({ feed });
    feed.publish({ ...judged, verdict: 'empty' });
    await page.getByText('Empty field: not classified').waitFor();
    expect(await text('#verdict')).toBe('empty');
    expect(await page.locator('#bars li').count()).toBe(0);
  });

  test('faults stand at the top', async () => {
    const faulted = sampleRun({ columns: 12, rows: 8, blockTiles: 4, fields: 20, findsWanted: 20, ending: 'panicked' });
    await show({ feed: sampleFeed(faulted, { played: faulted.length }) });
    expect(await text('#notice-title')).toBe('Not proven safe: go to the instrument');
    expect(await text('#notice-text')).toContain('blanker: asked closed, read open');
    expect(await text('#state')).toBe('Needs a person at the instrument');
  });

  test('goes on by itself after the connection was lost, without a gap', async () => {
    const server = await show({ feed: sampleFeed(events, { played: 60 }) });
    await server.close();
    await page.locator('#link[data-link=waiting]').waitFor();
    const complained = complaints.splice(0);
    const feed = sampleFeed(events, { played: 80 });
    await serve({ feed, port: Number(new URL(server.url).port) });
    await page.locator('#link[data-link=live]').waitFor();
    feed.play();
    await page.locator('#notice:not([hidden])').waitFor();
    expect(await page.locator('#finds li').count()).toBe(3);
    // The browser itself reports each refused try; nothing else was complained about.
    expect([...complained, ...complaints.splice(0)].filter((line) => !/ERR_CONNECTION_REFUSED|WebSocket connection to|ERR_CONNECTION_RESET/.test(line))).toEqual([]);
  });

  test('another run on the same port replaces what was shown', async () => {
    const server = await show({ feed: sampleFeed(events, { played: events.length }) });
    await server.close();
    const other = sampleRun({ seed: 99, columns: 6, rows: 6, blockTiles: 3, fields: 12, findsWanted: 9 });
    await serve({ feed: sampleFeed(other, { played: 12 }), port: Number(new URL(server.url).port) });
    await page.getByText('run sample-99').waitFor();
    expect(await page.locator('#finds li').count()).toBe(0);
    expect(await page.locator('#notice').isHidden()).toBe(true);
    complaints.splice(0);
  });

  test.each([420, 1000])('%i px wide: nothing sticks out sideways', async (width) => {
    await page.setViewportSize({ width, height: 900 });
    await show({ feed: sampleFeed(events, { played: 80 }), control: { request: async () => ({ accepted: true, message: '' }) } });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  });
});

describe('control', () => {
  test('the buttons send their requests, halting only when confirmed, and the answer is shown', async () => {
    const asked: string[] = [];
    const feed = sampleFeed(events, { played: 60 });
    await show({
      feed,
      control: {
        request: async (request) => {
          asked.push(request);
          return request === 'skip' ? { accepted: false, message: 'No field is in hand.' } : { accepted: true, message: `The run will ${request}.` };
        },
      },
    });
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    await button('Pause').click();
    await page.getByText('The run will pause.').waitFor();
    feed.publish({ ...events[60]!, type: 'paused', seq: 60 } as RunEvent);
    await button('Resume').click();
    await page.getByText('The run will resume.').waitFor();
    await button('Skip field').click();
    await page.getByText('Not done: No field is in hand.').waitFor();
    await button('Stop').click();
    await page.getByText('The run will stop.').waitFor();
    await button('Halt').click();
    await button('Go on searching').click();
    expect(asked).toEqual(['pause', 'resume', 'skip', 'stop']);
    await button('Halt').click();
    await page.keyboard.press('Enter');
    await page.getByText('The run will halt.').waitFor();
    expect(asked).toEqual(['pause', 'resume', 'skip', 'stop', 'halt']);
  });

  test('without a control port there are no buttons', async () => {
    await show({ feed: sampleFeed(events, { played: 60 }) });
    expect(await page.locator('#controls').isHidden()).toBe(true);
  });

  test('a run with a token asks for it until it is right', async () => {
    const server = await serve({ feed: sampleFeed(events, { played: 60 }), token: 'secret' });
    await page.goto(server.url);
    await page.locator('#token').fill('wrong');
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.getByText('That token was not the right one.').waitFor();
    await page.locator('#token').fill('secret');
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.locator('#link[data-link=live]').waitFor();
    await page.goto(`${server.url}?token=secret`);
    await page.locator('#link[data-link=live]').waitFor();
    expect(page.url()).toBe(server.url);
    // The browser reports the refused upgrades.
    complaints.splice(0);
  });
});

describe('pictures', () => {
  const classify: LiveServerOptions['classify'] = async (bytes, name) => {
    if (name.startsWith('broken')) throw new EmagentError('EM_PICTURE', `${name} is not a readable picture: cut short.`);
    const { widthPx } = await decodePicture(bytes, name);
    return { label: 'Tips', labels: [...CATEGORIES], probabilities: CATEGORIES.map((label) => (label === 'Tips' ? 0.91 : 0.01)), ...(widthPx < 100 ? { rejected: 'too small' } : {}) };
  };
  const drop = async (png: Uint8Array, name: string): Promise<void> => {
    const transfer = await page.evaluateHandle(
      ([base64, fileName]) => {
        const carried = new DataTransfer();
        carried.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.codePointAt(0)!)], fileName, { type: 'image/png' }));
        return carried;
      },
      [Buffer.from(png).toString('base64'), name] as const,
    );
    await page.dispatchEvent('body', 'dragenter', { dataTransfer: transfer });
    await page.locator('#drop-veil:not([hidden])').waitFor();
    await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
  };

  test('one that is dropped is classified, with bars', async () => {
    await show({ feed: sampleFeed(events, { played: 60 }), classify });
    await drop(await encodePng(sampleMicrograph('dropped')), 'my sample.png');
    await page.getByText('Tips, 91 %').waitFor();
    expect(await text('#picture-title')).toBe('my sample.png');
    expect(await page.locator('#picture-bars li').count()).toBe(10);
    expect(await page.locator('#picture-bars li').first().innerText()).toMatch(/^Tips\s+91 %$/);
    await page.waitForFunction(() => (document.querySelector('#picture') as HTMLImageElement).naturalWidth === 384);
  });

  test('one that cannot be read, and one that is not trusted, say so', async () => {
    await show({ classify });
    await drop(await encodePng(sampleMicrograph('dropped')), 'broken.png');
    await page.getByText('broken.png is not a readable picture: cut short.').waitFor();
    await page.keyboard.press('Escape');
    await drop(await encodePng(sampleMicrograph('dropped', 40)), 'small.png');
    await page.getByText('Not trusted: too small').waitFor();
    // The browser reports the answer 400.
    complaints.splice(0);
  });

  test('without a run, the page is for pictures, also by keyboard', async () => {
    await show({ classify });
    expect(await page.locator('#map-panel').isHidden()).toBe(true);
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Choose a picture…' }).focus();
    await page.keyboard.press('Enter');
    await (await chooser).setFiles({ name: 'chosen.png', mimeType: 'image/png', buffer: Buffer.from(await encodePng(sampleMicrograph('c'))) });
    await page.getByText('Tips, 91 %').waitFor();
  });
});
