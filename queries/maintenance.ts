import type { Store } from '../ingest/ports.ts';
import { EPOCH, FAR } from './atoms/sql.ts';
import type { AtomTables } from './atoms/tables.ts';
import type { Span } from './buckets.ts';
import { joined } from './intervals.ts';
import type { Items } from './metric.ts';

/** When each service, in lower case, was in maintenance that was announced in time (R59): a union. Others are absent. */
export type Maintenances = ReadonlyMap<string, readonly Span[]>;

/** Reads the maintenance that touches a stretch of time. */
export async function readMaintenances(store: Store, tables: AtomTables, reach: Span): Promise<Maintenances> {
  const spans = new Map<string, Span[]>();
  for (const row of await store.query(maintenancesSql(tables), { from: reach.start, to: reach.end })) {
    const service = String(row.service_key);
    spans.set(service, [...(spans.get(service) ?? []), { start: Number(row.starts), end: Number(row.ends) }]);
  }
  return new Map([...spans].map(([service, some]) => [service, joined(some)]));
}

/** SQL of {@link readMaintenances}. */
export const maintenancesSql = (tables: AtomTables): string => `
SELECT DISTINCT lower(service) AS service_key, toUnixTimestamp64Milli(starts_at) AS starts, toUnixTimestamp64Milli(ends_at) AS ends
FROM ${tables.maintenances}
WHERE excluded = '' AND starts < {to:Int64} AND ends > {from:Int64}
ORDER BY service_key, starts, ends`;

/** Between which instants each service was in none, in order: from the last end so far to the next start. */
const gapsSql = (tables: AtomTables): string => `
  SELECT lower(service) AS gaps_of, arrayPushBack(groupArray((ended_at, starts_at)), (max(ends_at), ${FAR})) AS gaps
  FROM (
    SELECT service, starts_at, ends_at,
      ifNull(max(toNullable(ends_at)) OVER (PARTITION BY lower(service) ORDER BY starts_at, ends_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), ${EPOCH}) AS ended_at
    FROM ${tables.maintenances} WHERE excluded = ''
  )
  GROUP BY gaps_of`;

/** The incidents that count, each cut into what of it lies outside of its service's maintenance. For their union alone. */
export const outsideMaintenance = (items: Items): Items => ({
  ...items,
  from: (tables, { filters }) => `(
  SELECT * REPLACE (piece.1 AS started_at, nullIf(piece.2, ${FAR}) AS restored_at)
  FROM (
    SELECT i.*, arrayJoin(arrayFilter(p -> p.1 < p.2, arrayMap(
      gap -> (greatest(gap.1, i.started_at), least(gap.2, ifNull(i.restored_at, ${FAR}))),
      if(empty(g.gaps), [(${EPOCH}, ${FAR})], g.gaps)))) AS piece
    FROM (SELECT * FROM ${tables.incidents} WHERE ${filters} AND excluded = '') AS i
    LEFT JOIN (${gapsSql(tables)}) AS g ON g.gaps_of = lower(i.service)
  ))`,
});

/** The incidents that count, each cut into what of it lies within a maintenance of its service. For their union alone. */
export const withinMaintenance = (items: Items): Items => ({
  ...items,
  from: (tables, { filters }) => `(
  SELECT i.* REPLACE (greatest(m.starts_at, i.started_at) AS started_at, toNullable(least(m.ends_at, ifNull(i.restored_at, ${FAR}))) AS restored_at)
  FROM (SELECT * FROM ${tables.incidents} WHERE ${filters} AND excluded = '') AS i
  INNER JOIN (SELECT lower(service) AS taken_of, starts_at, ends_at FROM ${tables.maintenances} WHERE excluded = '') AS m ON m.taken_of = lower(i.service)
  WHERE m.starts_at < ifNull(i.restored_at, ${FAR}) AND m.ends_at > i.started_at
)`,
});
