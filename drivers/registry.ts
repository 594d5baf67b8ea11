/**
 * The microscope protocols: a new one is a folder beside this file and a line here. A name stands in one place; the
 * module is loaded only when an address with one of its schemes is used.
 */
export const DRIVERS = {
  scope: { schemes: ['scope+ws', 'scope+wss'], load: () => import('./scope/index.ts') },
  asi: { schemes: ['asi+serial', 'asi+tcp'], load: () => import('./asi/index.ts') },
  sharksem: { schemes: ['sharksem'], load: () => import('./sharksem/index.ts') },
  remcon: { schemes: ['remcon+serial', 'remcon+tcp'], load: () => import('./remcon/index.ts') },
} as const;
