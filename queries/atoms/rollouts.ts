import { deployers, forges } from '../../ingest/tellers.ts';
import { calledBy, servicesNamed } from './catalog.ts';
import type { Layer } from './layer.ts';
import { ruledReports } from './ruled.ts';
import { corrected, correctedInstant, correctionsOf, flag, latest, nameOf, text, texts } from './sql.ts';

/** Sources that deploy themselves, and forges, which report what their pipelines deploy (R12a). */
const DEPLOYERS = `('${deployers.join("', '")}')`;
const FORGES = `('${forges.join("', '")}')`;

const REPORTED =
  "('deployment.queued', 'deployment.started', 'deployment.exposed', 'deployment.finished', 'service.rolledback')";

/** All reports of rollouts: what senders say of them, and what rules make of runs, jobs and releases. */
export const rolloutReports = (table: (layer: string) => string): string => `(
    SELECT id, type, source, entity, occurred_at, delivery_id, data FROM ${table('facts')} WHERE type IN ${REPORTED}
    UNION ALL SELECT id, type, source, entity, occurred_at, delivery_id, data FROM ${table('ruled_reports')})`;

/** Every attempt of every rollout that has a finished event: its outcome and end, targets considered (R8). */
export const rolloutAttempts: Layer = {
  name: 'rollout_attempts',
  rowsOf: ['deployment.finished', 'service.rolledback', 'ruled_reports'],
  sql: (table) => `
    SELECT entity, attempt_no,
      arraySort(x -> (x.1, x.2), groupArrayIf((occurred_at, id, reported, targets, source), finished)) AS ends,
      ends[-1] AS last_end,
      arrayDistinct(arrayFlatten(groupArrayIf(targets, NOT finished AND type != 'deployment.exposed'))) AS required,
      arrayFilter(x -> x.3 = 'succeeded', ends) AS successes,
      arrayMap(t -> arrayMax(arrayConcat([toDateTime64('1900-01-01 00:00:00', 3, 'UTC')], arrayMap(x -> x.1, arrayFilter(x -> empty(x.4) OR has(x.4, t), successes)))), required) AS target_ends,
      arrayAll(t -> arrayExists(x -> empty(x.4) OR has(x.4, t), successes), required) AS complete,
      last_end.3 AS reported_outcome,
      reported_outcome = 'succeeded' AND NOT complete AS open,
      if(reported_outcome = 'succeeded' AND notEmpty(required) AND complete, arrayMax(target_ends), last_end.1) AS ended_at,
      if(notEmpty(successes), successes[1].1, last_end.1) AS first_target_at
    FROM (
      SELECT entity, id, type, source, occurred_at, toUInt32(greatest(ifNull(data.attempt_no::Nullable(Int64), 1), 1)) AS attempt_no,
        type IN ('deployment.finished', 'service.rolledback') AS finished,
        if(${text('outcome')} = '', 'succeeded', ${text('outcome')}) AS reported, ${texts('targets')} AS targets
      FROM ${rolloutReports(table)}
      WHERE type != 'deployment.exposed'
    ) GROUP BY entity, attempt_no HAVING notEmpty(ends)`,
};

