import type { Region } from '../contract/region.ts';
import { readPrior, type PriorRequest, type PriorSource } from './prior/read.ts';
import { readRegion } from './region.ts';
import { readUseqPlan, type UseqSequence } from './useq/sequence.ts';

/** The files and words that a search may be given about places. */
export interface PlaceRequest {
  /** Shapes in words, or files of them. */
  readonly regionShapes?: readonly string[];
  readonly keepOutShapes?: readonly string[];
  /** A useq-schema MDASequence. */
  readonly planPath?: string;
  readonly prior?: PriorRequest;
}

/** The same, read. */
export interface PlaceInputs {
  readonly region: Region;
  readonly sequence?: UseqSequence;
  readonly prior?: PriorSource;
}

/** Nothing was said but the sizes. */
export const NO_PLACES: PlaceInputs = { region: { search: [], keepOut: [] } };

/** Reads and checks everything before an instrument is asked for. Throws EM_REGION, EM_PICTURE, EM_RUN_FOLDER. */
export async function readPlaces({ regionShapes = [], keepOutShapes = [], planPath, prior }: PlaceRequest): Promise<PlaceInputs> {
  return {
    region: await readRegion({ region: regionShapes, keepOut: keepOutShapes }),
    ...(planPath !== undefined && { sequence: await readUseqPlan(planPath) }),
    ...(prior !== undefined && { prior: await readPrior(prior) }),
  };
}
