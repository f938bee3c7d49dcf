import { dimensionColumns, maybeTime, receiptColumns, time } from '../atom.ts';
import { text, UNASSIGNED } from '../sql.ts';
import { placed } from './placed.ts';
import type { SubjectKind } from './subject.ts';

/** Each onboarding from its first start to its first completion (metrics.md §6.6, R92). */
const onboardingsSql = (table: (layer: string) => string): string => {
  // Of one instant the start comes first, then the end, then leaving: else ids would decide what was done before what.
  const order =
    "PARTITION BY entity ORDER BY occurred_at, indexOf(['onboarding.started', 'onboarding.completed', 'person.left'], toString(type)), id";
  const next = (type: string) =>
    `minIf(toNullable(occurred_at), type = '${type}') OVER (${order} ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)`;
  return `
  SELECT *, id AS atom_id, '${UNASSIGNED}' AS service, person_kind AS excluded,
    if(next_left_at < next_completed_at, NULL, next_completed_at) AS completed_at, next_left_at AS left_at,
    [id] AS event_ids, if(delivery_id = '', [], [delivery_id]) AS delivery_ids
  FROM (${placed(
    `SELECT * FROM (
      SELECT entity AS subject, type, id, delivery_id, occurred_at AS started_at, lower(${text('person')}) AS login, ${text('team')} AS team_stated,
        ${next('onboarding.completed')} AS next_completed_at, ${next('person.left')} AS next_left_at,
        lagInFrame(toString(type), 1, '') OVER (${order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS type_before
      FROM ${table('facts')} WHERE type IN ('onboarding.started', 'onboarding.completed', 'person.left')
    ) WHERE type = 'onboarding.started' AND type_before != 'onboarding.started'`,
    'started_at',
    table,
  )})`;
};

/** Onboardings of people. No person is ever listed. */
export const onboardings: SubjectKind = {
  name: 'onboardings',
  description: 'one onboarding of one person, completed or not yet',
  types: ['onboarding.started', 'onboarding.completed', 'person.left'],
  definitions: ['person.defined', 'person.joined', 'person.moved'],
  columns: {
    subject: 'String',
    atom_id: 'String',
    service: 'LowCardinality(String)',
    /** One per person, whatever the login. */
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
