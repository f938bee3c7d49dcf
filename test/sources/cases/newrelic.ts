import { newrelic as source } from '../../../ingest/sources/newrelic.ts';
import type { Base, SourceCase } from './case.ts';

const sent = (state: string, over: object, makes: string): Base => ({
  event: state,
  body: {
    id: 'c5faa7e6-7b54-402d-af79-f99601e0278c',
    issueUrl: 'https://radar-api.service.newrelic.com/accounts/1/issues/c5faa7e6?notifier=WEBHOOK',
    title: 'Errors are above 5 % for 5 minutes on Till',
    priority: 'CRITICAL',
    impactedEntities: ['till'],
    totalIncidents: 1,
    state,
    trigger: 'STATE_CHANGE',
    isCorrelated: false,
    createdAt: 1772704800123,
    updatedAt: 1772705100000,
    sources: ['newrelic'],
    alertPolicyNames: ['Golden signals'],
    alertConditionNames: ['Errors'],
    workflowName: 'Headway',
    service: 'till',
    repository: 'acme/till',
    impact: 'outage',
    descriptions: ['caused-by: #12'],
    ...over,
  },
  makes,
});

const CREATED = 'incident.detected 2026-03-05T10:00:00.123Z';

export const newrelic: SourceCase = {
  source,
  bases: [
    sent('ACTIVATED', {}, `${CREATED}, incident.reclassified 2026-03-05T10:05:00.000Z`),
    sent(
      'ACKNOWLEDGED',
      { acknowledgedAt: 1772705000000 },
      `${CREATED}, incident.acknowledged 2026-03-05T10:03:20.000Z`,
    ),
    sent('CLOSED', { closedAt: 1772705060000 }, `${CREATED}, incident.resolved 2026-03-05T10:04:20.000Z`),
  ],
  samples: 'newrelic',
  signsBody: false,
  sign: (_, secret) => ({ authorization: `Bearer ${secret}` }),
  answers: {
    'issue.activated.json':
      'incident.detected 2024-04-22T03:05:31.352Z, incident.reclassified 2024-04-22T07:08:28.699Z',
    'issue.closed.json': 'incident.detected 2024-04-22T06:16:30.228Z, incident.resolved 2024-04-22T06:17:37.383Z',
  },
};
