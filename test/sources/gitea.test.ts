import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { gitea } from '../../ingest/sources/gitea.ts';
import { bytesOf, delivery, RECEIVED_AT } from './deliveries.ts';
import { eventsFrom, OTHER, SHA } from './reading.ts';

const repository = { full_name: 'acme/api', default_branch: 'main', private: false };
const ada = { id: 1, login: 'ada' };
/** How an instance east of Greenwich writes a time that has not come. */
const UNSET = '1970-01-01T01:00:00+01:00';

const read = (event: string, body: object) =>
  eventsFrom(gitea, { repository, sender: ada, ...body }, { 'x-gitea-event': event });
const only = (event: string, body: object) => {
  const events = read(event, body);
  if (typeof events === 'string') throw new Error(events);
  expect(events).toHaveLength(1);
  return JSON.parse(JSON.stringify(events[0])) as { type: string; occurred_at: string; data: Record<string, unknown> };
};

describe('Gitea: signatures', () => {
  const body = bytesOf('{"ref":"refs/heads/main"}');
  const hex = (secret: string) => createHmac('sha256', secret).update(body).digest('hex');
  const verified = (headers: Record<string, string>) => gitea.verify(delivery('gitea', body, headers), ['old', 's']);

  test('under any of the three names', () => {
    expect(verified({ 'x-gitea-signature': hex('s') })).toBe(true);
    expect(verified({ 'x-forgejo-signature': hex('old') })).toBe(true);
    expect(verified({ 'x-hub-signature-256': `sha256=${hex('s')}` })).toBe(true);
  });

  test('a wrong one beside a right one is refused; an empty header, as sent without a secret, proves nothing', () => {
    expect(verified({ 'x-gitea-signature': hex('s'), 'x-hub-signature-256': `sha256=${hex('x')}` })).toBe(false);
    expect(verified({ 'x-gitea-signature': hex('x'), 'x-forgejo-signature': hex('s') })).toBe(false);
    expect(verified({ 'x-gitea-signature': '', 'x-hub-signature-256': '' })).toBe(false);
    expect(verified({ 'x-gitea-signature': `sha256=${hex('s')}` })).toBe(false);
  });
});

describe('Gitea: pushes', () => {
  const commit = (id: string, over: object = {}) => ({
    id,
    message: 'Fix the till\n\nfixes: INC-7',
    timestamp: '2026-03-05T10:00:00+01:00',
    author: { name: 'Ada', email: 'ada@example.com', username: 'ada' },
    added: ['a.ts'],
    modified: ['b.ts', 'a.ts'],
    removed: ['c.ts'],
    ...over,
  });
  const push = {
    ref: 'refs/heads/release/1.x',
    before: '9'.repeat(40),
    after: SHA,
    commits: [commit(SHA), commit(OTHER, { timestamp: '2026-03-05T09:00:00+01:00' })],
    head_commit: commit(SHA),
  };

  test('lists the commits oldest first, whichever way they came', () => {
    const event = only('push', push);
    expect(event.data).toMatchObject({
      repository: 'acme/api',
      branch: 'release/1.x',
      default_branch: 'main',
      before: '9'.repeat(40),
      after: SHA,
      commits: [
        { sha: OTHER, authored_at: '2026-03-05T08:00:00.000Z' },
        {
          sha: SHA,
          author: 'ada',
          author_kind: 'human',
          message: 'Fix the till',
          fixes_incident: 'INC-7',
          paths: ['a.ts', 'b.ts', 'c.ts'],
        },
      ],
    });
    expect(only('push', { ...push, commits: [...push.commits].reverse() }).data).toEqual(event.data);
  });

  test('is dated by its head; else by another commit; else by receipt', () => {
    expect(only('push', push).occurred_at).toBe('2026-03-05T09:00:00.000Z');
    const headless = {
      ...push,
      head_commit: null,
      commits: [commit(SHA, { timestamp: '1015-05-05T00:00:00Z' }), commit(OTHER)],
    };
    expect(only('push', headless).occurred_at).toBe('2026-03-05T09:00:00.000Z');
    expect(only('push', { ...push, head_commit: null, commits: [] }).occurred_at).toBe(RECEIVED_AT);
  });

  test('a deleted branch has no head, a tag moves nothing, the runner is a bot', () => {
    const gone = only('push', { ...push, after: '0'.repeat(40), commits: [], head_commit: null });
    expect(gone.data).toMatchObject({ deleted: true, commits: [] });
    expect(read('push', { ...push, ref: 'refs/tags/v1' })).toMatch(/^ignored: .*tag/);
    const bot = commit(SHA, { author: { name: 'Gitea Actions', username: 'gitea-actions' } });
    expect(only('push', { ...push, commits: [bot] }).data.commits).toMatchObject([{ author_kind: 'bot' }]);
  });
});

