import type { SqlValue } from '../ingest/ports.ts';
import { type Days, HOUR, rollingDays, type Span } from './buckets.ts';
import { type HoursTable, hoursParams } from './hours/table.ts';
import type { MetricRequest } from './request.ts';

/** The time axis of a question, in one zone. */
export interface Axis {
  readonly window: Span;
  /** The window, and what rolling buckets look back to before it. */
  readonly reach: Span;
  readonly tz: string;
  /** Local days of `reach`. */
  readonly days: Days;
  /** Whole buckets; one that `to` cuts ends with the window, one that `from` cuts begins with `reach`. */
  readonly buckets: readonly Span[];
  readonly asOf: number;
  /** Which hours of a duration count; null: all. */
  readonly hours: HoursTable | null;
}

/** Bucket number of the totals. */
export const WHOLE = -1;

const atMs = 'toUnixTimestamp64Milli(item_at)';
/** Condition of the items with their bucket timestamp in the window. */
export const inWindow = `${atMs} >= {window_start:Int64} AND ${atMs} < {window_end:Int64}`;
/** Condition of the items that are not left out. */
export const counted = "item_reason = ''";

/** End of an interval, no later than `last_end`; what is left out lies where it begins. */
const untilMs = `if(${counted}, least({last_end:Int64}, ifNull(toUnixTimestamp64Milli(item_until), {last_end:Int64})), ${atMs})`;

/** Condition of the items that a question reaches. */
export function reachSql(union: boolean): string {
  const within = `item_at >= fromUnixTimestamp64Milli({reach_start:Int64}, 'UTC')
    AND item_at < fromUnixTimestamp64Milli({window_end:Int64}, 'UTC')`;
  return union ? `(${within}) OR (${atMs} < {window_end:Int64} AND ${untilMs} > {reach_start:Int64})` : within;
}

const holdsAt = (instant: string): string =>
  `${atMs} <= ${instant} AND toUnixTimestamp64Milli(item_until) > ${instant}`;

/** How many of the buckets that have begun end before an instant: the next one holds it. */
function endsBefore(instant: string): string {
  return `arrayCount(e -> e < ${instant}, {standing_ends:Array(Int64)})`;
}

/** Condition of the items that hold at the end of the window, or at as_of if that comes first. */
export const standsAtEndSql = holdsAt('{last_end:Int64}');

/** Condition of the items that hold at some time of the reach. */
export const everStandsSql = `${atMs} <= {window_end:Int64} AND toUnixTimestamp64Milli(item_until) > {reach_start:Int64}`;

/** The whole window and every bucket at whose end (or as_of, if that comes first) the item holds; those not begun have none. */
export const standingSql = `arrayJoin(arrayConcat(
    if({window_start:Int64} < {last_end:Int64} AND ${standsAtEndSql}, [toInt64(${WHOLE})], []::Array(Int64)),
    range(toInt64(${endsBefore(atMs)}), toInt64(${endsBefore('toUnixTimestamp64Milli(item_until)')})))) AS bucket`;

/** Whether the buckets cut the window, so that every instant of it lies in exactly one of them. */
export function bucketsNest({ grain }: MetricRequest): boolean {
  return grain !== null && rollingDays(grain) === null;
}

/** Number of the bucket in which `item_at`, an instant of the window, lies; for buckets that {@link bucketsNest}. */
export function bucketOfSql({ grain }: MetricRequest): string {
  if (grain === 'hour') return `intDiv(${atMs} - {first_bucket:Int64}, ${HOUR})`;
  return `{day_buckets:Array(Int64)}[toInt64(toRelativeDayNum(item_at, {tz:String})) - {first_day:Int64} + 1]`;
}

