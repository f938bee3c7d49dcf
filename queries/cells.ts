import type { SqlValue, Store } from '../ingest/ports.ts';
import type { AtomTables } from './atoms/tables.ts';
import { type Days, HOUR, rollingDays, type Span } from './buckets.ts';
import type { Aggregate, Items } from './metric.ts';
import type { MetricRequest } from './request.ts';
import { keySql, scopeSql } from './scope.ts';
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
  tallies: Readonly<Record<string, unknown>>;
  excluded: Record<string, number>;
}

/** The time axis of a question, in one zone. */
export interface Axis {
  readonly window: Span;
  readonly tz: string;
  readonly days: Days;
  readonly buckets: readonly Span[];
  readonly asOf: number;
  /** By key of the span dimensions: where the window of that group begins, if later than the window; `''` stands for the rest. */
  readonly clips: ReadonlyMap<string, number>;
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
  const from = items.from?.(tables, {
    filters: scope.filters,
    groups: scope.groups,
    ownership: request.options.ownership === 'now' ? 'now' : 'then',
  });
  const parts = partsOf(aggregate);
  const union = aggregate === 'union';
  const columns = [
    `${items.at} AS item_at`,
    `${items.reason} AS item_reason`,
    ...(items.hit ? [`${items.hit} AS item_hit`] : []),
    ...(items.value ? [`${items.value} AS item_value`] : []),
    ...(union ? [`${items.until} AS item_until`] : []),
    ...(items.columns ?? []),
    `${scope.groups[0] ?? "''"} AS group_0`,
    `${scope.groups[1] ?? "''"} AS group_1`,
    `${startSql(scope.spanGroups, axis)} AS group_start`,
  ];
  const tallies = Object.entries(items.tallies ?? {}).map(([name, sql]) => `${sql} AS ${name}`);
  const sql = `SELECT bucket, group_0, group_1, item_reason, count() AS items, ${[...parts, ...tallies].join(', ')}
FROM (
  SELECT *, ${bucketsSql(request, axis, union)} AS bucket
  FROM (
    SELECT ${columns.join(',\n      ')}
    FROM ${from ?? tables[atom]}
    WHERE ${from ? 'true' : scope.filters}
  )
  WHERE ${windowSql(union)}
)
GROUP BY bucket, group_0, group_1, item_reason`;
  return { sql, params: { ...scope.params, ...items.params, ...axisParams(axis, request) } };
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
    tallies: {},
    excluded: {},
  };
}

function fill(cell: Cell, row: Readonly<Record<string, unknown>>, tallyNames: readonly string[]): void {
  cell.items = Number(row.items);
  cell.hits = Number(row.hits ?? 0);
  cell.open = Number(row.open ?? 0);
  cell.covered = Number(row.covered ?? 0);
  cell.values = (row.sorted as number[] | undefined) ?? [];
  cell.ranks = new Map(row.ranks as [number, number][] | undefined);
  cell.tallies = Object.fromEntries(tallyNames.map((name) => [name, row[name]]));
}

const counted = "item_reason = ''";

function partsOf(aggregate: Aggregate['type']): readonly string[] {
  switch (aggregate) {
    case 'rate':
      return [];
    case 'proportion':
      return ['countIf(item_hit) AS hits'];
    case 'quantiles':
      return ['countIf(isNull(item_value)) AS open', ranksSql];
    case 'mean':
      return ['countIf(isNull(item_value)) AS open', ranksSql, 'sorted_values AS sorted'];
    case 'score':
      return ['sorted_values AS sorted', `${sortedSql} AS sorted_values`];
    case 'union':
      return [
        'countIf(isNull(item_until)) AS open',
        'intervalLengthSum(covered_from, greatest(covered_from, covered_to)) / 1000 AS covered',
      ];
  }
}

const sortedSql = `arraySort(groupArrayIf(assumeNotNull(item_value), ${counted} AND isNotNull(item_value)))`;

/** Few values whole; of many those about the ranks that R-7 and its interval can need, as (rank, value). */
const ranksSql = (() => {
  const n = '(length(sorted_values) + countIf(isNull(item_value)))';
  const about = ['0.5', '0.75', '0.9'].flatMap((p) => {
    const half = `1.96 * sqrt(${n} * ${p} * (1 - ${p}))`;
    return [`${n} * ${p} - ${half}`, `(${n} - 1) * ${p} + 1`, `${n} * ${p} + 1 + ${half}`];
  });
  const near = about
    .map(
      (centre) =>
        `range(toUInt64(greatest(1, round(${centre}) - ${RANK_SLACK})), toUInt64(round(${centre}) + ${RANK_SLACK + 1}))`,
    )
    .join(', ');
  const some = `arrayDistinct(arrayConcat(${near}, [toUInt64(length(sorted_values))]))`;
  const within = `arrayFilter(r -> r <= length(sorted_values), ${some})`;
  const all = 'range(toUInt64(1), toUInt64(length(sorted_values) + 1))';
  const ranks = `if(length(sorted_values) <= ${FEW_VALUES}, ${all}, ${within})`;
  return `${sortedSql} AS sorted_values, arrayMap(r -> (toUInt32(r), sorted_values[r]), ${ranks}) AS ranks`;
})();

