import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { driver as simDriver } from '../../simulator/driver.ts';
import { createSimulatedMicroscope } from '../../simulator/device/microscope.ts';
import { loadScenario } from '../../simulator/scenario.ts';
import type { SimulatedMicroscope } from '../../simulator/simulated-microscope.ts';
import { startAsiBench } from '../support/asi-bench.ts';
import { startRemconServer } from '../../simulator/wire/remcon-server.ts';
import { startScopeServer } from '../../simulator/wire/scope-server.ts';
import { startSharksemServer } from '../../simulator/wire/sharksem-server.ts';
import type { Clock } from '../../src/contract/clock.ts';
import type { Microscope } from '../../src/contract/microscope.ts';
import { createRealClock, createVirtualClock } from '../../src/lib/clock.ts';
import { packageRoot } from '../../src/lib/package-root.ts';
import { connectMicroscope } from '../../src/session/microscopes.ts';
import { openPty } from '../../src/session/pty.ts';
import { ptyMissing } from '../support/pty.ts';
import { CENTRED } from '../support/remcon-bench.ts';
import { connectScope } from '../support/scope-bench.ts';

/** A driver, connected to the simulated instrument, and the operator's side of that instrument. */
export interface MicroscopeUnderTest {
  readonly microscope: Microscope;
  readonly instrument: SimulatedMicroscope;
  /** Time as the driver sees it. */
  readonly clock: Clock;
  close(): Promise<void>;
}

const log = (): void => undefined;
const SCENARIO = join(packageRoot, 'test', 'conformance', 'instrument.yaml');
/** Fast enough for a test, slow enough that a long move can be caught on its way. */
const SPEED = 20;

const noPty = ptyMissing();
if (noPty !== undefined) console.warn(`NOT TESTED: drivers over a serial port, because ${noPty}.`);

/** SmartSEM's remote control, over TCP or over a real serial port of 9600 baud that socat makes. */
async function remcon(over: 'tcp' | 'pty'): Promise<MicroscopeUnderTest> {
  const imagesDir = mkdtempSync(join(tmpdir(), 'emagent-smartsem-'));
  const clock = createRealClock(SPEED);
  const instrument = await createSimulatedMicroscope({ scenario: await loadScenario(SCENARIO), seed: 3, clock, log, url: `remcon+${over}:` });
  const server = await startRemconServer({ microscope: instrument, port: 0, imagesDir, storeSizePx: [256, 192] });
  const pty = over === 'pty' ? await openPty({ tcpPort: server.port, clock: createRealClock(), log }) : undefined;
  // On the instrument's fast clock a busy machine is soon late: limits of a hang, not of a slow reply.
  const patient = { acknowledgeMs: '40000', completionMs: '100000', pictureMs: '600000', scanMs: '600000' };
  const query = new URLSearchParams({ images: imagesDir, size: '256x192', ...CENTRED, ...patient }).toString();
  const address = pty === undefined ? `remcon+tcp://${server.host}:${server.port}` : `remcon+serial://${pty.path}`;
  const microscope = await connectMicroscope(`${address}?${query}`, { clock, clientName: 'conformance', log });
  return {
    microscope,
    instrument,
    clock,
    close: async () => {
      await microscope.close();
      await pty?.close();
      await server.close();
      await instrument.close();
      rmSync(imagesDir, { recursive: true, force: true });
    },
  };
}

/**
 * How the instrument behind each driver is had: a registered driver without a line here fails the suite. What follows a
 * slash is another way to the same driver.
 */
export const MICROSCOPES_UNDER_TEST: Readonly<Record<string, () => Promise<MicroscopeUnderTest>>> = {
  sim: async () => {
    const clock = createVirtualClock();
    const url = new URL(`sim:?${new URLSearchParams({ seed: '3', scenario: SCENARIO }).toString()}`);
    const microscope = await simDriver.connect(simDriver.options.parse(Object.fromEntries(url.searchParams)), { url, clock, clientName: 'conformance', log });
    return { microscope, instrument: microscope as SimulatedMicroscope, clock, close: () => microscope.close() };
  },
  scope: async () => {
    const instrument = await createSimulatedMicroscope({ scenario: await loadScenario(SCENARIO), seed: 3, clock: createRealClock(SPEED), log, url: 'scope+ws:' });
    const server = await startScopeServer({ microscope: instrument, clock: createRealClock(), port: 0 });
    const microscope = await connectScope(server.url, 'conformance');
    return {
      microscope,
      instrument,
      clock: createRealClock(),
      close: async () => {
        await microscope.close();
        await server.close();
      },
    };
  },
  asi: async () => {
    const bench = await startAsiBench();
    const clock = createRealClock();
    return { microscope: await bench.connect({ clock }), instrument: bench.instrument, clock, close: bench.close };
  },
  sharksem: async () => {
    const instrument = await createSimulatedMicroscope({ scenario: await loadScenario(SCENARIO), seed: 3, clock: createRealClock(SPEED), log, url: 'sharksem:' });
    const server = await startSharksemServer({ microscope: instrument, clock: createRealClock(), port: 0 });
    const clock = createRealClock();
    const microscope = await connectMicroscope(server.url, { clock, clientName: 'conformance', log });
    return {
      microscope,
      instrument,
      clock,
      close: async () => {
        await microscope.close();
        await server.close();
        await instrument.close();
      },
    };
  },
  remcon: () => remcon('tcp'),
  ...(noPty === undefined && { 'remcon/pty': () => remcon('pty') }),
};
