import { createHash } from 'node:crypto';

/** A stream of numbers that depends on nothing but its label. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  between(low: number, high: number): number;
  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number;
  chance(probability: number): boolean;
  /** One of the items; throws if there is none, which is a bug of the caller. */
  pick<T>(items: readonly T[]): T;
  /** Skewed to the right, as waiting times are; `sigma` of the underlying normal. */
  lognormal(median: number, sigma: number): number;
  exponential(mean: number): number;
}

/** Opens the stream of a label. Generator sfc32, seeded with the first 16 bytes of the label's SHA-256 (metrics.md §1.8). */
export function randomFrom(label: string): Random {
  const hash = createHash('sha256').update(label).digest();
  let a = hash.readUInt32LE(0);
  let b = hash.readUInt32LE(4);
  let c = hash.readUInt32LE(8);
  let counter = hash.readUInt32LE(12);
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) next();
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    whole: (low, high) => low + Math.floor((high - low + 1) * next()),
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[Math.floor(next() * items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
    lognormal: (median, sigma) => median * Math.exp(sigma * normal()),
    exponential: (mean) => -mean * Math.log(1 - next()),
  };
}

/** 40 hex digits, as Git names a commit. */
export function shaOf(...labels: readonly (string | number)[]): string {
  return createHash('sha1').update(labels.join('\n')).digest('hex');
}

/** A whole number below 2^40, as senders number their things. */
export function numberOf(...labels: readonly (string | number)[]): number {
  return Number.parseInt(shaOf(...labels).slice(0, 10), 16);
}

/** A UUID of the label. */
export function uuidOf(...labels: readonly (string | number)[]): string {
  const hex = shaOf(...labels);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** An id in capitals and digits, as PagerDuty gives them. */
export function codeOf(length: number, ...labels: readonly (string | number)[]): string {
  const digits = BigInt(`0x${shaOf(...labels)}`)
    .toString(36)
    .toUpperCase();
  return `Q${digits.slice(1, length)}`;
}
