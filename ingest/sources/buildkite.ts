import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import type { Fact } from '../event.ts';
import { name } from '../vocabulary/commit.ts';
import { commitOf, repositoryOf } from './repository.ts';
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
  snapshot,
} from './shape.ts';
import { equalInConstantTime } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const build = z.object({
  id: senderId,
  number: z.int().positive().nullish(),
  state: optionalText(),
  blocked: optionalFlag,
  branch: optionalText(),
  commit: optionalText(64),
  source: optionalText(),
  created_at: optionalInstant,
  scheduled_at: optionalInstant,
  started_at: optionalInstant,
  finished_at: optionalInstant,
  creator: z.object({ name: optionalText() }).nullish(),
});
const pipeline = z.object({ slug: name.max(250), repository: optionalText(2048) });
const buildPayload = z.object({ event: name, build, pipeline });
const jobPayload = buildPayload.extend({
  job: z.object({
    id: senderId,
    type: optionalText(),
    name: optionalText(),
    state: optionalText(),
    exit_status: z.int().nullish(),
    created_at: optionalInstant,
    scheduled_at: optionalInstant,
    runnable_at: optionalInstant,
    started_at: optionalInstant,
    finished_at: optionalInstant,
    retries_count: z.int().nonnegative().nullish(),
    agent: z.object({ name: optionalText() }).nullish(),
  }),
});
const payload = z.object({ event: name });

type Build = z.output<typeof build>;
type Job = z.output<typeof jobPayload>['job'];

const buildOutcomes = new Map([
  ['passed', 'succeeded'],
  ['failed', 'failed'],
  ['canceled', 'cancelled'],
  ['skipped', 'skipped'],
  ['not_run', 'skipped'],
] as const);
const jobOutcomes = new Map([
  ['passed', 'succeeded'],
  ['failed', 'failed'],
  ['canceled', 'cancelled'],
  ['timed_out', 'timed_out'],
  ['expired', 'timed_out'],
  ['skipped', 'skipped'],
  ['broken', 'skipped'],
] as const);

/** Buildkite's webhook notification service. */
export const buildkite: Source = {
  name: 'buildkite',
  title: 'Buildkite',
  normaliser: 1,
  events: [
    {
      event: 'build.scheduled, build.running, build.finished, build.skipped',
      feeds: 'pipeline runs: queue and run time, success',
    },
    { event: 'job.scheduled, job.started, job.finished', feeds: 'jobs of pipeline runs: queue time, retries' },
  ],
  headers: ['x-buildkite-event'],
  signature:
    'HMAC-SHA256 of the time and the raw body in `X-Buildkite-Signature`, at most five minutes old; or the token itself in `X-Buildkite-Token`.',
  dedupe: 'The build or job, its state and time: a second notification service adds nothing.',
  setup: `1. *Organization Settings → Notification Services → Webhook → Add*, URL \`{url}\`.
2. Choose *Send an HMAC signature in the X-Buildkite-Signature header*, and set the token that Buildkite shows as
   \`HEADWAY_SECRET_BUILDKITE\`. The clocks of both sides have to agree to five minutes.
3. Events: \`build.scheduled\`, \`build.running\`, \`build.finished\`, \`build.skipped\`, \`job.scheduled\`, \`job.started\`, \`job.finished\`;
   all pipelines.
4. A build that waits for someone to unblock it is not over: its end is that of the last part. A rebuild is a build of its
   own; a retried job raises its attempt.
5. Builds are no deployments unless the workspace says which pipeline or job deploys where.`,
  verify,
  normalise(delivery) {
    const body = readBody(delivery, payload);
    if (!body.ok) return body.normalized;
    const { event } = body.value;
    if (event === 'ping') return ignored('a ping says that the notification service is connected');
    if (event.startsWith('build.')) return buildEvent(delivery);
    if (event.startsWith('job.')) return jobEvent(delivery);
    return ignored(`no metric reads ${event.slice(0, 100)}`);
  },
};

const SIGNED_TIME_TOLERANCE_SECONDS = 5 * 60;

/** A signature that is there has to be right: the token beside it proves nothing then. */
function verify({ headers, body, received_at }: Delivery, secrets: readonly string[]): boolean {
  const signed = headers['x-buildkite-signature'];
  const token = headers['x-buildkite-token'] ?? '';
  let matches = false;
  if (signed === undefined || signed === '') {
    if (token === '') return false;
    for (const secret of secrets) if (equalInConstantTime(token, secret)) matches = true;
    return matches;
  }
  const [, timestamp = '', signature = ''] = /^timestamp=(\d{1,12}),\s*signature=([0-9a-f]{64})$/.exec(signed) ?? [];
  if (signature === '') return false;
  if (!(Math.abs(Number(timestamp) - Date.parse(received_at) / 1000) <= SIGNED_TIME_TOLERANCE_SECONDS)) return false;
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
    if (equalInConstantTime(signature, expected)) matches = true;
  }
  return matches;
}

