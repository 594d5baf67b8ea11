interface Bench {
  readonly summary: string;
  readonly load: () => Promise<{ run: (options: { json: boolean }) => Promise<unknown> }>;
}

/** One file per benchmark; each returns what `--json` prints. */
export const BENCHES = {
  imaging: { summary: 'What the picture measures reach on fields with a known answer', load: () => import('./imaging.ts') },
  loop: { summary: "The agent's own time per field, with an instant microscope", load: () => import('./loop.ts') },
  frame: { summary: 'Rendering of one simulated frame', load: () => import('./frame.ts') },
  plan: { summary: 'Decision time of the strategies', load: () => import('./plan.ts') },
  classify: { summary: 'Inference on each engine and device', load: () => import('./classify.ts') },
  live: { summary: 'The live server with many viewers', load: () => import('./live.ts') },
} as const satisfies Record<string, Bench>;
