import { EmagentError } from '../contract/errors.ts';
import type { Band, LikelihoodCurve, ModelManifest } from '../contract/model-manifest.ts';

/** Probabilities are kept this far from 0 and 1, so that a logit is finite. */
const EDGE = 1e-6;

export function logit(probability: number): number {
  const inside = Math.min(1 - EDGE, Math.max(EDGE, probability));
  return Math.log(inside / (1 - inside));
}

function curveOf({ id, likelihood }: Pick<ModelManifest, 'id' | 'likelihood'>, band: Band, label: string): LikelihoodCurve {
  const ofBand = likelihood.filter((curve) => curve.band === band);
  const curve = ofBand.find((candidate) => candidate.label === label) ?? ofBand.find((candidate) => candidate.label === '*');
  if (curve === undefined) throw new EmagentError('EM_MODEL', `The model ${id} has no likelihood curve for the ${band} magnification.`);
  return curve;
}

/**
 * log p(picture | label in it) - log p(picture | not), from the model's curve at logit(probability): linear between its
 * points, flat beyond its ends. Throws EM_MODEL when the manifest has no curve for the band.
 */
export function logLikelihoodRatio(
  manifest: Pick<ModelManifest, 'id' | 'likelihood'>,
  { band, label }: { readonly band: Band; readonly label: string },
  probability: number,
): number {
  const { score, logRatio } = curveOf(manifest, band, label);
  const at = logit(probability);
  const next = score.findIndex((edge) => edge > at);
  if (next === 0) return logRatio[0]!;
  if (next === -1) return logRatio.at(-1)!;
  const share = (at - score[next - 1]!) / (score[next]! - score[next - 1]!);
  return logRatio[next - 1]! + share * (logRatio[next]! - logRatio[next - 1]!);
}
