import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { successions } from '../../ingest/import/contents.ts';
import { checkpointFile } from '../../services/backfill/checkpoint.ts';
import { githubForge, githubRepositories } from '../../services/backfill/github.ts';
import { githubClient } from '../../services/backfill/github-client.ts';
import { makePace } from '../../services/backfill/pace.ts';
import { startGithub } from './github-server.ts';
import { githubWorld } from './github-world.ts';

const world = githubWorld('acme/new-name', 3);
const open = async (token = 'a-token') => {
  const github = await startGithub([world]);
  const client = githubClient({
    api: github.url,
    token,
    pace: makePace(null, () => {}),
    onWait: () => {},
    retryBaseMs: 5,
  });
  return { github, client };
};

describe('what GitHub refuses', () => {
  it('says that a token is not known, and never the token', async () => {
    const { client } = await open('another-token');
    const failure = await githubForge(client, 'acme/new-name', { jobs: true }).catch((error: Error) => error);
    expect(failure).toMatchObject({ name: 'CommandFailed' });
    expect(String(failure)).toContain('GITHUB_TOKEN');
    expect(JSON.stringify(failure) + String((failure as Error).stack)).not.toContain('another-token');
  });

  it('names the permission that a repository out of sight needs', async () => {
    const { client } = await open();
    await expect(githubForge(client, 'acme/hidden', { jobs: true })).rejects.toThrow(
      /no metadata of acme\/hidden: misspelt, or hidden.*scope repo/s,
    );
  });

  it('reads a repository that moved under its new name', async () => {
    const { github, client } = await open();
    github.moved.set('acme/old-name', 'acme/new-name');
    const forge = await githubForge(client, 'acme/old-name', { jobs: true });
    expect(forge.repository).toBe('acme/new-name');
    expect(forge.of).toEqual({ repository: { full_name: 'acme/new-name', default_branch: 'main' } });
  });

  it('takes an owner for all of its repositories', async () => {
    const { client } = await open();
    expect(await githubRepositories(client, 'acme')).toEqual(['acme/new-name']);
    expect(await githubRepositories(client, 'acme/one')).toEqual(['acme/one']);
  });
});

describe('the pace', () => {
  it('leaves a fifth of a limit to others, and waits until it is whole again', async () => {
    const waits: number[] = [];
    const pace = makePace(null, (seconds) => waits.push(seconds));
    pace.observe('core', { limit: 100, remaining: 21, resetAtMs: Date.now() + 60_000 });
    await pace.take('core');
    // The other resource is counted apart.
    pace.observe('graphql', { limit: 100, remaining: 20, resetAtMs: Date.now() - 800 });
    await pace.take('core');
    expect(waits).toEqual([]);
    const start = performance.now();
    await pace.take('graphql');
    expect(waits).toEqual([1]);
    expect(performance.now() - start).toBeGreaterThan(150);
    expect(pace.made()).toBe(3);
  });

  it('makes no more requests in an hour than it was allowed', async () => {
    const waits: number[] = [];
    const pace = makePace(2, (seconds) => waits.push(seconds));
    await pace.take('core');
    await pace.take('core');
    void pace.take('core');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(waits).toEqual([3600]);
    expect(pace.made()).toBe(2);
  });
});

describe('the checkpoint', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headway-checkpoint-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const state = {
    version: 1 as const,
    asked: 'a year',
    since: '2026-01-01T00:00:00.000Z',
    until: '2026-02-01T00:00:00.000Z',
    done: ['pulls'],
    cursor: '3',
    rollouts: [],
    records: 7,
    unreadable: 0,
    incomparable: 0,
  };

  it('is gone on from by the same wish only, and is gone when removed', () => {
    const file = checkpointFile(folder, 'https://api.github.com', 'acme/api');
    expect(file.load('a year')).toBeNull();
    file.save(state);
    expect(file.load('a year')).toEqual(state);
    expect(file.load('two years')).toBeNull();
    expect(checkpointFile(folder, 'https://api.github.com', 'acme/web').load('a year')).toBeNull();
    file.remove();
    expect(readdirSync(join(folder, 'backfill'))).toEqual([]);
  });
});

describe('what was live before', () => {
  const rollout = (id: string, revision: string, minute: number, over: object = {}) => ({
    rollout_id: id,
    environment: 'production',
    revision,
    finished_at: `2026-03-05T10:${String(minute).padStart(2, '0')}:00.000Z`,
    succeeded: true,
    ...over,
  });
  const told = (list: readonly ReturnType<typeof rollout>[]) =>
    successions(list).map(({ before, rollout: { rollout_id } }) => `${before?.rollout_id ?? 'none'} > ${rollout_id}`);

  it('is the last success of the place, whatever the order and however often it was tried', () => {
    const all = [
      rollout('d1', 'a', 1),
      rollout('d2', 'b', 2, { succeeded: false }),
      rollout('d3', 'b', 3),
      rollout('again', 'b', 4),
      rollout('elsewhere', 'z', 5, { environment: 'staging' }),
      rollout('d6', 'c', 6, { succeeded: false }),
      rollout('d6', 'c', 8),
      rollout('other', 'c', 7, { service_id: 'till' }),
      rollout('open', 'd', 9, { finished_at: null, succeeded: false }),
    ];
    expect(told(all)).toEqual(['none > d1', 'd1 > d3', 'none > elsewhere', 'none > other', 'again > d6']);
    expect(told([...all].reverse())).toEqual([
      'none > d1',
      'd1 > d3',
      'none > elsewhere',
      'none > other',
      'again > d6',
    ]);
  });
});
