import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { WireStatus } from '../../../drivers/scope/codec.ts';
import type { EmagentError } from '../../../src/contract/errors.ts';
import type { MicroscopeFault } from '../../../src/contract/microscope.ts';
import { createRealClock } from '../../../src/lib/clock.ts';
import { packageRoot } from '../../../src/lib/package-root.ts';
import { connectMicroscope } from '../../../src/session/microscopes.ts';
import { Truth } from '../../../simulator/truth.ts';
import { type RunningProcess, startCli, startNode } from '../../support/cli.ts';
import { ptyMissing } from '../../support/pty.ts';
import { isNotification, openRawScopeClient } from '../../support/raw-scope-client.ts';
import { connectScope } from '../../support/scope-bench.ts';

const SCENARIO = join(packageRoot, 'test', 'conformance', 'instrument.yaml');
const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

async function simulate(...args: string[]): Promise<{ server: RunningProcess; url: string }> {
  const server = startCli(['simulate', '--listen', '127.0.0.1:0', '--scenario', SCENARIO, '--json', ...args]);
  endings.push(() => {
    server.process.kill('SIGKILL');
    return server.ended;
  });
  const { url } = JSON.parse(await server.line()) as { url: string };
  return { server, url };
}

const built = (file: string): string => pathToFileURL(join(packageRoot, 'dist', file)).href;

/** A client in a process of its own: it takes the beam off the blanker and sends the stage on a way of nine seconds. */
function startMovingClient(url: string, leaseMs: number): RunningProcess {
  const client = startNode([
    '--input-type=module',
    '--eval',
    `
    import { driver } from '${built('drivers/scope/index.js')}';
    import { createRealClock } from '${built('src/lib/clock.js')}';
    const clock = createRealClock();
    const microscope = await driver.connect(driver.options.parse({ leaseMs: ${leaseMs} }), { url: new URL('${url}'), clock, clientName: 'victim run=killed', log() {} });
    await microscope.setBlanker(false);
    microscope.moveStage({ xUm: 18000 }).catch(() => {});
    while (!(await microscope.readState()).stageMoving) await clock.sleep(10);
    console.log('moving');
    `,
  ]);
  endings.push(() => {
    client.process.kill('SIGKILL');
    return client.ended;
  });
  return client;
}

describe('a client that dies in the middle of a move', () => {
  test('leaves a stage that stands and a blanked beam within its lease', async () => {
    const runs = mkdtempSync(join(tmpdir(), 'emagent-killed-'));
    endings.push(() => rmSync(runs, { recursive: true, force: true }));
    mkdirSync(join(runs, 'killed'));
    const leaseMs = 1500;
    const { url } = await simulate('--runs', runs);
    const client = startMovingClient(url, leaseMs);
    await client.line();

    const watcher = await openRawScopeClient(url);
    endings.push(() => watcher.close());
    const before = WireStatus.parse((await watcher.request('status.get')).result);
    expect(before).toMatchObject({ moving: true, blanked: false, beam: 'on' });
    client.process.kill('SIGKILL');
    await client.ended;

    const rest = WireStatus.parse((await watcher.next((message) => isNotification('status')(message) && message.params?.['moving'] === false)).params);
    expect(rest).toMatchObject({ moving: false, blanked: true, scan: 'idle' });
    expect(rest.pos.x).toBeLessThan(0.018);
    // On the server's own clock: the lease was last renewed before the kill; 250 ms to come to rest, 200 ms between two statuses.
    expect(rest.ts - before.ts).toBeLessThan(leaseMs / 1000 + 0.25 + 0.2);
    // The run is over, so its truth is there, and the next client may come.
    const next = await watcher.request('session.acquire', { client: 'next', leaseMs: 1000 });
    expect(next.result).toBeDefined();
    expect(existsSync(join(runs, 'killed', 'truth.json'))).toBe(true);
  });
});

describe('a server that dies', () => {
  test('is a fault of the connection, and nobody claims that the microscope is safe', async () => {
    const { server, url } = await simulate();
    const microscope = await connectScope(url);
    endings.push(() => microscope.close());
    const fault = new Promise<MicroscopeFault>((resolve) => microscope.onFault(resolve));
    const move = microscope.moveStage({ xUm: 18_000 }).catch((error: EmagentError) => error.code);
    server.process.kill('SIGKILL');
    expect((await fault).code).toBe('EM_LINK_CLOSED');
    expect(await move).toBe('EM_LINK_CLOSED');
    await expect(microscope.halt('server died')).rejects.toMatchObject({ code: 'EM_NOT_SAFE' });
  });
});

