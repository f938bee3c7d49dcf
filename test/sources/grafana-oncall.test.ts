import { describe, expect, test } from 'vitest';
import { grafanaOncall } from '../../ingest/sources/grafana-oncall.ts';
import { toldBy } from './told.ts';

const { read, told } = toldBy(grafanaOncall);

const group = {
  id: 'I6HNZGUFG4K11',
  state: 'firing',
  created_at: '2026-03-05T10:00:00.148231Z',
  resolved_at: null as string | null,
  acknowledged_at: null as string | null,
  title: 'Till is down' as string | null,
  permalinks: { slack: null, telegram: null, web: 'https://grafana.acme.example/I6HNZGUFG4K11' },
  labels: { service: 'till', severity: 'critical' } as unknown,
};

function body(type: string, alert_group: object = group, rest: object = {}) {
  return {
    event: { type },
    user: null,
    alert_group,
    alert_group_id: group.id,
    alert_payload: { status: 'firing', labels: { alertname: 'TillDown', job: 'tills' } } as object,
    integration: { id: 'C1', type: 'alertmanager', name: 'Tills', team: null },
    ...rest,
  };
}

const data = {
  incident_id: 'I6HNZGUFG4K11',
  service: 'till',
  title: 'Till is down',
  severity: 'critical',
  url: 'https://grafana.acme.example/I6HNZGUFG4K11',
};
const detected = { type: 'incident.detected', at: '2026-03-05T10:00:00.148Z', data };

describe('Grafana OnCall', () => {
  test('an alert group is an incident from its creation on', () => {
    expect(told(body('alert group created'))).toEqual([detected]);
  });

  test('every body states all times of its group, whatever it was sent for', () => {
    const acknowledged_at = '2026-03-05T10:05:00.029347+00:00';
    const acknowledged = { incident_id: group.id };
    expect(told(body('acknowledge', { ...group, state: 'acknowledged', acknowledged_at }))).toEqual([
      detected,
      { type: 'incident.acknowledged', at: '2026-03-05T10:05:00.029Z', data: acknowledged },
    ]);
    const resolved = { ...group, state: 'resolved', acknowledged_at, resolved_at: '2026-03-05T10:30:00Z' };
    for (const type of ['resolve', 'escalation', 'status change']) {
      expect(told(body(type, resolved)).map(({ type: kind, at }) => `${kind} ${at}`)).toEqual([
        'incident.detected 2026-03-05T10:00:00.148Z',
        'incident.acknowledged 2026-03-05T10:05:00.029Z',
        'incident.resolved 2026-03-05T10:30:00.000Z',
      ]);
    }
  });

  test('a group that is open again is not resolved, though it still says when it was', () => {
    expect(told(body('unresolve', { ...group, resolved_at: '2026-03-05T10:30:00Z' }))).toEqual([detected]);
    const timed = body('unresolve', group, { event: { type: 'unresolve', time: '2026-03-05T10:40:00+00:00' } });
    expect(told(timed).map(({ type, at }) => `${type} ${at}`)).toEqual([
      'incident.detected 2026-03-05T10:00:00.148Z',
      'incident.reopened 2026-03-05T10:40:00.000Z',
    ]);
  });

  test('the service: the group’s label, the alert’s, the integration’s name', () => {
    const service = (labels: unknown, alert_payload: unknown, integration: unknown = { name: 'Tills' }) =>
      told(body('resolve', { ...group, labels }, { alert_payload, integration }))[0]?.data.service;
    const alert = { labels: { service: 'from-alert' } };
    expect(service({ service: 'till' }, alert)).toBe('till');
    // Without the labels feature the group's labels are an empty list.
    expect(service([], alert)).toBe('from-alert');
    expect(service({}, { commonLabels: { app: 'from-group' }, alerts: [alert] })).toBe('from-alert');
    expect(service({}, { commonLabels: { severity: 'x' }, alerts: [{ labels: { app: 'from-first' } }] })).toBe(
      'from-first',
    );
    expect(service({ team: 'a' }, '')).toBe('Tills');
    expect(service({}, null, null)).toBeUndefined();
  });

  test('impact and severity by label, the alert’s where the group has none', () => {
    const alert_payload = { labels: { severity: 'warning', impact: 'none' } };
    expect(told(body('resolve', { ...group, labels: {} }, { alert_payload }))[0]?.data).toMatchObject({
      severity: 'warning',
      impact: 'none',
    });
  });

  test('the cause is found in the alert, and not in what other webhooks were answered', () => {
    const alert_payload = { alerts: [{ annotations: { description: 'since 10:00, caused-by: acme/till#12' } }] };
    expect(told(body('resolve', group, { alert_payload }))[0]?.data.caused_by).toBe('acme/till#12');
    const responses = { W1: { text: 'caused-by: #13' } };
    expect(told(body('resolve', group, { responses }))[0]?.data.caused_by).toBeUndefined();
  });

  test('a demo alert is none', () => {
    expect(read(body('resolve', group, { alert_payload: { labels: { alertname: 'TestAlert' } } }))).toBe(
      'ignored: a demo alert',
    );
  });

  test('a template of one’s own must give the group', () => {
    expect(read({ event: { type: 'resolve' } })).toMatch(/^rejected: alert_group: /);
    expect(read(body('resolve', { ...group, created_at: null }))).toMatch(/^rejected: alert_group\.created_at: /);
  });
});
