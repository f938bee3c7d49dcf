import { describe, expect, test } from 'vitest';
import { makeEvent } from '../../ingest/event.ts';
import { headBranch, mergedFact, openedFact } from '../../ingest/sources/gitlab/change.ts';
import { eventsOf, project, read, sha, told, user } from './gitlab.ts';

const attributes = (more: object = {}) => ({
  iid: 12,
  action: 'open',
  state: 'opened',
  url: 'https://gitlab.example.com/acme/shop/api/-/merge_requests/12',
  title: 'Faster till',
  description: 'Cherry-pick of !9\n\nfixes: INC-7',
  author_id: 51,
  source_branch: 'hotfix/till',
  target_branch: 'main',
  source_project_id: 14,
  target_project_id: 14,
  last_commit: { id: sha('B') },
  merge_commit_sha: null,
  created_at: '2026-03-05 08:00:00 UTC',
  updated_at: '2026-03-05 08:00:00 UTC',
  ...more,
});
const merged = (more: object = {}) =>
  attributes({
    action: 'merge',
    state: 'merged',
    merge_commit_sha: sha('c'),
    updated_at: '2026-03-05 10:00:00 +0100',
    ...more,
  });
const request = (object_attributes: object, more: object = {}) => ({ object_attributes, labels: [], ...more });

