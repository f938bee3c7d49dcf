import type { Finding } from '../dashboards/web/trust.ts';
import type { Store } from '../ingest/ports.ts';
import type { AtomTables } from '../queries/atoms/tables.ts';
import { yamlText } from './yaml-text.ts';

/** A run, job or release that looks as if it deployed to production; names as its sender wrote them. */
interface Suspect {
  readonly sort: 'workflow' | 'job' | 'release';
  readonly repository: string;
  readonly workflow: string;
  /** The job; empty for others. */
  readonly called: string;
  /** The environment that the job names. */
  readonly environment: string;
  readonly branches: readonly string[];
  readonly tags: readonly string[];
  /** Runs or releases that ended. */
  readonly ended: string;
}

const SHOWN = 20;

// Whole words, but for those that no other word holds. RE2.
const deploys = 'deploy|rollout|roll-out|(^|[^a-z])(release|prod|production|publish|ship|promote|cd)([^a-z]|$)';
const prepares =
  '(^|[^a-z])(undeploy|preview|previews|notes|draft|drafter|dry|teardown|cleanup|staging|stage|stg|dev|development|test|qa|uat|sandbox)([^a-z]|$)';
/**
 * Workflows, jobs and releases that look like deployments to production, in repositories of which no rollout is known: one
 * finding, with the rules that would count them.
 */
export async function proposedRules(store: Store, tables: AtomTables): Promise<Finding[]> {
  const suspects = await store.query<Suspect & Record<string, unknown>>(suspectsSql(tables));
  const rules = suspects.length === 0 ? [] : chosen(suspects);
  if (rules.length === 0) return [];
  const environment = await productionName(store);
  const defaults = await defaultBranches(store);
  const shown = rules.slice(0, SHOWN);
  return [
    {
      level: 'attention',
      title: `${rules.length} ${rules.length === 1 ? 'pipeline looks' : 'pipelines look'} like deployments, and no deployment of their repositories is known: ${shown.map(told).join(', ')}`,
      detail:
        'A run, a job or a release is no rollout by itself. Keep the lines below that are true, and what was heard so far counts too; or let the sender report deployments (on GitHub, give the job an `environment:`).',
      settle: {
        file: 'environments.yaml',
        lines: `rollouts:\n${shown.map((rule) => entry(rule, environment, defaults)).join('\n')}`,
      },
    },
  ];
}

/** Ended runs, jobs and releases that look the part, grouped by what a rule would name. */
function suspectsSql(tables: AtomTables): string {
  const text = (path: string) => `ifNull(data.${path}::Nullable(String), '')`;
  const looksIt = (name: string) =>
    `(match(lower(${name}), '${deploys}') AND NOT match(lower(${name}), '${prepares}'))`;
  // Whose rollouts are known: by their own word, by their service's repository, or because a rule counts them already.
  const known = `
    SELECT lower(${text('repository')}) AS repository FROM events WHERE type IN ('deployment.finished', 'service.rolledback')
    UNION DISTINCT SELECT lower(repository) FROM ${tables.service_spans} WHERE first_rollout_at IS NOT NULL
    UNION DISTINCT SELECT lower(${text('repository')}) FROM events
      WHERE id IN (SELECT arrayJoin(event_ids) FROM ${tables.rollouts} WHERE match(rollout_id, '^(run|release):'))`;
  return `
    SELECT sort, any(in_repository) AS repository, any(in_workflow) AS workflow, any(job) AS called, target AS environment,
      arraySort(arrayFilter(b -> b != '', groupUniqArray(100)(branch))) AS branches, groupUniqArray(100)(tag) AS tags, toString(uniqExact(entity, tag)) AS ended
    FROM (
      SELECT entity, multiIf(type = 'pipelinerun.finished', 'workflow', type = 'taskrun.finished', 'job', 'release') AS sort,
        ${text('repository')} AS in_repository, ${text('workflow')} AS in_workflow, ${text('job')} AS job, ${text('tag')} AS tag,
        if(sort = 'job', ${text('environment')}, '') AS target, ${text('branch')} AS branch
      FROM events
      WHERE type = 'release.published' AND ${text('prerelease')} != 'true'
        OR type IN ('pipelinerun.finished', 'taskrun.finished') AND ${text('outcome')} IN ('succeeded', 'failed')
    )
    WHERE multiIf(
        sort = 'workflow', ${looksIt('in_workflow')},
        sort = 'job' AND target != '', ${isProduction('target')},
        sort = 'job', ${looksIt('job')},
        true)
      AND lower(in_repository) NOT IN (${known})
    GROUP BY sort, lower(in_repository), lower(in_workflow), lower(job), target
    ORDER BY lower(repository), sort, lower(workflow), lower(called), environment`;
}

