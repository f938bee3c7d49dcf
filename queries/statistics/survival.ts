import type { QuantileValue } from '../envelope.ts';

/** One step of a survival curve: what holds from a closed duration on, up to the next. */
interface Step {
  readonly time: number;
  /** Estimated share that lasts longer than `time`. */
  readonly survival: number;
  /** Greenwood's sum: variance of ln S. */
  readonly variance: number;
}

/** A survival curve: its steps by time, the last of which is the largest closed duration. */
export type Survival = readonly Step[];

/**
 * The Kaplan–Meier curve of durations (metrics.md §1.9, reading R37): `closed` ones, and of the open ones how long they have
 * lasted so far. Both ascending, in one unit. One that has lasted exactly t is at risk at t.
 */
export function survivalOf(closed: readonly number[], open: readonly number[]): Survival {
  const steps: Step[] = [];
  const total = closed.length + open.length;
  let censored = 0;
  let survival = 1;
  let variance = 0;
  for (let from = 0; from < closed.length; ) {
    const time = closed[from]!;
    let to = from;
    while (to < closed.length && closed[to] === time) to += 1;
    while (censored < open.length && open[censored]! < time) censored += 1;
    const atRisk = total - from - censored;
    const left = atRisk - (to - from);
    survival *= left / atRisk;
    variance += (to - from) / (atRisk * left);
    steps.push({ time, survival, variance });
    from = to;
  }
  return steps;
}

const Z = 1.959964;

/** A product of shares may miss a round number by its last digits. */
const ROUNDING = 1e-9;

/**
 * Quantile at `percent` of a survival curve, the least duration that at most the rest outlasts, with the Brookmeyer–Crowley
 * interval on the log-log scale. Null with a `lower_bound` (the largest closed value) where the curve does not come down so far.
 */
export function survivalQuantile(steps: Survival, percent: number): QuantileValue {
  const rest = 1 - percent / 100;
  const target = Math.log(-Math.log(rest));
  let value: number | null = null;
  let low: number | null = null;
  let high: number | null = null;
  for (const { time, survival, variance } of steps) {
    if (survival <= rest + ROUNDING) value ??= time;
    if (survival <= 0) low ??= time;
    if (survival <= 0 || survival >= 1) continue;
    const height = Math.log(-Math.log(survival));
    const half = (Z * Math.sqrt(variance)) / -Math.log(survival);
    if (height + half >= target) low ??= time;
    if (height - half >= target) high ??= time;
  }
  const ci = low === null && high === null ? null : ({ low, high, level: 0.95, method: 'brookmeyer_crowley' } as const);
  return { value, ci, lower_bound: value === null ? (steps.at(-1)?.time ?? null) : null };
}
