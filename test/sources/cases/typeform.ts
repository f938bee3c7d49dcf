import { createHmac } from 'node:crypto';
import { typeform as source } from '../../../ingest/sources/typeform.ts';
import type { SourceCase } from './case.ts';

export const typeform: SourceCase = {
  source,
  bases: [
    {
      event: 'form_response',
      body: {
        event_id: '01EVENT',
        event_type: 'form_response',
        form_response: {
          form_id: 'lT4Z3j',
          token: 'a3a12ec67a1365927098a606107fac15',
          landed_at: '2026-03-05T09:58:00Z',
          submitted_at: '2026-03-05T10:00:00Z',
          hidden: { team: 'checkout', wave: '2026-q1' },
          definition: {
            id: 'lT4Z3j',
            fields: [
              { id: 'f1', ref: 'documentation', type: 'opinion_scale', title: 'How good are the docs?' },
              { id: 'f2', ref: 'overall', type: 'rating', title: 'All in all?' },
              { id: 'f3', ref: 'why', type: 'long_text', title: 'Why?' },
            ],
          },
          answers: [
            { type: 'number', number: 4, field: { id: 'f1', ref: 'documentation', type: 'opinion_scale' } },
            { type: 'number', number: 5, field: { id: 'f2', ref: 'overall', type: 'rating' } },
            { type: 'text', text: 'Because of Ada', field: { id: 'f3', ref: 'why', type: 'long_text' } },
            { type: 'number', number: 7, field: { id: 'f4', ref: 'age', type: 'number' } },
          ],
        },
      },
      makes:
        'survey.answered 2026-03-05T10:00:00.000Z, survey.answered 2026-03-05T10:00:00.000Z, survey.commented 2026-03-05T10:00:00.000Z',
    },
  ],
  signsBody: true,
  sign: (body, secret) => ({
    'typeform-signature': `sha256=${createHmac('sha256', secret).update(body).digest('base64')}`,
  }),
  answers: {},
};
