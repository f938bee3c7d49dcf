import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import { instant } from '../time.ts';
import { name } from '../vocabulary/commit.ts';
import { fixesIncident } from './mentions.ts';
import { commitOf, repositoryNamed } from './repository.ts';
import { digest, facts, ignored, optionalText, readBody, rejected, snapshot } from './shape.ts';
import { hubSignatureMatches, tokenMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const event = z.object({
  involvedObject: z.object({
    kind: name.max(128),
    name,
    namespace: optionalText(),
    uid: optionalText(128),
  }),
  severity: optionalText(32),
  timestamp: instant,
  message: optionalText(20_000),
  reason: name.max(128),
  metadata: z.record(z.string(), z.unknown()).nullish(),
});

type FluxEvent = z.output<typeof event>;
type Metadata = ReadonlyMap<string, string>;
type Outcome = 'succeeded' | 'failed' | 'failed_live';
type Ending = { readonly outcome: Outcome } | { readonly ignored: string };

/** What a HelmRelease says of itself; a bare failure may or may not have reached users, which the environment tells. */
const helmEndings: ReadonlyMap<string, Ending> = new Map([
  ['InstallSucceeded', { outcome: 'succeeded' }],
  ['UpgradeSucceeded', { outcome: 'succeeded' }],
  ['RollbackSucceeded', { outcome: 'succeeded' }],
  ['ReconciliationSucceeded', { outcome: 'succeeded' }],
  ['InstallFailed', { outcome: 'failed' }],
  ['UpgradeFailed', { outcome: 'failed' }],
  ['RollbackFailed', { outcome: 'failed' }],
  ['ReconciliationFailed', { outcome: 'failed' }],
  // The release that is tested has been live since its upgrade succeeded.
  ['TestFailed', { outcome: 'failed_live' }],
] as const);

/** Flux's notification-controller, through its `generic` and `generic-hmac` providers. */
export const flux: Source = {
  name: 'flux',
  title: 'Flux',
  normaliser: 1,
  events: [
    { event: 'Kustomization: changes applied, health check passed', feeds: 'rollouts that succeeded' },
    { event: 'Kustomization: HealthCheckFailed', feeds: 'rollouts that failed in front of users' },
    {
      event: 'Kustomization: BuildFailed, ReconciliationFailed, …',
      feeds: 'rollouts that failed before anyone saw them',
    },
    { event: 'HelmRelease: InstallSucceeded, UpgradeSucceeded, RollbackSucceeded', feeds: 'rollouts that succeeded' },
    { event: 'HelmRelease: InstallFailed, UpgradeFailed, TestFailed', feeds: 'rollouts that failed' },
  ],
  headers: ['gotk-component'],
  signature:
    'HMAC-SHA256 of the raw body in `X-Signature: sha256=…` (`generic-hmac`), or a static secret in `Authorization: Bearer …` or `X-Headway-Token` (`generic`).',
  dedupe:
    'The object, its Helm release number (else its revision and the day), the reason and the time. A revision that is applied again on another day is a rollout of its own, which counts as a redeploy.',
  setup: `1. Put a secret of your choice into every cluster, and set the same as \`HEADWAY_SECRET_FLUX\`:
   \`kubectl -n flux-system create secret generic headway --from-literal=token=<secret>\`
2. Apply \`workspace/flux-notifications/headway.yaml\`, with \`{url}\` as its address and the environment that the cluster is.
   List every namespace that holds Kustomizations or HelmReleases. Without \`environment\`, \`env\` or \`cluster\` among the
   metadata, the object's namespace is its environment.
3. A Kustomization's revision is the commit of the repository that Flux reads, a HelmRelease's the version of its chart. Say
   more by annotations on the object: \`event.toolkit.fluxcd.io/repository\` (of the code) and \`event.toolkit.fluxcd.io/commit\`
   (what is deployed of it), \`event.toolkit.fluxcd.io/service\` (its id in the catalog), \`event.toolkit.fluxcd.io/fixes\` (the
   incident that this rollout ends).`,
  verify: (delivery, secrets) =>
    hubSignatureMatches(delivery.headers['x-signature'], delivery.body, secrets) ||
    tokenMatches(delivery.headers, secrets),
  normalise,
};

function normalise(delivery: Delivery): Normalized {
  const read = readBody(delivery, event);
  if (!read.ok) return read.normalized;
  const { kind, uid, namespace } = read.value.involvedObject;
  if (kind !== 'Kustomization' && kind !== 'HelmRelease') return ignored(`no metric reads events of a ${kind}`);
  const metadata = metadataOf(read.value);
  const ending = kind === 'Kustomization' ? kustomizationEnding(read.value, metadata) : helmEnding(read.value);
  if ('ignored' in ending) return ignored(ending.ignored);
  const environment = metadata.get('environment') ?? metadata.get('env') ?? metadata.get('cluster') ?? namespace;
  if (environment === undefined) return rejected('metadata.environment: is missing, and so is the namespace');
  const object = uid ?? [environment, namespace, kind, read.value.involvedObject.name].join('/');
  return rolloutFacts(read.value, metadata, { object, environment, outcome: ending.outcome });
}

function rolloutFacts(
  read: FluxEvent,
  metadata: Metadata,
  of: { object: string; environment: string; outcome: Outcome },
): Normalized {
  const revision = revisionOf(metadata);
  const isRollback = read.reason.startsWith('Rollback');
  if (revision === undefined && !isRollback) return ignored('it concerns no revision');
  const rollout_id = rolloutId(read, of.object, revision, of.outcome);
  const data = {
    rollout_id,
    application: read.involvedObject.name,
    service_id: metadata.get('service'),
    repository: repositoryNamed(metadata.get('repository')),
    environment: of.environment,
    revision,
    artifact_digest: digestOf(metadata.get('oci-digest')) ?? digestOf(metadata.get('revision')),
    trigger: isRollback ? 'rollback' : 'automated',
    fixes_incident: metadata.has('fixes')
      ? fixesIncident(`fixes: ${metadata.get('fixes')}`)
      : fixesIncident(metadata.get('summary')),
    outcome: of.outcome,
  };
  return facts(snapshot('deployment.finished', read.timestamp, [rollout_id, read.reason], data));
}

/**
 * A Kustomization is reconciled again and again, and each time says that it finished: only what changed the cluster, or
 * failed to, is a rollout. Its changes are reported when applied; a health check that fails after that failed in front of users.
 */
function kustomizationEnding(read: FluxEvent, metadata: Metadata): Ending {
  const { reason, message = '' } = read;
  if (read.severity === 'error') {
    if (reason === 'HealthCheckFailed') return { outcome: 'failed_live' };
    return { outcome: 'failed' };
  }
  if (metadata.get('commit_status') === 'update') {
    return { ignored: 'a reconciliation has finished: what it changed was reported when it was applied' };
  }
  if (reason === 'ReconciliationSucceeded') return { outcome: 'succeeded' };
  if (reason !== 'Progressing' && reason !== 'info') return { ignored: `${reason} says nothing of a rollout` };
  if (/^Health check passed\b/.test(message)) return { outcome: 'succeeded' };
  // Dependencies that are not ready are told under the same reason; a change set has a line per object.
  if (!/ (?:created|configured|deleted)$/m.test(message)) return { ignored: 'nothing was applied' };
  return { outcome: 'succeeded' };
}

function helmEnding(read: FluxEvent): Ending {
  return helmEndings.get(read.reason) ?? { ignored: `${read.reason} says nothing of a rollout` };
}

/** Texts of the metadata; controllers prefix their own keys with their API group, which the notification-controller strips. */
function metadataOf(read: FluxEvent): Metadata {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(read.metadata ?? {}).slice(0, 100)) {
    if (typeof value !== 'string' || value.trim() === '') continue;
    const bare = key.replace(/^(?:[\w-]+\.)?toolkit\.fluxcd\.io\//, '');
    if (bare === key || !found.has(bare)) found.set(bare, value.trim().slice(0, 512));
  }
  return found;
}

/**
 * `main@sha1:<sha>`, `v1@sha1:<sha>`, `sha1:<sha>`, or `main/<sha>` as it was before: the commit. An artifact of a registry
 * (`latest@sha256:<digest>`): its digest. A chart: its version.
 */
function revisionOf(metadata: Metadata): string | undefined {
  const stated = metadata.get('commit') ?? metadata.get('originRevision') ?? metadata.get('revision');
  if (stated === undefined) return undefined;
  const named = /(?:^|[@/])(?:sha1:)?([0-9a-f]{40})$/i.exec(stated)?.[1];
  return commitOf(named) ?? digestOf(stated) ?? stated;
}

function digestOf(revision: string | undefined): string | undefined {
  return /(?:^|@)(sha256:[0-9a-f]{64})$/i.exec(revision ?? '')?.[1]?.toLowerCase();
}

/**
 * A Helm release is numbered, and every message of success names the number. Else repeats of a revision within a day
 * (retries, a corrected drift) are one rollout; not for ever, since a health check may fail weeks after the rollout. A
 * failure that reached nobody is one of its own: a reconciliation may trip over the API server long after it succeeded.
 */
function rolloutId(read: FluxEvent, object: string, revision: string | undefined, outcome: Outcome): string {
  if (read.reason.startsWith('Rollback')) return `${object}/rollback/${read.timestamp}`;
  const release = /\brelease \S{1,512}\.v(\d{1,10})\b/.exec(read.message ?? '')?.[1];
  if (read.involvedObject.kind === 'HelmRelease' && release !== undefined) return `${object}/v${release}`;
  const what = (revision ?? '').length > 200 ? digest(revision) : revision;
  return `${object}/${what}/${read.timestamp.slice(0, 10)}${outcome === 'failed' ? '/failed' : ''}`;
}
