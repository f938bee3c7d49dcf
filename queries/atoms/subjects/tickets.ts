import { dimensionColumns, maybeTime, receiptColumns, time } from '../atom.ts';
import { latest, text, UNASSIGNED } from '../sql.ts';
import { placed } from './placed.ts';
import type { SubjectKind } from './subject.ts';

/** Tier of a ticket of which nobody says one: somebody was asked directly (metrics.md §8). */
const DIRECT = 2;
/** Tier to which a ticket is escalated where nobody says to which. */
const ESCALATION = 3;

/** Each ticket with its first reply by a person, its last resolution and the tiers that it went through (metrics.md §8, R80). */
const ticketsSql = (table: (layer: string) => string): string => {
  const told = `
    SELECT entity AS subject, any(${text('ticket_id')}) AS ticket_id, ticket_id AS atom_id, if(empty(${latest(text('kind'))} AS kind_stated), '${UNASSIGNED}', kind_stated) AS kind,
      ${latest(text('title'))} AS title, ${latest(text('url'))} AS url, lower(${latest(text('principal'))}) AS login, ${latest(text('team'))} AS team_stated,
      minIf(toNullable(occurred_at), type = 'ticket.created') AS created_at, ifNull(created_at, min(occurred_at)) AS owned_at,
      arraySort(groupArrayIf((occurred_at, if(actor_key = '', '', hex(sipHash128(actor_key)))), type = 'ticket.responded' AND NOT actor_is_machine)) AS replies,
      maxIf(toNullable(occurred_at), type = 'ticket.resolved') AS last_resolved, maxIf(toNullable(occurred_at), type = 'ticket.reopened') AS last_reopened,
      if(ifNull(last_reopened >= last_resolved, false), NULL, last_resolved) AS resolved_at,
      arraySort(groupArrayIf((occurred_at, id, tier), tier >= 0)) AS stated,
      if(empty(stated) OR type_at_first_tier = 'ticket.escalated', ${DIRECT}, stated[1].3) AS first_tier,
      argMinIf(type, (occurred_at, id), tier >= 0) AS type_at_first_tier,
      arrayFilter(s -> s.1 <= owned_at OR isNull(resolved_at) OR s.1 < resolved_at, stated) AS timely,
      arrayConcat([(owned_at, '', toInt64(first_tier))], arrayMap(s -> (greatest(s.1, owned_at), s.2, s.3), timely)) AS told,
      arrayFilter((h, i) -> i = length(told) OR h.1 < told[i + 1].1, told, arrayEnumerate(told)) AS held,
      arrayFilter((h, i) -> i = 1 OR h.3 != held[i - 1].3, held, arrayEnumerate(held)) AS stays,
      arrayMap(s -> s.1, stays) AS tier_from_ats, arrayMap(s -> toUInt8(s.3), stays) AS tiers,
      toString(if(empty(stated), ${DIRECT}, arrayMax(s -> s.3, stated))) AS support_tier,
      arraySort(groupUniqArray(id)) AS event_ids, arraySort(arrayFilter(x -> x != '', groupUniqArray(delivery_id))) AS delivery_ids
    FROM (
      SELECT f.*, ifNull(data.tier::Nullable(Int64), if(type = 'ticket.escalated', ${ESCALATION}, -1)) AS tier,
        if(a.login = '', f.actor, a.person_key) AS actor_key,
        f.stated_kind = 'bot' OR a.kind IN ('bot', 'service') OR endsWith(f.actor, '[bot]') AS actor_is_machine
      FROM (
        SELECT *, lower(${text('actor')}) AS actor, ${text('actor_kind')} AS stated_kind FROM ${table('facts')} WHERE startsWith(type, 'ticket.')
      ) AS f
      LEFT JOIN (SELECT login, person_key, kind FROM ${table('people')}) AS a ON a.login = f.actor
    ) GROUP BY entity`;
  return `
  SELECT t.* EXCEPT (person_key), if(t.login = '', t.subject, t.person_key) AS person_key, c.calendar AS calendar
  FROM (
    SELECT *, arrayFilter(r -> r.2 = '' OR login = '' OR r.2 != person_key, replies) AS answers,
      if(empty(answers), NULL, toNullable(answers[1].1)) AS responded_at, '${UNASSIGNED}' AS service, '' AS excluded, person_kind AS asked_by, lower(team) AS team_key FROM (${placed(told, 'owned_at', table)})
  ) AS t
  ASOF LEFT JOIN (SELECT team_key, calendar, valid_from FROM ${table('team_definitions')} WHERE valid_from < valid_to) AS c
    ON c.team_key = t.team_key AND t.owned_at >= c.valid_from`;
};

/** Support tickets. It carries no person, only a digest by which people are told apart. */
export const tickets: SubjectKind = {
  name: 'tickets',
  description: 'one support ticket, answered and resolved or not yet',
  types: ['ticket.created', 'ticket.responded', 'ticket.escalated', 'ticket.resolved', 'ticket.reopened'],
  definitions: ['team.defined', 'person.defined', 'person.joined', 'person.moved'],
  columns: {
    subject: 'String',
    atom_id: 'String',
    service: 'LowCardinality(String)',
    ticket_id: 'String',
    kind: 'LowCardinality(String)',
    title: 'String',
    url: 'String',
    /** The highest that it reached: 0 self-service, 1 community, 2 direct, 3 escalation. */
    support_tier: 'LowCardinality(String)',
    created_at: maybeTime,
    /** First reply by a human who did not ask. */
    responded_at: maybeTime,
    /** Null while it is open, again where it was reopened. */
    resolved_at: maybeTime,
    /** The tiers that it went through, and since when it was at each. */
    tiers: 'Array(UInt8)',
    tier_from_ats: `Array(${time})`,
    /** The calendar of its team when it was created, in lower case; empty without one. */
    calendar: 'LowCardinality(String)',
    /** One per person who asked, whatever the login; one of its own where nobody says who. */
    person_key: 'String',
    /** bot service, or empty: what asked for it. */
    asked_by: 'LowCardinality(String)',
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: ticketsSql,
};
