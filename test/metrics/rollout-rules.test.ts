import { describe, expect, it } from 'vitest';
import { apiOver } from '../examples/api.ts';
import { newStory, type Story } from '../histories/story.ts';
import { at, type Data, NOW, rolloutsOf, sha, tellRule, tellRun, week } from './rollouts-told.ts';

const api = apiOver(NOW);
const job = (story: Story, time: string, more: Data) =>
  story.tell(
    'taskrun.finished',
    at(6, time),
    {
      run_id: '7',
      job_id: '70',
      repository: 'acme/api',
      job: 'deploy',
      revision: sha('7'),
      outcome: 'succeeded',
      ...more,
    },
    { source: 'gitlab' },
  );

describe('a rule', () => {
  it('makes one rollout of the attempts of a run, and none of what was skipped', async () => {
    const story = newStory();
    tellRule(story, { repository: 'ACME/*', workflow: 'dep?oy', branch: 'ma*', environment: 'Production' });
    tellRun(story, 5, '1', { branch: 'main', outcome: 'failed' });
    tellRun(story, 6, '1', { branch: 'main', attempt_no: 2 });
    tellRun(story, 6, '2', { branch: 'main', outcome: 'skipped' });
    tellRun(story, 6, '3', { branch: 'feature' });
    tellRun(story, 7, '4', { branch: 'main', outcome: 'timed_out' });
    tellRun(story, 7, '5', { branch: 'main', workflow: 'Deploy docs' });
    expect(await rolloutsOf(api, story)).toEqual([
      'run:1:production acme/api succeeded',
      'run:4:production acme/api failed_dark',
    ]);
    expect(await api.total(story, 'delivery.deployment_success_rate', { ...week, unit: 'attempt' })).toMatchObject({
      numerator: 1,
      denominator: 3,
    });
  });

  it('names a workflow by its file', async () => {
    const story = newStory();
    tellRule(story, { repository: 'acme/api', workflow: 'deploy.yml', environment: 'production' });
    tellRun(story, 5, '1', { workflow: 'Ship', workflow_path: '.github/workflows/deploy.yml' });
    tellRun(story, 6, '2', { workflow: 'Ship', workflow_path: '.github/workflows/other-deploy.yml' });
    expect(await rolloutsOf(api, story)).toEqual(['run:1:production acme/api succeeded']);
  });

  it('of jobs makes attempts of what is numbered, and rollouts of retries that are not', async () => {
    const story = newStory();
    tellRule(story, { repository: 'acme/api', job: 'deploy', environment: 'production' });
    job(story, '10:00', { outcome: 'failed' });
    job(story, '11:00', { job_id: '71' });
    job(story, '12:00', { run_id: '8', job_id: '80', attempt_no: 1, outcome: 'failed' });
    job(story, '13:00', { run_id: '8', job_id: '81', attempt_no: 2, revision: sha('8') });
    job(story, '14:00', { run_id: '8', job_id: '82', job: 'deploy-docs' });
    // What a job says of its environment is believed before the rule.
    job(story, '15:00', { run_id: '9', job_id: '90', environment: 'staging' });
    job(story, '16:00', { run_id: '9', job_id: '91', environment: 'Production', revision: sha('9') });
    expect(await rolloutsOf(api, story)).toEqual([
      'run:7:70:production acme/api failed_dark',
      'run:7:71:production acme/api succeeded',
      'run:8:deploy:production acme/api succeeded',
      'run:9:91:production acme/api succeeded',
    ]);
  });

  it('of releases takes those of its tags, and prereleases only if told to', async () => {
    const story = newStory();
    const release = (day: number, tag: string, more: Data = {}) =>
      story.tell('release.published', at(day), { repository: 'acme/lib', tag, ...more }, { source: 'gitea' });
    tellRule(story, { repository: 'acme/lib', release: 'v*', environment: 'production' });
    release(5, 'v1');
    release(6, 'v2-rc', { prerelease: true });
    release(7, 'nightly');
    expect(await rolloutsOf(api, story)).toEqual(['release:acme/lib:v1:production acme/lib succeeded']);
    tellRule(story, { repository: 'acme/lib', release: 'v*', prereleases: true, environment: 'live' });
    expect(await rolloutsOf(api, story)).toEqual([
      'release:acme/lib:v1:live acme/lib succeeded',
      'release:acme/lib:v1:production acme/lib succeeded',
      'release:acme/lib:v2-rc:live acme/lib succeeded',
    ]);
  });

  it('that names a service leaves out one that names none; several services are several rollouts', async () => {
    const story = newStory();
    tellRule(story, { repository: 'acme/*', workflow: '*', environment: 'production' });
    tellRule(story, { repository: 'acme/api', workflow: 'deploy', environment: 'PRODUCTION', service_id: 'Cart' });
    tellRule(story, { repository: 'acme/api', workflow: 'deploy', environment: 'production', service_id: 'pay' });
    tellRun(story, 5, '1');
    tellRun(story, 6, '2', { workflow: 'other' });
    expect(await rolloutsOf(api, story)).toEqual([
      'run:1:production:cart Cart succeeded',
      'run:1:production:pay pay succeeded',
      'run:2:production acme/api succeeded',
    ]);
  });

  it('speaks of all time as it was last stated, between its since and its until; an earlier report stays', async () => {
    const story = newStory();
    for (const day of [5, 6, 7, 8]) tellRun(story, day, String(day));
    const id = { rule: 'one', repository: 'acme/api', workflow: 'deploy' };
    const state = (day: number, more: Data) => story.tell('rollout_rule.defined', at(day), { ...id, ...more });
    state(20, { environment: 'production' });
    expect(await rolloutsOf(api, story)).toHaveLength(4);
    state(21, { environment: 'production', since: at(6), until: at(8) });
    expect(await rolloutsOf(api, story)).toEqual([
      'run:6:production acme/api succeeded',
      'run:7:production acme/api succeeded',
    ]);
    state(22, { environment: 'production', removed: true });
    expect(await rolloutsOf(api, story)).toEqual([]);
    const count = async (as_of: string) =>
      (await api.total(story, 'dora.deployment_frequency', { ...week, as_of })).count;
    expect([await count(at(19)), await count(at(20, '11:00')), await count(at(21, '11:00'))]).toEqual([0, 4, 2]);
  }, 240_000);

  it('makes rollouts that are corrected, retracted and blamed by their id', async () => {
    const story = newStory();
    tellRule(story, { repository: 'acme/api', workflow: 'deploy', environment: 'production' });
    for (const day of [5, 6, 7]) tellRun(story, day, `acme/api:${day}`);
    story.tell('deployment.corrected', at(9), {
      rollout_id: 'run:acme/api:5:production',
      field: 'outcome',
      value: 'failed_live',
    });
    story.tell('deployment.retracted', at(9), { rollout_id: 'run:acme/api:6:production' });
    story.tell('incident.detected', at(7, '11:00'), {
      incident_id: 'I',
      service_id: 'acme/api',
      caused_by: 'run:acme/api:7:production',
    });
    expect(await rolloutsOf(api, story)).toEqual([
      'run:acme/api:5:production acme/api failed_live',
      'run:acme/api:7:production acme/api succeeded',
    ]);
    expect(await api.total(story, 'dora.change_fail_rate', week)).toMatchObject({
      numerator: 2,
      denominator: 2,
      unlinked_n: 0,
    });
  });
});

describe('a source', () => {
  it('that only sends runs feeds what is told of rollouts once a rule is about runs, and not before', async () => {
    const story = newStory();
    tellRun(story, 5, '1');
    expect(await api.total(story, 'dora.deployment_frequency', week)).toMatchObject({ value: null, status: 'no_data' });
    tellRule(story, { repository: 'acme/api', job: '*', environment: 'production' });
    expect(await api.total(story, 'dora.deployment_frequency', week)).toMatchObject({ status: 'no_data' });
    tellRule(story, { repository: 'acme/other', workflow: '*', environment: 'production' });
    expect(await api.total(story, 'dora.deployment_frequency', week)).toMatchObject({
      value: 0,
      count: 0,
      status: 'ok',
    });
  });
});
