import { describe, expect, test } from 'vitest';
import { incidentIo } from '../../ingest/sources/incident-io.ts';
import { toldBy } from './told.ts';

const { read, told } = toldBy(incidentIo);

const CREATED = 'public_incident.incident_created_v2';
const UPDATED = 'public_incident.incident_updated_v2';
const STATUS_UPDATED = 'public_incident.incident_status_updated_v2';

const live = { id: 'i', category: 'live', name: 'Fixing' };
const closed = { id: 'c', category: 'closed', name: 'Closed' };
const incident = {
  id: '01FDAG4SAP5TYPT98WGR2N7W91',
  reference: 'INC-123',
  name: 'Till is down',
  summary: 'No sales.' as string | undefined,
  permalink: 'https://app.incident.io/acme/incidents/123',
  mode: 'standard',
  created_at: '2026-03-05T10:05:00.801578Z',
  updated_at: '2026-03-05T10:06:00.5Z',
  severity: { id: 's', name: 'Major', rank: 2 } as object | null,
  incident_status: live as object | null,
};

function body(event_type: string, object: object) {
  return { event_type, [event_type]: object };
}

function moved(previous_status: object, new_status: object, over: object = {}) {
  const updated_at = '2026-03-05T11:00:00Z';
  const moving = { ...incident, updated_at, incident_status: new_status, ...over };
  return body(STATUS_UPDATED, { incident: moving, previous_status, new_status });
}

const timestamp = (name: string, value: string | null) => ({
  incident_timestamp: { id: name, name, rank: 1 },
  value: value === null ? null : { value },
});
const field = (name: string, value: object) => ({ custom_field: { id: name, name }, values: [value] });
const kinds = (sent: unknown) => told(sent).map(({ type, at }) => `${type} ${at}`);
const described = (over: object) => told(body(UPDATED, { ...incident, ...over }))[1]?.data;

