import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import { instant } from '../time.ts';
import { name } from '../vocabulary/commit.ts';
import { abortFacts, environmentLabel, SETTLING_MS } from './argocd/rollouts.ts';
import { repositoryOf } from './repository.ts';
import {
  digest,
  fact,
  facts,
  ignored,
  listOf,
  optionalFlag,
  optionalInstant,
  optionalText,
  readAs,
  readBody,
  rejected,
  snapshot,
} from './shape.ts';
import { tokenMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const gitOrChart = z.object({ repoURL: optionalText(2048), chart: optionalText() }).nullish();
const revisions = listOf(z.string().max(512), 100).nullish();
const sources = listOf(gitOrChart, 100).nullish();
const nothingOr = <T extends z.ZodType>(schema: T) => schema.nullish();

const application = z.object({
  metadata: z.object({
    name,
    namespace: optionalText(),
    uid: name.max(128),
    labels: nothingOr(z.record(z.string(), z.unknown())),
    ownerReferences: listOf(z.object({ kind: optionalText(), name: optionalText() }), 100).nullish(),
    deletionTimestamp: z.unknown().optional(),
  }),
  spec: nothingOr(
    z.object({
      destination: nothingOr(z.object({ name: optionalText(), namespace: optionalText(), server: optionalText(2048) })),
      source: gitOrChart,
      sources,
    }),
  ),
  status: nothingOr(
    z.object({
      operationState: nothingOr(
        z.object({
          phase: name,
          startedAt: instant,
          finishedAt: optionalInstant,
          syncResult: nothingOr(z.object({ revision: optionalText(), revisions, source: gitOrChart, sources })),
          operation: nothingOr(
            z.object({
              initiatedBy: nothingOr(z.object({ username: optionalText(), automated: optionalFlag })),
              sync: nothingOr(z.object({ revision: optionalText(), revisions })),
            }),
          ),
        }),
      ),
      health: nothingOr(z.object({ status: optionalText(), lastTransitionTime: optionalInstant })),
      summary: nothingOr(z.object({ images: listOf(z.string().max(1024), 2000).nullish() })),
    }),
  ),
});

type Application = z.output<typeof application>;
type Operation = NonNullable<NonNullable<Application['status']>['operationState']>;

const envelope = z.object({
  app: z.unknown().optional(),
  context: nothingOr(z.object({ argocdUrl: optionalText(1024) })),
});

/** Argo CD's notifications, by Headway's own template or any that posts the whole Application; and aborts of Argo Rollouts. */
export const argocd: Source = {
  name: 'argocd',
  title: 'Argo CD',
  normaliser: 2,
  events: [
    { event: 'sync running', feeds: 'rollouts: their start' },
    { event: 'sync succeeded and healthy', feeds: 'rollouts that succeeded' },
    { event: 'sync failed', feeds: 'rollouts that failed before anyone saw them' },
    { event: 'degraded after a sync', feeds: 'rollouts that failed in front of users' },
    { event: 'Argo Rollouts: aborted', feeds: 'canaries of over an hour that failed in front of users' },
  ],
  signature: 'A static secret: `Authorization: Bearer …` or `X-Headway-Token`. Argo CD signs nothing, so use TLS.',
  dedupe: 'The application, the operation’s start, its state and time.',
  setup: `1. Put a secret of your choice into \`argocd-notifications-secret\` under \`headway-token\`, and set the same as
   \`HEADWAY_SECRET_ARGOCD\`.
2. Merge \`workspace/argocd-notifications/headway.yaml\` into \`argocd-notifications-cm\`, with \`{url}\` as its address.
3. Label applications \`environment\` (or \`env\`), those of an ApplicationSet in its template. Else the destination's name is
   the environment; else what the name of an ApplicationSet's child adds to that of the set (\`till-eu-prod\` of \`till\`); else
   the namespace.
4. If your canaries take over an hour, or Argo CD does not apply your Rollouts, merge
   \`workspace/argo-rollouts-notifications/headway.yaml\` into \`argo-rollouts-notification-configmap\`, with the same address and
   secret. Shorter canaries need nothing: their application degrades.`,
  verify: (delivery, secrets) => tokenMatches(delivery.headers, secrets),
  normalise,
};

function normalise(delivery: Delivery): Normalized {
  const outer = readBody(delivery, z.looseObject({}));
  if (!outer.ok) return outer.normalized;
  if (outer.value.rollout !== undefined) return abortFacts(outer.value);
  const wrapped = readAs(outer.value, envelope);
  const app = readAs(outer.value.app ?? outer.value, application);
  if (!app.ok) return app.normalized;
  if (app.value.metadata.deletionTimestamp) return ignored('the application is being deleted');
  const operation = app.value.status?.operationState;
  if (!operation) return ignored('no operation has begun');
  return rolloutFacts(app.value, operation, wrapped.ok ? wrapped.value.context?.argocdUrl : undefined);
}

function rolloutFacts(app: Application, operation: Operation, argocdUrl: string | undefined): Normalized {
  const environment = environmentOf(app);
  if (environment === undefined) return rejected('spec.destination: has no name, namespace or server');
  const identity = {
    rollout_id: `${app.metadata.uid}/${operation.startedAt.replace('.000Z', 'Z')}`,
    application: app.metadata.name,
    environment,
  };
  const key = [identity.rollout_id];
  // Argo CD's controller can miss a short Running, but every later body knows when the operation began.
  const started = fact('deployment.started', operation.startedAt, key, identity);
  const ending = endingOf(app, operation);
  if (ending === 'none') return facts(started);
  if ('ignored' in ending) return ignored(ending.ignored);
  if ('rejected' in ending) return rejected(ending.rejected);
  const finished = snapshot('deployment.finished', ending.at, [identity.rollout_id, ending.outcome], {
    ...identity,
    ...deployed(app, operation),
    outcome: ending.outcome,
    url: linkTo(app, argocdUrl),
  });
  return facts(started, finished);
}

type Ending =
  | 'none'
  | { readonly outcome: 'succeeded' | 'failed_live' | 'failed_dark'; readonly at: string }
  | { readonly ignored: string }
  | { readonly rejected: string };

/** Succeeded only means applied: the rollout is over when the application turned healthy, or degraded before it did. */
function endingOf(app: Application, operation: Operation): Ending {
  const { phase, finishedAt } = operation;
  if (phase === 'Running' || phase === 'Terminating') return 'none';
  if (phase !== 'Succeeded' && phase !== 'Failed' && phase !== 'Error') {
    return { rejected: `status.operationState.phase: ${JSON.stringify(phase.slice(0, 64))} is not known` };
  }
  if (finishedAt === undefined) return { rejected: 'status.operationState.finishedAt: is missing' };
  if (phase !== 'Succeeded') return { outcome: 'failed_dark', at: finishedAt };
  const health = app.status?.health;
  const turnedAt = health?.lastTransitionTime ?? finishedAt;
  const settledLate = Date.parse(turnedAt) > Date.parse(finishedAt) + SETTLING_MS;
  const settledAt = [turnedAt, finishedAt].sort().at(-1) ?? finishedAt;
  if (health?.status === 'Healthy') return { outcome: 'succeeded', at: settledLate ? finishedAt : settledAt };
  if (health?.status !== 'Degraded') return 'none';
  if (settledLate) return { ignored: 'it degraded long after the sync: an incident, not this rollout' };
  return { outcome: 'failed_live', at: settledAt };
}

/**
 * What the operation deployed. `syncResult` says it; `sync` may already be ahead, and an operation that failed early has
 * no result, so that only what it was asked for is known. Chart and OCI revisions are versions, not commits.
 */
function deployed(app: Application, operation: Operation) {
  const result = operation.syncResult;
  const asked = operation.operation?.sync;
  const all =
    nonEmpty(result?.revisions) ??
    nonEmpty([result?.revision ?? '']) ??
    nonEmpty(asked?.revisions) ??
    nonEmpty([asked?.revision ?? '']) ??
    [];
  const from =
    nonEmptySources(result?.sources, result?.source) ?? nonEmptySources(app.spec?.sources, app.spec?.source) ?? [];
  const at = from.findIndex((source, index) => isGit(source) && /^[0-9a-f]{40,64}$/i.test(all[index] ?? ''));
  const images = [...(app.status?.summary?.images ?? [])].sort();
  const git = from[at] ?? from.find(isGit);
  const by = operation.operation?.initiatedBy;
  return {
    repository: repositoryOf(git?.repoURL),
    revision: at < 0 ? undefined : all[at]?.toLowerCase(),
    config_digest: all.length + images.length === 0 ? undefined : digest([all, images]),
    trigger: by?.automated === true ? 'automated' : by?.username === undefined ? undefined : 'manual',
    actor: by?.username,
  };
}

type GitOrChart = z.output<typeof gitOrChart>;

function isGit(source: GitOrChart): boolean {
  const url = source?.repoURL;
  return url !== undefined && source?.chart === undefined && !url.startsWith('oci://');
}

function nonEmpty(list: readonly string[] | null | undefined): readonly string[] | undefined {
  return list?.some((revision) => revision !== '') ? list : undefined;
}

function nonEmptySources(
  many: readonly GitOrChart[] | null | undefined,
  one: GitOrChart,
): readonly GitOrChart[] | undefined {
  const list = many && many.length > 0 ? many : [one];
  return list.some((source) => source?.repoURL !== undefined) ? list : undefined;
}

function environmentOf(app: Application): string | undefined {
  const { name: cluster, namespace, server } = app.spec?.destination ?? {};
  // `in-cluster` is what Argo CD calls the cluster that it runs in itself.
  const elsewhere = cluster === 'in-cluster' ? undefined : cluster;
  return (
    environmentLabel(app.metadata.labels) ??
    elsewhere ??
    addedToTheSet(app) ??
    namespace ??
    cluster ??
    server?.slice(0, 512)
  );
}

/** `eu-prod` of `till-eu-prod` or `eu-prod-till`, a child of the ApplicationSet `till`: what its generator has put in. */
function addedToTheSet({ metadata }: Application): string | undefined {
  const set =
    metadata.ownerReferences?.find(({ kind }) => kind === 'ApplicationSet')?.name ??
    metadata.labels?.['argocd.argoproj.io/application-set-name'];
  if (typeof set !== 'string' || set === '') return undefined;
  if (metadata.name.startsWith(`${set}-`)) return metadata.name.slice(set.length + 1) || undefined;
  return metadata.name.endsWith(`-${set}`) ? metadata.name.slice(0, -set.length - 1) || undefined : undefined;
}

function linkTo(app: Application, argocdUrl: string | undefined): string | undefined {
  if (argocdUrl === undefined) return undefined;
  const path = [app.metadata.namespace, app.metadata.name].filter((part) => part !== undefined).map(encodeURIComponent);
  return `${argocdUrl.replace(/\/+$/, '')}/applications/${path.join('/')}`.slice(0, 2048);
}
