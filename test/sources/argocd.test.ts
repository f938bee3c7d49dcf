import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import { argocd } from '../../ingest/sources/argocd.ts';
import { repositoryOf } from '../../ingest/sources/repository.ts';
import { delivery } from './deliveries.ts';

const SHA = 'a'.repeat(40);
const OLD = 'b'.repeat(40);
const git = { repoURL: 'https://github.com/acme/deploy.git', path: 'till', targetRevision: 'HEAD' };
const chart = { repoURL: 'ghcr.io/acme/charts', chart: 'till' };

interface Parts {
  readonly operation?: object | null;
  readonly health?: object;
  readonly metadata?: object;
  readonly spec?: object;
  readonly images?: readonly string[];
}

const operation = {
  phase: 'Succeeded',
  startedAt: '2026-03-05T10:00:00Z',
  finishedAt: '2026-03-05T10:01:00Z',
  syncResult: { revision: SHA, source: git },
  operation: { initiatedBy: { automated: true }, sync: { revision: SHA } },
};

function application({ operation: over, health, metadata, spec, images }: Parts = {}) {
  return {
    metadata: { name: 'till', namespace: 'argocd', uid: 'u-1', labels: { env: 'production' }, ...metadata },
    spec: { destination: { namespace: 'till', server: 'https://kubernetes.default.svc' }, source: git, ...spec },
    status: {
      operationState: over === null ? undefined : { ...operation, ...over },
      health: health ?? { status: 'Healthy', lastTransitionTime: '2026-03-05T10:03:00Z' },
      summary: { images: images ?? ['acme/till:1'] },
    },
  };
}

function read(body: unknown) {
  const reading = normaliseDelivery(argocd, delivery('argocd', body));
  return reading.outcome === 'events' ? reading.events : `${reading.outcome}: ${reading.reason}`;
}

/** The finished rollout that a body states. */
function finished(parts: Parts = {}) {
  const events = read({ app: application(parts), context: { argocdUrl: 'https://argo.example.com/' } });
  const last = typeof events === 'string' ? undefined : events.at(-1);
  if (last?.type !== 'deployment.finished') throw new Error(JSON.stringify(events));
  return { ...last.data, at: last.occurred_at, id: last.id };
}

