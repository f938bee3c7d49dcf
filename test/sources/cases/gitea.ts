import { createHmac } from 'node:crypto';
import { gitea as source } from '../../../ingest/sources/gitea.ts';
import type { Base, SourceCase } from './case.ts';

const sha = (digit: string) => digit.repeat(40);
const at = (time: string) => `2026-03-05T${time}:00+01:00`;
const ada = { id: 1, login: 'ada', full_name: 'Ada' };
const repository = { id: 7, full_name: 'acme/api', default_branch: 'main', private: true, internal: false };
const commit = (digit: string, time: string) => ({
  id: sha(digit),
  message: `Undo\n\nThis reverts commit ${sha('f')}.`,
  timestamp: at(time),
  author: { name: 'Ada', email: 'ada@example.com', username: 'ada' },
  added: ['a.ts'],
  removed: [],
  modified: ['b.ts'],
});
const pull_request = {
  number: 12,
  html_url: 'https://git.example.com/acme/api/pulls/12',
  title: 'Revert "Faster till"',
  body: 'Reverts #7\n\nfixes: INC-7',
  user: ada,
  labels: [{ name: 'hotfix' }],
  merged: true,
  merged_at: at('10:00'),
  merge_commit_sha: sha('c'),
  head: { label: 'till', ref: 'refs/pull/12/head', sha: sha('b'), repo: { full_name: 'acme/api' } },
  base: { label: 'main', ref: 'main', sha: sha('a'), repo: { full_name: 'acme/api' } },
  created_at: at('09:00'),
  updated_at: at('10:00'),
  closed_at: at('10:00'),
};
const workflow_run = {
  id: 30,
  run_attempt: 1,
  run_number: 9,
  path: 'ci.yml@refs/heads/main',
  event: 'push',
  status: 'completed',
  conclusion: 'success',
  head_sha: sha('a'),
  head_branch: 'main',
  created_at: at('11:00'),
  updated_at: at('11:07'),
  started_at: at('11:01'),
  completed_at: at('11:07'),
  actor: ada,
  trigger_actor: ada,
};
const workflow_job = {
  id: 31,
  run_id: 30,
  run_attempt: 1,
  name: 'test',
  status: 'completed',
  conclusion: 'failure',
  head_sha: sha('a'),
  created_at: at('11:00'),
  started_at: at('11:01'),
  completed_at: at('11:05'),
  runner_name: 'r',
};
const issue = {
  number: 3,
  html_url: 'https://git.example.com/acme/api/issues/3',
  title: 'Till is down',
  body: 'caused-by: #12',
  labels: [{ name: 'incident' }, { name: 'severity/high' }, { name: 'service/till' }],
  state: 'closed',
  created_at: at('10:00'),
  updated_at: at('10:30'),
  closed_at: at('10:30'),
};

const sent = (event: string, body: object, makes: string): Base => ({
  event,
  headers: { 'x-gitea-event': event, 'content-type': 'application/json' },
  body: { repository, sender: ada, ...body },
  makes,
});

const bases: readonly Base[] = [
  sent(
    'push',
    {
      ref: 'refs/heads/main',
      before: sha('a'),
      after: sha('c'),
      commits: [commit('c', '10:00'), commit('b', '09:00')],
      total_commits: 2,
      head_commit: commit('c', '10:00'),
      pusher: ada,
    },
    'branch.pushed 2026-03-05T09:00:00.000Z',
  ),
  sent(
    'pull_request',
    { action: 'closed', pull_request },
    'change.merged 2026-03-05T09:00:00.000Z, change.updated 2026-03-05T09:00:00.000Z',
  ),
  sent(
    'pull_request',
    { action: 'opened', pull_request },
    'change.created 2026-03-05T08:00:00.000Z, change.updated 2026-03-05T09:00:00.000Z',
  ),
  sent(
    'pull_request_approved',
    { action: 'reviewed', pull_request, review: { type: 'pull_request_review_approved', content: 'fine' } },
    'change.reviewed 2026-03-05T09:00:00.000Z',
  ),
  sent(
    'workflow_run',
    { action: 'completed', workflow: { name: 'CI' }, workflow_run },
    'pipelinerun.finished 2026-03-05T10:07:00.000Z',
  ),
  sent('workflow_job', { action: 'completed', workflow_job }, 'taskrun.finished 2026-03-05T10:05:00.000Z'),
  {
    event: 'action_run_failure',
    headers: { 'x-forgejo-event': 'action_run_failure', 'content-type': 'application/json' },
    body: {
      action: 'failure',
      run: {
        id: 40,
        title: 'Fix',
        repository,
        workflow_id: 'ci.yml',
        index_in_repo: 9,
        trigger_user: ada,
        prettyref: 'main',
        commit_sha: sha('a'),
        event: 'push',
        trigger_event: 'push',
        status: 'failure',
        created: at('11:00'),
        started: at('11:01'),
        stopped: at('11:05'),
      },
      prior_status: 'running',
    },
    makes:
      'pipelinerun.queued 2026-03-05T10:00:00.000Z, pipelinerun.started 2026-03-05T10:01:00.000Z, pipelinerun.finished 2026-03-05T10:05:00.000Z',
  },
  sent(
    'status',
    {
      id: 5,
      context: 'woodpecker/push',
      sha: sha('a'),
      state: 'success',
      target_url: 'https://ci.example.com/1',
      created_at: at('11:05'),
    },
    'pipelinerun.finished 2026-03-05T10:05:00.000Z',
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
        prerelease: false,
        published_at: at('11:00'),
        author: ada,
      },
    },
    'release.published 2026-03-05T10:00:00.000Z',
  ),
  sent(
    'issues',
    { action: 'closed', number: 3, issue },
    'incident.detected 2026-03-05T09:00:00.000Z, incident.reclassified 2026-03-05T09:30:00.000Z, incident.resolved 2026-03-05T09:30:00.000Z',
  ),
  sent(
    'issue_comment',
    {
      action: 'created',
      issue,
      comment: { body: 'caused-by: #12', created_at: at('10:10'), user: ada },
      is_pull: false,
    },
    'incident.linked 2026-03-05T09:10:00.000Z',
  ),
];

export const gitea: SourceCase = {
  source,
  bases,
  signsBody: true,
  sign(body, secret) {
    const hex = createHmac('sha256', secret).update(body).digest('hex');
    return { 'x-gitea-signature': hex, 'x-hub-signature-256': `sha256=${hex}` };
  },
  answers: {},
};
