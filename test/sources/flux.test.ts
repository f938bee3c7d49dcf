import { describe, expect, test } from 'vitest';
import { flux } from '../../ingest/sources/flux.ts';
import { toldBy } from './told.ts';

const SHA = 'a'.repeat(40);
const DIGEST = `sha256:${'b'.repeat(64)}`;
const { read, told } = toldBy(flux);

const body = (parts: object = {}, object: object = {}) => ({
  involvedObject: { kind: 'Kustomization', name: 'till', namespace: 'apps', uid: 'u-1', ...object },
  severity: 'info',
  timestamp: '2026-03-05T10:00:00Z',
  reason: 'Progressing',
  message: 'Deployment/apps/till configured',
  metadata: { revision: `main@sha1:${SHA}`, environment: 'production' },
  ...parts,
});
const at = (time: string) => ({ timestamp: `2026-03-05T${time}:00Z` });
const meta = (metadata: object) => ({ metadata: { environment: 'production', ...metadata } });
const only = (parts?: object, object?: object) => {
  const made = told(body(parts, object));
  expect(made).toHaveLength(1);
  return made[0]!;
};
const helm = (reason: string, message: string, parts: object = {}) =>
  only({ reason, message, ...meta({ revision: '6.5.0' }), ...parts }, { kind: 'HelmRelease' });

