import { alertmanager as source } from '../../../ingest/sources/alertmanager.ts';
import type { Base, SourceCase } from './case.ts';

/** A group of two alerts: one is an incident, the other is not. */
const group = (alert: object, status: string, makes: string): Base => ({
  event: status,
  body: {
    version: '4',
    groupKey: '{}:{alertname="TillDown"}',
    status,
    receiver: 'headway',
    groupLabels: { alertname: 'TillDown' },
    alerts: [
      { status: 'firing', labels: { alertname: 'DiskFilling' }, annotations: {}, startsAt: '2026-03-05T09:00:00Z' },
      {
        labels: {
          alertname: 'TillDown',
          headway: 'incident',
          service: 'till',
          severity: 'critical',
          impact: 'outage',
          repository: 'acme/till',
        },
        annotations: { summary: 'Till is down', description: 'No sales. caused-by: #12' },
        startsAt: '2026-03-05T10:00:00.123456789Z',
        generatorURL: 'https://prometheus.acme.example/graph',
        fingerprint: 'a1bc48475b20e73d',
        ...alert,
      },
    ],
  },
  makes,
});

export const alertmanager: SourceCase = {
  source,
  bases: [
    group({ status: 'firing', endsAt: '0001-01-01T00:00:00Z' }, 'firing', 'incident.detected 2026-03-05T10:00:00.123Z'),
    group(
      { status: 'resolved', endsAt: '2026-03-05T12:30:00+02:00' },
      'resolved',
      'incident.detected 2026-03-05T10:00:00.123Z, incident.resolved 2026-03-05T10:30:00.000Z',
    ),
  ],
  samples: 'alertmanager',
  signsBody: false,
  sign: (_, secret) => ({ authorization: `Bearer ${secret}` }),
  answers: {
    'firing.json': 'ignored: no alert has the label headway="incident"',
    'resolved.json': 'ignored: no alert has the label headway="incident"',
  },
};
