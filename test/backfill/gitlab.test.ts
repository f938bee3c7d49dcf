import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { NormalizedEvent } from '../../ingest/event.ts';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import { gitlab } from '../../ingest/sources/gitlab.ts';
import { HISTORY_TYPE } from '../../ingest/sources/history.ts';
import { checkpointFile } from '../../services/backfill/checkpoint.ts';
import { gitlabForge } from '../../services/backfill/gitlab.ts';
import { gitlabClient } from '../../services/backfill/gitlab-client.ts';
import { makePace } from '../../services/backfill/pace.ts';
import { backfill } from '../../services/backfill/run.ts';
import { temporaryFolder } from '../api/start.ts';
import { eventsOf, sha } from '../sources/gitlab.ts';
import { releaseAfterFile } from '../support/release.ts';

const SPAN = { since: '2026-03-01T00:00:00.000Z', until: '2026-04-01T00:00:00.000Z' };
const PATH = 'acme/shop/api';
const WEB = `https://gitlab.example.com/${PATH}`;
const project = { id: 14, path_with_namespace: PATH, default_branch: 'main', web_url: WEB, visibility: 'private' };
const ada = { id: 51, username: 'ada' };

const request = {
  iid: 12,
  state: 'merged',
  web_url: `${WEB}/-/merge_requests/12`,
  title: 'Faster till',
  description: null,
  author: ada,
  source_branch: 'till',
  target_branch: 'main',
  source_project_id: 14,
  target_project_id: 14,
  sha: sha('2'),
  merge_commit_sha: sha('3'),
  squash_commit_sha: null,
  labels: [],
  created_at: '2026-03-05T08:00:00.123Z',
  updated_at: '2026-03-05T10:00:00.456Z',
  merged_at: '2026-03-05T10:00:00.456Z',
  closed_at: null,
};
const commit = (id: string, at: string) => ({
  id,
  title: 'Work',
  message: 'Work',
  author_name: 'Ada',
  authored_date: at,
  committed_date: at,
  parent_ids: [],
});
const deployment = (id: number, revision: string, at: string, over: object = {}) => ({
  id,
  status: 'success',
  sha: revision,
  created_at: at.replace(':30:', ':20:'),
  updated_at: at,
  environment: { name: 'production', tier: 'production' },
  user: ada,
  deployable: { started_at: at.replace(':30:', ':25:'), finished_at: at, web_url: `${WEB}/-/jobs/${id}` },
  ...over,
});
const deployments = [
  deployment(902, sha('4'), '2026-03-06T10:30:00.789Z'),
  deployment(901, sha('1'), '2026-02-06T10:30:00.000Z'),
];
const pipeline = {
  id: 31,
  name: null,
  status: 'success',
  source: 'push',
  ref: 'main',
  sha: sha('3'),
  user: ada,
  created_at: '2026-03-05T10:01:00.100Z',
  updated_at: '2026-03-05T10:09:00.100Z',
  finished_at: '2026-03-05T10:09:00.100Z',
  queued_duration: 5,
};
const job = {
  id: 380,
  name: 'test',
  status: 'success',
  pipeline: { id: 31 },
  commit: { id: sha('3') },
  runner: { description: 'runner-1' },
  created_at: '2026-03-05T10:01:00.100Z',
  started_at: '2026-03-05T10:02:00.100Z',
  finished_at: '2026-03-05T10:08:00.100Z',
  queued_duration: 4,
};
const release = { tag_name: 'v1', released_at: '2026-03-06T12:00:00.000Z', commit: { id: sha('4') } };
const issue = {
  iid: 7,
  issue_type: 'incident',
  web_url: `${WEB}/-/issues/7`,
  title: 'Till is down',
  description: null,
  severity: 'HIGH',
  confidential: false,
  labels: [],
  created_at: '2026-03-06T13:00:00.000Z',
  updated_at: '2026-03-06T14:00:00.000Z',
  closed_at: '2026-03-06T14:00:00.000Z',
  user_notes_count: 1,
};