describe('Gitea: pull requests', () => {
  const pull = {
    number: 12,
    html_url: 'https://git.example.com/acme/api/pulls/12',
    title: 'Faster till',
    body: 'fixes: INC-7',
    user: ada,
    labels: [{ name: 'hotfix' }],
    merged: true,
    merged_at: '2026-03-02T10:00:00Z' as string | null,
    merge_commit_sha: OTHER as string | null,
    head: { label: 'till', ref: 'refs/pull/12/head', sha: SHA, repo: { full_name: 'acme/api' } as object | null },
    base: { label: 'main', ref: 'main', sha: OTHER, repo: { full_name: 'acme/api' } },
    created_at: '2026-03-01T09:00:00Z',
    updated_at: '2026-03-02T10:00:00Z',
    closed_at: '2026-03-02T10:00:00Z' as string | null,
  };
  const sent = (action: string, over: object = {}) =>
    read('pull_request', { action, pull_request: { ...pull, ...over } });

  test('merged; the branch keeps its name when it is deleted with the merge', () => {
    expect(sent('closed')).toMatchObject([
      {
        type: 'change.merged',
        subject: 'change:acme/api#12',
        occurred_at: '2026-03-02T10:00:00.000Z',
        data: {
          change_id: 'acme/api#12',
          number: 12,
          author: 'ada',
          author_kind: 'human',
          branch: 'till',
          base: 'main',
          head_sha: SHA,
          merge_sha: OTHER,
          opened_at: '2026-03-01T09:00:00.000Z',
        },
      },
      { type: 'change.updated', data: { title: 'Faster till', labels: ['hotfix'], fixes_incident: 'INC-7' } },
    ]);
  });

  test('closed without merge, opened, moved on, labelled', () => {
    expect(sent('closed', { merged: false, merged_at: null, merge_commit_sha: null })).toMatchObject([
      { type: 'change.abandoned', occurred_at: '2026-03-02T10:00:00.000Z' },
      { type: 'change.updated' },
    ]);
    expect(sent('opened', { closed_at: null })).toMatchObject([
      { type: 'change.created', occurred_at: '2026-03-01T09:00:00.000Z' },
      { type: 'change.updated' },
    ]);
    for (const action of ['synchronized', 'label_updated', 'label_cleared', 'edited', 'reopened']) {
      expect(sent(action)).toMatchObject([{ type: 'change.updated' }]);
    }
    expect(sent('assigned')).toMatch(/^ignored/);
    expect(sent('closed', { merged: false, closed_at: null, updated_at: null })).toMatch(/^rejected: .*closed_at/);
  });

  test('a branch of a fork is not ours', () => {
    const branch = (repo: object | null) =>
      (sent('opened', { head: { ...pull.head, repo } })[0] as unknown as { data: { branch: string } }).data.branch;
    expect(branch({ full_name: 'Acme/API' })).toBe('till');
    expect(branch({ full_name: 'eve/api' })).toBe('eve/api:till');
    expect(branch(null)).toBe('(fork):till');
  });

  test('reviews are by whoever sent them', () => {
    const review = (event: string) => only(event, { action: 'reviewed', pull_request: pull, review: null });
    expect(review('pull_request_approved')).toMatchObject({
      type: 'change.reviewed',
      occurred_at: '2026-03-02T10:00:00.000Z',
      data: { change_id: 'acme/api#12', reviewer: 'ada', state: 'approved' },
    });
    expect(review('pull_request_rejected').data.state).toBe('changes_requested');
    expect(review('pull_request_comment').data.state).toBe('commented');
  });
});

