import { gitlab as source } from '../../../ingest/sources/gitlab.ts';
import type { Base, SourceCase } from './case.ts';

const sha = (digit: string) => digit.repeat(40);
const at = (time: string) => `2026-03-05 ${time}:00 UTC`;
const project = {
  id: 14,
  path_with_namespace: 'acme/shop/api',
  default_branch: 'main',
  web_url: 'https://gitlab.example.com/acme/shop/api',
  visibility_level: 0,
};
const user = { id: 51, username: 'ada' };
const commit = {
  id: sha('a'),
  message: 'Revert "Faster till"\n\nThis reverts merge request !7\nfixes: INC-7',
  timestamp: '2026-03-05T11:00:00+02:00',
  author: { name: 'Ada', email: 'ada@example.com' },
  added: ['a.ts'],
  modified: [],
  removed: [],
};
const request = {
  iid: 12,
  url: 'https://gitlab.example.com/acme/shop/api/-/merge_requests/12',
  title: 'Faster till',
  description: 'fixes: acme/shop/api#3\nCherry-pick of !9',
  author_id: 51,
  source_branch: 'till',
  target_branch: 'main',
  source_project_id: 14,
  target_project_id: 14,
  last_commit: { id: sha('b') },
  merge_commit_sha: sha('c'),
  created_at: at('08:00'),
  updated_at: '2026-03-05T09:00:00.123Z',
};
const issue = {
  iid: 3,
  type: 'Incident',
  url: 'https://gitlab.example.com/acme/shop/api/-/issues/3',
  title: 'Till is down',
  description: 'caused-by: !12',
  severity: 'high',
  escalation_status: 'resolved',
  confidential: false,
  labels: [{ title: 'impact::outage' }, { title: 'service::till' }],
  created_at: at('09:00'),
  updated_at: at('09:30'),
  closed_at: at('09:30'),
};

const sent = (event: string, body: object, makes: string): Base => ({
  event,
  headers: { 'content-type': 'application/json', 'x-gitlab-event': event },
  body: { project, user, ...body },
  makes,
});

