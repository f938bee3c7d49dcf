import { calledBy, servicesNamed } from './catalog.ts';
import type { Layer } from './layer.ts';
import { corrected, correctedInstant, correctionsOf, flag, instantOf, latest, nameOf, text } from './sql.ts';

/** One row per incident as its senders tell it, corrections applied (R2, R3, R13). */
export const incidentFacts: Layer = {
  name: 'incident_facts',
  rowsOf: ['incident.*'],
  sql: (table) => `
    SELECT * EXCEPT (corrections),
      ifNull(impact_started_at, detected_at) AS own_started_at,
      arraySort(arrayDistinct(arrayConcat(own_event_ids, correction_event_ids))) AS event_ids,
      arraySort(arrayFilter(x -> x != '', arrayDistinct(arrayConcat(own_delivery_ids, correction_delivery_ids)))) AS delivery_ids
    FROM (
      SELECT f.* EXCEPT (detected_at, impact_started_at, acknowledged_at, mitigated_at, resolved_at, closed_at, reopened_at,
          service_id, service_name, title, severity, impact, false_alarm, duplicate_of, cause),
        if(f.is_linked, f.cause, ${corrected('caused_by', 'f.cause')}) AS cause,
        c.corrections AS corrections, c.correction_event_ids AS correction_event_ids, c.correction_delivery_ids AS correction_delivery_ids,
        ${corrected('service_id', 'f.service_id')} AS service_id, ${corrected('service', 'f.service_name')} AS service_name,
        ${corrected('title', 'f.title')} AS title, ${corrected('severity', 'f.severity')} AS severity,
        if(${corrected('impact', 'f.impact')} = '', 'degraded', ${corrected('impact', 'f.impact')}) AS impact,
        ${corrected('false_alarm', 'f.false_alarm')} = 'true' AS false_alarm, ${corrected('duplicate_of', 'f.duplicate_of')} AS duplicate_of,
        assumeNotNull(${correctedInstant('detected_at', 'f.detected_at')}) AS detected_at,
        ${correctedInstant('impact_started_at', 'f.impact_started_at')} AS impact_started_at,
        ${correctedInstant('acknowledged_at', 'f.acknowledged_at')} AS acknowledged_at,
        ${correctedInstant('mitigated_at', 'f.mitigated_at')} AS mitigated_at,
        ${correctedInstant('resolved_at', 'f.resolved_at')} AS resolved_at,
        ${correctedInstant('closed_at', 'f.closed_at')} AS closed_at,
        ${correctedInstant('restored_at', 'coalesce(mitigated_at, resolved_at)')} AS restored_at
      FROM (
        SELECT entity, incident_id, source, service_id, service_name, repository, repository_name, title, severity, impact, false_alarm,
          duplicate_of, cause, cause_id, is_linked, detected_at, impact_started_at, acknowledged_at, closed_at, reopened_at, own_event_ids, own_delivery_ids,
          nullIf(arrayMax(arrayConcat([toDateTime64('1900-01-01 00:00:00', 3, 'UTC')], arrayFilter(t -> reopened_at IS NULL OR t > reopened_at, mitigations))), toDateTime64('1900-01-01 00:00:00', 3, 'UTC')) AS mitigated_at,
          nullIf(arrayMax(arrayConcat([toDateTime64('1900-01-01 00:00:00', 3, 'UTC')], arrayFilter(t -> reopened_at IS NULL OR t > reopened_at, resolutions))), toDateTime64('1900-01-01 00:00:00', 3, 'UTC')) AS resolved_at
        FROM (
          SELECT entity, substring(entity, 10) AS incident_id, argMin(source, (occurred_at, id)) AS source,
            ${latest(text('service_id'))} AS service_id, ${latest(text('service'))} AS service_name,
            ${latest(nameOf('repository'))} AS repository, ${latest(text('repository'))} AS repository_name,
            ${latest(text('title'))} AS title, ${latest(text('severity'))} AS severity, ${latest(text('impact'))} AS impact,
            ${latest(flag('false_alarm'))} AS false_alarm, ${latest(text('duplicate_of'))} AS duplicate_of,
            -- a link beats what texts say, the latest of each wins, an empty link unlinks
            countIf(type = 'incident.linked') > 0 AS is_linked,
            argMaxIf(${text('cause_deployment_id')}, (occurred_at, id), type = 'incident.linked') AS cause_id,
            if(is_linked, argMaxIf(${text('caused_by')}, (occurred_at, id), type = 'incident.linked'), ${latest(text('caused_by'))}) AS written,
            if(cause_id != '', cause_id, trim(written)) AS cause,
            minIf(toNullable(occurred_at), type = 'incident.detected') AS detected_at,
            argMaxIf(${instantOf('impact_started_at')}, (occurred_at, id), ${instantOf('impact_started_at')} IS NOT NULL) AS impact_started_at,
            minIf(toNullable(occurred_at), type = 'incident.acknowledged') AS acknowledged_at,
            maxIf(toNullable(occurred_at), type = 'incident.closed') AS closed_at,
            maxIf(toNullable(occurred_at), type = 'incident.reopened') AS reopened_at,
            groupArrayIf(occurred_at, type = 'incident.mitigated') AS mitigations,
            groupArrayIf(occurred_at, type = 'incident.resolved') AS resolutions,
            groupArray(id) AS own_event_ids, groupArray(delivery_id) AS own_delivery_ids
          FROM ${table('facts')} WHERE startsWith(entity, 'incident:') AND type NOT IN ('incident.corrected', 'incident.retracted')
          GROUP BY entity
        )
      ) AS f
      LEFT JOIN (SELECT entity AS of, corrections, correction_event_ids, correction_delivery_ids FROM (${correctionsOf(table('facts'), 'incident.corrected')})) AS c ON c.of = f.entity
      WHERE f.detected_at IS NOT NULL OR mapContains(c.corrections, 'detected_at')
    )`,
};

