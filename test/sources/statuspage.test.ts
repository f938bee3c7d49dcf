import { describe, expect, test } from 'vitest';
import { statuspage } from '../../ingest/sources/statuspage.ts';
import { toldBy } from './told.ts';

const { read, told } = toldBy(statuspage);

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

  test('maintenance and components are ignored', () => {
    for (const status of ['scheduled', 'in_progress', 'verifying', 'completed']) {
      expect(read(body({ status }))).toBe('ignored: a maintenance');
    }
    expect(read(body({ scheduled_for: '2026-03-06T10:00:00Z' }))).toBe('ignored: a maintenance');
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