describe('Gitea Actions', () => {
  const run = {
    id: 30,
    run_attempt: 1,
    path: 'ci.yml@refs/heads/main',
    event: 'push',
    conclusion: 'success',
    head_sha: SHA,
    head_branch: 'main',
    created_at: '2026-03-05T10:00:00Z',
    updated_at: '2026-03-05T10:07:00Z',
    started_at: '2026-03-05T10:01:00Z',
    completed_at: '2026-03-05T10:07:00Z',
    trigger_actor: ada,
  };
  const sent = (action: string, over: object = {}) =>
    read('workflow_run', { action, workflow_run: { ...run, ...over } });

  test('a run, whose id is its own only together with the repository', () => {
    expect(sent('completed')).toMatchObject([
      {
        type: 'pipelinerun.finished',
        subject: 'run:acme/api/actions/runs/30',
        occurred_at: '2026-03-05T10:07:00.000Z',
        data: {
          attempt_no: 1,
          workflow: 'ci.yml',
          workflow_path: 'ci.yml',
          revision: SHA,
          branch: 'main',
          trigger: 'push',
          actor: 'ada',
          outcome: 'succeeded',
        },
      },
    ]);
    expect(read('workflow_run', { action: 'completed', workflow: { name: 'CI' }, workflow_run: run })).toMatchObject([
      { data: { workflow: 'CI', workflow_path: 'ci.yml' } },
    ]);
  });

  test('queued at its creation, a later attempt when it was asked for, never at an unset time', () => {
    expect(sent('requested', { started_at: UNSET, completed_at: UNSET })).toMatchObject([
      { type: 'pipelinerun.queued', occurred_at: '2026-03-05T10:00:00.000Z' },
    ]);
    expect(sent('requested', { run_attempt: 2 })).toMatchObject([
      { occurred_at: '2026-03-05T10:07:00.000Z', data: { attempt_no: 2 } },
    ]);
    expect(sent('requested', { created_at: undefined })).toMatch(/^ignored: .*does not date/);
    expect(sent('in_progress', { completed_at: UNSET })).toMatchObject([
      { type: 'pipelinerun.started', occurred_at: '2026-03-05T10:01:00.000Z' },
    ]);
    expect(sent('in_progress', { started_at: UNSET })).toMatch(/^rejected: workflow_run.started_at/);
    expect(sent('completed', { run_attempt: 0 })).toMatchObject([{ data: { attempt_no: 1 } }]);
  });

  test('how it ended', () => {
    const outcome = (conclusion: string) => {
      const events = sent('completed', { conclusion });
      return typeof events === 'string' ? events : (events[0] as unknown as { data: { outcome: string } }).data.outcome;
    };
    expect(['success', 'failure', 'cancelled', 'skipped'].map(outcome)).toEqual([
      'succeeded',
      'failed',
      'cancelled',
      'skipped',
    ]);
    expect(outcome('exploded')).toBe('rejected: workflow_run.conclusion: "exploded" is not known');
  });

  test('jobs, and what they waited for', () => {
    const job = {
      id: 31,
      run_id: 30,
      run_attempt: 1,
      name: 'test',
      conclusion: 'failure',
      head_sha: SHA,
      created_at: '2026-03-05T10:00:00Z',
      started_at: '2026-03-05T10:01:00Z',
      completed_at: '2026-03-05T10:05:00Z',
      runner_name: 'r1',
    };
    const of = (action: string, over: object = {}) =>
      only('workflow_job', { action, workflow_job: { ...job, ...over } });
    expect(of('queued', { started_at: UNSET }).data).not.toHaveProperty('wait_reason');
    expect(of('pending').data.wait_reason).toBe('dependency');
    expect(of('waiting').data.wait_reason).toBe('approval');
    expect(of('in_progress')).toMatchObject({ type: 'taskrun.started', occurred_at: '2026-03-05T10:01:00.000Z' });
    expect(of('completed')).toMatchObject({
      type: 'taskrun.finished',
      occurred_at: '2026-03-05T10:05:00.000Z',
      data: { job_id: '31', run_id: 'acme/api/actions/runs/30', job: 'test', runner: 'r1', outcome: 'failed' },
    });
  });

  test('Forgejo tells of a run when it is over', () => {
    const forgejo = {
      id: 40,
      repository,
      workflow_id: 'ci.yml',
      trigger_user: ada,
      prettyref: '#12',
      commit_sha: SHA,
      event: 'pull_request',
      status: 'success',
      created: '2026-03-05T10:00:00Z',
      started: '2026-03-05T10:01:00Z',
      stopped: '2026-03-05T10:05:00Z',
    };
    const sentBy = (run: object) => eventsFrom(gitea, { run }, { 'x-forgejo-event': 'action_run_success' });
    expect(sentBy(forgejo)).toMatchObject([
      { type: 'pipelinerun.queued', occurred_at: '2026-03-05T10:00:00.000Z' },
      { type: 'pipelinerun.started', occurred_at: '2026-03-05T10:01:00.000Z' },
      {
        type: 'pipelinerun.finished',
        subject: 'run:acme/api/actions/runs/40',
        data: { workflow: 'ci.yml', revision: SHA, trigger: 'pull_request', actor: 'ada', outcome: 'succeeded' },
      },
    ]);
    expect(sentBy({ ...forgejo, started: UNSET })).toHaveLength(2);
  });
});

