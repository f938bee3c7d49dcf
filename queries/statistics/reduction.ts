import type { Interval } from '../envelope.ts';
import { drawer, RESAMPLES } from './bootstrap.ts';

/** The items of one week: their values in ascending order, and how many are still open, which sort last (metrics.md §1.9). */
export interface WeekOfItems {
  readonly closed: readonly number[];
  readonly open: number;
}

/** Fewest weeks with an item on either side (metrics.md §11.3, before and after). */
const MIN_WEEKS = 4;

/**
 * Bootstrap interval of 1 − median now ÷ median of the baseline, whose clusters are weeks, drawn anew on each side by the
 * generator of its own question (metrics.md §1.8). Null below four weeks on either side. A bound that an open item decides is null.
 */
export function reductionInterval(
  now: readonly WeekOfItems[],
  baseline: readonly WeekOfItems[],
  questions: { readonly now: unknown; readonly baseline: unknown },
): Interval | null {
  if (now.length < MIN_WEEKS || baseline.length < MIN_WEEKS) return null;
  const after = resampledMedian(now, questions.now);
  const before = resampledMedian(baseline, questions.baseline);
  const draws: number[] = [];
  for (let sample = 0; sample < RESAMPLES; sample += 1) {
    const reduction = reducedBy(after(), before());
    if (!Number.isNaN(reduction)) draws.push(reduction);
  }
  if (draws.length === 0) return null;
  draws.sort((a, b) => a - b);
  const low = percentile(draws, 0.025);
  const high = percentile(draws, 0.975);
  return low === null && high === null ? null : { low, high, level: 0.95, method: 'bootstrap' };
}

/** 1 − median ÷ the one before. Of one before that is open nobody knows how much more it is: that is no reduction by all of it. */
function reducedBy(after: number, before: number): number {
  if (before !== Number.POSITIVE_INFINITY) return 1 - after / before;
  return after === Number.POSITIVE_INFINITY ? Number.NaN : Number.POSITIVE_INFINITY;
}

/** Draws as many weeks as there are and gives the median of what is in them; +∞ where an open item decides it. */
function resampledMedian(weeks: readonly WeekOfItems[], question: unknown): () => number {
  const draw = drawer(question, weeks.length);
  const drawn = new Uint32Array(weeks.length);
  const pooled = weeks
    .flatMap(({ closed }, week) => closed.map((value) => ({ value, week })))
    .sort((a, b) => a.value - b.value || a.week - b.week);
  const values = pooled.map(({ value }) => value);
  const weekOf = Int32Array.from(pooled, ({ week }) => week);
  const sizes = weeks.map(({ closed, open }) => closed.length + open);
  const times = new Int32Array(weeks.length);
  return () => {
    draw(drawn);
    times.fill(0);
    let total = 0;
    for (const week of drawn) {
      times[week]! += 1;
      total += sizes[week]!;
    }
    // Ranks from 0 of the one or two values in the middle.
    const [low, high] = [Math.floor((total - 1) / 2), Math.floor(total / 2)];
    let passed = 0;
    let lower = Number.POSITIVE_INFINITY;
    for (let at = 0; at < values.length; at += 1) {
      const next = passed + times[weekOf[at]!]!;
      if (passed <= low && low < next) lower = values[at]!;
      if (passed <= high && high < next) return (lower + values[at]!) / 2;
      passed = next;
    }
    return Number.POSITIVE_INFINITY;
  };
}

/** R-7 at a level of sorted numbers that may be infinite; null where an infinite one has weight. */
function percentile(sorted: readonly number[], level: number): number | null {
  const h = (sorted.length - 1) * level;
  const below = Math.floor(h);
  const low = sorted[below]!;
  const high = h > below ? sorted[below + 1]! : low;
  const value = low === high ? low : low + (h - below) * (high - low);
  return Number.isFinite(value) ? value : null;
}
