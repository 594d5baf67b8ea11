import { table } from '../page/tables.ts';
import { mean, type Interval } from '../statistics.ts';
import type { RenderedBench } from './bench.ts';
import { AREA, FINDS, SPECIMENS, TARGET, TARGETS } from './specimens.ts';

export interface RenderedPage {
  readonly bench: RenderedBench;
  readonly seeds: { readonly from: number; readonly to: number };
  readonly minutes: number;
}

const words = ({ value, low, high }: Interval): string => `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;

function speedTable({ specimens, results }: RenderedBench): string {
  const rows = specimens.flatMap(({ specimen, strategies }) =>
    strategies.map(({ strategy, rendered, scores }) => {
      const runs = results.filter(({ task }) => task.specimen === specimen).map(({ runs: all }) => all.find((run) => run.strategy === strategy)!);
      const perRun = (read: (run: (typeof runs)[number]) => number, digits: number): string => mean(runs.map(read)).toFixed(digits);
      const declared = runs.reduce((sum, run) => sum + run.declared, 0);
      const right = runs.reduce((sum, run) => sum + run.right, 0);
      return [specimen, strategy, words(rendered), words(scores), perRun(({ timeS }) => timeS, 0), perRun(({ looks }) => looks, 0), `${runs.filter(({ reached }) => reached).length} of ${runs.length}`, `${right} of ${declared}`];
    }),
  );
  return table(['specimen', 'strategy', 'with pictures', 'of scores', 'TK mean, s', 'pictures', 'found all', 'right of declared'], rows);
}

function pairTable({ specimens }: RenderedBench): string {
  const rows = specimens.flatMap(({ specimen, pairs }) =>
    pairs.filter(({ agree }) => !agree).map(({ first, second, rendered, scores, undecided }) => [specimen, `${second} by ${first}`, words(rendered), words(scores), undecided ? 'not told apart' : 'contradicted']),
  );
  return rows.length === 0 ? 'Every two strategies are ordered alike by both.' : table(['specimen', 'faster', 'with pictures', 'of scores', ''], rows);
}

/** Searches that looked everywhere and declared nothing. */
function emptyHanded({ results }: RenderedBench): string {
  const { strategies } = results[0]!.task;
  return strategies.map((strategy, at) => `${strategy} ${results.filter(({ runs }) => runs[at]!.declared === 0).length}`).join(', ');
}

/** Every figure in it is from these results. */
export function renderedPage({ bench, seeds, minutes }: RenderedPage): string {
  const pairs = bench.specimens.flatMap((entry) => entry.pairs);
  const runs = bench.results.flatMap((result) => result.runs);
  return `# Searching: pictures against scores

Written by \`emagent bench search --rendered --seeds ${seeds.from}:${seeds.to} --out docs/benchmarks\` (${minutes.toFixed(0)} minutes, ${runs.length} runs with
${runs.reduce((sum, { looks }) => sum + looks, 0)} pictures). [search.md](search.md) plays strategies on scores, without pictures. Here the same specimens are searched
twice: by the product's own session with the simulated microscope (pictures, classifier, focus, physics; virtual time), and as worlds
of scores with targets and look-alikes in the same places, the prices of the same plan, and the separations of every family (1.5, 3.5,
4; look-alikes 1.5, 1.75, 0.5). The question is whether both rank the strategies alike.

${FINDS} ${TARGET} are asked for on ${AREA.widthUm} x ${AREA.heightUm} µm, 144 fields of 20 x 15 µm; ${TARGETS} lie there. Prevalence told: 2 %. The stage does 40 µm/s. Time is
instrument time to the third right find; a run that ends without it is charged in proportion, as in search.md. A world of scores is
drawn 20 times per specimen and averaged.

${table(['specimen', ''], Object.entries(SPECIMENS).map(([name, { summary }]) => [`\`${name}\``, summary]))}

## Rank correlation

Kendall's tau of the strategies' mean times, 1 for the same order, -1 for the opposite one, with its 95 % bootstrap interval over
the seeds.

${table(['specimen', 'seeds', 'tau'], [...bench.specimens.map(({ specimen, seeds: count, tau }) => [specimen, count, words(tau)]), ['**mean**', '', `**${words(bench.tau)}**`]])}

${pairs.filter(({ agree }) => agree).length} of the ${pairs.length} pairs of strategies are ordered alike; ${pairs.filter(({ agree, undecided }) => !agree && !undecided).length} are contradicted with both intervals clear of 1.

${pairTable(bench)}

## Speed-ups

Over serpentine: geometric means over the seeds with 95 % bootstrap intervals. Of the ${bench.results.length} searches of each strategy with pictures
ended without any find although all targets were there: ${emptyHanded(bench)}. Their time is that of the whole area.
[../search.md](../search.md#with-pictures) says why.

${speedTable(bench)}
`;
}
