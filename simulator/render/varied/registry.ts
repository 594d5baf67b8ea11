import type { CategoryRenderer, RenderedCategory } from '../registry.ts';
import { BACKGROUND_VARIED } from './background.ts';
import { BIOLOGICAL } from './biological.ts';
import { FIBRES } from './fibres.ts';
import { FILMS } from './films.ts';
import { MEMS_DEVICES } from './mems-devices.ts';
import { NANOWIRES } from './nanowires.ts';
import { PARTICLES } from './particles.ts';
import { PATTERNED_SURFACE } from './patterned-surface.ts';
import { POROUS_SPONGE } from './porous-sponge.ts';
import { POWDER } from './powder.ts';
import { TIPS } from './tips.ts';

/** Morphologies that only data sets draw, besides those of a search's scenes; one named twice is drawn twice as often. */
export const MORE_MORPHOLOGIES: Readonly<Record<RenderedCategory, readonly CategoryRenderer[]>> = {
  Biological: BIOLOGICAL,
  Fibres: FIBRES,
  Films_Coated_Surface: FILMS,
  MEMS_devices_and_electrodes: MEMS_DEVICES,
  Nanowires: NANOWIRES,
  Particles: PARTICLES,
  Patterned_surface: PATTERNED_SURFACE,
  Porous_Sponge: POROUS_SPONGE,
  Powder: POWDER,
  Tips: TIPS,
  Background: BACKGROUND_VARIED,
};
