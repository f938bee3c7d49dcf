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
  const merged = 'toUnixTimestamp64Milli(merged_at)';
  const live = 'toUnixTimestamp64Milli(assumeNotNull(finished_at))';
  const still = `(isNull(finished_at) OR ${live} >= {last_end:Int64})`;
  const first = firstBucketSql(request, merged);
  const after = firstBucketSql(request, live);
  const inside = request.grain === null ? '' : `, range(${first}, if(${still}, toInt64({buckets_n:Int64}), ${after}))`;
  const buckets = `arrayConcat(if(${still}, [toInt64(${WHOLE})], []::Array(Int64))${inside})`;
  const groups = scope.groups.map((_, index) => `group_${index}`);
  const sql = `SELECT ${['bucket', ...groups].join(', ')}, count() AS waiting, quantileExactInclusive(0.5)(age_seconds) AS age_p50_seconds
FROM (
  SELECT ${scope.groups.map((group, index) => `${group} AS group_${index}, `).join('')}arrayJoin(waits_in) AS bucket,
    (if(bucket < 0, {last_end:Int64}, {ends:Array(Int64)}[bucket + 1]) - ${merged}) / 1000 AS age_seconds
  FROM (${ownedThen(tables, reason, request, buckets)})
  WHERE ${scope.filters}
)
GROUP BY ${['bucket', ...groups].join(', ')}`;
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

/** The changes that wait at the end of some bucket, with their owners at the merge where the question asks for owners. */
function ownedThen(tables: AtomTables, reason: string, request: MetricRequest, buckets: string): string {
  const asked = [...request.groupBy, ...Object.keys(request.filters)];
  const needed = owners.filter((owner) => asked.includes(owner));
  const joins = needed.length > 0 && request.options.ownership !== 'now';
  const columns = ['service', 'repository', 'merged_at', ...(joins ? [] : Object.keys(dimensionColumns))];
  // Few changes wait at the end of a bucket: they are told apart first, and only they look up who owned them.
  const waiting = `SELECT ${columns.join(', ')}, ${buckets} AS waits_in
    FROM ${tables.changes}
    WHERE toUnixTimestamp64Milli(merged_at) < {last_end:Int64}
      AND (isNull(finished_at) OR toUnixTimestamp64Milli(assumeNotNull(finished_at)) >= {reach_start:Int64})
      AND ${reason} = '' AND notEmpty(waits_in)`;
  if (!joins) return waiting;
  const then = needed.map((owner) => `if(s.${owner} = '', '(unassigned)', s.${owner}) AS ${owner}`);
  const own = [...columns, 'waits_in'].map((column) => `c.${column} AS ${column}`);
  return `SELECT ${[...own, ...then].join(', ')}
    FROM (${waiting}) AS c
    ASOF LEFT JOIN (SELECT service, valid_from, ${needed.join(', ')} FROM ${tables.service_spans}) AS s
      ON s.service = c.service AND c.merged_at >= s.valid_from`;
}
