import { createHash } from 'node:crypto';
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import type { Interval } from '../envelope.ts';
import { quantile, rank } from './quantile.ts';

/** Resamples per interval (metrics.md §1.8). */
export const RESAMPLES = 10_000;

/** JSON with sorted keys and no spaces, so that equal questions have equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}

/**
 * Draws for a bootstrap: fills `into` with places among `n`, by the generator sfc32 seeded with the first 16 bytes of SHA-256
 * over the canonical JSON of a question.
 */
export function drawer(question: unknown, n: number): (into: Uint32Array) => void {
  const state = stateOf(digestOf(question));
  const scale = n / TWO_TO_32;
  return (into) => {
    for (let draw = 0; draw < into.length; draw += 1) into[draw] = sfc32(state) * scale;
  };
}

const TWO_TO_32 = 4_294_967_296;

const stateOf = (digest: Buffer): Int32Array => Int32Array.from([0, 4, 8, 12], (at) => digest.readInt32LE(at));

/** The next of the whole numbers below 2³² that a state gives, which moves on. */
function sfc32(state: Int32Array): number {
  const b = state[1]!;
  const c = state[2]!;
  const t = (((state[0]! + b) | 0) + state[3]!) | 0;
  state[3] = (state[3]! + 1) | 0;
  state[0] = b ^ (b >>> 9);
  state[1] = (c + (c << 3)) | 0;
  state[2] = (((c << 21) | (c >>> 11)) + t) | 0;
  return t >>> 0;
}

const digestOf = (question: unknown): Buffer => createHash('sha256').update(canonicalJson(question)).digest();

const MOST_KEPT = 20_000;
const kept = new Map<string, Interval | null>();

/**
 * An interval is drawn once: it follows from the question and the numbers alone, takes milliseconds, and a dashboard asks again
 * for thousands that have not changed.
 */
function drawnOnce(question: unknown, numbers: readonly Float64Array[], draw: (digest: Buffer) => Interval | null) {
  const digest = digestOf(question);
  const hash = createHash('sha256').update(digest);
  for (const part of numbers) hash.update(part);
  const key = hash.digest('base64');
  const known = kept.get(key);
  if (known !== undefined) return known;
  const interval = draw(digest);
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(key, interval);
  return interval;
}

/**
 * BCa bootstrap interval of the mean of skewed values (metrics.md §1.8), divided by `unit`. Values are whole numbers,
 * ascending, so that the same question over the same rows gives the same interval. Null below ten values, where nothing
 * varies, or where all resamples lie on one side of the mean.
 */
export function bcaMean(values: readonly number[], unit: number, question: unknown): Interval | null {
  if (values.length < 10) return null;
  const numbers = Float64Array.from(values);
  return drawnOnce(question, [numbers, Float64Array.of(unit)], (digest) => drawBcaMean(numbers, unit, digest));
}

function drawBcaMean(numbers: Float64Array, unit: number, digest: Buffer): Interval | null {
  const n = numbers.length;
  const total = numbers.reduce((sum, value) => sum + value, 0);
  const [sums] = sumsDrawn(numbers, numbers, digest);
  const below = sums.reduce((count, sum) => (sum < total ? count + 1 : count), 0);
  if (below === 0 || below === RESAMPLES) return null;
  sums.sort();
  const bias = normalQuantile(below / RESAMPLES, 0, 1);
  const skew = acceleration(numbers, total / n);
  const bound = (p: number) => {
    const z = bias + normalQuantile(p, 0, 1);
    return r7(sums, normalCdf(bias + z / (1 - skew * z), 0, 1)) / n / unit;
  };
  return { low: bound(0.025), high: bound(0.975), level: 0.95, method: 'bca' };
}

/** Fewest clusters that a bootstrap draws from (metrics.md §1.8). */
const MIN_CLUSTERS = 10;

/**
 * Bootstrap interval of a ratio of sums over clusters (metrics.md §1.8), each with its part of both sums, in the order of
 * their keys. Null below ten clusters; draws that weigh nothing are left out.
 */
export function ratioInterval(clusters: readonly (readonly [number, number])[], question: unknown): Interval | null {
  if (clusters.length < MIN_CLUSTERS) return null;
  const [sums, weights] = [0, 1].map((part) => Float64Array.from(clusters, (cluster) => cluster[part]!)) as [
    Float64Array,
    Float64Array,
  ];
  return drawnOnce(question, [sums, weights], (digest) => drawRatio(sums, weights, digest));
}

function drawRatio(sums: Float64Array, weights: Float64Array, digest: Buffer): Interval | null {
  const [numerators, denominators] = sumsDrawn(sums, weights, digest);
  const ratios = numerators
    .map((sum, sample) => sum / denominators[sample]!)
    .filter((_, sample) => denominators[sample] !== 0);
  if (ratios.length === 0) return null;
  ratios.sort();
  return { low: r7(ratios, 0.025), high: r7(ratios, 0.975), level: 0.95, method: 'bootstrap' };
}

/** The sums of both columns over the same places, for each resample; added up as they are drawn, as there are millions. */
function sumsDrawn(left: Float64Array, right: Float64Array, digest: Buffer): readonly [Float64Array, Float64Array] {
  const n = left.length;
  const state = stateOf(digest);
  const scale = n / TWO_TO_32;
  const sums = [new Float64Array(RESAMPLES), new Float64Array(RESAMPLES)] as const;
  for (let sample = 0; sample < RESAMPLES; sample += 1) {
    let sum = 0;
    let other = 0;
    for (let nth = 0; nth < n; nth += 1) {
      const place = (sfc32(state) * scale) | 0;
      sum += left[place]!;
      other += right[place]!;
    }
    sums[0][sample] = sum;
    sums[1][sample] = other;
  }
  return sums;
}

function acceleration(values: Float64Array, mean: number): number {
  // A leave-one-out mean is off from the mean by (x - mean) / (n - 1); the common factor cancels.
  let squares = 0;
  let cubes = 0;
  for (const value of values) {
    squares += (value - mean) ** 2;
    cubes += (value - mean) ** 3;
  }
  return squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
}

function r7(sorted: Float64Array, level: number): number {
  const h = (sorted.length - 1) * level;
  const below = Math.floor(h);
  const low = sorted[below]!;
  return below + 1 < sorted.length ? low + (h - below) * (sorted[below + 1]! - low) : low;
}

/** Median (R-7) of numbers in memory; null of none. */
export function median(values: readonly number[]): number | null {
  return quantile(rank(values), 50).value;
}
