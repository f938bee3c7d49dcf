/** A deterministic source of choices: the same seed makes the same choices. */
export interface Random {
  /** A whole number in [low, high]. */
  int(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** One of several, by weight. */
  weighted<T>(from: readonly (readonly [weight: number, value: T])[]): T;
  hex(digits: number): string;
  shuffled<T>(from: readonly T[]): T[];
}

/** mulberry32, well enough mixed for choosing; nothing published depends on it. */
export function newRandom(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const pick = <T>(from: readonly T[]): T => {
    if (from.length === 0) throw new Error('nothing to pick from');
    return from[int(0, from.length - 1)]!;
  };
  return {
    int,
    chance: (probability) => next() < probability,
    pick,
    weighted: (from) => {
      let left = next() * from.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, value] of from) {
        left -= weight;
        if (left < 0) return value;
      }
      return from.at(-1)![1];
    },
    hex: (digits) => Array.from({ length: digits }, () => int(0, 15).toString(16)).join(''),
    shuffled: (from) => {
      const left = [...from];
      for (let i = left.length - 1; i > 0; i--) {
        const j = int(0, i);
        [left[i], left[j]] = [left[j]!, left[i]!];
      }
      return left;
    },
  };
}