/** One row per rollout as its sender tells it, corrections applied, before it is known whose it is. */
export const rolloutFacts: Layer = {
  name: 'rollout_facts',
  rowsOf: ['rollout_attempts'],
  sql: (table) => `
    SELECT * EXCEPT (corrections, corrected_end, ended_at),
      ifNull(corrected_end, ended_at) AS finished_at
    FROM (
      SELECT f.entity AS entity, f.rollout_id AS rollout_id, c.corrections AS corrections,
        ${corrected('service_id', 'f.service_id')} AS service_id, ${corrected('repository', 'f.repository_name')} AS repository_name,
        lower(repository_name) AS repository, ${corrected('application', 'f.application')} AS application,
        ${corrected('environment', 'f.environment')} AS environment, f.production_environment AS production_environment,
        lower(${corrected('revision', 'f.revision')}) AS revision, ${corrected('artifact_digest', 'f.artifact_digest')} AS artifact_digest,
        ${corrected('config_digest', 'f.config_digest')} AS config_digest, f.trigger AS trigger, a.last_source AS source, f.by_rule AS by_rule,
        ${corrected('rolls_back', 'f.rolls_back')} AS rolls_back, ${corrected('precautionary', 'f.precautionary')} = 'true' AS precautionary,
        ${corrected('fixes_rollout', 'f.fixes_rollout')} AS fixes_rollout, ${corrected('fixes_incident', 'f.fixes_incident')} AS fixes_incident,
        ${corrected('planned', 'f.planned')} AS stated_planned, f.hotfix_label AS hotfix_label,
        ${corrected('platform_path', 'f.platform_path')} AS stated_platform_path,
        if(mapContains(corrections, 'changes'), JSONExtract(corrections['changes'], 'Array(String)'), f.changes) AS changes,
        if(mapContains(corrections, 'commits'), arrayMap(x -> lower(x), JSONExtract(corrections['commits'], 'Array(String)')), f.commits) AS commits,
        f.lists_changes OR mapContains(corrections, 'commits') OR mapContains(corrections, 'changes') AS explicit,
        ${correctedInstant('started_at', 'f.started_at')} AS started_at, ${correctedInstant('exposed_at', 'f.exposed_at')} AS exposed_at,
        ${correctedInstant('finished_at', "CAST(NULL, 'Nullable(DateTime64(3, \\'UTC\\'))')")} AS corrected_end,
        ${corrected('outcome', "''")} AS corrected_outcome,
        a.outcomes[-1] AS bare_outcome, a.ends_at[-1] AS ended_at, a.first_targets_at[-1] AS first_target_at,
        a.outcomes AS attempt_reported_outcomes, a.ends_at AS attempt_finished_ats, a.succeeded_ats AS succeeded_ats, a.end_ids AS attempt_end_ids,
        arraySort(arrayDistinct(arrayConcat(f.event_ids, c.correction_event_ids))) AS event_ids,
        arraySort(arrayFilter(x -> x != '', arrayDistinct(arrayConcat(f.delivery_ids, c.correction_delivery_ids)))) AS delivery_ids
      FROM (
        SELECT entity, substring(entity, 9) AS rollout_id,
          ${latest(text('service_id'))} AS service_id, ${latest(text('repository'))} AS repository_name,
          ${latest(text('application'))} AS application, ${latest(text('environment'))} AS environment,
          max(${flag('production_environment')} = 'true') AS production_environment, ${latest(text('revision'))} AS revision,
          ${latest(text('artifact_digest'))} AS artifact_digest, ${latest(text('config_digest'))} AS config_digest,
          ${latest(text('trigger'))} AS trigger,
          ${latest(text('rolls_back'))} AS rolls_back, ${latest(flag('precautionary'))} AS precautionary,
          ${latest(text('fixes_rollout'))} AS fixes_rollout, ${latest(text('fixes_incident'))} AS fixes_incident,
          ${latest(flag('planned'))} AS planned, ${latest(flag('platform_path'))} AS platform_path,
          max(arrayExists(l -> lower(l) = 'hotfix', ${texts('labels')})) AS hotfix_label,
          argMaxIf(arrayMap(x -> lower(x), ${texts('changes')}), (occurred_at, id), notEmpty(${texts('changes')})) AS changes,
          argMaxIf(arrayMap(x -> lower(x), ${texts('commits')}), (occurred_at, id), notEmpty(${texts('commits')})) AS commits,
          max(data.commits IS NOT NULL OR data.changes IS NOT NULL) AS lists_changes,
          minIf(toNullable(occurred_at), type = 'deployment.started') AS started_at,
          minIf(toNullable(occurred_at), type = 'deployment.exposed') AS exposed_at,
          max(${flag('by_rule')} = 'true') AS by_rule, groupArray(id) AS event_ids, groupArray(delivery_id) AS delivery_ids
        FROM ${rolloutReports(table)} GROUP BY entity
      ) AS f
      INNER JOIN (
        SELECT entity,
          attempts[-1].5 AS open, attempts[-1].8 AS last_source, arrayFilter(x -> NOT x.5, attempts) AS closed,
          arrayMap(x -> x.2, closed) AS outcomes, arrayMap(x -> x.3, closed) AS ends_at, arrayMap(x -> x.4, closed) AS first_targets_at,
          arrayMap(x -> x.6, closed) AS end_ids,
          arrayFlatten(arrayMap(x -> x.7, attempts)) AS succeeded_ats
        FROM (
          SELECT entity, arraySort(x -> x.1, groupArray((attempt_no, reported_outcome, ended_at, first_target_at, open, last_end.2,
            arrayMap(s -> (s.1, s.2), successes), last_end.5))) AS attempts
          FROM ${table('rollout_attempts')} GROUP BY entity
        ) WHERE NOT open
      ) AS a ON a.entity = f.entity
      LEFT JOIN (${correctionsOf(table('facts'), 'deployment.corrected')}) AS c ON c.entity = f.entity
    )`,
};

