import { describe, expect, test } from 'vitest';
import { eventsOf, sha, told } from './gitlab.ts';

const commit = (digit: string, timestamp: string, more: object = {}) => ({
  id: sha(digit),
  message: `Change ${digit}\n\nbody`,
  timestamp,
  author: { name: 'Ada', email: 'ada@example.com' },
  added: [`${digit}.ts`],
  modified: ['shared.ts'],
  removed: [],
  ...more,
});
const pushed = (more: object = {}) => ({
  ref: 'refs/heads/main',
  before: sha('0').replace(/^0/, '1'),
  after: sha('b'),
  commits: [commit('a', '2026-03-05T10:00:00+02:00'), commit('b', '2026-03-05T09:30:00Z')],
  ...more,
});

describe('push', () => {
  test('one branch that moved, at the time of its head commit, with commits oldest first', () => {
    const events = eventsOf('push', pushed());
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      type: 'branch.pushed',
      subject: 'branch:acme/shop/api',
      occurred_at: '2026-03-05T09:30:00.000Z',
      data: {
        repository: 'acme/shop/api',
        branch: 'main',
        default_branch: 'main',
        after: sha('b'),
        commits: [
          {
            sha: sha('a'),
            authored_at: '2026-03-05T08:00:00.000Z',
            author: 'Ada',
            message: 'Change a',
            paths: ['a.ts', 'shared.ts'],
          },
          { sha: sha('b'), authored_at: '2026-03-05T09:30:00.000Z' },
        ],
      },
    });
    expect(events[0]?.data).not.toHaveProperty('forced');
    expect(JSON.stringify(events)).not.toContain('example.com');
  });

  test('received later or from a group’s hook: the same event', () => {
    expect(eventsOf('push', pushed(), '2026-03-06T00:00:00.000Z')).toEqual(eventsOf('push', pushed()));
  });

  test('the button Test: newest first and `before` among them', () => {
    const newest = ['c', 'b', 'a'].map((digit) => commit(digit, '2026-03-05T09:00:00Z'));
    const [event] = eventsOf('push', pushed({ before: sha('a'), after: sha('c'), commits: newest }));
    expect(event?.data).toMatchObject({ commits: [{ sha: sha('b') }, { sha: sha('c') }] });
  });

  test('a head commit of a wrong clock: the newest time before it that can be', () => {
    const wrong = [commit('a', '2026-03-05T08:00:00Z'), commit('b', '2031-01-01T00:00:00Z')];
    expect(eventsOf('push', pushed({ commits: wrong }))[0]?.occurred_at).toBe('2026-03-05T08:00:00.000Z');
    expect(told('push', pushed({ commits: wrong.slice(1) }))).toBe(
      'rejected: commits.timestamp: none that can be true',
    );
  });

  test('no commits, a deleted branch, a tag: nothing that others do not tell', () => {
    expect(told('push', pushed({ commits: [] }))).toMatch(/^ignored: /);
    expect(told('push', pushed({ after: '0'.repeat(40), commits: [] }))).toMatch(/^ignored: a deleted branch/);
    expect(told('push', pushed({ ref: 'refs/tags/v1' }))).toMatch(/^ignored: a push of a tag/);
    expect(told('tag_push', pushed({ ref: 'refs/tags/v1' }))).toMatch(/^ignored: a push of a tag/);
  });

  test.each([
    ['This reverts merge request !7', { revert_of: 'acme/shop/api!7' }],
    ['This reverts merge request acme/web!7', { revert_of: 'acme/web!7' }],
    [`This reverts commit ${sha('f')}.`, { revert_of: sha('f') }],
    [`(cherry picked from commit ${sha('f')})`, { cherry_pick_of: sha('f') }],
    ['fixes: acme/shop/api#3', { fixes_incident: 'acme/shop/api#3' }],
    ['fixes: https://gitlab.example.com/acme/shop/api/-/work_items/3', { fixes_incident: 'acme/shop/api#3' }],
    ['fixes: https://gitlab.example.com/acme/shop/api/-/issues/incident/3', { fixes_incident: 'acme/shop/api#3' }],
  ])('a message says: %s', (body, says) => {
    const commits = [commit('b', '2026-03-05T09:00:00Z', { message: `Title\n\n${body}` })];
    expect(eventsOf('push', pushed({ commits }))[0]?.data).toMatchObject({ commits: [says] });
  });

  test('a squashed commit that says which request it is, on the default branch alone', () => {
    const squashed = (message: string) => [commit('b', '2026-03-05T09:00:00Z', { message })];
    const trailer = 'Faster till\n\nSee merge request acme/shop/api!12';
    const [, merged] = eventsOf('push', pushed({ commits: squashed(trailer) }));
    expect(merged).toMatchObject({
      type: 'change.merged',
      subject: 'change:acme/shop/api!12',
      occurred_at: '2026-03-05T09:00:00.000Z',
      data: { change_id: 'acme/shop/api!12', repository: 'acme/shop/api', number: 12, merge_sha: sha('b') },
    });
    const others = [
      { commits: squashed(trailer), ref: 'refs/heads/release' },
      { commits: squashed(`Merge branch 'till' into 'main'\n\n${trailer}`) },
      { commits: squashed(`${trailer}\n\n(cherry picked from commit ${sha('f')})`) },
      { commits: squashed('Faster till\n\nSee merge request upstream/shop/api!12') },
      { commits: squashed('Faster till\n\nSee merge request #12') },
    ];
    for (const other of others) expect(told('push', pushed(other))).toEqual(['branch.pushed 09:00:00']);
  });

  test.each([
    ['project_14_bot_3f2a', 'bot'],
    ['group_9_bot', 'bot'],
    ['service_account_group_9_1a2b', 'bot'],
    ['ada', undefined],
  ])('a commit from the address of %s: %s', (account, kind) => {
    const author = { name: 'CI', email: `${account}@noreply.gitlab.example.com` };
    const [event] = eventsOf('push', pushed({ commits: [commit('b', '2026-03-05T09:00:00Z', { author })] }));
    const expected = kind ? { author_kind: kind } : expect.not.objectContaining({ author_kind: expect.anything() });
    expect(event?.data).toMatchObject({ commits: [expected] });
  });
});
