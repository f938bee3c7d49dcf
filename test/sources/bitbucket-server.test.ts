import { describe, expect, test } from 'vitest';
import { bitbucketServer } from '../../ingest/sources/bitbucket-server.ts';
import { haveSamples, samplesIn } from './deliveries.ts';
import { eventsFrom, OTHER, SHA } from './reading.ts';

const repository = { slug: 'api', name: 'The API', project: { key: 'ACME', name: 'Acme' } };
const ada = { name: 'ada', displayName: 'Ada L.', type: 'NORMAL' };
const DATE = '2026-03-05T10:30:00+0100';

const read = (event: string, body: object) =>
  eventsFrom(bitbucketServer, { eventKey: event, date: DATE, actor: ada, ...body }, { 'x-event-key': event });

describe('Bitbucket Data Center: pushes', () => {
  const moved = (refId: string, over: object = {}) => ({
    ref: { id: refId, displayId: refId.split('/').at(-1), type: 'BRANCH' },
    refId,
    fromHash: OTHER,
    toHash: SHA,
    type: 'UPDATE',
    ...over,
  });
  const older = 'd'.repeat(40);

  test('without a list of commits, the new head is what is known, at the time of the push', () => {
    expect(read('repo:refs_changed', { repository, changes: [moved('refs/heads/release/1.x')] })).toMatchObject([
      {
        type: 'branch.pushed',
        subject: 'branch:ACME/api',
        occurred_at: '2026-03-05T09:30:00.000Z',
        data: {
          repository: 'ACME/api',
          branch: 'release/1.x',
          before: OTHER,
          after: SHA,
          commits: [{ sha: SHA, authored_at: '2026-03-05T09:30:00.000Z' }],
        },
      },
    ]);
  });

  test('newer versions list the commits of one branch, newest first', () => {
    const commits = [
      { id: SHA, author: { name: 'ada' }, authorTimestamp: 1772700000000, message: 'Two', parents: [{ id: older }] },
      {
        id: older,
        author: { name: 'grace' },
        authorTimestamp: 1772690000000,
        committerTimestamp: 1772690600000,
        message: 'One\n\nfixes: INC-7',
      },
    ];
    const changes = [moved('refs/heads/main'), moved('refs/heads/till', { toHash: OTHER })];
    expect(read('repo:refs_changed', { repository, changes, commits })).toMatchObject([
      {
        data: {
          branch: 'main',
          commits: [
            {
              sha: older,
              author: 'grace',
              authored_at: '2026-03-05T05:53:20.000Z',
              committed_at: '2026-03-05T06:03:20.000Z',
              message: 'One',
              fixes_incident: 'INC-7',
            },
            { sha: SHA, parents: [older] },
          ],
        },
      },
      { data: { branch: 'till', commits: [{ sha: OTHER, authored_at: '2026-03-05T09:30:00.000Z' }] } },
    ]);
  });

  test('a new branch, a deleted one, a tag', () => {
    const zeros = '0'.repeat(40);
    const added = moved('refs/heads/till', { type: 'ADD', fromHash: zeros });
    expect(read('repo:refs_changed', { repository, changes: [added] })).toMatchObject([{ data: { before: zeros } }]);
    const gone = moved('refs/heads/till', { type: 'DELETE', toHash: zeros });
    expect(read('repo:refs_changed', { repository, changes: [gone] })).toMatchObject([
      { data: { deleted: true, after: zeros, commits: [] } },
    ]);
    expect(read('repo:refs_changed', { repository, changes: [moved('refs/tags/v1')] })).toMatch(/^ignored: .*tags/);
  });
});