describe('a Kustomization', () => {
  test('what it applied is a rollout of the commit', () => {
    expect(only()).toEqual({
      type: 'deployment.finished',
      at: '2026-03-05T10:00:00.000Z',
      data: {
        rollout_id: `u-1/${SHA}/2026-03-05`,
        application: 'till',
        environment: 'production',
        revision: SHA,
        trigger: 'automated',
        outcome: 'succeeded',
      },
    });
  });

  test.each([
    [`main@sha1:${SHA}`, SHA],
    [`v1@sha1:${SHA.toUpperCase()}`, SHA],
    [`refs/heads/main@sha1:${SHA}`, SHA],
    [`sha1:${SHA}`, SHA],
    [`main/${SHA}`, SHA],
    [`feature/x@sha1:${SHA}`, SHA],
    [`latest@${DIGEST}`, DIGEST],
    ['6.5.0', '6.5.0'],
  ])('the revision %s', (revision, expected) => {
    expect(only(meta({ revision })).data.revision).toBe(expected);
  });

  test('the commit that was built, where the artifact or an annotation names it, and its repository', () => {
    const origin = only(meta({ revision: `latest@${DIGEST}`, originRevision: `main@sha1:${SHA}` }));
    expect(origin.data).toMatchObject({ revision: SHA, artifact_digest: DIGEST });
    const annotated = only(
      meta({ revision: '1', commit: SHA, repository: 'git@github.com:acme/till.git', service: 'pay' }),
    );
    expect(annotated.data).toMatchObject({ revision: SHA, repository: 'acme/till', service_id: 'pay' });
    expect(only(meta({ revision: '1', repository: 'acme/till' })).data.repository).toBe('acme/till');
  });

  test('keys with the API group in front, as controllers write them, are the same keys', () => {
    const prefixed = only(meta({ 'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${SHA}` }));
    expect(prefixed).toEqual(only());
  });

  test('the hourly reconciliation that changed nothing is none; nor is one that waits or only reports', () => {
    const finished = 'Reconciliation finished in 1.2s, next run in 10m0s';
    expect(
      read(
        body({
          reason: 'ReconciliationSucceeded',
          message: finished,
          ...meta({ revision: '1', commit_status: 'update' }),
        }),
      ),
    ).toMatch(/^ignored: a reconciliation has finished/);
    expect(only({ reason: 'ReconciliationSucceeded', message: finished }).data.outcome).toBe('succeeded');
    expect(read(body({ message: 'Dependencies do not meet ready condition, retrying in 30s' }))).toBe(
      'ignored: nothing was applied',
    );
    expect(read(body({ reason: 'HealthCheckCanceled', message: 'x' }))).toMatch(/^ignored: HealthCheckCanceled/);
    expect(read(body(meta({})))).toBe('ignored: it concerns no revision');
  });

  test('applied, unhealthy, retried, healthy: one rollout, whose last word counts', () => {
    const unhealthy = {
      severity: 'error',
      reason: 'HealthCheckFailed',
      message: 'health check failed after 30s: timeout',
    };
    const all = [
      only(at('10:00')),
      only({ ...unhealthy, ...at('10:05') }),
      only({ ...unhealthy, ...at('10:10') }),
      only({ message: 'Health check passed in 2.1s', ...at('10:15') }),
    ];
    expect(new Set(all.map(({ data }) => data.rollout_id)).size).toBe(1);
    expect(all.map(({ data }) => data.outcome)).toEqual(['succeeded', 'failed_live', 'failed_live', 'succeeded']);
  });

  test('a failure that reached nobody is not the rollout that was live before it', () => {
    const failed = only({
      severity: 'error',
      reason: 'ReconciliationFailed',
      message: 'dry-run failed',
      ...at('11:30'),
    });
    expect(failed.data).toMatchObject({ outcome: 'failed', rollout_id: `u-1/${SHA}/2026-03-05/failed` });
    expect(only({ severity: 'error', reason: 'BuildFailed', message: 'x' }).data.outcome).toBe('failed');
  });

  test('on another day the same revision is a redeploy', () => {
    expect(only({ timestamp: '2026-03-04T10:00:00Z' }).data.rollout_id).not.toBe(only().data.rollout_id);
  });

  test('what environment it is: environment, env, cluster, or the namespace', () => {
    const environment = (metadata: object) => only({ metadata: { revision: '1', ...metadata } }).data.environment;
    expect(environment({ environment: 'live', env: 'x' })).toBe('live');
    expect(environment({ env: 'prod', cluster: 'x' })).toBe('prod');
    expect(environment({ cluster: 'eu-prod' })).toBe('eu-prod');
    expect(environment({})).toBe('apps');
    expect(read(body({ metadata: { revision: '1' } }, { namespace: '' }))).toMatch(/^rejected: metadata.environment/);
  });

  test('the incident that it ends, by a key or in a person’s words', () => {
    expect(only(meta({ revision: '1', fixes: 'INC-7' })).data.fixes_incident).toBe('INC-7');
    expect(only(meta({ revision: '1', summary: 'fixes: INC-7' })).data.fixes_incident).toBe('INC-7');
    expect(only(meta({ revision: '1', summary: 'see the playbook' })).data.fixes_incident).toBeUndefined();
  });
});

describe('a HelmRelease', () => {
  const upgraded = 'Helm upgrade succeeded for release apps/till.v7 with chart till@6.5.0';

  test('a release is one rollout, which its test may fail in front of users', () => {
    const success = helm('UpgradeSucceeded', upgraded);
    expect(success.data).toMatchObject({ rollout_id: 'u-1/v7', revision: '6.5.0', outcome: 'succeeded' });
    const failure = helm('TestFailed', 'Helm test failed for release apps/till.v7 with chart till@6.5.0: x', {
      severity: 'error',
    });
    expect(failure.data).toMatchObject({ rollout_id: 'u-1/v7', outcome: 'failed_live' });
    expect(
      helm('InstallSucceeded', 'Helm install succeeded for release apps/till.v1 with chart till@6.5.0').data.rollout_id,
    ).toBe('u-1/v1');
  });

  test('failures and their retries are one rollout that failed', () => {
    const failed = (time: string) =>
      helm('UpgradeFailed', 'Helm upgrade failed for release apps/till with chart till@6.5.0: timed out', {
        severity: 'error',
        ...at(time),
      });
    expect(failed('10:00').data).toMatchObject({ rollout_id: 'u-1/6.5.0/2026-03-05/failed', outcome: 'failed' });
    expect(failed('10:05').data.rollout_id).toBe(failed('10:00').data.rollout_id);
  });

  test('a remediation goes back to the revision that it names', () => {
    const back = helm(
      'RollbackSucceeded',
      'Helm rollback to previous release apps/till.v6 with chart till@6.4.0 succeeded',
      {
        ...meta({ revision: '6.4.0' }),
      },
    );
    expect(back.data).toMatchObject({
      rollout_id: 'u-1/rollback/2026-03-05T10:00:00.000Z',
      revision: '6.4.0',
      trigger: 'rollback',
      outcome: 'succeeded',
    });
  });

  test('a chart from a registry has a digest', () => {
    const chart = helm('UpgradeSucceeded', upgraded, meta({ revision: '6.5.0+bbbbbbbbbbbb', 'oci-digest': DIGEST }));
    expect(chart.data).toMatchObject({ revision: '6.5.0+bbbbbbbbbbbb', artifact_digest: DIGEST });
  });

  test('drift, tests that pass and uninstalls say nothing of a rollout', () => {
    for (const reason of ['DriftDetected', 'DriftCorrected', 'TestSucceeded', 'UninstallSucceeded']) {
      expect(read(body({ reason }, { kind: 'HelmRelease' }))).toBe(`ignored: ${reason} says nothing of a rollout`);
    }
  });
});

test('other kinds are ignored by name', () => {
  for (const kind of ['GitRepository', 'OCIRepository', 'ImageUpdateAutomation', 'Alert']) {
    expect(read(body({}, { kind }))).toBe(`ignored: no metric reads events of a ${kind}`);
  }
});

test('signed, or with a token: a header of the provider’s secret', async () => {
  const delivery = (headers: Record<string, string>) => ({
    id: 'd',
    source: 'flux',
    headers,
    body: new Uint8Array([123, 125]),
    received_at: '2026-03-05T12:00:00.000Z',
  });
  expect(await flux.verify(delivery({ authorization: 'Bearer s' }), ['s'])).toBe(true);
  expect(await flux.verify(delivery({ authorization: 'Bearer t' }), ['s'])).toBe(false);
  expect(await flux.verify(delivery({ 'x-signature': 'sha512=00' }), ['s'])).toBe(false);
});
