/** How often one category is taken for another. */
export interface ConfusedPair {
  readonly truth: string;
  readonly said: string;
  readonly count: number;
  /** Share of all pictures of the true category. */
  readonly share: number;
}

/** Pairs that were confused at all, the most common first: by their share of the true category, then by their number. */
export function confusedPairs(labels: readonly string[], confusion: readonly (readonly number[])[]): ConfusedPair[] {
  const pairs = confusion.flatMap((row, truth) => {
    const n = row.reduce((sum, count) => sum + count, 0);
    return row.flatMap((count, said) => (count === 0 || said === truth ? [] : [{ truth: labels[truth]!, said: labels[said]!, count, share: count / n }]));
  });
  return pairs.sort((a, b) => b.share - a.share || b.count - a.count || (a.truth < b.truth ? -1 : 1));
}
