import { dimensionColumns, receiptColumns, time } from '../atom.ts';
import { withDimensions } from '../catalog.ts';
import { FAR, instantOf, text, texts } from '../sql.ts';
import type { SubjectKind } from './subject.ts';

/** In the order in which it was said: at one instant what ends a maintenance is said last. */
const IN_ORDER = 'ORDER BY said_at, ends, event_id';
const WHOLE = 'ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING';
const SO_FAR = 'ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW';

/** What was said of each maintenance, numbered, with when the next was said. */
const said = (facts: string): string => `
  SELECT *, toInt64(row_number() OVER w) AS n,
    leadInFrame(said_at, 1, ${FAR}) OVER (PARTITION BY entity ${IN_ORDER} ${WHOLE}) AS next_said_at,
    leadInFrame(event_id, 1, '') OVER (PARTITION BY entity ${IN_ORDER} ${WHOLE}) AS next_id,
    leadInFrame(told_in, 1, '') OVER (PARTITION BY entity ${IN_ORDER} ${WHOLE}) AS next_told_in
  FROM (
    SELECT entity, id AS event_id, delivery_id AS told_in, source AS told_by, occurred_at AS said_at, type != 'maintenance.announced' AS ends, ${texts('services')} AS services,
      ifNull(${instantOf('starts_at')}, occurred_at) AS plan_starts_at, ifNull(${instantOf('ends_at')}, occurred_at) AS plan_ends_at,
      ${text('title')} AS told_title, ${text('url')} AS told_url
    FROM ${facts} WHERE startsWith(type, 'maintenance.')
  )
  WINDOW w AS (PARTITION BY entity ${IN_ORDER})`;

/**
 * The announcements by the names that they concern, and which of them count (R59): an announcement said before its own start
 * begins a run, those that directly follow it and were said no earlier than its start go on with it, each for as long as the
 * one before was to last.
 */
const announced = (facts: string): string => `
  SELECT *, in_time AND (begins OR (goes_on AND sum(breaks) OVER (PARTITION BY entity, name, run ORDER BY n ${SO_FAR}) = 0)) AS counts
  FROM (
    SELECT *, toUInt8(goes_on AND said_at >= if(lagInFrame(goes_on, 1, toUInt8(0)) OVER w, lagInFrame(plan_ends_at, 1, said_at) OVER w, head_ends_at)) AS breaks
    FROM (
      SELECT *, first_value(said_at < plan_starts_at) OVER w AS in_time, first_value(plan_starts_at) OVER w AS head_starts_at,
        first_value(plan_ends_at) OVER w AS head_ends_at, toUInt8(NOT begins AND said_at >= head_starts_at) AS goes_on
      FROM (
        SELECT *, sum(begins) OVER (PARTITION BY entity, name ORDER BY n ${SO_FAR}) AS run FROM (
          SELECT *, toUInt8(said_at < plan_starts_at OR n != lagInFrame(n, 1, n) OVER w + 1) AS begins,
            leadInFrame(n, 1, n) OVER w = n + 1 AS is_told_again
          FROM (
            SELECT * EXCEPT (services), arrayJoin(services) AS name_said, lower(name_said) AS name FROM (${said(facts)})
            WHERE NOT ends ORDER BY name_said LIMIT 1 BY entity, n, name
          )
          WINDOW w AS (PARTITION BY entity, name ORDER BY n ${WHOLE})
        )
      )
      WINDOW w AS (PARTITION BY entity, name, run ORDER BY n ${SO_FAR})
    )
    WINDOW w AS (PARTITION BY entity, name, run ORDER BY n ${WHOLE})
  )`;

/**
 * When there was maintenance: of each run from the start that it began with to the end last said, cut where something else was
 * said next. What is left with nothing was cancelled, unless it was planned anew. Of plans that were only told when it was too
 * late each stands once.
 */
