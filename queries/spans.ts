import type { Store } from '../ingest/ports.ts';
import type { AtomTables } from './atoms/tables.ts';
import type { ServiceSpan, SourceSpan } from './coverage.ts';
import type { MetricRequest } from './request.ts';
import { keySql, ownersOnly, scopeSql, spanDimensions } from './scope.ts';

/** Reads who owned which service when, each span with the key of its group; those outside the scope are left out. */
export async function readServiceSpans(
  store: Store,
  tables: AtomTables,
  request: MetricRequest,
): Promise<readonly ServiceSpan[]> {
  const { sql, params } = serviceSpansSql(tables, request);
  return (await store.query(sql, params)).map((row) => ({
    service: String(row.service),
    group: String(row.group_key),
    keys: row.keys as string[],
    from: Number(row.valid_from_ms),
    to: Number(row.valid_to_ms),
    begins: row.begins_ms === null ? null : Number(row.begins_ms),
    retires: row.retires_ms === null ? null : Number(row.retires_ms),
  }));
}

/** SQL of {@link readServiceSpans}. */
export function serviceSpansSql(tables: AtomTables, request: MetricRequest) {
  const scope = scopeSql(ownersOnly(request), spanDimensions);
  const sql = `SELECT service, ${keySql(scope.groups)} AS group_key, [${scope.groups.join(', ')}]::Array(String) AS keys,
  toUnixTimestamp64Milli(valid_from) AS valid_from_ms, toUnixTimestamp64Milli(valid_to) AS valid_to_ms,
  toUnixTimestamp64Milli(coalesce(registered_at, first_rollout_at)) AS begins_ms,
  toUnixTimestamp64Milli(retired_at) AS retires_ms
FROM ${tables.service_spans}
WHERE ${scope.filters}
ORDER BY service, valid_from`;
  return { sql, params: scope.params };
}

/** Reads when each source was heard of. */
export async function readSourceSpans(store: Store, tables: AtomTables): Promise<readonly SourceSpan[]> {
  const rows = await store.query(sourceSpansSql(tables));
  return rows.map((row) => ({
    source: String(row.source),
    service: String(row.service),
    from: Number(row.from_ms),
    to: Number(row.to_ms),
    kinds: row.kinds as string[],
  }));
}

/** SQL of {@link readSourceSpans}: where a service refers to the source as a whole, the life of that. */
export function sourceSpansSql(tables: AtomTables): string {
  return `SELECT source, service, toUnixTimestamp64Milli(alive_from) AS from_ms, toUnixTimestamp64Milli(alive_to) AS to_ms, kinds
FROM (
  SELECT source, service, alive_from, alive_to, kinds FROM ${tables.source_spans} WHERE NOT as_whole
  UNION ALL
  SELECT s.source, s.service, w.alive_from, w.alive_to, s.kinds FROM (SELECT * FROM ${tables.source_spans} WHERE as_whole) AS s
  INNER JOIN (SELECT source, alive_from, alive_to FROM ${tables.source_spans} WHERE service = '') AS w ON w.source = s.source
)
ORDER BY source, service, alive_from`;
}

/** Reads how every service is spelled, by its name in lower case. */
export async function readSpellings(store: Store, tables: AtomTables): Promise<ReadonlyMap<string, string>> {
  const rows = await store.query<{ service: string }>(spellingsSql(tables));
  return new Map(rows.map(({ service }) => [service.toLowerCase(), service]));
}

/** SQL of {@link readSpellings}. */
export function spellingsSql(tables: AtomTables): string {
  return `SELECT DISTINCT service FROM ${tables.service_spans} ORDER BY service`;
}
