import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '../../services/compose.ts';
import { startEmbedded } from './start.ts';

const SECRET = 'only-for-this-test';
const HOUR = 3_600_000;
const now = Math.floor(Date.now() / 1000) * 1000;
/** Hours before now, as UTC ISO in whole seconds. */
const ago = (hours: number) => new Date(now - hours * HOUR).toISOString().replace('.000Z', 'Z');
const epoch = (hours: number) => now - hours * HOUR;
const sha = (digit: string) => digit.repeat(40);
const ZEROS = sha('0');

// main: base <- other (direct) <- merge of topic (one, two); authored 20, 10, 9 and 8 hours ago, merged 5 hours ago.
const base = sha('1');
const other = sha('2');
const one = sha('3');
const two = sha('4');
const merge = sha('5');

let service: RunningService;
beforeAll(async () => {
  service = await startEmbedded({
    HEADWAY_SECRET_BITBUCKET: SECRET,
    HEADWAY_SECRET_BITBUCKET_SERVER: SECRET,
    HEADWAY_SECRET_GITEA: SECRET,
  });
});

interface Forge {
  readonly source: string;
  readonly repository: string;
  /** How far back the direct commit's author time is known: a forge that lists no commits only knows the push. */
  readonly directHours: number;
  /** How far back the request's first commit is known to have been authored. */
  readonly firstHours: number;
  headers(event: string, signature: string): Record<string, string>;
  readonly deliveries: readonly (readonly [event: string, body: object, headers?: Record<string, string>])[];
}

const http = (hours: number) => ({ 'x-event-time': new Date(now - hours * HOUR).toUTCString() });

function bitbucket(): Forge {
  const repository = { full_name: 'acme/cloud' };
  const ada = { type: 'user', account_id: 'ada' };
  const commit = (hash: string, hours: number, parents: string[], message = 'Work') => ({
    hash,
    date: ago(hours),
    message,
    author: { raw: 'Ada <a@example.com>', user: ada },
    parents: parents.map((parent) => ({ hash: parent })),
  });
  const at = (name: string, hash: string) => ({ type: 'branch', name, target: commit(hash, 20, []) });
  const push = (before: string | null, after: string, name: string, commits: object[]) => ({
    push: { changes: [{ old: before && at(name, before), new: at(name, after), commits }] },
    repository,
  });
  const end = (name: string, hash: string) => ({ branch: { name }, commit: { hash: hash.slice(0, 12) }, repository });
  const pullrequest = (hours: number, over: object = {}) => ({
    pullrequest: {
      id: 12,
      title: 'Topic',
      created_on: ago(7),
      updated_on: ago(hours),
      author: ada,
      source: end('topic', two),
      destination: end('main', other),
      merge_commit: null,
      ...over,
    },
    repository,
  });
  const merged = commit(merge, 5, [other, two], 'Merged in topic (pull request #12)');
  return {
    source: 'bitbucket',
    repository: 'acme/cloud',
    directHours: 10,
    firstHours: 9,
    headers: (event, hex) => ({ 'x-event-key': event, 'x-hub-signature': `sha256=${hex}` }),
    deliveries: [
      ['repo:push', push(null, base, 'main', [commit(base, 20, [])]), http(20)],
      ['repo:push', push(base, other, 'main', [commit(other, 10, [base])]), http(9.5)],
      ['repo:push', push(null, two, 'topic', [commit(two, 8, [one]), commit(one, 9, [other])]), http(7.5)],
      ['pullrequest:created', pullrequest(7)],
      ['pullrequest:fulfilled', pullrequest(5, { merge_commit: { hash: merge.slice(0, 12) } })],
      ['repo:push', push(other, merge, 'main', [merged, commit(two, 8, [one]), commit(one, 9, [other])]), http(5)],
    ],
  };
}

function bitbucketServer(): Forge {
  const repository = { slug: 'api', project: { key: 'DC' } };
  const push = (before: string, after: string, name: string, hours: number) => ({
    date: ago(hours),
    repository,
    changes: [{ refId: `refs/heads/${name}`, fromHash: before, toHash: after, type: 'UPDATE' }],
  });
  const pull = (hours: number, over: object = {}) => ({
    date: ago(hours),
    pullRequest: {
      id: 12,
      title: 'Topic',
      createdDate: epoch(7),
      updatedDate: epoch(hours),
      fromRef: { displayId: 'topic', latestCommit: two, repository },
      toRef: { displayId: 'main', latestCommit: other, repository },
      author: { user: { name: 'ada', type: 'NORMAL' } },
      ...over,
    },
  });
  const merged = { closedDate: epoch(5), properties: { mergeCommit: { id: merge } } };
  return {
    source: 'bitbucket-server',
    repository: 'DC/api',
    directHours: 9.5,
    firstHours: 7.5,
    headers: (event, hex) => ({ 'x-event-key': event, 'x-hub-signature': `sha256=${hex}` }),
    deliveries: [
      ['repo:refs_changed', push(ZEROS, base, 'main', 20)],
      ['repo:refs_changed', push(base, other, 'main', 9.5)],
      ['repo:refs_changed', push(ZEROS, two, 'topic', 7.5)],
      ['pr:opened', pull(7)],
      ['pr:merged', pull(5, merged)],
      ['repo:refs_changed', push(other, merge, 'main', 5)],
    ],
  };
}