/** The incident that each one is a duplicate of, followed to its end (R13); itself if it is none. */
export const canonicalIncidents: Layer = {
  name: 'canonical_incidents',
  rowsOf: ['incident_facts'],
  sql: (table) => `
    WITH RECURSIVE chain AS (
      SELECT incident_id, duplicate_of AS next, incident_id AS canonical, 0 AS step FROM ${table('incident_facts')}
      UNION ALL
      SELECT c.incident_id, i.duplicate_of, i.incident_id, c.step + 1
      FROM chain AS c INNER JOIN ${table('incident_facts')} AS i ON i.incident_id = c.next
      WHERE c.next != '' AND c.step < 32
    )
    SELECT incident_id, argMax(canonical, step) AS canonical FROM chain GROUP BY incident_id`,
};

/** Whose each incident is (R5), its start with its duplicates', and why it may not count (R14). */
export const placedIncidents: Layer = {
  name: 'placed_incidents',
  rowsOf: ['incident_facts'],
  sql: (table) => {
    const keys = ['service_id', 'service_name', 'repository_name'];
    return `
    SELECT i.*,
      multiIf(
        i.service_id != '', if(notEmpty(n.${calledBy('id', 'i.service_id')} AS same), same[1], i.service_id),
        notEmpty(n.${calledBy('incident', 'i.service_name')} AS told), told[1],
        notEmpty(n.${calledBy('id', 'i.service_name')} AS namesake), namesake[1],
        h.heard != '', h.heard,
        length(n.${calledBy('repository', 'i.repository_name')} AS housed) = 1, housed[1],
        length(housed) > 1, '(unassigned)',
        i.repository_name != '', if(notEmpty(n.${calledBy('id', 'i.repository_name')} AS whole), whole[1], i.repository_name),
        '(unassigned)') AS service,
      least(i.own_started_at, if(m.n > 0, m.earliest, i.own_started_at)) AS started_at,
      multiIf(
        i.duplicate_of != '', 'duplicate',
        i.false_alarm, 'false_alarm',
        i.impact = 'none', 'no_impact',
        i.restored_at IS NOT NULL AND dateDiff('millisecond', assumeNotNull(i.restored_at), started_at) > 300000, 'negative_duration',
        '') AS excluded
    FROM ${table('incident_facts')} AS i
    LEFT JOIN (${servicesNamed(table('incident_facts'), 'incident_id', 'own_started_at', keys, table)}) AS n ON n.of = i.incident_id
    LEFT JOIN (
      SELECT lower(name) AS key, min(name) AS heard FROM (
        SELECT service AS name FROM ${table('placed_rollouts')} UNION ALL SELECT service FROM ${table('touched_services')}
      ) WHERE name != '' GROUP BY key
    ) AS h ON h.key = lower(i.service_name) AND i.service_name != ''
    LEFT JOIN (
      SELECT c.canonical AS of, min(f.own_started_at) AS earliest, count() AS n
      FROM ${table('canonical_incidents')} AS c INNER JOIN ${table('incident_facts')} AS f ON f.incident_id = c.incident_id GROUP BY of
    ) AS m ON m.of = i.incident_id`;
  },
};

// `#12`, `!12`, `owner/name#12`, or the address of a PR or a page of it: that address, repository and number; or repository and number.
const REFERENCE = `extractGroups(cause, '(?i)^(?:(https?://[^/]+/(.+?)(?:/-)?/(?:pulls?|merge_requests|pull-requests)/([0-9]+))(?:[/?#].*)?|([^#![:space:]]*)[#!]([0-9]+))$')`;
// Bitbucket Data Center writes projects/KEY/repos/slug, or users/name/repos/slug, under whatever path it is served.
const inAddress = (path: string): string =>
  `replaceRegexpOne(replaceRegexpOne(${path}, '(?i)^(?:.*/)?projects/([^/]+)/repos/([^/]+)$', '\\\\1/\\\\2'), '(?i)^(?:.*/)?users/([^/]+)/repos/([^/]+)$', '~\\\\1/\\\\2')`;

