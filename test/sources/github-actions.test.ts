import { describe, expect, test } from 'vitest';
import { only, read, repository, SHA } from './reading.ts';

describe('deployments', () => {
  const deployment = {
    id: 77,
    sha: SHA,
    environment: 'production',
    original_environment: 'production',
    task: 'deploy',
    created_at: '2026-03-05T10:00:00Z',
    creator: { login: 'ada', type: 'User' },
    payload: {} as unknown,
  };
  const run = { id: 900, run_attempt: 2, event: 'push' };
  const status = (state: string, over: object = {}) => ({
    action: 'created',
    deployment: { ...deployment, ...over },
    deployment_status: { id: 8, state, environment: 'production', created_at: '2026-03-05T10:05:00Z', log_url: '' },
    workflow_run: null as object | null,
    repository,
  });

  test('made by Actions: one rollout per run, environment and revision; the attempt is the run’s', () => {
    const event = only('deployment_status', { ...status('success'), workflow_run: run });
    expect(event.data).toMatchObject({ rollout_id: `900/production/${SHA}`, attempt_no: 2, outcome: 'succeeded' });
    const rerun = only('deployment_status', {
      ...status('success', { id: 78 }),
      workflow_run: { ...run, run_attempt: 3 },
    });
    expect(rerun.data).toMatchObject({ rollout_id: `900/production/${SHA}`, attempt_no: 3 });
  });

  test('a run that deploys several services makes a rollout of each', () => {
    const ids = ['cart', 'till'].map((service) => {
      const { data } = only('deployment_status', { ...status('success', { payload: { service } }), workflow_run: run });
      return 'rollout_id' in data && data.rollout_id;
    });
    expect(ids).toEqual([`900/production/${SHA}/cart`, `900/production/${SHA}/till`]);
  });

  test('made through the API: the deployment’s own id', () => {
    expect(only('deployment', status('success')).data).toMatchObject({ rollout_id: 'acme/api/deployments/77' });
  });

  test.each([
    ['queued', 'deployment.queued', undefined],
    ['pending', 'deployment.queued', undefined],
    ['waiting', 'deployment.queued', undefined],
    ['in_progress', 'deployment.started', undefined],
    ['success', 'deployment.finished', 'succeeded'],
    ['failure', 'deployment.finished', 'failed_dark'],
    ['error', 'deployment.finished', 'failed_dark'],
  ])('the state %s', (state, type, outcome) => {
    const event = only('deployment_status', status(state));
    expect(event.type).toBe(type);
    expect('outcome' in event.data ? event.data.outcome : undefined).toBe(outcome);
  });

  test('inactive is ignored, a state unknown to us is set aside', () => {
    expect(read('deployment_status', status('inactive')).outcome).toBe('ignored');
    expect(read('deployment_status', status('exploded'))).toEqual({
      outcome: 'rejected',
      reason: 'deployment_status.state: "exploded" is not known',
    });
  });

  test('only production_environment true says something; absent is not false', () => {
    expect(only('deployment', status('x')).data).not.toHaveProperty('production_environment', false);
    const flagged = status('x', { production_environment: true });
    expect(only('deployment', flagged).data).toMatchObject({ production_environment: true });
    const not = only('deployment', status('x', { production_environment: false }));
    expect('production_environment' in not.data && not.data.production_environment).toBeFalsy();
  });

  test('the payload may tell more, as an object or as its text; what does not fit counts as absent', () => {
    const told = { service: 'cart', artifact_digest: 'sha256:1', fixes: 'INC-1', planned: false, rolls_back: 'r1' };
    const expected = { service_id: 'cart', artifact_digest: 'sha256:1', fixes_incident: 'INC-1', planned: false };
    for (const payload of [told, JSON.stringify(told)]) {
      expect(only('deployment', status('x', { payload })).data).toMatchObject({ ...expected, rolls_back: 'r1' });
    }
    for (const payload of ['free text', 7, null, [], { service: { a: 1 }, planned: 'no', fixes: 3 }]) {
      expect(only('deployment', status('x', { payload })).data).toMatchObject({ revision: SHA });
    }
  });
});

describe('pipeline', () => {
  const run = {
    id: 900,
    run_attempt: 1,
    name: 'CI',
    event: 'push',
    conclusion: null as string | null,
    head_sha: SHA,
    head_branch: 'main',
    created_at: '2026-03-05T10:00:00Z',
    run_started_at: '2026-03-05T10:00:00Z',
    updated_at: '2026-03-05T10:07:00Z',
    actor: { login: 'ada' },
    pull_requests: [],
  };
  const sent = (action: string, over: object = {}) => ({ action, workflow_run: { ...run, ...over }, repository });

  test('finished at updated_at, for there is no other', () => {
    const event = only('workflow_run', sent('completed', { conclusion: 'success' }));
    expect(event).toMatchObject({ type: 'pipelinerun.finished', occurred_at: '2026-03-05T10:07:00.000Z' });
  });

  test('a re-run keeps the id, is another attempt, and is queued when it was started again', () => {
    const again = sent('requested', { run_attempt: 2, run_started_at: '2026-03-05T11:00:00Z' });
    expect(only('workflow_run', again)).toMatchObject({
      type: 'pipelinerun.queued',
      subject: 'run:900',
      occurred_at: '2026-03-05T11:00:00.000Z',
      data: { run_id: '900', attempt_no: 2 },
    });
    expect(only('workflow_run', again).id).not.toBe(only('workflow_run', sent('requested')).id);
  });

  test.each([
    ['failure', 'failed'],
    ['startup_failure', 'failed'],
    ['cancelled', 'cancelled'],
    ['stale', 'cancelled'],
    ['timed_out', 'timed_out'],
    ['skipped', 'skipped'],
    ['neutral', 'neutral'],
    ['action_required', 'action_required'],
  ])('the conclusion %s is %s', (conclusion, outcome) => {
    expect(only('workflow_run', sent('completed', { conclusion })).data).toMatchObject({ outcome });
  });

  test('completed without a conclusion is set aside', () => {
    expect(read('workflow_run', sent('completed')).outcome).toBe('rejected');
  });

  const job = {
    id: 4,
    run_id: 900,
    run_attempt: 1,
    name: 'test',
    workflow_name: 'CI',
    status: 'queued',
    conclusion: null as string | null,
    head_sha: SHA,
    created_at: '2026-03-05T10:00:00Z',
    started_at: '2026-03-05T10:00:00Z',
    completed_at: null,
    runner_name: null,
  };

  test('a queued job’s started_at is not believed; waiting means approval', () => {
    const queued = only('workflow_job', { action: 'queued', workflow_job: job, repository });
    expect(queued).toMatchObject({ type: 'taskrun.queued', subject: 'run:900' });
    const waiting = { action: 'queued', workflow_job: { ...job, status: 'waiting' }, repository };
    expect(only('workflow_job', waiting).data).toMatchObject({ wait_reason: 'approval' });
  });

  test('a release counts from its publication, not from its commit', () => {
    const release = {
      id: 1,
      tag_name: 'v1',
      draft: false,
      created_at: '2020-01-01T00:00:00Z',
      published_at: '2026-03-05T10:00:00Z',
    };
    const event = only('release', { action: 'published', release, repository });
    expect(event).toMatchObject({ type: 'release.published', occurred_at: '2026-03-05T10:00:00.000Z' });
    expect(read('release', { action: 'published', release: { ...release, draft: true }, repository }).outcome).toBe(
      'ignored',
    );
  });
});
