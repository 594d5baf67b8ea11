import { fitTemperature, softmax } from '../../classify/calibration.ts';
import type { Band, LikelihoodCurve, OwnCategory } from '../../contract/model-manifest.ts';
import { likelihoodCurve, type ScoredPresence } from '../likelihood-curves.ts';
import { clamp } from '../../lib/guards.ts';
import type { LinearHead } from '../logistic.ts';
import type { Example, ShippedPicture, Shown } from './examples.ts';
import { leaveScenesOut, type HeldOut } from './own-head.ts';
import { promiseOf } from './promise.ts';
import { scenesOf } from './scenes.ts';

/** Log ratios of a guess are not believed beyond this: a find takes more looks then. */
const GUESS_CLIP = 2;

const BANDS: readonly Band[] = ['survey', 'inspect', 'confirm'];
/** What is known of shipped pictures in each band. */
const SHIPPED_AS: Readonly<Record<Band, keyof ShippedPicture>> = { survey: 'survey', inspect: 'centre', confirm: 'centre' };

export interface OwnTrainingSet {
  /** Categories, `Other` last. */
  readonly labels: readonly string[];
  readonly examples: readonly Example[];
  readonly shipped: readonly ShippedPicture[];
  /** Of too few places to hold one out: each picture, or turned copy of one, counts as a place, and the evidence is damped. */
  readonly isGuess?: boolean;
}

export interface LearnedOwn {
  readonly labels: readonly string[];
  /** On square roots of embeddings. */
  readonly head: LinearHead;
  readonly temperature: number;
  readonly likelihood: readonly LikelihoodCurve[];
  readonly own: Readonly<Record<string, OwnCategory>>;
}

/** Log odds of one label against all others, from logits. */
function logOdds(logits: ArrayLike<number>, label: number, temperature: number): number {
  const probability = softmax(logits, temperature)[label]!;
  return Math.log(probability) - Math.log1p(-Math.min(probability, 1 - 1e-16));
}

/**
 * Temperature on smoothed targets: of n pictures of a label, n + 1 of n + 2 count as it (Platt 1999). A few pictures that are told apart
 * without a fault would otherwise make the model sure beyond all measure.
 */
function smoothedTemperature(logits: readonly Float64Array[], truth: readonly number[], classes: number): number {
  const rows: Float64Array[] = [];
  const labels: number[] = [];
  logits.forEach((row, index) => {
    const n = truth.filter((label) => label === truth[index]).length;
    for (let copy = 0; copy <= n; copy++) {
      rows.push(row);
      labels.push(truth[index]!);
    }
    rows.push(row);
    labels.push((truth[index]! + 1 + (index % (classes - 1))) % classes);
  });
  return fitTemperature(rows, labels);
}

interface Judged extends OwnTrainingSet {
  readonly heldOut: HeldOut;
  readonly scenes: Int32Array;
  readonly temperature: number;
}

function promise(label: number, { labels, examples, shipped, heldOut, scenes, temperature, isGuess }: Judged): OwnCategory {
  const other = labels.length - 1;
  const rowsWhere = (is: (example: Example) => boolean): number[] => examples.flatMap((example, row) => (is(example) ? [row] : []));
  const own = rowsWhere((example) => example.label === label);
  const others = rowsWhere((example) => example.label !== label);
  const sameInstrument = others.length > 0;
  const scoreOf = (row: number): number => logOdds(heldOut.examples[row]!.whole, label, temperature);
  const count = (rows: readonly number[]): number => new Set(rows.map((row) => scenes[row])).size;
  const about = promiseOf(
    labels[label]!,
    {
      present: own.map(scoreOf),
      absent: sameInstrument ? others.map(scoreOf) : heldOut.shipped.map(({ centre }) => logOdds(centre, label, temperature)),
      scenes: { present: count(own), absent: sameInstrument ? count(others) : shipped.length },
      sameInstrument,
    },
    { against: examples.filter((example) => example.label === other).length, shipped: shipped.length },
  );
  if (isGuess !== true) return about;
  const places = new Set(own.map((row) => examples[row]!.group)).size;
  return { ...about, scenes: places, doubts: [`${labels[label]!}: ${places === 1 ? 'one example is' : `${places} examples are`} a guess, not a measurement; 10 to 20 pictures and \`emagent adapt\` make a model that says what it finds.`] };
}

/** The user's pictures of other things weigh as much as all shipped ones, where there are any. */
function curve(band: Band, label: number, { labels, examples, shipped, heldOut, temperature, isGuess }: Judged): LikelihoodCurve {
  const rows: ScoredPresence[] = examples.map((example, row) => ({
    score: logOdds(heldOut.examples[row]![band satisfies Shown], label, temperature),
    present: example.label === label,
    weight: 1,
  }));
  const others = rows.filter(({ present }) => !present).length;
  const weight = others > 0 ? others / Math.max(1, shipped.length) : 1;
  for (const logits of heldOut.shipped) rows.push({ score: logOdds(logits[SHIPPED_AS[band]], label, temperature), present: false, weight });
  const data = `${rows.filter(({ present }) => present).length} pictures of ${labels[label]!} shown as ${band} fields, held out in turn, against ${others} of other things and ${shipped.length} of other instruments`;
  const fitted = likelihoodCurve(rows, { band, label: labels[label]!, data });
  return isGuess === true ? { ...fitted, logRatio: fitted.logRatio.map((value) => clamp(value, -GUESS_CLIP, GUESS_CLIP)) } : fitted;
}

/**
 * Learns categories of one's own from a few pictures: head, temperature, thresholds and likelihood curves, all judged on pictures whose
 * scene was held out. Deterministic; seconds for some tens of pictures.
 */
export function learnOwn(set: OwnTrainingSet, onProgress?: (share: number) => void): LearnedOwn {
  const { labels, examples, shipped, isGuess } = set;
  const scenes = isGuess === true ? Int32Array.from(examples, (_, index) => index) : scenesOf(examples);
  const heldOut = leaveScenesOut({ examples, shipped, classes: labels.length }, scenes, onProgress);
  const known = [...heldOut.examples.map(({ whole }) => whole), ...(examples.some(({ label }) => label === labels.length - 1) ? [] : heldOut.shipped.map(({ centre }) => centre))];
  const truth = known.map((_, row) => examples[row]?.label ?? labels.length - 1);
  const judged: Judged = { ...set, heldOut, scenes, temperature: smoothedTemperature(known, truth, labels.length) };
  const own = labels.slice(0, -1);
  return {
    labels,
    head: heldOut.head,
    temperature: judged.temperature,
    likelihood: BANDS.flatMap((band) => own.map((_, label) => curve(band, label, judged))),
    own: Object.fromEntries(own.map((name, label) => [name, promise(label, judged)])),
  };
}
