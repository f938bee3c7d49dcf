import { createHmac } from 'node:crypto';
import { buildkite as source } from '../../../ingest/sources/buildkite.ts';
import type { Base, SourceCase } from './case.ts';

const at = (time: string) => `2026-03-05T${time}:00.123Z`;
const pipeline = { id: 'p', slug: 'api', name: 'API', repository: 'git@github.com:acme/api.git' };
const build = {
  id: '018f-build',
  number: 42,
  state: 'passed',
  blocked: false,
  message: 'Fix the till',
  commit: 'a'.repeat(40),
  branch: 'main',
  source: 'webhook',
  created_at: at('10:00'),
  scheduled_at: at('10:00'),
  started_at: at('10:01'),
  finished_at: at('10:07'),
  creator: { id: 'u', name: 'Ada' },
};
const job = {
  id: '018f-job',
  type: 'script',
  name: 'test',
  state: 'failed',
  exit_status: 1,
  created_at: at('10:00'),
  scheduled_at: at('10:00'),
  runnable_at: at('10:02'),
  started_at: at('10:03'),
  finished_at: at('10:05'),
  retries_count: 1,
  agent: { name: 'agent-1' },
};

const sent = (event: string, body: object, makes: string): Base => ({
  event,
  headers: { 'x-buildkite-event': event, 'content-type': 'application/json' },
  body: { event, build, pipeline, sender: { id: 'u', name: 'Ada' }, ...body },
  makes,
});

export const buildkite: SourceCase = {
  source,
  bases: [
    sent(
      'build.running',
      { build: { ...build, state: 'running', finished_at: null } },
      'pipelinerun.queued 2026-03-05T10:00:00.123Z, pipelinerun.started 2026-03-05T10:01:00.123Z',
    ),
    sent(
      'build.finished',
      {},
      'pipelinerun.queued 2026-03-05T10:00:00.123Z, pipelinerun.started 2026-03-05T10:01:00.123Z, pipelinerun.finished 2026-03-05T10:07:00.123Z',
    ),
    sent(
      'job.finished',
      { job },
      'taskrun.queued 2026-03-05T10:02:00.123Z, taskrun.started 2026-03-05T10:03:00.123Z, taskrun.finished 2026-03-05T10:05:00.123Z',
    ),
  ],
  samples: 'buildkite',
  signsBody: true,
  sign(body, secret, at) {
    const timestamp = Math.floor(Date.parse(at) / 1000);
    const signature = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
    return { 'x-buildkite-signature': `timestamp=${timestamp},signature=${signature}` };
  },
  answers: {
    'build.finished.json': 'pipelinerun.queued 2024-01-15T10:30:00.000Z, pipelinerun.finished 2024-01-15T10:35:00.000Z',
  },
};
