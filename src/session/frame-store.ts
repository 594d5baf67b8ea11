import type { FrameSummary } from '../contract/events.ts';
import type { Frame } from '../contract/frame.ts';
import type { Band } from '../contract/model-manifest.ts';
import type { LookAction } from '../contract/strategy.ts';
import { required } from '../lib/guards.ts';

/** Frames of the last fields: the chart and the events know them by id only. */
export interface FrameStore {
  /** Gives the frame a name of its own in the run: the instrument's would begin anew when a run is resumed. */
  add(frame: Frame, action: LookAction): FrameSummary;
  /** A frame that is no field's, as of focusing: the next one is compared with it. */
  pass(frame: Frame): void;
  get(id: string): Frame;
  find(id: string): Frame | undefined;
  /** The frame before the newest one, for the comparison that finds a frozen image. */
  previous(): Frame | undefined;
  /** How sharp edges were at this magnification right after focusing; undefined before that. */
  reference(band: Band): { readonly edgeShare: number } | undefined;
  setReference(band: Band, reference: { readonly edgeShare: number }): void;
}

/** Enough for a viewer to ask for the picture of an event that it has just got. */
const KEPT_FRAMES = 64;

/** `framesBefore`: frames that the run took before it was stopped. */
export function createFrameStore(framesBefore = 0): FrameStore {
  let taken = framesBefore;
  const frames = new Map<string, Frame>();
  const references = new Map<Band, { readonly edgeShare: number }>();
  let newest: Frame | undefined;
  let previous: Frame | undefined;
  return {
    add: (acquired, { look }) => {
      const frame = { ...acquired, id: `frame-${String(++taken).padStart(6, '0')}` };
      frames.set(frame.id, frame);
      previous = newest;
      newest = frame;
      for (const id of frames.keys()) {
        if (frames.size <= KEPT_FRAMES) break;
        frames.delete(id);
      }
      return summarise(frame, look);
    },
    pass: (frame) => {
      newest = frame;
    },
    get: (id) => required(frames.get(id), `frame ${id}`),
    find: (id) => frames.get(id),
    previous: () => previous,
    reference: (band) => references.get(band),
    setReference: (band, reference) => references.set(band, reference),
  };
}

function summarise(frame: Frame, look: LookAction['look']): FrameSummary {
  return {
    id: frame.id,
    band: look.band,
    look,
    stage: frame.stage,
    fieldWidthUm: frame.optics.fieldWidthUm,
    workingDistanceMm: frame.optics.workingDistanceMm,
    pixelSizeNm: frame.pixelSizeNm,
    widthPx: frame.widthPx,
    heightPx: frame.heightPx,
    depth: frame.depth,
    dwellUs: frame.request.dwellUs,
    doseCPerM2: frame.doseCPerM2,
  };
}
