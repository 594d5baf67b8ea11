import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { EmagentError } from '../../contract/errors.ts';
import type { GreyImage } from '../../contract/frame.ts';
import { decodeOmeTiff } from '../../imaging/ome-tiff.ts';
import { decodePicture, PICTURE_NAME } from '../../imaging/picture-file.ts';
import { openRunFolder } from '../../record/run-folder.ts';
import { rectangleAround, type Edges } from '../../search/zones.ts';
import { readBytes } from '../read-file.ts';
import { readPositions, type WeightedPosition } from './positions-file.ts';

export interface PriorRequest {
  readonly path: string;
  /** Share of the targets that is expected where the source says, 0 to 1. */
  readonly trust: number;
  /** Stage rectangle of a picture that does not say it itself. */
  readonly edges?: Edges;
  /** How near to a listed position targets are expected; two field widths when absent. */
  readonly radiusUm?: number;
}

interface Common {
  readonly source: string;
  readonly trust: number;
}

/** What a prior was read as. */
export type PriorSource =
  | (Common & { readonly kind: 'picture'; readonly image: GreyImage; readonly edges: Edges })
  | (Common & { readonly kind: 'positions' | 'run'; readonly positions: readonly WeightedPosition[]; readonly radiusUm?: number });

/** The rectangle that an OME-TIFF says it shows, as emagent's own pictures do. */
function placeOf(bytes: Uint8Array, path: string): Edges | undefined {
  if (!/\.tiff?$/i.test(path)) return undefined;
  try {
    const { widthPx, heightPx, pixelSizeUm, positionUm } = decodeOmeTiff(bytes, path);
    if (pixelSizeUm === undefined || positionUm === undefined) return undefined;
    return rectangleAround({ xUm: positionUm.x, yUm: positionUm.y }, widthPx * pixelSizeUm, heightPx * pixelSizeUm);
  } catch {
    // Another kind of TIFF: its pixels may be readable all the same.
    return undefined;
  }
}

async function readPicture({ path, trust, edges }: PriorRequest): Promise<PriorSource> {
  const bytes = await readBytes({ path, what: 'The overview picture', code: 'EM_REGION' });
  const image = await decodePicture(bytes, path);
  const place = edges ?? placeOf(bytes, path);
  if (place === undefined) throw new EmagentError('EM_REGION', `The overview picture ${path} does not say where on the stage it lies: add --prior-area left,bottom,right,top.`);
  return { kind: 'picture', source: path, trust, image, edges: place };
}

/** Reads a picture, a list of positions (CSV, GeoJSON, useq-schema) or a run folder. Throws EM_REGION, EM_PICTURE, EM_RUN_FOLDER. */
export async function readPrior(request: PriorRequest): Promise<PriorSource> {
  const { path, trust, radiusUm, edges } = request;
  const common = { source: path, trust, ...(radiusUm !== undefined && { radiusUm }) };
  const isPicture = PICTURE_NAME.test(path);
  if (edges !== undefined && !isPicture) throw new EmagentError('EM_USAGE', `--prior-area is the place of a picture, and ${path} is none.`);
  if (isPicture) return readPicture(request);
  const folder = await stat(path).catch(() => undefined);
  if (folder?.isDirectory() === true) {
    const { run, events } = await openRunFolder(path);
    const finds = events.flatMap((event) => (event.type === 'find' ? [event.find] : []));
    if (finds.length === 0) throw new EmagentError('EM_REGION', `The run ${run.runId} found nothing: it says nothing about where targets are.`);
    return { ...common, kind: 'run', positions: finds.map(({ xUm, yUm, probability }) => ({ xUm, yUm, weight: probability })) };
  }
  const positions = await readPositions(path, extname(path).toLowerCase());
  return { ...common, kind: 'positions', positions };
}
