/** What the command line gives a benchmark; each takes its own part of it (`takes`). */
export interface BenchOptions {
  readonly json: boolean;
  /** Data set of a replay. */
  readonly name?: string | undefined;
  readonly data?: string | undefined;
  /** Names with commas between. */
  readonly strategy?: string | undefined;
  readonly starts?: number | undefined;
  readonly family?: string | undefined;
  readonly n?: string | undefined;
  readonly seeds?: string | undefined;
  readonly reference?: string | undefined;
  /** Simulated specimens with pictures beside their worlds of scores. */
  readonly rendered?: boolean | undefined;
  /** Folder that a page with plots is written to. */
  readonly out?: string | undefined;
  /** For the one who waits; goes to stderr. */
  readonly progress?: ((line: string) => void) | undefined;
}

interface Bench {
  readonly summary: string;
  /** Options that mean something to it. */
  readonly takes?: readonly Exclude<keyof BenchOptions, 'json' | 'progress'>[];
  readonly load: () => Promise<{ run: (options: BenchOptions) => Promise<unknown> }>;
}

/** One file per benchmark; each returns what `--json` prints. */
export const BENCHES = {
  imaging: { summary: 'What the picture measures reach on fields with a known answer', load: () => import('./imaging.ts') },
  loop: { summary: "The agent's own time per field, with an instant microscope", load: () => import('./loop.ts') },
  frame: { summary: 'Rendering of one simulated frame', load: () => import('./frame.ts') },
  plan: { summary: 'Decision time of the strategies', load: () => import('./plan.ts') },
  classify: { summary: 'Inference on each engine and device', load: () => import('./classify.ts') },
  'own-category': {
    summary: "Categories of one's own learned from a few real micrographs (docs/own-category.md)",
    takes: ['data', 'starts'],
    load: () => import('./own-category.ts'),
  },
  train: { summary: 'Images a second in training: views made, and steps of each architecture', load: () => import('./train.ts') },
  live: { summary: 'The live server with many viewers', load: () => import('./live.ts') },
  search: {
    summary: 'Search strategies on worlds of scores, paired (docs/benchmarks/search.md)',
    takes: ['family', 'n', 'seeds', 'strategy', 'reference', 'rendered', 'out'],
    load: () => import('./search/bench.ts'),
  },
  replay: {
    summary: 'Strategies on recorded data: cryorl (docs/benchmarks/search.md)',
    takes: ['name', 'data', 'strategy', 'starts'],
    load: () => import('./search/replay/bench.ts'),
  },
} as const satisfies Record<string, Bench>;
