import { describe, expect, test } from 'vitest';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import { pagerduty } from '../../ingest/sources/pagerduty.ts';
import { delivery } from './deliveries.ts';

const incident = {
  id: 'PGR0VU2',
  type: 'incident',
  html_url: 'https://acme.pagerduty.com/incidents/PGR0VU2',
  title: 'Till is down',
  urgency: 'high' as string | undefined,
  priority: null as object | null,
  service: { id: 'S1', summary: 'till' } as object | null,
  resolve_reason: null as object | null,
};

function body(event_type: string, data: object, id = 'delivery-event-1') {
  return { event: { id, event_type, occurred_at: '2026-03-05T10:00:00.123Z', data } };
}

function read(sent: unknown) {
  const reading = normaliseDelivery(pagerduty, delivery('pagerduty', sent));
  return reading.outcome === 'events' ? reading.events : `${reading.outcome}: ${reading.reason}`;
}

describe('PagerDuty', () => {
  test.each([
    ['incident.triggered', 'incident.detected'],
    ['incident.acknowledged', 'incident.acknowledged'],
    ['incident.resolved', 'incident.resolved'],
    ['incident.reopened', 'incident.reopened'],
    ['incident.priority_updated', 'incident.reclassified'],
    ['incident.service_updated', 'incident.reclassified'],
  ])('%s is %s, at its own time', (theirs, ours) => {
    expect(read(body(theirs, incident))).toMatchObject([
      {
        type: ours,
        subject: 'incident:PGR0VU2',
        occurred_at: '2026-03-05T10:00:00.123Z',
        data: { incident_id: 'PGR0VU2', service: 'till', title: 'Till is down', severity: 'high', impact: 'degraded' },
      },
    ]);
  });

  test('the event’s own id is not its identity: two subscriptions report one fact', () => {
    const [one] = read(body('incident.triggered', incident, 'a'));
    const [two] = read(body('incident.triggered', incident, 'b'));
    expect(two).toEqual(one);
  });

  test('a created_at that old captures lack is not needed, nor one that new ones have', () => {
    const dated = { ...incident, created_at: '2020-01-01T00:00:00Z' };
    expect(read(body('incident.triggered', dated))).toEqual(read(body('incident.triggered', incident)));
  });

  test('priority is the severity; without one the urgency is, and low urgency has no impact', () => {
    expect(read(body('incident.triggered', { ...incident, priority: { summary: 'P1' } }))[0]).toMatchObject({
      data: { severity: 'P1', impact: 'degraded' },
    });
    expect(read(body('incident.triggered', { ...incident, urgency: 'low' }))[0]).toMatchObject({
      data: { severity: 'low', impact: 'none' },
    });
    const [silent] = read(body('incident.triggered', { ...incident, urgency: undefined }));
    expect(JSON.parse(JSON.stringify(silent)).data).not.toHaveProperty('impact');
  });

  test('resolved by a merge is no restoration', () => {
    const merged = { ...incident, resolve_reason: { type: 'merge_resolve_reason', incident: { id: 'PMAIN' } } };
    expect(read(body('incident.resolved', merged))).toMatchObject([
      { type: 'incident.merged', data: { duplicate_of: 'PMAIN' } },
    ]);
    const orphan = { ...incident, resolve_reason: { type: 'merge_resolve_reason' } };
    expect(read(body('incident.resolved', orphan))).toMatchObject([
      { type: 'incident.reclassified', data: { false_alarm: true } },
    ]);
  });

  test('a note, a custom field or a detail names the cause', () => {
    const note = {
      id: 'N1',
      type: 'incident_note',
      content: 'Found.\ncaused-by: acme/api#12',
      incident: { id: 'PGR0VU2' },
    };
    expect(read(body('incident.annotated', note))).toMatchObject([
      {
        type: 'incident.linked',
        subject: 'incident:PGR0VU2',
        data: { incident_id: 'PGR0VU2', caused_by: 'acme/api#12' },
      },
    ]);
    const field = { incident: { id: 'PGR0VU2' }, custom_fields: [{ name: 'caused_by', value: 'acme/api#13' }] };
    expect(read(body('incident.custom_field_values.updated', field))).toMatchObject([
      { type: 'incident.linked', data: { caused_by: 'acme/api#13' } },
    ]);
    const detailed = { ...incident, body: { details: { runbook: 'caused-by: 1a2b3c4d' } } };
    expect(read(body('incident.triggered', detailed))).toMatchObject([{ data: { caused_by: '1a2b3c4d' } }]);
    expect(read(body('incident.annotated', { ...note, content: 'looking' }))).toBe('ignored: the text names no cause');
  });

  test('pings and events of no use are ignored, whatever their data', () => {
    expect(read(body('pagey.ping', { message: 'Hello' }))).toMatch(/^ignored/);
    for (const type of ['incident.escalated', 'incident.reassigned', 'incident.unacknowledged', 'service.created']) {
      expect(read(body(type, {}))).toMatch(/^ignored/);
    }
  });

  test('wrong shapes are refused with their field', () => {
    expect(read({})).toMatch(/^rejected: event: /);
    expect(read(body('incident.triggered', {}))).toMatch(/^rejected: id: /);
    expect(read({ event: { event_type: 'incident.triggered', occurred_at: 'now', data: incident } })).toMatch(
      /^rejected: event\.occurred_at: is not a timestamp/,
    );
  });
});