describe('Argo CD', () => {
  test('succeeded and healthy: at the later of the two times', () => {
    expect(finished()).toMatchObject({
      rollout_id: 'u-1/2026-03-05T10:00:00Z',
      application: 'till',
      repository: 'acme/deploy',
      environment: 'production',
      revision: SHA,
      outcome: 'succeeded',
      at: '2026-03-05T10:03:00.000Z',
      trigger: 'automated',
      url: 'https://argo.example.com/applications/argocd/till',
    });
    expect(finished({ health: { status: 'Healthy', lastTransitionTime: '2026-01-01T00:00:00Z' } }).at).toBe(
      '2026-03-05T10:01:00.000Z',
    );
    expect(finished({ health: { status: 'Healthy' } }).at).toBe('2026-03-05T10:01:00.000Z');
  });

  test('every body knows when the operation began, so that a missed Running misses nothing', () => {
    const [running] = read(application({ operation: { phase: 'Running', finishedAt: null, syncResult: null } }));
    const [done] = read(application());
    expect(running).toMatchObject({ type: 'deployment.started', occurred_at: '2026-03-05T10:00:00.000Z' });
    expect(done).toEqual(running);
  });

  test('the bare application and the whole notification say the same', () => {
    expect(read(application())).toMatchObject([{ type: 'deployment.started' }, { data: { outcome: 'succeeded' } }]);
    expect(read({ app: application(), timestamp: '2026-03-05T10:04:00Z' })).toEqual(read(application()));
  });

  test('succeeded is only applied: progressing is not over yet', () => {
    for (const status of ['Progressing', 'Suspended', 'Missing', 'Unknown']) {
      expect(read(application({ health: { status } }))).toMatchObject([{ type: 'deployment.started' }]);
    }
  });

  test('degraded before healthy: failed in front of users, when it degraded', () => {
    const health = { status: 'Degraded', lastTransitionTime: '2026-03-05T10:11:00Z' };
    expect(finished({ health })).toMatchObject({ outcome: 'failed_live', at: '2026-03-05T10:11:00.000Z' });
  });

  test('health that flaps later says nothing about the rollout', () => {
    const degraded = { status: 'Degraded', lastTransitionTime: '2026-03-05T11:01:01Z' };
    expect(read(application({ health: degraded }))).toMatch(/^ignored: it degraded long after/);
    const healed = { status: 'Healthy', lastTransitionTime: '2026-03-05T11:50:00Z' };
    expect(finished({ health: healed })).toMatchObject({ outcome: 'succeeded', at: '2026-03-05T10:01:00.000Z' });
  });

  test('failed before there was a sync result: what was asked for', () => {
    for (const phase of ['Failed', 'Error']) {
      const failed = { phase, syncResult: null };
      expect(finished({ operation: failed })).toMatchObject({
        outcome: 'failed_dark',
        revision: SHA,
        at: '2026-03-05T10:01:00.000Z',
      });
    }
    const nothing = { phase: 'Error', syncResult: null, operation: null };
    expect(finished({ operation: nothing, images: [] })).toMatchObject({
      outcome: 'failed_dark',
      repository: 'acme/deploy',
    });
  });

  test('several sources: the first Git one is the revision, and all of them the configuration', () => {
    const revisions = ['1.2.3', SHA];
    const syncResult = { revision: '', revisions, source: { repoURL: '' }, sources: [{ ...chart, path: 'till' }, git] };
    const many = finished({ operation: { syncResult } });
    expect(many).toMatchObject({ revision: SHA, repository: 'acme/deploy' });
    const bumped = finished({ operation: { syncResult: { ...syncResult, revisions: ['1.2.4', SHA] } } });
    expect(bumped.config_digest).not.toBe(many.config_digest);
  });

  test('a chart’s version is no commit', () => {
    const syncResult = { revision: '', revisions: ['6.9.0'], sources: [chart] };
    const charted = finished({ operation: { syncResult }, spec: { source: undefined, sources: [chart] } });
    expect(charted.revision).toBeUndefined();
    expect(charted.repository).toBeUndefined();
    const oci = { ...syncResult, sources: [{ repoURL: 'oci://ghcr.io/acme/till' }] };
    expect(finished({ operation: { syncResult: oci } }).revision).toBeUndefined();
  });

  test('an annotation says which of several sources is meant', () => {
    const shared = { repoURL: 'https://github.com/acme/charts', path: 'app' };
    const syncResult = { revision: '', revisions: [OLD, SHA], sources: [shared, git] };
    const of = (annotations: object) => finished({ operation: { syncResult }, metadata: { annotations } });
    expect(of({})).toMatchObject({ repository: 'acme/charts', revision: OLD });
    expect(of({ 'headway/repository': 'Acme/Deploy' })).toMatchObject({ repository: 'Acme/Deploy', revision: SHA });
  });

  test('code that is elsewhere: its commit by an annotation, or by the tag of its image', () => {
    const of = (images: readonly string[], more: object = {}) => {
      const annotations = { 'headway/repository': 'https://github.com/acme/till', ...more };
      const { repository, revision } = finished({ images, metadata: { annotations } });
      expect(repository).toBe('acme/till');
      return revision;
    };
    expect(of([`ghcr.io/acme/till:${OLD}`])).toBe(OLD);
    expect(of([`ghcr.io:443/acme/till:main-${OLD}@sha256:${'c'.repeat(64)}`, `acme/sidecar:${SHA}`])).toBe(OLD);
    expect(of([`acme/web:${OLD}`, `acme/worker:${OLD}`])).toBe(OLD);
    expect(of([`acme/till:${OLD}`, `acme/till:${SHA}`])).toBeUndefined();
    expect(of(['acme/till:v1.2.3', 'acme/till:latest'])).toBeUndefined();
    expect(of(['acme/till:1'], { 'headway/revision': OLD })).toBe(OLD);
  });

  test('what was deployed, not what is wanted by now', () => {
    const app = application();
    const ahead = { ...app, status: { ...app.status, sync: { revision: OLD } } };
    expect(read(ahead)[1]).toMatchObject({ data: { revision: SHA } });
  });

  test('a rollback is another operation with an older revision', () => {
    const back = finished({
      operation: {
        startedAt: '2026-03-05T10:30:00Z',
        finishedAt: '2026-03-05T10:31:00Z',
        syncResult: { revision: OLD, source: git },
        operation: { initiatedBy: { username: 'ada' } },
      },
    });
    expect(back).toMatchObject({
      rollout_id: 'u-1/2026-03-05T10:30:00Z',
      revision: OLD,
      trigger: 'manual',
      actor: 'ada',
    });
  });

  test('a resync of the same revision has the same digest, another image another', () => {
    const again = { startedAt: '2026-03-05T10:30:00Z', finishedAt: '2026-03-05T10:31:00Z' };
    expect(finished({ operation: again }).config_digest).toBe(finished().config_digest);
    expect(finished({ images: ['acme/till:2'] }).config_digest).not.toBe(finished().config_digest);
    expect(finished({ images: ['b', 'a'] }).config_digest).toBe(finished({ images: ['a', 'b'] }).config_digest);
  });

  test('images that come later are another fact of the same instant', () => {
    expect(finished({ images: ['acme/till:1', 'acme/sidecar:1'] }).id).not.toBe(finished().id);
  });

  test('no operation yet, or deletion: ignored', () => {
    expect(read(application({ operation: null }))).toBe('ignored: no operation has begun');
    expect(read(application({ metadata: { deletionTimestamp: '2026-03-05T10:00:00Z' } }))).toMatch(/being deleted/);
  });

  test('the environment: label, else the destination', () => {
    const env = (metadata: object, destination: object) =>
      finished({ metadata, spec: { destination, source: git } }).environment;
    expect(env({ labels: { environment: 'live', env: 'x' } }, { namespace: 'n' })).toBe('live');
    expect(env({ labels: null }, { name: 'eu-prod', namespace: 'n' })).toBe('eu-prod');
    expect(env({ labels: { env: ' ' } }, { name: 'in-cluster', namespace: 'n' })).toBe('n');
    expect(env({ labels: {} }, { server: 'https://k8s.example.com' })).toBe('https://k8s.example.com');
    expect(read(application({ metadata: { labels: {} }, spec: { destination: {} } }))).toMatch(
      /^rejected: spec\.destination/,
    );
  });

  test.each([
    ['https://github.com/acme/api', 'acme/api'],
    ['https://github.com/acme/api.git/', 'acme/api'],
    ['git@github.com:acme/api.git', 'acme/api'],
    ['ssh://git@gitlab.example.com:2222/acme/sub/api.git', 'acme/sub/api'],
    ['https://user@dev.example.com/acme/api?x=1', 'acme/api'],
    ['', undefined],
    ['nonsense', undefined],
  ])('the repository of %s', (url, repository) => expect(repositoryOf(url)).toBe(repository));

  test('wrong shapes are refused with their field', () => {
    expect(read({})).toMatch(/^rejected: metadata: /);
    expect(read({ app: 7 })).toMatch(/^rejected: /);
    expect(read(application({ operation: { phase: 'Odd' } }))).toMatch(/phase: "Odd" is not known/);
    expect(read(application({ operation: { finishedAt: null } }))).toMatch(/finishedAt: is missing/);
    expect(read('<no value>')).toMatch(/^rejected: body is not JSON/);
  });
});