/** Whose each rollout is (R4) and which environment it went to (R7); one row per rollout and service. */
export const placedRollouts: Layer = {
  name: 'placed_rollouts',
  rowsOf: ['rollout_facts'],
  sql: (table) => {
    const keys = ['service_id', 'application', 'repository_name'];
    return `
    SELECT r.* EXCEPT (service_lower),
      if(length(services) > 1, concat(rollout_id, '@', service), rollout_id) AS atom_id,
      multiIf(r.repository != '', r.repository, s.defined_repository != '', s.defined_repository, r.service_lower) AS revision_repository
    FROM (
      SELECT r.*, lower(service) AS service_lower, e.defined_name != '' AS environment_defined,
        multiIf(e.defined_name != '', e.defined_group, named_production, 'production', '(unassigned)') AS environment_group,
        if(e.defined_name != '', e.defined_production, named_production) AS production,
        r.production_environment
          OR (match(r.environment, '(?i)^(.*[-_/. ])?(production|prod|live)$') AND NOT match(r.environment, '(?i)(^|[-_/. ])(pre|non|not)[-_/. ]?(production|prod|live)$')) AS named_production,
        e.failed_means AS failed_means, e.rollouts_from AS rollouts_from,
        multiIf(
          r.service_id != '', if(notEmpty(n.${calledBy('id', 'r.service_id')} AS same), same, [r.service_id]),
          r.application != '' AND notEmpty(n.${calledBy('application', 'r.application')} AS applied), [applied[1]],
          r.application != '' AND r.repository != '' AND notEmpty(n.${calledBy('repository', 'r.repository_name')} AS housed), housed,
          r.application != '' AND r.repository != '' AND h.heard != '', [r.repository_name],
          r.application != '', [if(notEmpty(n.${calledBy('id', 'r.application')} AS namesake), namesake[1], r.application)],
          notEmpty(housed), housed,
          r.repository != '', [if(notEmpty(n.${calledBy('id', 'r.repository_name')} AS whole), whole[1], r.repository_name)],
          ['(unassigned)']
        ) AS services,
        arrayJoin(services) AS service
      FROM (SELECT *, lower(environment) AS environment_key FROM ${table('rollout_facts')}) AS r
      ASOF LEFT JOIN (SELECT environment AS defined_name, environment_group AS defined_group, production AS defined_production, failed_means, rollouts_from, valid_from FROM ${table('environment_definitions')} WHERE valid_from < valid_to) AS e
        ON e.defined_name = r.environment_key AND r.finished_at >= e.valid_from
      LEFT JOIN (${servicesNamed(table('rollout_facts'), 'entity', 'finished_at', keys, table)}) AS n ON n.of = r.entity
      LEFT JOIN (
        SELECT DISTINCT repository AS heard FROM ${table('pushes')}
        UNION DISTINCT SELECT DISTINCT ${nameOf('repository')} FROM ${table('facts')} WHERE startsWith(entity, 'change:')
        UNION DISTINCT SELECT DISTINCT repository FROM ${table('rollout_facts')} WHERE application = '' AND repository != ''
      ) AS h ON h.heard = r.repository
    ) AS r
    ASOF LEFT JOIN (SELECT service_key, repository AS defined_repository, valid_from FROM ${table('service_definitions')} WHERE valid_from < valid_to) AS s
      ON s.service_key = r.service_lower AND r.finished_at >= s.valid_from`;
  },
};

