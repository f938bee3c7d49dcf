import { describe, expect, test } from 'vitest';
import { eventsOf, project, told } from './gitlab.ts';

const issue = (more: object = {}, changes: object = {}) => ({
  object_attributes: {
    iid: 3,
    type: 'Incident',
    action: 'open',
    url: 'https://gitlab.example.com/acme/shop/api/-/issues/3',
    title: 'Till is down',
    description: 'It stopped.\n\ncaused-by: !12',
    severity: 'unknown',
    escalation_status: 'triggered',
    labels: [{ title: 'severity::2' }, { title: 'impact::outage' }, { title: 'service::till' }],
    created_at: '2026-03-05 09:00:00 UTC',
    updated_at: '2026-03-05 09:30:00 UTC',
    closed_at: null,
    ...more,
  },
  changes,
});
const closed = {
  action: 'close',
  state: 'closed',
  closed_at: '2026-03-05 09:40:00 UTC',
  updated_at: '2026-03-05 09:40:00 UTC',
};
const PAGE = 'https://gitlab.example.com/acme/shop/api/-/merge_requests/12';

describe('incidents', () => {
  test('of the type: detected at its creation, described by fields, labels and text', () => {
    const [detected, stated] = eventsOf('work_item', issue());
    expect(detected).toMatchObject({
      type: 'incident.detected',
      subject: 'incident:acme/shop/api#3',
      occurred_at: '2026-03-05T09:00:00.000Z',
      data: { incident_id: 'acme/shop/api#3', repository: 'acme/shop/api' },
    });
    expect(stated).toMatchObject({
      type: 'incident.reclassified',
      occurred_at: '2026-03-05T09:30:00.000Z',
      data: {
        title: 'Till is down',
        severity: 'sev2',
        impact: 'outage',
        service: 'till',
        caused_by: PAGE,
        false_alarm: false,
      },
    });
    expect(eventsOf('issue', issue({ severity: 'critical' }))[1]?.data).toMatchObject({ severity: 'critical' });
  });

  test('of the label, whatever the type and version; the start stays the creation', () => {
    const [first] = eventsOf('issue', issue({ type: 'Issue', labels: [{ title: 'incident' }] }));
    const { object_attributes: older } = issue({ labels: undefined, updated_at: '2026-03-05 10:00:00 UTC' });
    const [later] = eventsOf('issue', {
      object_attributes: { ...older, type: undefined },
      labels: [{ title: 'type::incident' }],
    });
    expect(later).toEqual(first);
  });

  test('neither: ignored; work items of groups have no project', () => {
    expect(told('issue', issue({ type: 'Issue' }))).toBe('ignored: the issue is not of the type or label "incident"');
    expect(told('work_item', { object_attributes: { type: 'Epic' }, project: undefined })).toBe(
      'ignored: a Epic is no incident',
    );
  });

  test('acknowledged and resolved by those on call, then closed', () => {
    const moved = (previous: string, current: string) => ({ escalation_status: { previous, current } });
    const acknowledged = { action: 'update', escalation_status: 'acknowledged' };
    expect(told('issue', issue(acknowledged, moved('triggered', 'acknowledged')))).toContain(
      'incident.acknowledged 09:30:00',
    );
    const resolved = { action: 'update', escalation_status: 'resolved' };
    expect(told('issue', issue(resolved, moved('acknowledged', 'resolved')))).toContain('incident.mitigated 09:30:00');
    // A later edit of a resolved incident must not move its end.
    expect(told('issue', issue(resolved))).not.toContain('incident.mitigated 09:30:00');
    expect(told('issue', issue({ action: 'update' }, moved('resolved', 'triggered')))).toContain(
      'incident.reopened 09:30:00',
    );
    expect(told('issue', issue(closed))).toEqual([
      'incident.detected 09:00:00',
      'incident.reclassified 09:40:00',
      'incident.resolved 09:40:00',
    ]);
    expect(told('issue', issue({ action: 'reopen' }))).toContain('incident.reopened 09:30:00');
    expect(told('issue', issue({ ...closed, closed_at: null }))).toMatch(/^rejected: object_attributes.closed_at/);
  });

  test('a closed one edited later ends when it ended', () => {
    const edited = { ...closed, action: 'update', updated_at: '2026-03-05 11:00:00 UTC' };
    expect(eventsOf('issue', issue(edited))[2]).toEqual(eventsOf('issue', issue(closed))[2]);
  });

  test.each([
    ['the label false-alarm', { labels: [{ title: 'False alarm' }] }],
    ['moved to another project, where it goes on', { moved_to_id: 77 }],
    ['a duplicate of nobody knows what', { duplicated_to_id: 301 }],
  ])('%s: no incident of its own', (_why, more) => {
    const events = eventsOf('issue', issue({ ...closed, ...more }));
    expect(events.map(({ type }) => type)).toEqual(['incident.detected', 'incident.reclassified']);
    expect(events[1]?.data).toMatchObject({ false_alarm: true });
  });

  test('a duplicate that says of what is merged into it', () => {
    const duplicate = { ...closed, duplicated_to_id: 301, description: 'Duplicate of acme/web#9' };
    expect(eventsOf('issue', issue(duplicate))[2]).toMatchObject({
      type: 'incident.merged',
      data: { duplicate_of: 'acme/web#9' },
    });
  });

  test('the label or type taken away: it never was one', () => {
    const labels = { previous: [{ title: 'incident' }], current: [] };
    const plain = { type: 'Issue', action: 'update', labels: [] };
    for (const changes of [{ labels }, { type: { previous: 'Incident', current: 'Issue' } }]) {
      const events = eventsOf('issue', issue(plain, changes));
      expect(events).toMatchObject([{ type: 'incident.reclassified', data: { false_alarm: true } }]);
    }
    expect(told('issue', issue(plain, { labels: { previous: [{ title: 'bug' }], current: [] } }))).toMatch(/^ignored/);
  });

  test('a confidential one keeps its words to itself', () => {
    const events = eventsOf('issue', issue({ confidential: true }));
    expect(JSON.stringify(events)).not.toContain('Till is down');
    expect(events[1]?.data).toMatchObject({ severity: 'sev2', caused_by: PAGE });
  });
});

