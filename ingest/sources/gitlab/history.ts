import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import type { Fact } from '../../event.ts';
import type { Commit } from '../../vocabulary/commit.ts';
import { contentsFact, detailsFact, directFact, MAX_RECORDS, readHistory, readUntilFact } from '../history.ts';
import { isIncidentLabel } from '../labels.ts';
import { authoredAt, messageFacts } from '../pushed.ts';
import { listOf } from '../shape.ts';
import type { Normalized } from '../source.ts';
import {
  abandonedFact,
  headBranch,
  type MergeRequest,
  mergedFact,
  openedFact,
  reviewedFact,
  updatedFact,
} from './change.ts';
import { type commit, type deployment, type Project, type pipeline, project, record } from './history-shape.ts';
import { type Incident, incidentFacts, isIncidentType, linkedFact } from './issue.ts';
import { jobFacts, runFacts } from './pipeline.ts';
import { releasedFact } from './release.ts';
import { rolloutFact } from './rollout.ts';
import { accountKind, causeIn, changeId } from './shape.ts';

type Told<K extends z.output<typeof record>['kind']> = Extract<z.output<typeof record>, { kind: K }>;

const history = z.object({ project, records: listOf(record, MAX_RECORDS) });

/**
 * History from GitLab's API. What a hook tells too has the hook's id; the commits of a merge request and those that a rollout
 * delivered are facts of their own, since no hook tells them.
 */
export function gitlabHistory(delivery: Delivery): Normalized {
  return readHistory(delivery, history, (read) => read.records.flatMap((told) => factsOf(read.project, told)));
}

function factsOf(of: Project, told: z.output<typeof record>): Fact[] {
  const path = of.path_with_namespace;
  switch (told.kind) {
    case 'request':
      return requestFacts(path, told);
    case 'commit':
      return [directFact(path, commitOf(told.commit), told.commit.committed_date)];
    case 'deployment':
      return deploymentFacts(path, told.deployment);
    case 'contents':
      return [contentsFact(told.created_at, { ...told.contents, repository: path })];
    case 'pipeline':
      return pipelineFacts(of, told.pipeline);
    case 'job':
      return jobFacts({
        path,
        id: told.job.id,
        pipeline: told.job.pipeline.id,
        name: told.job.name,
        status: told.job.status,
        sha: told.job.commit?.id,
        runner: told.job.runner?.description,
        environment: undefined,
        startedAt: told.job.started_at,
        queuedSeconds: told.job.queued_duration,
        finishedAt: told.job.finished_at,
      });
    case 'release': {
      const { tag_name: tag, released_at: releasedAt, commit: tagged } = told.release;
      return [releasedFact({ path, tag, sha: tagged?.id, releasedAt })];
    }
    case 'incident':
      return issueFacts(of, told);
    case 'until':
      return [readUntilFact('gitlab', path, told.at)];
  }
}

function requestFacts(path: string, told: Told<'request'>): Fact[] {
  const { request: found, commits, paths, approvals } = told;
  const request: MergeRequest = {
    path,
    iid: found.iid,
    url: found.web_url,
    title: found.title,
    description: found.description,
    author: found.author?.username,
    branch: headBranch(found.source_branch, found.source_project_id ?? undefined, found.target_project_id ?? undefined),
    base: found.target_branch,
    headSha: found.sha?.toLowerCase(),
    mergeSha: (found.merge_commit_sha ?? found.squash_commit_sha)?.toLowerCase(),
    labels: found.labels ?? [],
    createdAt: found.created_at,
    updatedAt: found.updated_at,
  };
  const facts = [
    openedFact(request),
    updatedFact(request),
    ...approvals.map(({ user: by, approved_at: at }) => reviewedFact(request, by?.username, 'approved', at)),
  ];
  const { merged_at: mergedAt, closed_at: closedAt } = found;
  if (mergedAt === undefined) return closedAt === undefined ? facts : [...facts, abandonedFact(request, closedAt)];
  const details = {
    change_id: changeId(path, found.iid),
    repository: path,
    merge_sha: request.mergeSha,
    commits: commits.map(commitOf),
    paths: [...new Set(paths.map((touched) => touched.slice(0, 1024)))],
  };
  return [...facts, mergedFact(request, mergedAt), detailsFact(mergedAt, details)];
}

