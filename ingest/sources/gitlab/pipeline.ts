import { z } from 'zod';
import type { Fact } from '../../event.ts';
import type { EventData } from '../../vocabulary/vocabulary.ts';
import { repositoryOf } from '../repository.ts';
import { fact, facts, ignored, listOf, optionalText, readAs, rejected, senderId } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { moment, optionalMoment, project, runId, user, wholeSecond } from './shape.ts';

type Outcome = EventData<'pipelinerun.finished'>['outcome'];

/** GitLab's terminal statuses, of pipelines and jobs alike, in our words. */
const outcomes: ReadonlyMap<string, Outcome> = new Map([
  ['success', 'succeeded'],
  ['failed', 'failed'],
  ['canceled', 'cancelled'],
  ['skipped', 'skipped'],
]);
const pipelineWaits = new Set([
  'created',
  'waiting_for_resource',
  'waiting_for_callback',
  'preparing',
  'pending',
  'scheduled',
  'manual',
]);
const underway = new Set(['running', 'canceling']);

/** A pipeline, as its hook or the API tells it. Times are UTC ISO in whole seconds. */
export interface Pipeline {
  readonly path: string;
  readonly id: string;
  /** What `workflow:name` calls it; most pipelines have none. */
  readonly workflow: string | undefined;
  /** The file that defines it, if the project has it somewhere else than usual. */
  readonly configPath: string | undefined;
  readonly status: string;
  /** Why it was made: `push`, `schedule`, `merge_request_event`. */
  readonly source: string | undefined;
  readonly ref: string | undefined;
  readonly sha: string | undefined;
  readonly actor: string | undefined;
  readonly createdAt: string;
  readonly queuedSeconds: number | undefined;
  /** When its first job began, where GitLab leaves the queue's length out. */
  readonly firstJobAt: string | undefined;
  readonly finishedAt: string | undefined;
}

/**
 * All that is known of a pipeline: queued when it was created, started after its queue, and its end. A retry goes on
 * under the same number, so that only its end moves; there are no attempts. Null if it ended and no time is told.
 */
export function runFacts(pipeline: Pipeline): Fact[] | null {
  const { path, createdAt, status } = pipeline;
  const data = {
    run_id: runId(path, pipeline.id),
    repository: path,
    workflow: pipeline.workflow,
    workflow_path: pipeline.configPath ?? '.gitlab-ci.yml',
    revision: pipeline.sha?.toLowerCase(),
    branch: pipeline.ref,
    trigger: pipeline.source,
    actor: pipeline.actor,
  };
  const key = [data.run_id];
  const told: Fact[] = [fact('pipelinerun.queued', createdAt, key, data)];
  const startedAt = startOf(pipeline);
  if (startedAt !== undefined) told.push(fact('pipelinerun.started', startedAt, key, data));
  const outcome = outcomes.get(status);
  if (outcome === undefined) return told;
  // What was skipped never ran, and has no end of its own.
  const finishedAt = pipeline.finishedAt ?? (outcome === 'skipped' ? createdAt : undefined);
  if (finishedAt === undefined) return null;
  return [...told, fact('pipelinerun.finished', finishedAt, [...key, status], { ...data, outcome })];
}

/** GitLab states the queue's length instead of the start, and nothing if that is 0. */
function startOf({ status, createdAt, queuedSeconds, firstJobAt }: Pipeline): string | undefined {
  if (pipelineWaits.has(status) || status === 'skipped') return undefined;
  if (queuedSeconds !== undefined) return secondsAfter(createdAt, queuedSeconds);
  return firstJobAt ?? (underway.has(status) ? createdAt : undefined);
}

/** A job, as its hook or the API tells it. Times are UTC ISO in whole seconds. */
export interface Job {
  readonly path: string;
  readonly id: string;
  readonly pipeline: string;
  readonly name: string | undefined;
  readonly status: string;
  readonly sha: string | undefined;
  readonly runner: string | undefined;
  /** What it deploys to; undefined for a job that only looks at an environment or stops it. */
  readonly environment: string | undefined;
  readonly startedAt: string | undefined;
  readonly queuedSeconds: number | undefined;
  readonly finishedAt: string | undefined;
}

/**
 * All that is known of a job that was taken up. Its creation says nothing about its queue, since it is created with its
 * pipeline and waits for the stages before: it was queued as long before its start as GitLab says. A retry is another job.
 */
