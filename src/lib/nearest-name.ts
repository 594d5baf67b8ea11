/** Levenshtein distance, case ignored. */
function editDistance(a: string, b: string): number {
  const left = a.toLowerCase();
  const right = b.toLowerCase();
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const current = [i];
    for (let j = 1; j <= right.length; j++) {
      const substitution = previous[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[right.length]!;
}

/** The name a user most likely meant, if any is near enough: a prefix, or at most a third of the letters wrong. */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  const prefix = names.find((name) => typed.length >= 2 && name.toLowerCase().startsWith(typed.toLowerCase()));
  if (prefix !== undefined) return prefix;
  const ranked = names.map((name) => ({ name, distance: editDistance(typed, name) })).sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(1, Math.ceil(best.name.length / 3)) ? best.name : undefined;
}

/** `Unknown category "Nanowire": did you mean Nanowires? There are …` */
export function unknownNameMessage(kind: string, typed: string, names: readonly string[]): string {
  const near = nearestName(typed, names);
  const suggestion = near === undefined ? '' : ` Did you mean ${near}?`;
  return `Unknown ${kind} "${typed}".${suggestion} There are: ${names.join(', ')}.`;
}
