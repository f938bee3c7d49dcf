import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import { argocd } from '../../ingest/sources/argocd.ts';
import { cdevents } from '../../ingest/sources/cdevents.ts';
import { flux } from '../../ingest/sources/flux.ts';
import type { Source } from '../../ingest/sources/source.ts';
import { bytesOf } from '../sources/deliveries.ts';
import { type Ledger, openLedger } from '../support/ledger.ts';

const sha = (digit: string) => digit.repeat(40);
const time = (day: number, clock: string) => `2026-03-${String(day).padStart(2, '0')}T${clock}:00Z`;

let ledger: Ledger;
beforeAll(async () => {
  ledger = await openLedger();
});
beforeEach(() => ledger.clear());
afterAll(() => ledger.close());

/** What the rollouts come to that the bodies of a source tell, whatever their order. */
async function rollouts(source: Source, bodies: readonly object[]) {
  const history = bodies.toReversed().flatMap((body, index) => {
    const received_at = '2026-03-31T00:00:00.000Z';
    const sent = { id: `d-${index}`, source: source.name, headers: {}, body: bytesOf(body), received_at };
    const reading = normaliseDelivery(source, sent);
    if (reading.outcome === 'rejected') throw new Error(reading.reason);
    return reading.outcome === 'events' ? reading.events.map((event) => ({ event, recorded_at: received_at })) : [];
  });
  await ledger.write(history);
  await ledger.atoms.rebuild();
  const found = await ledger.atoms.withAtoms(null, ['rollouts'], (tables) =>
    ledger.store.query<{ revision: string; outcome: string; kind: string; finished_at: string; service: string }>(
      `SELECT service, revision, outcome, kind, finished_at FROM ${tables.rollouts} WHERE excluded = '' ORDER BY finished_at`,
    ),
  );
  return found.map(({ revision, outcome, kind, finished_at }) =>
    `${finished_at.slice(8, 16)} ${revision.slice(0, 7)} ${outcome} ${kind}`.trimEnd(),
  );
}

const fluxEvent = (kind: string, reason: string, timestamp: string, revision: string, more: object = {}) => ({
  involvedObject: { kind, name: 'till', namespace: 'apps', uid: `u-${kind}` },
  severity: reason.endsWith('Failed') ? 'error' : 'info',
  timestamp,
  reason,
  message: 'Deployment/apps/till configured',
  metadata: { revision, environment: 'production' },
  ...more,
});

test('Flux: a Kustomization that is applied, reconciled, corrected and broken for a while', async () => {
  const at = (day: number, clock: string, digit: string, reason = 'Progressing', more: object = {}) =>
    fluxEvent('Kustomization', reason, time(day, clock), `main@sha1:${sha(digit)}`, more);
  const idle = (day: number, clock: string, digit: string) =>
    at(day, clock, digit, 'ReconciliationSucceeded', {
      message: 'Reconciliation finished in 1s, next run in 10m0s',
      metadata: { revision: `main@sha1:${sha(digit)}`, environment: 'production', commit_status: 'update' },
    });
  const passed = { message: 'Health check passed in 2s' };
  expect(
    await rollouts(flux, [
      at(2, '10:00', 'a'),
      idle(2, '10:01', 'a'),
      idle(2, '10:11', 'a'),
      at(3, '10:00', 'b'),
      at(3, '10:05', 'b', 'HealthCheckFailed', { message: 'timeout' }),
      at(3, '10:15', 'b', 'HealthCheckFailed', { message: 'timeout' }),
      at(4, '10:00', 'c'),
      at(4, '10:02', 'c', 'Progressing', passed),
      at(4, '15:00', 'c', 'ReconciliationFailed', { message: 'the API server is away' }),
      idle(4, '15:10', 'c'),
      at(9, '09:00', 'c'),
      at(10, '09:00', 'c', 'HealthCheckFailed', { message: 'an outage, days later' }),
      at(10, '09:20', 'c', 'Progressing', passed),
    ]),
  ).toEqual([
    '02T10:00 aaaaaaa succeeded change',
    '03T10:15 bbbbbbb failed_live change',
    '04T10:02 ccccccc succeeded change',
    '04T15:00 ccccccc failed_dark',
    '09T09:00 ccccccc succeeded noop',
    '10T09:20 ccccccc succeeded noop',
  ]);
});

