import { describe, expect, test } from 'vitest';
import { newrelic } from '../../ingest/sources/newrelic.ts';
import { toldBy } from './told.ts';

const { read, told } = toldBy(newrelic);

/** What New Relic's own template makes, without our lines. */
const issue = {
  id: 'c5faa7e6-7b54-402d-af79-f99601e0278c',
  issueUrl: 'https://radar-api.service.newrelic.com/issues/c5faa7e6',
  title: 'Errors are high on Till',
  priority: 'CRITICAL',
  impactedEntities: ['till', 'other'] as unknown,
  state: 'ACTIVATED',
  trigger: 'STATE_CHANGE',
  createdAt: 1772704800123,
  updatedAt: 1772705100000,
};

const data = {
  incident_id: issue.id,
  service: 'till',
  title: 'Errors are high on Till',
  severity: 'CRITICAL',
  url: issue.issueUrl,
};
const created = { type: 'incident.detected', at: '2026-03-05T10:00:00.123Z', data: { incident_id: issue.id } };
const described = (over: object) => told({ ...issue, ...over })[1]?.data;

describe('New Relic', () => {
  test.each([
    ['CREATED', 'incident.reclassified'],
    ['ACTIVATED', 'incident.reclassified'],
    ['ACKNOWLEDGED', 'incident.acknowledged'],
    ['CLOSED', 'incident.resolved'],
  ])('%s states the start, and %s as of the update', (state, type) => {
    expect(told({ ...issue, state })).toEqual([created, { type, at: '2026-03-05T10:05:00.000Z', data }]);
  });

  test('with our lines in the template, the times are those of the state', () => {
    const times = { acknowledgedAt: 1772704860000, closedAt: 1772704920000 };
    expect(told({ ...issue, ...times, state: 'ACKNOWLEDGED' })[1]?.at).toBe('2026-03-05T10:01:00.000Z');
    expect(told({ ...issue, ...times, state: 'CLOSED' })[1]?.at).toBe('2026-03-05T10:02:00.000Z');
  });

  test('service, repository and impact by tag, the cause by description or title', () => {
    const added = {
      service: 'shop',
      repository: 'acme/shop',
      impact: 'none',
      descriptions: ['x', 'caused-by: acme/shop#1'],
    };
    expect(described(added)).toMatchObject({
      service: 'shop',
      repository: 'acme/shop',
      impact: 'none',
      caused_by: 'acme/shop#1',
    });
    expect(described({ title: 'Errors, caused-by: 1a2b3c4d' })?.caused_by).toBe('1a2b3c4d');
    expect(described({ impactedEntities: [] })).not.toHaveProperty('service');
  });

  test('another state is ignored, another shape refused', () => {
    expect(read({ ...issue, state: 'DEACTIVATED' })).toBe('ignored: no metric reads the state DEACTIVATED');
    const old = { incident_id: 1, current_state: 'open', timestamp: 1772704800123, event_type: 'INCIDENT' };
    expect(read(old)).toMatch(/^rejected: id: /);
    expect(read({ ...issue, createdAt: undefined })).toMatch(/^rejected: createdAt: /);
  });
});
