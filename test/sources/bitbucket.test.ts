import { describe, expect, test } from 'vitest';
import { bitbucket } from '../../ingest/sources/bitbucket.ts';
import { RECEIVED_AT, samplesIn } from './deliveries.ts';
import { eventsFrom, OTHER, SHA } from './reading.ts';

const repository = { full_name: 'acme/api', uuid: '{r}' };
const ada = { type: 'user', account_id: '557058:ada', uuid: '{ada}', nickname: 'Ada', display_name: 'Ada L.' };
const EVENT_TIME = 'Thu, 05 Mar 2026 09:30:00 GMT';

const read = (event: string, body: object, headers: Record<string, string> = { 'x-event-time': EVENT_TIME }) =>
  eventsFrom(bitbucket, { repository, actor: ada, ...body }, { 'x-event-key': event, ...headers });

describe('Bitbucket Cloud: pushes', () => {
  const target = (hash: string, over: object = {}) => ({
    hash,
    date: '2026-03-05T10:00:00+02:00',
    message: 'Fix the till\n\nlong story',
    author: { raw: 'Ada L. <ada@example.com>', user: ada },
    parents: [{ hash: OTHER }],
    ...over,
  });
  const at = (name: string, hash: string, type = 'branch') => ({ type, name, target: target(hash) });
  const push = (...changes: object[]) => ({ push: { changes } });
  const older = 'd'.repeat(40);

  test('one event per branch, with the commits oldest first', () => {
    const change = {
      old: at('main', OTHER),
      new: at('main', SHA),
      forced: false,
      commits: [target(SHA, { parents: [{ hash: older }] }), target(older)],
    };
    const branch = { old: null, new: at('release/1', older), created: true, commits: [] };
    expect(read('repo:push', push(change, branch))).toMatchObject([
      {
        type: 'branch.pushed',
        subject: 'branch:acme/api',
        occurred_at: '2026-03-05T09:30:00.000Z',
        data: {
          repository: 'acme/api',
          branch: 'main',
          before: OTHER,
          after: SHA,
          forced: false,
          commits: [
            { sha: older, authored_at: '2026-03-05T08:00:00.000Z', author: '557058:ada', author_kind: 'human' },
            { sha: SHA, message: 'Fix the till', parents: [older] },
          ],
        },
      },
      { data: { branch: 'release/1', after: older, commits: [] } },
    ]);
  });

  test('the time is X-Event-Time; without it the head’s; where that is absurd, receipt', () => {
    const body = push({ old: at('main', OTHER), new: at('main', SHA), commits: [] });
    const [signed] = read('repo:push', body);
    const [dated] = read('repo:push', body, {});
    expect([signed, dated]).toMatchObject([
      { occurred_at: '2026-03-05T09:30:00.000Z' },
      { occurred_at: '2026-03-05T08:00:00.000Z' },
    ]);
    const absurd = { ...at('main', SHA), target: target(SHA, { date: '1015-05-05T00:00:00Z' }) };
    const [received] = read('repo:push', push({ old: null, new: absurd }), { 'x-event-time': 'soon' });
    expect(received).toMatchObject({ occurred_at: RECEIVED_AT });
  });

  test('a deleted branch has no head, a forced push says so, a tag moves nothing', () => {
    expect(read('repo:push', push({ old: at('till', SHA), new: null, closed: true }))).toMatchObject([
      { data: { branch: 'till', before: SHA, deleted: true, commits: [] } },
    ]);
    expect(read('repo:push', push({ old: at('till', SHA), new: at('till', OTHER), forced: true }))).toMatchObject([
      { data: { forced: true } },
    ]);
    expect(read('repo:push', push({ old: null, new: at('v1', SHA, 'tag') }))).toMatch(/^ignored: .*tags/);
    const both = push({ old: null, new: at('v1', SHA, 'tag') }, { old: at('main', OTHER), new: at('main', SHA) });
    expect(read('repo:push', both)).toHaveLength(1);
  });

  test('an author without an account is a name, never an address; an app is a bot', () => {
    const commits = [
      target(SHA, { author: { raw: 'Grace <grace@example.com>' } }),
      target(older, { author: { raw: 'Renovate <r@example.com>', user: { type: 'app_user', uuid: '{app}' } } }),
    ];
    const [event] = read('repo:push', push({ old: at('main', OTHER), new: at('main', SHA), commits }));
    expect(event).toMatchObject({
      data: { commits: [{ author: '{app}', author_kind: 'bot' }, { author: 'Grace' }] },
    });
    expect(JSON.stringify(event)).not.toContain('example.com');
  });

  test.runIf(samplesIn('bitbucket-cloud').size > 0)('a real merge: full hashes, the merge last', () => {
    const sample = JSON.parse(new TextDecoder().decode(samplesIn('bitbucket-cloud').get('repo.push.json'))) as {
      headers: Record<string, string>;
      body: object;
    };
    expect(eventsFrom(bitbucket, sample.body, sample.headers)).toMatchObject([
      {
        data: {
          branch: 'master',
          after: 'ed2903eec378fe5d4aa389b656420ccd9d5e723d',
          commits: [
            { sha: '81ba7a30508ff62ffb7e4b3c3101d4bf29212331' },
            { sha: 'a219c19cdff4dbd357732e29f3010ae143e86575' },
            { sha: '0845504f4acbfb5f953bda80bf37426adfbe6a04' },
            { sha: 'ed2903eec378fe5d4aa389b656420ccd9d5e723d', message: 'Merged in new-branch (pull request #1)' },
          ],
        },
      },
    ]);
  });
});