/** Adds the final outcome (R8), what is left out, and the order of the rollouts of a service and environment group (R9). */
export const orderedRollouts: Layer = {
  name: 'ordered_rollouts',
  rowsOf: ['placed_rollouts'],
  sql: (table) => {
    // A failure is live if users were exposed, if the same rollout had reported success, or if the environment says so.
    const judged = (reported: string, at: string, end: string) => `
      multiIf(
        ${reported} IN ('failed', 'timed_out', 'failed_dark') AND arrayExists(s -> s < (${at}, ${end}), succeeded_ats), 'failed_live',
        ${reported} IN ('failed', 'timed_out') AND exposed_at IS NOT NULL AND exposed_at <= ${at}, 'failed_live',
        ${reported} IN ('failed', 'timed_out') AND failed_means = 'failed_live', 'failed_live',
        ${reported} IN ('failed', 'timed_out'), 'failed_dark',
        ${reported})`;
    const correctedOutcome = `
      multiIf(
        corrected_outcome IN ('failed', 'timed_out'), if(exposed_at IS NOT NULL AND exposed_at <= finished_at, 'failed_live', 'failed_dark'),
        corrected_outcome)`;
    return `
    SELECT * EXCEPT (precedence, chosen, first_ats),
      -- place of the last succeeded one before it: what was live
      max(if(succeeded, place, 0)) OVER (PARTITION BY service, environment_group, counts ORDER BY finished_at, atom_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS live_place
    FROM (
      SELECT *, counts AND outcome = 'succeeded' AS succeeded,
        row_number() OVER (PARTITION BY service, environment_group, counts ORDER BY finished_at, atom_id) AS place
      FROM (
        SELECT *,
          multiIf(
            NOT production AND NOT environment_defined, 'unmapped_environment',
            NOT production, 'not_production',
            precedence = 0 OR (chosen AND notEmpty(rollouts_from)), '',
            NOT chosen, 'duplicate_source',
            arrayExists(t -> ifNull(t <= finished_at, false), arraySlice(first_ats, 1, precedence - 1)), 'duplicate_source',
            '') AS excluded,
          excluded = '' AS counts
        FROM (
          SELECT *, if(corrected_outcome != '', ${correctedOutcome}, attempt_outcomes[-1]) AS outcome,
            arrayMap((o, t, e) -> ${judged('o', 't', 'e')}, attempt_reported_outcomes, attempt_finished_ats, attempt_end_ids) AS attempt_outcomes,
            -- who is believed first where several report the same (R12a); 0: always counts, and stops nobody
            multiIf(by_rule, 3, source IN ${DEPLOYERS}, 1, source IN ${FORGES}, 2, source = 'git', 4, 0) AS precedence,
            empty(rollouts_from) OR has(rollouts_from, if(by_rule, 'runs', source)) AS chosen,
            [
              ${[1, 2, 3].map((p) => `minIf(toNullable(finished_at), production AND chosen AND precedence = ${p}) OVER (PARTITION BY service, environment_group)`).join(',\n              ')}
            ] AS first_ats
          FROM ${table('placed_rollouts')}
        )
      )
    )`;
  },
};

/** Where the revision of each rollout stands: branch and position, and its full sha (R16). */
export const revisionPositions: Layer = {
  name: 'revision_positions',
  rowsOf: ['positions'],
  sql: (table) => `
    SELECT repository, revision, argMin(full_sha, place) AS sha, argMin(on_branch, place) AS branch, argMin(at_position, place) AS position
    FROM (
      SELECT r.repository AS repository, r.revision AS revision, p.sha AS full_sha, p.branch AS on_branch, p.position AS at_position,
        (p.branch != d.branch, p.branch) AS place, uniqExact(p.sha) OVER (PARTITION BY r.repository, r.revision) AS shas
      FROM (
        SELECT DISTINCT revision_repository AS repository, lower(revision) AS revision FROM ${table('placed_rollouts')}
        WHERE match(lower(revision), '^[0-9a-f]{7,64}$')
      ) AS r
      INNER JOIN (SELECT *, substring(sha, 1, 7) AS prefix FROM ${table('positions')}) AS p
        ON p.repository = r.repository AND p.prefix = substring(r.revision, 1, 7)
      LEFT JOIN ${table('default_branches')} AS d ON d.repository = r.repository
      WHERE startsWith(p.sha, r.revision)
    ) WHERE shas = 1 OR full_sha = revision GROUP BY repository, revision`,
};