describe('children of an ApplicationSet', () => {
  const environment = (
    name: string,
    more: object,
    destination: object = { server: 'https://k8s', namespace: 'shop' },
  ) => finished({ metadata: { name, labels: {}, ...more }, spec: { destination, source: git } }).environment;
  const ownerReferences = [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', name: 'till', uid: 'x' }];

  test('their environment is what the generator added to the name of the set', () => {
    expect(environment('till-eu-prod', { ownerReferences })).toBe('eu-prod');
    expect(environment('eu-prod-till', { ownerReferences })).toBe('eu-prod');
    expect(environment('till-prod', { labels: { 'argocd.argoproj.io/application-set-name': 'till' } })).toBe('prod');
  });

  test('a label or a named cluster says more, and a name that adds nothing says nothing', () => {
    expect(environment('till-eu-prod', { ownerReferences, labels: { env: 'live' } })).toBe('live');
    expect(environment('till-eu-prod', { ownerReferences }, { name: 'us-prod', namespace: 'shop' })).toBe('us-prod');
    for (const name of ['till', 'till-', 'tillage-prod', 'other']) {
      expect(environment(name, { ownerReferences })).toBe('shop');
    }
    expect(environment('till-eu-prod', { ownerReferences: [{ kind: 'Application', name: 'till' }] })).toBe('shop');
  });
});

describe('the shipped template', () => {
  const file = new URL('../../workspace/argocd-notifications/headway.yaml', import.meta.url);
  const { data } = z.object({ data: z.record(z.string(), z.string()) }).parse(parse(readFileSync(file, 'utf8')));
  const conditions = z.array(z.object({ when: z.string(), oncePer: z.string(), send: z.array(z.string()) }));

  test('fires once per operation, never once per revision', () => {
    const triggers = Object.keys(data).filter((key) => key.startsWith('trigger.'));
    expect(triggers).toEqual(['trigger.headway-sync', 'trigger.headway-degraded']);
    for (const trigger of triggers) {
      for (const { oncePer, send } of conditions.parse(parse(data[trigger] ?? ''))) {
        expect(oncePer).toBe('app.status?.operationState?.startedAt');
        expect(send).toEqual(['headway']);
      }
    }
  });

  test('posts, and carries every field that is read and none that may hold a secret', () => {
    const template = parse(data['template.headway'] ?? '').webhook.headway;
    expect(template.method).toBe('POST');
    for (const field of [
      'uid',
      'deletionTimestamp',
      'ownerReferences',
      'annotations',
      'destination',
      'startedAt',
      'finishedAt',
      'syncResult',
      'initiatedBy',
      'lastTransitionTime',
      'images',
    ]) {
      expect(template.body).toContain(`"${field}"`);
    }
    for (const secret of ['annotations }}', 'annotations |', 'helm', 'toJson .app ', 'resources'])
      expect(template.body).not.toContain(secret);
    expect(data['service.webhook.headway']).toContain('Bearer $headway-token');
  });
});
