import type { Row } from '../../queries/envelope.ts';
import { formatDifference, formatDistance, formatValue, quantityOf, THIN } from './numbers.ts';
import { isFirm, showsValue } from './states.ts';

/** Which way a metric is meant to go. */
export type Direction = 'higher' | 'lower';

/** better, worse: the interval of the difference leaves out zero. none: it does not. unknown: there is no interval. */
export type Judgement = 'better' | 'worse' | 'none' | 'unknown' | 'no baseline';

/** Two windows of one metric held against each other. Estimates are now less before, in the metric's unit. */
export interface Difference {
  readonly judgement: Judgement;
  readonly estimate: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** How the interval came about, for "Why this number". */
  readonly method: string;
}

const methods = {
  newcombe: 'Newcombe’s hybrid of the two score intervals',
  rates: 'the two Poisson intervals combined by the square root of squares',
  ends: 'the outer ends of the two intervals, which is wider than 95 % would need',
} as const;

/**
 * The difference of two independent windows with an interval.
 * Shares: Newcombe's hybrid score interval. Rates: the same recovery of variance from the two exact Poisson intervals.
 * Medians: the outer ends of both order-statistic intervals, since changes of one deployment are not independent and the
 * single intervals are a little too narrow already. Without both intervals, or with too few atoms, nothing is claimed.
 */
export function differenceOf(now: Row, before: Row | null, direction: Direction): Difference {
  const nothing = { estimate: null, low: null, high: null, method: '' };
  if (before === null || !showsValue(before)) return { judgement: 'no baseline', ...nothing };
  if (now.value === null || before.value === null || !showsValue(now)) return { judgement: 'unknown', ...nothing };
  const estimate = now.value - before.value;
  const [a, b] = [now.ci, before.ci];
  const [aLow, aHigh, bLow, bHigh] = [a?.low ?? null, a?.high ?? null, b?.low ?? null, b?.high ?? null];
  if (aLow === null || aHigh === null || bLow === null || bHigh === null) {
    return { judgement: 'unknown', ...nothing, estimate };
  }
  const kind = quantityOf(now.unit).kind;
  const isMedian = kind === 'duration';
  const low = isMedian ? aLow - bHigh : estimate - Math.hypot(now.value - aLow, bHigh - before.value);
  const high = isMedian ? aHigh - bLow : estimate + Math.hypot(aHigh - now.value, before.value - bLow);
  const method = isMedian ? methods.ends : kind === 'share' ? methods.newcombe : methods.rates;
  if (!isFirm(now) || !isFirm(before)) return { judgement: 'unknown', estimate, low, high, method };
  if (low <= 0 && high >= 0) return { judgement: 'none', estimate, low, high, method };
  const isBetter = direction === 'higher' ? low > 0 : high < 0;
  return { judgement: isBetter ? 'better' : 'worse', estimate, low, high, method };
}

/** A difference in words: the first line (the judgement apart, since it is set in bold) and the line beneath it. */
export interface DifferenceWords {
  readonly judged: 'better' | 'worse' | null;
  readonly line: string;
  readonly beneath: string;
}

/** Words of a difference (pages.md §3): "**better** by 5 h 50 min", "no detectable change", "nothing to compare with". */
export function differenceWords(difference: Difference, now: Row): DifferenceWords {
  const quantity = quantityOf(now.unit);
  const { judgement, estimate, low, high } = difference;
  if (judgement === 'no baseline') return { judged: null, line: 'nothing to compare with', beneath: '' };
  if (estimate === null) return { judged: null, line: 'cannot be told', beneath: '' };
  const signed = formatDifference(quantity, estimate, low, high, now.n);
  if (judgement === 'unknown') {
    return { judged: null, line: 'cannot be told', beneath: low === null ? `${signed}, no interval` : signed };
  }
  if (judgement === 'none' || low === null || high === null) {
    return { judged: null, line: 'no detectable change', beneath: signed };
  }
  const [near, far] = [Math.abs(low), Math.abs(high)].sort((x, y) => x - y) as [number, number];
  const size = Math.abs(estimate);
  const [from, to] = [near, far].map((of) =>
    quantity.kind === 'share' ? formatDistance(quantity, of, now.n) : formatValue(quantity, of, size, now.n),
  ) as [string, string];
  const isPlain = quantity.kind !== 'duration';
  return {
    judged: judgement,
    line: ` by ${quantity.kind === 'share' ? formatDistance(quantity, size, now.n) : formatValue(quantity, size)}`,
    beneath: `${isPlain ? from.slice(0, from.lastIndexOf(THIN)) : from} to ${to}`,
  };
}
