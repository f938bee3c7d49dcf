import { createHash, createHmac, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { MetricAnswer } from '../../queries/envelope.ts';
import type { RunningService } from '../../services/compose.ts';
import { startEmbedded } from '../api/start.ts';
import { daysAgo, read } from './world.ts';

const KEY = Buffer.from('a key of thirty-two bytes length');
const shaOf = (name: string) => createHash('sha1').update(name).digest('hex');
const project = {
  id: 14,
  path_with_namespace: 'acme/shop/api',
  default_branch: 'main',
  web_url: 'https://gitlab.example.com/acme/shop/api',
  visibility_level: 0,
};
/** Whole seconds with a blank and a zone, as most of GitLab's hooks write them. */
const gitlabTime = (at: string) => `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`;
const hoursAgo = (hours: number) => daysAgo(0, hours * 60);

let service: RunningService;

/** Sends a hook as GitLab does that has a signing token. */
async function hook(object_kind: string, body: object): Promise<number> {
  const text = JSON.stringify({ object_kind, project, user: { id: 51, username: 'ada' }, ...body });
  const [id, at] = [randomUUID(), Math.floor(Date.now() / 1000)];
  const mac = createHmac('sha256', KEY).update(`${id}.${at}.${text}`).digest('base64');
  const response = await fetch(`${service.url}/hooks/gitlab`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(at),
      'webhook-signature': `v1,${mac}`,
    },
    body: text,
  });
  const { events } = (await response.json()) as { events: number };
  expect(response.status).toBe(202);
  return events;
}

const commit = (name: string, at: string, trailer = '') => ({
  id: shaOf(name),
  message: `${name}\n\n${trailer}`,
  timestamp: at,
  author: { name: 'Ada', email: 'ada@example.com' },
  added: [],
  modified: ['till.ts'],
  removed: [],
});
const push = (branch: string, before: string, commits: ReturnType<typeof commit>[]) =>
  hook('push', {
    ref: `refs/heads/${branch}`,
    before: before === '' ? '0'.repeat(40) : shaOf(before),
    after: commits.at(-1)?.id,
    commits,
    total_commits_count: commits.length,
  });
const request = (iid: number, head: string, action: string, at: string, more: object = {}) =>
  hook('merge_request', {
    object_attributes: {
      iid,
      action,
      state: action === 'merge' ? 'merged' : 'opened',
      title: 'Faster till',
      url: `${project.web_url}/-/merge_requests/${iid}`,
      author_id: 51,
      source_branch: head,
      target_branch: 'main',
      source_project_id: 14,
      target_project_id: 14,
      last_commit: { id: shaOf(head) },
      created_at: gitlabTime(hoursAgo(20 + iid)),
      updated_at: gitlabTime(at),
      ...more,
    },
    labels: [],
  });
const deploy = (deployment_id: number, status: string, revision: string, at: string) =>
  hook('deployment', {
    deployment_id,
    status,
    status_changed_at: gitlabTime(at),
    environment: 'eu',
    environment_tier: 'production',
    short_sha: shaOf(revision).slice(0, 8),
    commit_url: `https://gitlab.example.com/acme/shop/api/-/commit/${shaOf(revision)}`,
  });

describe('a team whose only tool is GitLab', () => {
  beforeAll(async () => {
    service = await startEmbedded({ HEADWAY_SECRET_GITLAB: `whsec_${KEY.toString('base64')}` });
    await service.ready;
    await push('main', '', [commit('base', hoursAgo(60))]);
    await deploy(1, 'success', 'base', hoursAgo(50));
    await push('till', 'base', [commit('till', hoursAgo(44))]);
    await request(12, 'till', 'open', hoursAgo(32));
    await request(12, 'till', 'merge', hoursAgo(30), { merge_commit_sha: shaOf('merge') });
    await push('main', 'base', [commit('till', hoursAgo(44)), commit('merge', hoursAgo(30))]);
    await deploy(2, 'running', 'merge', hoursAgo(21));
    await deploy(2, 'success', 'merge', hoursAgo(20));
    // Fast-forwarded: GitLab names no merge commit, and the head itself is pushed.
    await request(13, 'forward', 'merge', hoursAgo(14), { merge_commit_sha: null });
    await push('main', 'merge', [commit('forward', hoursAgo(15))]);
    await push('main', 'forward', [commit('straight', hoursAgo(13))]);
    // Squashed and fast-forwarded: only the commit's own words tell whose it is.
    await push('quick', 'straight', [commit('quick', hoursAgo(36))]);
    await request(14, 'quick', 'merge', hoursAgo(12), { merge_commit_sha: null });
    await push('main', 'straight', [commit('squashed', hoursAgo(12), 'See merge request acme/shop/api!14')]);
    await deploy(3, 'success', 'squashed', hoursAgo(10));
    const incident = {
      iid: 3,
      type: 'Incident',
      title: 'Till is down',
      description: 'caused-by: !12',
      severity: 'high',
      labels: [],
      created_at: gitlabTime(hoursAgo(19)),
      updated_at: gitlabTime(hoursAgo(17)),
      closed_at: gitlabTime(hoursAgo(17)),
    };
    expect(await hook('work_item', { object_attributes: { ...incident, action: 'close' } })).toBe(3);
    await service.settled();
  });

  const total = async (metric: string) =>
    (await read<MetricAnswer>(service, `/v1/metrics/${metric}?service=acme/shop/api`)).totals[0];

  it('knows its deployments without a workspace', async () => {
    expect(await total('dora.deployment_frequency')).toMatchObject({ count: 3 });
  });

  it('knows how long changes took: from the first commit, or the opening if that was earlier, to production', async () => {
    expect(await total('dora.change_lead_time')).toMatchObject({ n: 4, excluded: { first_deployment: 1 } });
    const { atoms } = await read<{ atoms: Record<string, unknown>[] }>(
      service,
      '/v1/metrics/dora.change_lead_time/atoms?service=acme/shop/api',
    );
    const told = atoms
      .filter((atom) => atom.excluded === null)
      .map(({ change_id, rollout_id, containment, value }) => [
        change_id,
        rollout_id,
        containment,
        Number(value).toFixed(2),
      ]);
    expect(told.sort()).toEqual([
      ['acme/shop/api!12', 'acme/shop/api/deployments/2', 'explicit', '24.00'],
      ['acme/shop/api!13', 'acme/shop/api/deployments/3', 'position', '23.00'],
      ['acme/shop/api!14', 'acme/shop/api/deployments/3', 'explicit', '26.00'],
      [`acme/shop/api@${shaOf('straight')}`, 'acme/shop/api/deployments/3', 'position', '3.00'],
    ]);
  });

  it('knows which deployment failed, by the short form of a merge request, and for how long', async () => {
    expect(await total('dora.change_fail_rate')).toMatchObject({ numerator: 1, denominator: 3 });
    const recovery = await total('dora.failed_deployment_recovery_time');
    expect(recovery).toMatchObject({ n: 1, unit: 'minutes' });
    expect(recovery?.value).toBeCloseTo(120, 2);
  });
});
