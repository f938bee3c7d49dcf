import type { Layer } from './layer.ts';
import { flag, instantOf, nameOf, text } from './sql.ts';

/** True if a name fits a pattern, both in lower case: `*` is any characters, `?` one; an empty pattern fits everything. */
const fits = (name: string, pattern: string): string =>
  `(${pattern} = '' OR match(${name}, concat('(?s)^', replaceAll(replaceAll(regexpQuoteMeta(${pattern}), '\\\\*', '.*'), '\\\\?', '.'), '$')))`;

/** The latest known version of each rule that stands (R34), patterns in lower case. */
const standingRules = (facts: string): string => `
  SELECT v.1 AS of_repository, v.2 AS of_workflow, v.3 AS of_branch, v.4 AS of_job, v.5 AS of_release, v.6 AS prereleases,
    v.7 AS environment, v.8 AS service_id, v.9 AS since, v.10 AS until, multiIf(of_job != '', 'job', of_release != '', 'release', 'workflow') AS of_sort
  FROM (
    SELECT argMax((${nameOf('repository')}, ${nameOf('workflow')}, ${nameOf('branch')}, ${nameOf('job')}, ${nameOf('release')}, ${flag('prereleases')} = 'true',
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
    if(sort = 'job' AND ${text('attempt_no')} = '', ${text('job_id')}, called) AS part, ${flag('prerelease')} = 'true' AS prerelease, ${text('revision')} AS revision, ${text('trigger')} AS trigger, ${text('attempt_no')} AS attempt_no,
    multiIf(sort = 'release', 'succeeded', told = 'deployment.finished', ${text('outcome')}, '') AS outcome
  FROM ${facts}
  WHERE type IN ('pipelinerun.queued', 'pipelinerun.started', 'pipelinerun.finished', 'taskrun.queued', 'taskrun.started', 'taskrun.finished', 'release.published')
    AND outcome NOT IN ('skipped', 'neutral', 'action_required')`;

const NAMES = ['sort', 'repository', 'workflow', 'path', 'branch', 'called', 'prerelease'];

/**
 * Reports of the rollouts that the workspace's rules make of runs, jobs and releases (R35): the same events in the words of
 * a deployment, under the rollout's entity. Patterns are held against each combination of names once, not against each event.
 */
export const ruledReports: Layer = {
  name: 'ruled_reports',
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
          SELECT ${NAMES.map((name) => `n.${name} AS ${name}`).join(', ')}, u.environment AS environment, u.service_id AS service_id, u.since AS since, u.until AS until
          FROM (SELECT DISTINCT ${NAMES.join(', ')} FROM (${runs(table('facts'))})) AS n
          INNER JOIN (${standingRules(table('facts'))}) AS u ON u.of_sort = n.sort
          WHERE ${fits('n.repository', 'u.of_repository')} AND ${fits('n.branch', 'u.of_branch')}
            AND (${fits('n.workflow', 'u.of_workflow')} OR ${fits('n.path', 'u.of_workflow')} OR ${fits("splitByChar('/', n.path)[-1]", 'u.of_workflow')})
            AND ${fits('lower(n.called)', 'concat(u.of_job, u.of_release)')} AND (u.prereleases OR NOT n.prerelease)
        ) AS m ON ${NAMES.map((name) => `m.${name} = r.${name}`).join(' AND ')}
        WHERE (m.since IS NULL OR r.occurred_at >= m.since) AND (m.until IS NULL OR r.occurred_at < m.until)
      )
    )
    WHERE (service_id != '' OR NOT some_service)
      AND entity NOT IN (SELECT entity FROM ${table('known')} WHERE type = 'deployment.retracted' AND ${text('event_id')} = '')
    ORDER BY id, entity, environment LIMIT 1 BY id, entity`,
};
