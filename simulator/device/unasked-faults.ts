import { randomFor } from '../../src/lib/random.ts';
import type { FaultName, FaultScript } from '../faults.ts';
import type { FaultState } from './fault-schedule.ts';
import type { Instrument } from './instrument.ts';

/** What the operator's joystick does at most and at least. */
const JOYSTICK_UM = { least: 30, most: 80 } as const;

/** Faults that nobody's command brings about: they strike by the clock, at a command of any kind, or when a state begins. */
export interface UnaskedFaults {
  /** Those that are due by now. */
  byClock(): void;
  byCommand(): void;
  entering(state: FaultState): void;
  /** The next instant at which something happens by the clock. */
  nextAtMs(): number;
}

/** In the order in which they are asked for. Vacuum and gun strike in the middle of a frame where a frame is what they were asked for. */
const AT_COMMANDS = ['operator-moves', 'ups-battery', 'specimen-swapped'] as const satisfies FaultName[];
export const AT_FRAMES = ['vacuum-trip', 'beam-trip', 'beam-arc', 'beam-sags'] as const satisfies FaultName[];
const ALL = [...AT_FRAMES, ...AT_COMMANDS] as const;
export type UnaskedFault = (typeof ALL)[number];

/** Makes an unasked fault happen. */
export type Strike = (fault: UnaskedFault, script?: FaultScript) => void;

export function createStrike(instrument: Instrument): Strike {
  const { clock, column } = instrument;
  const random = randomFor(instrument.seed, 'unasked');
  /** What strikes by the clock began when it was due, though nobody may have looked since. */
  const beganMs = (script: FaultScript | undefined): number => (script !== undefined && 'atS' in script.when ? Math.min(clock.nowMs(), script.when.atS * 1000) : clock.nowMs());
  const lastsMs = (script: FaultScript | undefined): number => (script?.forS === undefined ? Number.POSITIVE_INFINITY : script.forS * 1000);
  return (fault, script) => {
    switch (fault) {
      case 'vacuum-trip':
        instrument.fail('EM_VACUUM', 'The pressure in the chamber rose above its limit: valves shut, beam off.', () => column.tripVacuum(clock.nowMs()));
        break;
      case 'beam-trip':
        instrument.fail('EM_BEAM', 'The emission of the gun broke down: no beam.', () => column.tripBeam());
        break;
      case 'beam-arc':
        instrument.fail('EM_BEAM', 'A discharge in the gun: the high tension went off and comes back by itself.', () => column.arc(clock.nowMs()));
        break;
      case 'beam-sags':
        instrument.change(() => column.sag(beganMs(script), lastsMs(script)));
        break;
      case 'ups-battery':
        instrument.battery = { fromMs: beganMs(script), untilMs: beganMs(script) + lastsMs(script) };
        instrument.tell({ code: 'EM_INTERLOCK', message: 'The mains failed: the instrument runs on its battery.' });
        break;
      case 'operator-moves': {
        const by = (JOYSTICK_UM.least + (JOYSTICK_UM.most - JOYSTICK_UM.least) * random.uniform()) * (random.uniform() < 0.5 ? -1 : 1);
        instrument.desk.joystick({ xUm: by, yUm: by / 2 });
        break;
      }
      case 'specimen-swapped':
        instrument.desk.swapSpecimen(random.integer(0x7fffffff));
        break;
    }
  };
}

export function createUnaskedFaults(instrument: Instrument, strike: Strike): UnaskedFaults {
  const { clock, faults } = instrument;
  const ask = (names: readonly UnaskedFault[], occasion: Parameters<typeof faults.begins>[2]): void => {
    for (const name of names) {
      const script = faults.begins(name, clock.nowMs(), occasion);
      if (script !== undefined) strike(name, script);
    }
  };
  const batteryEndMs = (): number => {
    const { fromMs, untilMs } = instrument.battery;
    const emptyMs = fromMs + instrument.scenario.column.batteryS * 1000;
    return untilMs <= emptyMs ? Number.POSITIVE_INFINITY : emptyMs;
  };
  return {
    byClock: () => {
      if (faults.nextAtMs(ALL) <= clock.nowMs()) ask(ALL, { by: 'clock' });
      if (clock.nowMs() < batteryEndMs()) return;
      instrument.battery = { fromMs: Number.POSITIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };
      instrument.fail('EM_BEAM', 'The battery is empty: the gun was shut down.', () => instrument.column.shutDown());
    },
    byCommand: () => {
      ask(AT_COMMANDS, { by: 'command' });
      ask(AT_FRAMES, { by: 'state' });
    },
    entering: (state) => ask(state === 'scanning' ? AT_COMMANDS : ALL, { by: 'state', entering: state }),
    nextAtMs: () => Math.min(faults.nextAtMs(ALL), batteryEndMs()),
  };
}
