import type { Family } from './family.ts';

export const family: Family = { id: 'no-target', summary: 'nothing to be found: what it costs to know', field: () => ({ targets: [] }) };
