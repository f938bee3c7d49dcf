import { dimensionColumns, maybeTime, receiptColumns, time } from '../atom.ts';
import { instantOf, latest, nameOf, text, UNASSIGNED } from '../sql.ts';
import { placed } from './placed.ts';
import type { SubjectKind } from './subject.ts';

/** Each training that somebody was given, with when they completed it and whether they were gone by when it was due (metrics.md §7.2, R82). */
const assignmentsSql = (table: (layer: string) => string): string => {
  const facts = table('facts');
  const told = `
    SELECT a.*, lower(a.person) AS login, ifNull(a.due_at, a.assigned_at) AS placed_at, concat(a.course_key, ' ', a.assignment_id) AS atom_id,
      arraySort(arrayFilter(c -> c.3 = a.course_key AND (c.4 = '' OR a.assignment_id = '' OR c.4 = a.assignment_id) AND c.1 >= a.assigned_at, h.completions)) AS completed,
      if(empty(completed), NULL, toNullable(completed[1].1)) AS completed_at, arrayLast(c -> c.5 != '', completed).5 AS passed,
      arrayLast(m -> m.1 < a.due_at, m.moves).3 AS last_move,
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
        groupArray((occurred_at, id, lower(${text('course')}), ${text('assignment_id')}, ${text('passed')}, delivery_id)) AS completions
      FROM ${facts} WHERE type = 'training.completed' GROUP BY of
    ) AS h ON h.of = a.subject
    LEFT JOIN ${table('people')} AS w ON w.login = lower(a.person)
    LEFT JOIN (
      SELECT if(p.login = '', f.person, p.person_key) AS mover, arraySort(groupArray((f.occurred_at, f.id, f.type))) AS moves
      FROM (
        SELECT ${nameOf('person')} AS person, occurred_at, id, toString(type) AS type FROM ${facts} WHERE type IN ('person.joined', 'person.left')
      ) AS f
      LEFT JOIN ${table('people')} AS p ON p.login = f.person
      GROUP BY mover
    ) AS m ON m.mover = if(w.login = '', lower(a.person), w.person_key)
    WHERE isNotNull(a.due_at)`;
  return `
  SELECT *, '${UNASSIGNED}' AS service, multiIf(person_kind != '', person_kind, last_move = 'person.left', 'left', '') AS excluded
  FROM (${placed(told, 'placed_at', table)})`;
};

/** Trainings. No person is ever listed: what is counted of it is told of groups alone. */
export const assignments: SubjectKind = {
  name: 'assignments',
  description: 'one training that one person was to complete',
  types: ['training.assigned', 'training.completed'],
  // Who leaves is told by another tool, which may know them by another name.
  definitions: ['person.defined', 'person.joined', 'person.moved', 'person.left'],
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
