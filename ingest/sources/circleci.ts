import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import type { Fact } from '../event.ts';
import { instant } from '../time.ts';
import { name } from '../vocabulary/commit.ts';
import { commitOf, repositoryOf } from './repository.ts';
import { fact, facts, ignored, optionalInstant, optionalText, readBody, rejected, senderId } from './shape.ts';
import { hmacMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const git = z
  .object({
    branch: optionalText(),
    ref: optionalText(),
    checkout_sha: optionalText(64),
    commit_author_name: optionalText(),
    repo_owner: optionalText(250),
    repo_name: optionalText(250),
    repo_url: optionalText(2048),
  })
  .nullish();
const common = z.object({
  project: z.object({ slug: name, name: optionalText() }),
  pipeline: z
    .object({
      id: senderId,
      number: z.int().nonnegative().nullish(),
      created_at: optionalInstant,
      trigger: z.object({ type: optionalText() }).nullish(),
      vcs: z
        .object({
          target_repository_url: optionalText(2048),
          revision: optionalText(64),
          branch: optionalText(),
        })
        .nullish(),
      trigger_parameters: z
        .object({ git, circleci: z.object({ actor_id: optionalText(), event_type: optionalText() }).nullish() })
        .nullish(),
    })
    .nullish(),
});
const workflowPayload = common.extend({
  workflow: z.object({
    id: senderId,
    name: optionalText(),
    status: name,
    created_at: instant,
    stopped_at: optionalInstant,
  }),
  happened_at: instant,
});
const jobPayload = common.extend({
  workflow: z.object({ id: senderId, name: optionalText() }),
  job: z.object({
    id: senderId,
    name: optionalText(),
    status: name,
    started_at: optionalInstant,
    stopped_at: optionalInstant,
  }),
  happened_at: instant,
});
const payload = z.object({ type: name });

const outcomes = new Map([
  ['success', 'succeeded'],
  ['failed', 'failed'],
  ['error', 'failed'],
  ['canceled', 'cancelled'],
  // Not permitted to use a context or resource: nothing ran.
  ['unauthorized', 'action_required'],
] as const);

/** CircleCI's outbound webhooks, of a project. */
export const circleci: Source = {
  name: 'circleci',
  title: 'CircleCI',
  normaliser: 1,
  events: [
    { event: 'workflow-completed', feeds: 'pipeline runs: queue and run time, success' },
    { event: 'job-completed', feeds: 'jobs of pipeline runs' },
  ],
  headers: ['circleci-event-type'],
  signature: 'HMAC-SHA256 of the raw body in `circleci-signature: v1=…`; other versions in the list are not looked at.',
  dedupe: 'The workflow or job, its state and time: a further attempt to deliver changes none of them.',
  setup: `1. *Project Settings → Webhooks → Add Webhook*, URL \`{url}\`, events *Workflow Completed* and *Job Completed*, certificate
   verification on.
2. Choose a secret token, and set the same as \`HEADWAY_SECRET_CIRCLECI\`.
3. CircleCI tells only what is over. A run counts as queued when its pipeline was created and as started when the workflow
   was; a re-run is another workflow of the same pipeline, so it has no queue time, and counts as a run of its own.
4. Runs are no deployments unless the workspace says which workflow or job deploys where. Revision and branch are the
   repository's: \`owner/name\`, as your forge calls it.`,
  verify({ headers, body }, secrets) {
    const given = (headers['circleci-signature'] ?? '').slice(0, 4096).split(',');
    const signatures = given.map((part) => part.trim()).filter((part) => part.startsWith('v1='));
    return signatures.some((signature) => hmacMatches(signature.slice('v1='.length), body, secrets));
  },
  normalise(delivery) {
    const body = readBody(delivery, payload);
    if (!body.ok) return body.normalized;
    if (body.value.type === 'workflow-completed') return workflowCompleted(delivery);
    if (body.value.type === 'job-completed') return jobCompleted(delivery);
    if (body.value.type === 'ping') return ignored('a ping says that the hook is connected');
    return ignored(`no metric reads ${body.value.type.slice(0, 100)}`);
  },
};

function workflowCompleted(delivery: Delivery): Normalized {
  const body = readBody(delivery, workflowPayload);
  if (!body.ok) return body.normalized;
  const { workflow, pipeline, happened_at: happenedAt } = body.value;
  const outcome = outcomeOf(workflow.status);
  if (outcome === undefined) return rejected(`workflow.status: ${quote(workflow.status)} is not known`);
  const data = { run_id: workflow.id, workflow: workflow.name, ...origin(body.value) };
  const key = [workflow.id];
  const told: Fact[] = [];
  // A re-run is a new workflow of a pipeline that was created long before anyone asked for it.
  if (pipeline?.created_at !== undefined && isQueue(pipeline.created_at, workflow.created_at)) {
    told.push(fact('pipelinerun.queued', pipeline.created_at, key, data));
  }
  told.push(fact('pipelinerun.started', workflow.created_at, key, data));
  told.push(fact('pipelinerun.finished', workflow.stopped_at ?? happenedAt, key, { ...data, outcome }));
  return facts(...told);
}

function jobCompleted(delivery: Delivery): Normalized {
  const body = readBody(delivery, jobPayload);
  if (!body.ok) return body.normalized;
  const { workflow, job, happened_at: happenedAt } = body.value;
  const outcome = outcomeOf(job.status);
  if (outcome === undefined) return rejected(`job.status: ${quote(job.status)} is not known`);
  const { repository, revision } = origin(body.value);
  const data = {
    job_id: job.id,
    run_id: workflow.id,
    workflow: workflow.name,
    job: job.name,
    repository,
    revision,
  };
  const key = [workflow.id, job.id];
  const finished = fact('taskrun.finished', job.stopped_at ?? happenedAt, key, { ...data, outcome });
  if (job.started_at === undefined) return facts(finished);
  return facts(fact('taskrun.started', job.started_at, key, data), finished);
}

/** Setting a pipeline up takes seconds, and minutes at worst; what begins later was asked for later. */
const LONGEST_SETUP_MS = 60 * 60 * 1000;

function isQueue(createdAt: string, startedAt: string): boolean {
  const waited = Date.parse(startedAt) - Date.parse(createdAt);
  return waited >= 0 && waited <= LONGEST_SETUP_MS;
}

/**
 * Where the run came from. GitHub and Bitbucket OAuth projects say so under `vcs`; those of GitHub's App, GitLab and
 * Bitbucket Data Center under `trigger_parameters`. A slug of opaque ids names no repository, so it comes last.
 */
function origin({ project, pipeline }: z.output<typeof common>) {
  const { vcs, trigger_parameters: parameters, trigger } = pipeline ?? {};
  const from = parameters?.git;
  const named = from?.repo_owner && from.repo_name ? `${from.repo_owner}/${from.repo_name}` : undefined;
  const slug = project.slug.split('/').slice(1).join('/');
  return {
    repository:
      repositoryOf(vcs?.target_repository_url) ?? named ?? repositoryOf(from?.repo_url) ?? (slug || project.slug),
    revision: commitOf(vcs?.revision) ?? commitOf(from?.checkout_sha),
    branch: vcs?.branch ?? from?.branch,
    trigger: trigger?.type ?? parameters?.circleci?.event_type,
    actor: parameters?.circleci?.actor_id,
  };
}

function outcomeOf(status: string) {
  for (const [theirs, ours] of outcomes) if (theirs === status) return ours;
  return undefined;
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
