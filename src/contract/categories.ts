/** The ten categories of the NFFA-EUROPE/CNR set of scanning electron micrographs. */
export const CATEGORIES = [
  'Biological',
  'Fibres',
  'Films_Coated_Surface',
  'MEMS_devices_and_electrodes',
  'Nanowires',
  'Particles',
  'Patterned_surface',
  'Porous_Sponge',
  'Powder',
  'Tips',
] as const;

/** Empty substrate: a label of every model, never a target. */
export const BACKGROUND = 'Background';

/** What is none of the categories of a model for one's own ones: a label of such a model, never a target. */
export const OTHER = 'Other';

export type Category = (typeof CATEGORIES)[number];