function startSql(spanGroups: readonly string[], axis: Axis): string {
  if (axis.clips.size === 0) return '{window_start:Int64}';
  return `transform(${keySql(spanGroups)}, {clip_keys:Array(String)}, {clip_starts:Array(Int64)}, {clip_rest:Int64})`;
}

function windowSql(union: boolean): string {
  const at = 'toUnixTimestamp64Milli(item_at)';
  if (!union)
    return `item_at >= fromUnixTimestamp64Milli({window_start:Int64}, 'UTC')
    AND item_at < fromUnixTimestamp64Milli({window_end:Int64}, 'UTC') AND ${at} >= group_start`;
  // An interval of no length lies where it begins.
  return `${at} < {window_end:Int64} AND ${at} < {as_of:Int64}
    AND (${untilSql} > group_start OR ${at} >= group_start) AND group_start < {window_end:Int64}`;
}

const untilSql =
  'least({as_of:Int64}, {window_end:Int64}, if(isNull(item_until), {as_of:Int64}, toUnixTimestamp64Milli(assumeNotNull(item_until))))';

function bucketsSql(request: MetricRequest, axis: Axis, union: boolean): string {
  const at = 'toUnixTimestamp64Milli(item_at)';
  if (union) {
    const first = request.grain === null ? '' : indexSql(request, `greatest(${at}, group_start)`);
    const last = request.grain === null ? '' : indexSql(request, `greatest(${at}, group_start, ${untilSql} - 1)`);
    const after = rollingDays(request.grain ?? '') ?? 1;
    const inside = request.grain === null ? '' : `, range(${first}, least(${last} + ${after}, ${axis.buckets.length}))`;
    const bucket = `arrayJoin(arrayConcat([toInt64(${WHOLE})]${inside}))`;
    const begin = `if(bucket < 0, {window_start:Int64}, {bucket_starts:Array(Int64)}[bucket + 1])`;
    const end = `if(bucket < 0, {window_end:Int64}, {bucket_ends:Array(Int64)}[bucket + 1])`;
    return `greatest(${at}, group_start, ${begin}) AS covered_from, least(${untilSql}, ${end}) AS covered_to, ${bucket}`;
  }
  if (request.grain === null) return `toInt64(${WHOLE})`;
  const rolling = rollingDays(request.grain);
  const index = indexSql(request, at);
  if (rolling === null) return `arrayJoin([toInt64(${WHOLE}), ${index}])`;
  return `arrayJoin(arrayConcat([toInt64(${WHOLE})], range(${index}, least(${index} + ${rolling}, ${axis.buckets.length}))))`;
}

/** Number of the bucket that holds an instant (epoch ms); of rolling ones the first. */
function indexSql(request: MetricRequest, at: string): string {
  if (request.grain === 'hour') return `intDiv(${at} - {first_bucket:Int64}, ${HOUR})`;
  const day = `toInt64(toRelativeDayNum(fromUnixTimestamp64Milli(${at}, 'UTC'), {tz:String})) - {first_day:Int64}`;
  return `toInt64({day_buckets:Array(Int64)}[${day} + 1])`;
}

function axisParams(axis: Axis, request: MetricRequest): Record<string, SqlValue> {
  const rest = axis.clips.get('') ?? axis.window.start;
  const clips = [...axis.clips].filter(([key]) => key !== '');
  return {
    tz: axis.tz,
    window_start: axis.window.start,
    window_end: axis.window.end,
    as_of: axis.asOf,
    first_bucket: axis.buckets[0]?.start ?? 0,
    first_day: axis.days.first,
    day_buckets: request.grain === null || request.grain === 'hour' ? [] : dayBuckets(axis, request),
    bucket_starts: axis.buckets.map((bucket) => bucket.start),
    bucket_ends: axis.buckets.map((bucket) => bucket.end),
    clip_keys: clips.map(([key]) => key),
    clip_starts: clips.map(([, start]) => start),
    clip_rest: rest,
  };
}

/** The bucket of each local day of the window; of rolling ones the first that holds it. */
function dayBuckets(axis: Axis, request: MetricRequest): readonly number[] {
  const { edges } = axis.days;
  if (rollingDays(request.grain!) !== null) return edges.slice(1).map((_, day) => day);
  let bucket = 0;
  return edges.slice(1).map((_, day) => {
    while (edges[day]! >= axis.buckets[bucket]!.end) bucket += 1;
    return bucket;
  });
}
