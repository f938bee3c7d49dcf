import { describe, expect, test } from 'vitest';
import type { NormalizedEvent } from '../../ingest/event.ts';
import { haveSamples, RECEIVED_AT, samplesIn } from './deliveries.ts';
import { eventsOf, OTHER, only, read, repository, SHA } from './reading.ts';

describe('push', () => {
  const commit = {
    id: SHA,
    message: 'Fix the till\n\nlong story',
    timestamp: '2026-03-05T11:00:00+02:00',
    author: { name: 'Ada', email: 'ada@example.com', username: 'ada' },
    added: ['a.ts'],
    modified: ['b.ts', 'a.ts'],
    removed: ['c.ts'],
  };
  const body = {
    ref: 'refs/heads/release/1.x',
    before: OTHER,
    after: SHA,
    created: false,
    deleted: false,
    forced: false,
    repository: { ...repository, pushed_at: 1772703000 },
    head_commit: { timestamp: commit.timestamp },
    commits: [commit],
  };
  const commitsOf = (event: NormalizedEvent) => (event.type === 'branch.pushed' ? event.data.commits : []);

  test('carries the branch with its slashes, the chain, and the commits with the union of their paths', () => {
    const event = only('push', body);
    expect(event.subject).toBe('branch:acme/api');
    expect(event.data).toMatchObject({ repository: 'acme/api', branch: 'release/1.x', before: OTHER, after: SHA });
    expect(commitsOf(event)).toEqual([
      {
        sha: SHA,
        authored_at: '2026-03-05T09:00:00.000Z',
        author: 'ada',
        author_kind: 'human',
        message: 'Fix the till',
        paths: ['a.ts', 'b.ts', 'c.ts'],
      },
    ]);
  });

  test('happened at pushed_at, in epoch seconds here and ISO elsewhere', () => {
    expect(only('push', body).occurred_at).toBe('2026-03-05T09:30:00.000Z');
    const iso = { ...body, repository: { ...repository, pushed_at: '2026-03-05T09:30:00Z' } };
    expect(only('push', iso).occurred_at).toBe('2026-03-05T09:30:00.000Z');
  });

  test('without pushed_at: at the head commit, and at receipt where that is absurd', () => {
    const without = { ...body, repository };
    expect(only('push', without).occurred_at).toBe('2026-03-05T09:00:00.000Z');
    const absurd = { ...without, head_commit: { timestamp: '1015-05-05T00:00:00Z' } };
    expect(only('push', absurd).occurred_at).toBe(RECEIVED_AT);
    expect(only('push', absurd).id).toBe(only('push', absurd, '2026-03-06T00:00:00.000Z').id);
  });

  test('a commit of the year 1015, or without a readable date, takes the time of the push', () => {
    for (const timestamp of ['1015-05-05T00:00:00Z', 'yesterday', null, undefined]) {
      const event = only('push', { ...body, commits: [{ ...commit, timestamp }] });
      expect(commitsOf(event)[0]?.authored_at).toBe('2026-03-05T09:30:00.000Z');
    }
  });

  test('a commit of the future keeps its author’s clock: it is clamped where it is used', () => {
    const event = only('push', { ...body, commits: [{ ...commit, timestamp: '2031-01-01T00:00:00Z' }] });
    expect(commitsOf(event)[0]?.authored_at).toBe('2031-01-01T00:00:00.000Z');
  });

  test('a pushed_at of the future is quarantined with its reason', () => {
    const early = { ...body, repository: { ...repository, pushed_at: '2026-03-05T12:10:01Z' } };
    expect(read('push', early)).toEqual({
      outcome: 'rejected',
      reason: expect.stringContaining('occurred_at: 2026-03-05T12:10:01.000Z is before 2000 or over 10 minutes after'),
    });
    expect(read('push', { ...body, repository: { ...repository, pushed_at: '2026-03-05T12:10:00Z' } }).outcome).toBe(
      'events',
    );
  });

  test('a deleted branch has no commits and no head', () => {
    const gone = { ...body, deleted: true, after: '0'.repeat(40), head_commit: null, commits: [] };
    expect(only('push', gone).data).toMatchObject({ deleted: true, after: '0'.repeat(40), commits: [] });
  });

  test('a tag is ignored', () => {
    expect(read('push', { ...body, ref: 'refs/tags/v1' }).outcome).toBe('ignored');
  });

  test('bots are known by their username', () => {
    const bot = { ...commit, author: { name: 'dependabot[bot]', username: 'dependabot[bot]' } };
    expect(commitsOf(only('push', { ...body, commits: [bot] }))[0]?.author_kind).toBe('bot');
    const unnamed = { ...commit, author: { name: 'Ada', email: 'a@example.com' } };
    expect(commitsOf(only('push', { ...body, commits: [unnamed] }))[0]).toMatchObject({ author: 'Ada' });
  });

  test('trailers of a commit: what it reverts, copies and fixes', () => {
    const message = `Undo\n\nThis reverts commit ${OTHER}.\n\nfixes: INC-7\n(cherry picked from commit ${SHA.slice(0, 12)})`;
    const event = only('push', { ...body, commits: [{ ...commit, message }] });
    expect(commitsOf(event)[0]).toMatchObject({
      revert_of: OTHER,
      cherry_pick_of: SHA.slice(0, 12),
      fixes_incident: 'INC-7',
    });
  });

  test('a million commits are refused before any of them is looked at', () => {
    const started = performance.now();
    const reading = read('push', { ...body, commits: Array.from({ length: 1_000_000 }, () => 0) });
    expect(reading).toEqual({ outcome: 'rejected', reason: 'commits: is not a list of at most 20000' });
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe('pull_request', () => {
  const pull = {
    number: 12,
    html_url: 'https://github.com/acme/api/pull/12',
    title: 'Faster till',
    body: null as string | null,
    user: { login: 'ada', type: 'User' },
    merged: false,
    created_at: '2026-03-01T09:00:00Z',
    updated_at: '2026-03-02T10:00:00Z',
    merged_at: null as string | null,
    closed_at: null as string | null,
    merge_commit_sha: OTHER,
    head: { ref: 'till', sha: SHA, label: 'acme:till', repo: { full_name: 'acme/api' } },
    base: { ref: 'main' },
    labels: [{ name: 'hotfix' }],
  };
  const closed = { closed_at: '2026-03-02T10:00:00Z' };
  const merged = { ...closed, merged: true, merged_at: '2026-03-02T10:00:00Z' };
  const sent = (action: string, over: object = {}) => ({ action, pull_request: { ...pull, ...over }, repository });

  test('merged: what never changes under a key that a backfill meets, and the rest as of then', () => {
    const [merge, update] = eventsOf('pull_request', sent('closed', merged));
    expect(merge).toMatchObject({
      type: 'change.merged',
      subject: 'change:acme/api#12',
      occurred_at: '2026-03-02T10:00:00.000Z',
      data: { change_id: 'acme/api#12', merge_sha: OTHER, head_sha: SHA, opened_at: '2026-03-01T09:00:00.000Z' },
    });
    expect(update).toMatchObject({ type: 'change.updated', data: { title: 'Faster till', labels: ['hotfix'] } });
    const [later] = eventsOf('pull_request', sent('closed', { ...merged, title: 'Renamed', labels: [] }));
    expect(later).toEqual(merge);
  });

  test('closed without merge although merge_commit_sha is filled: abandoned', () => {
    expect(eventsOf('pull_request', sent('closed', closed))[0]?.type).toBe('change.abandoned');
  });

  test('two labels in the same second are two facts', () => {
    const one = only('pull_request', sent('labeled', { labels: [{ name: 'a' }] }));
    const two = only('pull_request', sent('labeled', { labels: [{ name: 'a' }, { name: 'b' }] }));
    expect(two.occurred_at).toBe(one.occurred_at);
    expect(two.id).not.toBe(one.id);
  });

  test('a fork’s main is not ours', () => {
    const head = { ref: 'main', label: 'eve:main', sha: SHA, repo: { full_name: 'eve/api' } };
    expect(eventsOf('pull_request', sent('opened', { head }))[0]?.data).toMatchObject({ branch: 'eve:main' });
    const gone = { ...head, repo: null };
    expect(eventsOf('pull_request', sent('opened', { head: gone }))[0]?.data).toMatchObject({ branch: 'eve:main' });
  });

  test('bots: by type, and by login', () => {
    for (const user of [{ login: 'renovate', type: 'Bot' }, { login: 'dependabot[bot]' }]) {
      expect(eventsOf('pull_request', sent('opened', { user }))[0]?.data).toMatchObject({ author_kind: 'bot' });
    }
    expect(eventsOf('pull_request', sent('opened', { user: null }))[0]?.data).not.toHaveProperty('author_kind', 'bot');
  });

  test('what it reverts, copies and fixes, from its text', () => {
    const said = (body: string, title = 'x') => only('pull_request', sent('edited', { body, title })).data;
    expect(said('Reverts acme/api#7')).toMatchObject({ revert_of: 'acme/api#7' });
    expect(said('Reverts #7', 'Revert "Faster till"')).toMatchObject({ revert_of: 'acme/api#7' });
    expect(said('', 'Revert "Faster till"')).toMatchObject({ revert_of: 'Faster till' });
    expect(said('Backport of #7')).toMatchObject({ cherry_pick_of: 'acme/api#7' });
    expect(said('Text\r\nfixes: PT4KHLK\r\nmore')).toMatchObject({ fixes_incident: 'PT4KHLK' });
  });

  test('other actions change nothing', () => {
    expect(read('pull_request', sent('assigned')).outcome).toBe('ignored');
  });

  test('a review is one fact by its own id', () => {
    const review = { id: 5, state: 'APPROVED', submitted_at: '2026-03-02T09:00:00Z', user: { login: 'bob' } };
    const body = { action: 'submitted', review, pull_request: { number: 12 }, repository };
    expect(only('pull_request_review', body)).toMatchObject({
      type: 'change.reviewed',
      subject: 'change:acme/api#12',
      data: { reviewer: 'bob', state: 'approved' },
    });
  });
});

describe.runIf(haveSamples)('the captured pair of a merge', () => {
  test('merge and push come as two deliveries and meet by the merge SHA’s push time', () => {
    const samples = samplesIn('github');
    const [merge] = eventsOf('pull_request', samples.get('pull_request.closed.merged.json'));
    const push = only('push', samples.get('push.main_after_merge.captured.json'));
    expect(push.occurred_at).toBe(merge?.occurred_at);
    expect(push.type === 'branch.pushed' && push.data.commits).toHaveLength(7);
  });
});

describe('what is no use or no sense', () => {
  test('ping and unknown events are ignored, a missing event header is refused', () => {
    expect(read('ping', { zen: 'x' }).outcome).toBe('ignored');
    expect(read('star', {}).outcome).toBe('ignored');
    expect(read('__proto__', {}).outcome).toBe('ignored');
    expect(read('', {})).toEqual({ outcome: 'rejected', reason: 'header x-github-event: is missing' });
  });

  test('a wrong shape is refused with its field', () => {
    expect(read('push', {})).toMatchObject({ outcome: 'rejected', reason: expect.stringMatching(/^ref: /) });
    expect(read('deployment', { action: 'created', deployment: { id: 1 }, repository })).toMatchObject({
      reason: expect.stringMatching(/^deployment\.sha: /),
    });
  });
});
