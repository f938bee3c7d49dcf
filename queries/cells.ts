import type { SqlValue, Store } from '../ingest/ports.ts';
import type { AtomTables } from './atoms/tables.ts';
import { type Days, HOUR, rollingDays, type Span } from './buckets.ts';
import type { Aggregate, Items } from './metric.ts';
import type { MetricRequest } from './request.ts';
import { type ScopeSql, scopeSql } from './scope.ts';
import { FEW_VALUES, RANK_SLACK } from './statistics/quantile.ts';

/** Numbers of one bucket (or of the whole window: -1) and one group. */
export interface Cell {
  readonly bucket: number;
  readonly keys: readonly string[];
  /** Items counted; of durations the open ones too. */
  items: number;
  hits: number;
  open: number;
  /** Rank (from 1) of a closed value to the value in seconds: all of few, else those that quantiles need. */
  ranks: ReadonlyMap<number, number>;
  /** mean and score: every value, ascending. */
  values: readonly number[];
  /** union: seconds covered. */
  covered: number;
  /** Whether an item has its bucket timestamp in the window; of intervals only some do. */
  begun: boolean;
  tallies: Readonly<Record<string, unknown>>;
  excluded: Record<string, number>;
}

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
}

/** Bucket number of the totals. */
export const WHOLE = -1;

/** SQL and parameters of {@link readCells}. */
export function cellsSql(
  tables: AtomTables,
  atom: keyof AtomTables,
  dimensions: readonly string[],
  items: Items,
  aggregate: Aggregate['type'],
  request: MetricRequest,
  axis: Axis,
): { readonly sql: string; readonly params: Readonly<Record<string, SqlValue>> } {
  const scope = scopeSql(request, dimensions);
  const union = aggregate === 'union';
  const columns = [
    ...itemColumns(items),
    ...(items.columns ?? []),
    ...scope.groups.map((sql, index) => `${sql} AS group_${index}`),
  ];
  const rows = itemRows(tables, atom, items, request, scope);
  const aggregates = ['count() AS items', ...partsOf(aggregate), ...Object.entries(items.tallies ?? {}).map(aliased)];
  const keys = ['bucket', ...scope.groups.map((_, index) => `group_${index}`), 'item_reason'].join(', ');
  const cells = `SELECT ${keys}, ${aggregates.join(', ')}
FROM (
  SELECT *, ${aggregate === 'snapshot' ? standingSql : bucketsSql(request, axis, union)}
  FROM (SELECT ${columns.join(', ')} FROM ${rows})
  WHERE ${aggregate === 'snapshot' ? everStandsSql : reachSql(union)}
)${union ? '\nWHERE item_inside' : ''}
GROUP BY ${keys}`;
  const ranked = aggregate === 'quantiles' || aggregate === 'mean';
  const kept = aggregate === 'quantiles' ? '* EXCEPT (sorted_values)' : '*';
  const sql = ranked ? `SELECT ${kept}, ${stretchesSql(request.options.closed_only === true)} FROM (${cells})` : cells;
  return { sql, params: { ...scope.params, ...items.params, ...axisParams(axis, request) } };
}

/** Rows of the atoms in scope with the columns that a metric computes first; a table expression. */
export function itemRows(
  tables: AtomTables,
  atom: keyof AtomTables,
  items: Items,
  request: MetricRequest,
  scope: ScopeSql,
): string {
  const ownership = request.options.ownership === 'now' ? 'now' : 'then';
  const { filters, groups } = scope;
  // One layer per step: an alias that is used often is planned once only if it is a column of a query within.
  let rows = items.from?.(tables, { filters, groups, ownership }) ?? `(SELECT * FROM ${tables[atom]} WHERE ${filters})`;
  for (const step of items.steps ?? []) {
    rows = `(SELECT *, ${Object.entries(step).map(aliased).join(', ')} FROM ${rows})`;
  }
  return rows;
}

/** What an item is, in one set of column names for all metrics. */
export function itemColumns(items: Items): readonly string[] {
  const { at, reason, hit, value, until } = items;
  return [
    `${at} AS item_at`,
    `CAST(${reason}, 'LowCardinality(String)') AS item_reason`,
    ...(hit ? [`${hit} AS item_hit`] : []),
    ...(value ? [`${value} AS item_value`] : []),
    ...(until ? [`${until} AS item_until`] : []),
  ];
}

