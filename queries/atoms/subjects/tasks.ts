import { dimensionColumns, maybeTime, receiptColumns, time } from '../atom.ts';
import { latest, text, UNASSIGNED } from '../sql.ts';
import { placed } from './placed.ts';
import type { SubjectKind } from './subject.ts';

/** Each task that somebody asked the platform for, with how it ended (metrics.md §7.1, R81). */
const tasksSql = (table: (layer: string) => string): string => `
  SELECT *, '${UNASSIGNED}' AS service, person_kind AS excluded FROM (${placed(
    `SELECT entity AS subject, any(${text('task_id')}) AS task_id, task_id AS atom_id, ${latest(text('kind'))} AS kind, lower(${latest(text('channel'))}) AS channel,
      lower(${latest(text('principal'))}) AS login, ${latest(text('team'))} AS team_stated, min(occurred_at) AS asked_at,
      argMaxIf(${text('outcome')}, (occurred_at, id), type = 'task.finished') AS outcome,
      maxIf(toNullable(occurred_at), type = 'task.finished') AS finished_at, countIf(${text('human_touch')} = 'true') > 0 AS human_touch,
      arraySort(groupUniqArray(id)) AS event_ids, arraySort(arrayFilter(x -> x != '', groupUniqArray(delivery_id))) AS delivery_ids
    FROM ${table('facts')} WHERE type IN ('task.requested', 'task.started', 'task.finished') GROUP BY entity`,
    'asked_at',
    table,
  )})`;

/** What people asked the platform to do. It carries no person, only a digest by which people are told apart. */
export const tasks: SubjectKind = {
  name: 'tasks',
  description: 'one task that somebody asked the platform for, finished or not yet',
  types: ['task.requested', 'task.started', 'task.finished'],
  definitions: ['person.defined', 'person.joined', 'person.moved'],
  columns: {
    subject: 'String',
    atom_id: 'String',
    service: 'LowCardinality(String)',
    task_id: 'String',
    kind: 'LowCardinality(String)',
    /** How it was asked for, in lower case: portal, cli, ticket, chat; empty where nobody says. */
    channel: 'LowCardinality(String)',
    person_key: 'String',
    /** The first that was heard of it. */
    asked_at: time,
    finished_at: maybeTime,
    /** succeeded failed cancelled timed_out, or empty while it has not finished. */
    outcome: 'LowCardinality(String)',
    /** 1 if a person of the platform team had to do something. */
    human_touch: 'UInt8',
    /** bot service, or empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: tasksSql,
};
