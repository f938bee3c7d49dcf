import { opa as source } from '../../../ingest/sources/opa.ts';
import type { SourceCase } from './case.ts';

export const opa: SourceCase = {
  source,
  bases: [
    {
      event: 'decision log',
      body: [
        {
          decision_id: 'd-1',
          timestamp: '2026-03-05T10:00:00.123456789Z',
          path: 'deploy/guard/allow',
          result: true,
          input: { user: 'ada' },
          labels: { app: 'till', id: 'o-1', version: '1.0.0' },
          bundles: { guard: { revision: 'abc' } },
          requested_by: '10.0.0.7:5943',
        },
        { decision_id: 'd-2', timestamp: '2026-03-05T10:00:01Z', path: 'deploy/guard/deny', result: ['no owner'] },
      ],
      makes: 'policy.evaluated 2026-03-05T10:00:00.123Z, policy.evaluated 2026-03-05T10:00:01.000Z',
    },
  ],
  samples: 'opa',
  signsBody: false,
  sign: (_body, secret) => ({ authorization: `Bearer ${secret}` }),
  answers: { 'decision_log.json': 'policy.evaluated 2018-01-01T00:00:00.000Z' },
};
