import { describe, expect, test } from 'vitest';
import { statuspage } from '../../ingest/sources/statuspage.ts';
import { toldBy } from './told.ts';

const { read, events, told } = toldBy(statuspage);

const update = (status: string, display_at: string | null, created_at = '2026-03-05T10:10:00Z') => ({
  id: `${status} ${display_at ?? created_at}`,
  status,
  body: 'We are on it.',
  created_at,
  display_at,
});
const incident = {
  id: 'z3lct0r596n4',
  name: 'Tills are down',
  status: 'investigating',
  impact: 'minor',
  shortlink: 'https://stspg.io/646947c1e',
  created_at: '2026-03-05T10:10:00.507Z',
  updated_at: '2026-03-05T10:10:00.603Z',
  monitoring_at: null as string | null,
  resolved_at: null as string | null,
  scheduled_for: null as string | null,
  incident_updates: [] as object[],
  components: [{ id: 'c2', name: 'Tills', status: 'partial_outage' }] as object[],
};
const body = (over: object = {}) => ({ meta: {}, page: { id: 'p' }, incident: { ...incident, ...over } });
const kinds = (over: object) => told(body(over)).map(({ type, at }) => `${type} ${at}`);
const described = (over: object) => told(body(over))[1]?.data;

describe('Statuspage', () => {
  test('an incident from its creation on, as it is at its last update', () => {
    expect(told(body())).toEqual([
      { type: 'incident.detected', at: '2026-03-05T10:10:00.507Z', data: { incident_id: 'z3lct0r596n4' } },
      {
        type: 'incident.reclassified',
        at: '2026-03-05T10:10:00.603Z',
        data: {
          incident_id: 'z3lct0r596n4',
          service: 'Tills',
          title: 'Tills are down',
          severity: 'minor',
          impact: 'degraded',
          url: 'https://stspg.io/646947c1e',
        },
      },
    ]);
  });

  test('an update that was put back is when it happened', () => {
    const incident_updates = [
      update('resolved', '2026-03-05T10:05:00Z'),
      update('investigating', '2026-03-05T09:50:00Z'),
    ];
    expect(kinds({ incident_updates, status: 'resolved' })).toEqual([
      'incident.detected 2026-03-05T09:50:00.000Z',
      'incident.reclassified 2026-03-05T10:10:00.603Z',
      'incident.resolved 2026-03-05T10:05:00.000Z',
    ]);
    expect(kinds({ incident_updates: [update('resolved', null, '2026-03-05T10:30:00Z')] })[2]).toBe(
      'incident.resolved 2026-03-05T10:30:00.000Z',
    );
  });

  test('restored once a fix is monitored; a relapse opens it again, whatever the order of the list', () => {
    const incident_updates = [
      update('postmortem', '2026-03-05T11:50:00Z'),
      update('monitoring', '2026-03-05T11:00:00Z'),
      update('identified', '2026-03-05T10:40:00Z'),
      update('monitoring', '2026-03-05T10:30:00Z'),
      update('identified', '2026-03-05T10:20:00Z'),
    ];
    const expected = [
      'incident.mitigated 2026-03-05T10:30:00.000Z',
      'incident.reopened 2026-03-05T10:40:00.000Z',
      'incident.mitigated 2026-03-05T11:00:00.000Z',
    ];
    expect(kinds({ incident_updates }).slice(2)).toEqual(expected);
    expect(kinds({ incident_updates: incident_updates.toReversed() }).slice(2)).toEqual(expected);
  });

  test('its own times stand in for updates that are not listed', () => {
    const times = {
      monitoring_at: '2026-03-05T10:30:00Z',
      resolved_at: '2026-03-05T10:50:00Z',
      incident_updates: null,
    };
    expect(kinds(times).slice(2)).toEqual([
      'incident.mitigated 2026-03-05T10:30:00.000Z',
      'incident.resolved 2026-03-05T10:50:00.000Z',
    ]);
  });

  test.each([
    ['none', 'none'],
    ['maintenance', 'none'],
    ['minor', 'degraded'],
    ['major', 'outage'],
    ['critical', 'outage'],
    ['other', undefined],
  ])('impact %s is %s', (impact, ours) => expect(described({ impact })?.impact).toBe(ours));

  test('the service is the first component that suffers, else the first', () => {
    const website = { name: 'Website', status: 'operational' };
    expect(described({ components: [website, incident.components[0]] })?.service).toBe('Tills');
    expect(described({ components: [website, { name: 'Shop', status: 'operational' }] })?.service).toBe('Website');
    expect(described({ components: [] })).not.toHaveProperty('service');
  });

  test('an update names the cause', () => {
    const incident_updates = [{ ...update('identified', null), body: 'caused-by: acme/till#12' }];
    expect(described({ incident_updates })?.caused_by).toBe('acme/till#12');
  });

  test('components are ignored', () => {
    expect(read({ meta: {}, page: {}, component: {}, component_update: {} })).toMatch(/^ignored: a component/);
  });

  test('wrong shapes are refused with their field', () => {
    expect(read({ meta: {} })).toMatch(/^rejected: body: /);
    expect(read(body({ created_at: 'now' }))).toMatch(/^rejected: created_at: /);
    expect(read(body({ incident_updates: [{ id: 'u', status: 'resolved' }] }))).toMatch(
      /^rejected: incident_updates\.0\.created_at: /,
    );
  });
});