/** Which rollout each incident blames (R15). */
export const causes: Layer = {
  name: 'causes',
  rowsOf: ['placed_incidents'],
  sql: (table) => `
    SELECT incident_id, if(named_atom != '', named_atom, carried_atom) AS cause_atom_id, if(named_atom != '', named_service, carried_service) AS cause_service
    FROM (
      SELECT i.incident_id AS incident_id,
        argMinIf(r.atom_id, (lower(r.service) != lower(i.service), r.service), r.atom_id != '') AS named_atom,
        argMinIf(r.service, (lower(r.service) != lower(i.service), r.service), r.atom_id != '') AS named_service,
        any(k.atom_id) AS carried_atom, any(k.service) AS carried_service
      FROM ${table('placed_incidents')} AS i
      LEFT JOIN (SELECT rollout_id, service, atom_id FROM ${table('kinded_rollouts')}) AS r ON r.rollout_id = i.cause
      LEFT JOIN (
        SELECT i.incident_id AS incident_id, argMax(c.atom_id, (c.finished_at, c.atom_id)) AS atom_id, argMax(c.service, (c.finished_at, c.atom_id)) AS service
        FROM (
          SELECT i.incident_id AS incident_id, i.service AS service, i.started_at AS started_at, lower(i.cause) AS cause,
            arrayJoin(if(match(cause, '^[0-9a-f]{7,64}$'), [concat('sha:', substring(cause, 1, 7))], arrayConcat(
              [concat('change:', lower(multiIf(i.groups[2] != '', ${inAddress('i.groups[2]')}, i.groups[4] != '', i.groups[4], i.repository != '', i.repository, d.repository != '', d.repository, i.service)), '#', if(i.groups[3] != '', i.groups[3], i.groups[5]))],
              if(i.groups[1] != '', [concat('url:', lower(i.groups[1]))], [])))) AS key
          FROM (SELECT *, ${REFERENCE} AS groups, lower(service) AS service_lower FROM ${table('placed_incidents')} WHERE cause != '' AND cause_id = '') AS i
          ASOF LEFT JOIN (SELECT service_key, repository, valid_from FROM ${table('service_definitions')} WHERE valid_from < valid_to) AS d
            ON d.service_key = i.service_lower AND i.own_started_at >= d.valid_from
        ) AS i
        INNER JOIN ${table('carried')} AS c ON c.key = i.key
        WHERE c.finished_at <= i.started_at AND (i.service = '(unassigned)' OR lower(c.service) = lower(i.service))
          AND (NOT startsWith(i.key, 'sha:') OR startsWith(c.full, i.cause) OR (c.own AND startsWith(i.cause, c.full)))
        GROUP BY incident_id
      ) AS k ON k.incident_id = i.incident_id
      WHERE i.cause != ''
      GROUP BY incident_id
    )`,
};

/** Everything by which a C rollout can be blamed: its revision, and the changes it was the first to deliver. */
export const carried: Layer = {
  name: 'carried',
  rowsOf: ['kinded_rollouts', 'deliveries'],
  sql: (table) => `
    SELECT service, atom_id, finished_at, concat('sha:', substring(lower(revision), 1, 7)) AS key, lower(revision) AS full, true AS own
    FROM ${table('kinded_rollouts')} WHERE kind = 'change' AND length(revision) >= 7
    UNION ALL
    SELECT service, atom_id, finished_at, concat('sha:', substring(sha, 1, 7)), sha, false FROM (
      SELECT d.service AS service, d.atom_id AS atom_id, d.finished_at AS finished_at,
        arrayJoin(arrayDistinct(arrayFilter(s -> length(s) >= 7, arrayConcat([c.merge_sha, c.head_sha], arrayMap(x -> x.sha, c.commits))))) AS sha
      FROM ${table('deliveries')} AS d INNER JOIN ${table('all_changes')} AS c ON c.change_id = d.change_id
    )
    UNION ALL
    SELECT d.service, d.atom_id, d.finished_at, arrayJoin(arrayDistinct(arrayConcat([concat('change:', lower(c.change_id))], if(c.number != '', [concat('change:', c.repository, '#', c.number)], []), if(c.url != '', [concat('url:', lower(trim(TRAILING '/' FROM c.url)))], [])))), '', false
    FROM ${table('deliveries')} AS d INNER JOIN ${table('all_changes')} AS c ON c.change_id = d.change_id`,
};

export const incidentLayers: readonly Layer[] = [incidentFacts, canonicalIncidents, placedIncidents, carried, causes];
