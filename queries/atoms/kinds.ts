import { adoptionsSql } from './adoption.ts';
import { type AtomKind, adoptions, changes, incidents, pick, rollouts, serviceSpans, sourceSpans } from './atom.ts';
import { isBotAt, withDimensions } from './catalog.ts';
import type { Layer } from './layer.ts';
import { sourceSpansSql } from './sources.ts';
import { EPOCH, FAR, texts } from './sql.ts';

/** The kinds that metrics count, in the columns that they publish, made from the layers. */
export const atomLayers: readonly (Layer & { readonly kind: AtomKind })[] = [
  {
    kind: rollouts,
    name: 'rollouts',
    rowsOf: ['kinded_rollouts'],
    sql: (table) =>
      pick(
        rollouts,
        withDimensions(
          `SELECT r.*, k.first AS first_deployment,
            c.changes_n AS changes_n, if(r.explicit AND notEmpty(r.commits), length(r.commits), c.commits_n) AS commits_n,
            f.failed_by AS failed_by, f.incident_ids AS incident_ids,
            f.previous_incident_ids AS previous_incident_ids, f.previous_incident_lag_seconds AS previous_incident_lag_seconds,
            f.previous_incident_restored_ats AS previous_incident_restored_ats, f.previous_incident_started_ats AS previous_incident_started_ats,
            f.previous_incident_detected_ats AS previous_incident_detected_ats,
            if(f.of_atom = '', NULL, toNullable(f.degraded_at)) AS degraded_at, if(f.of_atom = '', NULL, toNullable(f.detected_at)) AS detected_at,
            f.restored_at AS restored_at, f.remedied_at AS remedied_at,
            r.fixes_rollout != '' OR r.fixes_incident != '' OR x.of_atom != '' AS repairs,
            multiIf(
              r.stated_planned != '', r.stated_planned,
              c.carries_hotfix, 'false',
              r.kind IN ('rollback', 'noop') OR repairs OR c.carries_pr, 'true',
              'unknown') AS planned,
            r.stated_planned != 'true' AND (
              (r.kind = 'rollback' AND NOT r.precautionary) OR (r.kind IN ('change', 'noop', 'rollback') AND repairs)
              OR (r.kind = 'change' AND planned = 'false' AND (r.hotfix_label OR c.carries_hotfix))) AS remediation,
            r.kind != '' AND (r.kind != 'noop' OR repairs) AS rework_population,
            if(r.stated_platform_path != '', r.stated_platform_path = 'true', has((SELECT argMax(${texts('path_sources')}, (occurred_at, id)) FROM ${table('facts')} WHERE type = 'platform.defined'), r.source)) AS platform_path
          FROM ${table('kinded_rollouts')} AS r
          LEFT JOIN (SELECT service AS of_service, atom_id AS of_atom, true AS first FROM ${table('delivering_rollouts')} WHERE first_deployment) AS k ON k.of_service = r.service AND k.of_atom = r.atom_id
          LEFT JOIN (SELECT * EXCEPT (service, atom_id), service AS of_service, atom_id AS of_atom FROM ${table('rollout_contents')}) AS c ON c.of_service = r.service AND c.of_atom = r.atom_id
          LEFT JOIN (SELECT * EXCEPT (service, atom_id), service AS of_service, atom_id AS of_atom FROM ${table('failures')}) AS f ON f.of_service = r.service AND f.of_atom = r.atom_id
          LEFT JOIN (SELECT DISTINCT service AS of_service, atom_id AS of_atom FROM ${table('fixes')}) AS x ON x.of_service = r.service AND x.of_atom = r.atom_id`,
          'finished_at',
          table,
        ),
      ),
  },
  {
    kind: changes,
    name: 'changes',
    rowsOf: ['all_changes'],
    sql: (table) =>
      pick(
        changes,
        withDimensions(
          `SELECT t.service AS service, concat(c.change_id, ' ', t.service) AS atom_id, c.change_id AS change_id, c.repository_name AS repository,
            c.author AS author, c.direct AS direct, c.opened_at AS opened_at,
            if(empty(c.commits), NULL, arrayMin(arrayMap(x -> ifNull(x.authored_at, c.merged_at), c.commits))) AS first_commit_at, c.merged_at AS merged_at,
            least(c.merged_at, ifNull(c.opened_at, c.merged_at), ifNull(first_commit_at, c.merged_at)) AS started_at,
            if(d.atom_id = '', NULL, toNullable(d.finished_at)) AS finished_at,
            if(d.atom_id = '' OR d.lasting_rollout.2 = '', NULL, toNullable(d.lasting_rollout.1)) AS lasting_at,
            d.atom_id AS rollout_id, d.lasting_rollout.2 AS lasting_rollout_id, if(r.atom_id = '', '(unassigned)', r.environment_group) AS environment_group,
            r.revision AS revision, d.containment AS containment,
            arrayMap(x -> x.sha, c.commits) AS commits, arrayMap(x -> least(ifNull(x.authored_at, c.merged_at), c.merged_at), c.commits) AS commit_authored_ats,
            arrayMap(x -> multiIf(x.is_merge, 'merge_commit', x.revert_of != '', 'revert', x.is_bot OR ${isBotAt('x.author', 'c.merged_at', table)}, 'bot', ''), c.commits) AS commit_excluded,
            o.original != '' AS copied, c.revert_of != '' AS is_revert,
            c.author_is_bot OR endsWith(lower(c.author), '[bot]') OR (c.author != '' AND ${isBotAt('c.author', 'c.merged_at', table)}) AS is_bot,
            multiIf(
              copied, 'cherry_pick',
              c.change_id IN (SELECT change_id FROM ${table('promotions')}), 'promotion',
              c.direct AND notEmpty(c.commits) AND c.commits[1].is_merge, 'merge_commit',
              t.unowned, 'unowned_path',
              r.first_deployment, 'first_deployment',
              is_revert, 'revert',
              is_bot, 'bot',
              '') AS excluded,
            arraySort(arrayDistinct(arrayConcat(c.event_ids, r.event_ids))) AS event_ids, arraySort(arrayDistinct(arrayConcat(c.delivery_ids, r.delivery_ids))) AS delivery_ids
          FROM ${table('all_changes')} AS c
          INNER JOIN ${table('touched_services')} AS t ON t.change_id = c.change_id
          LEFT JOIN ${table('originals')} AS o ON o.change_id = c.change_id
          LEFT JOIN ${table('deliveries')} AS d ON d.change_id = c.change_id AND d.service = t.service
          LEFT JOIN ${table('delivering_rollouts')} AS r ON r.service = d.service AND r.atom_id = d.atom_id`,
          'ifNull(finished_at, merged_at)',
          table,
        ),
      ),
  },
  {
    kind: incidents,
    name: 'incidents',
    rowsOf: ['placed_incidents'],
    sql: (table) =>
      pick(
        incidents,
        withDimensions(
          `SELECT i.*, i.incident_id AS atom_id, i.cause AS caused_by, c.cause_atom_id AS cause_rollout_id, c.cause_service AS cause_service
          FROM ${table('placed_incidents')} AS i LEFT JOIN (SELECT incident_id AS of, cause_atom_id, cause_service FROM ${table('causes')}) AS c ON c.of = i.incident_id`,
          'started_at',
          table,
        ),
      ),
  },
  {
    kind: serviceSpans,
    name: 'service_spans',
    rowsOf: ['service_definitions', 'kinded_rollouts', 'changes', 'incidents'],
    sql: (table) => {
      const heard = `
        SELECT service, minIf(toNullable(at), rollout) AS first_rollout_at FROM (
          SELECT service, finished_at AS at, counts AS rollout FROM ${table('kinded_rollouts')}
          UNION ALL SELECT service, merged_at, false FROM ${table('changes')}
          UNION ALL SELECT service, started_at, false FROM ${table('incidents')}
        ) GROUP BY service`;
      const spans = `
      SELECT service, concat(service, ' ', toString(valid_from)) AS atom_id, defined, valid_from, valid_to, registered_at, first_rollout_at, retired_at,
        title, repository, exempt, team, tier, region, product, team_now, tier_now, region_now, product_now, event_ids, delivery_ids
      FROM (
        SELECT d.service AS service, 1 AS defined, d.valid_from AS valid_from, d.valid_to AS valid_to, n.registered_at AS registered_at,
          h.first_rollout_at AS first_rollout_at, n.retired_at AS retired_at, d.title AS title, d.repository_name AS repository, d.exempt AS exempt,
          d.team AS team, d.tier AS tier, d.region AS region, d.product AS product,
          n.team AS team_now, n.tier AS tier_now, n.region AS region_now, n.product AS product_now,
          [d.event_id] AS event_ids, arrayFilter(x -> x != '', [d.delivery_id]) AS delivery_ids
        FROM (SELECT * FROM ${table('service_definitions')} WHERE valid_from < valid_to) AS d
        INNER JOIN (SELECT * FROM ${table('service_definitions')} WHERE is_latest) AS n ON n.service_key = d.service_key
        LEFT JOIN (${heard}) AS h ON lower(h.service) = d.service_key
        UNION ALL
        SELECT service, 0, ${EPOCH}, ${FAR}, NULL, first_rollout_at, NULL, '', '', '',
          '(unassigned)', '(unassigned)', '(unassigned)', '(unassigned)', '(unassigned)', '(unassigned)', '(unassigned)', '(unassigned)', [], []
        FROM (${heard}) WHERE lower(service) NOT IN (SELECT service_key FROM ${table('service_definitions')})
      )`;
      return pick(serviceSpans, spans);
    },
  },
  { kind: sourceSpans, name: 'source_spans', sql: (table) => pick(sourceSpans, sourceSpansSql(table)) },
  { kind: adoptions, name: 'adoptions', rowsOf: ['service_spans'], sql: adoptionsSql },
];
