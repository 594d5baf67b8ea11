import type { BACKGROUND, Category } from '../../src/contract/categories.ts';
import type { Random } from '../../src/lib/random.ts';
import { renderBackground } from './categories/background.ts';
import { renderBiological } from './categories/biological.ts';
import { renderFibres } from './categories/fibres.ts';
import { renderFilms } from './categories/films.ts';
import { renderMemsDevices } from './categories/mems-devices.ts';
import { renderNanowires } from './categories/nanowires.ts';
import { renderParticles } from './categories/particles.ts';
import { renderPatternedSurface } from './categories/patterned-surface.ts';
import { renderPorousSponge } from './categories/porous-sponge.ts';
import { renderPowder } from './categories/powder.ts';
import { renderTips } from './categories/tips.ts';
import type { Grid } from './raster.ts';

/** Draws one micrograph of a category: secondary-electron yield in 0..1, free of noise. All choices come from `random`. */
export type CategoryRenderer = (grid: Grid, random: Random) => Float32Array;

/** One line per category; a recipe lives in the category's own file. */
export const RENDERERS = {
  Biological: renderBiological,
  Fibres: renderFibres,
  Films_Coated_Surface: renderFilms,
  MEMS_devices_and_electrodes: renderMemsDevices,
  Nanowires: renderNanowires,
  Particles: renderParticles,
  Patterned_surface: renderPatternedSurface,
  Porous_Sponge: renderPorousSponge,
  Powder: renderPowder,
  Tips: renderTips,
  Background: renderBackground,
} as const satisfies Record<Category | typeof BACKGROUND, CategoryRenderer>;

export type RenderedCategory = keyof typeof RENDERERS;

export const RENDERED_CATEGORIES = Object.keys(RENDERERS) as readonly RenderedCategory[];
