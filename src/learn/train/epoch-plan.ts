import { hash32, randomFor } from '../../lib/random.ts';
import type { DatasetItem } from '../dataset.ts';
import { shuffle } from '../split.ts';

/** A picture to train on. */
export interface Example {
  readonly item: DatasetItem;
  /** Number of the label; the number after the last one for pictures of no category. */
  readonly label: number;
}

/** How rare categories get their due: drawn as often as the others, weighed as much in sum, or not at all. */
export type Balance = 'sampling' | 'weights' | 'none';

export interface EpochPlanOptions {
  readonly real: readonly Example[];
  readonly synthetic: readonly Example[];
  /** Share of the synthetic pictures in an epoch. */
  readonly syntheticShare: number;
  readonly balance: Balance;
  readonly seed: number;
  /** Views of each picture that are made once and used again; 0 makes new ones in every epoch. */
  readonly copies: number;
}

export interface PlannedExample extends Example {
  readonly weight: number;
  /** Of the augmentation. */
  readonly seed: number;
}

function countsOf(examples: readonly Example[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { label } of examples) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

/** `n` pictures, every category alike: rounds through each shuffled category, so that no picture comes twice before all came once. */
function drawBalanced(examples: readonly Example[], n: number, random: ReturnType<typeof randomFor>): Example[] {
  const byLabel = new Map<number, Example[]>();
  for (const example of shuffle(examples, random)) byLabel.set(example.label, [...(byLabel.get(example.label) ?? []), example]);
  const lists = [...byLabel.values()];
  return Array.from({ length: n }, (_, index) => {
    const list = lists[index % lists.length]!;
    return list[Math.floor(index / lists.length) % list.length]!;
  });
}

/** `n` pictures; all of them when there are as many, some twice when there are fewer. */
function drawPlain(examples: readonly Example[], n: number, random: ReturnType<typeof randomFor>): Example[] {
  const order = shuffle(examples, random);
  return Array.from({ length: n }, (_, index) => order[index % order.length]!);
}

/**
 * The examples of one epoch in their order: as many real ones as there are, and synthetic ones in their share. Depends on seed and
 * epoch alone, so that a training that goes on does as one that was never stopped.
 */
export function planEpoch(epoch: number, { real, synthetic, syntheticShare, balance, seed, copies }: EpochPlanOptions): PlannedExample[] {
  const random = randomFor(seed, `epoch ${epoch}`);
  const draw = balance === 'sampling' ? drawBalanced : drawPlain;
  const drawn = synthetic.length === 0 ? 0 : Math.round((real.length * syntheticShare) / (1 - syntheticShare));
  const chosen = shuffle([...draw(real, real.length, random), ...(drawn === 0 ? [] : draw(synthetic, drawn, random))], random);
  const counts = countsOf(chosen);
  return chosen.map((example, index) => ({
    ...example,
    weight: balance === 'weights' ? chosen.length / (counts.size * counts.get(example.label)!) : 1,
    // The same picture twice in one epoch is looked at in two ways.
    seed: copies === 0 ? hash32(`${seed}/${example.item.sha256}/${epoch}/${index}`) : hash32(`${seed}/${example.item.sha256}/${(epoch + index) % copies}`),
  }));
}