describe('Bitbucket Cloud: pull requests', () => {
  const pull = {
    id: 12,
    title: 'Faster till',
    description: null as string | null,
    state: 'MERGED',
    created_on: '2026-03-01T09:00:00.744328+00:00',
    updated_on: '2026-03-02T10:00:00.485416+00:00',
    author: ada as object | null,
    source: { branch: { name: 'till' }, commit: { hash: 'b'.repeat(12) }, repository: { full_name: 'acme/api' } },
    destination: { branch: { name: 'main' }, commit: { hash: 'a'.repeat(12) } },
    merge_commit: { hash: 'C'.repeat(12) } as object | null,
    links: { html: { href: 'https://bitbucket.org/acme/api/pull-requests/12' } },
  };
  const sent = (event: string, over: object = {}) => read(event, { pullrequest: { ...pull, ...over } });

  test('merged at the last update, under the number that people see, with hashes of 12 digits', () => {
    expect(sent('pullrequest:fulfilled')).toMatchObject([
      {
        type: 'change.merged',
        subject: 'change:acme/api#12',
        occurred_at: '2026-03-02T10:00:00.485Z',
        data: {
          change_id: 'acme/api#12',
          number: 12,
          author: '557058:ada',
          author_kind: 'human',
          branch: 'till',
          base: 'main',
          opened_at: '2026-03-01T09:00:00.744Z',
          head_sha: 'b'.repeat(12),
          merge_sha: 'c'.repeat(12),
          url: 'https://bitbucket.org/acme/api/pull-requests/12',
        },
      },
      { type: 'change.updated', data: { title: 'Faster till', base: 'main', head_sha: 'b'.repeat(12) } },
    ]);
  });

  test('a fast-forward has no merge commit and is merged all the same', () => {
    const [merged] = sent('pullrequest:fulfilled', { merge_commit: null });
    expect(merged).toMatchObject({ type: 'change.merged', data: { head_sha: 'b'.repeat(12) } });
    expect(JSON.parse(JSON.stringify(merged)).data).not.toHaveProperty('merge_sha');
  });

  test('opened, edited and declined', () => {
    expect(sent('pullrequest:created')).toMatchObject([
      { type: 'change.created', occurred_at: '2026-03-01T09:00:00.744Z' },
      { type: 'change.updated', occurred_at: '2026-03-02T10:00:00.485Z' },
    ]);
    expect(sent('pullrequest:updated')).toMatchObject([{ type: 'change.updated' }]);
    expect(sent('pullrequest:rejected')).toMatchObject([
      { type: 'change.abandoned', occurred_at: '2026-03-02T10:00:00.485Z' },
      { type: 'change.updated' },
    ]);
  });

  test('what it fixes, copies and reverts', () => {
    const told = (over: object) => {
      const [event] = sent('pullrequest:updated', over);
      return JSON.parse(JSON.stringify(event)).data;
    };
    expect(told({ description: 'fixes: INC-7\nBackport of #3' })).toMatchObject({
      fixes_incident: 'INC-7',
      cherry_pick_of: 'acme/api#3',
    });
    expect(told({ title: 'Revert "Merged in till (pull request #7)"' })).toMatchObject({ revert_of: 'acme/api#7' });
    expect(told({ title: 'Revert "Faster till"' })).toMatchObject({ revert_of: 'Faster till' });
    expect(told({})).not.toHaveProperty('revert_of');
  });

  test('a branch of a fork is not ours', () => {
    const branch = (full_name: string | null) => {
      const [event] = sent('pullrequest:created', {
        source: { branch: { name: 'main' }, repository: full_name === null ? null : { full_name } },
      });
      return JSON.parse(JSON.stringify(event)).data.branch;
    };
    expect(branch('Acme/API')).toBe('main');
    expect(branch('eve/api')).toBe('eve/api:main');
    expect(branch(null)).toBe('(fork):main');
  });

  test('reviews, at their own time', () => {
    const said = { date: '2026-03-02T09:00:00.654730+00:00', user: ada };
    expect(read('pullrequest:approved', { pullrequest: { id: 12 }, approval: said })).toMatchObject([
      {
        type: 'change.reviewed',
        occurred_at: '2026-03-02T09:00:00.654Z',
        data: { change_id: 'acme/api#12', reviewer: '557058:ada', state: 'approved' },
      },
    ]);
    expect(
      read('pullrequest:changes_request_created', { pullrequest: { id: 12 }, changes_request: said }),
    ).toMatchObject([{ data: { state: 'changes_requested' } }]);
    expect(read('pullrequest:approved', { pullrequest: { id: 12 } })).toBe('rejected: approval.date: is missing');
  });

  test('what feeds nothing is ignored; a delivery without its event is refused', () => {
    for (const event of ['pullrequest:comment_created', 'repo:fork', 'issue:created', 'pullrequest:unapproved']) {
      expect(read(event, {})).toMatch(/^ignored/);
    }
    expect(eventsFrom(bitbucket, { repository })).toBe('rejected: header x-event-key: is missing');
  });
});

