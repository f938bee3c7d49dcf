import { createHmac } from 'node:crypto';
import { github as source } from '../../../ingest/sources/github.ts';
import type { Base, SourceCase } from './case.ts';

const sha = (digit: string) => digit.repeat(40);
const at = (time: string) => `2026-03-05T${time}:00Z`;
const repository = { full_name: 'acme/api', default_branch: 'main', pushed_at: 1772703000 };
const user = { login: 'ada', type: 'User' };
const pull = {
  number: 12,
  html_url: 'https://github.com/acme/api/pull/12',
  title: 'Revert "Faster till"',
  body: 'Reverts #7\nfixes: INC-7\ncaused-by: #3',
  user,
  merged: true,
  created_at: at('08:00'),
  updated_at: at('09:00'),
  merged_at: at('09:00'),
  closed_at: at('09:00'),
  merge_commit_sha: sha('c'),
  head: { ref: 'till', sha: sha('b'), label: 'acme:till', repo: { full_name: 'acme/api' } },
  base: { ref: 'main' },
  labels: [{ name: 'hotfix' }],
};
const deployment = {
  id: 77,
  sha: sha('a'),
  environment: 'production',
  original_environment: 'production',
  production_environment: true,
  task: 'deploy',
  created_at: at('10:00'),
  creator: user,
  payload: { service: 'till', planned: false, changes: ['acme/api#1'], commits: [sha('a')] },
};
const workflow_run = {
  id: 900,
  run_attempt: 1,
  name: 'CI',
  path: '.github/workflows/ci.yml',
  event: 'push',
  conclusion: 'success',
  head_sha: sha('a'),
  head_branch: 'main',
  created_at: at('10:00'),
  run_started_at: at('10:00'),
  updated_at: at('10:07'),
  actor: user,
  triggering_actor: user,
};
const issue = {
  number: 3,
  html_url: 'https://github.com/acme/api/issues/3',
  title: 'Till is down',
  body: 'caused-by: #12',
  created_at: at('09:00'),
  updated_at: at('09:30'),
  closed_at: at('09:30'),
  state_reason: 'completed',
  labels: [{ name: 'incident' }, { name: 'sev1' }],
};
const workflow_job = {
  id: 4,
  run_id: 900,
  run_attempt: 1,
  name: 'test',
  workflow_name: 'CI',
  status: 'completed',
  conclusion: 'success',
  head_sha: sha('a'),
  created_at: at('10:00'),
  started_at: at('10:01'),
  completed_at: at('10:02'),
  runner_name: 'r',
};
const commit = {
  id: sha('a'),
  message: `Undo\n\nThis reverts commit ${sha('b')}.`,
  timestamp: '2026-03-05T11:00:00+02:00',
  author: { name: 'Ada', username: 'ada' },
  added: ['a.ts'],
  modified: [],
  removed: [],
};

const sent = (event: string, body: object, makes: string): Base => ({
  event,
  headers: { 'x-github-event': event, 'content-type': 'application/json' },
  body: { repository, ...body },
  makes,
});

const bases: readonly Base[] = [
  sent(
    'push',
    { ref: 'refs/heads/main', before: sha('b'), after: sha('a'), commits: [commit], head_commit: commit },
    'branch.pushed 2026-03-05T09:30:00.000Z',
  ),
  sent(
    'pull_request',
    { action: 'closed', pull_request: pull },
    'change.merged 2026-03-05T09:00:00.000Z, change.updated 2026-03-05T09:00:00.000Z',
  ),
  sent(
    'pull_request',
    { action: 'opened', pull_request: pull },
    'change.created 2026-03-05T08:00:00.000Z, change.updated 2026-03-05T09:00:00.000Z',
  ),
  sent(
    'pull_request_review',
    {
      action: 'submitted',
      review: { id: 5, state: 'approved', submitted_at: at('09:00'), user },
      pull_request: { number: 12 },
    },
    'change.reviewed 2026-03-05T09:00:00.000Z',
  ),
  sent('workflow_run', { action: 'completed', workflow_run }, 'pipelinerun.finished 2026-03-05T10:07:00.000Z'),
  sent(
    'workflow_job',
    { action: 'completed', workflow_job, deployment: { environment: 'production' } },
    'taskrun.finished 2026-03-05T10:02:00.000Z',
  ),
  sent('deployment', { action: 'created', deployment, workflow_run }, 'deployment.queued 2026-03-05T10:00:00.000Z'),
  sent(
    'deployment_status',
    {
      action: 'created',
      deployment,
      workflow_run,
      deployment_status: {
        id: 8,
        state: 'success',
        environment: 'production',
        created_at: at('10:05'),
        log_url: 'https://x',
      },
    },
    'deployment.finished 2026-03-05T10:05:00.000Z',
  ),
  sent(
    'release',
    {
      action: 'published',
      release: {
        id: 1,
        tag_name: 'v1',
        target_commitish: sha('a'),
        draft: false,
        published_at: at('10:00'),
        author: user,
      },
    },
    'release.published 2026-03-05T10:00:00.000Z',
  ),
  sent(
    'issues',
    { action: 'closed', issue, label: { name: 'incident' } },
    'incident.detected 2026-03-05T09:00:00.000Z, incident.reclassified 2026-03-05T09:30:00.000Z, incident.resolved 2026-03-05T09:30:00.000Z',
  ),
  sent(
    'issue_comment',
    {
      action: 'created',
      issue,
      comment: { body: 'caused-by: #12', created_at: at('09:10'), author_association: 'MEMBER', user },
    },
    'incident.linked 2026-03-05T09:10:00.000Z',
  ),
];