test('Flux: a HelmRelease that is upgraded, fails its test, is remediated, and goes back', async () => {
  const at = (clock: string, reason: string, revision: string, message: string) =>
    fluxEvent('HelmRelease', reason, time(2, clock), revision, { message });
  const done = (n: number) => `Helm upgrade succeeded for release apps/till.v${n} with chart till`;
  expect(
    await rollouts(flux, [
      at('10:00', 'InstallSucceeded', '1.0.0', 'Helm install succeeded for release apps/till.v1 with chart till'),
      at('11:00', 'UpgradeSucceeded', '1.1.0', done(2)),
      at('12:00', 'UpgradeFailed', '1.2.0', 'Helm upgrade failed for release apps/till with chart till@1.2.0: timeout'),
      at('12:05', 'UpgradeFailed', '1.2.0', 'Helm upgrade failed for release apps/till with chart till@1.2.0: timeout'),
      at(
        '12:06',
        'RollbackSucceeded',
        '1.1.0',
        'Helm rollback to previous release apps/till.v2 with chart till succeeded',
      ),
      at('13:00', 'UpgradeSucceeded', '1.3.0', done(5)),
      at('13:02', 'TestFailed', '1.3.0', 'Helm test failed for release apps/till.v5 with chart till: x'),
      at('14:00', 'UpgradeSucceeded', '1.0.0', done(6)),
    ]),
  ).toEqual([
    '02T10:00 1.0.0 succeeded change',
    '02T11:00 1.1.0 succeeded change',
    '02T12:05 1.2.0 failed_dark',
    '02T12:06 1.1.0 succeeded noop',
    '02T13:02 1.3.0 failed_live change',
    '02T14:00 1.0.0 succeeded rollback',
  ]);
});

test('Argo Rollouts: the abort of a long canary is the failure that Argo CD no longer tells', async () => {
  const operation = (clock: string) => ({
    phase: 'Succeeded',
    startedAt: time(2, clock),
    finishedAt: time(2, clock),
    syncResult: { revision: sha('a'), source: { repoURL: 'https://github.com/acme/deploy' } },
  });
  const app = (clock: string, status: string, turned: string) => ({
    app: {
      metadata: { name: 'till', uid: 'u-1', labels: { env: 'production' } },
      status: { operationState: operation(clock), health: { status, lastTransitionTime: time(2, turned) } },
    },
  });
  expect(
    await rollouts(argocd, [
      app('10:00', 'Progressing', '10:00'),
      app('10:00', 'Degraded', '13:00'),
      {
        event: 'aborted',
        at: time(2, '13:00'),
        environment: 'production',
        rollout: {
          metadata: {
            name: 'till',
            uid: 'r-1',
            annotations: {
              'rollout.argoproj.io/revision': '7',
              'argocd.argoproj.io/tracking-id': 'till:argoproj.io/Rollout:till/till',
            },
          },
          status: { conditions: [{ type: 'Completed', status: 'False', lastTransitionTime: time(2, '10:00') }] },
        },
      },
    ]),
  ).toEqual(['02T13:00  failed_live change']);
});

test('CDEvents: what was deployed before and is again is a rollback, by its digest alone', async () => {
  const at = (clock: string, predicate: string, digit: string) => ({
    context: { id: clock, source: '/cd', type: `dev.cdevents.service.${predicate}.0.3.0`, timestamp: time(2, clock) },
    subject: {
      id: 'till',
      content: { environment: { id: 'production' }, artifactId: `pkg:oci/till@sha256:${digit.repeat(64)}` },
    },
  });
  expect(
    await rollouts(cdevents, [
      at('10:00', 'deployed', 'a'),
      at('11:00', 'upgraded', 'b'),
      at('12:00', 'upgraded', 'b'),
      at('13:00', 'rolledback', 'a'),
    ]),
  ).toEqual([
    '02T10:00 sha256: succeeded change',
    '02T11:00 sha256: succeeded change',
    '02T12:00 sha256: succeeded noop',
    '02T13:00 sha256: succeeded rollback',
  ]);
});
