import { createHmac } from 'node:crypto';
import { pagerduty as source } from '../../../ingest/sources/pagerduty.ts';
import type { Base, SourceCase } from './case.ts';

const sent = (event_type: string, data: object, makes: string): Base => ({
  event: event_type,
  body: { event: { id: 'e', event_type, occurred_at: '2026-03-05T10:00:00Z', data } },
  makes,
});

export const pagerduty: SourceCase = {
  source,
  bases: [
    sent(
      'incident.resolved',
      {
        id: 'P1',
        html_url: 'https://acme.pagerduty.com/incidents/P1',
        title: 'Till is down, caused-by: #12',
        urgency: 'high',
        priority: { id: 'p', summary: 'P1' },
        service: { id: 's', summary: 'till' },
        resolve_reason: { type: 'merge_resolve_reason', incident: { id: 'P0' } },
      },
      'incident.merged 2026-03-05T10:00:00.000Z',
    ),
    sent(
      'incident.annotated',
      { content: 'caused-by: #12', incident: { id: 'P1' } },
      'incident.linked 2026-03-05T10:00:00.000Z',
    ),
    sent(
      'incident.custom_field_values.updated',
      {
        incident: { id: 'P1' },
        custom_fields: [{ name: 'caused_by', value: '#12' }],
      },
      'incident.linked 2026-03-05T10:00:00.000Z',
    ),
  ],
  samples: 'pagerduty',
  signsBody: true,
  sign: (body, secret) => ({
    'x-pagerduty-signature': `v1=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }),
  answers: {
    'incident.acknowledged.json': 'incident.acknowledged 2021-06-04T13:55:30.394Z',
    'incident.priority_updated.json': 'incident.reclassified 2020-10-02T18:45:22.169Z',
    'incident.resolved.json': 'incident.resolved 2021-06-04T13:16:53.816Z',
    'incident.triggered.json': 'incident.detected 2021-06-04T13:35:29.781Z',
  },
};
