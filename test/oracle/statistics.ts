import { createHash } from 'node:crypto';
import cdf from '@stdlib/stats-base-dists-normal-cdf';
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import type { Interval, QuantileValue } from '../../queries/envelope.ts';

const Z = 1.959964;

/** Wilson score interval of k of n (metrics.md §1.8). */
export function wilson(k: number, n: number): Interval | null {
  if (n === 0) return null;
  const p = k / n;
  const middle = p + (Z * Z) / (2 * n);
  const half = Z * Math.sqrt((p * (1 - p)) / n + (Z * Z) / (4 * n * n));
  const scale = 1 + (Z * Z) / n;
  return {
    low: k === 0 ? 0 : (middle - half) / scale,
    high: k === n ? 1 : (middle + half) / scale,
    level: 0.95,
    method: 'wilson',
  };
}

/** Exact Poisson interval of a count over an exposure: the rates at which k or more, k or fewer, have 2.5 %. */
export function garwood(k: number, exposure: number): Interval | null {
  if (exposure <= 0) return null;
  const low = k === 0 ? 0 : bisect((rate) => 1 - poissonUpTo(k - 1, rate), 0.025, k);
  const high = bisect((rate) => -poissonUpTo(k, rate), -0.025, k + 10 * Math.sqrt(k + 1) + 10);
  return { low: low / exposure, high: high / exposure, level: 0.95, method: 'garwood' };
}

