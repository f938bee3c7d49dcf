import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import type { Fact } from '../../event.ts';
import { instant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { fact, facts, ignored, optionalInstant, optionalText, readBody, rejected, senderId } from '../shape.ts';
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

/** A workflow run, as webhooks and the REST API tell it. */
export const workflowRun = z.object({
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
});

export type WorkflowRun = z.output<typeof workflowRun>;

/** Queued: a re-run keeps the first attempt's `created_at`, so a later attempt is queued at `run_started_at`. */
export function runQueued(repo: string, run: WorkflowRun): Fact {
  const queuedAt = attemptOf(run) === 1 ? run.created_at : (run.run_started_at ?? run.created_at);
  return fact('pipelinerun.queued', queuedAt, runKey(run), runData(repo, run));
}

/** Started at a UTC ISO instant, which no field names. */
export function runStarted(repo: string, run: WorkflowRun, startedAt: string): Fact {
  return fact('pipelinerun.started', startedAt, runKey(run), runData(repo, run));
}

/** Finished at `updated_at`, since there is no other time of it. Null if its conclusion is none that is known. */
export function runFinished(repo: string, run: WorkflowRun): Fact | null {
  const outcome = outcomeOf(run.conclusion);
  if (outcome === undefined) return null;
  return fact('pipelinerun.finished', run.updated_at, runKey(run), { ...runData(repo, run), outcome });
}

function runKey(run: WorkflowRun): string[] {
  return [run.id, String(attemptOf(run))];
}

function runData(repo: string, run: WorkflowRun) {
  return {
    run_id: run.id,
    attempt_no: attemptOf(run),
    repository: repo,
    workflow: run.name ?? run.path,
    // A workflow that a rule of the organisation requires says of which revision it is.
    workflow_path: run.path?.split('@', 1)[0],
    revision: run.head_sha,
    branch: run.head_branch,
    trigger: run.event,
    actor: run.triggering_actor?.login ?? run.actor?.login,
  };
}

function attemptOf(of: { readonly run_attempt?: number | null | undefined }): number {
  return of.run_attempt ?? 1;
}

const runPayload = z.object({ action: name, workflow_run: workflowRun, repository });

/** `workflow_run`: a pipeline run, never a rollout. A re-run keeps its id and raises `run_attempt`. */
export function workflowRunEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, runPayload);
  if (!body.ok) return body.normalized;
  const { action, workflow_run: run, repository: repo } = body.value;
  if (action === 'requested') return facts(runQueued(repo.full_name, run));
  if (action === 'in_progress') return facts(runStarted(repo.full_name, run, run.updated_at));
  if (action !== 'completed') return ignored(`workflow_run ${action} changes nothing that is measured`);
  const finished = runFinished(repo.full_name, run);
  return finished === null
    ? rejected(`workflow_run.conclusion: ${quote(run.conclusion)} is not known`)
    : facts(finished);
}

/** A job of a workflow run, as webhooks and the REST API tell it. */
export const workflowJob = z.object({
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
});

export type WorkflowJob = z.output<typeof workflowJob>;

/**
 * `queued`, or `waiting` for the approval of an environment, at a UTC ISO instant. `environment` is what it deploys to, if
 * that is known.
 */
export function jobQueued(
  repo: string,
  job: WorkflowJob,
  state: 'queued' | 'waiting',
  queuedAt: string,
  environment?: string,
): Fact {
  const waits = state === 'waiting' || job.status === 'waiting';
  const data = { ...jobData(repo, job, environment), wait_reason: waits ? 'approval' : undefined };
  return fact('taskrun.queued', queuedAt, jobKey(job, state), data);
}

/** Started at a UTC ISO instant. */
export function jobStarted(repo: string, job: WorkflowJob, startedAt: string, environment?: string): Fact {
  return fact('taskrun.started', startedAt, jobKey(job, 'in_progress'), jobData(repo, job, environment));
}

/** Finished at a UTC ISO instant. Null if its conclusion is none that is known. */
export function jobFinished(repo: string, job: WorkflowJob, finishedAt: string, environment?: string): Fact | null {
  const outcome = outcomeOf(job.conclusion);
  if (outcome === undefined) return null;
  const data = { ...jobData(repo, job, environment), outcome };
  return fact('taskrun.finished', finishedAt, jobKey(job, 'completed'), data);
}

function jobKey(job: WorkflowJob, state: string): string[] {
  return [job.run_id, job.id, String(attemptOf(job)), state];
}

function jobData(repo: string, job: WorkflowJob, environment: string | undefined) {
  return {
    job_id: job.id,
    run_id: job.run_id,
    attempt_no: attemptOf(job),
    repository: repo,
    workflow: job.workflow_name,
    job: job.name,
    revision: job.head_sha,
    runner: job.runner_name,
    environment,
  };
}

const jobPayload = z.object({
  action: name,
  workflow_job: workflowJob,
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
  const { action, workflow_job: job, repository: repo, deployment } = body.value;
  const environment = deployment?.environment;
  if (action === 'queued' || action === 'waiting') {
    if (job.created_at === undefined) return rejected('workflow_job.created_at: is missing');
    return facts(jobQueued(repo.full_name, job, action, job.created_at, environment));
  }
  if (action === 'in_progress') {
    if (job.started_at === undefined) return rejected('workflow_job.started_at: is missing');
    return facts(jobStarted(repo.full_name, job, job.started_at, environment));
  }
  if (action !== 'completed') return ignored(`workflow_job ${action} changes nothing that is measured`);
  if (job.completed_at === undefined) return rejected('workflow_job.completed_at: is missing');
  const finished = jobFinished(repo.full_name, job, job.completed_at, environment);
  return finished === null
    ? rejected(`workflow_job.conclusion: ${quote(job.conclusion)} is not known`)
    : facts(finished);
}

function outcomeOf(conclusion: string | undefined) {
  for (const [theirs, ours] of outcomes) if (theirs === conclusion) return ours;
  return undefined;
}

function quote(text: string | undefined): string {
  return text === undefined ? 'an absent value' : JSON.stringify(text.slice(0, 64));
}
