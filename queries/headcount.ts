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
  const nth = new Map(points.map((point, index) => [point, index]));
  const { sql, params } = headcountSql(tables, request, points);
  const counts = new Map<string, { keys: readonly string[]; heads: number[] }>();
  for (const row of points.length === 0 ? [] : await store.query(sql, params)) {
    const keys = request.groupBy.map((_, index) => String(row[`group_${index}`]));
    const name = cellName(WHOLE, keys);
    const group = counts.get(name) ?? { keys, heads: new Array<number>(points.length).fill(0) };
    counts.set(name, group);
    if (Number(row.point) < points.length) group.heads[Number(row.point)] = Number(row.more);
  }
  const cells = new Map<string, Headcount>();
  const groups: (readonly string[])[] = [];
  for (const { keys, heads: more } of counts.values()) {
    let people = 0;
    const all = more.map((step) => (people += step));
    if (all.every((n) => n === 0)) continue;
    groups.push(keys);
    for (const { bucket, points: own, months } of places) {
      if (own.length === 0) continue;
      const heads = own.map((point) => all[nth.get(point)!]!);
      cells.set(cellName(bucket, keys), {
        headcount: heads.reduce((sum, n) => sum + n, 0) / heads.length,
        headcount_least: Math.min(...heads),
        headcount_most: Math.max(...heads),
        months,
      });
    }
  }
  return { cells, groups };
}

/**
 * SQL and parameters for how many people more than at the point before stand at each of some instants, in order and numbered
 * from 0, by group; what comes after the last has its number as well. Nobody stands twice in a group at one instant: what is
 * told of a person is cut into pieces that follow each other.
 */
export function headcountSql(tables: AtomTables, request: MetricRequest, points: readonly number[]) {
  const scope = scopeSql(request, ['team']);
  const groups = scope.groups.map((_, index) => `group_${index}`);
  const first = (instant: string) => `arrayCount(p -> p < toUnixTimestamp64Milli(${instant}), {points:Array(Int64)})`;
  const sql = `SELECT ${['edge.1 AS point', ...groups].join(', ')}, sum(edge.2) AS more
FROM (
  SELECT ${scope.groups.map((group, index) => `${group} AS group_${index}, `).join('')}arrayJoin([(${first('stands_from')}, 1), (${first('stands_to')}, -1)]) AS edge
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
