import { dimensionColumns, receiptColumns, time } from '../atom.ts';
import { instantOf, text } from '../sql.ts';
import { owned } from './owned.ts';
import type { SubjectKind } from './subject.ts';

/** A cost as last stated, with the owner of its service when its period began (metrics.md §4.6). */
const costsSql = (table: (layer: string) => string): string =>
  owned(
    `SELECT subject, cost_id AS atom_id, cost_id, l.1 AS stated_service, l.2 AS stated_team, if(l.3 = '', '(unassigned)', l.3) AS category, l.4 AS currency,
      l.5 AS amount, l.6 AS from_at, l.7 AS to_at, [l.8] AS event_ids, arrayFilter(x -> x != '', [l.9]) AS delivery_ids,
      if(m.reporting = '', currency, m.reporting) AS reporting_currency,
      if(currency = reporting_currency, 1., arrayLast(r -> r.1 = currency AND r.2 <= from_at, m.rates).3) AS exchange_rate,
      amount * exchange_rate AS reporting_amount, if(exchange_rate = 0, 'no_rate', '') AS excluded,
      if(stated_service = '' AND stated_team = '' AND m.reporting != '', m.shares, []) AS shares,
      arrayMap(s -> s.1, shares) AS share_services, arrayMap(s -> s.2, shares) AS share_weights
    FROM (
      SELECT entity AS subject, any(${text('cost_id')}) AS cost_id,
        argMax((${text('service_id')}, ${text('team')}, ${text('category')}, ${text('currency')}, ifNull(data.amount::Nullable(Float64), 0), occurred_at, ifNull(${instantOf('to')}, occurred_at), id, delivery_id), (occurred_at, id)) AS l
      FROM ${table('facts')} WHERE type = 'cost.recorded' GROUP BY entity
    ) AS c CROSS JOIN ${table('money')} AS m`,
    'from_at',
    table,
  );

/** What was spent. */
export const costs: SubjectKind = {
  name: 'costs',
  description: 'one cost of one period',
  types: ['cost.recorded'],
  definitions: ['service.defined', 'money.defined'],
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
    /** In the currency that costs are told in, which is its own where the workspace names none; 0 without a rate. */
    reporting_currency: 'LowCardinality(String)',
    exchange_rate: 'Float64',
    reporting_amount: 'Float64',
    /** Of shared cost: whom the workspace charges it to, in which parts. */
    share_services: 'Array(String)',
    share_weights: 'Array(Float64)',
    /** no_rate, or empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: costsSql,
};
