import { dimensionColumns, receiptColumns, time } from '../atom.ts';
import { instantOf, text } from '../sql.ts';
import { owned } from './owned.ts';
import type { SubjectKind } from './subject.ts';

/** A cost as last stated, with the owner of its service when its period began (metrics.md §4.6). */
const costsSql = (table: (layer: string) => string): string =>
  owned(
    `SELECT subject, cost_id AS atom_id, cost_id, l.1 AS stated_service, l.2 AS stated_team, if(l.3 = '', '(unassigned)', l.3) AS category, l.4 AS currency,
      l.5 AS amount, l.6 AS from_at, l.7 AS to_at, '' AS excluded, [l.8] AS event_ids, arrayFilter(x -> x != '', [l.9]) AS delivery_ids
    FROM (
      SELECT entity AS subject, any(${text('cost_id')}) AS cost_id,
        argMax((${text('service_id')}, ${text('team')}, ${text('category')}, ${text('currency')}, ifNull(data.amount::Nullable(Float64), 0), occurred_at, ifNull(${instantOf('to')}, occurred_at), id, delivery_id), (occurred_at, id)) AS l
      FROM ${table('facts')} WHERE type = 'cost.recorded' GROUP BY entity
    )`,
    'from_at',
    table,
  );

/** What was spent. */
export const costs: SubjectKind = {
  name: 'costs',
  description: 'one cost of one period',
  types: ['cost.recorded'],
  definitions: ['service.defined'],
  columns: {
    subject: 'String',
    atom_id: 'String',
    service: 'LowCardinality(String)',
    cost_id: 'String',
    /** people, infrastructure, licence, … */
    category: 'LowCardinality(String)',
    /** ISO 4217. */
    currency: 'LowCardinality(String)',
    amount: 'Float64',
    from_at: time,
    to_at: time,
    /** Always empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: costsSql,
};
