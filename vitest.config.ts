import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Native add-ons (sharp, serialport, onnxruntime) crash in worker threads.
    pool: 'forks',
    globalSetup: ['test/support/build.ts'],
    setupFiles: ['test/support/strict.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