function aliased([name, sql]: readonly [string, string]): string {
  return `${sql} AS ${name}`;
}

/** Counts and aggregates items per bucket and group in one pass; the window as a whole is bucket {@link WHOLE}. */
export async function readCells(
  store: Store,
  ...question: Parameters<typeof cellsSql>
): Promise<ReadonlyMap<string, Cell>> {
  const { sql, params } = cellsSql(...question);
  const request = question[5];
  const tallyNames = Object.keys(question[3].tallies ?? {});
  const cells = new Map<string, Cell>();
  for (const row of await store.query(sql, params)) {
    const keys = request.groupBy.map((_, index) => String(row[`group_${index}`]));
    const bucket = Number(row.bucket);
    const name = cellName(bucket, keys);
    let cell = cells.get(name);
    if (!cell) {
      cell = emptyCell(bucket, keys);
      cells.set(name, cell);
    }
    const reason = String(row.item_reason);
    if (reason !== '') cell.excluded[reason] = Number(row.items);
    else fill(cell, row, tallyNames);
  }
  return cells;
}

export function cellName(bucket: number, keys: readonly string[]): string {
  return JSON.stringify([bucket, keys]);
}

/** A cell in which nothing lies. */
export function emptyCell(bucket: number, keys: readonly string[]): Cell {
  return {
    bucket,
    keys,
    items: 0,
    hits: 0,
    open: 0,
    ranks: new Map(),
    values: [],
    covered: 0,
    begun: true,
    tallies: {},
    excluded: {},
  };
}

function fill(cell: Cell, row: Readonly<Record<string, unknown>>, tallyNames: readonly string[]): void {
  cell.items = Number(row.items);
  cell.hits = Number(row.hits ?? 0);
  cell.open = Number(row.open ?? 0);
  cell.covered = Number(row.covered ?? 0);
  if (row.begun !== undefined) cell.begun = Number(row.begun) > 0;
  cell.values = (row.sorted_values as number[] | undefined) ?? [];
  cell.ranks = ranksOf(row.stretch_starts as number[] | undefined, row.stretches as number[][] | undefined);
  cell.tallies = Object.fromEntries(tallyNames.map((name) => [name, row[name]]));
}

function ranksOf(starts: readonly number[] = [], stretches: readonly (readonly number[])[] = []): Map<number, number> {
  const ranks = new Map<number, number>();
  stretches.forEach((stretch, index) => {
    stretch.forEach((value, offset) => {
      ranks.set(starts[index]! + offset, value);
    });
  });
  return ranks;
}

const atMs = 'toUnixTimestamp64Milli(item_at)';
const inWindow = `${atMs} >= {window_start:Int64} AND ${atMs} < {window_end:Int64}`;
const counted = "item_reason = ''";

function partsOf(aggregate: Aggregate['type']): readonly string[] {
  switch (aggregate) {
    case 'rate':
      return [];
    case 'proportion':
    case 'snapshot':
      return ['countIf(item_hit) AS hits'];
    case 'quantiles':
    case 'mean':
      return ['countIf(isNull(item_value)) AS open', `${sortedSql} AS sorted_values`];
    case 'score':
      return [`${sortedSql} AS sorted_values`];
    case 'union':
      return [
        'countIf(isNull(item_until)) AS open',
        'intervalLengthSum(covered_from, greatest(covered_from, covered_to)) / 1000 AS covered',
        `countIf(${inWindow}) AS begun`,
      ];
  }
}

const sortedSql = `arraySort(groupArrayIf(assumeNotNull(item_value), ${counted} AND isNotNull(item_value)))`;

/**
 * Of few values all; of many the stretches about the ranks that R-7 and its interval can need, and where each begins. In
 * slices, because a lambda that reads an array copies it once per call.
 */
