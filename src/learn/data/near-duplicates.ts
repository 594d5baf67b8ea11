import { hashDistance, type PerceptualHash } from '../../imaging/perceptual-hash.ts';

/** Numbers of two pictures that look alike. */
export type Pair = readonly [number, number];

/** Pairs whose hashes differ in at most `most` of 64 bits. */
export function pairsByHash(hashes: readonly PerceptualHash[], most: number): Pair[] {
  const pairs: Pair[] = [];
  for (let a = 0; a < hashes.length; a++) {
    for (let b = a + 1; b < hashes.length; b++) if (hashDistance(hashes[a]!, hashes[b]!) <= most) pairs.push([a, b]);
  }
  return pairs;
}

/** The cluster of each of `count` pictures (the lowest number in it): two that look alike, and all that hang together through them. */
export function clusters(count: number, pairs: readonly Pair[]): Int32Array {
  const parent = Int32Array.from({ length: count }, (_, index) => index);
  const find = (index: number): number => {
    let root = index;
    while (parent[root] !== root) root = parent[root]!;
    for (let at = index; parent[at] !== root; ) [at, parent[at]] = [parent[at]!, root];
    return root;
  };
  for (const [a, b] of pairs) {
    const [left, right] = [find(a), find(b)];
    parent[Math.max(left, right)] = Math.min(left, right);
  }
  return parent.map((_, index) => find(index));
}

/** Members of each cluster with more than one. */
export function clusterMembers(cluster: ArrayLike<number>): number[][] {
  const members = new Map<number, number[]>();
  Array.from(cluster).forEach((root, index) => members.set(root, [...(members.get(root) ?? []), index]));
  return [...members.values()].filter((own) => own.length > 1);
}
