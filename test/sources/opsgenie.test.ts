import { describe, expect, test } from 'vitest';
import { opsgenie } from '../../ingest/sources/opsgenie.ts';
import { toldBy } from './told.ts';

const { read, told, events } = toldBy(opsgenie);

const alert = {
  alertId: '052652ac-5d1c-464a-812a-7dd18bbfba8c',
  message: 'Till is down',
  tags: [] as string[],
  tinyId: '23',
  entity: 'till',
  alias: 'till-down',
  createdAt: 1772704800123 as number | undefined,
  updatedAt: '1772704800123000102' as string | undefined,
  priority: 'P2' as unknown,
  details: {} as object | null,
};
const later = { updatedAt: '1772706600456000102' };

function body(action: string, over: object = {}) {
  return { action, alert: { ...alert, ...over }, source: { name: 'web', type: 'API' }, integrationId: 'i' };
}

const data = { incident_id: alert.alertId, service: 'till', title: 'Till is down', severity: 'P2', impact: 'degraded' };
const known = { type: 'incident.detected', at: '2026-03-05T10:00:00.123Z', data: { incident_id: alert.alertId } };

describe('Opsgenie', () => {
  test('an alert is an incident from its creation on, in milliseconds', () => {
    expect(told(body('Create'))).toEqual([{ ...known, data }]);
  });

  test.each([
    ['Acknowledge', 'incident.acknowledged'],
    ['Close', 'incident.resolved'],
    ['UpdatePriority', 'incident.reclassified'],
  ])('%s is %s, when it was updated, in nanoseconds', (action, type) => {
    expect(told(body(action, later))).toEqual([known, { type, at: '2026-03-05T10:30:00.456Z', data }]);
  });

  test('deleted, it is a false alarm', () => {
    expect(told(body('Delete', later))[1]).toMatchObject({
      type: 'incident.reclassified',
      data: { false_alarm: true },
    });
  });

  test('19 digits survive: as an id, and as nanoseconds that end just before a millisecond', () => {
    // Written by hand, since JSON.stringify would round them.
    const text = JSON.stringify(body('Close', { alertId: 'ID', updatedAt: 'NS' }))
      .replace('"ID"', '1502709956288000110')
      .replace('"NS"', '1772706600455999999');
    expect(String(Number('1502709956288000110'))).not.toBe('1502709956288000110');
    expect(events(text)[1]).toMatchObject({
      subject: 'incident:1502709956288000110',
      occurred_at: '2026-03-05T10:30:00.455Z',
      data: { incident_id: '1502709956288000110' },
    });
    expect(events(text.replace('0110', '0111'))[1]?.subject).toBe('incident:1502709956288000111');
  });

  test('created once more because a team was added: the same start, and the alert as it is by now', () => {
    const again = told(body('Create', { ...later, priority: 'P1' }));
    expect(again.map(({ type, at }) => `${type} ${at}`)).toEqual([
      'incident.detected 2026-03-05T10:00:00.123Z',
      'incident.reclassified 2026-03-05T10:30:00.456Z',
    ]);
    expect(events(body('Create', { teams: ['other'] }))).toEqual(events(body('Create')));
  });

  test.each([
    [1, 'P1', 'degraded'],
    [3, 'P3', 'degraded'],
    ['p3', 'P3', 'degraded'],
    ['P4', 'P4', 'none'],
    [5, 'P5', 'none'],
    [null, undefined, undefined],
    ['urgent', undefined, undefined],
  ])('priority %s is severity %s with impact %s', (priority, severity, impact) => {
    const [event] = told(body('Create', { priority }));
    expect([event?.data.severity, event?.data.impact]).toEqual([severity, impact]);
  });

  test('a detail or a tag knows the impact better', () => {
    const impact = (over: object) => told(body('Create', over))[0]?.data.impact;
    expect(impact({ priority: 'P5', tags: ['vip', 'Impact:Outage'] })).toBe('outage');
    expect(impact({ details: { impact: 'none' }, tags: ['impact:outage'] })).toBe('none');
    expect(impact({ tags: ['impact:terrible'] })).toBe('degraded');
  });

  test('the service: a detail, a tag, the entity', () => {
    const service = (over: object) => told(body('Create', over))[0]?.data.service;
    expect(service({ details: { service: 'shop' }, tags: ['service:x'] })).toBe('shop');
    expect(service({ details: { service: 7 }, tags: ['service: shop '] })).toBe('shop');
    expect(service({})).toBe('till');
    expect(service({ entity: '' })).toBeUndefined();
  });

  test('a note, the description, a tag or a detail names the cause', () => {
    expect(told(body('AddNote', { ...later, note: 'found it.\ncaused-by: acme/till#12' }))).toEqual([
      known,
      {
        type: 'incident.linked',
        at: '2026-03-05T10:30:00.456Z',
        data: { incident_id: alert.alertId, caused_by: 'acme/till#12' },
      },
    ]);
    expect(read(body('AddNote', { note: 'looking' }))).toBe('ignored: the note names no cause');
    for (const over of [
      { description: 'caused-by: #12' },
      { tags: ['caused-by:#12'] },
      { details: { 'Caused by': '#12' } },
      { details: { runbook: 'caused-by: #12' } },
    ]) {
      expect(told(body('Close', over))[1]?.data.caused_by).toBe('#12');
    }
  });

  test('actions of no use are ignored, whatever they lack', () => {
    for (const action of ['UnAcknowledge', 'Escalate', 'AddRecipient', 'TakeOwnership', 'Snooze', 'TestAction']) {
      expect(read(body(action, { createdAt: undefined, updatedAt: undefined }))).toBe(
        `ignored: no metric reads ${action}`,
      );
    }
  });

  test('wrong shapes are refused with their field', () => {
    expect(read({ action: 'Create' })).toMatch(/^rejected: alert: /);
    expect(read(body('Create', { createdAt: undefined }))).toBe('rejected: alert.createdAt: is missing');
    expect(read(body('Close', { updatedAt: undefined }))).toBe('rejected: alert.updatedAt: is missing');
    expect(read(body('Close', { createdAt: undefined }))).toHaveLength(1);
    expect(read({ action: 'Create', incident: { id: 'x' } })).toMatch(/^rejected: alert: /);
  });
});
