import { stands } from './facts.ts';
import type { Layer } from './layer.ts';
import { flag, instantOf, nameOf, text } from './sql.ts';

/** A pattern in lower case (`*` any characters, `?` one) as an anchored RE2 expression; an absent one stays empty. */
const expression = (pattern: string): string =>
  `if(${pattern} = '', '', concat('(?s)^', replaceAll(replaceAll(regexpQuoteMeta(${pattern}), '\\\\*', '.*'), '\\\\?', '.'), '$'))`;

/** True if a name in lower case fits a pattern; most patterns are plain names. */
const fits = (name: string, of: string): string =>
  `(${of}_re = '' OR ${name} = ${of} OR ${of}_wild AND match(${name}, ${of}_re))`;

const PATTERNS = ['repository', 'workflow', 'branch', 'job', 'release'] as const;

/** The latest known version of each rule that stands (R34), patterns in lower case and as expressions. */
const standingRules = (facts: string): string => `
  SELECT ${PATTERNS.map((name, index) => `v.${index + 1} AS of_${name}`).join(', ')}, v.6 AS prereleases,
    v.7 AS environment, v.8 AS service_id, v.9 AS since, v.10 AS until, multiIf(of_job != '', 'job', of_release != '', 'release', 'workflow') AS of_sort
  FROM (
    SELECT argMax((${PATTERNS.map(nameOf).join(', ')}, ${flag('prereleases')} = 'true',
      ${text('environment')}, ${text('service_id')}, ${instantOf('since')}, ${instantOf('until')}, ${flag('removed')} = 'true'), (occurred_at, id)) AS v
    FROM ${facts} WHERE type = 'rollout_rule.defined' GROUP BY entity
  ) WHERE NOT v.11`;

/** Kinds of event of which some rule makes the end of a rollout: who sends them feeds what is told of rollouts (R36). */
export const ruledKinds = (facts: string): string => `
  SELECT groupUniqArray(multiIf(of_sort = 'job', 'taskrun.finished', of_sort = 'release', 'release.published', 'pipelinerun.finished'))
  FROM (${standingRules(facts)})`;

/** Runs, jobs and releases with what rules look at: `sort` and names in lower case. */
const runs = (facts: string): string => `
  SELECT id, source, entity, occurred_at, recorded_at, delivery_id,
    multiIf(startsWith(type, 'pipelinerun.'), 'workflow', startsWith(type, 'taskrun.'), 'job', 'release') AS sort,
    multiIf(sort = 'release' OR endsWith(type, '.finished'), 'deployment.finished', endsWith(type, '.started'), 'deployment.started', 'deployment.queued') AS told,
    ${text('repository')} AS repository_name, lower(repository_name) AS repository, ${nameOf('workflow')} AS workflow,
    ${nameOf('workflow_path')} AS path, ${nameOf('branch')} AS branch, if(sort = 'release', ${text('tag')}, ${text('job')}) AS called,
    -- a sender that numbers no attempts makes a retry another job
    if(sort = 'job' AND ${text('attempt_no')} = '', ${text('job_id')}, called) AS part, ${flag('prerelease')} = 'true' AS prerelease, if(sort = 'job', ${nameOf('environment')}, '') AS target, ${text('revision')} AS revision, ${text('trigger')} AS trigger, ${text('attempt_no')} AS attempt_no,
    multiIf(sort = 'release', 'succeeded', told = 'deployment.finished', ${text('outcome')}, '') AS outcome
  FROM ${facts}
  WHERE type IN ('pipelinerun.queued', 'pipelinerun.started', 'pipelinerun.finished', 'taskrun.queued', 'taskrun.started', 'taskrun.finished', 'release.published')
    AND outcome NOT IN ('skipped', 'neutral', 'action_required')
    -- known when the statement is planned: without a rule nothing is read
    AND (SELECT count() FROM ${facts} WHERE type = 'rollout_rule.defined') > 0`;

// What few combinations of names there are of, so that patterns are held against each once, not against each event.
const NAMES = ['sort', 'repository', 'workflow', 'path', 'called'];

/**
 * Reports of the rollouts that the workspace's rules make of runs, jobs and releases (R35): the same events in the words of
 * a deployment, under the rollout's entity. Patterns are held against each combination of names once, not against each event.
 */
export const ruledReports: Layer = {
  name: 'ruled_reports',
  rowsOf: ['rollout_rule.*'],
  sql: (table) => `
    SELECT id, told AS type, source, entity, occurred_at, recorded_at, delivery_id,
      CAST(toJSONString(map('rollout_id', substring(entity, 9), 'environment', environment, 'service_id', service_id, 'repository', repository_name,
        'revision', revision, 'outcome', outcome, 'attempt_no', attempt_no, 'trigger', trigger, 'by_rule', 'true')), 'JSON(max_dynamic_paths=256)') AS data
    FROM (
      SELECT *, max(service_id != '') OVER (PARTITION BY id, lower(environment)) AS some_service FROM (
        SELECT r.id AS id, r.told AS told, r.source AS source, r.occurred_at AS occurred_at, r.recorded_at AS recorded_at, r.delivery_id AS delivery_id,
          r.repository_name AS repository_name, r.revision AS revision, r.outcome AS outcome, r.attempt_no AS attempt_no, r.trigger AS trigger,
          m.environment AS environment, m.service_id AS service_id,
          concat('rollout:', arrayStringConcat(arrayFilter(x -> x != '', [r.entity, r.part, lower(m.environment), lower(m.service_id)]), ':')) AS entity
        FROM (${runs(table('facts'))}) AS r
        INNER JOIN (
          SELECT ${NAMES.map((name) => `n.${name} AS ${name}`).join(', ')}, u.*
          FROM (SELECT DISTINCT ${NAMES.join(', ')} FROM (${runs(table('facts'))})) AS n
          INNER JOIN (
            SELECT *, concat(of_job, of_release) AS of_called,
              ${['repository', 'workflow', 'branch', 'called'].map((name) => `match(of_${name}, '[*?]') AS of_${name}_wild, ${expression(`of_${name}`)} AS of_${name}_re`).join(', ')}
            FROM (${standingRules(table('facts'))})
          ) AS u ON u.of_sort = n.sort
          WHERE ${fits('n.repository', 'u.of_repository')} AND ${fits('lower(n.called)', 'u.of_called')}
            AND (${fits('n.workflow', 'u.of_workflow')} OR ${fits('n.path', 'u.of_workflow')} OR ${fits("splitByChar('/', n.path)[-1]", 'u.of_workflow')})
        ) AS m ON ${NAMES.map((name) => `m.${name} = r.${name}`).join(' AND ')}
        WHERE ${fits('r.branch', 'm.of_branch')} AND (m.prereleases OR NOT r.prerelease) AND r.target IN ('', lower(m.environment))
          AND (m.since IS NULL OR r.occurred_at >= m.since) AND (m.until IS NULL OR r.occurred_at < m.until)
      )
    )
    WHERE (service_id != '' OR NOT some_service)
      AND entity NOT IN (SELECT entity FROM ${table('known')} WHERE type = 'deployment.retracted' AND ${text('event_id')} = '' AND ${stands(table)})
    ORDER BY id, entity, environment LIMIT 1 BY id, entity`,
};
