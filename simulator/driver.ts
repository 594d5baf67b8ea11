import { z } from 'zod';
import { defineDriver } from '../src/contract/microscope.ts';
import { createSimulatedMicroscope } from './device/microscope.ts';
import { loadScenario } from './scenario.ts';

/** The simulated instrument in this process, on the clock of the run. */
export const driver = defineDriver({
  id: 'sim',
  summary: 'Simulated microscope in this process, on a virtual clock',
  example: 'sim:?scenario=default&seed=1',
  options: z.strictObject({
    /** Name of a scenario, or path of a YAML file. */
    scenario: z.string().min(1).default('default'),
    seed: z.coerce.number().int().default(1),
  }),
  connect: async ({ scenario, seed }, { url, clock, clientName, log }) =>
    createSimulatedMicroscope({ scenario: await loadScenario(scenario), seed, clock, log, clientName, url: url.href }),
});
