import { describe, expect, it } from 'vitest';
import { apiOver } from '../examples/api.ts';
import { newStory } from '../histories/story.ts';
import { at, type Data, NOW, rolloutsOf, sha, tellDeployment, tellRule, tellRun, week } from './rollouts-told.ts';

const api = apiOver(NOW);

describe('where several tools report one service', () => {
  const deploy = { repository: 'acme/api', workflow: 'deploy', environment: 'production' };

  it('deployers are believed before forges, forges before rules, rules before tags, each from its first on', async () => {
    const story = newStory();
    tellRule(story, deploy);
    tellDeployment(story, 5, 'tag-5', 'git');
    tellRun(story, 6, '6');
    tellDeployment(story, 7, 'tag-7', 'git');
    tellDeployment(story, 7, 'forge-7', 'bitbucket-server');
    tellRun(story, 8, '8');
    tellDeployment(story, 9, 'argo-9', 'flux', { outcome: 'failed_dark' });
    tellDeployment(story, 10, 'forge-10', 'gitlab');
    tellDeployment(story, 10, 'canonical-10', 'ship-it');
    tellDeployment(story, 11, 'argo-11', 'argocd');
    const left = (id: string) => `${id} acme/api duplicate_source`;
    const counts = (id: string) => `${id} acme/api succeeded`;
    expect((await rolloutsOf(api, story)).sort()).toEqual(
      [
        ...[counts('tag-5'), counts('run:6:production'), left('tag-7'), counts('forge-7'), left('run:8:production')],
        ...['argo-9 acme/api failed_dark', left('forge-10'), counts('canonical-10'), counts('argo-11')],
      ].sort(),
    );
  });

  it('a run that reports a deployment as well counts once', async () => {
    const story = newStory();
    tellRule(story, deploy);
    for (const day of [5, 6, 7]) {
      tellDeployment(story, day, `${day}/production/${sha(String(day))}`, 'github');
      tellRun(story, day, String(day));
    }
    expect(await api.total(story, 'delivery.deployment_success_rate', week)).toMatchObject({
      denominator: 3,
      excluded: { duplicate_source: 3 },
    });
    await rolloutsOf(api, story);
  });

  it('the workspace may choose, for an environment', async () => {
    const story = newStory();
    tellRule(story, deploy);
    story.tell(
      'environment.defined',
      at(1),
      { name: 'production', production: true, rollouts_from: ['Runs', 'git'] },
      { source: 'workspace' },
    );
    tellDeployment(story, 5, 'argo-5', 'argocd');
    tellDeployment(story, 6, 'forge-6', 'github');
    tellRun(story, 7, '7');
    tellDeployment(story, 8, 'tag-8', 'git');
    tellDeployment(story, 9, 'canonical-9', 'ship-it');
    expect(await rolloutsOf(api, story)).toEqual([
      'argo-5 acme/api duplicate_source',
      'forge-6 acme/api duplicate_source',
      'run:7:production acme/api succeeded',
      'tag-8 acme/api succeeded',
      'canonical-9 acme/api succeeded',
    ]);
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
      tellDeployment(story, 5, `first ${repository}`, 'ship-it', { repository });
      story.tell('change.merged', at(6), {
        change_id: `${repository}!12`,
        repository,
        number: 12,
        merge_sha: sha('a'),
        ...(repository === 'acme/web' ? { url: served } : {}),
      });
      tellDeployment(story, 7, `second ${repository}`, 'ship-it', {
        repository,
        commits: [sha('a')],
        revision: sha('a'),
      });
      tellDeployment(story, 8, `third ${repository}`, 'ship-it', {
        repository,
        commits: [sha('b')],
        revision: sha('b'),
      });
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
