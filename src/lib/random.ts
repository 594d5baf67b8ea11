/** A seeded stream of random numbers. One stream per part, so that a new part does not change another's numbers. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal. */
  gaussian(): number;
  /** Poisson; exact below a mean of 20, a rounded normal above. */
  poisson(mean: number): number;
  /** Uniform integer in [0, n). */
  integer(n: number): number;
  /** Where the stream stands: `createRandom(state)` goes on from here. */
  state(): number;
}

/** FNV-1a over UTF-16 code units, 32 bit. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** mulberry32 (T. Ettinger, public domain): 32 bits of state, full period. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  let spare: number | undefined;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const gaussian = (): number => {
    // Polar method (Marsaglia and Bray, 1964); the second value of the pair is kept.
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const u = 2 * uniform() - 1;
      const v = 2 * uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const factor = Math.sqrt((-2 * Math.log(s)) / s);
        spare = v * factor;
        return u * factor;
      }
    }
  };
  const poisson = (mean: number): number => {
    if (mean <= 0) return 0;
    if (mean > 20) return Math.max(0, Math.round(mean + Math.sqrt(mean) * gaussian()));
    const limit = Math.exp(-mean);
    let product = uniform();
    let count = 0;
    while (product > limit) {
      product *= uniform();
      count++;
    }
    return count;
  };
  return { uniform, gaussian, poisson, integer: (n) => Math.floor(uniform() * n), state: () => state };
}

/** A stream of its own for a named part of a seeded whole. */
export function randomFor(seed: number, part: string): Random {
  return createRandom((hash32(part) ^ Math.imul(seed, 0x9e3779b1)) >>> 0);
}
