import { describe, expect, test } from 'vitest';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import { gatekeeper } from '../../ingest/sources/gatekeeper.ts';
import { opa } from '../../ingest/sources/opa.ts';
import type { Source } from '../../ingest/sources/source.ts';
import { gatekeeper as gatekeeperCase } from './cases/gatekeeper.ts';
import { delivery } from './deliveries.ts';
import { changed } from './mutations.ts';

const at = '2026-03-05T10:00:00.000Z';
const read = (source: Source, body: unknown) => normaliseDelivery(source, delivery(source.name, body));
function eventsOf(source: Source, body: unknown) {
  const reading = read(source, body);
  if (reading.outcome !== 'events') throw new Error(reading.reason);
  return reading.events;
}

describe('OPA', () => {
  const outcomeOf = (path: string, result?: unknown) => {
    const reading = read(opa, [{ decision_id: 'd', timestamp: at, path, ...(result === undefined ? {} : { result }) }]);
    return reading.outcome === 'events' ? (reading.events[0]!.data as { outcome: string }).outcome : reading.outcome;
  };

  test.each([
    ['a/allow', true, 'allowed'],
    ['a/allow', 'true', 'allowed'],
    ['a/allow', 'false', 'denied'],
    ['a/allow', undefined, 'denied'],
    ['a.b.deny', undefined, 'allowed'],
    ['a/deny', [], 'allowed'],
    ['a/deny', ['no owner'], 'denied'],
    ['a/deny', true, 'denied'],
    ['a/violation', [{ msg: 'x' }], 'denied'],
    ['a/warn', ['old image'], 'warned'],
    ['a/warn', [], 'allowed'],
    ['a', { allow: true }, 'allowed'],
    ['a', { allowed: false, reason: 'x' }, 'denied'],
    ['a', { deny: [], warn: ['x'] }, 'warned'],
    ['a', { allow: true, deny: ['x'] }, 'denied'],
    ['main', { apiVersion: 'admission.k8s.io/v1', response: { allowed: false } }, 'denied'],
    ['a/roles', ['admin'], 'ignored'],
    ['a/limit', 7, 'ignored'],
    ['a', { limit: 7 }, 'ignored'],
    ['a', null, 'ignored'],
    ['a/whatever', undefined, 'ignored'],
  ])('%s = %j is %s', (path, result, outcome) => expect(outcomeOf(path, result)).toBe(outcome));

  test('of a decision the path, the verdict and the revision go on; its input never does', () => {
    const body = [
      {
        decision_id: 'd-1',
        timestamp: '2026-03-05T10:00:00.123456789+01:00',
        path: 'deploy/guard/allow',
        result: false,
        input: { user: 'ada' },
        labels: { app: 'till', id: 'o-1' },
        bundles: { z: { revision: '2' }, guard: { revision: '1' }, plain: {} },
        requested_by: '10.0.0.7:5943',
        metrics: { timer_server_handler_ns: 1 },
      },
    ];
    const [event] = eventsOf(opa, body);
    expect(event).toMatchObject({ type: 'policy.evaluated', occurred_at: '2026-03-05T09:00:00.123Z' });
    expect(event?.data).toEqual({
      evaluation_id: 'd-1',
      policy: 'deploy/guard/allow',
      outcome: 'denied',
      service_id: 'till',
      revision: 'guard@1 z@2',
    });
    expect(JSON.stringify(event)).not.toMatch(/ada|10\.0\.0\.7/);
  });

  test('a chunk that comes again has the same ids; what is no verdict holds up nothing', () => {
    const one = { decision_id: 'd-1', timestamp: at, path: 'a/allow', result: true };
    const other = { decision_id: 'd-2', timestamp: at, path: 'a/limits', result: { cpu: 2 } };
    const ids = (body: unknown) => eventsOf(opa, body).map(({ id }) => id);
    expect(ids([one, other])).toEqual(ids([other, one]));
    expect(ids([one, other])).toHaveLength(1);
    expect(read(opa, one)).toMatchObject({ outcome: 'rejected' });
  });
});

