import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import type { Fact } from '../../event.ts';
import { instant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { fact, facts, ignored, optionalText, readBody, rejected, senderId } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { account, repository } from './shape.ts';

/** A field of the free-form payload: other tools put other things there, so what does not fit counts as absent. */
const word = name.optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);
const names = z.array(name).min(1).max(10_000).optional().catch(undefined);

/** What a deployment's `payload` may tell Headway; see the source's setup text. */
const told = z.object({
  service: word,
  artifact_digest: word,
  config_digest: word,
  fixes: word,
  fixes_rollout: word,
  rolls_back: word,
  planned: flag,
  precautionary: flag,
  changes: names,
  commits: names,
});

/** A deployment, as webhooks and the REST API tell it. */
export const deployment = z.object({
  id: senderId,
  sha: name.max(64),
  environment: name,
  original_environment: optionalText(),
  production_environment: z.boolean().nullish(),
  task: optionalText(),
  created_at: instant,
  creator: account,
  payload: z.unknown().optional(),
});
/** The run of Actions that made it. Webhooks carry it; through the API it is in the address of a status's log. */
export const workflowRun = z
  .object({ id: senderId, run_attempt: z.int().positive().nullish(), event: optionalText() })
  .nullish();
/** A status of a deployment, as webhooks and the REST API tell it. */
export const deploymentStatus = z.object({
  id: senderId,
  state: name,
  environment: optionalText(),
  created_at: instant,
  log_url: optionalText(2048),
  target_url: optionalText(2048),
});

const deploymentPayload = z.object({ action: name, deployment, workflow_run: workflowRun, repository });
const statusPayload = deploymentPayload.extend({ deployment_status: deploymentStatus });

/** A deployment with what it belongs to. `run` is the run of Actions that made it, if one did. */
export interface Deployed {
  readonly repo: string;
  readonly deployment: z.output<typeof deployment>;
  readonly run: z.output<typeof workflowRun>;
}

/** Created: the rollout is queued. */
export function deploymentFact(deployed: Deployed): Fact {
  const { deployment: made } = deployed;
  const data = rolloutOf(deployed, made.environment);
  return fact('deployment.queued', made.created_at, [data.rollout_id, 'deployment', made.id], data);
}

/** One status of a deployment; null if it says nothing about the rollout, as {@link deploymentStatusEvent} tells. */
export function deploymentStatusFact(deployed: Deployed, status: z.output<typeof deploymentStatus>): Fact | null {
  const url = status.log_url ?? status.target_url;
  const data = { ...rolloutOf(deployed, status.environment ?? deployed.deployment.environment), url };
  const key = [data.rollout_id, 'status', status.id, status.state];
  switch (status.state) {
    case 'queued':
    case 'pending':
    case 'waiting':
      return fact('deployment.queued', status.created_at, key, data);
    case 'in_progress':
      return fact('deployment.started', status.created_at, key, data);
    case 'success':
      return fact('deployment.finished', status.created_at, key, { ...data, outcome: 'succeeded' });
    case 'failure':
    case 'error':
      return fact('deployment.finished', status.created_at, key, { ...data, outcome: 'failed_dark' });
    default:
      return null;
  }
}

/** `deployment` created. */
export function deploymentEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, deploymentPayload);
  if (!body.ok) return body.normalized;
  const { action, deployment: made, workflow_run: run, repository: repo } = body.value;
  if (action !== 'created') return ignored(`deployment ${action} changes nothing that is measured`);
  return facts(deploymentFact({ repo: repo.full_name, deployment: made, run }));
}

/**
 * `deployment_status`: how the rollout goes. The last terminal state decides; `inactive` only says that another
 * deployment took over, and for most superseded ones is never sent at all.
 */
export function deploymentStatusEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, statusPayload);
  if (!body.ok) return body.normalized;
  const { deployment: made, deployment_status: status, workflow_run: run, repository: repo } = body.value;
  const told = deploymentStatusFact({ repo: repo.full_name, deployment: made, run }, status);
  if (told !== null) return facts(told);
  return status.state === 'inactive'
    ? ignored('a deployment that became inactive was superseded by another, which reports for itself')
    : rejected(`deployment_status.state: ${JSON.stringify(status.state.slice(0, 64))} is not known`);
}

/** What every fact of a deployment says of its rollout. */
export function rolloutOf({ repo, deployment: made, run }: Deployed, environment: string) {
  const said = told.safeParse(payloadObject(made.payload)).data ?? {};
  return {
    rollout_id: rolloutId(repo, made, run, said.service),
    attempt_no: run?.run_attempt ?? undefined,
    service_id: said.service,
    repository: repo,
    environment,
    // Older payloads lack the flag, so only `true` says something.
    production_environment: made.production_environment === true ? true : undefined,
    revision: made.sha,
    artifact_digest: said.artifact_digest,
    config_digest: said.config_digest,
    fixes_incident: said.fixes,
    fixes_rollout: said.fixes_rollout,
    rolls_back: said.rolls_back,
    planned: said.planned,
    precautionary: said.precautionary,
    changes: said.changes,
    commits: said.commits,
    trigger: run?.event ?? made.task,
    actor: made.creator?.login,
  };
}

/**
 * A re-run of a workflow makes a new deployment of the same rollout, so what Actions made is named by run, environment
 * and revision, and by the service where the payload tells one: a run may deploy several.
 */
function rolloutId(
  repo: string,
  made: z.output<typeof deployment>,
  run: z.output<typeof workflowRun>,
  service: string | undefined,
): string {
  if (!run) return `${repo}/deployments/${made.id}`;
  // A status may rename the environment later; the original name stays.
  const of = [run.id, made.original_environment ?? made.environment, made.sha];
  return (service === undefined ? of : [...of, service]).join('/').slice(0, 512);
}

/** The payload is an object, or a text that holds one. */
function payloadObject(payload: unknown): unknown {
  if (typeof payload !== 'string' || payload.length > 100_000) return payload ?? {};
  try {
    return JSON.parse(payload);
  } catch {
    return {};
  }
}
