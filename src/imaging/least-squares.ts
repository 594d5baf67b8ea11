/** One equation: the sum of the terms times the unknowns is `value`, with the weight 1 / variance. */
export interface Equation {
  readonly terms: readonly number[];
  readonly value: number;
  readonly weight: number;
}

export interface Solution {
  readonly values: readonly number[];
  /** Inverse of the normal matrix: the covariance of the values when the weights are 1 / variance. */
  readonly covariance: readonly (readonly number[])[];
}

/** Pivots below this share of the largest diagonal element mean that the equations leave an unknown open. */
const SINGULAR = 1e-12;

/**
 * Weighted linear least squares by the normal equations, which are scaled to a diagonal of ones and inverted by Gauss and
 * Jordan's elimination. Meant for a few unknowns. Undefined when the equations do not determine all of them.
 */
export function leastSquares(equations: readonly Equation[], unknowns: number): Solution | undefined {
  const normal = Array.from({ length: unknowns }, () => new Float64Array(2 * unknowns));
  const right = new Float64Array(unknowns);
  for (const { terms, value, weight } of equations) {
    for (let i = 0; i < unknowns; i++) {
      if (terms[i] === 0) continue;
      right[i]! += weight * terms[i]! * value;
      for (let j = 0; j < unknowns; j++) normal[i]![j]! += weight * terms[i]! * terms[j]!;
    }
  }
  const scales = normal.map((row, i) => 1 / Math.sqrt(row[i]!));
  if (!scales.every(Number.isFinite)) return undefined;
  for (let i = 0; i < unknowns; i++) {
    for (let j = 0; j < unknowns; j++) normal[i]![j]! *= scales[i]! * scales[j]!;
    normal[i]![unknowns + i] = 1;
  }
  for (let pivot = 0; pivot < unknowns; pivot++) {
    let best = pivot;
    for (let row = pivot + 1; row < unknowns; row++) if (Math.abs(normal[row]![pivot]!) > Math.abs(normal[best]![pivot]!)) best = row;
    [normal[pivot], normal[best]] = [normal[best]!, normal[pivot]!];
    const head = normal[pivot]!;
    const divisor = head[pivot]!;
    if (Math.abs(divisor) < SINGULAR) return undefined;
    for (let j = 0; j < 2 * unknowns; j++) head[j]! /= divisor;
    for (let row = 0; row < unknowns; row++) {
      const factor = normal[row]![pivot]!;
      if (row === pivot || factor === 0) continue;
      for (let j = 0; j < 2 * unknowns; j++) normal[row]![j]! -= factor * head[j]!;
    }
  }
  const covariance = normal.map((row, i) => Array.from(row.subarray(unknowns), (value, j) => value * scales[i]! * scales[j]!));
  return { values: covariance.map((row) => row.reduce((sum, value, j) => sum + value * right[j]!, 0)), covariance };
}

/** Huber's limit in standard deviations: beyond it an equation's pull no longer grows. Keeps 95 % of the efficiency. */
const HUBER = 1.345;
const ROUNDS = 12;

/** Least squares after Huber (1964): equations that lie far out lose weight, by repeated weighting. */
export function robustLeastSquares(equations: readonly Equation[], unknowns: number): Solution | undefined {
  let weighted = equations;
  let solution = leastSquares(weighted, unknowns);
  for (let round = 0; round < ROUNDS && solution !== undefined; round++) {
    const { values } = solution;
    weighted = equations.map((equation) => {
      const off = Math.abs(residual(equation, values)) * Math.sqrt(equation.weight);
      return off <= HUBER ? equation : { ...equation, weight: (equation.weight * HUBER) / off };
    });
    solution = leastSquares(weighted, unknowns);
  }
  return solution;
}

/** What is left of an equation's value. */
export function residual({ terms, value }: Equation, values: readonly number[]): number {
  return value - terms.reduce((sum, term, index) => sum + term * values[index]!, 0);
}
