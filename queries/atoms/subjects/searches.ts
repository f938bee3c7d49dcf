import { dimensionColumns, maybeTime, receiptColumns, time } from '../atom.ts';
import { text, UNASSIGNED } from '../sql.ts';
import { placed } from './placed.ts';
import type { SubjectKind } from './subject.ts';

const MS = 1_000;
/** What a principal does after so long a pause is another session (metrics.md §7.3). */
const PAUSE_MS = 30 * 60 * MS;
/** A query so soon after a result was opened says that it was the wrong one. */
const REQUERY_MS = 30 * MS;
/** Fewest seconds that somebody stays where they found something. */
const DWELL_SECONDS = 10;

const opens = (e: string): string => `${e}.type IN ('search.clicked', 'doc.viewed')`;
/** Whether two events may be about one document: a sender need not say which. */
const alike = (a: string, b: string): string =>
  `(${a}.document = ${b}.document OR ${a}.document = '' OR ${b}.document = '')`;
/** How long somebody stayed at what they opened: as told, else until the next query or other document; far longer if nothing followed. */
const stayed = (o: string): string => `if(
  arrayExists(e -> e.at >= ${o}.at AND e.dwell >= 0 AND ${alike('e', o)}, told),
  arrayMax(arrayMap(e -> if(e.at >= ${o}.at AND ${alike('e', o)}, e.dwell, -1.), told)),
  arrayMin(arrayMap(e -> if(e.at > ${o}.at AND (e.type = 'search.performed' OR (${opens('e')} AND NOT ${alike('e', o)})),
    (toUnixTimestamp64Milli(e.at) - toUnixTimestamp64Milli(${o}.at)) / ${MS}, 1e9), told)))`;
const isRight = (o: string): string => `(${opens(o)}
  AND NOT arrayExists(e -> e.type = 'search.performed' AND e.at > ${o}.at AND toUnixTimestamp64Milli(e.at) - toUnixTimestamp64Milli(${o}.at) <= ${REQUERY_MS}, told)
  AND (${stayed(o)} >= ${DWELL_SECONDS} OR arrayExists(e -> e.helpful AND e.at >= ${o}.at AND ${alike('e', o)}, told)))`;

const EVENT =
  "Tuple(at DateTime64(3, \\'UTC\\'), id String, type String, document String, dwell Float64, helpful Bool, results Int64, delivery String, team String)";

/** Cuts what each principal searched and read where they paused; a session begins with its first query (metrics.md §7.3, R83). */
const searchesSql = (table: (layer: string) => string): string => {
  const sessions = `
    SELECT entity, login, arrayJoin(arraySplit((e, pause) -> pause >= ${PAUSE_MS}, events,
      arrayDifference(arrayMap(e -> toUnixTimestamp64Milli(e.at), events)))) AS session
    FROM (
      SELECT entity, any(lower(${text('principal')})) AS login, arraySort(groupArray(CAST((occurred_at, id, toString(type), ${text('document')},
        ifNull(data.dwell_seconds::Nullable(Float64), -1), ${text('helpful')} = 'true', ifNull(data.results::Nullable(Int64), -1), delivery_id, ${text('team')}), '${EVENT}'))) AS events
      FROM ${table('facts')} WHERE type IN ('search.performed', 'search.clicked', 'doc.viewed', 'doc.rated') GROUP BY entity
    )`;
  const told = `
    SELECT entity AS subject, login, arrayFirstIndex(e -> e.type = 'search.performed', session) AS first_query, arraySlice(session, first_query) AS told,
      told[1].id AS atom_id, told[1].at AS began_at, told[-1].at AS last_at, arrayFirst(e -> e.team != '', told).team AS team_stated,
      if(arrayExists(o -> ${isRight('o')}, told), toNullable(arrayFirst(o -> ${isRight('o')}, told).at), NULL) AS found_at,
      arrayCount(e -> e.type = 'search.performed' AND e.results >= 0, told) AS answered_queries,
      arrayCount(e -> e.type = 'search.performed' AND e.results = 0, told) AS empty_queries,
      arrayMap(e -> e.id, told) AS event_ids, arraySort(arrayDistinct(arrayFilter(d -> d != '', arrayMap(e -> e.delivery, told)))) AS delivery_ids
    FROM (${sessions}) WHERE first_query > 0`;
  return `SELECT *, '${UNASSIGNED}' AS service, person_kind AS excluded FROM (${placed(told, 'began_at', table)})`;
};

/** Searches in the documentation. No person is listed: it carries only a digest by which people are told apart. */
export const searches: SubjectKind = {
  name: 'searches',
  description: 'one session in which somebody searched the documentation',
  types: ['search.performed', 'search.clicked', 'doc.viewed', 'doc.rated'],
  definitions: ['person.defined', 'person.joined', 'person.moved'],
  columns: {
    subject: 'String',
    /** The event of its first query. */
    atom_id: 'String',
    service: 'LowCardinality(String)',
    person_key: 'String',
    /** The first query. */
    began_at: time,
    /** The last that was heard of it. */
    last_at: time,
    /** When the first result was opened that was the right one. */
    found_at: maybeTime,
    /** Queries of which it is told how many results they had, and those that had none. */
    answered_queries: 'UInt32',
    empty_queries: 'UInt32',
    /** bot service, or empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: searchesSql,
};