describe('Gatekeeper', () => {
  const [audited, , exported] = gatekeeperCase.bases.map(({ body }) => body);
  const ids = (body: unknown) => eventsOf(gatekeeper, body).map(({ id }) => id);

  test('the same violation in the next run is no new fact; the next day, another action, another resource are', () => {
    const next = changed(changed(audited, ['audit_id'], '2026-03-05T10:01:00Z'), ['ts'], 1772704861);
    expect(ids(next)).toEqual(ids(audited));
    expect(eventsOf(gatekeeper, next)).toEqual(eventsOf(gatekeeper, audited));
    expect(ids([audited, next, audited])).toEqual(ids(audited));
    for (const [key, value] of [
      ['audit_id', '2026-03-04T23:59:00Z'],
      ['constraint_action', 'warn'],
      ['resource_name', 'till-2'],
      ['resource_namespace', 'other'],
      ['constraint_name', 'other'],
    ] as const) {
      expect(ids(changed(audited, [key], value)), key).not.toEqual(ids(audited));
    }
  });

  test('a violation that lasts is one evaluation, told once a day', () => {
    const evaluation = (body: unknown) =>
      (eventsOf(gatekeeper, body)[0]!.data as { evaluation_id: string }).evaluation_id;
    expect(evaluation(changed(audited, ['audit_id'], '2026-03-04T10:00:00Z'))).toBe(evaluation(audited));
  });

  test('the log and the export agree on what is wrong with what', () => {
    expect(eventsOf(gatekeeper, audited)[0]?.data).toEqual({
      evaluation_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      policy: 'K8sContainerLimits/must-have-limits',
      outcome: 'denied',
      service_id: 'till',
      resource: 'shop/Pod/till-1',
    });
    expect(eventsOf(gatekeeper, exported)[0]?.data).toMatchObject({
      policy: 'K8sRequiredLabels/owner',
      outcome: 'warned',
      service_id: 'till',
      resource: 'shop/Pod/till-1',
    });
    const same = changed(changed(exported, ['kind'], 'K8sContainerLimits'), ['name'], 'must-have-limits');
    expect(ids(changed(same, ['enforcementAction'], 'deny'))).toEqual(ids(audited));
  });

  test('an action scoped to parts of the cluster denies if one of them does', () => {
    const scoped = (actions: string[]) =>
      eventsOf(
        gatekeeper,
        changed(changed(audited, ['constraint_action'], 'scoped'), ['constraint_enforcement_actions'], actions),
      )[0]?.data;
    expect(scoped(['warn', 'deny'])).toMatchObject({ outcome: 'denied' });
    expect(scoped(['dryrun', 'warn'])).toMatchObject({ outcome: 'warned' });
  });

  test('lines, with others among them, and what Dapr wraps around a message', () => {
    const lines = [{ event_type: 'constraint_audited' }, audited, { event_type: 'audit_finished' }, exported];
    expect(ids(lines.map((line) => JSON.stringify(line)).join('\n'))).toHaveLength(2);
    expect(ids({ specversion: '1.0', id: 'x', type: 'com.dapr.event.sent', data: exported })).toEqual(ids(exported));
    expect(read(gatekeeper, { event_type: 'constraint_audited' })).toMatchObject({ outcome: 'ignored' });
    expect(read(gatekeeper, `${JSON.stringify(audited)}\n{"event_type":`)).toMatchObject({
      outcome: 'rejected',
      notJson: true,
    });
  });

  test('who asked for what was refused stays out', () => {
    const refused = gatekeeperCase.bases[1]?.body;
    expect(JSON.stringify(eventsOf(gatekeeper, refused))).not.toContain('ada');
    expect(ids(changed(refused, [0, 'ts'], 1772704801.25))).not.toEqual(ids(refused));
  });
});
