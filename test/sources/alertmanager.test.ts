import { describe, expect, test } from 'vitest';
import { alertmanager } from '../../ingest/sources/alertmanager.ts';
import { toldBy } from './told.ts';

const till = {
  status: 'firing',
  labels: { alertname: 'TillDown', headway: 'incident', service: 'till', severity: 'critical' } as object,
  annotations: { summary: 'Till is down' } as object | null,
  startsAt: '2026-03-05T10:00:00.123456789Z',
  endsAt: '0001-01-01T00:00:00Z' as string | undefined,
  generatorURL: 'https://prometheus.acme.example/graph?g0.expr=up',
  fingerprint: 'a1bc48475b20e73d' as string | undefined,
};

function notification(...alerts: readonly object[]) {
  return { version: '4', groupKey: '{}:{}', status: 'firing', receiver: 'headway', truncatedAlerts: 0, alerts };
}

const { read, events, told } = toldBy(alertmanager);

describe('Alertmanager', () => {
  test('a labelled alert that fires is an incident of its fingerprint and start', () => {
    expect(read(notification(till))).toMatchObject([
      {
        type: 'incident.detected',
        subject: 'incident:a1bc48475b20e73d@2026-03-05T10:00:00.123Z',
        occurred_at: '2026-03-05T10:00:00.123Z',
        data: {
          incident_id: 'a1bc48475b20e73d@2026-03-05T10:00:00.123Z',
          service: 'till',
          title: 'Till is down',
          severity: 'critical',
          url: 'https://prometheus.acme.example/graph?g0.expr=up',
        },
      },
    ]);
  });

  test('resolved, it states its start and its end: the firing message may be lost', () => {
    const [fired] = events(notification(till));
    expect(read(notification({ ...till, status: 'resolved', endsAt: '2026-03-05T12:30:00.5+02:00' }))).toMatchObject([
      fired,
      {
        type: 'incident.resolved',
        occurred_at: '2026-03-05T10:30:00.500Z',
        data: { incident_id: 'a1bc48475b20e73d@2026-03-05T10:00:00.123Z', service: 'till', severity: 'critical' },
      },
    ]);
  });

  test('an alert without the label is no incident, however severe', () => {
    const other = { ...till, labels: { alertname: 'TillDown', severity: 'critical' } };
    expect(read(notification(other))).toBe('ignored: no alert has the label headway="incident"');
    expect(read(notification({ ...till, labels: { headway: 'incidents' } }))).toMatch(/^ignored: /);
    expect(read(notification({ ...till, labels: null }))).toMatch(/^ignored: /);
  });

  test('a message is a group: every labelled alert of it, each in its own state', () => {
    const second = { ...till, fingerprint: 'ffff48475b20e73d', status: 'resolved', endsAt: '2026-03-05T10:05:00Z' };
    const other = { ...till, labels: { alertname: 'x' }, fingerprint: '0' };
    expect(events(notification(till, other, second)).map(({ type, subject }) => `${type} ${subject}`)).toEqual([
      'incident.detected incident:a1bc48475b20e73d@2026-03-05T10:00:00.123Z',
      'incident.detected incident:ffff48475b20e73d@2026-03-05T10:00:00.123Z',
      'incident.resolved incident:ffff48475b20e73d@2026-03-05T10:00:00.123Z',
    ]);
  });

  test('the same alert of two Alertmanagers, in another group or zone, is the same fact', () => {
    const first = read(notification(till));
    expect(read({ ...notification(till), groupKey: '{}:{alertname="TillDown"}', receiver: 'other' })).toEqual(first);
    expect(read(notification({ ...till, startsAt: '2026-03-05T11:00:00.123456789+01:00' }))).toEqual(first);
  });

  test('it fires again after its end: another incident', () => {
    const [again] = events(notification({ ...till, startsAt: '2026-03-05T11:00:00Z' }));
    expect(again).toMatchObject({ subject: 'incident:a1bc48475b20e73d@2026-03-05T11:00:00.000Z' });
  });

  test('annotations that differ from repeat to repeat are facts of their own about one incident', () => {
    const [first] = events(notification(till));
    const [later] = events(notification({ ...till, annotations: { summary: 'Till is down: 12 %' } }));
    expect(later).toMatchObject({ subject: first?.subject, data: { title: 'Till is down: 12 %' } });
    expect(later?.id).not.toBe(first?.id);
  });

  test('without a fingerprint the labels tell alerts apart, whatever their order', () => {
    const labels = { headway: 'incident', alertname: 'TillDown', severity: 'critical', service: 'till' };
    const [one] = events(notification({ ...till, fingerprint: undefined }));
    expect(one?.subject).toMatch(/^incident:[0-9a-f]{16}@2026-03-05T10:00:00\.123Z$/);
    expect(read(notification({ ...till, fingerprint: undefined, labels }))).toEqual([one]);
    const [other] = events(notification({ ...till, fingerprint: undefined, labels: { ...labels, service: 'shop' } }));
    expect(other?.subject).not.toBe(one?.subject);
  });

  test.each([
    [{ service: 'till', app: 'x', job: 'y' }, 'till'],
    [{ service: ' ', service_name: 'till', job: 'y' }, 'till'],
    [{ app_kubernetes_io_name: 'till', app: 'x' }, 'till'],
    [{ app: 'till', job: 'y' }, 'till'],
    [{ job: 'till' }, 'till'],
    [{}, undefined],
  ])('the service of %j is %s', (labels, service) => {
    const [event] = told(notification({ ...till, labels: { headway: 'incident', ...labels } }));
    expect(event?.data.service).toBe(service);
  });

  test('impact is as the label says; without one, or with another word, it is not stated', () => {
    const impact = (value: string) =>
      told(notification({ ...till, labels: { ...till.labels, impact: value } }))[0]?.data.impact;
    expect(['outage', 'Degraded', 'none', 'high', ''].map(impact)).toEqual([
      'outage',
      'degraded',
      'none',
      undefined,
      undefined,
    ]);
  });

  test('the cause is found in any annotation or label', () => {
    const caused = (alert: object) => told(notification({ ...till, ...alert }))[0]?.data;
    expect(caused({ annotations: { description: 'since 10:00, caused-by: acme/till#12.' } })).toMatchObject({
      caused_by: 'acme/till#12',
    });
    expect(caused({ annotations: { caused_by: '1a2b3c4d' } })).toMatchObject({ caused_by: '1a2b3c4d' });
    expect(caused({ labels: { ...till.labels, repository: 'acme/till', 'caused-by': '#12' } })).toMatchObject({
      repository: 'acme/till',
      caused_by: '#12',
    });
  });

  test('the state of the group stands for that of an alert that has none', () => {
    const old = { ...till, status: undefined, endsAt: '2026-03-05T10:30:00Z' };
    expect(read(notification(old))).toHaveLength(1);
    expect(read({ ...notification(old), status: 'resolved' })).toHaveLength(2);
  });

  test('wrong shapes are refused with their field', () => {
    expect(read({ alerts: [] })).toMatch(/^rejected: version: /);
    expect(read({ version: '4', status: 'firing' })).toMatch(/^rejected: alerts: /);
    expect(read(notification({ ...till, startsAt: '0001-01-01T00:00:00Z' }))).toMatch(
      /^rejected: alerts\.0\.startsAt: /,
    );
    expect(read(notification({ ...till, startsAt: '1015-01-01T00:00:00Z' }))).toMatch(/^rejected: occurred_at: /);
    for (const endsAt of ['0001-01-01T00:00:00Z', undefined]) {
      expect(read(notification({ ...till, status: 'resolved', endsAt }))).toBe(
        'rejected: alerts.endsAt: a resolved alert does not say when it ended',
      );
    }
  });
});
