/**
 * How much likelier targets are in a region than the prior says, learned from what was seen in it and near it. Nothing in
 * here knows what a region is: blocks of tiles on a stage, or patches of holes on a grid. Plain arrays, so that it goes
 * through JSON unchanged.
 */
export interface Density {
  /** Per scale and region: hits, hits expected from the prior, and looks, of the regions around it, weighted. */
  readonly hits: number[][];
  readonly expected: number[][];
  readonly looks: number[][];
  /** The same over everything. */
  readonly all: { hits: number; expected: number };
  /** Logarithm of the marginal likelihood of each scale; the last entry is "the same everywhere". */
  readonly logLikelihood: number[];
}

/** One way in which targets may crowd: how far a find tells of others, and how many expected hits outweigh the whole. */
export interface Scale {
  readonly shape: number;
  /** Tells of every region that a look at `region` says something about, and with what weight. */
  readonly reach: (region: number, tell: (near: number, weight: number) => void) => void;
}

/** Shape of the gamma prior of the overall density around the given prevalence: a guess worth this many expected hits. */
const OVERALL_SHAPE = 0.3;
/** No region is believed to hold more than this many times the prior odds, or fewer than one in as many. */
const MAX_FACTOR = 1e4;

export function createDensity(regions: number, scales: number): Density {
  const zeros = (): number[][] => Array.from({ length: scales }, () => Array.from({ length: regions }, () => 0));
  return { hits: zeros(), expected: zeros(), looks: zeros(), all: { hits: 0, expected: 0 }, logLikelihood: Array.from({ length: scales + 1 }, () => 0) };
}

/** Factor on the prior odds over everything: gamma-Poisson mean. */
export function overallFactor({ all }: Density): number {
  return (all.hits + OVERALL_SHAPE) / (all.expected + OVERALL_SHAPE);
}

export interface Seen {
  readonly region: number;
  readonly hits: number;
  /** Hits that the prior alone expects of these looks. */
  readonly expected: number;
  readonly looks: number;
}

export function record(density: Density, scales: readonly Scale[], seen: Seen): void {
  density.all.hits += seen.hits;
  density.all.expected += seen.expected;
  scales.forEach(({ reach }, scale) => {
    const hits = density.hits[scale]!;
    const expected = density.expected[scale]!;
    const looks = density.looks[scale]!;
    reach(seen.region, (near, weight) => {
      hits[near]! += weight * seen.hits;
      expected[near]! += weight * seen.expected;
      looks[near]! += weight * seen.looks;
    });
  });
}

/**
 * Factor on the prior odds in a region at one scale: hits against expected ones, times expected misses against misses, each
 * drawn towards the whole by `shape` (for rare targets the second ratio is near 1 and this is gamma-Poisson smoothing; for
 * common ones it is what a beta prior would say).
 */
export function scaleFactor(density: Density, scale: number, at: { readonly region: number; readonly shape: number; readonly overall: number }): number {
  const hits = Math.max(0, density.hits[scale]![at.region]!);
  const expected = density.expected[scale]![at.region]!;
  const looks = density.looks[scale]![at.region]!;
  const { shape, overall } = at;
  const factor = ((hits + shape * overall) / (expected + shape)) * ((looks - expected + shape) / (Math.max(0, looks - hits) + shape));
  return Math.min(MAX_FACTOR, Math.max(1 / MAX_FACTOR, factor));
}

/** Posterior weight of each scale, the last one being "the same everywhere". */
export function scaleWeights({ logLikelihood }: Density): number[] {
  const top = Math.max(...logLikelihood);
  const raw = logLikelihood.map((value) => Math.exp(value - top));
  const sum = raw.reduce((a, b) => a + b, 0);
  return raw.map((value) => value / sum);
}

/** Mean factor of the mixture in a region. */
export function mixedFactor(density: Density, scales: readonly Pick<Scale, 'shape'>[], at: { readonly region: number; readonly weights: readonly number[]; readonly overall: number }): number {
  let factor = at.weights[scales.length]! * at.overall;
  for (let scale = 0; scale < scales.length; scale++) {
    factor += at.weights[scale]! * scaleFactor(density, scale, { region: at.region, shape: scales[scale]!.shape, overall: at.overall });
  }
  return factor;
}

/** Each scale is credited with how well it foresaw a look: log p(look) = log(1 - p + p x ratio). */
export function creditScales(density: Density, scales: readonly Scale[], look: { readonly region: number; readonly priorOdds: number; readonly ratios: readonly number[]; readonly share: number }): void {
  const overall = overallFactor(density);
  for (let scale = 0; scale <= scales.length; scale++) {
    const factor =
      scale === scales.length ? overall : scaleFactor(density, scale, { region: look.region, shape: scales[scale]!.shape, overall });
    const odds = look.priorOdds * factor;
    let sum = 0;
    for (const ratio of look.ratios) sum += Math.log((1 + odds * ratio) / (1 + odds));
    density.logLikelihood[scale]! += look.share * sum;
  }
}
