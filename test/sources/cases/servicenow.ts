import { servicenow as source } from '../../../ingest/sources/servicenow.ts';
import type { Base, SourceCase } from './case.ts';

const sent = (event: string, over: object, makes: string): Base => ({
  event,
  body: {
    number: 'INC0010001',
    sys_updated_on: '2026-03-05 10:02:00 UTC',
    opened_at: '2026-03-05 10:00:00 UTC',
    resolved_at: null,
    reopened_at: null,
    closed_at: null,
    state: '2',
    priority: '2',
    business_service: 'Tills',
    cmdb_ci: 'till-7',
    short_description: 'Till is down',
    description: 'No sales.',
    close_notes: null,
    work_notes: '2026-03-05 11:02:00 - Ada (Work notes)\nFound it. caused-by: #12\n\n',
    impact: '1',
    url: 'https://acme.service-now.com/incident.do?sys_id=1',
    ...over,
  },
  makes,
});

const OPENED = 'incident.detected 2026-03-05T10:00:00.000Z';

export const servicenow: SourceCase = {
  source,
  bases: [
    sent(
      'in progress',
      {},
      `${OPENED}, incident.reclassified 2026-03-05T10:02:00.000Z, incident.acknowledged 2026-03-05T10:02:00.000Z`,
    ),
    sent(
      'closed',
      {
        sys_updated_on: '2026-03-05 11:00:00 UTC',
        state: 7,
        impact_started_at: '2026-03-05T09:55:00Z',
        reopened_at: '2026-03-05 10:20:00 UTC',
        resolved_at: '2026-03-05 10:30:00 UTC',
        closed_at: '2026-03-05 11:00:00 UTC',
      },
      `${OPENED}, incident.reclassified 2026-03-05T11:00:00.000Z, incident.corrected 2026-03-05T11:00:00.000Z, ` +
        'incident.reopened 2026-03-05T10:20:00.000Z, incident.resolved 2026-03-05T10:30:00.000Z, incident.closed 2026-03-05T11:00:00.000Z',
    ),
    sent(
      'duplicate',
      { state: '8', duplicate_of: 'INC0010000' },
      `${OPENED}, incident.merged 2026-03-05T10:02:00.000Z`,
    ),
  ],
  signsBody: false,
  sign: (_, secret) => ({ 'x-headway-token': secret }),
  answers: {},
};
