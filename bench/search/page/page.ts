import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderSvg } from '../../../src/imaging/svg-picture.ts';
import { oracleTimesS } from '../baselines/oracle.ts';
import { createWorld, LOOK_CORRELATION } from '../create-world.ts';
import { FAMILIES, loadFamily } from '../families/registry.ts';
import { PROFILES, type Profile } from '../instrument/profiles.ts';
import { compare, groupsOf, metricsOf, tightnessOf, type Comparison, type Metrics } from '../metrics.ts';
import type { ReplayScore } from '../replay/replay.ts';
import { mean } from '../statistics.ts';
import type { TaskResult } from '../task.ts';
import { barsTable, boundFailures } from './bars.ts';
import { FULL_TABLE, type PartName } from './full-table.ts';
import { findsCurveSvg, speedupSvg } from './plots.ts';
import { honestyTable, oracleTable, pairedTable, priceTable, publishedTable, replayTable, speedTable, table } from './tables.ts';

export type PartResults = Readonly<Record<PartName, readonly TaskResult[]>>;

const comparisonsOf = (results: readonly TaskResult[], references: readonly string[]): Comparison[] =>
  groupsOf(results).flatMap((group) =>
    references.flatMap((reference) => group[0]!.runs.filter(({ strategy }) => strategy !== reference).map(({ strategy }) => compare(group, strategy, reference))),
  );
const allMetrics = (results: readonly TaskResult[]): Metrics[] => groupsOf(results).flatMap((group) => group[0]!.runs.map(({ strategy }) => metricsOf(group, strategy)));

async function plainOracle(results: readonly TaskResult[]): Promise<Map<string, number>> {
  const means = new Map<string, number>();
  for (const group of groupsOf(results)) {
    const family = await loadFamily(group[0]!.task.family);
    const lasts = group.map(({ task }) => oracleTimesS(createWorld(family, task.edgeTiles, task.seed), { plain: true }).at(-1) ?? 0);
    means.set(group[0]!.task.family, mean(lasts));
  }
  return means;
}

async function familyList(): Promise<string> {
  const rows = await Promise.all(Object.keys(FAMILIES).map(async (name) => [`\`${name}\``, (await loadFamily(name)).summary]));
  return table(['family', 'worlds'], rows);
}

function profileList(): string {
  const rows = (Object.values(PROFILES) as Profile[]).map(({ id, summary, tileUm, costs, flatConfirm }) => [
    `\`${id}\``, summary, `${tileUm} µm`, `${costs.settleS} s`, `${(tileUm / costs.stageSpeedUmPerS).toFixed(2)} s`, `${costs.opticsChangeS} s`,
    `${costs.frameS.survey} / ${costs.frameS.inspect} / ${costs.frameS.confirm} s`, flatConfirm ? 'nothing' : 'as any look',
  ]);
  return table(['profile', '', 'tile', 'settle', 'a tile of way', 'change', 'survey / inspect / confirm', 'moving for a confirm look'], rows);
}

const partLine = (name: PartName, played: boolean): string => {
  const { families, edgeTiles, seeds, strategies } = FULL_TABLE[name];
  return `- ${name}: ${families.length} ${families.length === 1 ? 'family' : 'families'}, ${edgeTiles ** 2} tiles, seeds ${seeds.from}:${seeds.to}, ${strategies.join(', ')}${played ? '' : ' (not played this time)'}`;
};

export interface PageInput {
  /** The large ones, `literature` and `small` may be empty. */
  readonly parts: PartResults;
  /** Empty where the recorded data are not there. */
  readonly replay: readonly ReplayScore[];
  readonly minutes: number;
}

function largeSection(metrics: readonly Metrics[]): string {
  if (metrics.length === 0) return 'Not played this time.';
  const played = ['serpentine', 'adaptive', 'mixed-index', 'two-phase'];
  const sections = [...new Set(metrics.map(({ n }) => n))].map((n) => {
    const own = metrics.filter((entry) => entry.n === n);
    return `**${n.toLocaleString('en')} tiles**\n\n${speedTable(own, played)}\n\n${priceTable(own, played)}`;
  });
  return `Few seeds, so that intervals are wide.\n\n${sections.join('\n\n')}`;
}

