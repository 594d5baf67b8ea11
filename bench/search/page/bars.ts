import { falseFindsInInterval, boundHolds } from '../honesty.ts';
import type { Comparison, Metrics } from '../metrics.ts';
import type { ReplayScore } from '../replay/replay.ts';
import { geometricMean } from '../statistics.ts';
import { table } from './tables.ts';

export interface Measured {
  /** Paired comparisons in the nine worlds. */
  readonly nine: readonly Comparison[];
  readonly metrics: readonly Metrics[];
  /** Metrics of the 500 seeds for the bound alone. */
  readonly coverage: readonly Metrics[];
  /** Comparisons with the serpentine where survey scores mislead. */
  readonly distrust: readonly Comparison[];
  readonly replay: ReplayScore | undefined;
}

interface Bar {
  readonly claim: string;
  readonly reached: string;
  readonly holds: boolean;
}

const STRATEGY = 'adaptive';
const SERPENTINE_BARS = [['2b-uniform-1', 1.9], ['2b-loose-1', 3.2], ['2b-tight-1', 4.3]] as const;
const REPLAY_BARS = [97, 195, 290, 380] as const;
const USELESS_BAR = 1.25;

const interval = ({ speedup, low, high }: Comparison): string => `${speedup.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;

function nineWorlds({ nine }: Measured): Bar[] {
  const own = nine.filter(({ strategy }) => strategy === STRATEGY);
  const mixed = own.filter(({ reference }) => reference === 'mixed-index');
  const faster = mixed.filter(({ low }) => low > 1);
  const overall = geometricMean(mixed.map(({ speedup }) => speedup)).value;
  return [
    { claim: 'faster than mixed-index in each of the nine worlds, interval above 1', reached: `in ${faster.length} of ${mixed.length}`, holds: faster.length === mixed.length },
    { claim: 'by 15 % in the mean over the worlds', reached: `${(100 * (overall - 1)).toFixed(0)} %`, holds: overall >= 1.15 },
    ...SERPENTINE_BARS.map(([family, bar]): Bar => {
      const entry = own.find((one) => one.family === family && one.reference === 'serpentine')!;
      return { claim: `${bar} x serpentine, ${family}`, reached: interval(entry), holds: entry.speedup >= bar };
    }),
  ];
}

function replayBar({ replay }: Measured): Bar {
  const claim = `CryoRL replay, 50 starts: ${REPLAY_BARS.join(' / ')} good holes`;
  if (replay === undefined) return { claim, reached: 'not played', holds: false };
  return { claim: `${claim}, ${replay.strategy}`, reached: replay.good.map((value) => value.toFixed(1)).join(' / '), holds: REPLAY_BARS.every((bar, at) => replay.good[at]! >= bar) };
}

function uselessBar({ distrust }: Measured, family: string): Bar {
  const entry = distrust.find((one) => one.family === family && one.strategy === STRATEGY)!;
  const [ratio, low, high] = [1 / entry.speedup, 1 / entry.high, 1 / entry.low];
  return { claim: `at most ${USELESS_BAR} x the time of serpentine, ${family}`, reached: `${ratio.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`, holds: high <= USELESS_BAR };
}

function falseBar({ metrics }: Measured): Bar {
  const own = metrics.filter(({ strategy }) => strategy === STRATEGY);
  const outside = own.filter(({ falseFinds, declared }) => !falseFindsInInterval(falseFinds, declared));
  const words = outside.map(({ family, n, falseFinds, declared }) => `${family} at ${n} tiles ${falseFinds} of ${declared}`).join(', ');
  return { claim: 'false finds inside the binomial interval of 1 % of the declared ones, in every family and size played', reached: outside.length === 0 ? 'everywhere' : `not: ${words}`, holds: outside.length === 0 };
}

function coverageBar({ coverage }: Measured): Bar {
  const own = coverage.filter(({ strategy }) => strategy === STRATEGY);
  const words = own.map(({ family, coverage: share }) => `${family} ${(100 * share).toFixed(1)} %`).join(', ');
  return { claim: `the 95 % bound on what is left holds in at least 95 % of ${own[0]?.seeds ?? 0} seeds, ${own[0]?.n ?? 0} tiles`, reached: words, holds: own.every(({ coverage: share }) => share >= 0.95) };
}

/** What the issue asks for, and what was measured. */
export function barsTable(measured: Measured): string {
  const bars = [...nineWorlds(measured), replayBar(measured), uselessBar(measured, 'useless-survey'), uselessBar(measured, 'inverted-survey'), falseBar(measured), coverageBar(measured)];
  return table(['bar', 'measured', 'reached'], bars.map(({ claim, reached, holds }) => [claim, reached, holds ? 'yes' : '**no**']));
}

/** Families in which the bound held less often than chance allows. */
export function boundFailures(metrics: readonly Metrics[]): string {
  const failing = metrics.filter(({ strategy, coverage, seeds }) => strategy === STRATEGY && !boundHolds(Math.round(coverage * seeds), seeds));
  return failing.length === 0 ? 'nowhere' : failing.map(({ family, n, coverage }) => `${family} at ${n} tiles (${(100 * coverage).toFixed(0)} %)`).join(', ');
}
