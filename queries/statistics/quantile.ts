import binomialCdf from '@stdlib/stats-base-dists-binomial-cdf';
import type { QuantileValue } from '../envelope.ts';

/** Closed values of a set by rank, and how many are still open: an open one sorts as +∞ (metrics.md §1.9). */
export interface Ranked {
  readonly closed: number;
  readonly open: number;
  /** The k-th smallest closed value, k from 1 to `closed`; only ranks near a published quantile need be known. */
  at(rank: number): number;
}

/** Ranks over values in memory; they need not be sorted. */
export function rank(values: readonly number[], open = 0): Ranked {
  const sorted = [...values].sort((a, b) => a - b);
  return { closed: sorted.length, open, at: (k) => sorted[k - 1]! };
}

/**
 * Quantile R-7 at `percent` (1 to 99) with its order-statistic interval (metrics.md §1.8). Null with a `lower_bound` (the
 * largest closed value) if an open item has weight in it.
 */
export function quantile(ranked: Ranked, percent: number): QuantileValue {
  const { closed, open } = ranked;
  const total = closed + open;
  if (total === 0) return { value: null, ci: null, lower_bound: null };
  // Whole hundredths, so that a rank that is whole stays whole.
  const hundredths = (total - 1) * percent;
  const below = Math.floor(hundredths / 100);
  const weight = (hundredths % 100) / 100;
  const above = weight > 0 ? below + 1 : below;
  const ci = orderInterval(ranked, percent);
  if (above >= closed) return { value: null, ci, lower_bound: closed > 0 ? ranked.at(closed) : null };
  const low = ranked.at(below + 1);
  return { value: weight > 0 ? low + weight * (ranked.at(above + 1) - low) : low, ci, lower_bound: null };
}

function orderInterval(ranked: Ranked, percent: number): QuantileValue['ci'] {
  const bounds = orderBounds(ranked.closed + ranked.open, percent);
  const low = knownAt(ranked, bounds.low);
  const high = knownAt(ranked, bounds.high);
  return low === null && high === null ? null : { low, high, level: 0.95, method: 'order_statistics' };
}

function knownAt(ranked: Ranked, k: number | null): number | null {
  return k === null || k > ranked.closed ? null : ranked.at(k);
}

/**
 * Ranks between which the quantile lies with 95 % confidence: low is the largest l with P(Bin(n,p) ≤ l−1) ≤ 0.025, high the
 * smallest u with P(Bin(n,p) ≤ u−1) ≥ 0.975 (metrics.md §1.8); null where there is none within 1 to n.
 */
export function orderBounds(n: number, percent: number): { low: number | null; high: number | null } {
  const known = cache.get(n * 100 + percent);
  if (known) return known;
  const p = percent / 100;
  const [guessLow, guessHigh] = guess(n, p);
  let low = guessLow;
  while (low > 0 && binomialCdf(low - 1, n, p) > 0.025) low -= 1;
  while (low < n && binomialCdf(low, n, p) <= 0.025) low += 1;
  let high = guessHigh;
  while (high <= n && binomialCdf(high - 1, n, p) < 0.975) high += 1;
  while (high > 1 && binomialCdf(high - 2, n, p) >= 0.975) high -= 1;
  const bounds = { low: low >= 1 ? low : null, high: high <= n ? high : null };
  if (cache.size > 20_000) cache.clear();
  cache.set(n * 100 + percent, bounds);
  return bounds;
}

const cache = new Map<number, { low: number | null; high: number | null }>();

function guess(n: number, p: number): [number, number] {
  const half = 1.96 * Math.sqrt(n * p * (1 - p));
  const clamp = (rank: number) => Math.min(n, Math.max(1, Math.round(rank)));
  return [clamp(n * p - half), clamp(n * p + 1 + half)];
}

/** Up to this many closed values a store answers all of them; beyond, only {@link RANK_SLACK} about the ranks needed. */
export const FEW_VALUES = 60;

/** How far the normal approximation of a rank may be off (held by a test up to ten million values). */
export const RANK_SLACK = 1;