export function jobFacts(job: Job): Fact[] {
  const data = {
    job_id: job.id,
    run_id: runId(job.path, job.pipeline),
    repository: job.path,
    job: job.name,
    revision: job.sha?.toLowerCase(),
    runner: job.runner,
    environment: job.environment,
  };
  const key = [job.path, job.id];
  const { startedAt, finishedAt, queuedSeconds, status } = job;
  const told: Fact[] = [];
  if (startedAt !== undefined) {
    if (queuedSeconds !== undefined)
      told.push(fact('taskrun.queued', secondsAfter(startedAt, -queuedSeconds), key, data));
    told.push(fact('taskrun.started', startedAt, key, data));
  }
  const outcome = outcomes.get(status);
  if (outcome !== undefined && finishedAt !== undefined)
    told.push(fact('taskrun.finished', finishedAt, [...key, status], { ...data, outcome }));
  return told;
}

function secondsAfter(at: string, seconds: number): string {
  const time = Date.parse(at) + Math.round(seconds) * 1000;
  return Math.abs(time) < 8.64e15 ? wholeSecond(new Date(time).toISOString()) : at;
}

/** Longer than any job waits; a number beyond it is no length of time. */
const optionalSeconds = z
  .number()
  .min(0)
  .max(10 * 365 * 86_400)
  .nullish()
  .transform((value) => value ?? undefined);

const pipelinePayload = z.object({
  object_attributes: z.object({
    id: senderId,
    name: optionalText(),
    status: optionalText(),
    source: optionalText(),
    ref: optionalText(),
    sha: optionalText(64),
    created_at: moment,
    finished_at: optionalMoment,
    queued_duration: optionalSeconds,
  }),
  user,
  project,
  builds: listOf(z.object({ started_at: optionalMoment }), 10_000).nullish(),
});

/** `pipeline`: a pipeline run, never a rollout. Every hook tells all that is known so far, so that a lost one is made up for. */
export function pipelineEvent(body: unknown): Normalized {
  const read = readAs(body, pipelinePayload);
  if (!read.ok) return read.normalized;
  const { object_attributes: found, user: actor, project: of, builds } = read.value;
  const status = found.status ?? '';
  if (!pipelineWaits.has(status) && !underway.has(status) && !outcomes.has(status))
    return rejected(`object_attributes.status: ${JSON.stringify(status.slice(0, 64))} is not known`);
  const starts = (builds ?? []).flatMap((build) => build.started_at ?? []).sort();
  const told = runFacts({
    path: of.path_with_namespace,
    id: found.id,
    workflow: found.name,
    configPath: of.ci_config_path,
    status,
    source: found.source,
    ref: found.ref,
    sha: found.sha,
    actor: actor?.username,
    createdAt: found.created_at,
    queuedSeconds: found.queued_duration,
    firstJobAt: starts[0],
    finishedAt: found.finished_at,
  });
  return told === null ? rejected('object_attributes.finished_at: is missing') : facts(...told);
}

const jobPayload = z.object({
  build_id: senderId,
  build_name: optionalText(),
  build_status: optionalText(),
  build_started_at: optionalMoment,
  build_finished_at: optionalMoment,
  build_queued_duration: optionalSeconds,
  pipeline_id: senderId,
  sha: optionalText(64),
  runner: z.object({ description: optionalText() }).nullish(),
  environment: z.object({ name: optionalText(), action: optionalText() }).nullish(),
  project: project.nullish(),
  repository: z.object({ git_ssh_url: optionalText(2048), homepage: optionalText(2048) }).nullish(),
});

/** `build`: a job. Older versions name its project in addresses only. */
export function jobEvent(body: unknown): Normalized {
  const read = readAs(body, jobPayload);
  if (!read.ok) return read.normalized;
  const { repository: repo, ...job } = read.value;
  const path = job.project?.path_with_namespace ?? repositoryOf(repo?.git_ssh_url) ?? repositoryOf(repo?.homepage);
  if (path === undefined) return rejected('project.path_with_namespace: is missing');
  const status = job.build_status ?? '';
  if (outcomes.has(status) && status !== 'skipped' && job.build_finished_at === undefined)
    return rejected('build_finished_at: is missing');
  const { environment } = job;
  const told = jobFacts({
    path,
    id: job.build_id,
    pipeline: job.pipeline_id,
    name: job.build_name,
    status,
    sha: job.sha,
    runner: job.runner?.description,
    environment: (environment?.action ?? 'start') === 'start' ? environment?.name : undefined,
    startedAt: job.build_started_at,
    queuedSeconds: job.build_queued_duration,
    finishedAt: job.build_finished_at,
  });
  return told.length > 0
    ? facts(...told)
    : ignored(`a job that is ${status.slice(0, 64)} has not run; how long it waited is told when it starts`);
}
