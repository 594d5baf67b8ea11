import type { SearchCosts, SearchOptions } from '../../../src/contract/strategy.ts';

/**
 * What looks cost on one kind of instrument. Figures are of the order that such instruments show; none is a data sheet's. The
 * strategy is told `costs`, the clock charges by the whole of it.
 */
export interface Profile {
  readonly id: string;
  readonly summary: string;
  readonly tileUm: number;
  readonly costs: SearchCosts;
  /** Share of the tile's width that a confirm look shows. */
  readonly confirmWidthShare: number;
  /** A confirm look is charged its frame and nothing else, wherever in the tile it is. */
  readonly flatConfirm: boolean;
  /** Within this of where the stage stands the beam is shifted instead: no travel, another settling time. */
  readonly beamShift?: { readonly reachUm: number; readonly settleS: number };
  /** Charge of one look of each band, coulomb. */
  readonly doseC: { readonly survey: number; readonly inspect: number; readonly confirm: number };
}

const PICTURE = { widthPx: 512, heightPx: 512 } as const;
/** 512 x 512 pixels of 1 µs at 100 pA; a confirm look dwells four times as long. */
const DOSE_C = { survey: 2.6e-11, inspect: 2.6e-11, confirm: 1.05e-10 } as const;

export const PROFILES = {
  /** The clock of search.md 2b; one tile pitch is the unit of length. */
  unit: {
    id: 'unit',
    summary: 'settle 1 s, 0.5 s a tile, image 2 s, change of magnification 3 s, confirm 8 s',
    tileUm: 1,
    costs: { stageSpeedUmPerS: 2, settleS: 1, opticsChangeS: 3, frameS: { survey: 2, inspect: 2, confirm: 8 } },
    confirmWidthShare: 1,
    flatConfirm: true,
    doseC: DOSE_C,
  },
  'bench-top': {
    id: 'bench-top',
    summary: 'tungsten bench-top: slow stage, slow pictures',
    tileUm: 20,
    costs: { stageSpeedUmPerS: 40, settleS: 1, opticsChangeS: 3, frameS: { survey: 2, inspect: 2, confirm: 4 } },
    confirmWidthShare: 0.6,
    flatConfirm: false,
    doseC: DOSE_C,
  },
  'fe-sem': {
    id: 'fe-sem',
    summary: 'field emission: beam shift within 100 µm in 0.1 s, a stage that settles in 2 s',
    tileUm: 20,
    costs: { stageSpeedUmPerS: 100, settleS: 2, opticsChangeS: 1, frameS: { survey: 1, inspect: 1, confirm: 3 } },
    confirmWidthShare: 0.6,
    flatConfirm: false,
    beamShift: { reachUm: 100, settleS: 0.1 },
    doseC: DOSE_C,
  },
  piezo: {
    id: 'piezo',
    summary: 'piezo stage: next to no travel',
    tileUm: 20,
    costs: { stageSpeedUmPerS: 2000, settleS: 0.05, opticsChangeS: 1, frameS: { survey: 0.5, inspect: 0.5, confirm: 2 } },
    confirmWidthShare: 0.6,
    flatConfirm: false,
    doseC: DOSE_C,
  },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof PROFILES;
/** Families go round these with the seed. */
export const ROUND: readonly ProfileName[] = ['bench-top', 'fe-sem', 'piezo'];

export function looksOf({ tileUm, confirmWidthShare }: Profile, blockTiles: number): SearchOptions['looks'] {
  return {
    survey: { ...PICTURE, dwellUs: 1, fieldWidthUm: tileUm * blockTiles },
    inspect: { ...PICTURE, dwellUs: 1, fieldWidthUm: tileUm },
    confirm: { ...PICTURE, dwellUs: 4, fieldWidthUm: tileUm * confirmWidthShare },
  };
}
