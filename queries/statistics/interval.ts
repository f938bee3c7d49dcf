import chisquareQuantile from '@stdlib/stats-base-dists-chisquare-quantile';
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import type { Interval } from '../envelope.ts';

const Z = 1.959964;

/** Wilson score interval of a proportion k/n, no continuity correction (metrics.md §1.8); null without trials. */
export function wilson(k: number, n: number): Interval | null {
  if (n <= 0) return null;
  const p = k / n;
  const scale = 1 + (Z * Z) / n;
  const centre = (p + (Z * Z) / (2 * n)) / scale;
  const half = (Z * Math.sqrt((p * (1 - p)) / n + (Z * Z) / (4 * n * n))) / scale;
  // At 0 and n the score interval touches the edge exactly; rounding must not move it off.
  const low = k === 0 ? 0 : Math.max(0, centre - half);
  const high = k === n ? 1 : Math.min(1, centre + half);
  return { low, high, level: 0.95, method: 'wilson' };
}

/** Exact Poisson interval (Garwood) of k events over an exposure, per unit of it (metrics.md §1.8); null without exposure. */
export function garwood(k: number, exposure: number): Interval | null {
  if (exposure <= 0) return null;
  const { low, high } = poissonBounds(k);
  return { low: low / exposure, high: high / exposure, level: 0.95, method: 'garwood' };
}

/** Of a count alone: the rows of an answer have few different ones. */
function poissonBounds(k: number): { readonly low: number; readonly high: number } {
  const known = boundsByCount.get(k);
  if (known) return known;
  const bounds = {
    low: k === 0 ? 0 : chisquareQuantile(0.025, 2 * k) / 2,
    high: chisquareQuantile(0.975, 2 * k + 2) / 2,
  };
  if (boundsByCount.size > 20_000) boundsByCount.clear();
  boundsByCount.set(k, bounds);
  return bounds;
}

const boundsByCount = new Map<number, { readonly low: number; readonly high: number }>();

/**
 * Student's t interval of the mean of a bounded scale, clipped to it (metrics.md §1.8); null for fewer than two values.
 * `factor` is the finite population correction.
 */
export function tInterval(values: readonly number[], scale: readonly [number, number], factor = 1): Interval | null {
  const n = values.length;
  if (n < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = tQuantile(0.975, n - 1) * Math.sqrt(variance / n) * factor;
  return { low: Math.max(scale[0], mean - half), high: Math.min(scale[1], mean + half), level: 0.95, method: 't' };
}
