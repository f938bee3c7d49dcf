/** One well-formed body of every kind that each source reads, in our own words: where the hostile tests start from. */
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

export interface Base {
  readonly source: string;
  /** GitHub's event; empty elsewhere. */
  readonly event: string;
  readonly body: object;
}

const github = (event: string, body: object): Base => ({ source: 'github', event, body: { repository, ...body } });
const pagerduty = (event_type: string, data: object): Base => ({
  source: 'pagerduty',
  event: '',
  body: { event: { id: 'e', event_type, occurred_at: at('10:00'), data } },
});

export const bases: readonly Base[] = [
  github('push', { ref: 'refs/heads/main', before: sha('b'), after: sha('a'), commits: [commit], head_commit: commit }),
  github('pull_request', { action: 'closed', pull_request: pull }),
  github('pull_request', { action: 'opened', pull_request: pull }),
  github('pull_request_review', {
    action: 'submitted',
    review: { id: 5, state: 'approved', submitted_at: at('09:00'), user },
    pull_request: { number: 12 },
  }),
  github('workflow_run', { action: 'completed', workflow_run }),
  github('workflow_job', { action: 'completed', workflow_job, deployment: { environment: 'production' } }),
  github('deployment', { action: 'created', deployment, workflow_run }),
  github('deployment_status', {
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
  }),
  github('release', {
    action: 'published',
    release: {
      id: 1,
      tag_name: 'v1',
      target_commitish: sha('a'),
      draft: false,
      published_at: at('10:00'),
      author: user,
    },
  }),
  github('issues', { action: 'closed', issue, label: { name: 'incident' } }),
  github('issue_comment', {
    action: 'created',
    issue,
    comment: { body: 'caused-by: #12', created_at: at('09:10'), author_association: 'MEMBER', user },
  }),
  {
    source: 'argocd',
    event: '',
    body: {
      context: { argocdUrl: 'https://argo.example.com' },
      app: {
        metadata: { name: 'till', namespace: 'argocd', uid: 'u-1', labels: { env: 'production' } },
        spec: {
          destination: { name: 'eu', namespace: 'till' },
          sources: [{ repoURL: 'https://github.com/acme/deploy' }],
        },
        status: {
          operationState: {
            phase: 'Succeeded',
            startedAt: at('10:00'),
            finishedAt: at('10:01'),
            syncResult: {
              revision: '',
              revisions: [sha('a')],
              sources: [{ repoURL: 'https://github.com/acme/deploy' }],
            },
            operation: { initiatedBy: { username: 'ada' }, sync: { revisions: [sha('a')] } },
          },
          health: { status: 'Healthy', lastTransitionTime: at('10:03') },
          summary: { images: ['acme/till:1'] },
        },
      },
    },
  },
  pagerduty('incident.resolved', {
    id: 'P1',
    html_url: 'https://acme.pagerduty.com/incidents/P1',
    title: 'Till is down, caused-by: #12',
    urgency: 'high',
    priority: { id: 'p', summary: 'P1' },
    service: { id: 's', summary: 'till' },
    resolve_reason: { type: 'merge_resolve_reason', incident: { id: 'P0' } },
  }),
  pagerduty('incident.annotated', { content: 'caused-by: #12', incident: { id: 'P1' } }),
  pagerduty('incident.custom_field_values.updated', {
    incident: { id: 'P1' },
    custom_fields: [{ name: 'caused_by', value: '#12' }],
  }),
];