function stretchesSql(closedOnly: boolean): string {
  const n = closedOnly ? 'length(sorted_values)' : '(length(sorted_values) + open)';
  const centres = ['0.5', '0.75', '0.9'].flatMap((p) => {
    const half = `1.96 * sqrt(${n} * ${p} * (1 - ${p}))`;
    return [`${n} * ${p} - ${half}`, `(${n} - 1) * ${p} + 1`, `${n} * ${p} + 1 + ${half}`];
  });
  const starts = centres.map((centre) => `toUInt32(greatest(1, round(${centre}) - ${RANK_SLACK}))`);
  const last = 'toUInt32(greatest(1, length(sorted_values)))';
  const slices = [...starts, last].map((start) => `arraySlice(sorted_values, ${start}, ${2 * RANK_SLACK + 1})`);
  const few = `length(sorted_values) <= ${FEW_VALUES}`;
  return `if(${few}, [toUInt32(1)], [${[...starts, last].join(', ')}]) AS stretch_starts,
  if(${few}, [sorted_values], [${slices.join(', ')}]) AS stretches`;
}

/** End of an interval, no later than as_of; what is left out lies where it begins. */
const untilMs = `if(${counted}, least({as_of:Int64}, ifNull(toUnixTimestamp64Milli(item_until), {as_of:Int64})), ${atMs})`;

/** Condition of the items that a question reaches. */
export function reachSql(union: boolean): string {
  const within = `item_at >= fromUnixTimestamp64Milli({reach_start:Int64}, 'UTC')
    AND item_at < fromUnixTimestamp64Milli({window_end:Int64}, 'UTC')`;
  return union ? `(${within}) OR (${atMs} < {window_end:Int64} AND ${untilMs} > {reach_start:Int64})` : within;
}

const holdsAt = (instant: string): string =>
  `${atMs} <= ${instant} AND toUnixTimestamp64Milli(item_until) > ${instant}`;

/** Condition of the items that hold at the end of the window, or at as_of if that comes first. */
export const standsAtEndSql = holdsAt('least({window_end:Int64}, {as_of:Int64})');

const everStandsSql = `${atMs} <= {window_end:Int64} AND toUnixTimestamp64Milli(item_until) > {reach_start:Int64}`;

/** The whole window and every bucket at whose end (or as_of, if that comes first) the item holds; those not begun have none. */
const standingSql = `arrayJoin(arrayConcat(
    if({window_start:Int64} < {as_of:Int64} AND ${standsAtEndSql}, [toInt64(${WHOLE})], []::Array(Int64)),
    arrayFilter(
      b -> {bucket_starts:Array(Int64)}[b + 1] < {as_of:Int64} AND ${holdsAt('least({bucket_ends:Array(Int64)}[b + 1], {as_of:Int64})')},
      arrayMap(b -> toInt64(b), range(length({bucket_ends:Array(Int64)})))))) AS bucket`;

/** The whole window, if the item is in it, and every bucket that the item is in: one row each. */
function bucketsSql(request: MetricRequest, axis: Axis, union: boolean): string {
  if (!union) {
    if (request.grain === null) return `toInt64(${WHOLE}) AS bucket`;
    if (rollingDays(request.grain) === null) {
      return `arrayJoin([toInt64(${WHOLE}), ${firstBucketSql(request, atMs)}]) AS bucket`;
    }
    const whole = `if(${inWindow}, [toInt64(${WHOLE})], []::Array(Int64))`;
    return `arrayJoin(arrayConcat(${whole}, ${rangeSql(request, axis, atMs, atMs)})) AS bucket`;
  }
  const last = `greatest(${atMs}, least(${untilMs}, {window_end:Int64}) - 1)`;
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

/** Parameters of the time axis, for any SQL that puts rows into its buckets. */
export function axisParams(axis: Axis, request: MetricRequest): Record<string, SqlValue> {
  const calendar = request.grain !== null && request.grain !== 'hour' && rollingDays(request.grain) === null;
  return {
    tz: axis.tz,
    window_start: axis.window.start,
    window_end: axis.window.end,
    reach_start: axis.reach.start,
    as_of: axis.asOf,
    first_bucket: axis.buckets[0]?.start ?? 0,
    first_day: axis.days.first,
    day_buckets: calendar ? dayBuckets(axis) : [],
    bucket_starts: axis.buckets.map((bucket) => Math.max(bucket.start, axis.reach.start)),
    bucket_ends: axis.buckets.map((bucket) => Math.min(bucket.end, axis.window.end)),
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