const stretches = (facts: string): string => `
  SELECT entity AS subject, substring(entity, 13) AS maintenance_id, name, concat(maintenance_id, ' ', name, ' ', event_id) AS atom_id, told_by AS source,
    name_said, said_at AS announced_at, plan_starts_at AS starts_at,
    last_title AS title, last_url AS url,
    multiIf(is_late, 'announced_late', is_cancelled, 'cancelled', '') AS excluded, if(excluded = '', cut_at, run_ends_at) AS ends_at,
    -- what began it, what was said last of its end, and what cut it
    if(is_late, [event_id], [event_id, last_event, if(is_cut, cut_event, '')]) AS all_events,
    if(is_late, [told_in], [told_in, last_told_in, if(is_cut, cut_told_in, '')]) AS all_deliveries
  FROM (
    SELECT *, begins AND in_time AS is_head, if(is_head, run_end, plan_ends_at) AS run_ends_at, least(run_end, run_next_said_at) AS cut_at,
      cut_at < run_end AS is_cut, is_head AND cut_at <= plan_starts_at AS is_cancelled,
      NOT is_ever_counted AND n = first_n AS is_late,
      if(is_head, run_title, told_title) AS last_title, if(is_head, run_url, told_url) AS last_url
    FROM (
      SELECT *, greatest(argMaxIf(plan_ends_at, n, counts) OVER run_w, argMaxIf(said_at, n, counts) OVER run_w) AS run_end,
        last_value(next_said_at) OVER run_w AS run_next_said_at, last_value(is_told_again) OVER run_w AS is_moved,
        last_value(next_id) OVER run_w AS cut_event, last_value(next_told_in) OVER run_w AS cut_told_in,
        argMaxIf(event_id, n, counts) OVER run_w AS last_event, argMaxIf(told_in, n, counts) OVER run_w AS last_told_in,
        argMaxIf(told_title, n, told_title != '') OVER run_w AS run_title, argMaxIf(told_url, n, told_url != '') OVER run_w AS run_url,
        max(counts) OVER plan_w AS is_ever_counted, min(n) OVER plan_w AS first_n
      FROM (${announced(facts)})
      WINDOW run_w AS (PARTITION BY entity, name, run ORDER BY n ${WHOLE}), plan_w AS (PARTITION BY entity, name, plan_starts_at, plan_ends_at)
    )
    WHERE is_late OR (is_head AND (NOT is_cancelled OR NOT is_moved))
  )`;

const maintenancesSql = (table: (layer: string) => string): string => {
  // As the service of an incident (R5), but that a name that nobody knows stays what it is: a service may be heard of by it.
  const called = (kind: string) =>
    `arraySort(x -> x.2, arrayFilter(x -> x.1 = '${kind}' AND t.starts_at >= x.4 AND t.starts_at < x.5, c.named))`;
  const placed = `
    SELECT t.*, multiIf(
        notEmpty(${called('incident')} AS told), told[1].3,
        notEmpty(${called('id')} AS namesake), namesake[1].3,
        t.name_said) AS service
    FROM (${stretches(table('facts'))}) AS t
    LEFT JOIN (
      SELECT name AS called_name, groupArray((kind, lower(service), service, valid_from, valid_to)) AS named
      FROM ${table('service_names')} WHERE kind IN ('incident', 'id') GROUP BY name
    ) AS c ON c.called_name = t.name`;
  return `
  SELECT *, arraySort(arrayDistinct(arrayFilter(x -> x != '', all_events))) AS event_ids, arraySort(arrayDistinct(arrayFilter(x -> x != '', all_deliveries))) AS delivery_ids
  FROM (${withDimensions(placed, 'starts_at', table)})`;
};

/** Maintenance of a service (metrics.md §5.1, §5.3). */
export const maintenances: SubjectKind = {
  name: 'maintenances',
  description: 'one maintenance of one service, from its start to its end, or why none of it counts',
  types: ['maintenance.announced', 'maintenance.cancelled', 'maintenance.completed'],
  definitions: ['service.defined'],
  columns: {
    subject: 'String',
    /** `maintenance_id`, the name that was announced, and the announcement, joined by blanks. */
    atom_id: 'String',
    service: 'LowCardinality(String)',
    maintenance_id: 'String',
    source: 'LowCardinality(String)',
    title: 'String',
    url: 'String',
    /** When what counts, or does not, was first said. */
    announced_at: time,
    starts_at: time,
    /** When it ended or is to end; of what does not count when it was to. */
    ends_at: time,
    /** announced_late cancelled, or empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: maintenancesSql,
};
