import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { gitea } from '../../ingest/sources/gitea.ts';
import { bytesOf, delivery, RECEIVED_AT } from './deliveries.ts';
import { giteaUser, onlyGitea, readGitea } from './gitea-reading.ts';
import { OTHER, SHA } from './reading.ts';

describe('Gitea: signatures', () => {
  const body = bytesOf('{"ref":"refs/heads/main"}');
  const hex = (secret: string) => createHmac('sha256', secret).update(body).digest('hex');
  const verified = (headers: Record<string, string>) => gitea.verify(delivery('gitea', body, headers), ['old', 's']);

  test('under any of the three names', () => {
    expect(verified({ 'x-gitea-signature': hex('s') })).toBe(true);
    expect(verified({ 'x-forgejo-signature': hex('old') })).toBe(true);
    expect(verified({ 'x-hub-signature-256': `sha256=${hex('s')}` })).toBe(true);
  });

  test('a wrong one beside a right one is refused; an empty header, as sent without a secret, proves nothing', () => {
    expect(verified({ 'x-gitea-signature': hex('s'), 'x-hub-signature-256': `sha256=${hex('x')}` })).toBe(false);
    expect(verified({ 'x-gitea-signature': hex('x'), 'x-forgejo-signature': hex('s') })).toBe(false);
    expect(verified({ 'x-gitea-signature': '', 'x-hub-signature-256': '' })).toBe(false);
    expect(verified({ 'x-gitea-signature': `sha256=${hex('s')}` })).toBe(false);
  });
});

describe('Gitea: pushes', () => {
  const commit = (id: string, over: object = {}) => ({
    id,
    message: 'Fix the till\n\nfixes: INC-7',
    timestamp: '2026-03-05T10:00:00+01:00',
    author: { name: 'Ada', email: 'ada@example.com', username: 'ada' },
    added: ['a.ts'],
    modified: ['b.ts', 'a.ts'],
    removed: ['c.ts'],
    ...over,
  });
  const push = {
    ref: 'refs/heads/release/1.x',
    before: '9'.repeat(40),
    after: SHA,
    commits: [commit(SHA), commit(OTHER, { timestamp: '2026-03-05T09:00:00+01:00' })],
    head_commit: commit(SHA),
  };

  test('lists the commits oldest first, whichever way they came', () => {
    const event = onlyGitea('push', push);
    expect(event.data).toMatchObject({
      repository: 'acme/api',
      branch: 'release/1.x',
      default_branch: 'main',
      before: '9'.repeat(40),
      after: SHA,
      commits: [
        { sha: OTHER, authored_at: '2026-03-05T08:00:00.000Z' },
        {
          sha: SHA,
          author: 'ada',
          author_kind: 'human',
          message: 'Fix the till',
          fixes_incident: 'INC-7',
          paths: ['a.ts', 'b.ts', 'c.ts'],
        },
      ],
    });
    expect(onlyGitea('push', { ...push, commits: [...push.commits].reverse() }).data).toEqual(event.data);
  });

  test('is dated by its head; else by another commit; else by receipt', () => {
    expect(onlyGitea('push', push).occurred_at).toBe('2026-03-05T09:00:00.000Z');
    const headless = {
      ...push,
      head_commit: null,
      commits: [commit(SHA, { timestamp: '1015-05-05T00:00:00Z' }), commit(OTHER)],
    };
    expect(onlyGitea('push', headless).occurred_at).toBe('2026-03-05T09:00:00.000Z');
    expect(onlyGitea('push', { ...push, head_commit: null, commits: [] }).occurred_at).toBe(RECEIVED_AT);
  });

  test('a deleted branch has no head, a tag moves nothing, the runner is a bot', () => {
    const gone = onlyGitea('push', { ...push, after: '0'.repeat(40), commits: [], head_commit: null });
    expect(gone.data).toMatchObject({ deleted: true, commits: [] });
    expect(readGitea('push', { ...push, ref: 'refs/tags/v1' })).toMatch(/^ignored: .*tag/);
    const bot = commit(SHA, { author: { name: 'Gitea Actions', username: 'gitea-actions' } });
    expect(onlyGitea('push', { ...push, commits: [bot] }).data.commits).toMatchObject([{ author_kind: 'bot' }]);
  });
});

