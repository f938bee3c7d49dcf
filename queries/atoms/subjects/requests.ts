import { dimensionColumns, maybeTime, receiptColumns } from '../atom.ts';
import { placeAt } from '../catalog.ts';
import { latest, nameOf, text, UNASSIGNED } from '../sql.ts';
import type { SubjectKind } from './subject.ts';

/** Each task with when it was asked for, begun and brought to an end, each step not before the one before it (metrics.md §6.3, R93). */
const requestsSql = (table: (layer: string) => string): string => {
  const others = ['tier', 'region', 'product'].flatMap((name) => [name, `${name}_now`]);
  const times = (type: string, more = '') =>
    `arraySort(groupArrayIf(occurred_at, type = 'task.${type}'${more})) AS ${type}_ats`;
  const after = (ats: string, at: string) =>
    `if(isNull(${at}) OR NOT arrayExists(t -> t >= assumeNotNull(${at}), ${ats}), NULL, toNullable(arrayFirst(t -> t >= assumeNotNull(${at}), ${ats})))`;
  return `
  SELECT r.subject AS subject, r.task_id AS atom_id, '${UNASSIGNED}' AS service, hex(sipHash128(if(p.login = '', r.login, p.person_key))) AS person_key,
    r.kind AS kind, if(empty(r.requested_ats), NULL, toNullable(r.requested_ats[1])) AS requested_at,
    ${after('r.started_ats', 'requested_at')} AS started_at, ${after('r.finished_ats', 'started_at')} AS finished_at,
    multiIf(p.kind IN ('bot', 'service'), p.kind, endsWith(r.login, '[bot]'), 'bot', '') AS excluded,
    ${placeAt('p.teams', 'ifNull(requested_at, r.told_at)')} AS place,
    multiIf(r.team_stated != '', r.team_stated, place != '', place, '${UNASSIGNED}') AS team, team AS team_now,
    ${others.map((name) => `'${UNASSIGNED}' AS ${name}`).join(', ')},
    r.ids AS event_ids, r.deliveries AS delivery_ids
  FROM (
    SELECT entity AS subject, any(${text('task_id')}) AS task_id, ${latest(nameOf('principal'))} AS login, ${latest(text('kind'))} AS kind,
      ${latest(text('team'))} AS team_stated, min(occurred_at) AS told_at,
      ${times('requested')}, ${times('started')}, ${times('finished', ` AND ${text('outcome')} != 'cancelled'`)},
      arraySort(groupUniqArray(id)) AS ids, arraySort(arrayFilter(x -> x != '', groupUniqArray(delivery_id))) AS deliveries
    FROM ${table('facts')} WHERE type IN ('task.requested', 'task.started', 'task.finished') GROUP BY entity
  ) AS r
  LEFT JOIN ${table('people')} AS p ON p.login = r.login`;
};

/** What people asked the platform for. It carries no name but its subject's, only a digest by which people are told apart. */
export const requests: SubjectKind = {
  name: 'requests',
  description: 'one task that somebody asked the platform for, begun and brought to an end or not',
  types: ['task.requested', 'task.started', 'task.finished'],
  definitions: ['person.defined', 'person.joined', 'person.moved'],
  columns: {
    subject: 'String',
    atom_id: 'String',
    service: 'LowCardinality(String)',
    person_key: 'String',
    kind: 'LowCardinality(String)',
    requested_at: maybeTime,
    /** When it first began after that. */
    started_at: maybeTime,
    /** When it first came to an end after that, a good or a bad one; null where it was cancelled. */
    finished_at: maybeTime,
    /** bot service, or empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: requestsSql,
};
