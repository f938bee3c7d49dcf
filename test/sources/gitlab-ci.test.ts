import { describe, expect, test } from 'vitest';
import { eventsOf, read, sha, told } from './gitlab.ts';

const pipeline = (more: object = {}, builds: object[] = []) => ({
  object_attributes: {
    id: 31,
    iid: 5,
    status: 'success',
    source: 'schedule',
    ref: 'main',
    sha: sha('a'),
    created_at: '2026-03-05 10:00:00 UTC',
    finished_at: '2026-03-05 10:07:00 UTC',
    queued_duration: 12,
    duration: 400,
    ...more,
  },
  builds,
});

describe('pipeline', () => {
  test('all that is known of a run, with the queue that GitLab states', () => {
    const events = eventsOf('pipeline', pipeline({ name: 'Nightly' }, [{ started_at: '2026-03-05 10:03:00 UTC' }]));
    expect(events.map(({ type, occurred_at }) => `${type} ${occurred_at.slice(11, 19)}`)).toEqual([
      'pipelinerun.queued 10:00:00',
      'pipelinerun.started 10:00:12',
      'pipelinerun.finished 10:07:00',
    ]);
    expect(events[2]).toMatchObject({
      subject: 'run:acme/shop/api/pipelines/31',
      data: {
        run_id: 'acme/shop/api/pipelines/31',
        repository: 'acme/shop/api',
        workflow: 'Nightly',
        workflow_path: '.gitlab-ci.yml',
        revision: sha('a'),
        branch: 'main',
        trigger: 'schedule',
        actor: 'ada',
        outcome: 'succeeded',
      },
    });
  });

  test('each hook of a run says the same of what is past', () => {
    const running = eventsOf('pipeline', pipeline({ status: 'running', finished_at: null }));
    const done = eventsOf('pipeline', pipeline());
    expect(done.slice(0, 2)).toEqual(running);
  });

  test.each([
    ['created', { queued_duration: null }, ['pipelinerun.queued 10:00:00']],
    ['manual', {}, ['pipelinerun.queued 10:00:00']],
    ['running', { queued_duration: null }, ['pipelinerun.queued 10:00:00', 'pipelinerun.started 10:00:00']],
    ['canceling', {}, ['pipelinerun.queued 10:00:00', 'pipelinerun.started 10:00:12']],
    ['skipped', { queued_duration: null }, ['pipelinerun.queued 10:00:00', 'pipelinerun.finished 10:00:00']],
  ])('%s', (status, more, expected) => {
    expect(told('pipeline', pipeline({ status, finished_at: null, ...more }))).toEqual(expected);
  });

  test.each([
    ['failed', 'failed'],
    ['canceled', 'cancelled'],
    ['skipped', 'skipped'],
  ])('%s ends it as %s', (status, outcome) => {
    expect(eventsOf('pipeline', pipeline({ status })).at(-1)?.data).toMatchObject({ outcome });
  });

  test('without the queue’s length, the first job begins the run; a run cancelled in the queue never began', () => {
    const builds = [
      { started_at: '2026-03-05 10:03:00 UTC' },
      { started_at: null },
      { started_at: '2026-03-05 10:02:00 UTC' },
    ];
    expect(told('pipeline', pipeline({ queued_duration: null }, builds))).toContain('pipelinerun.started 10:02:00');
    expect(told('pipeline', pipeline({ queued_duration: null, status: 'canceled' }))).toEqual([
      'pipelinerun.queued 10:00:00',
      'pipelinerun.finished 10:07:00',
    ]);
  });

  test('a retry keeps its number and moves its end', () => {
    const first = eventsOf('pipeline', pipeline({ status: 'failed' }));
    const second = eventsOf('pipeline', pipeline({ finished_at: '2026-03-05 11:00:00 UTC' }));
    expect(second[0]).toEqual(first[0]);
    expect(second[2]?.subject).toBe(first[2]?.subject);
    expect(second[2]?.id).not.toBe(first[2]?.id);
  });

  test('an unknown status, and an end without a time, are refused', () => {
    expect(told('pipeline', pipeline({ status: 'exploded' }))).toMatch(
      /^rejected: object_attributes.status: "exploded"/,
    );
    expect(told('pipeline', pipeline({ finished_at: null }))).toMatch(/^rejected: object_attributes.finished_at/);
    expect(told('pipeline', pipeline({ queued_duration: 1e300 }))).toMatch(
      /^rejected: object_attributes.queued_duration/,
    );
  });
});

const job = (more: object = {}) => ({
  build_id: 380,
  build_name: 'deploy: [eu]',
  build_status: 'success',
  build_created_at: '2026-03-05 10:00:00 UTC',
  build_started_at: '2026-03-05T10:05:00.750Z',
  build_finished_at: '2026-03-05 10:06:00 UTC',
  build_queued_duration: 3.4,
  retries_count: 1,
  pipeline_id: 31,
  sha: sha('a'),
  commit: { id: 31, sha: sha('a') },
  runner: { description: 'shared-1' },
  environment: { name: 'production', action: 'start', deployment_tier: 'production' },
  ...more,
});