export const github: SourceCase = {
  source,
  bases,
  samples: 'github',
  headersOf: (file) => ({ 'x-github-event': file.split('.', 1)[0] ?? '', 'content-type': 'application/json' }),
  signsBody: true,
  sign: (body, secret) => ({
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }),
  answers: {
    'check_suite.completed.json': 'ignored: no metric reads check_suite',
    'deployment.created.json': 'deployment.queued 2019-05-15T15:20:53.000Z',
    'deployment_status.created.gh_pages.json': 'deployment.started 2022-01-03T01:28:40.000Z',
    'deployment_status.created.json': 'deployment.finished 2019-05-15T15:20:55.000Z',
    'issues.closed.captured.json': 'ignored: the issue has no label "incident"',
    'issues.labeled.json': 'ignored: the issue has no label "incident"',
    'issues.opened.json': 'ignored: the issue has no label "incident"',
    'merge_group.checks_requested.json': 'ignored: no metric reads merge_group',
    'pull_request.closed.json': 'change.abandoned 2019-05-15T15:21:18.000Z, change.updated 2019-05-15T15:21:18.000Z',
    'pull_request.closed.merged.json':
      'change.merged 2025-05-21T17:35:21.000Z, change.updated 2025-05-21T17:35:21.000Z',
    'pull_request.opened.json': 'change.created 2019-05-15T15:20:33.000Z, change.updated 2019-05-15T15:20:33.000Z',
    'pull_request.ready_for_review.json': 'change.updated 2019-05-15T15:21:18.000Z',
    'pull_request.synchronize.json': 'change.updated 2019-05-15T15:20:33.000Z',
    'pull_request_review.submitted.json': 'change.reviewed 2019-05-15T15:20:38.000Z',
    'push.json': 'branch.pushed 2019-05-15T15:20:57.000Z',
    'push.main_after_merge.captured.json': 'branch.pushed 2025-05-21T17:35:21.000Z',
    'push.new_branch.json': 'branch.pushed 2019-05-15T15:20:57.000Z',
    'push.tag_deleted.json': 'ignored: a push of a tag moves no branch',
    'release.published.json': 'release.published 2019-05-15T15:20:53.000Z',
    'workflow_job.completed.failure.json': 'taskrun.finished 2021-08-05T10:38:16.000Z',
    'workflow_job.completed.success.json': 'taskrun.finished 2021-08-05T10:38:16.000Z',
    'workflow_job.in_progress.json': 'taskrun.started 2021-09-13T02:21:13.000Z',
    'workflow_job.queued.json': 'taskrun.queued 2021-09-13T02:21:13.000Z',
    'workflow_job.queued.with_deployment.json': 'taskrun.queued 2023-04-19T21:12:12.000Z',
    'workflow_run.completed.captured.json': 'pipelinerun.finished 2025-01-22T19:03:50.000Z',
    'workflow_run.completed.json': 'pipelinerun.finished 2020-10-05T16:33:49.000Z',
    'workflow_run.completed.with_pull_requests.json': 'pipelinerun.finished 2020-10-05T16:33:49.000Z',
    'workflow_run.in_progress.captured.json': 'pipelinerun.started 2025-01-22T19:01:11.000Z',
    'workflow_run.requested.captured.json': 'pipelinerun.queued 2025-01-22T19:01:00.000Z',
    'workflow_run.requested.json': 'pipelinerun.queued 2020-10-05T16:33:24.000Z',
  },
};
