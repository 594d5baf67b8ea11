import type { Classifier, Prediction } from '../contract/classifier.ts';
import type { Frame, GreyImage } from '../contract/frame.ts';
import type { ModelManifest } from '../contract/model-manifest.ts';
import type { LookAction, Observation, TileGrid } from '../contract/strategy.ts';
import { required } from '../lib/guards.ts';
import { logLikelihoodRatio } from '../classify/likelihood.ts';
import { cropImage } from '../imaging/crop.ts';
import { locateStructure } from '../imaging/structure.ts';
import { tileCentre } from '../search/grid.ts';
import type { ImageAxes } from './image-axes.ts';

export interface EvidenceContext {
  readonly classifier: Classifier;
  readonly manifest: ModelManifest;
  readonly target: string;
  readonly grid: TileGrid;
  readonly axes: ImageAxes;
}

/** What a frame says: a log likelihood ratio for each tile that it shows, and the prediction a person may look at. */
export interface FieldEvidence {
  readonly tiles: Observation['tiles'];
  readonly centre?: { readonly xUm: number; readonly yUm: number };
  readonly prediction: Prediction;
}

/** A tile that the frame shows less of than this is not judged by it. */
const LEAST_SHOWN_SHARE = 0.6;

/**
 * Views of a picture in the looks that are many: one is as good on the held-out pictures as several (docs/models.md), and a
 * fifth of the time. A suspected find gets the views of the model's manifest.
 */
const VIEWS_OF_MANY = 1;

/**
 * The part of the frame that shows a tile, from the position and pixel size read back; undefined when too little of it
 * lies inside the frame.
 */
function tilePart(frame: Frame, { grid, axes }: Pick<EvidenceContext, 'grid' | 'axes'>, tile: number): GreyImage | undefined {
  const pixelUm = frame.pixelSizeNm / 1000;
  const { xUm, yUm } = tileCentre(grid, tile);
  const widthPx = grid.tileWidthUm / pixelUm;
  const heightPx = grid.tileHeightUm / pixelUm;
  const at = axes.toImage(xUm - frame.stage.xUm, yUm - frame.stage.yUm, pixelUm);
  const centreXPx = frame.widthPx / 2 + at.xPx;
  const centreYPx = frame.heightPx / 2 + at.yPx;
  const left = Math.max(0, Math.round(centreXPx - widthPx / 2));
  const top = Math.max(0, Math.round(centreYPx - heightPx / 2));
  const right = Math.min(frame.widthPx, Math.round(centreXPx + widthPx / 2));
  const bottom = Math.min(frame.heightPx, Math.round(centreYPx + heightPx / 2));
  if ((right - left) * (bottom - top) < LEAST_SHOWN_SHARE * widthPx * heightPx) return undefined;
  return cropImage(frame, { xPx: left, yPx: top, widthPx: right - left, heightPx: bottom - top });
}

/** What fits no category is no evidence for the target, however probable it seems among the categories. */
function logRatioOf({ manifest, target, classifier }: EvidenceContext, band: LookAction['look']['band'], prediction: Prediction): number {
  const probability = required(prediction.probabilities[classifier.labels.indexOf(target)], `the probability of ${target}`);
  const logRatio = logLikelihoodRatio(manifest, { band, label: target }, probability);
  return prediction.rejected === undefined ? logRatio : Math.min(0, logRatio);
}

async function surveyEvidence(frame: Frame, tiles: readonly number[], context: EvidenceContext): Promise<FieldEvidence> {
  const parts = tiles.flatMap((tile) => {
    const image = tilePart(frame, context, tile);
    return image === undefined ? [] : [{ tile, image }];
  });
  const predictions = await context.classifier.classify([frame, ...parts.map(({ image }) => image)], { views: VIEWS_OF_MANY });
  return {
    tiles: parts.map(({ tile }, index) => ({
      tile,
      logRatio: logRatioOf(context, 'survey', required(predictions[index + 1], 'a prediction for each tile')),
    })),
    prediction: required(predictions[0], 'a prediction for the frame'),
  };
}

/** Classifies a frame for the action that it was taken for. Throws EM_MODEL_FAILED. */
export async function evidenceOf(frame: Frame, action: LookAction, context: EvidenceContext): Promise<FieldEvidence> {
  if (action.kind === 'survey') return surveyEvidence(frame, action.tiles, context);
  const views = action.kind === 'inspect' ? { views: VIEWS_OF_MANY } : {};
  const prediction = required((await context.classifier.classify([frame], views))[0], 'a prediction for the frame');
  const structure = locateStructure(frame);
  const pixelUm = frame.pixelSizeNm / 1000;
  const offset = structure === undefined ? undefined : context.axes.toStage(structure.xPx - frame.widthPx / 2, structure.yPx - frame.heightPx / 2, pixelUm);
  return {
    tiles: [{ tile: action.tile, logRatio: logRatioOf(context, action.look.band, prediction) }],
    ...(offset !== undefined && { centre: { xUm: frame.stage.xUm + offset.xUm, yUm: frame.stage.yUm + offset.yUm } }),
    prediction,
  };
}
