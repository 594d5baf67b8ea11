import type { Clock } from '../../src/contract/clock.ts';

/**
 * One line of JSON for everything that happens to the instrument: `command` and how it ended (`done`, `failed`), `state`
 * when any of it changes, `fault` when one strikes, `arrived` and `scan` with the true values, `operator`. With a virtual
 * clock the lines are the same bytes for the same seed, scenario and commands. It holds the truth: for tests only.
 */
export type TraceSink = (line: string) => void;

export type Trace = (kind: string, values: Readonly<Record<string, unknown>>) => void;

export function createTrace(sink: TraceSink | undefined, clock: Clock): Trace {
  if (sink === undefined) return () => undefined;
  return (kind, values) => sink(JSON.stringify({ tMs: clock.nowMs(), kind, ...values }));
}
