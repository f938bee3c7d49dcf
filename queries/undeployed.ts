import type { SqlValue, Store } from '../ingest/ports.ts';
import { dimensionColumns } from './atoms/atom.ts';
import type { AtomTables } from './atoms/tables.ts';
import { type Axis, axisParams, cellName, firstBucketSql, WHOLE } from './cells.ts';
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
  const merged = 'toUnixTimestamp64Milli(merged_at)';
  const live = 'toUnixTimestamp64Milli(assumeNotNull(finished_at))';
  const still = `(isNull(finished_at) OR ${live} >= {last_end:Int64})`;
  const first = firstBucketSql(request, merged);
  const after = firstBucketSql(request, live);
  const buckets = request.grain === null ? '' : `, range(${first}, if(${still}, toInt64({buckets_n:Int64}), ${after}))`;
  const sql = `SELECT bucket, group_0, group_1, count() AS waiting, quantileExactInclusive(0.5)(age_seconds) AS age_p50_seconds
FROM (
  SELECT group_0, group_1, arrayJoin(arrayConcat(if(${still}, [toInt64(${WHOLE})], []::Array(Int64))${buckets})) AS bucket,
    (if(bucket < 0, {last_end:Int64}, {ends:Array(Int64)}[bucket + 1]) - ${merged}) / 1000 AS age_seconds
  FROM (
    SELECT merged_at, finished_at, ${scope.groups[0] ?? "''"} AS group_0, ${scope.groups[1] ?? "''"} AS group_1
    FROM (${ownedThen(tables, reason, request)})
    WHERE ${scope.filters}
  )
)
GROUP BY bucket, group_0, group_1`;
  const cut = Math.min(axis.window.end, axis.asOf);
  const params: Record<string, SqlValue> = {
    ...axisParams(axis, request),
    ...scope.params,
    last_end: cut,
    ends: axis.buckets.map((bucket) => Math.min(bucket.end, cut)),
    buckets_n: axis.buckets.length,
  };
  return { sql, params };
}

/** The changes that may wait somewhere in the window, with their owners at the merge where the question asks for owners. */
function ownedThen(tables: AtomTables, reason: string, request: MetricRequest): string {
  const asked = [...request.groupBy, ...Object.keys(request.filters)];
  const needed = owners.filter((owner) => asked.includes(owner));
  const columns = ['service', 'repository', 'merged_at', 'finished_at'];
  const condition = `toUnixTimestamp64Milli(merged_at) < {last_end:Int64}
      AND (isNull(finished_at) OR toUnixTimestamp64Milli(assumeNotNull(finished_at)) >= {reach_start:Int64}) AND ${reason} = ''`;
  if (needed.length === 0 || request.options.ownership === 'now') {
    return `SELECT ${[...columns, ...Object.keys(dimensionColumns)].join(', ')} FROM ${tables.changes} WHERE ${condition}`;
  }
  const then = needed.map((owner) => `if(s.${owner} = '', '(unassigned)', s.${owner}) AS ${owner}`);
  return `SELECT ${columns.map((column) => `c.${column} AS ${column}`).join(', ')}, ${then.join(', ')}
    FROM (SELECT ${columns.join(', ')} FROM ${tables.changes} WHERE ${condition}) AS c
    ASOF LEFT JOIN (SELECT service, valid_from, ${needed.join(', ')} FROM ${tables.service_spans}) AS s
      ON s.service = c.service AND c.merged_at >= s.valid_from`;
}