function commitOf(told: z.output<typeof commit>): Commit {
  return {
    sha: told.id.toLowerCase(),
    authored_at: authoredAt(told.authored_date, told.committed_date),
    committed_at: told.committed_date,
    author: told.author_name,
    // The API names people as they call themselves, so that only a bot's name says something.
    author_kind: accountKind(told.author_name) === 'bot' ? 'bot' : undefined,
    parents: told.parent_ids ?? undefined,
    ...messageFacts(told.message ?? told.title),
  };
}

/** So long after its job a deployment may be noted as ended; a later change of it is another matter. */
const NOTED_WITHIN_MS = 60_000;

/** The API has a deployment's last state only; its job tells when it began. */
function deploymentFacts(path: string, found: z.output<typeof deployment>): Fact[] {
  const { deployable } = found;
  const status = (state: string, at: string | undefined) =>
    at === undefined
      ? []
      : (rolloutFact({
          path,
          id: found.id,
          status: state,
          environment: found.environment.name,
          tier: found.environment.tier,
          sha: found.sha,
          actor: found.user?.username,
          url: deployable?.web_url,
          at,
        }) ?? []);
  const waits = found.status === 'created' || found.status === 'blocked';
  return [
    status('created', found.created_at),
    found.status === 'skipped' ? [] : status('running', deployable?.started_at),
    waits || found.status === 'running' ? [] : status(found.status, endOf(found)),
  ].flat();
}

/** When a deployment that has ended did so: the moment of its last change, if that is its job's end. UTC ISO, whole seconds. */
export function endOf(found: {
  readonly updated_at: string;
  readonly deployable?: { readonly finished_at?: string | undefined } | null | undefined;
}): string {
  const jobEnded = found.deployable?.finished_at;
  if (jobEnded === undefined) return found.updated_at;
  return Math.abs(Date.parse(found.updated_at) - Date.parse(jobEnded)) <= NOTED_WITHIN_MS ? found.updated_at : jobEnded;
}

function pipelineFacts(of: Project, found: z.output<typeof pipeline>): Fact[] {
  return (
    runFacts({
      path: of.path_with_namespace,
      id: found.id,
      workflow: found.name,
      configPath: of.ci_config_path,
      status: found.status,
      source: found.source,
      ref: found.ref,
      sha: found.sha,
      actor: found.user?.username,
      createdAt: found.created_at,
      queuedSeconds: found.queued_duration,
      firstJobAt: undefined,
      finishedAt: found.finished_at,
    }) ?? []
  );
}

function issueFacts(of: Project, { issue: found, notes }: Told<'incident'>): Fact[] {
  const path = of.path_with_namespace;
  const names = (found.labels ?? []).map((label) => label.trim());
  if (!isIncidentType(found.issue_type) && !names.some(isIncidentLabel)) return [];
  const incident: Incident = {
    path,
    iid: found.iid,
    projectUrl: of.web_url,
    url: found.web_url,
    title: found.title,
    description: found.description,
    labels: names,
    severity: found.severity,
    confidential: found.confidential === true,
    moved: typeof found.moved_to_id === 'number',
    duplicated: false,
    createdAt: found.created_at,
    updatedAt: found.updated_at ?? found.closed_at ?? found.created_at,
    closedAt: found.closed_at,
  };
  const linked = notes.flatMap((said) => {
    // In a public project anyone can comment: only internal notes are believed, as those of hooks.
    if (said.system === true || (of.visibility === 'public' && said.internal !== true)) return [];
    const cause = causeIn({ path, url: of.web_url }, said.body);
    return cause === undefined ? [] : [linkedFact(path, found.iid, cause, said.updated_at ?? said.created_at)];
  });
  return [...incidentFacts(incident), ...linked];
}
