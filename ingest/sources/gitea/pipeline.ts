import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import { instant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { commitOf } from '../repository.ts';
import { fact, facts, ignored, optionalFlag, optionalText, readBody, rejected, senderId, snapshot } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { account, optionalMoment, repository } from './shape.ts';

const outcomes = new Map([
  ['success', 'succeeded'],
  ['failure', 'failed'],
  ['cancelled', 'cancelled'],
  ['skipped', 'skipped'],
] as const);

const attempt = z.int().nonnegative().nullish();
const runPayload = z.object({
  action: name,
  workflow: z.object({ name: optionalText() }).nullish(),
  workflow_run: z.object({
    id: senderId,
    run_attempt: attempt,
    path: optionalText(),
    event: optionalText(),
    conclusion: optionalText(),
    head_sha: optionalText(64),
    head_branch: optionalText(),
    created_at: optionalMoment,
    updated_at: optionalMoment,
    started_at: optionalMoment,
    completed_at: optionalMoment,
    actor: account,
    trigger_actor: account,
  }),
  repository,
});

/**
 * `workflow_run` of Gitea Actions: a pipeline run, never a rollout. Versions that count no attempts say 0, and those that
 * do not date a request say nothing of the queue.
 */
export function workflowRunEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, runPayload);
  if (!body.ok) return body.normalized;
  const { action, workflow, workflow_run: run, repository: repo } = body.value;
  const attemptNo = Math.max(run.run_attempt ?? 1, 1);
  // `ci.yml@refs/heads/main`
  const file = run.path?.split('@', 1)[0] || undefined;
  const data = {
    run_id: runId(repo.full_name, run.id),
    attempt_no: attemptNo,
    repository: repo.full_name,
    workflow: workflow?.name ?? file,
    workflow_path: file,
    revision: run.head_sha?.toLowerCase(),
    branch: run.head_branch,
    trigger: run.event,
    actor: run.trigger_actor?.login ?? run.actor?.login,
  };
  const key = [data.run_id, String(attemptNo)];
  if (action === 'requested') {
    // The creation stays at the first attempt's.
    const queuedAt = attemptNo === 1 ? run.created_at : run.updated_at;
    if (queuedAt === undefined) return ignored('this version does not date the request of a run');
    return facts(fact('pipelinerun.queued', queuedAt, key, data));
  }
  if (action === 'in_progress') {
    if (run.started_at === undefined) return rejected('workflow_run.started_at: is missing');
    return facts(fact('pipelinerun.started', run.started_at, key, data));
  }
  if (action !== 'completed') return ignored(`workflow_run ${action.slice(0, 100)} changes nothing that is measured`);
  const finishedAt = run.completed_at ?? run.updated_at;
  if (finishedAt === undefined) return rejected('workflow_run.completed_at: is missing');
  const outcome = outcomeOf(run.conclusion);
  if (outcome === undefined) return rejected(`workflow_run.conclusion: ${quote(run.conclusion)} is not known`);
  return facts(fact('pipelinerun.finished', finishedAt, key, { ...data, outcome }));
}

const jobPayload = z.object({
  action: name,
  workflow_job: z.object({
    id: senderId,
    run_id: senderId,
    run_attempt: attempt,
    name: optionalText(),
    conclusion: optionalText(),
    head_sha: optionalText(64),
    created_at: optionalMoment,
    started_at: optionalMoment,
    completed_at: optionalMoment,
    runner_name: optionalText(),
  }),
  repository,
});
/** `pending` jobs wait for other jobs, `waiting` ones for an approval; both were created together with their run. */
const waiting = new Map([
  ['queued', undefined],
  ['pending', 'dependency'],
  ['waiting', 'approval'],
]);

/** `workflow_job` of Gitea Actions. Every job is created with its run, also one that has to wait for others. */
export function workflowJobEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, jobPayload);
  if (!body.ok) return body.normalized;
  const { action, workflow_job: job, repository: repo } = body.value;
  const attemptNo = Math.max(job.run_attempt ?? 1, 1);
  const data = {
    job_id: job.id,
    run_id: runId(repo.full_name, job.run_id),
    attempt_no: attemptNo,
    repository: repo.full_name,
    job: job.name,
    revision: job.head_sha?.toLowerCase(),
    runner: job.runner_name,
  };
  const key = [data.run_id, job.id, String(attemptNo), action];
  if (waiting.has(action)) {
    if (job.created_at === undefined) return rejected('workflow_job.created_at: is missing');
    return facts(fact('taskrun.queued', job.created_at, key, { ...data, wait_reason: waiting.get(action) }));
  }
  if (action === 'in_progress') {
    if (job.started_at === undefined) return rejected('workflow_job.started_at: is missing');
    return facts(fact('taskrun.started', job.started_at, key, data));
  }
  if (action !== 'completed') return ignored(`workflow_job ${action.slice(0, 100)} changes nothing that is measured`);
  if (job.completed_at === undefined) return rejected('workflow_job.completed_at: is missing');
  const outcome = outcomeOf(job.conclusion);
  if (outcome === undefined) return rejected(`workflow_job.conclusion: ${quote(job.conclusion)} is not known`);
  return facts(fact('taskrun.finished', job.completed_at, key, { ...data, outcome }));
}