describe('maintenance on Statuspage', () => {
  const planned = {
    id: 'm1',
    name: 'New tills',
    status: 'scheduled',
    impact: 'maintenance',
    created_at: '2026-03-01T09:00:00.100Z',
    updated_at: '2026-03-01T09:00:00.200Z',
    scheduled_for: '2026-03-04T22:00:00.000Z',
    scheduled_until: '2026-03-05T00:00:00.000Z',
    components: [
      { name: 'Tills', status: 'operational' },
      { name: 'Website', status: 'operational' },
    ],
  };

  test('its plan is announced at the last change, for every component', () => {
    expect(told(body(planned))).toEqual([
      {
        type: 'maintenance.announced',
        at: '2026-03-01T09:00:00.200Z',
        data: {
          maintenance_id: 'm1',
          services: ['Tills', 'Website'],
          starts_at: '2026-03-04T22:00:00.000Z',
          ends_at: '2026-03-05T00:00:00.000Z',
          title: 'New tills',
          url: 'https://stspg.io/646947c1e',
        },
      },
    ]);
    const longer = { ...planned, updated_at: '2026-03-04T23:30:00Z', scheduled_until: '2026-03-05T01:00:00Z' };
    for (const status of ['in_progress', 'verifying'])
      expect(kinds({ ...longer, status })).toEqual(['maintenance.announced 2026-03-04T23:30:00.000Z']);
  });

  test('the same body is the same fact, another plan another', () => {
    const ids = (over: object) => events(body({ ...planned, ...over })).map(({ id }) => id);
    expect(ids({})).toEqual(ids({ impact: 'none' }));
    expect(ids({})).not.toEqual(ids({ scheduled_until: '2026-03-05T01:00:00Z' }));
  });

  test('it is completed when its update says so, and its plan is told no more', () => {
    const over = { ...planned, status: 'completed', updated_at: '2026-03-04T23:20:00Z' };
    const incident_updates = [
      update('completed', '2026-03-04T23:15:00Z', '2026-03-04T23:19:00Z'),
      update('verifying', '2026-03-04T23:00:00Z'),
      update('in_progress', '2026-03-04T22:00:00Z'),
    ];
    expect(kinds({ ...over, incident_updates })).toEqual(['maintenance.completed 2026-03-04T23:15:00.000Z']);
    expect(kinds({ ...over, resolved_at: '2026-03-04T23:18:00Z' })).toEqual([
      'maintenance.completed 2026-03-04T23:18:00.000Z',
    ]);
    expect(kinds(over)).toEqual(['maintenance.completed 2026-03-04T23:20:00.000Z']);
  });

  test('what names nobody or no time says nothing; what ends before it begins is refused', () => {
    expect(read(body({ ...planned, components: [] }))).toBe('ignored: a maintenance of no component');
    for (const missing of ['scheduled_for', 'scheduled_until'])
      expect(read(body({ ...planned, [missing]: null }))).toBe('ignored: a maintenance without a beginning or an end');
    expect(read(body({ ...planned, scheduled_until: '2026-03-04T22:00:00Z' }))).toMatch(
      /^rejected: data\.ends_at: is not after starts_at/,
    );
    expect(read(body({ ...planned, scheduled_for: 'soon' }))).toMatch(/^rejected: scheduled_for: /);
  });
});