describe('Gitea: pull requests', () => {
  const pull = {
    number: 12,
    html_url: 'https://git.example.com/acme/api/pulls/12',
    title: 'Faster till',
    body: 'fixes: INC-7',
    user: giteaUser,
    labels: [{ name: 'hotfix' }],
    merged: true,
    merged_at: '2026-03-02T10:00:00Z' as string | null,
    merge_commit_sha: OTHER as string | null,
    head: { label: 'till', ref: 'refs/pull/12/head', sha: SHA, repo: { full_name: 'acme/api' } as object | null },
    base: { label: 'main', ref: 'main', sha: OTHER, repo: { full_name: 'acme/api' } },
    created_at: '2026-03-01T09:00:00Z',
    updated_at: '2026-03-02T10:00:00Z',
    closed_at: '2026-03-02T10:00:00Z' as string | null,
  };
  const sent = (action: string, over: object = {}) =>
    readGitea('pull_request', { action, pull_request: { ...pull, ...over } });

  test('merged; the branch keeps its name when it is deleted with the merge', () => {
    expect(sent('closed')).toMatchObject([
      {
        type: 'change.merged',
        subject: 'change:acme/api#12',
        occurred_at: '2026-03-02T10:00:00.000Z',
        data: {
          change_id: 'acme/api#12',
          number: 12,
          author: 'ada',
          author_kind: 'human',
          branch: 'till',
          base: 'main',
          head_sha: SHA,
          merge_sha: OTHER,
          opened_at: '2026-03-01T09:00:00.000Z',
        },
      },
      { type: 'change.updated', data: { title: 'Faster till', labels: ['hotfix'], fixes_incident: 'INC-7' } },
    ]);
  });

  test('closed without merge, opened, moved on, labelled', () => {
    expect(sent('closed', { merged: false, merged_at: null, merge_commit_sha: null })).toMatchObject([
      { type: 'change.abandoned', occurred_at: '2026-03-02T10:00:00.000Z' },
      { type: 'change.updated' },
    ]);
    expect(sent('opened', { closed_at: null })).toMatchObject([
      { type: 'change.created', occurred_at: '2026-03-01T09:00:00.000Z' },
      { type: 'change.updated' },
    ]);
    for (const action of ['synchronized', 'label_updated', 'label_cleared', 'edited', 'reopened']) {
      expect(sent(action)).toMatchObject([{ type: 'change.updated' }]);
    }
    expect(sent('assigned')).toMatch(/^ignored/);
    expect(sent('closed', { merged: false, closed_at: null, updated_at: null })).toMatch(/^rejected: .*closed_at/);
  });

  test('a branch of a fork is not ours', () => {
    const branch = (repo: object | null) =>
      (sent('opened', { head: { ...pull.head, repo } })[0] as unknown as { data: { branch: string } }).data.branch;
    expect(branch({ full_name: 'Acme/API' })).toBe('till');
    expect(branch({ full_name: 'eve/api' })).toBe('eve/api:till');
    expect(branch(null)).toBe('(fork):till');
  });

  test('reviews are by whoever sent them', () => {
    const review = (event: string) => onlyGitea(event, { action: 'reviewed', pull_request: pull, review: null });
    expect(review('pull_request_approved')).toMatchObject({
      type: 'change.reviewed',
      occurred_at: '2026-03-02T10:00:00.000Z',
      data: { change_id: 'acme/api#12', reviewer: 'ada', state: 'approved' },
    });
    expect(review('pull_request_rejected').data.state).toBe('changes_requested');
    expect(review('pull_request_comment').data.state).toBe('commented');
  });
});
