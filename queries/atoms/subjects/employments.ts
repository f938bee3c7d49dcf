import { dimensionColumns, maybeTime, receiptColumns, time } from '../atom.ts';
import { kindOf } from '../catalog.ts';
import { FAR, text, UNASSIGNED } from '../sql.ts';
import type { SubjectKind } from './subject.ts';

/** Cuts the time of people with us where they joined, moved and left, each piece with the team known by then (metrics.md §4.7). */
const employmentsSql = (table: (layer: string) => string): string => {
  const known = 'OVER (PARTITION BY entity ORDER BY occurred_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)';
  const next = (value: string, none: string) =>
    `leadInFrame(${value}, 1, ${none}) OVER (PARTITION BY entity ORDER BY occurred_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)`;
  // Who is told to join or move at the instant of leaving leaves the same.
  const atOnce = 'OVER (PARTITION BY entity, occurred_at)';
  const others = ['tier', 'region', 'product'].flatMap((name) => [name, `${name}_now`]);
  return `
  SELECT subject, hex(sipHash128(person, id)) AS atom_id, '${UNASSIGNED}' AS service, stands_from, stands_to,
    if(next_leaves, toNullable(stands_to), NULL) AS left_at, next_voluntary AS voluntary,
    multiIf(${kindOf('person', 'k.kind')} != '', ${kindOf('person', 'k.kind')}, is_engineering = 'false', 'not_engineering', '') AS excluded,
    ifNull(said_team, '${UNASSIGNED}') AS team, team AS team_now, ${others.map((name) => `'${UNASSIGNED}' AS ${name}`).join(', ')},
    [id] AS event_ids, arrayFilter(x -> x != '', [delivery_id]) AS delivery_ids
  FROM (
    SELECT entity AS subject, type, id, delivery_id, ${text('person')} AS person, occurred_at AS stands_from, ${next('occurred_at', FAR)} AS stands_to,
      ${next('leaves', 'false')} AS next_leaves, ${next('voluntary', "''")} AS next_voluntary,
      anyLast(nullIf(${text('team')}, '')) ${known} AS said_team, anyLast(nullIf(${text('engineering')}, '')) ${known} AS is_engineering
    FROM (
      SELECT *, max(type = 'person.left') ${atOnce} AS leaves, maxIf(${text('voluntary')}, type = 'person.left') ${atOnce} AS voluntary
      FROM ${table('facts')} WHERE type IN ('person.joined', 'person.moved', 'person.left')
    )
  ) AS f
  LEFT JOIN ${table('people')} AS k ON k.login = lower(f.person)
  WHERE type != 'person.left' AND stands_from < stands_to`;
};

/** Time with us. No person is ever listed: what is counted of it is told of groups of at least ten. */
export const employments: SubjectKind = {
  name: 'employments',
  description: 'one person in one team, from one instant to another',
  types: ['person.joined', 'person.moved', 'person.left'],
  definitions: ['person.defined'],
  columns: {
    subject: 'String',
    atom_id: 'String',
    service: 'LowCardinality(String)',
    stands_from: time,
    stands_to: time,
    /** `stands_to` where the person then left, else null. */
    left_at: maybeTime,
    /** Of one who left, by their own will: true false, or empty where nobody said. */
    voluntary: 'LowCardinality(String)',
    /** bot service not_engineering, or empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: employmentsSql,
};