const bases: readonly Base[] = [
  sent(
    'Push Hook',
    { object_kind: 'push', ref: 'refs/heads/main', before: sha('b'), after: sha('a'), commits: [commit] },
    'branch.pushed 2026-03-05T09:00:00.000Z',
  ),
  sent(
    'Merge Request Hook',
    { object_kind: 'merge_request', object_attributes: { ...request, action: 'open', state: 'opened' }, labels: [] },
    'change.created 2026-03-05T08:00:00.000Z, change.updated 2026-03-05T09:00:00.000Z',
  ),
  sent(
    'Merge Request Hook',
    {
      object_kind: 'merge_request',
      object_attributes: { ...request, action: 'merge', state: 'merged', labels: [{ title: 'hotfix' }] },
    },
    'change.merged 2026-03-05T09:00:00.000Z, change.updated 2026-03-05T09:00:00.000Z',
  ),
  sent(
    'Merge Request Hook',
    { object_kind: 'merge_request', object_attributes: { ...request, action: 'approved', state: 'opened' } },
    'change.reviewed 2026-03-05T09:00:00.000Z',
  ),
  sent(
    'Pipeline Hook',
    {
      object_kind: 'pipeline',
      object_attributes: {
        id: 31,
        name: 'Release',
        status: 'success',
        source: 'push',
        ref: 'main',
        sha: sha('a'),
        created_at: at('10:00'),
        finished_at: at('10:07'),
        queued_duration: 12,
      },
      builds: [{ id: 380, started_at: at('10:01') }],
    },
    'pipelinerun.queued 2026-03-05T10:00:00.000Z, pipelinerun.started 2026-03-05T10:00:12.000Z, pipelinerun.finished 2026-03-05T10:07:00.000Z',
  ),
  sent(
    'Job Hook',
    {
      object_kind: 'build',
      build_id: 380,
      build_name: 'deploy',
      build_status: 'success',
      build_created_at: at('10:00'),
      build_started_at: at('10:01'),
      build_finished_at: at('10:02'),
      build_queued_duration: 3.7,
      pipeline_id: 31,
      sha: sha('a'),
      runner: { description: 'shared-1' },
      environment: { name: 'production', action: 'start' },
      repository: { git_ssh_url: 'git@gitlab.example.com:acme/shop/api.git' },
    },
    'taskrun.queued 2026-03-05T10:00:56.000Z, taskrun.started 2026-03-05T10:01:00.000Z, taskrun.finished 2026-03-05T10:02:00.000Z',
  ),
  sent(
    'Deployment Hook',
    {
      object_kind: 'deployment',
      deployment_id: 15,
      status: 'success',
      status_changed_at: '2026-03-05 11:05:00 +0100',
      environment: 'eu',
      environment_tier: 'production',
      short_sha: sha('a').slice(0, 8),
      commit_url: `https://gitlab.example.com/acme/shop/api/-/commit/${sha('a')}`,
      deployable_url: 'https://gitlab.example.com/acme/shop/api/-/jobs/380',
    },
    'deployment.finished 2026-03-05T10:05:00.000Z',
  ),
  sent(
    'Release Hook',
    {
      object_kind: 'release',
      action: 'create',
      tag: 'v1',
      created_at: at('10:00'),
      released_at: at('10:00'),
      commit: { id: sha('a') },
    },
    'release.published 2026-03-05T10:00:00.000Z',
  ),
  sent(
    'Issue Hook',
    {
      object_kind: 'work_item',
      object_attributes: { ...issue, action: 'close' },
      changes: { escalation_status: { previous: 'acknowledged', current: 'resolved' } },
    },
    'incident.detected 2026-03-05T09:00:00.000Z, incident.reclassified 2026-03-05T09:30:00.000Z, incident.resolved 2026-03-05T09:30:00.000Z, incident.mitigated 2026-03-05T09:30:00.000Z',
  ),
  sent(
    'Issue Hook',
    {
      object_kind: 'issue',
      object_attributes: { ...issue, type: 'Issue', labels: [], action: 'update' },
      changes: { labels: { previous: [{ title: 'incident' }], current: [] } },
    },
    'incident.reclassified 2026-03-05T09:30:00.000Z',
  ),
  sent(
    'Note Hook',
    {
      object_kind: 'note',
      object_attributes: { note: 'caused-by: !12', noteable_type: 'Issue', created_at: at('09:10'), system: false },
      issue: { iid: 3, type: 'Incident', labels: [] },
    },
    'incident.linked 2026-03-05T09:10:00.000Z',
  ),
];

export const gitlab: SourceCase = {
  source,
  bases,
  samples: 'gitlab',
  signsBody: false,
  sign: (_body, secret) => ({ 'x-gitlab-token': secret }),
  answers: {
    'deployment.json': 'deployment.finished 2021-04-28T19:50:00.000Z',
    'feature_flag.json': 'ignored: no metric reads feature_flag',
    'issue.closed.json': 'ignored: the issue is not of the type or label "incident"',
    'issue.json': 'ignored: the issue is not of the type or label "incident"',
    'job.json':
      'taskrun.queued 2023-01-10T13:50:05.000Z, taskrun.started 2023-01-10T13:50:05.000Z, taskrun.finished 2023-01-10T13:50:54.000Z',
    'merge_request.json': 'change.created 2013-12-03T17:23:34.000Z, change.updated 2013-12-03T17:23:34.000Z',
    'merge_request.merged.json': 'change.merged 2017-12-10T17:08:07.000Z, change.updated 2017-12-10T17:08:07.000Z',
    'merge_request.opened.json': 'change.created 2017-12-10T17:01:11.000Z, change.updated 2017-12-10T17:01:11.000Z',
    'pipeline.json':
      'pipelinerun.queued 2016-08-12T15:23:28.000Z, pipelinerun.started 2016-08-12T15:23:40.000Z, pipelinerun.finished 2016-08-12T15:26:29.000Z',
    'push.json': 'branch.pushed 2012-01-03T21:36:29.000Z',
    'push.merge_commit.json': 'branch.pushed 2017-12-10T17:08:06.000Z',
    'release.json': 'release.published 2021-02-25T21:23:34.000Z',
    'tag_push.json': 'ignored: a push of a tag moves no branch',
  },
};