describe('Gitea: other builders’ statuses', () => {
  const status = {
    id: 5,
    context: 'woodpecker/push',
    sha: SHA,
    state: 'success',
    target_url: 'https://ci.example.com/1',
    created_at: '2026-03-05T10:05:00Z',
  };

  test('pending is a start, and the rest an end', () => {
    expect(only('status', { ...status, state: 'pending' })).toMatchObject({
      type: 'pipelinerun.started',
      data: { run_id: `acme/api@${SHA}/woodpecker/push`, workflow: 'woodpecker/push', revision: SHA },
    });
    const outcomes = ['success', 'failure', 'error', 'warning'].map(
      (state) => only('status', { ...status, state }).data.outcome,
    );
    expect(outcomes).toEqual(['succeeded', 'failed', 'failed', 'neutral']);
    expect(read('status', { ...status, state: 'odd' })).toBe('rejected: state: "odd" is not known');
  });

  test('those of Actions are left to Actions', () => {
    const own = { ...status, target_url: 'https://git.example.com/acme/api/actions/runs/9/jobs/0' };
    expect(read('status', own)).toMatch(/^ignored/);
  });
});

describe('Gitea: releases, incidents', () => {
  test('a published release, with a commit only where it names one', () => {
    const release = {
      id: 1,
      tag_name: 'v1',
      target_commitish: 'main',
      draft: false,
      prerelease: true,
      published_at: '2026-03-05T10:00:00Z',
      author: ada,
    };
    const { data } = only('release', { action: 'published', release });
    expect(data).toEqual({ repository: 'acme/api', tag: 'v1', prerelease: true, author: 'ada' });
    expect(only('release', { action: 'published', release: { ...release, target_commitish: SHA } }).data.revision).toBe(
      SHA,
    );
    expect(read('release', { action: 'updated', release })).toMatch(/^ignored/);
    expect(read('release', { action: 'published', release: { ...release, draft: true } })).toMatch(/^ignored/);
  });

  const issue = {
    number: 3,
    html_url: 'https://git.example.com/acme/api/issues/3',
    title: 'Till is down',
    body: 'caused-by: #12',
    labels: [{ name: 'kind/incident' }, { name: 'severity/high' }, { name: 'service/till' }, { name: 'outage' }],
    created_at: '2026-03-05T09:00:00Z',
    updated_at: '2026-03-05T09:30:00Z',
    closed_at: null as string | null,
  };
  const sent = (action: string, over: object = {}) => read('issues', { action, issue: { ...issue, ...over } });
  const kinds = (events: ReturnType<typeof sent>) =>
    typeof events === 'string' ? events : events.map(({ type }) => type);

  test('an issue labelled incident, from its creation on', () => {
    expect(sent('label_updated')).toMatchObject([
      {
        type: 'incident.detected',
        subject: 'incident:acme/api#3',
        occurred_at: '2026-03-05T09:00:00.000Z',
        data: { repository: 'acme/api', url: issue.html_url },
      },
      {
        type: 'incident.reclassified',
        data: { title: 'Till is down', severity: 'high', impact: 'outage', service: 'till', caused_by: '#12' },
      },
    ]);
  });

  test('closed, reopened, a duplicate, a false alarm', () => {
    const closed_at = '2026-03-05T09:30:00Z';
    expect(sent('closed', { closed_at })[2]).toMatchObject({
      type: 'incident.resolved',
      occurred_at: '2026-03-05T09:30:00.000Z',
    });
    expect(kinds(sent('reopened'))).toContain('incident.reopened');
    expect(sent('closed', { closed_at, body: 'Duplicate of #2' })[2]).toMatchObject({
      type: 'incident.merged',
      data: { duplicate_of: 'acme/api#2' },
    });
    const alarm = { closed_at, labels: [...issue.labels, { name: 'false-alarm' }] };
    expect(kinds(sent('closed', alarm))).toEqual(['incident.detected', 'incident.reclassified']);
    expect(sent('closed')).toMatch(/^rejected: issue.closed_at/);
  });

  test('another issue is none; when its labels change, it no longer is one', () => {
    const plain = { labels: [{ name: 'bug' }] };
    expect(sent('opened', plain)).toMatch(/^ignored/);
    expect(sent('label_cleared', { labels: [] })).toMatchObject([
      { type: 'incident.reclassified', data: { false_alarm: true } },
    ]);
  });

  test('comments link causes where not everyone can comment', () => {
    const comment = {
      body: 'Found it.\ncaused-by: #12',
      created_at: '2026-03-05T09:10:00Z',
      updated_at: '2026-03-05T09:11:00Z',
    };
    const said = (over: object, more: object = {}) =>
      read('issue_comment', { action: 'created', issue, comment, repository: { ...repository, ...over }, ...more });
    expect(said({ private: true })).toMatchObject([
      {
        type: 'incident.linked',
        occurred_at: '2026-03-05T09:11:00.000Z',
        data: { incident_id: 'acme/api#3', caused_by: '#12' },
      },
    ]);
    expect(said({ internal: true })).toHaveLength(1);
    expect(said({})).toMatch(/^ignored: .*public/);
    expect(said({ private: true }, { is_pull: true })).toMatch(/^ignored/);
    expect(said({ private: true }, { comment: { ...comment, body: 'looking' } })).toMatch(/^ignored/);
  });

  test('what feeds nothing is ignored; a delivery without its event is refused', () => {
    for (const event of ['create', 'delete', 'fork', 'wiki', 'package']) expect(read(event, {})).toMatch(/^ignored/);
    expect(eventsFrom(gitea, {})).toBe('rejected: header x-gitea-event: is missing');
  });
});