describe('Bitbucket Data Center: pull requests', () => {
  const pullRequest = {
    id: 12,
    title: 'Faster till',
    description: 'fixes: INC-7' as string | undefined,
    createdDate: 1772694000123,
    updatedDate: 1772697600456,
    closedDate: 1772697600456 as number | undefined,
    fromRef: { displayId: 'till', latestCommit: OTHER, repository },
    toRef: { displayId: 'main', latestCommit: SHA, repository },
    author: { user: ada as object },
    properties: { mergeCommit: { displayId: 'ccc', id: 'c'.repeat(40) } } as object | undefined,
    links: { self: [{ href: 'https://git.example.com/projects/ACME/repos/api/pull-requests/12' }] },
  };
  const sent = (event: string, over: object = {}) => read(event, { pullRequest: { ...pullRequest, ...over } });

  test('merged at closedDate, with the full SHA of the merge', () => {
    expect(sent('pr:merged')).toMatchObject([
      {
        type: 'change.merged',
        subject: 'change:ACME/api#12',
        occurred_at: '2026-03-05T08:00:00.456Z',
        data: {
          change_id: 'ACME/api#12',
          repository: 'ACME/api',
          number: 12,
          url: 'https://git.example.com/projects/ACME/repos/api/pull-requests/12',
          author: 'ada',
          author_kind: 'human',
          branch: 'till',
          base: 'main',
          opened_at: '2026-03-05T07:00:00.123Z',
          head_sha: OTHER,
          merge_sha: 'c'.repeat(40),
        },
      },
      { type: 'change.updated', data: { title: 'Faster till', fixes_incident: 'INC-7' } },
    ]);
  });

  test('without closedDate at the event’s date; without a merge commit it is merged all the same', () => {
    const [merged] = sent('pr:merged', { closedDate: undefined, properties: undefined });
    expect(merged).toMatchObject({ type: 'change.merged', occurred_at: '2026-03-05T09:30:00.000Z' });
    expect(JSON.parse(JSON.stringify(merged)).data).not.toHaveProperty('merge_sha');
  });

  test('opened, moved on, declined, deleted', () => {
    expect(sent('pr:opened')).toMatchObject([
      { type: 'change.created', occurred_at: '2026-03-05T07:00:00.123Z' },
      { type: 'change.updated', occurred_at: '2026-03-05T08:00:00.456Z' },
    ]);
    expect(sent('pr:from_ref_updated')).toMatchObject([{ type: 'change.updated', data: { head_sha: OTHER } }]);
    expect(sent('pr:declined')).toMatchObject([{ type: 'change.abandoned' }, { type: 'change.updated' }]);
    expect(sent('pr:deleted', { closedDate: undefined })).toMatchObject([
      { type: 'change.abandoned', occurred_at: '2026-03-05T09:30:00.000Z' },
    ]);
  });

  test('a personal fork’s branch is not ours; a service account is a bot', () => {
    const fork = { slug: 'api', project: { key: '~EVE' } };
    const [event] = sent('pr:opened', {
      fromRef: { ...pullRequest.fromRef, displayId: 'main', repository: fork },
      author: { user: { name: 'renovate', type: 'SERVICE' } },
    });
    expect(event).toMatchObject({ data: { branch: '~EVE/api:main', author: 'renovate', author_kind: 'bot' } });
  });

  test('reviews, at the date of the event', () => {
    const said = (event: string, status: string) =>
      read(event, { pullRequest, participant: { user: ada, status, approved: status === 'APPROVED' } });
    expect(said('pr:reviewer:approved', 'APPROVED')).toMatchObject([
      {
        type: 'change.reviewed',
        occurred_at: '2026-03-05T09:30:00.000Z',
        data: { change_id: 'ACME/api#12', reviewer: 'ada', state: 'approved' },
      },
    ]);
    expect(said('pr:reviewer:needs_work', 'NEEDS_WORK')).toMatchObject([{ data: { state: 'changes_requested' } }]);
  });

  test('a ping and what feeds nothing are ignored; a delivery without its event is refused', () => {
    expect(eventsFrom(bitbucketServer, { test: true }, { 'x-event-key': 'diagnostics:ping' })).toMatch(/^ignored/);
    for (const event of ['pr:comment:added', 'pr:reviewer:unapproved', 'repo:forked', 'mirror:repo_synchronized']) {
      expect(read(event, {})).toMatch(/^ignored/);
    }
    expect(eventsFrom(bitbucketServer, { eventKey: 'pr:merged' })).toBe('rejected: header x-event-key: is missing');
  });

  test.runIf(haveSamples)('a real merge of a personal repository', () => {
    const sample = samplesIn('bitbucket-server').get('pr.merged.json');
    expect(eventsFrom(bitbucketServer, sample, { 'x-event-key': 'pr:merged' })).toMatchObject([
      {
        occurred_at: '2019-03-01T09:37:14.286Z',
        data: {
          change_id: '~gopher/webhook-test#5',
          author: 'gopher',
          branch: 'feature/wip',
          base: 'master',
          head_sha: '32a0b8a740c2963c6f56bd8baf3dc05683d299e0',
          merge_sha: 'cbf26be7bfc8394906abbd571498fb8d28888b58',
        },
      },
      { data: { title: 'Update README' } },
    ]);
  });
});
