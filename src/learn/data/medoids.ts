import { rowOf, type Matrix } from '../matrix.ts';

/** 1 - cosine of two rows. */
function distances(x: Matrix): Float64Array {
  const result = new Float64Array(x.rows * x.rows);
  const lengths = Array.from({ length: x.rows }, (_, row) => Math.hypot(...rowOf(x, row)) || 1);
  for (let a = 0; a < x.rows; a++) {
    const left = rowOf(x, a);
    for (let b = a + 1; b < x.rows; b++) {
      const right = rowOf(x, b);
      let dot = 0;
      for (let at = 0; at < x.columns; at++) dot += left[at]! * right[at]!;
      result[a * x.rows + b] = result[b * x.rows + a] = 1 - dot / (lengths[a]! * lengths[b]!);
    }
  }
  return result;
}

/**
 * The `count` rows that stand best for all of them: k-medoids on cosine distance, begun greedily and improved by swaps until none
 * helps (PAM, Kaufman and Rousseeuw 1990). The one that stands for most comes first.
 */
export function medoids(x: Matrix, count: number): number[] {
  const n = x.rows;
  if (count >= n) return Array.from({ length: n }, (_, index) => index);
  const d = distances(x);
  const costOf = (chosen: readonly number[]): number => {
    let cost = 0;
    for (let row = 0; row < n; row++) {
      let nearest = Infinity;
      for (const medoid of chosen) nearest = Math.min(nearest, d[row * n + medoid]!);
      cost += nearest;
    }
    return cost;
  };
  const others = (chosen: readonly number[]): number[] => Array.from({ length: n }, (_, row) => row).filter((row) => !chosen.includes(row));
  const best = (candidates: readonly number[][]): { chosen: number[]; cost: number } =>
    candidates.map((chosen) => ({ chosen, cost: costOf(chosen) })).reduce((least, candidate) => (candidate.cost < least.cost ? candidate : least));
  let chosen: number[] = [];
  while (chosen.length < count) chosen = best(others(chosen).map((row) => [...chosen, row])).chosen;
  for (let cost = costOf(chosen); ; ) {
    const swapped = best(chosen.flatMap((_, slot) => others(chosen).map((row) => chosen.with(slot, row))));
    if (swapped.cost >= cost - 1e-12) break;
    ({ chosen, cost } = swapped);
  }
  const followers = (medoid: number): number =>
    Array.from({ length: n }, (_, row) => row).filter((row) => chosen.every((rival) => d[row * n + medoid]! <= d[row * n + rival]!)).length;
  return chosen.toSorted((a, b) => followers(b) - followers(a) || a - b);
}