describe('job', () => {
  test('queued as long before its start as GitLab says, not since the pipeline was made', () => {
    const events = eventsOf('build', job());
    expect(events.map(({ type, occurred_at }) => `${type} ${occurred_at.slice(11, 19)}`)).toEqual([
      'taskrun.queued 10:04:57',
      'taskrun.started 10:05:00',
      'taskrun.finished 10:06:00',
    ]);
    expect(events[2]).toMatchObject({
      subject: 'run:acme/shop/api/pipelines/31',
      data: {
        job_id: '380',
        run_id: 'acme/shop/api/pipelines/31',
        repository: 'acme/shop/api',
        job: 'deploy: [eu]',
        revision: sha('a'),
        runner: 'shared-1',
        environment: 'production',
        outcome: 'succeeded',
      },
    });
  });

  test('while it runs, the same of what is past', () => {
    const running = eventsOf('build', job({ build_status: 'running', build_finished_at: null }));
    expect(eventsOf('build', job()).slice(0, 2)).toEqual(running);
  });

  test.each(['created', 'pending', 'manual', 'skipped'])('%s: it has not run', (build_status) => {
    const waits = { build_status, build_started_at: null, build_finished_at: null, build_queued_duration: null };
    expect(told('build', job(waits))).toMatch(/^ignored: a job that is /);
  });

  test('a job that stops or checks an environment does not deploy to it', () => {
    const [event] = eventsOf('build', job({ environment: { name: 'review/x', action: 'stop' } }));
    expect(event?.data).not.toHaveProperty('environment');
  });

  test.each([
    [{ git_ssh_url: 'git@gitlab.example.com:acme/shop/api.git' }],
    [{ git_ssh_url: 'ssh://git@gitlab.example.com:2222/acme/shop/api.git' }],
    [{ homepage: 'https://gitlab.example.com/acme/shop/api' }],
  ])('older versions name the project in addresses: %s', (repository) => {
    const [event] = eventsOf('build', { ...job(), project: undefined, repository });
    expect(event?.data).toMatchObject({ repository: 'acme/shop/api' });
  });

  test('without a project, or with an end that has no time, it is refused', () => {
    expect(read('build', { ...job(), project: undefined })).toMatchObject({ outcome: 'rejected' });
    expect(told('build', job({ build_finished_at: null }))).toBe('rejected: build_finished_at: is missing');
  });
});

const deployment = (more: object = {}) => ({
  deployment_id: 15,
  status: 'success',
  status_changed_at: '2026-03-05 11:05:00 +0100',
  environment: 'eu',
  environment_tier: 'production',
  short_sha: sha('a').slice(0, 8),
  commit_url: `https://gitlab.example.com/acme/shop/api/-/commit/${sha('a')}`,
  deployable_url: 'https://gitlab.example.com/acme/shop/api/-/jobs/380',
  ...more,
});

describe('deployment', () => {
  test('a rollout of the full revision, to production if its tier says so', () => {
    const events = eventsOf('deployment', deployment());
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      type: 'deployment.finished',
      subject: 'rollout:acme/shop/api/deployments/15',
      occurred_at: '2026-03-05T10:05:00.000Z',
      data: {
        rollout_id: 'acme/shop/api/deployments/15',
        repository: 'acme/shop/api',
        environment: 'eu',
        production_environment: true,
        revision: sha('a'),
        actor: 'ada',
        url: 'https://gitlab.example.com/acme/shop/api/-/jobs/380',
        outcome: 'succeeded',
      },
    });
  });

  test.each([
    ['created', 'deployment.queued', undefined],
    ['blocked', 'deployment.queued', undefined],
    ['running', 'deployment.started', undefined],
    ['failed', 'deployment.finished', 'failed'],
    ['canceled', 'deployment.finished', 'cancelled'],
    ['skipped', 'deployment.finished', 'cancelled'],
  ])('%s: %s %s', (status, type, outcome) => {
    const [event] = eventsOf('deployment', deployment({ status }));
    expect(event).toMatchObject({ type, subject: 'rollout:acme/shop/api/deployments/15' });
    expect(event?.data).toEqual(
      outcome ? expect.objectContaining({ outcome }) : expect.not.objectContaining({ outcome: expect.anything() }),
    );
  });

  test('only the word production says something of the tier, and older versions have none', () => {
    for (const environment_tier of ['staging', undefined, null])
      expect(eventsOf('deployment', deployment({ environment_tier }))[0]?.data).not.toHaveProperty(
        'production_environment',
      );
  });

  test('an address that does not name the commit: the first digits, as told', () => {
    const other = `https://gitlab.example.com/acme/shop/api/-/commit/${sha('b')}`;
    for (const commit_url of [undefined, other])
      expect(eventsOf('deployment', deployment({ commit_url }))[0]?.data).toMatchObject({ revision: 'aaaaaaaa' });
  });

  test('an unknown status is refused', () => {
    expect(told('deployment', deployment({ status: 'odd' }))).toBe('rejected: status: "odd" is not known');
  });
});

const release = (more: object = {}) => ({
  id: 8273642,
  action: 'create',
  tag: 'v1.2',
  created_at: '2026-03-05 10:00:00 UTC',
  released_at: '2026-03-05 10:00:00 UTC',
  commit: { id: sha('a') },
  ...more,
});

describe('release', () => {
  test('published on the day it bears', () => {
    expect(eventsOf('release', release())).toMatchObject([
      {
        type: 'release.published',
        occurred_at: '2026-03-05T10:00:00.000Z',
        data: { repository: 'acme/shop/api', tag: 'v1.2', revision: sha('a') },
      },
    ]);
    expect(told('release', release({ released_at: '2026-03-01T09:00:00Z' }))).toEqual(['release.published 09:00:00']);
  });

  test('an edit is the same fact; one dated ahead is not published until it is told after its day', () => {
    expect(eventsOf('release', release({ action: 'update' }))).toEqual(eventsOf('release', release()));
    expect(told('release', release({ released_at: '2026-03-05 18:00:00 UTC' }))).toMatch(
      /^ignored: a release that is dated/,
    );
    expect(told('release', release({ action: 'delete' }))).toMatch(/^ignored: release delete/);
  });
});