describe('Bitbucket Cloud: build statuses', () => {
  const status = {
    key: 'ci',
    name: 'Pipeline #57 for main',
    state: 'SUCCESSFUL',
    refname: 'refs/heads/main',
    created_on: '2026-03-05T10:00:00.000001+00:00',
    updated_on: '2026-03-05T10:07:00+00:00',
    links: { commit: { href: `https://api.bitbucket.org/2.0/repositories/acme/api/commit/${SHA}` } } as object | null,
  };
  const sent = (over: object = {}) => read('repo:commit_status_updated', { commit_status: { ...status, ...over } });
  const outcome = (state: string) => {
    const events = sent({ state });
    return typeof events === 'string'
      ? events
      : events.map(({ type, data }) => [type, (data as { outcome?: string }).outcome]);
  };

  test('a run of a workflow on a commit; the number of the run is not part of the workflow', () => {
    expect(sent()).toMatchObject([
      { type: 'pipelinerun.started', occurred_at: '2026-03-05T10:00:00.000Z' },
      {
        type: 'pipelinerun.finished',
        subject: `run:acme/api@${SHA}/ci`,
        occurred_at: '2026-03-05T10:07:00.000Z',
        data: {
          repository: 'acme/api',
          workflow: 'Pipeline for main',
          revision: SHA,
          branch: 'main',
          outcome: 'succeeded',
        },
      },
    ]);
  });

  test('its states', () => {
    expect(outcome('INPROGRESS')).toEqual([['pipelinerun.started', undefined]]);
    expect(outcome('FAILED')).toEqual([
      ['pipelinerun.started', undefined],
      ['pipelinerun.finished', 'failed'],
    ]);
    expect(outcome('STOPPED')).toEqual([
      ['pipelinerun.started', undefined],
      ['pipelinerun.finished', 'cancelled'],
    ]);
    expect(outcome('MAYBE')).toBe('rejected: commit_status.state: "MAYBE" is not known');
  });

  test('progress and end report the same start under the same id', () => {
    const [running] = sent({ state: 'INPROGRESS' });
    const [ended] = sent();
    expect(running).toEqual(ended);
  });

  test('reported only when it was over, it has no start, and so no run time of zero', () => {
    expect(sent({ created_on: status.updated_on })).toMatchObject([{ type: 'pipelinerun.finished' }]);
  });

  test('the commit is in a field of newer payloads, in the link of older ones, and needed', () => {
    expect(sent({ commit: { hash: OTHER }, links: null })).toMatchObject([{ data: { revision: OTHER } }, {}]);
    expect(sent({ links: null })).toBe('rejected: commit_status.links.commit.href: names no commit');
  });
});