const forgejoPayload = z.object({
  run: z.object({
    id: senderId,
    workflow_id: optionalText(),
    status: optionalText(),
    commit_sha: optionalText(64),
    prettyref: optionalText(),
    trigger_event: optionalText(),
    event: optionalText(),
    trigger_user: account,
    created: optionalMoment,
    started: optionalMoment,
    stopped: instant,
    repository,
  }),
});

/**
 * `action_run_success`, `…_failure` and `…_recover` of Forgejo: a run that is over, with its whole story. A re-run keeps its
 * id and counts no attempts, so it is the same run ending later.
 */
export function forgejoRunEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, forgejoPayload);
  if (!body.ok) return body.normalized;
  const { run } = body.value;
  const outcome = outcomeOf(run.status?.toLowerCase());
  if (outcome === undefined) return rejected(`run.status: ${quote(run.status)} is not known`);
  const data = {
    run_id: runId(run.repository.full_name, run.id),
    repository: run.repository.full_name,
    workflow: run.workflow_id,
    workflow_path: run.workflow_id,
    revision: run.commit_sha?.toLowerCase(),
    branch: run.prettyref?.startsWith('#') ? undefined : run.prettyref,
    trigger: run.trigger_event ?? run.event,
    actor: run.trigger_user?.login,
  };
  const key = [data.run_id];
  return facts(
    ...(run.created === undefined ? [] : [fact('pipelinerun.queued', run.created, key, data)]),
    ...(run.started === undefined ? [] : [fact('pipelinerun.started', run.started, key, data)]),
    fact('pipelinerun.finished', run.stopped, key, { ...data, outcome }),
  );
}

const statusPayload = z.object({
  context: name.max(256),
  sha: z.string().regex(/^[0-9a-f]{7,64}$/i, 'is not a commit SHA'),
  state: name,
  target_url: optionalText(2048),
  created_at: instant,
  sender: account,
  repository,
});

const statuses = new Map([
  ['success', 'succeeded'],
  ['failure', 'failed'],
  ['error', 'failed'],
  ['warning', 'neutral'],
  ['skipped', 'skipped'],
] as const);

/**
 * `status`: a build by another tool, as a pipeline run; one context is one run per commit. `pending` means queued or
 * running, so it counts as the start. Actions report for themselves.
 */
export function statusEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, statusPayload);
  if (!body.ok) return body.normalized;
  const { context, sha, state, target_url: target, created_at: at, sender, repository: repo } = body.value;
  if (/\/actions\/runs\/\d/.test(target ?? '')) return ignored('a run of Actions reports for itself');
  const revision = sha.toLowerCase();
  const data = {
    run_id: `${repo.full_name}@${revision}/${context}`,
    repository: repo.full_name,
    workflow: context,
    revision,
    actor: sender?.login,
  };
  if (state === 'pending') return facts(snapshot('pipelinerun.started', at, [data.run_id], data));
  const outcome = keyOf(statuses, state);
  if (outcome === undefined) return rejected(`state: ${quote(state)} is not known`);
  return facts(snapshot('pipelinerun.finished', at, [data.run_id, state], { ...data, outcome }));
}

const releasePayload = z.object({
  action: name,
  release: z.object({
    id: senderId,
    tag_name: name,
    target_commitish: optionalText(),
    draft: optionalFlag,
    prerelease: optionalFlag,
    published_at: optionalMoment,
    author: account,
  }),
  repository,
});

/** `release` published. */
export function releaseEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, releasePayload);
  if (!body.ok) return body.normalized;
  const { action, release, repository: repo } = body.value;
  if (action !== 'published' || release.draft === true) {
    return ignored(`release ${action.slice(0, 100)} publishes nothing`);
  }
  if (release.published_at === undefined) return rejected('release.published_at: is missing');
  return facts(
    fact('release.published', release.published_at, [repo.full_name, release.id], {
      repository: repo.full_name,
      tag: release.tag_name,
      // Mostly a branch's name, which says nothing about the commit.
      revision: commitOf(release.target_commitish),
      prerelease: release.prerelease,
      author: release.author?.login,
    }),
  );
}

/** Ids count per installation, in small numbers: with the repository no other forge's run has the same. */
function runId(repo: string, id: string): string {
  return `${repo}/actions/runs/${id}`.slice(-512);
}

function outcomeOf(conclusion: string | undefined) {
  return keyOf(outcomes, conclusion);
}

function keyOf<T>(words: ReadonlyMap<string, T>, word: string | undefined): T | undefined {
  return word === undefined ? undefined : words.get(word);
}

function quote(text: string | undefined): string {
  return text === undefined ? 'an absent value' : JSON.stringify(text.slice(0, 64));
}
