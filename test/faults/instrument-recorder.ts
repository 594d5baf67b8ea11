import type { MicroscopeState } from '../../src/contract/microscope.ts';
import type { SimulatedMicroscope } from '../../simulator/simulated-microscope.ts';

const COMMANDS = ['moveStage', 'setOptics', 'acquire', 'scan', 'autofocus', 'setBlanker', 'setBeam', 'halt'] as const;

/** A command as it reached the instrument, and how the instrument was then. */
export interface Recorded {
  readonly atMs: number;
  readonly before: MicroscopeState;
  readonly command: (typeof COMMANDS)[number];
  /** The first argument. */
  readonly argument: unknown;
}

export interface RecordedInstrument {
  readonly microscope: SimulatedMicroscope;
  readonly commands: readonly Recorded[];
}

/** Stands between a wire (or the driver of the process) and the instrument, and notes what passes. */
export function recordInstrument(inner: SimulatedMicroscope): RecordedInstrument {
  const commands: Recorded[] = [];
  const noted = (command: Recorded['command']) => {
    const work = inner[command] as (...given: unknown[]) => Promise<unknown>;
    return async (...given: unknown[]): Promise<unknown> => {
      const before = await inner.readState().catch(() => undefined);
      if (before !== undefined) commands.push({ atMs: inner.clock.nowMs(), before, command, argument: given[0] });
      return work(...given);
    };
  };
  const wrapped = Object.fromEntries(COMMANDS.map((command) => [command, noted(command)]));
  return { microscope: { ...inner, ...wrapped } as SimulatedMicroscope, commands };
}
