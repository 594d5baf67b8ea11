/**
 * The microscope protocols: a new one is a folder beside this file and a line here. A name stands in one place; the
 * module is loaded only when an address with one of its schemes is used.
 */
export const DRIVERS = {
  scope: { schemes: ['scope+ws', 'scope+wss'], load: () => import('./scope/index.ts') },
} as const;

export type DriverId = keyof typeof DRIVERS;

/** Id of the driver that speaks a URL scheme (without its colon), if there is one. */
export function driverOfScheme(scheme: string): DriverId | undefined {
  const found = Object.entries(DRIVERS).find(([, { schemes }]) => (schemes as readonly string[]).includes(scheme));
  return found?.[0] as DriverId | undefined;
}
