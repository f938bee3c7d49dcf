import { opsgenie as source } from '../../../ingest/sources/opsgenie.ts';
import type { Base, SourceCase } from './case.ts';

const sent = (action: string, alert: object, makes: string): Base => ({
  event: action,
  body: {
    action,
    alert: {
      alertId: '052652ac-5d1c-464a-812a-7dd18bbfba8c',
      message: 'Till is down',
      tags: ['service:till', 'impact:outage'],
      tinyId: '23',
      entity: 'till-7',
      alias: 'till-down',
      createdAt: 1772704800123,
      // As text here: a number of this size would not survive being written.
      updatedAt: '1772706600456000102',
      priority: 'P2',
      teams: ['tills'],
      details: { repository: 'acme/till', caused_by: '#12' },
      ...alert,
    },
    source: { name: '', type: 'web' },
    integrationId: '37c8f316-17c6-49d7-899b-9c7e540c048d',
  },
  makes,
});

const CREATED = '2026-03-05T10:00:00.123Z';
const UPDATED = '2026-03-05T10:30:00.456Z';

export const opsgenie: SourceCase = {
  source,
  bases: [
    sent('Create', { priority: 3 }, `incident.detected ${CREATED}, incident.reclassified ${UPDATED}`),
    sent('Acknowledge', {}, `incident.detected ${CREATED}, incident.acknowledged ${UPDATED}`),
    sent('Close', {}, `incident.detected ${CREATED}, incident.resolved ${UPDATED}`),
    sent('Delete', {}, `incident.detected ${CREATED}, incident.reclassified ${UPDATED}`),
    sent('AddNote', { note: 'caused-by: #13' }, `incident.detected ${CREATED}, incident.linked ${UPDATED}`),
  ],
  samples: 'opsgenie',
  signsBody: false,
  sign: (_, secret) => ({ 'x-headway-token': secret }),
  answers: {
    'alert.close.json': 'incident.detected 2015-01-05T10:03:11.104Z, incident.resolved 2015-01-05T10:06:14.669Z',
    'alert.create.json': 'incident.detected 2017-08-14T11:25:56.288Z',
  },
};
