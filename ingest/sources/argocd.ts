import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import { type Application, application, type Operation } from './argocd/application.ts';
import { deployed } from './argocd/deployed.ts';
import { abortFacts, environmentLabel, SETTLING_MS } from './argocd/rollouts.ts';
import { fact, facts, ignored, optionalText, readAs, readBody, rejected, snapshot } from './shape.ts';
import { tokenMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const envelope = z.object({
  app: z.unknown().optional(),
  context: z.object({ argocdUrl: optionalText(1024) }).nullish(),
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
4. The revision is that of the repository which Argo CD reads. Annotate an application \`headway/repository: owner/name\` to
   say which of several sources is meant, or where the code is if that is elsewhere: then the commit is taken from the tag
   of its image (\`till:<sha>\`, \`till:main-<sha>\`) or from the annotation \`headway/revision\`.
5. If your canaries take over an hour, or Argo CD does not apply your Rollouts, merge
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
