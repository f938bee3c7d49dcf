import { z } from 'zod';
import type { Fact } from '../../event.ts';
import { name } from '../../vocabulary/commit.ts';
import { fact, facts, optionalText, readAs, rejected, senderId } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { moment, project, user } from './shape.ts';

/** A deployment's change of status, as its hook or the API tells it. */
export interface DeploymentStatus {
  readonly path: string;
  /** The id over the whole installation, which hooks and API share; not the number within the project. */
  readonly id: string;
  readonly status: string;
  readonly environment: string;
  /** `production`, `staging`, … as the project or GitLab's guess has it. */
  readonly tier: string | undefined;
  /** Full, if it can be had. */
  readonly sha: string | undefined;
  readonly actor: string | undefined;
  readonly url: string | undefined;
  /** UTC ISO, whole seconds. */
  readonly at: string;
}

/**
 * One status of a deployment, or null if it is none that is known. Each deployment is a rollout: a retried job makes
 * another one. GitLab's `failed` says nothing about whether users noticed, so the environment's definition may.
 */
export function rolloutFact(deployment: DeploymentStatus): Fact | null {
  const { path, status, at } = deployment;
  const data = {
    rollout_id: `${path}/deployments/${deployment.id}`.slice(0, 512),
    repository: path,
    environment: deployment.environment,
    // A tier is a guess where nobody set it, so only the word for production says something.
    production_environment: deployment.tier?.toLowerCase() === 'production' ? true : undefined,
    revision: deployment.sha?.toLowerCase(),
    actor: deployment.actor,
    url: deployment.url,
  };
  const key = [data.rollout_id, status];
  switch (status) {
    case 'created':
    case 'blocked':
      return fact('deployment.queued', at, key, data);
    case 'running':
      return fact('deployment.started', at, key, data);
    case 'success':
      return fact('deployment.finished', at, key, { ...data, outcome: 'succeeded' });
    case 'failed':
      return fact('deployment.finished', at, key, { ...data, outcome: 'failed' });
    case 'canceled':
    case 'skipped':
      return fact('deployment.finished', at, key, { ...data, outcome: 'cancelled' });
    default:
      return null;
  }
}

const payload = z.object({
  deployment_id: senderId,
  status: name,
  status_changed_at: moment,
  environment: name,
  environment_tier: optionalText(),
  short_sha: optionalText(64),
  commit_url: optionalText(2048),
  deployable_url: optionalText(2048),
  project,
  user,
});

/** `deployment`. The hook has only the first digits of the revision; all of them are in the commit's address. */
export function deploymentEvent(body: unknown): Normalized {
  const read = readAs(body, payload);
  if (!read.ok) return read.normalized;
  const found = read.value;
  const told = rolloutFact({
    path: found.project.path_with_namespace,
    id: found.deployment_id,
    status: found.status,
    environment: found.environment,
    tier: found.environment_tier,
    sha: fullSha(found.commit_url, found.short_sha) ?? found.short_sha,
    actor: found.user?.username,
    url: found.deployable_url,
    at: found.status_changed_at,
  });
  return told === null ? rejected(`status: ${JSON.stringify(found.status.slice(0, 64))} is not known`) : facts(told);
}

function fullSha(commitUrl: string | undefined, shortSha: string | undefined): string | undefined {
  const sha = /\/commits?\/([0-9a-f]{40,64})\/?(?:[?#].*)?$/i.exec(commitUrl ?? '')?.[1]?.toLowerCase();
  return sha?.startsWith(shortSha?.toLowerCase() ?? '') ? sha : undefined;
}