/** What kind each rollout is (R10), derived and not trusted. */
export const kindedRollouts: Layer = {
  name: 'kinded_rollouts',
  rowsOf: ['ordered_rollouts'],
  sql: (table) => `
    SELECT r.*, l.live_atom_id AS live_atom_id, l.live_revision AS live_revision,
      rp.on_branch AS branch, rp.at_position AS position, rp.full_sha AS full_revision,
      multiIf(
        NOT r.counts OR r.outcome NOT IN ('succeeded', 'failed_live'), '',
        r.live_place = 0, if(r.rolls_back != '', 'rollback', 'change'),
        (r.artifact_digest != '' AND l.live_artifact_digest != '') OR (r.config_digest != '' AND l.live_config_digest != ''),
          if(r.artifact_digest = l.live_artifact_digest AND r.config_digest = l.live_config_digest, 'noop', ''),
        r.revision != '' AND r.revision = l.live_revision, 'noop',
        '') AS equal_kind,
      multiIf(
        NOT r.counts OR r.outcome NOT IN ('succeeded', 'failed_live'), '',
        equal_kind != '', equal_kind,
        r.rolls_back != '', 'rollback',
        rp.on_branch != '' AND lp.on_branch != '' AND r.revision_repository = l.live_repository,
          if(b.carried != '' AND rp.at_position <= if(b.carried = lp.on_branch, lp.at_position, b.carried_to) AND (rp.on_branch, rp.at_position) != (lp.on_branch, lp.at_position), 'rollback', 'change'),
        fr.first_place > 0 AND fr.first_place < r.place, if(fr.first_place < fl.first_place, 'rollback', 'change'),
        r.explicit AND empty(r.commits) AND empty(r.changes), 'rollback',
        'change') AS kind
    FROM ${table('ordered_rollouts')} AS r
    LEFT JOIN (SELECT service AS of_service, environment_group AS of_group, place AS of_place, atom_id AS live_atom_id, revision AS live_revision, artifact_digest AS live_artifact_digest, config_digest AS live_config_digest, revision_repository AS live_repository
      FROM ${table('ordered_rollouts')} WHERE succeeded) AS l
      ON l.of_service = r.service AND l.of_group = r.environment_group AND l.of_place = r.live_place
    LEFT JOIN (SELECT repository AS in_repository, revision AS of_revision, branch AS on_branch, position AS at_position, sha AS full_sha FROM ${table('revision_positions')}) AS rp ON rp.in_repository = r.revision_repository AND rp.of_revision = lower(r.revision)
    LEFT JOIN (SELECT repository AS in_repository, revision AS of_revision, branch AS on_branch, position AS at_position, sha AS full_sha FROM ${table('revision_positions')}) AS lp ON lp.in_repository = l.live_repository AND lp.of_revision = lower(l.live_revision)
    LEFT JOIN (SELECT repository AS of_repository, branch AS of_branch, carried, carried_to FROM ${table('lineages')}) AS b ON b.of_repository = rp.in_repository AND b.of_branch = lp.on_branch AND b.carried = rp.on_branch
    LEFT JOIN (SELECT service AS of_service, environment_group AS of_group, revision AS of_revision, min(place) AS first_place FROM ${table('ordered_rollouts')} WHERE succeeded AND revision != '' GROUP BY of_service, of_group, of_revision) AS fr
      ON fr.of_service = r.service AND fr.of_group = r.environment_group AND fr.of_revision = r.revision
    LEFT JOIN (SELECT service AS of_service, environment_group AS of_group, revision AS of_revision, min(place) AS first_place FROM ${table('ordered_rollouts')} WHERE succeeded AND revision != '' GROUP BY of_service, of_group, of_revision) AS fl
      ON fl.of_service = r.service AND fl.of_group = r.environment_group AND fl.of_revision = l.live_revision`,
};

/** C rollouts with what rolled them back (R11), and which one is the first of its service and group. */
export const rollbacks: Layer = {
  name: 'rollbacks',
  rowsOf: ['kinded_rollouts'],
  sql: (table) => `
    SELECT r.service AS service, r.environment_group AS environment_group, r.atom_id AS rollback_atom_id, r.precautionary AS precautionary,
      r.finished_at AS finished_at, r.outcome AS outcome,
      argMax(c.atom_id, c.place) AS rolled_back_atom_id
    FROM ${table('kinded_rollouts')} AS r
    INNER JOIN ${table('kinded_rollouts')} AS c ON c.service = r.service
    WHERE r.kind = 'rollback'
      AND if(r.rolls_back != '', c.rollout_id = r.rolls_back, c.environment_group = r.environment_group AND c.kind = 'change' AND c.succeeded AND c.place < r.place AND c.revision = r.live_revision)
    GROUP BY service, environment_group, rollback_atom_id, precautionary, finished_at, outcome`,
};

/** Succeeded C rollouts in order: the ones that can deliver. */
export const deliveringRollouts: Layer = {
  name: 'delivering_rollouts',
  rowsOf: ['kinded_rollouts'],
  sql: (table) => `
    SELECT *, live_place = 0 AS first_deployment,
      ifNull(started_at, finished_at) AS began_at,
      (service, atom_id) IN (SELECT service, rolled_back_atom_id FROM ${table('rollbacks')}) AS rolled_back
    FROM ${table('kinded_rollouts')} WHERE kind = 'change' AND succeeded`,
};

export const rolloutLayers: readonly Layer[] = [
  ruledReports,
  rolloutAttempts,
  rolloutFacts,
  placedRollouts,
  orderedRollouts,
  revisionPositions,
  kindedRollouts,
  rollbacks,
  deliveringRollouts,
];
