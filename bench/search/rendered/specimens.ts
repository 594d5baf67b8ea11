import { Scenario } from '../../../simulator/scenario-schema.ts';

/** What is searched for on these specimens, and how many of it. */
export const TARGET = 'Nanowires';
export const FINDS = 3;
/** 12 x 12 fields of 20 x 15 µm. */
export const AREA = { widthUm: 240, heightUm: 180 } as const;
export const TARGETS = 6;
/** Sites that survey looks take for targets, and what they are. */
export const LOOK_ALIKE = 'Fibres';

/** As slow as the bench-top stage of the score level: half a second a field. */
const STAGE_UM_PER_S = 40;

const specimen = (name: string, summary: string, sample: object): Scenario =>
  Scenario.parse({ name, summary, sample: { ...AREA, ...sample }, stage: { speedUmPerS: STAGE_UM_PER_S } });

/** Simulated specimens of which the same worlds exist as scores: as few kinds of sites as the question needs. */
export const SPECIMENS = {
  uniform: specimen('uniform-sites', 'targets anywhere alike, among particles and powder', {
    sites: { [TARGET]: TARGETS, Particles: 4, Powder: 4 },
    placement: { model: 'uniform' },
  }),
  clustered: specimen('clustered-sites', 'targets in two clusters, particles and powder anywhere', {
    sites: { [TARGET]: TARGETS, Particles: 4, Powder: 4 },
    placement: { model: 'uniform' },
    placements: { [TARGET]: { model: 'clustered', parents: 2, spreadUm: 25 } },
  }),
  distractors: specimen('look-alikes', 'targets anywhere alike, and twice as many fibres, which look like them, in two clusters', {
    sites: { [TARGET]: TARGETS, [LOOK_ALIKE]: 2 * TARGETS },
    placement: { model: 'uniform' },
    placements: { [LOOK_ALIKE]: { model: 'clustered', parents: 2, spreadUm: 30 } },
  }),
} as const;
export type SpecimenName = keyof typeof SPECIMENS;
