import type { Interval, Reduction, Row } from '../../queries/envelope.ts';
import { iso, startOfUnit } from './calendar.ts';
import type { Question } from './question.ts';
import { itemsOf, matches } from './scope.ts';
import { canonicalJson, quantile, sfc32 } from './statistics.ts';
import { type Dimensions, isClosed, lengthOf } from './summary.ts';
import type { World } from './world.ts';

const RESAMPLES = 10_000;
const FEWEST_ITEMS = 10;
const FEWEST_WEEKS = 4;

/** A question and what it is told in all, by group. */
export interface Side {
  readonly question: Question;
  readonly totals: readonly Row[];
}

/** R76: each total with the share by which its median is less than that of the baseline. */
export function withReduction(world: World, now: Side, baseline: Side): Row[] {
  const nameOf = (row: Row): string => canonicalJson(groupOf(now.question, row));
  return now.totals.map((row) => {
    const before = baseline.totals.find((one) => nameOf(one) === nameOf(row));
    return { ...row, reduction: before ? reductionOf(world, now, row, baseline, before) : ofNothing(baseline, row) };
  });
}

function reductionOf(world: World, now: Side, row: Row, baseline: Side, before: Row): Reduction {
  const told = { value: before.value, n: before.n!, status: before.status, window: before.window };
  const isFew = row.n! < FEWEST_ITEMS || before.n! < FEWEST_ITEMS;
  if (isFew || row.value === null || before.value === null || before.value === 0)
    return { value: null, ci: null, baseline: told };
  const ci = intervalOf(weeksOf(world, now.question, row), weeksOf(world, baseline.question, before));
  return { value: 1 - row.value / before.value, ci, baseline: told };
}

/** D80: where nothing of a group was there before. */
function ofNothing({ question: { window, asOf } }: Side, row: Row): Reduction {
  const [start, end] = [iso(window.start), iso(window.end)];
  const asked = { start, end, tz: row.window.tz, grain: null, partial: window.end > asOf };
  return { value: null, ci: null, baseline: { value: null, n: 0, status: 'no_data', window: asked } };
}

function groupOf({ groupBy }: Question, row: Row): Dimensions {
  return Object.fromEntries(groupBy.map((name) => [name, String(row[name])]));
}

/** The weeks of a side with an item, each with the values in it; an open item is +∞. */
interface Weeks {
  readonly values: readonly (readonly number[])[];
  readonly seed: string;
}

function weeksOf(world: World, question: Question, row: Row): Weeks {
  const { window, scope, options, id } = question;
  const group = groupOf(question, row);
  const weeks = new Map<number, number[]>();
  for (const item of itemsOf(question, world)) {
    if (item.at === null || item.at < window.start || item.at >= window.end || item.excluded !== '') continue;
    if (!matches(scope, group, item.dimensions)) continue;
    const week = startOfUnit(item.at, 'week', row.window.tz);
    const value = isClosed(item) ? lengthOf({ world, options }, item) : Number.POSITIVE_INFINITY;
    weeks.set(week, [...(weeks.get(week) ?? []), value]);
  }
  const { start, end, tz, grain } = row.window;
  const seed = canonicalJson({
    metric: id,
    options,
    scope: { ...scope, ...Object.fromEntries(Object.entries(group).map(([name, value]) => [name, [value]])) },
    spec_version: row.spec_version,
    window: { start, end, tz, grain },
  });
  return { values: [...weeks].sort(([a], [b]) => a - b).map(([, values]) => values), seed };
}

function intervalOf(now: Weeks, baseline: Weeks): Interval | null {
  if (now.values.length < FEWEST_WEEKS || baseline.values.length < FEWEST_WEEKS) return null;
  const [after, before] = [mediansOf(now), mediansOf(baseline)];
  const drawn = after
    .map((median, nth) => reduced(median, before[nth]!))
    .filter((one) => !Number.isNaN(one))
    .sort((a, b) => a - b);
  const [low, high] = [bound(drawn, 0.025), bound(drawn, 0.975)];
  return low === null && high === null ? null : { low, high, level: 0.95, method: 'bootstrap' };
}

/** 1 − median ÷ median before. Where an open item is the latter it is more than all others, by nobody knows how much. */
function reduced(median: number, before: number): number {
  if (before !== Number.POSITIVE_INFINITY) return 1 - median / before;
  return median === Number.POSITIVE_INFINITY ? Number.NaN : Number.POSITIVE_INFINITY;
}

function mediansOf({ values, seed }: Weeks): number[] {
  const next = sfc32(seed);
  const n = values.length;
  return Array.from({ length: RESAMPLES }, () => {
    const drawn = Array.from({ length: n }, () => values[Math.floor((next() / 2 ** 32) * n)]!).flat();
    const median = quantile(drawn, 0.5)!;
    // Between two open ones there is nothing to interpolate.
    return Number.isNaN(median) ? Number.POSITIVE_INFINITY : median;
  });
}

/** R-7; null where one that is not a number of its own has weight. */
function bound(sorted: readonly number[], p: number): number | null {
  const rank = (sorted.length - 1) * p;
  const around = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]];
  return around.every(Number.isFinite) ? quantile(sorted, p) : null;
}
