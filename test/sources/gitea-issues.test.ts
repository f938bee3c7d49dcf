import { describe, expect, test } from 'vitest';
import { gitea } from '../../ingest/sources/gitea.ts';
import { giteaRepository, giteaUser, onlyGitea, readGitea } from './gitea-reading.ts';
import { eventsFrom, SHA } from './reading.ts';

describe('Gitea: releases, incidents', () => {
  test('a published release, with a commit only where it names one', () => {
    const release = {
      id: 1,
      tag_name: 'v1',
      target_commitish: 'main',
      draft: false,
      prerelease: true,
      published_at: '2026-03-05T10:00:00Z',
      author: giteaUser,
    };
    const { data } = onlyGitea('release', { action: 'published', release });
    expect(data).toEqual({ repository: 'acme/api', tag: 'v1', prerelease: true, author: 'ada' });
    expect(
      onlyGitea('release', { action: 'published', release: { ...release, target_commitish: SHA } }).data.revision,
    ).toBe(SHA);
    expect(readGitea('release', { action: 'updated', release })).toMatch(/^ignored/);
    expect(readGitea('release', { action: 'published', release: { ...release, draft: true } })).toMatch(/^ignored/);
  });

  const issue = {
    number: 3,
    html_url: 'https://git.example.com/acme/api/issues/3',
    title: 'Till is down',
    body: 'caused-by: #12',
    labels: [{ name: 'kind/incident' }, { name: 'severity/high' }, { name: 'service/till' }, { name: 'outage' }],
    created_at: '2026-03-05T09:00:00Z',
    updated_at: '2026-03-05T09:30:00Z',
    closed_at: null as string | null,
  };
  const sent = (action: string, over: object = {}) => readGitea('issues', { action, issue: { ...issue, ...over } });
  const kinds = (events: ReturnType<typeof sent>) =>
    typeof events === 'string' ? events : events.map(({ type }) => type);

  test('an issue labelled incident, from its creation on', () => {
    expect(sent('label_updated')).toMatchObject([
      {
        type: 'incident.detected',
        subject: 'incident:acme/api#3',
        occurred_at: '2026-03-05T09:00:00.000Z',
        data: { repository: 'acme/api', url: issue.html_url },
      },
      {
        type: 'incident.reclassified',
        data: { title: 'Till is down', severity: 'high', impact: 'outage', service: 'till', caused_by: '#12' },
      },
    ]);
  });

  test('closed, reopened, a duplicate, a false alarm', () => {
    const closed_at = '2026-03-05T09:30:00Z';
    expect(sent('closed', { closed_at })[2]).toMatchObject({
      type: 'incident.resolved',
      occurred_at: '2026-03-05T09:30:00.000Z',
    });
    expect(kinds(sent('reopened'))).toContain('incident.reopened');
    expect(sent('closed', { closed_at, body: 'Duplicate of #2' })[2]).toMatchObject({
      type: 'incident.merged',
      data: { duplicate_of: 'acme/api#2' },
    });
    const alarm = { closed_at, labels: [...issue.labels, { name: 'false-alarm' }] };
    expect(kinds(sent('closed', alarm))).toEqual(['incident.detected', 'incident.reclassified']);
    expect(sent('closed')).toMatch(/^rejected: issue.closed_at/);
  });

  test('another issue is none; when its labels change, it no longer is one', () => {
    const plain = { labels: [{ name: 'bug' }] };
    expect(sent('opened', plain)).toMatch(/^ignored/);
    expect(sent('label_cleared', { labels: [] })).toMatchObject([
      { type: 'incident.reclassified', data: { false_alarm: true } },
    ]);
  });

  test('comments link causes where not everyone can comment', () => {
    const comment = {
      body: 'Found it.\ncaused-by: #12',
      created_at: '2026-03-05T09:10:00Z',
      updated_at: '2026-03-05T09:11:00Z',
    };
    const said = (over: object, more: object = {}) =>
      readGitea('issue_comment', {
        action: 'created',
        issue,
        comment,
        repository: { ...giteaRepository, ...over },
        ...more,
      });
    expect(said({ private: true })).toMatchObject([
      {
        type: 'incident.linked',
        occurred_at: '2026-03-05T09:11:00.000Z',
        data: { incident_id: 'acme/api#3', caused_by: '#12' },
      },
    ]);
    expect(said({ internal: true })).toHaveLength(1);
    expect(said({})).toMatch(/^ignored: .*public/);
    expect(said({ private: true }, { is_pull: true })).toMatch(/^ignored/);
    expect(said({ private: true }, { comment: { ...comment, body: 'looking' } })).toMatch(/^ignored/);
  });

  test('what feeds nothing is ignored; a delivery without its event is refused', () => {
    for (const event of ['create', 'delete', 'fork', 'wiki', 'package'])
      expect(readGitea(event, {})).toMatch(/^ignored/);
    expect(eventsFrom(gitea, {})).toBe('rejected: header x-gitea-event: is missing');
  });
});