/**
 * A build is a run. The body may show a later state than the event that caused it, so every time it states is told, and
 * the end only where nothing is left to be unblocked.
 */
function buildEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, buildPayload);
  if (!body.ok) return body.normalized;
  const { event, build: run, pipeline: of } = body.value;
  const data = {
    run_id: run.id,
    ...origin(run, of),
    branch: run.branch,
    trigger: run.source,
    actor: run.creator?.name,
  };
  const key = [run.id];
  // What may change while the build goes on (its commit turns from HEAD into a hash) makes another fact of the same moment.
  const told: Fact[] = [];
  const queuedAt = run.scheduled_at ?? run.created_at;
  if (queuedAt !== undefined) told.push(snapshot('pipelinerun.queued', queuedAt, key, data));
  if (run.started_at !== undefined) told.push(snapshot('pipelinerun.started', run.started_at, key, data));
  if (event === 'build.finished' || event === 'build.skipped') {
    if (run.blocked === true || run.state === 'blocked') {
      return told.length > 0 ? facts(...told) : ignored('a blocked build is not over');
    }
    const outcome = find(buildOutcomes, run.state);
    if (outcome === undefined) return rejected(`build.state: ${quote(run.state)} is not known`);
    const finishedAt = run.finished_at ?? (outcome === 'skipped' ? queuedAt : undefined);
    if (finishedAt === undefined) return rejected('build.finished_at: is missing');
    told.push(fact('pipelinerun.finished', finishedAt, [...key, outcome], { ...data, outcome }));
  }
  return told.length > 0 ? facts(...told) : ignored(`${event.slice(0, 100)} states no time`);
}

/** A job that runs commands. Waits, blocks and triggers are steps of the pipeline that occupy no agent. */
function jobEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, jobPayload);
  if (!body.ok) return body.normalized;
  const { event, build: run, job, pipeline: of } = body.value;
  if (job.type !== undefined && job.type !== 'script')
    return ignored(`a job of type ${job.type.slice(0, 64)} runs nothing`);
  const { repository, workflow, revision } = origin(run, of);
  const data = {
    job_id: job.id,
    run_id: run.id,
    attempt_no: job.retries_count === undefined || job.retries_count === null ? undefined : job.retries_count + 1,
    repository,
    workflow,
    job: job.name,
    revision,
    runner: job.agent?.name,
  };
  const key = [run.id, job.id];
  const told: Fact[] = [];
  const queuedAt = job.runnable_at ?? job.scheduled_at ?? job.created_at;
  if (queuedAt !== undefined) told.push(snapshot('taskrun.queued', queuedAt, key, data));
  if (job.started_at !== undefined) told.push(snapshot('taskrun.started', job.started_at, key, data));
  if (event === 'job.finished') {
    const outcome = jobOutcome(job);
    if (outcome === undefined) return rejected(`job.state: ${quote(job.state)} is not known`);
    if (job.finished_at === undefined) return rejected('job.finished_at: is missing');
    told.push(fact('taskrun.finished', job.finished_at, [...key, outcome], { ...data, outcome }));
  }
  return told.length > 0 ? facts(...told) : ignored(`${event.slice(0, 100)} states no time`);
}

/** A finished job is `finished` in some payloads: its exit status tells how. */
function jobOutcome(job: Job) {
  if (job.state !== 'finished') return find(jobOutcomes, job.state);
  if (job.exit_status === undefined || job.exit_status === null) return undefined;
  return job.exit_status === 0 ? ('succeeded' as const) : ('failed' as const);
}

/** `commit` is the word HEAD until the build has looked it up. */
function origin(run: Build, of: z.output<typeof pipeline>) {
  const hash = run.commit ?? '';
  return {
    repository: repositoryOf(of.repository) ?? of.repository ?? of.slug,
    workflow: of.slug,
    revision: commitOf(hash) ?? (/^[0-9a-f]{7,40}$/i.test(hash) ? hash.toLowerCase() : undefined),
  };
}

function find<T>(words: ReadonlyMap<string, T>, word: string | undefined): T | undefined {
  return word === undefined ? undefined : words.get(word);
}

function quote(text: string | undefined): string {
  return text === undefined ? 'an absent value' : JSON.stringify(text.slice(0, 64));
}
