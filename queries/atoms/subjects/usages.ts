import { dimensionColumns, receiptColumns, time } from '../atom.ts';
import { instantOf, nameOf, text } from '../sql.ts';
import { owned } from './owned.ts';
import type { SubjectKind } from './subject.ts';

const number = (path: string): string => `ifNull(data.${path}::Nullable(Float64), 0)`;

/** What a service used of one resource in one period, as last stated (metrics.md §4.5). */
const usagesSql = (table: (layer: string) => string): string =>
  owned(
    `SELECT subject, usage_id AS atom_id, usage_id, l.1 AS stated_service, l.2 AS stated_team, l.3 AS resource, l.4 AS from_at, l.5 AS to_at,
      l.6 AS used, l.7 AS allocated, greatest(0, toUnixTimestamp64Milli(to_at) - toUnixTimestamp64Milli(from_at)) / 3600000 AS hours,
      used * hours AS used_hours, allocated * hours AS allocated_hours, multiIf(to_at < from_at, 'negative_duration', to_at = from_at, 'no_duration', '') AS excluded,
      [l.8] AS event_ids, arrayFilter(x -> x != '', [l.9]) AS delivery_ids
    FROM (
      SELECT entity AS subject, any(${text('usage_id')}) AS usage_id,
        argMax((${text('service_id')}, ${text('team')}, ${nameOf('resource')}, occurred_at, ifNull(${instantOf('to')}, occurred_at), ${number('used')}, ${number('allocated')}, id, delivery_id), (occurred_at, id)) AS l
      FROM ${table('facts')} WHERE type = 'usage.recorded' GROUP BY entity
    )`,
    'from_at',
    table,
  );

/** Use of what was allocated. */
export const usages: SubjectKind = {
  name: 'usages',
  description: 'what one service used and was allocated of one resource in one period',
  types: ['usage.recorded'],
  definitions: ['service.defined'],
  columns: {
    subject: 'String',
    atom_id: 'String',
    service: 'LowCardinality(String)',
    usage_id: 'String',
    /** cpu, memory, gpu; in lower case. */
    resource: 'LowCardinality(String)',
    from_at: time,
    to_at: time,
    /** In units of the resource, on average over the period. */
    used: 'Float64',
    allocated: 'Float64',
    used_hours: 'Float64',
    allocated_hours: 'Float64',
    /** negative_duration no_duration, or empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: usagesSql,
};
