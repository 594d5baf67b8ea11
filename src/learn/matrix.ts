/** Row-major matrix of 32-bit numbers: one picture's features a row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

export function matrixOf(rows: readonly ArrayLike<number>[], columns: number): Matrix {
  const data = new Float32Array(rows.length * columns);
  rows.forEach((row, index) => data.set(row, index * columns));
  return { rows: rows.length, columns, data };
}

export const rowOf = (matrix: Matrix, row: number): Float32Array => matrix.data.subarray(row * matrix.columns, (row + 1) * matrix.columns);

/** result[row * outputs + k] = sum_j x[row, j] weights[k * columns + j]: X times the transposed weights. */
export function timesWeights(x: Matrix, weights: Float64Array, outputs: number): Float64Array {
  const { rows, columns, data } = x;
  const result = new Float64Array(rows * outputs);
  let k = 0;
  // Four outputs at once: each feature is loaded once for four sums.
  for (; k + 4 <= outputs; k += 4) {
    const [w0, w1, w2, w3] = [k * columns, (k + 1) * columns, (k + 2) * columns, (k + 3) * columns];
    for (let row = 0; row < rows; row++) {
      const at = row * columns;
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let j = 0; j < columns; j++) {
        const value = data[at + j]!;
        s0 += value * weights[w0 + j]!;
        s1 += value * weights[w1 + j]!;
        s2 += value * weights[w2 + j]!;
        s3 += value * weights[w3 + j]!;
      }
      const to = row * outputs + k;
      result[to] = s0;
      result[to + 1] = s1;
      result[to + 2] = s2;
      result[to + 3] = s3;
    }
  }
  for (; k < outputs; k++) {
    const w0 = k * columns;
    for (let row = 0; row < rows; row++) {
      const at = row * columns;
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += data[at + j]! * weights[w0 + j]!;
      result[row * outputs + k] = sum;
    }
  }
  return result;
}

/** result[k * columns + j] = sum_row r[row * outputs + k] x[row, j]: the transposed residuals times X. */
export function residualsTimes(x: Matrix, residuals: Float64Array, outputs: number): Float64Array {
  const { rows, columns, data } = x;
  const result = new Float64Array(outputs * columns);
  let row = 0;
  // Four rows at once: each sum is loaded and stored once for four products.
  for (; row + 4 <= rows; row += 4) {
    const [a0, a1, a2, a3] = [row * columns, (row + 1) * columns, (row + 2) * columns, (row + 3) * columns];
    for (let k = 0; k < outputs; k++) {
      const r0 = residuals[row * outputs + k]!;
      const r1 = residuals[(row + 1) * outputs + k]!;
      const r2 = residuals[(row + 2) * outputs + k]!;
      const r3 = residuals[(row + 3) * outputs + k]!;
      const to = k * columns;
      for (let j = 0; j < columns; j++) {
        result[to + j]! += r0 * data[a0 + j]! + r1 * data[a1 + j]! + r2 * data[a2 + j]! + r3 * data[a3 + j]!;
      }
    }
  }
  for (; row < rows; row++) {
    const at = row * columns;
    for (let k = 0; k < outputs; k++) {
      const r0 = residuals[row * outputs + k]!;
      const to = k * columns;
      for (let j = 0; j < columns; j++) result[to + j]! += r0 * data[at + j]!;
    }
  }
  return result;
}

/** The two products with one matrix that a solver asks for over and over. */
export interface Products {
  readonly timesWeights: (weights: Float64Array, outputs: number) => Float64Array;
  readonly residualsTimes: (residuals: Float64Array, outputs: number) => Float64Array;
  readonly dispose: () => void;
}

/** Worked out here, in 64 bit. */
export const plainProducts = (x: Matrix): Products => ({
  timesWeights: (weights, outputs) => timesWeights(x, weights, outputs),
  residualsTimes: (residuals, outputs) => residualsTimes(x, residuals, outputs),
  dispose: () => undefined,
});
