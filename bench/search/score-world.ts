import { createRandom, type Random } from '../../src/lib/random.ts';

/** How the targets of a world lie: everywhere alike, or in clusters with this standard deviation. */
export type Scatter = 'uniform' | 'loose' | 'tight';

export interface WorldOptions {
  /** Tiles on the edge of the square field. */
  readonly edgeTiles: number;
  /** Share of tiles that hold a target; at least five do. */
  readonly density: number;
  readonly scatter: Scatter;
  readonly seed: number;
  /** Separation d' of the scores of target and empty tiles, in standard deviations. */
  readonly surveySeparation: number;
  readonly inspectSeparation: number;
}

/** A specimen as a search sees it: no pictures, only the scores that a classifier would give. */
export interface ScoreWorld {
  readonly edgeTiles: number;
  readonly targets: ReadonlySet<number>;
  readonly surveyScore: Float64Array;
  readonly inspectScore: Float64Array;
}

const CLUSTERS = { loose: { perCluster: 8, sdTiles: 4 }, tight: { perCluster: 20, sdTiles: 2 } } as const;
const LEAST_TARGETS = 5;

/** Box-Muller with u1 drawn first: the generator that the published worlds are made with. */
function boxMuller(random: Random): number {
  const u1 = random.uniform();
  const u2 = random.uniform();
  return Math.sqrt(-2 * Math.log(1 - u1)) * Math.cos(2 * Math.PI * u2);
}

function placeTargets({ edgeTiles: n, density, scatter }: WorldOptions, random: Random): Set<number> {
  const count = Math.max(LEAST_TARGETS, Math.round(density * n * n));
  const targets = new Set<number>();
  if (scatter === 'uniform') {
    while (targets.size < count) targets.add(Math.floor(random.uniform() * n * n));
    return targets;
  }
  const { perCluster, sdTiles } = CLUSTERS[scatter];
  const centres = Array.from({ length: Math.max(1, Math.round(count / perCluster)) }, () => {
    const x = random.uniform() * n;
    return { x, y: random.uniform() * n };
  });
  while (targets.size < count) {
    const centre = centres[Math.floor(random.uniform() * centres.length)]!;
    const column = Math.floor(centre.x + sdTiles * boxMuller(random));
    const row = Math.floor(centre.y + sdTiles * boxMuller(random));
    if (column >= 0 && column < n && row >= 0 && row < n) targets.add(row * n + column);
  }
  return targets;
}

/** World and scores from one stream: targets first, then survey and inspect score of each tile in row order. */
export function createScoreWorld(options: WorldOptions): ScoreWorld {
  const random = createRandom(1000 + 7 * options.seed + Math.round(1e4 * options.density));
  const targets = placeTargets(options, random);
  const tiles = options.edgeTiles ** 2;
  const surveyScore = new Float64Array(tiles);
  const inspectScore = new Float64Array(tiles);
  for (let tile = 0; tile < tiles; tile++) {
    const held = targets.has(tile) ? 1 : 0;
    surveyScore[tile] = boxMuller(random) + held * options.surveySeparation;
    inspectScore[tile] = boxMuller(random) + held * options.inspectSeparation;
  }
  return { edgeTiles: options.edgeTiles, targets, surveyScore, inspectScore };
}