describe('merge request', () => {
  test('opened: its identity once, and its state', () => {
    const [created, updated] = eventsOf(
      'merge_request',
      request(attributes(), { labels: [{ title: 'hotfix' }, { title: 'team::till' }] }),
    );
    expect(created).toMatchObject({
      type: 'change.created',
      subject: 'change:acme/shop/api!12',
      occurred_at: '2026-03-05T08:00:00.000Z',
      data: {
        change_id: 'acme/shop/api!12',
        repository: 'acme/shop/api',
        number: 12,
        url: 'https://gitlab.example.com/acme/shop/api/-/merge_requests/12',
        branch: 'hotfix/till',
        opened_at: '2026-03-05T08:00:00.000Z',
      },
    });
    expect(updated).toMatchObject({
      type: 'change.updated',
      data: {
        change_id: 'acme/shop/api!12',
        title: 'Faster till',
        author: 'ada',
        author_kind: 'human',
        base: 'main',
        head_sha: sha('b'),
        labels: ['hotfix', 'team::till'],
        cherry_pick_of: 'acme/shop/api!9',
        fixes_incident: 'INC-7',
      },
    });
  });

  test('merged, by an older version: at the update that the hook speaks of', () => {
    const [event, updated] = eventsOf('merge_request', request(merged()));
    expect(event).toMatchObject({
      type: 'change.merged',
      occurred_at: '2026-03-05T09:00:00.000Z',
      data: { change_id: 'acme/shop/api!12', merge_sha: sha('c'), head_sha: sha('b'), base: 'main', number: 12 },
    });
    expect(updated?.type).toBe('change.updated');
  });

  test('merged, by a newer one: at `merged_at`, however late the hook; a later hook tells the same fact', () => {
    const [event] = eventsOf('merge_request', request(merged({ merged_at: '2026-03-05T08:59:59.123Z' })));
    expect(event?.occurred_at).toBe('2026-03-05T08:59:59.000Z');
    const labelled = merged({
      action: 'update',
      merged_at: '2026-03-05 08:59:59 UTC',
      updated_at: '2026-03-05 11:00:00 UTC',
    });
    expect(eventsOf('merge_request', request(labelled))[0]).toEqual(event);
  });

  test('merged without a merge commit: no merge SHA is made up', () => {
    const [event] = eventsOf('merge_request', request(merged({ merge_commit_sha: null })));
    expect(event?.data).not.toHaveProperty('merge_sha');
    const [squashed] = eventsOf(
      'merge_request',
      request(merged({ merge_commit_sha: null, squash_commit_sha: sha('d') })),
    );
    expect(squashed?.data).toMatchObject({ merge_sha: sha('d') });
  });

  test('whoever merges is not the author; who is told only by number stays unknown', () => {
    const [, byOther] = eventsOf('merge_request', request(merged(), { user: { id: 7, username: 'bob' } }));
    expect(byOther?.data).not.toHaveProperty('author');
    const [, bySelf] = eventsOf('merge_request', request(merged()));
    expect(bySelf?.data).toMatchObject({ author: 'ada' });
    // Before GitLab 15 hooks have no user id: only who opens is the author for certain.
    const old = { user: { username: 'ada' } };
    expect(eventsOf('merge_request', request(attributes(), old))[1]?.data).toMatchObject({ author: 'ada' });
    expect(eventsOf('merge_request', request(merged(), old))[1]?.data).not.toHaveProperty('author');
  });

  test('a bot’s', () => {
    const bot = { user: { id: 51, username: 'project_14_bot_3f2a' } };
    expect(eventsOf('merge_request', request(attributes(), bot))[1]?.data).toMatchObject({ author_kind: 'bot' });
  });

  test('a fork’s branch is never taken for ours', () => {
    const [created] = eventsOf('merge_request', request(attributes({ source_project_id: 99, source_branch: 'main' })));
    expect(created?.data).toMatchObject({ branch: '99:main' });
    expect(headBranch('main', 14, 14)).toBe('main');
  });

  test('closed, reopened, changed', () => {
    const at = { updated_at: '2026-03-05 09:00:00 UTC' };
    expect(told('merge_request', request(attributes({ action: 'close', state: 'closed', ...at })))).toEqual([
      'change.abandoned 09:00:00',
      'change.updated 09:00:00',
    ]);
    expect(told('merge_request', request(attributes({ action: 'reopen', ...at })))).toEqual([
      'change.updated 09:00:00',
    ]);
    expect(told('merge_request', request(attributes({ action: 'update', ...at })))).toEqual([
      'change.updated 09:00:00',
    ]);
  });

  test('a revert says what it reverts, however GitLab puts it', () => {
    const revert = attributes({ title: 'Revert "Faster till"', description: 'This reverts merge request !12' });
    expect(eventsOf('merge_request', request(revert))[1]?.data).toMatchObject({ revert_of: 'acme/shop/api!12' });
    const bare = attributes({ title: 'Revert "Faster till"', description: '' });
    expect(eventsOf('merge_request', request(bare))[1]?.data).toMatchObject({ revert_of: 'Faster till' });
  });

  test.each([
    ['approved', 'approved'],
    ['approval', 'approved'],
    ['unapproved', 'unapproved'],
    ['unapproval', 'unapproved'],
  ])('%s: a review', (action, state) => {
    const bob = { user: { id: 7, username: 'bob' } };
    const [event] = eventsOf('merge_request', request(attributes({ action }), bob));
    expect(event).toMatchObject({
      type: 'change.reviewed',
      data: { change_id: 'acme/shop/api!12', repository: 'acme/shop/api', reviewer: 'bob', state },
    });
  });

  test('the button Test sends no action: what it shows is true nevertheless', () => {
    const { action: _, ...rest } = merged({ merged_at: '2026-03-05T09:00:00Z' }) as Record<string, unknown>;
    expect(told('merge_request', request(rest))).toEqual([
      'change.created 08:00:00',
      'change.merged 09:00:00',
      'change.updated 09:00:00',
    ]);
  });

  test('another action changes nothing; a payload template’s body is refused', () => {
    expect(told('merge_request', request(attributes({ action: 'lock' })))).toMatch(/^ignored: merge_request lock/);
    expect(read('', {})).toMatchObject({ outcome: 'rejected' });
  });

  test('what the API tells has the ids of the hook', () => {
    const from = { source: 'gitlab', normaliser: 1, delivery_id: 'delivery-1' };
    const told = {
      path: project.path_with_namespace,
      iid: 12,
      url: attributes().url,
      title: 'Another title by now',
      description: null,
      author: user.username,
      branch: 'hotfix/till',
      base: 'main',
      headSha: sha('b'),
      mergeSha: sha('c'),
      labels: [],
      createdAt: '2026-03-05T08:00:00.000Z',
      updatedAt: '2026-03-08T08:00:00.000Z',
    };
    const [created] = eventsOf('merge_request', request(attributes()));
    const [event] = eventsOf('merge_request', request(merged()));
    expect(JSON.stringify(makeEvent(openedFact(told), from))).toBe(JSON.stringify(created));
    expect(makeEvent(mergedFact(told, '2026-03-05T09:00:00.000Z'), from).id).toBe(event?.id);
    // The API alone knows a squash that was fast-forwarded: that is another fact, which adds to the hook's.
    expect(makeEvent(mergedFact({ ...told, mergeSha: sha('d') }, '2026-03-05T09:00:00.000Z'), from).id).not.toBe(
      event?.id,
    );
  });
});
