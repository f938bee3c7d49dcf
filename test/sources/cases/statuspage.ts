import { statuspage as source } from '../../../ingest/sources/statuspage.ts';
import type { SourceCase } from './case.ts';

const update = (id: string, status: string, display_at: string) => ({
  id,
  incident_id: 'z3lct0r596n4',
  status,
  body: status === 'resolved' ? 'It is over. caused-by: #12' : 'We are on it.',
  created_at: '2026-03-05T10:10:00.548Z',
  updated_at: '2026-03-05T10:10:00.548Z',
  display_at,
});

export const statuspage: SourceCase = {
  source,
  bases: [
    {
      event: 'incident',
      body: {
        meta: { generated_at: '2026-03-05T11:00:00.770Z' },
        page: { id: 'jb7j80lkgqvb', status_indicator: 'major' },
        incident: {
          id: 'z3lct0r596n4',
          name: 'Tills are down',
          status: 'resolved',
          impact: 'major',
          shortlink: 'https://stspg.io/646947c1e',
          created_at: '2026-03-05T10:10:00.507Z',
          updated_at: '2026-03-05T11:00:00.603Z',
          monitoring_at: '2026-03-05T10:30:00Z',
          resolved_at: '2026-03-05T11:00:00Z',
          backfilled: false,
          scheduled_for: null,
          incident_updates: [
            update('u4', 'resolved', '2026-03-05T11:00:00Z'),
            update('u3', 'identified', '2026-03-05T10:40:00Z'),
            update('u2', 'monitoring', '2026-03-05T10:30:00Z'),
            update('u1', 'investigating', '2026-03-05T10:05:00Z'),
          ],
          components: [
            { id: 'c1', name: 'Website', status: 'operational' },
            { id: 'c2', name: 'Tills', status: 'major_outage' },
          ],
        },
      },
      makes:
        'incident.detected 2026-03-05T10:05:00.000Z, incident.reclassified 2026-03-05T11:00:00.603Z, ' +
        'incident.mitigated 2026-03-05T10:30:00.000Z, incident.reopened 2026-03-05T10:40:00.000Z, incident.resolved 2026-03-05T11:00:00.000Z',
    },
    {
      event: 'incident',
      body: {
        meta: { generated_at: '2026-03-05T11:00:00.770Z' },
        page: { id: 'jb7j80lkgqvb', status_indicator: 'none' },
        incident: {
          id: 'qm8bgczn0p2n',
          name: 'New tills',
          status: 'in_progress',
          impact: 'maintenance',
          shortlink: 'https://stspg.io/646947c1f',
          created_at: '2026-03-01T10:10:00.507Z',
          updated_at: '2026-03-05T11:00:00.603Z',
          monitoring_at: null,
          resolved_at: null,
          scheduled_for: '2026-03-05T10:00:00Z',
          scheduled_until: '2026-03-05T12:00:00Z',
          incident_updates: [update('u5', 'in_progress', '2026-03-05T10:00:00Z')],
          components: [{ id: 'c2', name: 'Tills', status: 'under_maintenance' }],
        },
      },
      makes: 'maintenance.announced 2026-03-05T11:00:00.603Z',
    },
  ],
  samples: 'statuspage',
  signsBody: false,
  // As the server hands on the token of the address.
  sign: (_, secret) => ({ 'x-headway-token': secret }),
  answers: {
    'component_update.json': 'ignored: a component changed its status; what it means is told by an incident',
    'incident_created.json':
      'incident.detected 2017-12-26T07:32:00.507Z, incident.reclassified 2017-12-26T07:32:00.603Z',
  },
};
