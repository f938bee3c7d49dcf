import { createHmac } from 'node:crypto';
import { circleci as source } from '../../../ingest/sources/circleci.ts';
import type { SourceCase } from './case.ts';

const at = (time: string) => `2026-03-05T${time}:00.123Z`;
const common = {
  id: 'd5ae7158-c80a-308a-85ac-d660c7b244fc',
  happened_at: at('10:08'),
  webhook: { id: 'w', name: 'Headway' },
  project: { id: 'p', name: 'api', slug: 'github/acme/api' },
  organization: { id: 'o', name: 'acme' },
  pipeline: {
    id: 'ac0cc08f-67a2-4adb-9fa6-db633e390670',
    number: 26,
    created_at: at('10:00'),
    trigger: { type: 'webhook' },
    vcs: {
      provider_name: 'github',
      target_repository_url: 'https://github.com/acme/api',
      revision: 'a'.repeat(40),
      branch: 'main',
    },
  },
};
const workflow = { id: '0008c799-4b4a-46fd-bcb9-14b25bcb5196', name: 'build', created_at: at('10:01') };

export const circleci: SourceCase = {
  source,
  bases: [
    {
      event: 'workflow-completed',
      headers: { 'circleci-event-type': 'workflow-completed', 'content-type': 'application/json' },
      body: {
        ...common,
        type: 'workflow-completed',
        workflow: { ...workflow, status: 'success', stopped_at: at('10:07') },
      },
      makes:
        'pipelinerun.queued 2026-03-05T10:00:00.123Z, pipelinerun.started 2026-03-05T10:01:00.123Z, pipelinerun.finished 2026-03-05T10:07:00.123Z',
    },
    {
      event: 'job-completed',
      headers: { 'circleci-event-type': 'job-completed', 'content-type': 'application/json' },
      body: {
        ...common,
        type: 'job-completed',
        workflow,
        job: { id: 'j', number: 6, name: 'test', status: 'failed', started_at: at('10:02'), stopped_at: at('10:05') },
      },
      makes: 'taskrun.started 2026-03-05T10:02:00.123Z, taskrun.finished 2026-03-05T10:05:00.123Z',
    },
  ],
  samples: 'circleci',
  signsBody: true,
  sign: (body, secret) => ({
    'circleci-signature': `v1=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }),
  answers: {
    'job-completed.json': 'taskrun.started 2022-09-20T12:54:28.900Z, taskrun.finished 2022-09-20T12:54:38.599Z',
    'workflow-completed.json':
      'pipelinerun.started 2021-06-30T14:41:57.547Z, pipelinerun.finished 2021-06-30T14:42:06.016Z',
  },
};
