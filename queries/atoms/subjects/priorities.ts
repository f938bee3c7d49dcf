import { dimensionColumns, receiptColumns, time } from '../atom.ts';
import { FAR, text } from '../sql.ts';
import { owned } from './owned.ts';
import type { SubjectKind } from './subject.ts';

const grades = ['developer_impact', 'business_value', 'technical_feasibility', 'implementation_cost'] as const;

/**
 * Cuts the life of a work item where anything was said of it, each piece with the grades known by then (metrics.md §4.8). It
 * is to be prioritised until it is done, and again once it is committed anew.
 */
const prioritiesSql = (table: (layer: string) => string): string => {
  const known = 'OVER (PARTITION BY entity ORDER BY occurred_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)';
  const whole =
    'OVER (PARTITION BY entity ORDER BY occurred_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)';
  const stated = (name: string) => `anyLast(nullIf(${text(name)}, '')) ${known}`;
  const grade = (name: string) => `anyLast(data.${name}::Nullable(UInt8)) ${known}`;
  return owned(
    `SELECT subject, feature, concat(feature, ' ', toString(stands_from), ' ', id) AS atom_id, ifNull(said_title, '') AS title, ifNull(said_service, '') AS stated_service,
      ifNull(said_team, '') AS stated_team, ${grades.join(', ')}, stands_from, stands_to,
      toFloat64(developer_impact) * business_value * technical_feasibility / implementation_cost AS score,
      multiIf(ifNull(said_kind, 'feature') != 'feature', said_kind, isNull(score), 'missing_input', '') AS excluded,
      arraySort(said_ids) AS event_ids, arraySort(arrayDistinct(arrayFilter(x -> x != '', said_deliveries))) AS delivery_ids
    FROM (
      SELECT entity AS subject, id, ${text('feature')} AS feature, ${stated('title')} AS said_title, ${stated('service_id')} AS said_service,
        ${stated('team')} AS said_team, ${stated('kind')} AS said_kind, ${grades.map((name) => `${grade(name)} AS ${name}`).join(', ')},
        occurred_at AS stands_from, leadInFrame(occurred_at, 1, ${FAR}) ${whole} AS stands_to,
        anyLast(multiIf(type = 'feature.done', toNullable(1), type = 'feature.committed', 0, NULL)) ${known} AS is_done,
        groupArray(id) ${known} AS said_ids, groupArray(delivery_id) ${known} AS said_deliveries
      FROM ${table('facts')} WHERE type IN ('feature.committed', 'feature.released', 'feature.done')
    ) WHERE stands_from < stands_to AND ifNull(is_done, 0) = 0`,
    'stands_from',
    table,
  );
};

const maybeGrade = 'Nullable(UInt8)';

/** How urgent work items were, from when to when. */
export const priorities: SubjectKind = {
  name: 'priorities',
  description: 'one work item that is not done, with its grades, from one instant to another',
  types: ['feature.committed', 'feature.released', 'feature.done'],
  definitions: ['service.defined'],
  columns: {
    subject: 'String',
    /** The feature, `stands_from` and the event that began it. */
    atom_id: 'String',
    service: 'LowCardinality(String)',
    feature: 'String',
    title: 'String',
    /** 1 to 5, null where nobody said. */
    developer_impact: maybeGrade,
    business_value: maybeGrade,
    technical_feasibility: maybeGrade,
    implementation_cost: maybeGrade,
    /** 0.2 to 125, null where a grade is missing. */
    score: 'Nullable(Float64)',
    stands_from: time,
    stands_to: time,
    /** bug chore missing_input, or empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: prioritiesSql,
};
