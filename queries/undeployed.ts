import type { SqlValue, Store } from '../ingest/ports.ts';
import { dimensionColumns } from './atoms/atom.ts';
import type { AtomTables } from './atoms/tables.ts';
import { type Axis, axisParams, firstBucketSql, WHOLE } from './axis.ts';
import { cellName } from './cells.ts';
import type { MetricRequest } from './request.ts';
import { scopeSql } from './scope.ts';

/** Changes merged and not yet live, and the median of their age. */
export interface Waiting {
  readonly undeployed_n: number;
  readonly undeployed_age_p50_hours: number;
}

/** Ownership alone: what a change had when it was merged is told by the spans of its service. */
const owners = ['team', 'tier', 'region', 'product'] as const;

/**
 * Reads, by cell, the changes that wait at the end of each bucket, cut at as_of (metrics.md §3.2): merged before it and not
 * live by it. They count where they belonged when they were merged. Cells in which none waits are absent.
 */
export async function readUndeployed(
  store: Store,
  ...question: Parameters<typeof undeployedSql>
): Promise<ReadonlyMap<string, Waiting>> {
  const { sql, params } = undeployedSql(...question);
  const request = question[2];
  const cells = new Map<string, Waiting>();
  for (const row of await store.query(sql, params)) {
    const keys = request.groupBy.map((_, index) => String(row[`group_${index}`]));
    cells.set(cellName(Number(row.bucket), keys), {
      undeployed_n: Number(row.waiting),
      undeployed_age_p50_hours: Number(row.age_p50_seconds) / 3_600,
    });
  }
  return cells;
}

/** SQL and parameters of {@link readUndeployed}; `reason` is empty for the changes that count. */
export function undeployedSql(tables: AtomTables, reason: string, request: MetricRequest, axis: Axis) {
  const scope = scopeSql(request, ['service', 'repository', ...owners]);
  const groups = scope.groups.map((_, index) => `group_${index}`);
  const keys = groups.map((group) => `${group}, `).join('');
  // What waits for ever waits at the end of every bucket: instants are handed on by the list, not one by one.
  const sql = `SELECT ${keys}bucket, sum(waiting_n) AS waiting,
  (if(bucket < 0, {last_end:Int64}, {ends:Array(Int64)}[bucket + 1]) - quantileExactInclusiveArray(0.5)(merged_ms)) / 1000 AS age_p50_seconds
FROM (
  SELECT ${keys}waiting_n, merged_ms, arrayJoin(arrayConcat(if(still, [toInt64(${WHOLE})], []::Array(Int64)), range(first, after))) AS bucket
  FROM (
    SELECT ${scope.groups.map((group, index) => `${group} AS group_${index}, `).join('')}first, after, still, count() AS waiting_n,
      groupArray(toUnixTimestamp64Milli(merged_at)) AS merged_ms
    FROM (${ownedThen(tables, reason, request)})
    WHERE ${scope.filters}
    GROUP BY ${keys}first, after, still
  )
)
GROUP BY ${keys}bucket`;
  const cut = Math.min(axis.window.end, axis.asOf);
  const params: Record<string, SqlValue> = {
    ...axisParams(axis, request),
    ...scope.params,
    ends: axis.buckets.map((bucket) => Math.min(bucket.end, cut)),
    buckets_n: axis.buckets.length,
  };
  return { sql, params };
}

/**
 * The changes that wait at the end of some bucket, from the `first` to the one before `after`, or at the end of the window
 * (`still`), with their owners at the merge where the question asks for owners.
 */
function ownedThen(tables: AtomTables, reason: string, request: MetricRequest): string {
  const asked = [...request.groupBy, ...Object.keys(request.filters)];
  const needed = owners.filter((owner) => asked.includes(owner));
  const joins = needed.length > 0 && request.options.ownership !== 'now';
  const columns = ['service', 'repository', 'merged_at', ...(joins ? [] : Object.keys(dimensionColumns))];
  const instant = (name: string) => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;
  const live = 'assumeNotNull(finished_at)';
  const still = `(isNull(finished_at) OR ${live} >= ${instant('last_end')})`;
  const bucketOf = (at: string) => `toInt64(${firstBucketSql(request, `toUnixTimestamp64Milli(${at})`)})`;
  const [first, after] =
    request.grain === null
      ? ['toInt64(0)', 'toInt64(0)']
      : [bucketOf('merged_at'), `if(still, toInt64({buckets_n:Int64}), ${bucketOf(live)})`];
  // Few changes wait at the end of a bucket: they are told apart first, and only they look up who owned them.
  const waiting = `SELECT ${columns.join(', ')}, ${still} AS still, ${first} AS first, ${after} AS after
    FROM ${tables.changes}
    WHERE merged_at < ${instant('last_end')} AND (isNull(finished_at) OR ${live} >= ${instant('reach_start')})
      AND ${reason} = '' AND (still OR first < after)`;
  if (!joins) return waiting;
  const then = needed.map((owner) => `if(s.${owner} = '', '(unassigned)', s.${owner}) AS ${owner}`);
  const own = [...columns, 'still', 'first', 'after'].map((column) => `c.${column} AS ${column}`);
  return `SELECT ${[...own, ...then].join(', ')}
    FROM (${waiting}) AS c
    ASOF LEFT JOIN (SELECT service, valid_from, ${needed.join(', ')} FROM ${tables.service_spans}) AS s
      ON s.service = c.service AND c.merged_at >= s.valid_from`;
}