describe('incident.io', () => {
  test('created: the start, and the incident as it was then', () => {
    const data = { incident_id: incident.id };
    expect(told(body(CREATED, incident))).toEqual([
      { type: 'incident.detected', at: '2026-03-05T10:05:00.801Z', data },
      {
        type: 'incident.reclassified',
        at: '2026-03-05T10:06:00.500Z',
        data: { ...data, title: 'Till is down', severity: 'Major', url: incident.permalink, false_alarm: false },
      },
    ]);
  });

  test.each([
    ['live', 'learning', 'incident.resolved'],
    ['live', 'closed', 'incident.resolved'],
    ['triage', 'closed', 'incident.resolved'],
    ['learning', 'live', 'incident.reopened'],
    ['closed', 'triage', 'incident.reopened'],
    ['learning', 'closed', undefined],
    ['triage', 'live', undefined],
    ['live', 'paused', undefined],
  ])('from %s to %s: %s', (from, to, type) => {
    expect(kinds(moved({ category: from }, { category: to })).slice(2)).toEqual(
      type === undefined ? [] : [`${type} 2026-03-05T11:00:00.000Z`],
    );
  });

  test('an update in the same status ends nothing a second time', () => {
    const later = { ...incident, updated_at: '2026-03-05T11:30:00Z', incident_status: closed };
    expect(kinds(body(UPDATED, later))).toEqual([
      'incident.detected 2026-03-05T10:05:00.801Z',
      'incident.reclassified 2026-03-05T11:30:00.000Z',
    ]);
  });

  test('declined and cancelled ones are false alarms, until they are live again', () => {
    const alarm = (category: string) => described({ incident_status: { category } })?.false_alarm;
    expect(['declined', 'canceled', 'merged', 'live', 'closed'].map(alarm)).toEqual([true, true, true, false, false]);
    expect(described({ incident_status: null })).not.toHaveProperty('false_alarm');
  });

  test('merged into another that it names, it counts there', () => {
    const into = { incident_status: { category: 'merged' }, merged_into_incident_id: '01FDAG4SAP5TYPT98WGR2N7W00' };
    expect(told(body(UPDATED, { ...incident, ...into }))[1]).toMatchObject({
      type: 'incident.merged',
      data: { duplicate_of: '01FDAG4SAP5TYPT98WGR2N7W00' },
    });
  });

  test.each([
    ['Reported at', 'detected_at'],
    ['Impact started', 'impact_started_at'],
    ['Impact start at', 'impact_started_at'],
    ['accepted at', 'acknowledged_at'],
    ['Fixed at', 'mitigated_at'],
    ['Impact ended', 'mitigated_at'],
    ['Resolved at', 'resolved_at'],
  ])('a timestamp called %s is %s, as people set it last', (name, name_of) => {
    const over = { incident_status: closed, incident_timestamp_values: [timestamp(name, '2026-03-05T10:01:00Z')] };
    expect(told(body(UPDATED, { ...incident, ...over })).at(-1)).toEqual({
      type: 'incident.corrected',
      at: '2026-03-05T10:06:00.500Z',
      data: { incident_id: incident.id, field: name_of, value: '2026-03-05T10:01:00.000Z' },
    });
  });

  test('when it was over is not asked while it is not; other and empty timestamps are not read', () => {
    const values = [
      timestamp('Resolved at', '2026-03-05T10:01:00Z'),
      timestamp('Identified at', '2026-03-05T10:01:00Z'),
      timestamp('Reported at', null),
    ];
    expect(kinds(body(UPDATED, { ...incident, incident_timestamp_values: values }))).toHaveLength(2);
  });

  test('of two that mean the same the first counts', () => {
    const values = [timestamp('Fixed at', '2026-03-05T10:01:00Z'), timestamp('Impact ended', '2026-03-05T10:02:00Z')];
    const sent = body(UPDATED, { ...incident, incident_status: closed, incident_timestamp_values: values });
    expect(told(sent).flatMap(({ data }) => data.value ?? [])).toEqual(['2026-03-05T10:01:00.000Z']);
  });

  test('a timestamp out of all reason sets the delivery aside', () => {
    for (const value of ['1015-01-01T00:00:00Z', '2026-03-05T12:11:00Z']) {
      const incident_timestamp_values = [timestamp('Impact started', value)];
      expect(read(body(UPDATED, { ...incident, incident_timestamp_values }))).toMatch(/^rejected: impact_started_at: /);
    }
  });

  test('service, impact, repository and cause from custom fields', () => {
    const custom_field_entries = [
      field('Team', { value_text: 'tills' }),
      field('Affected services', { value_catalog_entry: { id: 'c', name: 'till' } }),
      field('Impact', { value_option: { id: 'o', value: 'Outage' } }),
      field('repository', { value_text: 'acme/till' }),
      field('Caused by', { value_link: 'https://github.com/acme/till/pull/12' }),
    ];
    expect(described({ custom_field_entries })).toMatchObject({
      service: 'till',
      impact: 'outage',
      repository: 'acme/till',
      caused_by: 'https://github.com/acme/till/pull/12',
    });
    expect(described({ custom_field_entries: [field('Service', { value_option: { value: 'till' } })] })?.service).toBe(
      'till',
    );
  });

  test('the summary or an update names the cause', () => {
    expect(described({ summary: 'since ten, caused-by: acme/till#12' })?.caused_by).toBe('acme/till#12');
    const update = moved(live, closed) as Record<string, object>;
    Object.assign(update[STATUS_UPDATED]!, { message: 'caused-by: 1a2b3c4d' });
    expect(told(update)[1]?.data.caused_by).toBe('1a2b3c4d');
  });

  test('practice, private incidents and other events are ignored', () => {
    for (const mode of ['test', 'tutorial']) {
      expect(read(body(CREATED, { ...incident, mode }))).toBe(`ignored: an incident for practice: ${mode}`);
    }
    expect(read(body(CREATED, { ...incident, mode: 'retrospective' }))).toHaveLength(2);
    expect(read(body('private_incident.incident_created_v2', { id: 'x' }))).toBe(
      'ignored: of a private incident only the id is sent',
    );
    expect(read(body('public_incident.follow_up_created_v2', {}))).toMatch(/^ignored: no metric reads /);
  });

  test('wrong shapes are refused with their field', () => {
    expect(read({})).toMatch(/^rejected: event_type: /);
    expect(read({ event_type: CREATED })).toMatch(/^rejected: body: /);
    expect(read({ event_type: CREATED, incident })).toMatch(/^rejected: /);
    expect(read(body(CREATED, { ...incident, created_at: undefined }))).toMatch(/^rejected: created_at: /);
  });
});
