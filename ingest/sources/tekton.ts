import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import type { Fact } from '../event.ts';
import { readCloudEvents, readEach } from './cloudevents.ts';
import { facts, ignored, readAs, snapshot } from './shape.ts';
import { tokenMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';
import { originOf } from './tekton/origin.ts';
import { type TektonRun, tektonRun } from './tekton/shape.ts';

/** Tekton's CloudEvents. */
export const tekton: Source = {
  name: 'tekton',
  title: 'Tekton',
  normaliser: 1,
  events: [
    { event: 'dev.tekton.event.pipelinerun.*', feeds: 'pipeline runs: queued, started, finished' },
    { event: 'dev.tekton.event.taskrun.*', feeds: 'jobs of pipeline runs' },
  ],
  headers: ['ce-type'],
  signature:
    'A static secret in the sink’s address (`?token=…`), or `X-Headway-Token` added by a gateway. Tekton signs nothing, so use TLS.',
  dedupe:
    'The run’s uid, its state and the time of it; what Tekton sends again after a restart has another id and the same run.',
  setup: `1. Put a secret of your choice into \`HEADWAY_SECRET_TEKTON\`.
2. Set the sink to \`{url}?token=<secret>\`:
   \`kubectl -n tekton-pipelines patch configmap config-events -p '{"data": {"sink": "{url}?token=<secret>", "formats": "tektonv1"}}'\`.
   Who may read that ConfigMap reads the secret; a gateway in the cluster that adds the header \`X-Headway-Token\` avoids it.
3. Pipelines as Code tells repository, branch and commit. Else annotate the PipelineRuns (in the TriggerTemplate)
   \`headway/repository: owner/name\`, \`headway/revision: <commit>\` and \`headway/branch: <branch>\`; Tekton hands annotations on
   to the TaskRuns. Parameters called \`repo-url\` or \`git-url\` and \`revision\` are read too. A run that names no repository
   counts under \`<namespace>/<pipeline>\`.
4. A run that deploys is a rollout once \`environments.yaml\` says so.`,
  verify: (delivery, secrets) => tokenMatches(delivery.headers, secrets),
  normalise,
};

const body = z
  .object({ pipelineRun: z.unknown(), taskRun: z.unknown(), customRun: z.unknown(), run: z.unknown() })
  .partial();

function normalise(delivery: Delivery): Normalized {
  const read = readCloudEvents(delivery);
  if (!read.ok) return read.normalized;
  return readEach(read.events, ({ type, data }) => {
    if (type !== undefined && !type.startsWith('dev.tekton.event.'))
      return ignored(`no metric reads ${type.slice(0, 100)}`);
    const inner = readAs(data, body);
    if (!inner.ok) return inner.normalized;
    const { pipelineRun, taskRun, customRun = inner.value.run } = inner.value;
    if (pipelineRun !== undefined) return readRun('pipelineRun', pipelineRun, pipelineFacts);
    if (taskRun === undefined && customRun !== undefined) return ignored('a custom run is no job of ours');
    return readRun('taskRun', taskRun, taskFacts);
  });
}

function readRun(called: string, value: unknown, factsOf: (run: TektonRun) => Fact[]): Normalized {
  const read = readAs({ [called]: value }, z.object({ [called]: tektonRun }));
  if (!read.ok) return read.normalized;
  const run = read.value[called];
  const made = run === undefined ? [] : factsOf(run);
  return made.length > 0 ? facts(...made) : ignored('the run says no time');
}

/** Every body is the whole run, so each tells all that has happened so far: a missed delivery misses nothing. */
function pipelineFacts(run: TektonRun): Fact[] {
  const { uid } = run.metadata;
  const workflow = workflowOf(run);
  const { repository, ...origin } = originOf(run);
  const data = { run_id: uid, repository: repository ?? ofNone(run, workflow), workflow, ...origin };
  const { queued, started, finished } = timesOf(run);
  return [
    ...(queued === undefined ? [] : [snapshot('pipelinerun.queued', queued, [uid], data)]),
    ...(started === undefined ? [] : [snapshot('pipelinerun.started', started, [uid], data)]),
    ...(finished === undefined
      ? []
      : [snapshot('pipelinerun.finished', finished.at, [uid], { ...data, outcome: finished.outcome })]),
  ];
}

function taskFacts(run: TektonRun): Fact[] {
  const { uid } = run.metadata;
  const labels = run.metadata.labels ?? {};
  const workflow = workflowOf(run);
  const origin = originOf(run);
  const parent = run.metadata.ownerReferences?.find(({ kind }) => kind === 'PipelineRun')?.uid;
  const attempt_no = (run.status?.retriesStatus?.length ?? 0) + 1;
  const data = {
    job_id: uid,
    // A task that runs by itself is a run of one job.
    run_id: parent ?? textOf(labels['tekton.dev/pipelineRunUID']) ?? uid,
    attempt_no,
    repository: origin.repository ?? ofNone(run, workflow),
    workflow,
    job: textOf(labels['tekton.dev/pipelineTask']) ?? textOf(labels['tekton.dev/task']) ?? run.spec?.taskRef?.name,
    revision: origin.revision,
  };
  const key = [uid, String(attempt_no)];
  const { queued, started, finished } = timesOf(run);
  return [
    ...(queued === undefined || attempt_no > 1 ? [] : [snapshot('taskrun.queued', queued, key, data)]),
    ...(started === undefined ? [] : [snapshot('taskrun.started', started, key, data)]),
    ...(finished === undefined
      ? []
      : [snapshot('taskrun.finished', finished.at, key, { ...data, outcome: finished.outcome })]),
  ];
}

type Outcome = 'succeeded' | 'failed' | 'cancelled' | 'timed_out';

function timesOf(run: TektonRun) {
  const condition = run.status?.conditions?.find(({ type }) => type === 'Succeeded');
  const at = run.status?.completionTime ?? condition?.lastTransitionTime;
  const outcome = outcomeOf(condition?.status, condition?.reason ?? '');
  return {
    queued: run.metadata.creationTimestamp,
    started: run.status?.startTime,
    finished: outcome === undefined || at === undefined ? undefined : { at, outcome },
  };
}

/** The condition is the one thing that every version of Tekton has; a cancelled run is a failed one with a reason. */
function outcomeOf(status: string | undefined, reason: string): Outcome | undefined {
  if (status === 'True') return 'succeeded';
  if (status !== 'False') return undefined;
  if (/Cancelled|Stopped/.test(reason)) return 'cancelled';
  return /Timeout|TimedOut/.test(reason) ? 'timed_out' : 'failed';
}

function workflowOf(run: TektonRun): string | undefined {
  return textOf(run.metadata.labels?.['tekton.dev/pipeline']) ?? run.spec?.pipelineRef?.name;
}

/** What stands for the repository of a run that names none: stable, and told apart per pipeline. */
function ofNone(run: TektonRun, workflow: string | undefined): string {
  const what = workflow ?? run.spec?.taskRef?.name ?? run.metadata.name.replace(/-[a-z0-9]{5}$/, '');
  return [run.metadata.namespace, what]
    .filter((part) => part !== undefined)
    .join('/')
    .slice(0, 512);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 512) : undefined;
}
