import { createHmac } from 'node:crypto';
import { grafanaAlerting as source } from '../../../ingest/sources/grafana-alerting.ts';
import type { Base, SourceCase } from './case.ts';

const group = (alert: object, status: string, makes: string): Base => ({
  event: status,
  body: {
    version: '1',
    groupKey: '{}:{alertname="Till is down"}',
    status,
    state: status === 'firing' ? 'alerting' : 'ok',
    receiver: 'Headway',
    orgId: 1,
    truncatedAlerts: 0,
    alerts: [
      {
        status,
        labels: { alertname: 'Till is down', headway: 'incident', service: 'till', severity: 'critical' },
        annotations: { summary: 'Till is down', runbook_url: '', description: 'caused-by: #12' },
        startsAt: '2026-03-05T10:00:00.123456789Z',
        generatorURL: 'https://grafana.acme.example/alerting/grafana/till/view',
        fingerprint: 'd8a21484c9c25a60',
        values: { B: 24, C: 1 },
        ...alert,
      },
    ],
  },
  makes,
});

export const grafanaAlerting: SourceCase = {
  source,
  bases: [
    group({ endsAt: '0001-01-01T00:00:00Z' }, 'firing', 'incident.detected 2026-03-05T10:00:00.123Z'),
    group(
      { endsAt: '2026-03-05T10:30:00Z' },
      'resolved',
      'incident.detected 2026-03-05T10:00:00.123Z, incident.resolved 2026-03-05T10:30:00.000Z',
    ),
  ],
  samples: 'grafana-alerting',
  signsBody: true,
  sign: (body, secret, at) => {
    const timestamp = String(Date.parse(at) / 1000);
    return {
      'x-grafana-alerting-timestamp': timestamp,
      'x-grafana-alerting-signature': createHmac('sha256', secret).update(`${timestamp}:`).update(body).digest('hex'),
    };
  },
  answers: { 'resolved.json': 'ignored: no alert has the label headway="incident"' },
};
