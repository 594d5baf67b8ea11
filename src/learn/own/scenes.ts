import { OTHER } from '../../contract/categories.ts';
import { EmagentError } from '../../contract/errors.ts';
import type { Example } from './examples.ts';

/**
 * Pictures whose mean roots are this alike (cosine) show the same place: crops and repeated exposures of one micrograph in
 * ../shared/data/sem lie above 0.98, 99 % of pairs of other pictures of one instrument below 0.94.
 */
export const SAME_SCENE = 0.97;

function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    ab += a[at]! * b[at]!;
    aa += a[at]! * a[at]!;
    bb += b[at]! * b[at]!;
  }
  return ab / Math.max(1e-12, Math.sqrt(aa * bb));
}

/**
 * Number of the scene of each picture: near duplicates, and pictures known to belong together, are one scene (single linkage). What is
 * held out is always a whole scene, so that no two pictures of one place lie on both sides.
 */
export function scenesOf(examples: readonly Example[]): Int32Array {
  const scene = Int32Array.from(examples, (_, index) => index);
  const join = (a: number, b: number): void => {
    const [kept, gone] = [Math.min(scene[a]!, scene[b]!), Math.max(scene[a]!, scene[b]!)];
    if (kept !== gone) for (let at = 0; at < scene.length; at++) if (scene[at] === gone) scene[at] = kept;
  };
  for (let a = 0; a < examples.length; a++) {
    for (let b = 0; b < a; b++) {
      const [left, right] = [examples[a]!, examples[b]!];
      const together = (left.group !== undefined && left.group === right.group) || left.sha256 === right.sha256;
      if (together || cosine(left.roots.whole, right.roots.whole) >= SAME_SCENE) join(a, b);
    }
  }
  return scene;
}

/** Places of each side that must be different: with fewer nothing can be held out. */
export const LEAST_SCENES = 3;

/** Throws EM_DATASET when the pictures of a label show too few different places, whatever their number. */
export function checkScenes(labels: readonly string[], examples: readonly Example[]): void {
  const scenes = scenesOf(examples);
  for (const [index, label] of labels.entries()) {
    const rows = examples.flatMap((example, row) => (example.label === index ? [row] : []));
    const places = new Set(rows.map((row) => scenes[row])).size;
    if (rows.length === 0 ? label === OTHER : places >= LEAST_SCENES) continue;
    const what = label === OTHER ? 'other things' : label;
    throw new EmagentError('EM_DATASET', `The ${rows.length} pictures of ${what} show only ${places} different place${places === 1 ? '' : 's'} (the others are near duplicates): at least ${LEAST_SCENES} are needed, 10 to 20 are good.`);
  }
}
