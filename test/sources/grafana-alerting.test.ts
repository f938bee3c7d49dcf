import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { grafanaAlerting } from '../../ingest/sources/grafana-alerting.ts';
import { bytesOf, delivery, RECEIVED_AT } from './deliveries.ts';
import { toldBy } from './told.ts';

const { read, told } = toldBy(grafanaAlerting);

const till = {
  status: 'firing',
  labels: { alertname: 'Till is down', headway: 'incident', service: 'till', severity: 'critical', impact: 'outage' },
  annotations: { summary: 'Till is down' } as object,
  startsAt: '2026-03-05T10:00:00.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'https://grafana.acme.example/alerting/grafana/till/view',
  fingerprint: 'd8a21484c9c25a60',
};

function notification(...alerts: readonly object[]) {
  return { version: '1', status: 'firing', orgId: 1, state: 'alerting', title: '[FIRING:1]', message: '', alerts };
}

describe('Grafana Alerting', () => {
  test('the body of an Alertmanager, though of another version', () => {
    const data = {
      incident_id: 'd8a21484c9c25a60@2026-03-05T10:00:00.123Z',
      service: 'till',
      title: 'Till is down',
      severity: 'critical',
      impact: 'outage',
      url: 'https://grafana.acme.example/alerting/grafana/till/view',
    };
    expect(told(notification({ ...till, status: 'resolved', endsAt: '2026-03-05T10:30:00Z' }))).toEqual([
      { type: 'incident.detected', at: '2026-03-05T10:00:00.123Z', data },
      { type: 'incident.resolved', at: '2026-03-05T10:30:00.000Z', data },
    ]);
  });

  test.each(['TestAlert', 'DatasourceNoData', 'DatasourceError'])('%s is no incident, labelled or not', (alertname) => {
    const other = { ...till, labels: { ...till.labels, alertname } };
    expect(read(notification(other))).toBe('ignored: a test, or an alert about the alerting itself');
    expect(read(notification(other, till))).toHaveLength(1);
  });

  test('an alert without the label is no incident', () => {
    expect(read(notification({ ...till, labels: { alertname: 'Till is down' } }))).toMatch(/^ignored: no alert has/);
  });

  test('a custom payload is refused with what it lacks', () => {
    expect(read({ text: 'Till is down' })).toMatch(/^rejected: version: /);
  });
});

describe('what proves a body to be Grafana’s', () => {
  const body = bytesOf('{"a": 1}');
  const hex = (secret: string, prefix = '') => createHmac('sha256', secret).update(prefix).update(body).digest('hex');
  const verified = (headers: Record<string, string>, secrets = ['s']) =>
    grafanaAlerting.verify(delivery('grafana-alerting', body, headers), secrets);
  const seconds = (plus: number) => String(Date.parse(RECEIVED_AT) / 1000 + plus);

  test('the HMAC of the body, or of the time and the body, in plain hex', () => {
    expect(verified({ 'x-grafana-alerting-signature': hex('s') })).toBe(true);
    expect(verified({ 'x-grafana-alerting-signature': hex('t') }, ['s', 't'])).toBe(true);
    expect(verified({ 'x-grafana-alerting-signature': `sha256=${hex('s')}` })).toBe(false);
    expect(verified({ 'x-grafana-alerting-signature': hex('x') })).toBe(false);
  });

  test('a signed time holds for five minutes, and cannot be taken away or put in', () => {
    const at = (plus: number, signed = plus) => ({
      'x-grafana-alerting-timestamp': seconds(plus),
      'x-grafana-alerting-signature': hex('s', `${seconds(signed)}:`),
    });
    expect([0, -300, 300].map((plus) => verified(at(plus)))).toEqual([true, true, true]);
    expect([-301, 301].map((plus) => verified(at(plus)))).toEqual([false, false]);
    expect(verified(at(0, -400))).toBe(false);
    expect(verified({ 'x-grafana-alerting-signature': hex('s', `${seconds(0)}:`) })).toBe(false);
    expect(verified({ ...at(0), 'x-grafana-alerting-signature': hex('s') })).toBe(false);
    expect(verified({ ...at(0), 'x-grafana-alerting-timestamp': 'soon' })).toBe(false);
  });

  test('without a signature a token, but never instead of a wrong one', () => {
    expect(verified({ authorization: 'Bearer s' })).toBe(true);
    expect(verified({ authorization: `Basic ${Buffer.from('headway:s').toString('base64')}` })).toBe(true);
    expect(verified({ authorization: 'Bearer s', 'x-grafana-alerting-signature': hex('x') })).toBe(false);
    expect(verified({})).toBe(false);
  });
});