/** The whole window, if the item is in it, and every bucket that the item is in: one row each. */
export function bucketsSql(request: MetricRequest, axis: Axis, union: boolean): string {
  if (!union) {
    if (request.grain === null) return `toInt64(${WHOLE}) AS bucket`;
    const whole = `if(${inWindow}, [toInt64(${WHOLE})], []::Array(Int64))`;
    return `arrayJoin(arrayConcat(${whole}, ${rangeSql(request, axis, atMs, atMs)})) AS bucket`;
  }
  const last = `greatest(${atMs}, ${untilMs} - 1)`;
  const inside = request.grain === null ? '' : `, ${rangeSql(request, axis, atMs, last)}`;
  const begin = `if(bucket < 0, {window_start:Int64}, {bucket_starts:Array(Int64)}[bucket + 1])`;
  const end = `if(bucket < 0, {window_end:Int64}, {bucket_ends:Array(Int64)}[bucket + 1])`;
  return `arrayJoin(arrayConcat([toInt64(${WHOLE})]${inside})) AS bucket,
    greatest(${atMs}, ${begin}) AS covered_from, least(${untilMs}, ${end}) AS covered_to,
    if(${counted}, covered_from < covered_to, ${atMs} >= ${begin} AND ${atMs} < ${end}) AS item_inside`;
}

/** Numbers of the buckets that hold an instant (epoch ms) or the stretch between two. */
function rangeSql(request: MetricRequest, axis: Axis, first: string, last: string): string {
  const from = firstBucketSql(request, first);
  const to = rollingDays(request.grain ?? '') === null ? firstBucketSql(request, last) : daySql(last);
  return `range(${from}, least(${to}, toInt64(${axis.buckets.length - 1})) + 1)`;
}

/** SQL for the number of the first bucket that holds an instant (epoch ms, clamped to the reach of the question). */
export function firstBucketSql(request: MetricRequest, at: string): string {
  const clamped = `greatest(${at}, {reach_start:Int64})`;
  if (request.grain === 'hour') return `intDiv(${clamped} - {first_bucket:Int64}, ${HOUR})`;
  const rolling = rollingDays(request.grain ?? '');
  if (rolling !== null) return `greatest(${daySql(at)} - ${rolling - 1}, toInt64(0))`;
  return `{day_buckets:Array(Int64)}[${daySql(at)} + 1]`;
}

function daySql(at: string): string {
  const clamped = `fromUnixTimestamp64Milli(greatest(${at}, {reach_start:Int64}), 'UTC')`;
  return `(toInt64(toRelativeDayNum(${clamped}, {tz:String})) - {first_day:Int64})`;
}

/**
 * Parameters of the time axis, for any SQL that puts rows into its buckets. `last_end`: the end of the window, or as_of if that
 * comes first, so that of a window that is over the same is asked as time goes on.
 */
export function axisParams(axis: Axis, request: MetricRequest): Record<string, SqlValue> {
  const calendar = request.grain !== null && request.grain !== 'hour' && rollingDays(request.grain) === null;
  const lastEnd = Math.min(axis.window.end, axis.asOf);
  const starts = axis.buckets.map((bucket) => Math.max(bucket.start, axis.reach.start));
  const ends = axis.buckets.map((bucket) => Math.min(bucket.end, axis.window.end));
  return {
    tz: axis.tz,
    window_start: axis.window.start,
    window_end: axis.window.end,
    reach_start: axis.reach.start,
    last_end: lastEnd,
    as_of: axis.asOf,
    first_bucket: axis.buckets[0]?.start ?? 0,
    first_day: axis.days.first,
    day_buckets: calendar ? dayBuckets(axis) : [],
    bucket_starts: starts,
    bucket_ends: ends,
    standing_ends: ends.filter((_, bucket) => starts[bucket]! < lastEnd).map((end) => Math.min(end, lastEnd)),
    ...(axis.hours === null ? {} : hoursParams(axis.hours)),
  };
}

/** The bucket of each local day of the window. */
function dayBuckets(axis: Axis): readonly number[] {
  const { edges } = axis.days;
  let bucket = 0;
  return edges.slice(1).map((_, day) => {
    while (edges[day]! >= axis.buckets[bucket]!.end) bucket += 1;
    return bucket;
  });
}
