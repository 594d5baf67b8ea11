import { z } from 'zod';
import { defineDriver } from '../src/contract/microscope.ts';
import { createSimulatedMicroscope } from './device/microscope.ts';
import { loadScenario } from './scenario.ts';
import { readSplit } from '../src/lib/split-file.ts';

/** The simulated instrument in this process, on the clock of the run. */
export const driver = defineDriver({
  id: 'sim',
  summary: 'Simulated microscope in this process, on a virtual clock',
  example: 'sim:?scenario=default&seed=1',
  options: z.strictObject({
    /** Name of a scenario, or path of a YAML file. */
    scenario: z.string().min(1).default('default'),
    seed: z.coerce.number().int().default(1),
    /** Folder of pictures to show; drawn ones when absent. */
    dataset: z.string().min(1).optional(),
    /** File with the split of the data set: pictures that a model was trained on are not shown. */
    split: z.string().min(1).optional(),
  }),
  connect: async ({ scenario, seed, dataset, split }, { url, clock, clientName, log }) =>
    createSimulatedMicroscope({
      scenario: await clock.during(loadScenario(scenario)),
      seed,
      clock,
      log,
      clientName,
      url: url.href,
      ...(dataset !== undefined && { dataset }),
      ...(split !== undefined && { split: await clock.during(readSplit(split)) }),
    }),
});
