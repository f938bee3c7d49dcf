import { dimensionColumns, maybeTime, receiptColumns, time } from '../atom.ts';
import { kindOf, placeAt } from '../catalog.ts';
import { nameOf, text, UNASSIGNED } from '../sql.ts';
import type { SubjectKind } from './subject.ts';

/** Each onboarding from its first start to its first completion (metrics.md §6.6, R92). */
const onboardingsSql = (table: (layer: string) => string): string => {
  // What is told to have started and ended at one instant did both.
  const order = "PARTITION BY entity ORDER BY occurred_at, type = 'onboarding.completed', id";
  const next = (type: string) =>
    `minIf(toNullable(occurred_at), type = '${type}') OVER (${order} ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)`;
  const others = ['tier', 'region', 'product'].flatMap((name) => [name, `${name}_now`]);
  return `
  SELECT s.subject AS subject, s.id AS atom_id, '${UNASSIGNED}' AS service, hex(sipHash128(s.person)) AS person_key, s.started_at AS started_at,
    if(s.next_left_at < s.next_completed_at, NULL, s.next_completed_at) AS completed_at, s.next_left_at AS left_at,
    ${kindOf('s.person', 'k.kind')} AS excluded,
    ${placeAt('t.teams', 's.started_at')} AS place, if(place = '', '${UNASSIGNED}', place) AS team, team AS team_now,
    ${others.map((name) => `'${UNASSIGNED}' AS ${name}`).join(', ')},
    [s.id] AS event_ids, arrayFilter(x -> x != '', [s.delivery_id]) AS delivery_ids
  FROM (
    SELECT entity AS subject, type, id, delivery_id, ${nameOf('person')} AS person, occurred_at AS started_at,
      ${next('onboarding.completed')} AS next_completed_at, ${next('person.left')} AS next_left_at,
      lagInFrame(toString(type), 1, '') OVER (${order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS type_before
    FROM ${table('facts')} WHERE type IN ('onboarding.started', 'onboarding.completed', 'person.left')
  ) AS s
  LEFT JOIN (
    SELECT entity AS of, arraySort(groupArrayIf((occurred_at, id, ${text('team')}), ${text('team')} != '')) AS teams
    FROM ${table('facts')} WHERE type IN ('onboarding.started', 'person.joined', 'person.moved') GROUP BY of
  ) AS t ON t.of = s.subject
  LEFT JOIN ${table('people')} AS k ON k.login = s.person
  WHERE s.type = 'onboarding.started' AND s.type_before != 'onboarding.started'`;
};

/** Onboardings of people. No person is ever listed. */
export const onboardings: SubjectKind = {
  name: 'onboardings',
  description: 'one onboarding of one person, completed or not yet',
  types: ['onboarding.started', 'onboarding.completed', 'person.joined', 'person.moved', 'person.left'],
  definitions: ['person.defined'],
  columns: {
    subject: 'String',
    atom_id: 'String',
    service: 'LowCardinality(String)',
    person_key: 'String',
    started_at: time,
    completed_at: maybeTime,
    /** When they left after the start, if they did. */
    left_at: maybeTime,
    /** bot service, or empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: onboardingsSql,
};