/** Production by its name, or by its definition. */
const isProduction = (environment: string): string => `(
  match(${environment}, '(?i)^(.*[-_/. ])?(production|prod|live)$') AND NOT match(${environment}, '(?i)(^|[-_/. ])(pre|non|not)[-_/. ]?(production|prod|live)$')
  OR lower(${environment}) IN (${productionNames}))`;

const productionNames = `
  SELECT lower(data.name::String) AS name FROM events WHERE type = 'environment.defined'
  GROUP BY name HAVING argMax(data.production::Bool, (occurred_at, id))`;

/**
 * The most exact word for each rollout, so that none is counted twice: jobs that name an environment, then jobs, then the
 * workflow of which none is known; releases of repositories that have neither.
 */
function chosen(suspects: readonly Suspect[]): Suspect[] {
  const same = (a: Suspect, b: Suspect) => a.repository.toLowerCase() === b.repository.toLowerCase();
  const sameWorkflow = (a: Suspect, b: Suspect) => same(a, b) && a.workflow.toLowerCase() === b.workflow.toLowerCase();
  return suspects.filter((one) => {
    const others = suspects.filter((other) => other !== one && same(one, other));
    if (one.sort === 'release') return others.every(({ sort }) => sort === 'release');
    const within = others.filter((other) => other.sort === 'job' && sameWorkflow(one, other));
    if (one.sort === 'workflow') return within.length === 0;
    return one.environment !== '' || within.every(({ environment }) => environment === '');
  });
}

function told({ sort, repository, workflow, called, ended }: Suspect): string {
  const name = sort === 'job' ? called : sort === 'workflow' ? workflow : 'releases';
  return `${name} in ${repository} (${ended})`;
}

function entry(rule: Suspect, production: string, defaults: ReadonlyMap<string, string>): string {
  const usual =
    defaults.get(rule.repository.toLowerCase()) ?? ['main', 'master'].find((b) => rule.branches.includes(b));
  const only =
    rule.sort === 'workflow' && rule.branches.length > 1 && usual !== undefined && rule.branches.includes(usual);
  const lines: readonly (readonly [string, string])[] = [
    ['repository', rule.repository],
    ...(rule.sort !== 'release' && rule.workflow !== '' ? ([['workflow', rule.workflow]] as const) : []),
    ...(only ? ([['branch', usual]] as const) : []),
    ...(rule.sort === 'job' ? ([['job', rule.called]] as const) : []),
    ...(rule.sort === 'release'
      ? ([['release', rule.tags.every((tag) => /^v/i.test(tag)) ? 'v*' : '*']] as const)
      : []),
    ['environment', rule.environment || production],
  ];
  return lines.map(([key, value], index) => `${index === 0 ? '  - ' : '    '}${key}: ${yamlText(value)}`).join('\n');
}

/** What the workspace calls production; `production` if it says nothing. */
async function productionName(store: Store): Promise<string> {
  const rows = await store.query<{ name: string }>(
    `SELECT name FROM (${productionNames}) ORDER BY name != 'production', name LIMIT 1`,
  );
  return rows[0]?.name ?? 'production';
}

async function defaultBranches(store: Store): Promise<ReadonlyMap<string, string>> {
  const rows = await store.query<{ repository: string; branch: string }>(
    `SELECT lower(data.repository::String) AS repository, argMax(data.default_branch::String, (occurred_at, id)) AS branch
     FROM events WHERE type = 'branch.pushed' AND data.default_branch IS NOT NULL GROUP BY repository`,
  );
  return new Map(rows.map(({ repository, branch }) => [repository, branch]));
}
