import { describe, expect, test } from 'vitest';
import { gitea } from '../../ingest/sources/gitea.ts';
import { giteaRepository, giteaUser, onlyGitea, readGitea, UNSET } from './gitea-reading.ts';
import { eventsFrom, SHA } from './reading.ts';

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
    trigger_actor: giteaUser,
  };
  const sent = (action: string, over: object = {}) =>
    readGitea('workflow_run', { action, workflow_run: { ...run, ...over } });

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
    expect(
      readGitea('workflow_run', { action: 'completed', workflow: { name: 'CI' }, workflow_run: run }),
    ).toMatchObject([{ data: { workflow: 'CI', workflow_path: 'ci.yml' } }]);
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
      onlyGitea('workflow_job', { action, workflow_job: { ...job, ...over } });
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
      repository: giteaRepository,
      workflow_id: 'ci.yml',
      trigger_user: giteaUser,
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
    expect(onlyGitea('status', { ...status, state: 'pending' })).toMatchObject({
      type: 'pipelinerun.started',
      data: { run_id: `acme/api@${SHA}/woodpecker/push`, workflow: 'woodpecker/push', revision: SHA },
    });
    const outcomes = ['success', 'failure', 'error', 'warning'].map(
      (state) => onlyGitea('status', { ...status, state }).data.outcome,
    );
    expect(outcomes).toEqual(['succeeded', 'failed', 'failed', 'neutral']);
    expect(readGitea('status', { ...status, state: 'odd' })).toBe('rejected: state: "odd" is not known');
  });

  test('those of Actions are left to Actions', () => {
    const own = { ...status, target_url: 'https://git.example.com/acme/api/actions/runs/9/jobs/0' };
    expect(readGitea('status', own)).toMatch(/^ignored/);
  });
});
