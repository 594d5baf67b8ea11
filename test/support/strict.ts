import { afterEach, expect } from 'vitest';

// A floating rejection or a process warning is a fault of the code under test, not noise.
const unexpected: string[] = [];
process.on('warning', (warning) => {
  if (warning.name !== 'ExperimentalWarning') unexpected.push(`${warning.name}: ${warning.message}`);
});
afterEach(() => {
  expect(unexpected.splice(0)).toEqual([]);
});