/** Lists by path; each is answered one item to a page, so that every list has pages. */
const lists: Readonly<Record<string, readonly object[]>> = {
  '/merge_requests': [request, { ...request, iid: 13, state: 'opened', merged_at: null, merge_commit_sha: null }],
  '/merge_requests/12/commits': [
    commit(sha('2'), '2026-03-05T07:30:00.000Z'),
    commit(sha('5'), '2026-03-05T07:00:00.000Z'),
  ],
  '/merge_requests/12/diffs': [{ old_path: 'src/till.ts', new_path: 'src/till.ts' }],
  '/repository/commits': [commit(sha('4'), '2026-03-06T09:00:00.000Z'), commit(sha('3'), '2026-03-05T10:00:00.000Z')],
  [`/repository/commits/${sha('3')}/merge_requests`]: [{ state: 'merged' }],
  [`/repository/commits/${sha('4')}/merge_requests`]: [],
  '/pipelines': [pipeline],
  '/jobs': [job, { ...job, id: 1, created_at: '2026-01-01T00:00:00.000Z' }],
  '/releases': [release],
  '/issues/7/notes': [
    { body: 'caused-by: !12', system: false, internal: false, created_at: '2026-03-06T13:10:00.000Z' },
  ],
};

/** A local GitLab and a local Headway that reads what it is sent as the real one does, and remembers it. */
async function start() {
  const requests: string[] = [];
  const events = new Map<string, NormalizedEvent>();
  const state = { fault: (_path: string): { status: number; headers?: Record<string, string> } | null => null };
  const http = createServer(async (incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const send = (status: number, value: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    };
    if (url.pathname === '/v1/history/gitlab') {
      const body = Buffer.concat(await incoming.toArray());
      const headers = { 'content-type': HISTORY_TYPE };
      const received_at = '2026-04-02T00:00:00.000Z';
      const reading = normaliseDelivery(gitlab, { id: 'one', source: 'gitlab', headers, body, received_at });
      if (reading.outcome !== 'events') return send(202, { rejected: reading.reason });
      for (const event of reading.events) events.set(event.id, JSON.parse(JSON.stringify(event)));
      return send(202, {});
    }
    requests.push(url.pathname + url.search);
    if (incoming.headers.authorization !== 'Bearer a-token') return send(401, {});
    const fault = state.fault(url.pathname + url.search);
    if (fault) return send(fault.status, {}, fault.headers);
    const api = url.pathname.replace('/api/v4', '');
    if (api === `/projects/${encodeURIComponent('acme/old')}`)
      return send(301, {}, { location: `/api/v4/projects/${encodeURIComponent(PATH)}` });
    if (api === `/projects/${encodeURIComponent(PATH)}`) return send(200, project);
    const path = api.replace('/projects/14', '');
    if (path === '/pipelines/31') return send(200, pipeline);
    if (path === '/merge_requests/12/approvals')
      return send(200, { approved_by: [{ user: ada, approved_at: '2026-03-05T09:30:00.000Z' }] });
    if (path === '/repository/compare')
      return send(200, {
        commits: [commit(sha('3'), '2026-03-05T10:00:00Z'), commit(sha('4'), '2026-03-06T09:00:00Z')],
      });
    const before = url.searchParams.get('updated_before');
    const list =
      path === '/deployments'
        ? deployments.filter(({ updated_at: at }) => (before === null ? at >= SPAN.since : at < before))
        : path === '/issues'
          ? url.searchParams.has('issue_type')
            ? [issue]
            : []
          : lists[path];
    if (list === undefined) return send(404, {});
    const page = Number(url.searchParams.get('page') ?? 1);
    const next = new URL(url);
    next.searchParams.set('page', String(page + 1));
    send(200, list.slice(page - 1, page), page < list.length ? { link: `<${next}>; rel="next"` } : {});
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  releaseAfterFile(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  const url = `http://127.0.0.1:${(http.address() as { port: number }).port}`;
  const dataDir = temporaryFolder();
  const run = async (named = PATH, token = 'a-token') => {
    const client = gitlabClient({ api: url, token, pace: makePace(null, () => {}), retryBaseMs: 5 });
    return backfill({
      forge: await gitlabForge(client, named, { jobs: true }),
      span: SPAN,
      asked: 'March',
      checkpoint: checkpointFile(dataDir, url, named),
      server: { url, token: null },
      now: () => '2026-04-02T00:00:00.000Z',
    });
  };
  return { requests, events, state, run };
}

describe('a backfill from GitLab', () => {
  it('tells under the ids of the hooks what these told', async () => {
    const { events, run } = await start();
    expect(await run()).toMatchObject({ repository: PATH, unreadable: 0, incomparable: 0, resumed: false });
    const heardAs = (kind: string, body: object) => eventsOf(kind, body, '2026-04-02T00:00:00.000Z');
    const heard = [
      ...heardAs('merge_request', {
        object_attributes: {
          ...request,
          url: request.web_url,
          action: 'merge',
          last_commit: { id: request.sha },
          author_id: 51,
        },
      }),
      ...heardAs('deployment', {
        deployment_id: 902,
        status: 'success',
        status_changed_at: '2026-03-06 10:30:00 UTC',
        environment: 'production',
        environment_tier: 'production',
        short_sha: sha('4').slice(0, 8),
        commit_url: `${WEB}/-/commit/${sha('4')}`,
        deployable_url: `${WEB}/-/jobs/902`,
      }),
      ...heardAs('pipeline', { object_attributes: pipeline }),
      ...heardAs('build', {
        build_id: 380,
        build_name: 'test',
        build_status: 'success',
        build_started_at: job.started_at,
        build_finished_at: job.finished_at,
        build_queued_duration: 4,
        pipeline_id: 31,
        sha: sha('3'),
        runner: job.runner,
      }),
      ...heardAs('release', { action: 'create', tag: 'v1', created_at: release.released_at, ...release }),
      ...heardAs('issue', {
        object_attributes: { ...issue, type: 'Incident', action: 'close', url: issue.web_url, labels: [] },
      }),
      ...heardAs('note', {
        object_attributes: { note: 'caused-by: !12', noteable_type: 'Issue', created_at: '2026-03-06 13:10:00 UTC' },
        issue: { iid: 7, type: 'Incident' },
      }),
    ];
    expect(heard.length).toBeGreaterThan(12);
    for (const event of heard) {
      const { delivery_id: _, ...told } = event;
      expect(events.get(event.id), `${event.type} ${event.occurred_at}`).toMatchObject(told);
    }
  });

  it('adds what no hook tells: commits of a change, and what a deployment brought', async () => {
    const { events, run } = await start();
    await run();
    const all = [...events.values()];
    const details = all.filter(({ type, data }) => type === 'change.merged' && 'commits' in data);
    expect(details.map(({ data }) => data)).toEqual([
      expect.objectContaining({
        change_id: `${PATH}!12`,
        paths: ['src/till.ts'],
        commits: [
          expect.objectContaining({ sha: sha('5'), authored_at: '2026-03-05T07:00:00.000Z' }),
          expect.objectContaining({ sha: sha('2') }),
        ],
      }),
      expect.objectContaining({ change_id: `${PATH}@${sha('4')}`, direct: true }),
    ]);
    expect(all.flatMap(({ type, data }) => (type === 'deployment.queued' && 'commits' in data ? [data] : []))).toEqual([
      expect.objectContaining({ rollout_id: `${PATH}/deployments/902`, commits: [sha('3'), sha('4')] }),
    ]);
    expect(all.some(({ subject }) => subject === `rollout:${PATH}/deployments/901`)).toBe(true);
    expect(all.some(({ type, data }) => type === 'taskrun.finished' && data.job_id === '1')).toBe(false);
  });

  it('says the same after 502s, limits and an end on the way, under the name the project has now', async () => {
    const whole = await start();
    await whole.run();
    const { events, requests, state, run } = await start();
    const failed = new Set<string>();
    const passing = (path: string) => {
      if (failed.has(path) || requests.length % 5 !== 0) return null;
      failed.add(path);
      return failed.size % 2 ? { status: 502 } : { status: 429, headers: { 'retry-after': '0' } };
    };
    for (const stopsAt of ['/merge_requests?', '/repository/compare', '/issues/7/notes']) {
      state.fault = (path) => (path.includes(stopsAt) && !path.includes('page=1&') ? { status: 403 } : passing(path));
      await expect(run('acme/old')).rejects.toThrow(/read_api/);
    }
    state.fault = passing;
    expect(await run('acme/old')).toMatchObject({ repository: PATH, resumed: true });
    expect(failed.size).toBeGreaterThan(3);
    expect([...events.keys()].sort()).toEqual([...whole.events.keys()].sort());
  });

  it('never sends the token elsewhere, and never says it', async () => {
    const { run } = await start();
    const failure = await run(PATH, 'another-token').catch((error: Error) => error);
    expect(String(failure)).toContain('GITLAB_TOKEN');
    expect(String((failure as Error).stack)).not.toContain('another-token');
    await expect(run('acme/hidden')).rejects.toThrow(/shows no acme\/hidden: misspelt, or hidden/);
  });
});
