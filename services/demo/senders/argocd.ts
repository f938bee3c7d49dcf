import { uuidOf } from '../year/random.ts';
import type { Outgoing } from '../year/simulation.ts';
import { githubTime } from './github-parts.ts';

/** One sync operation of an application, as far as it has come. */
export interface Sync {
  readonly application: string;
  readonly service: string;
  readonly environment: string;
  /** `owner/name`; the manifests lie beside the code, so its revision is the code's. */
  readonly repository: string;
  readonly revision: string;
  readonly startedAt: number;
  readonly phase: 'Running' | 'Succeeded' | 'Failed' | 'Error';
  /** Null while it runs. */
  readonly finishedAt: number | null;
  readonly health: 'Healthy' | 'Progressing' | 'Degraded';
  readonly healthSince: number;
  /** The person who pressed the button; null if Argo CD synced by itself. */
  readonly initiatedBy: string | null;
  readonly message: string;
}

/** A notification: the whole Application, less what no reader needs (managed fields, the list of resources). */
export function argocdNotification(sync: Sync, now: number): Outgoing {
  const source = {
    path: `deploy/${sync.environment}`,
    repoURL: `https://github.com/${sync.repository}.git`,
    targetRevision: 'main',
  };
  const destination = { namespace: sync.service, server: `https://${sync.environment}.k8s.kestrel.example` };
  const operation = {
    initiatedBy: sync.initiatedBy === null ? { automated: true } : { username: sync.initiatedBy },
    retry: { limit: 2 },
    sync: { prune: true, revision: sync.revision },
  };
  const application = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      annotations: {},
      creationTimestamp: '2024-02-06T09:12:44Z',
      generation: 1 + Math.floor(now / 3_600_000) - 400_000,
      labels: { environment: sync.environment, 'app.kubernetes.io/part-of': sync.service },
      name: sync.application,
      namespace: 'argocd',
      resourceVersion: String(Math.floor(now / 1000)),
      uid: uuidOf('application', sync.application),
    },
    spec: { destination, project: sync.service, source },
    status: {
      health: { lastTransitionTime: githubTime(sync.healthSince), status: sync.health },
      operationState: {
        ...(sync.finishedAt === null ? {} : { finishedAt: githubTime(sync.finishedAt) }),
        message: sync.message,
        operation,
        phase: sync.phase,
        startedAt: githubTime(sync.startedAt),
        syncResult: { revision: sync.revision, source },
      },
      reconciledAt: githubTime(now),
      resourceHealthSource: 'appTree',
      sourceType: 'Kustomize',
      summary: { images: [`ghcr.io/${sync.repository}/${sync.service}:${sync.revision.slice(0, 12)}`] },
      sync: { comparedTo: { destination, source }, revision: sync.revision, status: 'Synced' },
    },
  };
  return {
    source: 'argocd',
    headers: { 'content-type': 'application/json', 'user-agent': 'Go-http-client/1.1' },
    body: JSON.stringify({
      timestamp: new Date(now).toISOString().replace('Z', '138Z'),
      context: { argocdUrl: 'https://argocd.kestrel.example', notificationType: 'headway' },
      app: application,
    }),
  };
}

/** What an Argo CD rollout is called: the application's uid and the second at which it started. */
export function argocdRolloutId(application: string, startedAt: number): string {
  return `${uuidOf('application', application)}/${githubTime(startedAt)}`;
}