describe('emagent simulate', () => {
  test('ends cleanly with Ctrl-C, also with a client on it', async () => {
    const { server, url } = await simulate('--speed', '20');
    const watcher = await openRawScopeClient(url);
    server.process.kill('SIGINT');
    expect(await watcher.ended).toBe(1001);
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('says in one sentence that the port is in use', async () => {
    const { url } = await simulate();
    const { port } = new URL(url);
    const second = startCli(['simulate', '--listen', `127.0.0.1:${port}`, '--scenario', SCENARIO]);
    const { code, stderr, stdout } = await second.ended;
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.split('\n')[0]).toBe(`emagent: Port ${port} of 127.0.0.1 is in use.`);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test.each([
    [['--listen', 'nowhere'], 'is no address: write host:port'],
    [['--listen', '127.0.0.1:99999'], 'is no address: write host:port'],
    [['--listen', '0.0.0.0:0'], 'give a token'],
    [['--speed', '20', '--realtime'], 'contradict each other'],
    [['--speed', 'fast'], '--speed needs a number'],
    [['--speed', '-1'], '--speed'],
    [['--seed', '1', '--seed', '2'], '--seed was given 2 times'],
    [['--scenario', 'defalt'], 'Did you mean default?'],
    [['--protocol', 'morse'], 'protocol'],
    [['--protocol', 'asi'], 'give --images'],
    [['--protocol', 'asi', '--images', '/dev/null/pictures'], 'cannot be made'],
    [['--protocol', 'asi', '--images', tmpdir(), '--token', 'secret'], 'knows no token'],
    [['--listen', 'pty'], 'does not fit a serial line'],
    [['--listen', 'pty:ttySEM', '--protocol', 'asi', '--images', tmpdir()], 'write an absolute one'],
    [['--listen', 'pty:/dev/null', '--protocol', 'asi', '--images', tmpdir()], 'exists already'],
    [['--listen', '0.0.0.0:0', '--protocol', 'asi', '--images', tmpdir()], 'or add --open'],
    [['--images', tmpdir()], 'leave --images out'],
  ])('refuses %j in one sentence', async (args, sentence) => {
    const { code, stderr, stdout } = await startCli(['simulate', ...(args[0] === '--listen' ? [] : ['--listen', '127.0.0.1:0']), ...args]).ended;
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('without socat says what is missing for a serial port', async () => {
    const { code, stderr } = await startCli(['simulate', '--protocol', 'asi', '--images', tmpdir(), '--listen', 'pty', '--scenario', SCENARIO], { env: { PATH: '/nonexistent' } }).ended;
    expect(code).toBe(2);
    expect(stderr).toContain('made by the program socat, which is not installed here');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('serves a stage controller at a serial port, and tells the truth when it ends', async (context) => {
    const missing = ptyMissing();
    context.skip(missing !== undefined, missing);
    const folder = mkdtempSync(join(tmpdir(), 'emagent-asi-process-'));
    endings.push(() => rmSync(folder, { recursive: true, force: true }));
    const truth = join(folder, 'truth.json');
    const server = startCli(['simulate', '--protocol', 'asi', '--listen', `pty:${join(folder, 'ttySEM')}`, '--images', join(folder, 'camera'), '--truth', truth, '--speed', '20', '--scenario', SCENARIO, '--json']);
    endings.push(() => {
      server.process.kill('SIGKILL');
      return server.ended;
    });
    const { url } = JSON.parse(await server.line()) as { url: string };
    expect(url).toMatch(/^asi\+serial:\/\/\/.*\/ttySEM\?images=/);
    const microscope = await connectMicroscope(url, { clock: createRealClock(), clientName: 'test', log: () => undefined });
    endings.push(() => microscope.close());
    expect((await microscope.moveStage({ xUm: 40 })).xUm).toBeCloseTo(40, 0);
    await microscope.close();
    expect(existsSync(truth)).toBe(false);
    server.process.kill('SIGINT');
    expect((await server.ended).code).toBe(0);
    expect(Truth.parse(JSON.parse(readFileSync(truth, 'utf8'))).sites).toHaveLength(1);
    expect(existsSync(join(folder, 'ttySEM'))).toBe(false);
  });
});