function gitea(): Forge {
  const repository = { full_name: 'acme/tea', default_branch: 'main' };
  const commit = (id: string, hours: number, message = 'Work') => ({
    id,
    message,
    timestamp: ago(hours),
    author: { name: 'Ada', username: 'ada' },
    added: ['a'],
    modified: [],
    removed: [],
  });
  const push = (before: string, after: string, name: string, commits: { timestamp: string }[]) => ({
    ref: `refs/heads/${name}`,
    before,
    after,
    commits,
    head_commit: commits[0],
    repository,
  });
  const end = (label: string, hash: string) => ({ label, ref: label, sha: hash, repo: repository });
  const pull = (action: string, hours: number, over: object = {}) => ({
    action,
    pull_request: {
      number: 12,
      title: 'Topic',
      user: { login: 'ada' },
      created_at: ago(7),
      updated_at: ago(hours),
      merged: false,
      head: end('topic', two),
      base: end('main', other),
      ...over,
    },
    repository,
  });
  const merged = { merged: true, merged_at: ago(5), closed_at: ago(5), merge_commit_sha: merge };
  return {
    source: 'gitea',
    repository: 'acme/tea',
    directHours: 10,
    firstHours: 9,
    headers: (event, hex) => ({ 'x-gitea-event': event, 'x-gitea-signature': hex }),
    deliveries: [
      ['push', push(ZEROS, base, 'main', [commit(base, 20)])],
      ['push', push(base, other, 'main', [commit(other, 10)])],
      ['push', push(ZEROS, two, 'topic', [commit(two, 8), commit(one, 9)])],
      ['pull_request', pull('opened', 7)],
      ['pull_request', pull('closed', 5, merged)],
      ['push', push(other, merge, 'main', [commit(merge, 5, 'Merge topic'), commit(two, 8), commit(one, 9)])],
    ],
  };
}

async function post(path: string, body: string, headers: Record<string, string>) {
  const response = await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  expect(response.status, await response.clone().text()).toBe(202);
}

const rollout = (repository: string, revision: string, hours: number) => ({
  id: `${repository}/${revision}`,
  type: 'deployment.finished',
  source: 'ship-it',
  occurred_at: ago(hours),
  data: {
    rollout_id: `${repository}/${revision}`,
    repository,
    environment: 'production',
    revision,
    outcome: 'succeeded',
  },
});

describe.each([bitbucket(), bitbucketServer(), gitea()])('$source', (forge) => {
  it('is refused without its signature', async () => {
    const [event, payload] = forge.deliveries[0]!;
    for (const signature of ['', '0'.repeat(64)]) {
      const response = await fetch(`${service.url}/hooks/${forge.source}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...forge.headers(event, signature) },
        body: JSON.stringify(payload),
      });
      expect(response.status).toBe(401);
    }
  });

  it('is one pull request and one direct commit, from their first commits to production', async () => {
    const { source, repository } = forge;
    // The order of arrival changes nothing: the last delivery comes first.
    for (const [event, payload, headers] of [...forge.deliveries].reverse()) {
      const body = JSON.stringify(payload);
      const hex = createHmac('sha256', SECRET).update(body).digest('hex');
      await post(`/hooks/${source}`, body, { ...forge.headers(event, hex), ...headers });
    }
    await post('/v1/events', JSON.stringify([rollout(repository, base, 15), rollout(repository, merge, 1)]), {});

    const query = new URLSearchParams({ from: ago(48), to: ago(-24), service: repository });
    let atoms: Record<string, unknown>[] = [];
    for (let attempt = 0; attempt < 100 && atoms.length < 3; attempt++) {
      const answer = await fetch(`${service.url}/v1/metrics/dora.change_lead_time/atoms?${query}`);
      atoms = ((await answer.json()) as { atoms?: Record<string, unknown>[] }).atoms ?? [];
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const told = atoms.map(({ change_id, value, excluded }) => ({ change_id, value, excluded }));
    expect(told).toHaveLength(3);
    expect(told).toEqual(
      expect.arrayContaining([
        { change_id: `${repository}@${base}`, value: expect.anything(), excluded: 'first_deployment' },
        { change_id: `${repository}@${other}`, value: forge.directHours - 1, excluded: null },
        { change_id: `${repository}#12`, value: forge.firstHours - 1, excluded: null },
      ]),
    );
  });
});
