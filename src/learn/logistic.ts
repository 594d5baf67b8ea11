import { plainProducts, timesWeights, type Matrix, type Products } from './matrix.ts';

/** A linear head: logit_k(x) = bias_k + sum_j weights[k * columns + j] x_j. */
export interface LinearHead {
  readonly classes: number;
  readonly columns: number;
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

export interface LabelledRows {
  readonly x: Matrix;
  /** Class of each row, 0 to classes - 1. */
  readonly y: ArrayLike<number>;
  readonly classes: number;
  /** Weight of each row; 1 when absent. */
  readonly weights?: ArrayLike<number>;
}

export interface LogisticOptions {
  /** Inverse strength of the L2 penalty, as scikit-learn has it: minimises c * sum_i w_i loss_i + |W|^2 / 2, the bias unpenalised. */
  readonly c: number;
  /** The search ends when the gradient's norm has fallen to this share of what it is at the start. 1e-6 when absent. */
  readonly tolerance?: number;
  readonly maxIterations?: number;
  /** Begins here: neighbouring values of `c` have neighbouring optima. */
  readonly start?: LinearHead;
  /** Who multiplies; `plainProducts` when absent. In 32 bit the gradient has no more than some 1e-6 of what it is at the start. */
  readonly products?: (x: Matrix) => Products;
}

export interface LogisticFit extends LinearHead {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Weights that make the classes count alike: n / (classes present * n_k), times the given weights. */
export function balancedWeights(y: ArrayLike<number>, classes: number, weights?: ArrayLike<number>): Float64Array {
  const total = new Float64Array(classes);
  let sum = 0;
  for (let row = 0; row < y.length; row++) {
    total[y[row]!]! += weights?.[row] ?? 1;
    sum += weights?.[row] ?? 1;
  }
  const present = total.filter((value) => value > 0).length;
  return Float64Array.from(y, (label, row) => ((weights?.[row] ?? 1) * sum) / (present * total[label]!));
}

function withBias(products: Float64Array, bias: Float64Array): Float64Array {
  for (let at = 0; at < products.length; at++) products[at]! += bias[at % bias.length]!;
  return products;
}

export const logitsOf = (head: LinearHead, x: Matrix): Float64Array => withBias(timesWeights(x, head.weights, head.classes), head.bias);

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
};

/** c * weighted cross-entropy of `logits`, and (in place of a second pass) its gradient with respect to them. */
function crossEntropy(rows: LabelledRows, logits: Float64Array, c: number): { loss: number; residuals: Float64Array } {
  const { classes, y } = rows;
  const residuals = new Float64Array(logits.length);
  let loss = 0;
  for (let row = 0; row < rows.x.rows; row++) {
    const at = row * classes;
    const weight = c * (rows.weights?.[row] ?? 1);
    let top = -Infinity;
    for (let k = 0; k < classes; k++) top = Math.max(top, logits[at + k]!);
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += residuals[at + k] = Math.exp(logits[at + k]! - top);
    loss += weight * (Math.log(sum) + top - logits[at + y[row]!]!);
    for (let k = 0; k < classes; k++) residuals[at + k]! *= weight / sum;
    residuals[at + y[row]!]! -= weight;
  }
  return { loss, residuals };
}

/** Loss and gradient at a point given as weights followed by biases. */
export function lossAndGradient(rows: LabelledRows, parameters: Float64Array, c: number): { loss: number; gradient: Float64Array } {
  const of = { ...rows, products: plainProducts(rows.x) };
  return gradientAt(of, { parameters, logits: logitsAt(of, parameters) }, c);
}

interface Problem extends LabelledRows {
  readonly products: Products;
}

function logitsAt({ classes, x, products }: Problem, parameters: Float64Array): Float64Array {
  const size = classes * x.columns;
  return withBias(products.timesWeights(parameters.subarray(0, size), classes), parameters.subarray(size));
}

function gradientAt(rows: Problem, at: { parameters: Float64Array; logits: Float64Array }, c: number): { loss: number; gradient: Float64Array } {
  const { classes, x, products } = rows;
  const size = classes * x.columns;
  const { loss, residuals } = crossEntropy(rows, at.logits, c);
  const gradient = new Float64Array(size + classes);
  gradient.set(products.residualsTimes(residuals, classes));
  let penalty = 0;
  for (let j = 0; j < size; j++) {
    gradient[j]! += at.parameters[j]!;
    penalty += at.parameters[j]! * at.parameters[j]!;
  }
  for (let index = 0; index < residuals.length; index++) gradient[size + (index % classes)]! += residuals[index]!;
  return { loss: loss + penalty / 2, gradient };
}

/** L-BFGS two-loop recursion (Nocedal 1980): minus the approximate inverse Hessian times the gradient. */
function direction(gradient: Float64Array, memory: readonly { s: Float64Array; y: Float64Array; rho: number }[]): Float64Array {
  const q = Float64Array.from(gradient);
  const alpha: number[] = [];
  for (let index = memory.length - 1; index >= 0; index--) {
    const { s, y, rho } = memory[index]!;
    const a = (alpha[index] = rho * dot(s, q));
    for (let j = 0; j < q.length; j++) q[j]! -= a * y[j]!;
  }
  const last = memory.at(-1);
  const scale = last === undefined ? 1 / Math.max(1, Math.sqrt(dot(gradient, gradient))) : dot(last.s, last.y) / dot(last.y, last.y);
  for (let j = 0; j < q.length; j++) q[j]! *= scale;
  memory.forEach(({ s, y, rho }, index) => {
    const b = alpha[index]! - rho * dot(y, q);
    for (let j = 0; j < q.length; j++) q[j]! += b * s[j]!;
  });
  for (let j = 0; j < q.length; j++) q[j] = -q[j]!;
  return q;
}

/** Along a line the logits are linear in the step, so that a trial costs rows x classes only: bisected Newton on the slope. */
function lineMinimum(rows: LabelledRows, line: { logits: Float64Array; along: Float64Array; p: Float64Array; d: Float64Array }, c: number): number {
  const { classes, y } = rows;
  const size = classes * rows.x.columns;
  const [p, d] = [line.p.subarray(0, size), line.d.subarray(0, size)];
  const [pd, dd] = [dot(p, d), dot(d, d)];
  const slopes = (step: number): { slope: number; curvature: number } => {
    let slope = pd + step * dd;
    let curvature = dd;
    for (let row = 0; row < rows.x.rows; row++) {
      const at = row * classes;
      let top = -Infinity;
      for (let k = 0; k < classes; k++) top = Math.max(top, line.logits[at + k]! + step * line.along[at + k]!);
      let [sum, first, second] = [0, 0, 0];
      for (let k = 0; k < classes; k++) {
        const u = line.along[at + k]!;
        const e = Math.exp(line.logits[at + k]! + step * u - top);
        sum += e;
        first += e * u;
        second += e * u * u;
      }
      const weight = c * (rows.weights?.[row] ?? 1);
      slope += weight * (first / sum - line.along[at + y[row]!]!);
      curvature += weight * (second / sum - (first / sum) ** 2);
    }
    return { slope, curvature };
  };
  let [low, high, step] = [0, Infinity, 1];
  const start = Math.abs(slopes(0).slope);
  for (let trial = 0; trial < 20; trial++) {
    const { slope, curvature } = slopes(step);
    if (Math.abs(slope) <= 0.01 * start) break;
    if (slope < 0) low = step;
    else high = step;
    const newton = step - slope / curvature;
    step = newton > low && newton < high ? newton : high === Infinity ? 2 * step : (low + high) / 2;
  }
  return step;
}

/**
 * Multinomial logistic regression with an L2 penalty: L-BFGS with an exact line search. Deterministic; the problem is convex, so
 * that the optimum is the one any other solver finds.
 */
export function fitLogistic(rows: LabelledRows, options: LogisticOptions): LogisticFit {
  const products = (options.products ?? plainProducts)(rows.x);
  try {
    return fitProblem({ ...rows, products }, options);
  } finally {
    products.dispose();
  }
}

function fitProblem(rows: Problem, options: LogisticOptions): LogisticFit {
  const { x, classes } = rows;
  const size = classes * x.columns;
  const parameters = new Float64Array(size + classes);
  if (options.start !== undefined) {
    parameters.set(options.start.weights);
    parameters.set(options.start.bias, size);
  }
  const headAt = (point: Float64Array): LinearHead => ({ classes, columns: x.columns, weights: point.subarray(0, size), bias: point.subarray(size) });
  const norm = (vector: Float64Array): number => Math.sqrt(dot(vector, vector));
  const origin = norm(gradientAt(rows, { parameters: new Float64Array(size + classes), logits: new Float64Array(x.rows * classes) }, options.c).gradient);
  const logits = logitsAt(rows, parameters);
  let { loss, gradient } = gradientAt(rows, { parameters, logits }, options.c);
  const memory: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  const target = (options.tolerance ?? 1e-6) * origin;
  let iterations = 0;
  for (; iterations < (options.maxIterations ?? 1000) && norm(gradient) > target; iterations++) {
    let d = direction(gradient, memory);
    if (dot(d, gradient) >= 0) d = gradient.map((value) => -value);
    const along = logitsAt(rows, d);
    const step = lineMinimum(rows, { logits, along, p: parameters, d }, options.c);
    for (let j = 0; j < parameters.length; j++) parameters[j]! += step * d[j]!;
    for (let at = 0; at < logits.length; at++) logits[at]! += step * along[at]!;
    const next = gradientAt(rows, { parameters, logits }, options.c);
    const s = d.map((value) => step * value);
    const y = next.gradient.map((value, j) => value - gradient[j]!);
    const curvature = dot(s, y);
    ({ loss, gradient } = next);
    if (!(curvature > 0)) break;
    memory.push({ s, y, rho: 1 / curvature });
    if (memory.length > 12) memory.shift();
  }
  const gradientNorm = norm(gradient);
  return { ...headAt(parameters), loss, gradientNorm, iterations, converged: gradientNorm <= target };
}