/** The rate in [0, top] at which an increasing function reaches a level. */
function bisect(increasing: (rate: number) => number, level: number, top: number): number {
  let low = 0;
  let high = top;
  for (let step = 0; step < 200; step++) {
    const middle = (low + high) / 2;
    if (increasing(middle) < level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function poissonUpTo(k: number, rate: number): number {
  let sum = 0;
  let logTerm = -rate;
  for (let i = 0; i <= k; i++) {
    if (i > 0) logTerm += Math.log(rate / i);
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}

/** R-7 quantile of closed values. */
export function quantile(values: readonly number[], p: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (sorted.length - 1) * p;
  const below = sorted[Math.floor(rank)]!;
  return below + (rank - Math.floor(rank)) * (sorted[Math.ceil(rank)]! - below);
}

/** R-7 quantile with its order-statistic interval; open items sort last, as +∞ (metrics.md §1.8, §1.9). */
export function quantileWithOpen(values: readonly number[], open: number, p: number): QuantileValue {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length + open;
  if (n === 0) return { value: null, ci: null, lower_bound: null };
  const rank = (n - 1) * p;
  const below = Math.floor(rank);
  const above = Math.ceil(rank);
  const ci = orderStatistics(sorted, n, p);
  if (above >= sorted.length) return { value: null, ci, lower_bound: sorted.at(-1) ?? null };
  const value = sorted[below]! + (rank - below) * (sorted[above]! - sorted[below]!);
  return { value, ci, lower_bound: null };
}

function orderStatistics(sorted: readonly number[], n: number, p: number): Interval | null {
  let l = 0;
  while (l + 1 <= n && binomialUpTo(l, n, p) <= 0.025) l++;
  let u = n + 1;
  while (u - 1 >= 1 && binomialUpTo(u - 2, n, p) >= 0.975) u--;
  const low = l >= 1 ? (sorted[l - 1] ?? null) : null;
  const high = u <= n ? (sorted[u - 1] ?? null) : null;
  return low === null && high === null ? null : { low, high, level: 0.95, method: 'order_statistics' };
}

/** P(Bin(n, p) ≤ k). */
function binomialUpTo(k: number, n: number, p: number): number {
  let sum = 0;
  let logChoose = 0;
  for (let i = 0; i <= Math.min(k, n); i++) {
    if (i > 0) logChoose += Math.log((n - i + 1) / i);
    sum += Math.exp(logChoose + i * Math.log(p) + (n - i) * Math.log(1 - p));
  }
  return sum;
}

/** JSON with keys sorted at every level and no spaces. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object')
    return `{${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => `${JSON.stringify(key)}:${canonicalJson(one)}`)
      .join(',')}}`;
  return JSON.stringify(value);
}

/** sfc32 over the first 16 bytes of the SHA-256 of the seed, as four little-endian u32. */
export function sfc32(seed: string): () => number {
  const digest = createHash('sha256').update(seed, 'utf8').digest();
  let [a, b, c, counter] = [0, 4, 8, 12].map((offset) => digest.readUInt32LE(offset)) as [
    number,
    number,
    number,
    number,
  ];
  return () => {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + result) | 0;
    return result >>> 0;
  };
}

/**
 * BCa interval of a mean of whole milliseconds, in milliseconds; `values` sorted by (value, atom id). Null below 10
 * values, or where all resamples lie on one side, or where nothing varies.
 */
export function bcaOfMean(
  values: readonly number[],
  seed: string,
  resamples = 10_000,
): { low: number; high: number } | null {
  const n = values.length;
  if (n < 10) return null;
  const next = sfc32(seed);
  const total = values.reduce((sum, value) => sum + value, 0);
  const sums: number[] = [];
  for (let b = 0; b < resamples; b++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += values[Math.floor((next() / 2 ** 32) * n)]!;
    sums.push(sum);
  }
  // Sums of whole milliseconds compare exactly, means would not.
  const below = sums.filter((sum) => sum < total).length;
  if (below === 0 || below === resamples) return null;
  const bias = normalQuantile(below / resamples, 0, 1);
  const mean = total / n;
  const deviations = values.map((value) => mean - (total - value) / (n - 1));
  const squares = deviations.reduce((sum, one) => sum + one ** 2, 0);
  if (squares === 0) return null;
  const acceleration = deviations.reduce((sum, one) => sum + one ** 3, 0) / (6 * squares ** 1.5);
  sums.sort((a, b) => a - b);
  const bound = (p: number): number => {
    const z = bias + normalQuantile(p, 0, 1);
    return quantile(sums, cdf(bias + z / (1 - acceleration * z), 0, 1))! / n;
  };
  return { low: bound(0.025), high: bound(0.975) };
}

/** Student's t: the value that a share `p` > 0.5 of the distribution lies below, by integrating its density. */
function tQuantile(p: number, degrees: number): number {
  // With x = √ν · tan θ the density becomes cos^(ν−1) θ over (−π/2, π/2).
  const area = (to: number): number => {
    const steps = 2_000;
    const width = to / steps;
    const at = (index: number): number => Math.cos(index * width) ** (degrees - 1);
    let total = at(0) + at(steps);
    for (let index = 1; index < steps; index += 1) total += (index % 2 === 1 ? 4 : 2) * at(index);
    return (total * width) / 3;
  };
  const half = area(Math.PI / 2);
  let low = 0;
  let high = Math.PI / 2;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (area(middle) / half < 2 * p - 1) low = middle;
    else high = middle;
  }
  return Math.sqrt(degrees) * Math.tan(low);
}

const tValues = new Map<number, number>();

/** t interval of a mean on a scale with ends, clipped to them (metrics.md §1.8). */
export function tOfMean(values: readonly number[], [least, most]: readonly [number, number]): Interval | null {
  const n = values.length;
  if (n < 2) return null;
  const mean = values.reduce((total, value) => total + value, 0) / n;
  const sd = Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / (n - 1));
  const t = tValues.get(n) ?? tQuantile(0.975, n - 1);
  tValues.set(n, t);
  const half = (t * sd) / Math.sqrt(n);
  return { low: Math.max(least, mean - half), high: Math.min(most, mean + half), level: 0.95, method: 't' };
}

/** Percentile bootstrap of Σ part ÷ Σ whole over clusters, which come sorted by their key; null below 10 of them. */
export function bootstrapOfRatio(
  clusters: readonly { readonly part: number; readonly whole: number }[],
  seed: string,
  resamples = 10_000,
): Interval | null {
  const n = clusters.length;
  if (n < 10) return null;
  const next = sfc32(seed);
  const ratios: number[] = [];
  for (let b = 0; b < resamples; b += 1) {
    let part = 0;
    let whole = 0;
    for (let i = 0; i < n; i += 1) {
      const drawn = clusters[Math.floor((next() / 2 ** 32) * n)]!;
      part += drawn.part;
      whole += drawn.whole;
    }
    if (whole !== 0) ratios.push(part / whole);
  }
  return { low: quantile(ratios, 0.025), high: quantile(ratios, 0.975), level: 0.95, method: 'bootstrap' };
}
