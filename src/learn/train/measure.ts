import { energy, fitTemperature, softmax } from '../../classify/calibration.ts';
import { openOnnxSession } from '../../classify/onnx/session.ts';
import type { ViewSettings } from '../../classify/views.ts';
import type { LikelihoodCurve } from '../../contract/model-manifest.ts';
import { required } from '../../lib/guards.ts';
import type { Measured } from '../adapt.ts';
import { groupKey } from '../dataset.ts';
import { APPEARANCES, embedPictures, type Backbone } from '../embeddings.ts';
import { likelihoodCurves } from '../likelihood-curves.ts';
import { rowOf } from '../matrix.ts';
import { bootstrapIntervals, figuresOf } from '../metrics.ts';
import { sha256Of } from '../model-writer.ts';
import type { Example } from './epoch-plan.ts';

/** Known pictures that are rejected, measured on the validation part. */
const REJECTED_SHARE = 0.03;

export interface MeasureOptions {
  readonly onnx: Uint8Array;
  readonly input: ViewSettings;
  readonly labels: readonly string[];
  readonly validation: readonly Example[];
  readonly test: readonly Example[];
  /** How the test part was held out: `specimen` or `picture`. */
  readonly heldOutBy: string;
  readonly seed: number;
  readonly onProgress?: (message: string, share: number) => void;
}

export interface Calibrated {
  readonly temperature: number;
  readonly rejectionEnergy: number;
  readonly likelihood: readonly LikelihoodCurve[];
  readonly measured: readonly Measured[];
  /** Pictures of no category in the test part, and how many of them were rejected. */
  readonly other: { readonly n: number; readonly rejected: number };
}

/**
 * Calibrates and measures the ONNX file as a search will use it (all views, all bands): temperature, rejection and likelihood curves on the
 * validation part, which trained nothing but chose the epoch; figures on the test part, which chose nothing. Throws EM_PICTURE, EM_MODEL_FAILED.
 */
export async function calibrate({ onnx, input, labels, validation, test, heldOutBy, seed, onProgress }: MeasureOptions): Promise<Calibrated> {
  const session = await openOnnxSession({ model: onnx, device: 'cpu' });
  const network: Backbone = {
    sha256: sha256Of(onnx),
    input,
    // Logits take the place of the embedding: what is wanted is their mean over the views of each appearance.
    embeddingLength: labels.length,
    embed: async (views) => required((await session.run(views, input))['logits'], 'the output logits'),
  };
  try {
    const known = validation.filter(({ label }) => label < labels.length);
    const truth = known.map(({ label }) => label);
    const look = (examples: readonly Example[], appearances: typeof APPEARANCES, name: string) =>
      embedPictures(examples.map(({ item }) => item), appearances, { backbone: network, seed, onProgress: (done, total) => onProgress?.(name, done / total) });
    const looks = await look(known, APPEARANCES, 'calibrating');
    const logitsIn = (appearance: (typeof APPEARANCES)[number]): Float32Array[] => known.map((_, row) => rowOf(looks.get(appearance)!.mean, row));
    const whole = logitsIn('whole');
    const temperature = fitTemperature(whole, truth);
    const energies = APPEARANCES.flatMap((appearance) => logitsIn(appearance).map((row) => energy(row, temperature))).sort((a, b) => a - b);
    const rejectionEnergy = energies[Math.min(energies.length - 1, Math.floor((1 - REJECTED_SHARE) * energies.length))]!;
    const likelihood = APPEARANCES.flatMap((appearance) =>
      appearance === 'whole' ? [] : likelihoodCurves({ band: appearance, logits: logitsIn(appearance), truth }, { labels, temperature, data: `${known.length} real pictures of the validation part shown as ${appearance} fields` }),
    );
    const measure = (data: string, examples: readonly Example[], logits: readonly Float32Array[]): Measured => {
      const scored = { labels, truth: examples.map(({ label }) => label), probabilities: logits.map((row) => softmax(row, temperature)), groups: examples.map(({ item }) => groupKey(item)) };
      return { data, figures: figuresOf(scored), intervals: bootstrapIntervals(scored) };
    };
    const measured = [measure('real, validation part, which chose the epoch and the temperature', known, whole)];
    const tested = test.filter(({ label }) => label < labels.length);
    const logitsOf = async (examples: readonly Example[], name: string): Promise<Float32Array[]> => {
      const { mean } = (await look(examples, ['whole'], name)).get('whole')!;
      return examples.map((_, row) => rowOf(mean, row));
    };
    if (tested.length > 0) measured.push(measure(`real, test part, held out by ${heldOutBy}, chose nothing`, tested, await logitsOf(tested, 'testing')));
    const others = test.filter(({ label }) => label === labels.length);
    const otherLogits = others.length === 0 ? [] : await logitsOf(others, 'testing pictures of no category');
    return { temperature, rejectionEnergy, likelihood, measured, other: { n: others.length, rejected: otherLogits.filter((row) => energy(row, temperature) > rejectionEnergy).length } };
  } finally {
    await session.dispose();
  }
}
