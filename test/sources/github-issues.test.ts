import { describe, expect, test } from 'vitest';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import { github } from '../../ingest/sources/github.ts';
import { fromGithub } from './deliveries.ts';

const repository = { full_name: 'acme/api', default_branch: 'main' };
const issue = {
  number: 3,
  html_url: 'https://github.com/acme/api/issues/3',
  title: 'Till is down',
  body: 'It stopped.\ncaused-by: #12',
  created_at: '2026-03-05T09:00:00Z',
  updated_at: '2026-03-05T09:30:00Z',
  closed_at: null as string | null,
  state_reason: null as string | null,
  labels: [{ name: 'incident' }, { name: 'SEV-1' }, { name: 'outage' }, { name: 'service: till' }],
};

function read(event: string, body: object) {
  const reading = normaliseDelivery(github, fromGithub(event, { repository, ...body }));
  return reading.outcome === 'events' ? reading.events : `${reading.outcome}: ${reading.reason}`;
}

function kinds(event: string, body: object) {
  const events = read(event, body);
  return typeof events === 'string'
    ? events
    : events.map(({ type, occurred_at }) => `${type} ${occurred_at.slice(11, 16)}`);
}

describe('issues as incidents', () => {
  test('opened: detected at its creation, described by its labels and text', () => {
    const [detected, described] = read('issues', { action: 'opened', issue });
    expect(detected).toMatchObject({
      type: 'incident.detected',
      subject: 'incident:acme/api#3',
      occurred_at: '2026-03-05T09:00:00.000Z',
      data: { incident_id: 'acme/api#3', repository: 'acme/api' },
    });
    expect(described).toMatchObject({
      type: 'incident.reclassified',
      data: { title: 'Till is down', severity: 'sev1', impact: 'outage', service: 'till', caused_by: '#12' },
    });
  });

  test('labelled later: the start is still the creation, and the same fact', () => {
    const [opened] = read('issues', { action: 'opened', issue });
    const later = { ...issue, updated_at: '2026-03-05T10:00:00Z', labels: [{ name: 'type: incident' }] };
    const [labelled] = read('issues', { action: 'labeled', label: { name: 'type: incident' }, issue: later });
    expect(labelled).toEqual(opened);
  });

  test('closed: resolved; reopened: open again', () => {
    const closed = { ...issue, closed_at: '2026-03-05T09:40:00Z', updated_at: '2026-03-05T09:40:00Z' };
    expect(kinds('issues', { action: 'closed', issue: { ...closed, state_reason: 'completed' } })).toEqual([
      'incident.detected 09:00',
      'incident.reclassified 09:40',
      'incident.resolved 09:40',
    ]);
    expect(kinds('issues', { action: 'reopened', issue })).toEqual([
      'incident.detected 09:00',
      'incident.reclassified 09:30',
      'incident.reopened 09:30',
    ]);
  });

  test('labelled only after it was closed: it ended when it was closed', () => {
    const closed = { ...issue, closed_at: '2026-03-05T09:40:00Z', updated_at: '2026-03-05T11:00:00Z' };
    expect(kinds('issues', { action: 'labeled', label: { name: 'incident' }, issue: closed })).toEqual([
      'incident.detected 09:00',
      'incident.reclassified 11:00',
      'incident.resolved 09:40',
    ]);
  });

  test('closed as not planned: a false alarm, not a repair', () => {
    const closed = { ...issue, closed_at: '2026-03-05T09:40:00Z', state_reason: 'not_planned' };
    const events = read('issues', { action: 'closed', issue: closed });
    expect(kinds('issues', { action: 'closed', issue: closed })).not.toContain('incident.resolved 09:40');
    expect(events[1]).toMatchObject({ data: { false_alarm: true } });
  });

  test('closed as a duplicate: merged into the one it names, else a false alarm', () => {
    const closed = { ...issue, closed_at: '2026-03-05T09:40:00Z', state_reason: 'duplicate' };
    const named = { ...closed, body: 'Duplicate of #2' };
    expect(read('issues', { action: 'closed', issue: named })[2]).toMatchObject({
      type: 'incident.merged',
      data: { duplicate_of: 'acme/api#2' },
    });
    expect(read('issues', { action: 'closed', issue: closed })[1]).toMatchObject({ data: { false_alarm: true } });
  });

  test('losing the label makes it a false alarm; another issue never was an incident', () => {
    const plain = { ...issue, labels: [{ name: 'bug' }] };
    expect(read('issues', { action: 'unlabeled', label: { name: 'incident' }, issue: plain })).toMatchObject([
      { type: 'incident.reclassified', data: { false_alarm: true } },
    ]);
    expect(read('issues', { action: 'unlabeled', label: { name: 'bug' }, issue: plain })).toMatch(/^ignored/);
    expect(read('issues', { action: 'opened', issue: { ...issue, labels: [{ name: 'incidental' }] } })).toMatch(
      /^ignored/,
    );
  });

  test('severity and impact in the words people use', () => {
    const described = (...names: string[]) => {
      const labels = ['incident', ...names].map((name) => ({ name }));
      return read('issues', { action: 'edited', issue: { ...issue, labels } })[1];
    };
    expect(described('severity: High')).toMatchObject({ data: { severity: 'high' } });
    expect(described('sev2', 'impact: degraded')).toMatchObject({ data: { severity: 'sev2', impact: 'degraded' } });
    expect(described('no impact')).toMatchObject({ data: { impact: 'none' } });
  });

  test('a member’s comment links the cause; a stranger’s does not', () => {
    const comment = { body: 'caused-by: acme/api#9', created_at: '2026-03-05T10:00:00Z', author_association: 'MEMBER' };
    expect(read('issue_comment', { action: 'created', issue, comment })).toMatchObject([
      { type: 'incident.linked', data: { incident_id: 'acme/api#3', caused_by: 'acme/api#9' } },
    ]);
    const stranger = { ...comment, author_association: 'NONE' };
    expect(read('issue_comment', { action: 'created', issue, comment: stranger })).toMatch(/^ignored/);
  });
});
