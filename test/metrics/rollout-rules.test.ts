import { describe, expect, it } from 'vitest';
import { apiOver } from '../examples/api.ts';
import { newStory, type Story } from '../histories/story.ts';

const NOW = '2026-02-01T00:00:00.000Z';
const api = apiOver(NOW);
const week = { from: '2026-01-05', to: '2026-01-12' };
const sha = (digit: string) => digit.repeat(40);
const at = (day: number, time = '10:00') => `2026-01-${String(day).padStart(2, '0')}T${time}:00.000Z`;

type Data = Record<string, unknown>;
const rule = (story: Story, data: Data, day = 1) =>
  story.tell('rollout_rule.defined', at(day), { rule: JSON.stringify(data), ...data }, { source: 'workspace' });
const run = (story: Story, day: number, run_id: string, more: Data = {}, source = 'github') =>
  story.tell(
    'pipelinerun.finished',
    at(day),
    {
      run_id,
      repository: 'acme/api',
      workflow: 'Deploy',
      revision: sha(run_id.slice(-1)),
      outcome: 'succeeded',
      ...more,
    },
    { source },
  );
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
const deployment = (story: Story, day: number, rollout_id: string, source: string, more: Data = {}) =>
  story.tell(
    'deployment.finished',
    at(day),
    {
      rollout_id,
      repository: 'acme/api',
      environment: 'production',
      revision: sha(String(day % 10)),
      outcome: 'succeeded',
      ...more,
    },
    { source },
  );

/** Every rollout of the week: id, and why it is left out or how it ended. The numbers of it agree with the oracle's. */
async function rollouts(story: Story): Promise<string[]> {
  for (const metric of ['dora.deployment_frequency', 'delivery.deployment_success_rate'])
    await api.answer(story, metric, { ...week, grain: 'day', group_by: 'service' });
  const { atoms } = await api.get(story, 'delivery.deployment_success_rate/atoms', { ...week, limit: '100' });
  return (atoms as Data[]).map(
    ({ rollout_id, service, outcome, excluded }) => `${rollout_id} ${service} ${excluded ?? outcome}`,
  );
}

