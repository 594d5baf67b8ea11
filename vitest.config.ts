import { defineConfig } from 'vitest/config';

/** Nothing but computing, or in virtual time: a busy machine makes these slow, not wrong. */
const COMPUTING = ['faults', 'imaging', 'search', 'bench-search', 'simulator/physics', 'simulator/render'].map((folder) => `test/${folder}/**/*.test.ts`).concat('test/learn/*.test.ts');

export default defineConfig({
  test: {
    // Native add-ons (sharp, serialport, onnxruntime) crash in worker threads.
    pool: 'forks',
    globalSetup: ['test/support/build.ts'],
    setupFiles: ['test/support/strict.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'computing', include: COMPUTING, testTimeout: 180_000, maxWorkers: '100%', sequence: { groupOrder: 0 } } },
      // Real processes, sockets, ports and browsers have deadlines of their own: one file at a time on a small machine.
      { extends: true, test: { name: 'real', include: ['test/**/*.test.ts'], exclude: COMPUTING, sequence: { groupOrder: 1 } } },
    ],
  },
});
