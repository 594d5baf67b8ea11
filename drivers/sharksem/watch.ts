import { createFaultListeners } from '../links/fault-listeners.ts';
import type { Clock } from '../../src/contract/clock.ts';
import type { MicroscopeFault } from '../../src/contract/microscope.ts';
import { UPS } from './codec/functions.ts';
import type { Instrument } from './identify.ts';
import type { Session } from './session.ts';
import type { Health } from './status.ts';

/** Tells what gets worse, once for each change; SharkSEM itself never speaks unasked. */
export interface Watch {
  sees(health: Health): void;
  seesUps(status: number): void;
  onFault(listener: (fault: MicroscopeFault) => void): () => void;
  /** Silent from now on. */
  close(): void;
}

const UPS_TEXT: Readonly<Record<number, string>> = {
  [UPS.onBattery]: 'runs on its battery: the mains have failed',
  [UPS.batteryLow]: 'has mains, but the battery of its supply is low',
  [UPS.stopAtOnce]: 'runs on a battery that is nearly empty',
};

export function createWatch(session: Pick<Session, 'description' | 'lost' | 'onLost'>): Watch {
  const faults = createFaultListeners(() => session.lost);
  const { tell } = faults;
  let last: Health | undefined;
  let lastUps: number | undefined;
  session.onLost(({ code, message }) => tell({ code, message }));
  return {
    sees: (health) => {
      const before = last;
      last = health;
      if (before === undefined) return;
      if (health.vacuum !== 'ready') {
        // The beam goes with the vacuum: one message.
        if (before.vacuum === 'ready') tell({ code: 'EM_VACUUM', message: `The vacuum of ${session.description} is "${health.vacuum}".` });
      } else if (health.beam !== before.beam && before.vacuum === 'ready' && (health.beam === 'fault' || health.beam === 'off')) {
        const what = health.beam === 'fault' ? 'reports a fault (a filament that has blown?)' : 'is off';
        tell({ code: 'EM_BEAM', message: `The gun of ${session.description} ${what}.` });
      }
    },
    seesUps: (status) => {
      const isNews = lastUps !== undefined && status !== lastUps;
      lastUps = status;
      const text = UPS_TEXT[status];
      if (isNews && text !== undefined) tell({ code: 'EM_INTERLOCK', message: `${session.description} ${text}.` });
    },
    onFault: faults.onFault,
    close: faults.close,
  };
}

interface Patrol {
  readonly session: Session;
  readonly instrument: Instrument;
  readonly watch: Watch;
  readonly clock: Clock;
  readonly pollMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  look(): Promise<unknown>;
}

/** Looks at vacuum, gun and mains again and again; past what the server holds, and not while it does. */
export async function patrol({ session, instrument, watch, clock, pollMs, signal, look }: Patrol): Promise<void> {
  while (!signal.aborted) {
    if (session.lost === undefined && !session.holds) {
      // What is wrong with the connection, the session tells.
      await look().catch(() => undefined);
      if (instrument.has('GetUPSStatus')) await session.call('GetUPSStatus', [], { jump: true }).then(([status]) => watch.seesUps(status), () => undefined);
    }
    await clock.sleep(pollMs, signal).catch(() => undefined);
  }
}
