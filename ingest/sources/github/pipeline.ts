import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import { instant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import {
  fact,
  facts,
  ignored,
  optionalFlag,
  optionalInstant,
  optionalText,
  readBody,
  rejected,
  senderId,
} from '../shape.ts';
import type { Normalized } from '../source.ts';
import { account, repository } from './shape.ts';

/** GitHub's conclusions in our words. `stale` is GitHub giving up on a run that nobody finished. */
const outcomes = new Map([
  ['success', 'succeeded'],
  ['failure', 'failed'],
  ['startup_failure', 'failed'],
  ['cancelled', 'cancelled'],
  ['stale', 'cancelled'],
  ['timed_out', 'timed_out'],
  ['skipped', 'skipped'],
  ['action_required', 'action_required'],
  ['neutral', 'neutral'],
] as const);

const runPayload = z.object({
  action: name,
  workflow_run: z.object({
    id: senderId,
    run_attempt: z.int().positive().nullish(),
    name: optionalText(),
    path: optionalText(),
    event: optionalText(),
    conclusion: optionalText(),
    head_sha: optionalText(64),
    head_branch: optionalText(),
    created_at: instant,
    run_started_at: optionalInstant,
    updated_at: instant,
    actor: account,
    triggering_actor: account,
  }),
  repository,
});

/**
 * `workflow_run`: a pipeline run, never a rollout. A re-run keeps its id and raises `run_attempt`; its `created_at` stays
 * at the first attempt, so a later attempt is queued at `run_started_at`. There is no finish time but `updated_at`.
 */
export function workflowRunEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, runPayload);
  if (!body.ok) return body.normalized;
  const { action, workflow_run: run, repository: repo } = body.value;
  const attempt = run.run_attempt ?? 1;
  const key = [run.id, String(attempt)];
  const data = {
    run_id: run.id,
    attempt_no: attempt,
    repository: repo.full_name,
    workflow: run.name ?? run.path,
    // A workflow that a rule of the organisation requires says of which revision it is.
    workflow_path: run.path?.split('@', 1)[0],
    revision: run.head_sha,
    branch: run.head_branch,
    trigger: run.event,
    actor: run.triggering_actor?.login ?? run.actor?.login,
  };
  if (action === 'requested') {
    const queuedAt = attempt === 1 ? run.created_at : (run.run_started_at ?? run.created_at);
    return facts(fact('pipelinerun.queued', queuedAt, key, data));
  }
  if (action === 'in_progress') return facts(fact('pipelinerun.started', run.updated_at, key, data));
  if (action !== 'completed') return ignored(`workflow_run ${action} changes nothing that is measured`);
  const outcome = outcomeOf(run.conclusion);
  if (outcome === undefined) return rejected(`workflow_run.conclusion: ${quote(run.conclusion)} is not known`);
  return facts(fact('pipelinerun.finished', run.updated_at, key, { ...data, outcome }));
}

const jobPayload = z.object({
  action: name,
  workflow_job: z.object({
    id: senderId,
    run_id: senderId,
    run_attempt: z.int().positive().nullish(),
    name: optionalText(),
    workflow_name: optionalText(),
    status: optionalText(),
    conclusion: optionalText(),
    head_sha: optionalText(64),
    created_at: optionalInstant,
    started_at: optionalInstant,
    completed_at: optionalInstant,
    runner_name: optionalText(),
  }),
  deployment: z.object({ environment: optionalText() }).nullish(),
  repository,
});

/**
 * `workflow_job`. A queued job already carries a `started_at`, equal to its creation: only `in_progress` is believed.
 * `waiting` means that an environment's approval is pending.
 */
export function workflowJobEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, jobPayload);
  if (!body.ok) return body.normalized;
  const { action, workflow_job: job, repository: repo } = body.value;
  const attempt = job.run_attempt ?? 1;
  const key = [job.run_id, job.id, String(attempt), action];
  const data = {
    job_id: job.id,
    run_id: job.run_id,
    attempt_no: attempt,
    repository: repo.full_name,
    workflow: job.workflow_name,
    job: job.name,
    revision: job.head_sha,
    runner: job.runner_name,
    environment: body.value.deployment?.environment,
  };
  if (action === 'queued' || action === 'waiting') {
    if (job.created_at === undefined) return rejected('workflow_job.created_at: is missing');
    const waits = action === 'waiting' || job.status === 'waiting';
    return facts(fact('taskrun.queued', job.created_at, key, { ...data, wait_reason: waits ? 'approval' : undefined }));
  }
  if (action === 'in_progress') {
    if (job.started_at === undefined) return rejected('workflow_job.started_at: is missing');
    return facts(fact('taskrun.started', job.started_at, key, data));
  }
  if (action !== 'completed') return ignored(`workflow_job ${action} changes nothing that is measured`);
  if (job.completed_at === undefined) return rejected('workflow_job.completed_at: is missing');
  const outcome = outcomeOf(job.conclusion);
  if (outcome === undefined) return rejected(`workflow_job.conclusion: ${quote(job.conclusion)} is not known`);
  return facts(fact('taskrun.finished', job.completed_at, key, { ...data, outcome }));
}

const releasePayload = z.object({
  action: name,
  release: z.object({
    id: senderId,
    tag_name: name,
    target_commitish: optionalText(),
    draft: optionalFlag,
    prerelease: optionalFlag,
    published_at: optionalInstant,
    author: account,
  }),
  repository,
});

/** `release` published, at `published_at`: `created_at` is the date of the tag's commit. */
export function releaseEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, releasePayload);
  if (!body.ok) return body.normalized;
  const { action, release, repository: repo } = body.value;
  if (action !== 'published' || release.draft === true) return ignored(`release ${action} publishes nothing`);
  if (release.published_at === undefined) return rejected('release.published_at: is missing');
  const target = release.target_commitish ?? '';
  return facts(
    fact('release.published', release.published_at, [repo.full_name, release.id], {
      repository: repo.full_name,
      tag: release.tag_name,
      // Mostly a branch's name, which says nothing about the commit.
      revision: /^[0-9a-f]{40}$/i.test(target) ? target.toLowerCase() : undefined,
      prerelease: release.prerelease,
      author: release.author?.login,
    }),
  );
}

function outcomeOf(conclusion: string | undefined) {
  for (const [theirs, ours] of outcomes) if (theirs === conclusion) return ours;
  return undefined;
}

function quote(text: string | undefined): string {
  return text === undefined ? 'an absent value' : JSON.stringify(text.slice(0, 64));
}