/** The page as Markdown: every figure in it is from these results. */
async function markdown({ parts, replay, minutes }: PageInput): Promise<string> {
  const nine = comparisonsOf(parts.paired, ['mixed-index', 'serpentine']);
  const [small, middle, large, toTheEnd, largest, coverage] = (['small', 'middle', 'large', 'largeToTheEnd', 'largest', 'coverage'] as const).map((name) => allMetrics(parts[name])) as [Metrics[], Metrics[], Metrics[], Metrics[], Metrics[], Metrics[]];
  const paired = allMetrics(parts.paired);
  const own = ['serpentine', 'adaptive', 'mixed-index'];
  const full = replay.filter(({ starts }) => starts === 50);
  const played = full.find(({ strategy }) => strategy === 'adaptive');
  return `# Searching: the benchmark

Written by \`emagent bench search\`; every figure below comes from one play of the parts listed (${minutes.toFixed(0)} minutes of them together, on
whatever else the machine was doing). A selection, with paired comparisons in JSON:

    emagent bench search --family 2b-tight-1,line --n 4096 --seeds 0:200 --strategy adaptive,spiral --reference mixed-index --json
    emagent bench search --family ./my-family.js --seeds 0:50 --json
    emagent bench replay cryorl --data ../shared/data/cryorl --strategy best-prefix-rate,raster --json

Everything here is simulation of scores, without pictures, but for the replay, which is of real data; whether pictures rank the
strategies alike is in [search-rendered.md](search-rendered.md). Seeds FROM:TO leave TO out. A speed-up
is the geometric mean over the worlds of the time of the reference by the time of the strategy on the same world, with its 95 % bootstrap
interval; "worst tenth" is the ratio that a tenth of the worlds do not reach. Parts of this run:

${(Object.keys(FULL_TABLE) as PartName[]).map((name) => partLine(name, parts[name].length > 0)).join('\n')}

## Bars

${barsTable({ nine, metrics: [...paired, ...small, ...middle, ...large, ...toTheEnd], coverage, distrust: comparisonsOf(parts.distrust, ['serpentine']), replay: played })}

Of all families and sizes played the 95 % bound on what is left held less often than chance allows in: ${boundFailures([...paired, ...small, ...middle])}.

## The harness against the published table

The synthetic field of search.md 2b, 24 seeds, with its own clock, generator and rules (\`bench/search/baselines/\`). Oracle and raster in
seconds, the rest as raster mean by strategy mean; the published figure in brackets where the printed one differs. The direction of the
spiral is not said there, ours turns as \`spiral\` does.

${publishedTable(groupsOf(parts.published), await plainOracle(parts.published))}

## CryoRL replay

2,341 holes of a real data set with the qualities that a network predicted; good holes visited in so many minutes, mean over the starting
holes (search.md 2a). \`near-oracle\` is told what was measured.

${replay.length === 0 ? 'Not played: the data were not there.' : replayTable(replay)}

## The nine worlds, paired

${pairedTable(nine)}

![Speed-up over mixed-index](search-speedup-2b.png)

![Finds against instrument time, tight clusters, 1 %](search-finds-2b-tight-1.png)

![Finds against instrument time, uniform, 1 %](search-finds-2b-uniform-1.png)

## Families

4,096 tiles. TK is the time to all finds that were asked for, T1 to the first; "worst tenth" is of TK; "bound" is the lower bound below;
"area" is the area under the curve of finds against
instrument time, 0 for serpentine and 1 for the oracle; "complete" the share of runs that found all.

${speedTable(middle, [...own, 'two-phase', 'cluster', 'levy', 'spiral', 'random'])}

![Speed-up over serpentine by family](search-speedup-families.png)

### How fast it could be

A search that knows where the targets are goes to K of them and nothing else. The oracle is one such walk, so that the best is no slower;
the lower bound is one that no search goes below. Geometric means over the worlds with as many detectable targets as are asked for.

${oracleTable([...groupsOf(parts.small), ...groupsOf(parts.middle)].flatMap((group) => tightnessOf(group) ?? []))}

### What was claimed

${honestyTable(middle, own)}

A baseline claims no bound. Brier skill is 1 less the Brier score over that of somebody who knows the density and nothing else, over all
tiles: with a target in one tile of a hundred it takes little over-confidence to fall below 0.

### What it cost

${priceTable(middle, own)}

### Rules of the literature

\`greedy\`, \`p-over-cost\` and \`ens\` (efficient nonmyopic search) survey the whole area first, then take the likeliest tile, the one of the
most probability per second, and the one with the most finds expected if all looks that are left were spent at once. Travel is priced
by \`p-over-cost\` only.

${parts.literature.length === 0 ? 'Not played this time.' : speedTable(allMetrics(parts.literature), FULL_TABLE.literature.strategies)}

### 100 tiles

${speedTable(small, own)}

${honestyTable(small, ['adaptive'])}

### 65,536 and 1,000,000 tiles

${largeSection([...large, ...toTheEnd, ...largest])}

## How a world becomes observations

A strategy is played through its contract (\`src/contract/strategy.ts\`): it gets the grid, the prices and, for each look, one log ratio per
tile; truth stays with the player. A tile has a score in each band, drawn once: normal with standard deviation 1 and mean d' on a target, 0
elsewhere. The log ratio is \`d' score - d'^2 / 2\` with the d' that the likelihood curve claims: 1.5 for survey, 3.5 for inspect, 4 for
confirm, where a family says nothing else. Any two looks at one tile share part of their noise (correlation ${LOOK_CORRELATION}).

**The worlds \`2b-…\`** use the published clock and no other: settle 1 s and 0.5 s a tile when the position changes, 2 s a picture, 3 s for a
change of magnification, 8 s for a confirm look wherever in the tile it is. Survey and inspect log ratios are \`1.5 L - 1.125\` and
\`3.5 H - 6.125\` of the published scores; a confirm look tells the truth, as a log ratio of +30 or -30. The bench's own strategies declare
above H = 2.6, a log ratio of ${(3.5 * 2.6 - 6.125).toFixed(3)}, as published; a strategy of the product decides by its own rule. The time is that of the end of
the run: the fifth find, or all tiles looked at.

**When a run ends without its finds** although tiles are left (a false find among them, a dose that is spent), its time is scaled by what it
lacks; without any find it is charged a serpentine over the tiles left.

**Oracle**: the fastest of 20 walks to the nearest detectable target each time, improved by 2-opt, by moving one target along the walk and
by exchanging one for another; one inspect and one confirm look each. Detectable is what an inspect look shows above H = 2.6. The
*shortest way* is that of branch and bound over all orders of K targets (at most 60 targets and 300,000 partial ways, else it counts as
not proven). The *lower bound* is the looks at K finds with one change of magnification, and the way at least
the larger of the K lightest edges of a minimum spanning tree over beginning and targets, and of the way to the nearest target plus the
K - 1 lightest edges of the tree over the targets; an edge is the least that going from one to the other can take.

**Instruments.** A family's worlds go round \`bench-top\`, \`fe-sem\` and \`piezo\` with the seed. Their figures are of the order that such
instruments show and no data sheet's; \`fe-sem\` shifts the beam instead of the stage within 100 µm, which the strategy is not told.

${profileList()}

${await familyList()}

A family of one's own is a JavaScript module that exports \`family\` with an \`id\` and \`field(request)\`; what goes in and out is in
\`bench/search/families/family.ts\`.

## Checks of the harness itself

\`test/bench-search/\`: cells of the published tables; a strategy that reads the truth for one look in ten is found out, because the targets
in the tiles that it inspects exceed what anybody can know who has seen what it was told (a martingale with known variance); a bound that
was made too small fails the binomial test; a second play of a run makes the same decisions ("same again").
`;
}

