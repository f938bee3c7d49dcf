import { dimensionColumns, maybeTime, receiptColumns, time } from '../atom.ts';
import { instantOf, latest, text, UNASSIGNED } from '../sql.ts';
import { placed } from './placed.ts';
import type { SubjectKind } from './subject.ts';

/** Each training that somebody was given, with when they completed it and whether they were gone by when it was due (metrics.md §7.2, R82). */
const assignmentsSql = (table: (layer: string) => string): string => {
  const facts = table('facts');
  const told = `
    SELECT a.*, lower(a.person) AS login, concat(a.course_key, ' ', a.assignment_id) AS atom_id,
      arraySort(arrayFilter(c -> c.3 = a.course_key AND (c.4 = '' OR a.assignment_id = '' OR c.4 = a.assignment_id) AND c.1 >= a.assigned_at, h.completions)) AS completed,
      if(empty(completed), NULL, toNullable(completed[1].1)) AS completed_at, arrayLast(c -> c.5 != '', completed).5 AS passed,
      arrayLast(m -> m.1 < a.due_at, h.moves).3 AS last_move,
      arraySort(arrayDistinct(arrayConcat(a.ids, arrayMap(c -> c.2, completed)))) AS event_ids,
      arraySort(arrayDistinct(arrayFilter(x -> x != '', arrayConcat(a.deliveries, arrayMap(c -> c.6, completed))))) AS delivery_ids
    FROM (
      SELECT entity AS subject, any(${text('person')}) AS person, lower(${text('course')}) AS course_key, ${text('assignment_id')} AS assignment_id,
        argMin(${text('course')}, (occurred_at, id)) AS course, min(occurred_at) AS assigned_at, argMax(${instantOf('due_at')}, (occurred_at, id)) AS due_at,
        ${latest(text('team'))} AS team_stated, groupArray(id) AS ids, groupArray(delivery_id) AS deliveries
      FROM ${facts} WHERE type = 'training.assigned' GROUP BY entity, course_key, assignment_id
    ) AS a
    LEFT JOIN (
      SELECT entity AS of,
        groupArrayIf((occurred_at, id, lower(${text('course')}), ${text('assignment_id')}, ${text('passed')}, delivery_id), type = 'training.completed') AS completions,
        arraySort(groupArrayIf((occurred_at, id, toString(type)), type IN ('person.joined', 'person.left'))) AS moves
      FROM ${facts} WHERE type IN ('training.completed', 'person.joined', 'person.left') GROUP BY of
    ) AS h ON h.of = a.subject
    WHERE isNotNull(a.due_at)`;
  return `
  SELECT *, '${UNASSIGNED}' AS service, multiIf(person_kind != '', person_kind, last_move = 'person.left', 'left', '') AS excluded
  FROM (${placed(told, 'assigned_at', table)})`;
};

/** Trainings. No person is ever listed: what is counted of it is told of groups alone. */
export const assignments: SubjectKind = {
  name: 'assignments',
  description: 'one training that one person was to complete',
  types: ['training.assigned', 'training.completed', 'person.joined', 'person.left'],
  definitions: ['person.defined', 'person.joined', 'person.moved'],
  columns: {
    subject: 'String',
    atom_id: 'String',
    service: 'LowCardinality(String)',
    person_key: 'String',
    course: 'LowCardinality(String)',
    assigned_at: time,
    due_at: time,
    completed_at: maybeTime,
    /** true false, or empty where nobody was tested. */
    passed: 'LowCardinality(String)',
    /** bot service left, or empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: assignmentsSql,
};
