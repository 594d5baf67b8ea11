import type { LookSettings } from '../contract/strategy.ts';
import { depthOfFocusUm } from '../imaging/autofocus.ts';
import { fitHeightSurface, needsFocus, predictFocus, type FocusPoint, type HeightSurface } from '../imaging/height-surface.ts';

interface Place {
  readonly xUm: number;
  readonly yUm: number;
}

/** What a run has learned about the focus of its instrument on this specimen. */
export interface FocusKeeper {
  /** Half-angle of the probe: assumed at first, measured with every focus found. */
  readonly halfAngleMrad: number;
  /** False when it is not where the heights so far say: those are forgotten then. */
  found(point: FocusPoint, measured?: { readonly halfAngleMrad: number }): boolean;
  /** No focus could be found here: not asked for again before some more fields have gone by, more each time. */
  failed(): void;
  /** One more field was taken. */
  fieldTaken(): void;
  /** Depth of focus at this look's resolution. */
  depthUm(look: Pick<LookSettings, 'fieldWidthUm' | 'widthPx'>): number;
  /** Working distance to set for a field, when what is set now is off by more than the picture would show. */
  correction(at: Place, look: Pick<LookSettings, 'fieldWidthUm' | 'widthPx'>, workingDistanceMm: number): number | undefined;
  /** The heights known so far do not tell the focus of this field: it should be looked for. */
  needed(at: Place, look: Pick<LookSettings, 'fieldWidthUm' | 'widthPx'>): boolean;
  /** Forgets the heights: another specimen, or the lens is no longer what it was. */
  reset(): void;
}

/** Usual for the probe of a scanning electron microscope (3 to 10 mrad), until it has been measured. */
const USUAL_HALF_ANGLE_MRAD = 5;
/** Fields that go by after a focus was looked for in vain; twice as many after each further time: a specimen without structure has none to find. */
const PATIENCE_FIELDS = 10;
/** Part of the depth of focus that the working distance may be off without being set anew: each change takes its time. */
const LEFT_ALONE = 0.5;
/** A point this far from what the surface says, in standard deviations, is news: the lens has changed, not the specimen. */
const JUMP = 4;

export function createFocusKeeper(): FocusKeeper {
  let points: FocusPoint[] = [];
  let surface: HeightSurface | undefined;
  let halfAngleMrad = USUAL_HALF_ANGLE_MRAD;
  let patience = 0;
  let nextPatience = PATIENCE_FIELDS;
  const depthUm: FocusKeeper['depthUm'] = ({ fieldWidthUm, widthPx }) => depthOfFocusUm({ resolutionNm: (1000 * fieldWidthUm) / widthPx, halfAngleMrad });
  return {
    get halfAngleMrad() {
      return halfAngleMrad;
    },
    found: (point, measured) => {
      if (measured !== undefined) halfAngleMrad = measured.halfAngleMrad;
      const predicted = surface === undefined ? undefined : predictFocus(surface, point);
      const agrees = predicted === undefined || 1000 * Math.abs(point.workingDistanceMm - predicted.workingDistanceMm) <= JUMP * (predicted.sigmaUm + point.sigmaUm);
      points = agrees ? [...points, point] : [point];
      surface = fitHeightSurface(points);
      patience = 0;
      nextPatience = PATIENCE_FIELDS;
      return agrees;
    },
    failed: () => {
      patience = nextPatience;
      nextPatience *= 2;
    },
    fieldTaken: () => {
      patience = Math.max(0, patience - 1);
    },
    depthUm,
    correction: (at, look, workingDistanceMm) => {
      if (surface === undefined) return undefined;
      const predicted = predictFocus(surface, at);
      return 1000 * Math.abs(predicted.workingDistanceMm - workingDistanceMm) > LEFT_ALONE * depthUm(look) ? predicted.workingDistanceMm : undefined;
    },
    needed: (at, look) => patience === 0 && needsFocus(surface, at, { depthOfFocusUm: depthUm(look) }),
    reset: () => {
      points = [];
      surface = undefined;
      patience = 0;
      nextPatience = PATIENCE_FIELDS;
    },
  };
}