const CURVES = ['2b-uniform-1', '2b-tight-1'] as const;

/** Writes search.md and its plots, as SVG and PNG, into the folder. */
export async function writePage(folder: string, input: PageInput): Promise<void> {
  const drawings: Record<string, string> = {
    'search-speedup-2b': speedupSvg(comparisonsOf(input.parts.paired, ['mixed-index']).filter(({ strategy }) => strategy === 'adaptive'), 'Speed-up over mixed-index, 4,096 tiles'),
    'search-speedup-families': speedupSvg(
      comparisonsOf(input.parts.middle, ['serpentine']).filter(({ strategy }) => ['adaptive', 'mixed-index'].includes(strategy)),
      'Speed-up over serpentine, 4,096 tiles',
    ),
  };
  for (const name of CURVES) {
    const group = groupsOf(input.parts.paired).find(([first]) => first!.task.family === name)!;
    drawings[`search-finds-${name}`] = findsCurveSvg(group, `${name}: mean of ${group.length} worlds and the middle four fifths`);
  }
  const text = await markdown(input);
  await mkdir(folder, { recursive: true });
  for (const [name, svg] of Object.entries(drawings)) {
    await writeFile(join(folder, `${name}.svg`), svg);
    await writeFile(join(folder, `${name}.png`), await renderSvg(svg, { scale: 1.5 }));
  }
  await writeFile(join(folder, 'search.md'), text);
}
