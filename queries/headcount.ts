import { DateTime } from 'luxon';
import type { SqlValue, Store } from '../ingest/ports.ts';
import type { AtomTables } from './atoms/tables.ts';
import { type Axis, WHOLE } from './axis.ts';
import type { Span } from './buckets.ts';
import { cellName } from './cells.ts';
import type { MetricRequest } from './request.ts';
import { scopeSql } from './scope.ts';

/** How many people there were in one cell. */
export interface Headcount {
  /** The mean of its month points. */
  readonly headcount: number;
  /** The least and the most of them. */
  readonly headcount_least: number;
  readonly headcount_most: number;
  /** Whole months from the first point to the last; null if it does not begin and end with months. */
  readonly months: number | null;
}

/**
 * Reads how many people stood at the month points of each bucket: its begin, the local begins of the months in it, and its
 * end, or as_of if that comes first (metrics.md §4.7). Groups in which nobody stood at any point are absent.
 */
export async function readHeadcounts(
  store: Store,
  tables: AtomTables,
  request: MetricRequest,
  axis: Axis,
): Promise<{ readonly cells: ReadonlyMap<string, Headcount>; readonly groups: readonly (readonly string[])[] }> {
  const buckets: readonly (readonly [number, Span])[] = [[WHOLE, axis.window], ...axis.buckets.entries()];
  const places = buckets.map(([bucket, span]) => ({ bucket, ...monthPoints(span, axis) }));
  const points = [...new Set(places.flatMap((place) => place.points))].sort((a, b) => a - b);
  const { sql, params } = headcountSql(tables, request, points);
  const counts = new Map<string, { keys: readonly string[]; at: Map<number, number> }>();
  for (const row of points.length === 0 ? [] : await store.query(sql, params)) {
    const keys = request.groupBy.map((_, index) => String(row[`group_${index}`]));
    const name = cellName(WHOLE, keys);
    const group = counts.get(name) ?? { keys, at: new Map() };
    counts.set(name, group);
    group.at.set(points[Number(row.point) - 1]!, Number(row.people));
  }
  const cells = new Map<string, Headcount>();
  for (const { keys, at } of counts.values()) {
    for (const { bucket, points: own, months } of places) {
      if (own.length === 0) continue;
      const heads = own.map((point) => at.get(point) ?? 0);
      cells.set(cellName(bucket, keys), {
        headcount: heads.reduce((sum, n) => sum + n, 0) / heads.length,
        headcount_least: Math.min(...heads),
        headcount_most: Math.max(...heads),
        months,
      });
    }
  }
  return { cells, groups: [...counts.values()].map(({ keys }) => keys) };
}

/** SQL and parameters for how many people stood at each of some instants, numbered from 1, by group. */
export function headcountSql(tables: AtomTables, request: MetricRequest, points: readonly number[]) {
  const scope = scopeSql(request, ['team']);
  const groups = scope.groups.map((_, index) => `group_${index}`);
  const stands = `toUnixTimestamp64Milli(stands_from) <= p AND toUnixTimestamp64Milli(stands_to) > p`;
  const sql = `SELECT ${['point', ...groups].join(', ')}, uniqExact(subject) AS people
FROM (
  SELECT subject, ${scope.groups.map((group, index) => `${group} AS group_${index}, `).join('')}arrayJoin(arrayFilter((i, p) -> ${stands}, arrayEnumerate({points:Array(Int64)}), {points:Array(Int64)})) AS point
  FROM ${tables.employments} WHERE excluded = '' AND ${scope.filters}
)
GROUP BY ${['point', ...groups].join(', ')}`;
  const params: Record<string, SqlValue> = { ...scope.params, points };
  return { sql, params };
}

function monthPoints(span: Span, axis: Axis): { points: readonly number[]; months: number | null } {
  const start = Math.max(span.start, axis.reach.start);
  const end = Math.min(span.end, axis.window.end);
  if (start > axis.asOf) return { points: [], months: null };
  const points = [start];
  let month = DateTime.fromMillis(start, { zone: axis.tz }).startOf('month');
  const begins = month.toMillis() === start;
  for (month = month.plus({ months: 1 }); month.toMillis() < end; month = month.plus({ months: 1 }))
    points.push(month.toMillis());
  const months = begins && month.toMillis() === end ? points.length : null;
  points.push(end);
  const known = points.filter((point) => point <= axis.asOf);
  return known.length === points.length ? { points, months } : { points: [...known, axis.asOf], months: null };
}
