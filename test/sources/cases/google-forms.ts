import { googleForms as source } from '../../../ingest/sources/google-forms.ts';
import type { SourceCase } from './case.ts';

export const googleForms: SourceCase = {
  source,
  bases: [
    {
      event: 'a submitted response',
      body: {
        form_id: '18Xgmr4XQb',
        response_id: '2_ABaOnud',
        submitted_at: '2026-03-05T10:00:00.000Z',
        team: 'checkout',
        wave: '2026-q1',
        answers: [
          { item: 'documentation', title: 'How good are the docs?', score: 4 },
          { item: 'overall', title: 'All in all?', score: 5 },
        ],
      },
      makes: 'survey.answered 2026-03-05T10:00:00.000Z, survey.answered 2026-03-05T10:00:00.000Z',
    },
  ],
  samples: 'google-forms',
  signsBody: false,
  sign: (_body, secret) => ({ 'x-headway-token': secret }),
  answers: { 'responses.notification.json': 'ignored: a notification carries no answers' },
};
