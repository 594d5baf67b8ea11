// Served to the browser as it is compiled.

const LOWEST = 0.001;
const HIGHEST = 0.99;
const logOdds = (p: number): number => Math.log(p / (1 - p));

/**
 * How strongly a tile of this posterior probability is coloured, 0 to 1: its log-odds between those of 0.1 % and 99 %, so
 * that improbable places still differ, with a power that keeps them calm.
 */
export function shadeOf(probability: number): number {
  const p = Math.min(HIGHEST, Math.max(LOWEST, probability));
  return ((logOdds(p) - logOdds(LOWEST)) / (logOdds(HIGHEST) - logOdds(LOWEST))) ** 1.25;
}
