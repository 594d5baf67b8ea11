/** log sum exp, without overflow. */
export function logSumExp(values: ArrayLike<number>): number {
  let top = -Infinity;
  for (let index = 0; index < values.length; index++) top = Math.max(top, values[index]!);
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += Math.exp(values[index]! - top);
  return top + Math.log(sum);
}

/** Softmax of logits divided by the temperature. */
export function softmax(logits: ArrayLike<number>, temperature = 1): number[] {
  const scaled = Array.from(logits, (logit) => logit / temperature);
  const norm = logSumExp(scaled);
  return scaled.map((value) => Math.exp(value - norm));
}

/** E(x) = -T log sum exp(z/T) (Liu et al., 2020): high for what fits no category. */
export function energy(logits: ArrayLike<number>, temperature = 1): number {
  return -temperature * logSumExp(Array.from(logits, (logit) => logit / temperature));
}

/** Mean negative log likelihood of the true labels. */
export function negativeLogLikelihood(logits: readonly ArrayLike<number>[], labels: readonly number[], temperature = 1): number {
  let sum = 0;
  for (const [index, row] of logits.entries()) {
    const scaled = Array.from(row, (logit) => logit / temperature);
    sum += logSumExp(scaled) - scaled[labels[index]!]!;
  }
  return sum / logits.length;
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** T = argmin NLL over 0.05 to 20 (golden section in log T; the NLL is unimodal in 1/T). */
export function fitTemperature(logits: readonly ArrayLike<number>[], labels: readonly number[]): number {
  const cost = (logT: number): number => negativeLogLikelihood(logits, labels, Math.exp(logT));
  let low = Math.log(0.05);
  let high = Math.log(20);
  while (high - low > 1e-4) {
    const left = high - GOLDEN * (high - low);
    const right = low + GOLDEN * (high - low);
    if (cost(left) < cost(right)) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}

export interface Judged {
  readonly confidence: number;
  readonly right: boolean;
}

/** Expected calibration error: sum over `bins` equal-width bins of (share of the bin) x |accuracy - confidence|. */
export function expectedCalibrationError(judged: readonly Judged[], bins = 15): number {
  if (judged.length === 0) return 0;
  const sums = Array.from({ length: bins }, () => ({ confidence: 0, right: 0 }));
  for (const { confidence, right } of judged) {
    const bin = sums[Math.min(bins - 1, Math.floor(confidence * bins))]!;
    bin.confidence += confidence;
    if (right) bin.right++;
  }
  return sums.reduce((total, { confidence, right }) => total + Math.abs(right - confidence), 0) / judged.length;
}
