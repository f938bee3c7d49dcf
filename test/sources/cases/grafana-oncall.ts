import { grafanaOncall as source } from '../../../ingest/sources/grafana-oncall.ts';
import type { Base, SourceCase } from './case.ts';

const sent = (type: string, time: string | undefined, group: object, makes: string): Base => ({
  event: type,
  body: {
    event: { type, time },
    user: { id: 'U1', username: 'ada' },
    alert_group_id: 'I6HNZGUFG4K11',
    alert_group: {
      id: 'I6HNZGUFG4K11',
      integration_id: 'C1',
      alerts_count: 2,
      created_at: '2026-03-05T10:00:00.148231Z',
      acknowledged_at: '2026-03-05T10:05:00.029347Z',
      resolved_at: null,
      title: 'Till is down',
      permalinks: { slack: null, web: 'https://grafana.acme.example/a/grafana-oncall-app/alert-groups/I6HNZGUFG4K11' },
      labels: { service: 'till', severity: 'critical', impact: 'outage' },
      ...group,
    },
    alert_payload: { labels: { alertname: 'TillDown' }, annotations: { description: 'caused-by: #12' } },
    integration: { id: 'C1', type: 'alertmanager', name: 'Tills', team: null },
  },
  makes,
});

export const grafanaOncall: SourceCase = {
  source,
  bases: [
    sent(
      'acknowledge',
      '2026-03-05T10:05:00.029347+00:00',
      { state: 'acknowledged' },
      'incident.detected 2026-03-05T10:00:00.148Z, incident.acknowledged 2026-03-05T10:05:00.029Z',
    ),
    sent(
      'resolve',
      '2026-03-05T10:30:00+00:00',
      { state: 'resolved', resolved_at: '2026-03-05T10:30:00Z' },
      'incident.detected 2026-03-05T10:00:00.148Z, incident.acknowledged 2026-03-05T10:05:00.029Z, incident.resolved 2026-03-05T10:30:00.000Z',
    ),
    sent(
      'unresolve',
      '2026-03-05T10:40:00+00:00',
      { state: 'firing' },
      'incident.detected 2026-03-05T10:00:00.148Z, incident.acknowledged 2026-03-05T10:05:00.029Z, incident.reopened 2026-03-05T10:40:00.000Z',
    ),
  ],
  signsBody: false,
  sign: (_, secret) => ({ authorization: `Bearer ${secret}` }),
  answers: {},
};