describe('a rule', () => {
  it('makes one rollout of the attempts of a run, and none of what was skipped', async () => {
    const story = newStory();
    rule(story, { repository: 'ACME/*', workflow: 'dep?oy', branch: 'ma*', environment: 'Production' });
    run(story, 5, '1', { branch: 'main', outcome: 'failed' });
    run(story, 6, '1', { branch: 'main', attempt_no: 2 });
    run(story, 6, '2', { branch: 'main', outcome: 'skipped' });
    run(story, 6, '3', { branch: 'feature' });
    run(story, 7, '4', { branch: 'main', outcome: 'timed_out' });
    run(story, 7, '5', { branch: 'main', workflow: 'Deploy docs' });
    expect(await rollouts(story)).toEqual([
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
    rule(story, { repository: 'acme/api', workflow: 'deploy.yml', environment: 'production' });
    run(story, 5, '1', { workflow: 'Ship', workflow_path: '.github/workflows/deploy.yml' });
    run(story, 6, '2', { workflow: 'Ship', workflow_path: '.github/workflows/other-deploy.yml' });
    expect(await rollouts(story)).toEqual(['run:1:production acme/api succeeded']);
  });

  it('of jobs makes attempts of what is numbered, and rollouts of retries that are not', async () => {
    const story = newStory();
    rule(story, { repository: 'acme/api', job: 'deploy', environment: 'production' });
    job(story, '10:00', { outcome: 'failed' });
    job(story, '11:00', { job_id: '71' });
    job(story, '12:00', { run_id: '8', job_id: '80', attempt_no: 1, outcome: 'failed' });
    job(story, '13:00', { run_id: '8', job_id: '81', attempt_no: 2, revision: sha('8') });
    job(story, '14:00', { run_id: '8', job_id: '82', job: 'deploy-docs' });
    expect(await rollouts(story)).toEqual([
      'run:7:70:production acme/api failed_dark',
      'run:7:71:production acme/api succeeded',
      'run:8:deploy:production acme/api succeeded',
    ]);
  });

  it('of releases takes those of its tags, and prereleases only if told to', async () => {
    const story = newStory();
    const release = (day: number, tag: string, more: Data = {}) =>
      story.tell('release.published', at(day), { repository: 'acme/lib', tag, ...more }, { source: 'gitea' });
    rule(story, { repository: 'acme/lib', release: 'v*', environment: 'production' });
    release(5, 'v1');
    release(6, 'v2-rc', { prerelease: true });
    release(7, 'nightly');
    expect(await rollouts(story)).toEqual(['release:acme/lib:v1:production acme/lib succeeded']);
    rule(story, { repository: 'acme/lib', release: 'v*', prereleases: true, environment: 'live' });
    expect(await rollouts(story)).toEqual([
      'release:acme/lib:v1:live acme/lib succeeded',
      'release:acme/lib:v1:production acme/lib succeeded',
      'release:acme/lib:v2-rc:live acme/lib succeeded',
    ]);
  });

  it('that names a service leaves out one that names none; several services are several rollouts', async () => {
    const story = newStory();
    rule(story, { repository: 'acme/*', workflow: '*', environment: 'production' });
    rule(story, { repository: 'acme/api', workflow: 'deploy', environment: 'PRODUCTION', service_id: 'Cart' });
    rule(story, { repository: 'acme/api', workflow: 'deploy', environment: 'production', service_id: 'pay' });
    run(story, 5, '1');
    run(story, 6, '2', { workflow: 'other' });
    expect(await rollouts(story)).toEqual([
      'run:1:production:cart Cart succeeded',
      'run:1:production:pay pay succeeded',
      'run:2:production acme/api succeeded',
    ]);
  });

  it('speaks of all time as it was last stated, between its since and its until; an earlier report stays', async () => {
    const story = newStory();
    for (const day of [5, 6, 7, 8]) run(story, day, String(day));
    const id = { rule: 'one', repository: 'acme/api', workflow: 'deploy' };
    const state = (day: number, more: Data) => story.tell('rollout_rule.defined', at(day), { ...id, ...more });
    state(20, { environment: 'production' });
    expect(await rollouts(story)).toHaveLength(4);
    state(21, { environment: 'production', since: at(6), until: at(8) });
    expect(await rollouts(story)).toEqual([
      'run:6:production acme/api succeeded',
      'run:7:production acme/api succeeded',
    ]);
    state(22, { environment: 'production', removed: true });
    expect(await rollouts(story)).toEqual([]);
    const count = async (as_of: string) =>
      (await api.total(story, 'dora.deployment_frequency', { ...week, as_of })).count;
    expect([await count(at(19)), await count(at(20, '11:00')), await count(at(21, '11:00'))]).toEqual([0, 4, 2]);
  }, 240_000);

  it('makes rollouts that are corrected, retracted and blamed by their id', async () => {
    const story = newStory();
    rule(story, { repository: 'acme/api', workflow: 'deploy', environment: 'production' });
    for (const day of [5, 6, 7]) run(story, day, `acme/api:${day}`);
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
    expect(await rollouts(story)).toEqual([
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

describe('where several tools report one service', () => {
  const deploy = { repository: 'acme/api', workflow: 'deploy', environment: 'production' };

  it('deployers are believed before forges, forges before rules, rules before tags, each from its first on', async () => {
    const story = newStory();
    rule(story, deploy);
    deployment(story, 5, 'tag-5', 'git');
    run(story, 6, '6');
    deployment(story, 7, 'tag-7', 'git');
    deployment(story, 7, 'forge-7', 'bitbucket-server');
    run(story, 8, '8');
    deployment(story, 9, 'argo-9', 'flux', { outcome: 'failed_dark' });
    deployment(story, 10, 'forge-10', 'gitlab');
    deployment(story, 10, 'canonical-10', 'ship-it');
    deployment(story, 11, 'argo-11', 'argocd');
    const left = (id: string) => `${id} acme/api duplicate_source`;
    const counts = (id: string) => `${id} acme/api succeeded`;
    expect((await rollouts(story)).sort()).toEqual(
      [
        ...[counts('tag-5'), counts('run:6:production'), left('tag-7'), counts('forge-7'), left('run:8:production')],
        ...['argo-9 acme/api failed_dark', left('forge-10'), counts('canonical-10'), counts('argo-11')],
      ].sort(),
    );
  });

  it('a run that reports a deployment as well counts once', async () => {
    const story = newStory();
    rule(story, deploy);
    for (const day of [5, 6, 7]) {
      deployment(story, day, `${day}/production/${sha(String(day))}`, 'github');
      run(story, day, String(day));
    }
    expect(await api.total(story, 'delivery.deployment_success_rate', week)).toMatchObject({
      denominator: 3,
      excluded: { duplicate_source: 3 },
    });
    await rollouts(story);
  });

  it('the workspace may choose, for an environment', async () => {
    const story = newStory();
    rule(story, deploy);
    story.tell(
      'environment.defined',
      at(1),
      { name: 'production', production: true, rollouts_from: ['Runs', 'git'] },
      { source: 'workspace' },
    );
    deployment(story, 5, 'argo-5', 'argocd');
    deployment(story, 6, 'forge-6', 'github');
    run(story, 7, '7');
    deployment(story, 8, 'tag-8', 'git');
    deployment(story, 9, 'canonical-9', 'ship-it');
    expect(await rollouts(story)).toEqual([
      'argo-5 acme/api duplicate_source',
      'forge-6 acme/api duplicate_source',
      'run:7:production acme/api succeeded',
      'tag-8 acme/api succeeded',
      'canonical-9 acme/api succeeded',
    ]);
  });
});

describe('a source', () => {
  it('that only sends runs feeds what is told of rollouts once a rule is about runs, and not before', async () => {
    const story = newStory();
    run(story, 5, '1');
    expect(await api.total(story, 'dora.deployment_frequency', week)).toMatchObject({ value: null, status: 'no_data' });
    rule(story, { repository: 'acme/api', job: '*', environment: 'production' });
    expect(await api.total(story, 'dora.deployment_frequency', week)).toMatchObject({ status: 'no_data' });
    rule(story, { repository: 'acme/other', workflow: '*', environment: 'production' });
    expect(await api.total(story, 'dora.deployment_frequency', week)).toMatchObject({
      value: 0,
      count: 0,
      status: 'ok',
    });
  });
});

describe('an incident', () => {
  it('blames the rollout that delivered the pull request that it names, in any of the ways that people write it', async () => {
    const served = 'https://example.com/forge/acme/web/-/merge_requests/12';
    const written = [
      ['#12', 'acme/api'],
      ['!12', 'acme/api'],
      ['acme/api!12', 'acme/api'],
      ['Acme/API#12', 'acme/api'],
      ['https://github.com/acme/api/pull/12', 'acme/api'],
      ['https://github.com/acme/api/pull/12/files?w=1', 'acme/api'],
      ['https://git.example.com/acme/sub/api/-/merge_requests/12', 'acme/sub/api'],
      ['https://git.example.com/acme/sub/api/-/merge_requests/12/diffs#note_3', 'acme/sub/api'],
      ['https://bitbucket.org/acme/api/pull-requests/12/diff', 'acme/api'],
      ['https://gitea.example.com/acme/api/pulls/12', 'acme/api'],
      ['https://stash.example.com/projects/ACME/repos/api/pull-requests/12/overview', 'acme/api'],
      ['https://example.com/stash/users/ada/repos/api/pull-requests/12', '~ada/api'],
      // By its own address, wherever the forge is served; another number, or another repository, is another PR.
      [`${served}/diffs`, 'acme/web'],
      [`${served}3`, 'acme/web', ''],
      ['https://example.com/acme/other/pull/12', 'acme/web', ''],
      ['https://example.com/acme/web/issues/12', 'acme/web', ''],
    ] as const;
    const story = newStory();
    for (const repository of new Set(written.map(([, name]) => name))) {
      deployment(story, 5, `first ${repository}`, 'ship-it', { repository });
      story.tell('change.merged', at(6), {
        change_id: `${repository}!12`,
        repository,
        number: 12,
        merge_sha: sha('a'),
        ...(repository === 'acme/web' ? { url: served } : {}),
      });
      deployment(story, 7, `second ${repository}`, 'ship-it', { repository, commits: [sha('a')], revision: sha('a') });
      deployment(story, 8, `third ${repository}`, 'ship-it', { repository, commits: [sha('b')], revision: sha('b') });
    }
    for (const [index, [caused_by, repository]] of written.entries())
      story.tell('incident.detected', at(9), { incident_id: `I${index}`, repository, caused_by });
    await api.answer(story, 'dora.change_fail_rate', { ...week, group_by: 'service' });
    const { atoms } = await api.get(story, 'ops.mttr/atoms', { ...week, limit: '100' });
    const causes = new Map(
      (atoms as Data[]).map(({ incident_id, cause_rollout_id }) => [incident_id, cause_rollout_id]),
    );
    expect(written.map(([text], index) => [text, causes.get(`I${index}`) ?? ''])).toEqual(
      written.map(([text, repository, cause]) => [text, cause ?? `second ${repository}`]),
    );
  });
});
