import type { RunPlan } from '../../contract/run.ts';
import { coverageOf, type RunHistory } from './history.ts';
import { formatArea, formatDuration, formatNumber, formatPercent, plural } from './quantities.ts';

/** The result in one line: what a person asks first. */
export function headline(plan: RunPlan, history: RunHistory): string {
  const found = history.finds.length;
  const wanted = plan.search.finds;
  if (found === 0) return `No ${plan.target} found`;
  return found >= wanted ? `${plural(found, 'find')} of ${plan.target}: all that were wanted` : `${found} of ${wanted} wanted ${plan.target} found`;
}

const OUTCOMES = {
  found: 'The goal was reached',
  exhausted: 'The search ended because there was nothing left worth a look',
  budget: 'The search ended because its budget was spent',
  stopped: 'The search was stopped by the user',
  faulted: 'The search ended with an instrument fault; the instrument was left safe',
  panicked: 'The search ended and it could not be proven that the instrument is safe: a person must look',
} as const;

function ending(history: RunHistory): string {
  if (history.outcome === undefined) return 'The run was cut off: this report tells what its journal held then.';
  const reason = history.result?.reason.trim().replace(/\.$/, '') ?? '';
  return `${OUTCOMES[history.outcome]}${reason === '' ? '' : ` (${reason})`}.`;
}

function certainty(history: RunHistory): string | undefined {
  const { finds } = history;
  if (finds.length === 0) return undefined;
  const expected = finds.reduce((sum, { probability }) => sum + probability, 0);
  const least = Math.min(...finds.map(({ probability }) => probability));
  const number = expected.toFixed(expected > 99 ? 0 : 2).replace(/\.?0+$/, '');
  if (finds.length === 1) return `By its own account the find is right with ${formatPercent(least)}.`;
  return `By its own account ${number} of the ${finds.length} finds are right; the least certain one has ${formatPercent(least)}.`;
}

function covered(plan: RunPlan, history: RunHistory): string {
  const coverage = coverageOf(plan, history);
  const totalUm2 = coverage.total * coverage.tileAreaUm2;
  const area = (tiles: number): string => formatArea(tiles * coverage.tileAreaUm2, totalUm2);
  const { inspect, survey } = plan.search.looks;
  const pixel = ({ fieldWidthUm, widthPx }: typeof inspect): string => `${formatNumber((fieldWidthUm * 1000) / widthPx)} nm a pixel`;
  const share = (tiles: number): string => formatPercent(tiles / coverage.total);
  const parts = [
    `Of ${area(coverage.total)}, ${area(coverage.inspected)} (${share(coverage.inspected)}) were looked at closely, at ${pixel(inspect)} and ${formatNumber(inspect.dwellUs)} µs dwell`,
  ];
  if (coverage.surveyedOnly > 0) parts.push(`a further ${area(coverage.surveyedOnly)} (${share(coverage.surveyedOnly)}) only in survey, at ${pixel(survey)}`);
  const unseen = coverage.total - coverage.inspected - coverage.surveyedOnly - coverage.skipped;
  if (unseen > 0) parts.push(`${area(unseen)} (${share(unseen)}) not at all`);
  if (coverage.skipped > 0) parts.push(`${plural(coverage.skipped, 'tile')} had to be skipped`);
  return `${parts.join('; ')}.`;
}

function missed(plan: RunPlan, history: RunHistory): string | undefined {
  if (history.missed === undefined) return undefined;
  const { expected, upper95 } = history.missed;
  return `Some ${plan.target} may have been missed in the area: ${formatNumber(expected)} are expected, and with 95 % credibility there are fewer than ${formatNumber(upper95)}, as far as the model's probabilities hold for this specimen.`;
}

/** Outcome, certainty, coverage and what may be missed, in sentences: the run's own, or made here when it was cut off. */
export function summary(plan: RunPlan, history: RunHistory): string[] {
  const closing = history.result?.closing;
  if (closing !== undefined) return [ending(history), ...closing];
  return [ending(history), certainty(history), covered(plan, history), missed(plan, history)].filter((sentence) => sentence !== undefined);
}

/** The figures beside the sentences. */
export function keyFigures(plan: RunPlan, history: RunHistory): { value: string; label: string }[] {
  const coverage = coverageOf(plan, history);
  const seconds = history.totals?.instrumentSeconds ?? history.lastS;
  return [
    { value: `${history.finds.length} / ${plan.search.finds}`, label: 'finds / wanted' },
    { value: formatPercent(coverage.inspected / coverage.total), label: 'of the area looked at closely' },
    { value: formatDuration(seconds), label: 'instrument time' },
    { value: String(history.totals?.fields.imaged ?? history.frames.size), label: 'pictures taken' },
    { value: history.missed === undefined ? 'unknown' : `< ${formatNumber(history.missed.upper95)}`, label: 'may be missed (95 %)' },
  ];
}
