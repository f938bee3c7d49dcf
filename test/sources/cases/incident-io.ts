import { createHmac } from 'node:crypto';
import { incidentIo as source } from '../../../ingest/sources/incident-io.ts';
import type { Base, SourceCase } from './case.ts';

const timestamp = (name: string, value: string) => ({
  incident_timestamp: { id: name, name, rank: 1 },
  value: { value },
});
const incident = {
  id: '01FDAG4SAP5TYPT98WGR2N7W91',
  reference: 'INC-123',
  name: 'Till is down',
  summary: 'No sales since ten. caused-by: #12',
  permalink: 'https://app.incident.io/acme/incidents/123',
  mode: 'standard',
  created_at: '2026-03-05T10:05:00.801578Z',
  updated_at: '2026-03-05T10:06:00.500Z',
  severity: { id: 's', name: 'Major', rank: 2 },
  incident_status: { id: 'i', category: 'live', name: 'Investigating' },
  incident_timestamp_values: [timestamp('Impact started', '2026-03-05T10:00:00Z')],
  custom_field_entries: [
    {
      custom_field: { id: 'f', name: 'Affected services' },
      values: [{ value_catalog_entry: { id: 'c', name: 'till' } }],
    },
    { custom_field: { id: 'g', name: 'Impact' }, values: [{ value_option: { id: 'o', value: 'Outage' } }] },
  ],
};
const over = {
  ...incident,
  updated_at: '2026-03-05T11:00:00Z',
  incident_status: { id: 'l', category: 'learning', name: 'Post-incident' },
  incident_timestamp_values: [timestamp('Resolved at', '2026-03-05T10:45:00Z')],
};

const sent = (event_type: string, told: object, makes: string): Base => ({
  event: event_type,
  body: { event_type, [event_type]: told },
  makes,
});

export const incidentIo: SourceCase = {
  source,
  bases: [
    sent(
      'public_incident.incident_created_v2',
      incident,
      'incident.detected 2026-03-05T10:05:00.801Z, incident.reclassified 2026-03-05T10:06:00.500Z, incident.corrected 2026-03-05T10:06:00.500Z',
    ),
    sent(
      'public_incident.incident_updated_v2',
      over,
      'incident.detected 2026-03-05T10:05:00.801Z, incident.reclassified 2026-03-05T11:00:00.000Z, incident.corrected 2026-03-05T11:00:00.000Z',
    ),
    sent(
      'public_incident.incident_status_updated_v2',
      { incident: over, new_status: over.incident_status, previous_status: incident.incident_status, message: 'Over.' },
      'incident.detected 2026-03-05T10:05:00.801Z, incident.reclassified 2026-03-05T11:00:00.000Z, incident.resolved 2026-03-05T11:00:00.000Z, incident.corrected 2026-03-05T11:00:00.000Z',
    ),
  ],
  samples: 'incident-io',
  // Published in the envelope of another product, which holds the incident under a key of its own.
  bodyOf: (sample) => {
    const { data } = JSON.parse(new TextDecoder().decode(sample)) as {
      data: { event_type: string; incident: unknown };
    };
    return { event_type: data.event_type, [data.event_type]: data.incident };
  },
  signsBody: true,
  sign: (body, secret, at) => {
    const id = 'msg_1';
    const seconds = String(Date.parse(at) / 1000);
    const signature = createHmac('sha256', secret).update(`${id}.${seconds}.`).update(body).digest('base64');
    return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` };
  },
  answers: {
    'incident_created.superplane.json':
      'incident.detected 2021-08-17T13:28:57.801Z, incident.reclassified 2021-08-17T13:28:57.801Z',
  },
};
