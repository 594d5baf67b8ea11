import type { Coverage, ReportedFind, RunPlan } from '../contract/run.ts';
import type { SearchSummary } from '../contract/strategy.ts';
import { formatArea, formatNumber, formatPercent } from '../record/report/quantities.ts';
import type { SearchProgress } from './search-progress.ts';

const SKIPPED = 4;

/** What was looked at how closely, and how many targets such looks let pass. */
export function coverageOf({ grid, search }: RunPlan, { summary, sensitivity }: Pick<SearchProgress, 'summary' | 'sensitivity'>): Coverage {
  const { looks } = search;
  const counts = [0, 0, 0, 0, 0];
  const excluded = new Set(grid.excluded);
  for (const [tile, seen] of summary().seen.entries()) if (!excluded.has(tile)) counts[seen] = (counts[seen] ?? 0) + 1;
  const total = counts.reduce((sum, count) => sum + count, 0);
  // With gaps between the fields of a plan, a tile is larger than what a look at it shows.
  const { fieldWidthUm, widthPx, heightPx } = looks.inspect;
  const tileAreaUm2 = Math.min(grid.tileWidthUm, fieldWidthUm) * Math.min(grid.tileHeightUm, (fieldWidthUm * heightPx) / widthPx);
  const part = (tiles: number): { tiles: number; areaUm2: number; share: number } => ({ tiles, areaUm2: tiles * tileAreaUm2, share: tiles / total });
  const looked = (band: 'survey' | 'inspect', tiles: number): Coverage['inspected'] => {
    const { looks: n, sensitivity: value } = sensitivity(band);
    return { ...part(tiles), pixelSizeNm: (looks[band].fieldWidthUm * 1000) / looks[band].widthPx, dwellUs: looks[band].dwellUs, looks: n, sensitivity: value ?? null };
  };
  return {
    areaUm2: total * tileAreaUm2,
    inspected: looked('inspect', counts[2]! + counts[3]!),
    surveyedOnly: looked('survey', counts[1]!),
    skipped: part(counts[SKIPPED]!),
    unseen: part(counts[0]!),
  };
}

function findsWords({ target, search }: RunPlan, finds: readonly ReportedFind[]): string {
  if (finds.length === 0) return `No ${target} was confirmed.`;
  const least = Math.min(...finds.map(({ probability }) => probability));
  const right = finds.reduce((sum, { probability }) => sum + probability, 0);
  const own = finds.length === 1 ? `it is right with ${formatPercent(least)}` : `${Number(right.toFixed(2))} of them are right, and the least certain one has ${formatPercent(least)}`;
  return `${finds.length} of ${search.finds} wanted ${target} confirmed: by the model's own account ${own}.`;
}

function suspectsWords({ target }: RunPlan, suspects: SearchSummary['suspects']): string[] {
  const [first] = suspects;
  if (first === undefined) return [];
  const what = suspects.length === 1 ? '1 place is' : `${suspects.length} places are`;
  const where = `x ${first.xUm.toFixed(1)} µm, y ${first.yUm.toFixed(1)} µm`;
  return [`${what} more likely ${target} than not, but not confirmed${suspects.length === 1 ? '' : '; the likeliest'}: ${where}, ${formatPercent(first.probability)}.`];
}

function areaWords(coverage: Coverage): string {
  const area = ({ areaUm2, share }: { areaUm2: number; share: number }): string => `${formatArea(areaUm2, coverage.areaUm2)} (${formatPercent(share)})`;
  const pixel = (nm: number): string => `${formatNumber(nm)} nm a pixel`;
  const { inspected, surveyedOnly, unseen, skipped } = coverage;
  const passed = (what: Coverage['inspected'], words: (targets: string) => string): string =>
    what.tiles === 0 ? '' : what.sensitivity === null ? ', where the looks do not tell how many targets they let pass' : `, where a look ${words(`${formatPercent(what.sensitivity)} of targets`)}`;
  const parts = [`${area(inspected)} inspected at ${pixel(inspected.pixelSizeNm)}${passed(inspected, (targets) => `raises suspicion at ${targets}`)}`];
  if (surveyedOnly.tiles > 0) parts.push(`${area(surveyedOnly)} only surveyed at ${pixel(surveyedOnly.pixelSizeNm)}${passed(surveyedOnly, (targets) => `makes ${targets} more likely`)}`);
  if (skipped.tiles > 0) parts.push(`${area(skipped)} given up`);
  if (unseen.tiles > 0) parts.push(`${area(unseen)} not looked at`);
  return `Of ${formatArea(coverage.areaUm2)}: ${parts.join('; ')}.`;
}

function missedWords({ target }: RunPlan, { expected, upper95 }: SearchSummary['missed']): string {
  const number = (value: number): string => (value < 0.05 ? 'fewer than 0.1' : value.toFixed(1));
  return `Left in the area: ${number(expected)} ${target} expected, at most ${number(upper95)} with 95 % credibility, as far as the model's likelihoods hold on this specimen.`;
}

/** How many were found, how sure each is, what could not be confirmed, what was covered how well, and how many may be left: never "none" without a bound. */
export function closingWords(plan: RunPlan, said: { readonly finds: readonly ReportedFind[]; readonly coverage: Coverage } & Pick<SearchSummary, 'suspects' | 'missed'>): string[] {
  return [findsWords(plan, said.finds), ...suspectsWords(plan, said.suspects), areaWords(said.coverage), missedWords(plan, said.missed)];
}