describe('caused-by', () => {
  const causeOf = (text: string, more: object = {}) =>
    eventsOf('issue', { ...issue({ description: `caused-by: ${text}` }), ...more }).map(({ data }) =>
      'caused_by' in data ? data.caused_by : undefined,
    )[1];

  test.each([
    ['!12', PAGE],
    ['!12+', PAGE],
    ['api!12', PAGE],
    ['acme/web!4', 'https://gitlab.example.com/acme/web/-/merge_requests/4'],
    [`${PAGE}/diffs?view=inline#note_1`, PAGE],
    [`https://gitlab.example.com/acme/shop/api/-/commit/${'A'.repeat(40)}?merge_request_iid=1`, 'a'.repeat(40)],
    ['1a2b3c4d', '1a2b3c4d'],
    ['acme/shop/api/deployments/15', 'acme/shop/api/deployments/15'],
    // A number sign is an issue here, and no issue is deployed.
    ['#12', undefined],
    ['acme/web#12', undefined],
  ])('%s: %s', (text, cause) => expect(causeOf(text)).toBe(cause));

  test('an installation that lives in a folder, and one that tells no address', () => {
    const folder = { ...project, web_url: 'https://example.com/gitlab/acme/shop/api' };
    expect(causeOf('!12', { project: folder })).toBe('https://example.com/gitlab/acme/shop/api/-/merge_requests/12');
    expect(causeOf('!12', { project: { ...project, web_url: null } })).toBe('acme/shop/api!12');
  });
});

describe('notes', () => {
  const note = (more: object = {}, of: object = {}) => ({
    object_attributes: {
      note: 'Found it. caused-by: !12',
      noteable_type: 'Issue',
      created_at: '2026-03-05 09:10:00 UTC',
      updated_at: '2026-03-05 09:10:00 UTC',
      system: false,
      internal: false,
      ...more,
    },
    issue: { iid: 3, type: 'Incident', labels: [], ...of },
  });

  test('link an incident to its cause', () => {
    expect(eventsOf('note', note())).toMatchObject([
      {
        type: 'incident.linked',
        subject: 'incident:acme/shop/api#3',
        occurred_at: '2026-03-05T09:10:00.000Z',
        data: { incident_id: 'acme/shop/api#3', caused_by: PAGE },
      },
    ]);
    expect(told('note', note({}, { type: 'Issue', labels: [{ title: 'incident' }] }))).toHaveLength(1);
    // Before 17.2 a note does not tell the type of its issue.
    expect(told('note', note({}, { type: undefined }))).toHaveLength(1);
  });

  test('not of other issues, merge requests or GitLab itself, nor without a cause', () => {
    expect(told('note', note({}, { type: 'Issue' }))).toMatch(/^ignored: the issue is not/);
    expect(told('note', { ...note(), issue: undefined, merge_request: { iid: 1 } })).toMatch(/^ignored: a note on/);
    expect(told('note', note({ system: true }))).toMatch(/^ignored: the note is not/);
    expect(told('note', note({ note: 'caused-by: #4' }))).toBe('ignored: the note names no cause');
  });

  test('in a public project anyone can comment: only internal notes are believed', () => {
    const open = { project: { ...project, visibility_level: 20 } };
    expect(told('note', { ...note(), ...open })).toMatch(/^ignored: the note may be from outside/);
    expect(told('note', { ...note({ internal: true }), ...open })).toEqual(['incident.linked 09:10:00']);
  });
});
