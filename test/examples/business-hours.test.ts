import { expect, test } from 'vitest';
import { newStory, type Story } from '../histories/story.ts';
import { apiOver } from './api.ts';

const { get, total } = apiOver('2026-06-01T00:00:00.000Z');

/** Berlin, Monday to Friday from 09:00 to 17:00; since 3 November only until 13:00, which became known on 10 November. */
function office(): Story {
  const story = newStory();
  const calendar = (until: string) => ({
    calendar: 'Office',
    timezone: 'Europe/Berlin',
    hours: Object.fromEntries(
      ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'].map((day) => [day, [`09:00-${until}`]]),
    ),
    holidays: ['2025-10-31'],
  });
  story.tell('calendar.defined', '2025-10-01T00:00Z', calendar('17:00'), { recordedAt: '2025-10-01T00:00Z' });
  story.tell('calendar.defined', '2025-11-03T00:00Z', calendar('13:00'), { recordedAt: '2025-11-10T00:00Z' });
  story.tell('service.defined', '2025-10-01T00:00Z', { service_id: 'checkout', registered_at: '2025-10-01T00:00Z' });
  for (const at of ['2025-10-01T00:00Z', '2025-11-30T00:00Z'])
    story.tell('source.heartbeat', at, { name: 'canonical' }, { key: [at] });
  const incident = (id: string, start: string, end: string | null) => {
    story.tell('incident.detected', start, { incident_id: id, service_id: 'checkout' });
    if (end !== null) story.tell('incident.mitigated', end, { incident_id: id, service_id: 'checkout' });
  };
  // Across the change of clocks: Friday 16:00 to Monday 10:30, summer time to winter time.
  incident('dst', '2025-10-24T14:00Z', '2025-10-27T09:30Z');
  // Thursday 16:00, a holiday, a weekend, Monday 09:30.
  incident('holiday', '2025-10-30T15:00Z', '2025-11-03T08:30Z');
  // All of a Saturday.
  incident('weekend', '2025-10-25T08:00Z', '2025-10-25T20:00Z');
  // Tuesday 12:00 to 16:00: half of it since the hours are shorter.
  incident('short', '2025-11-04T11:00Z', '2025-11-04T15:00Z');
  return story;
}

const autumn = { from: '2025-10-20', to: '2025-11-08' };

test('durations in business hours: nights, weekends, holidays, changed clocks and changed hours', async () => {
  const story = office();
  const hours = async (from: string, to: string, more = {}) =>
    (await total(story, 'ops.mttr', { from, to, business_hours: 'office', ...more })).value! / 60;
  expect(await hours('2025-10-24', '2025-10-25')).toBe(2.5);
  expect(await hours('2025-10-25', '2025-10-26')).toBe(0);
  expect(await hours('2025-10-30', '2025-10-31')).toBe(1.5);
  expect(await hours('2025-11-04', '2025-11-05')).toBe(1);
  // What was not known yet could not be counted.
  expect(await hours('2025-11-04', '2025-11-05', { as_of: '2025-11-09T00:00:00Z' })).toBe(4);
  const row = await total(story, 'ops.mttr', { ...autumn, business_hours: 'office' });
  expect(row).toMatchObject({ value: ((2.5 + 0 + 1.5 + 1) / 4) * 60, n: 4, options: { business_hours: 'office' } });
  expect((await total(story, 'ops.mttr', autumn)).options).not.toHaveProperty('business_hours');
  const { atoms } = await get(story, 'ops.mttr/atoms', { ...autumn, business_hours: 'office' });
  const values = (atoms as { incident_id: string; value: number }[]).map((atom) => [atom.incident_id, atom.value]);
  expect(Object.fromEntries(values)).toEqual({ dst: 150, weekend: 0, holiday: 90, short: 60 });
});

test('an open one has lasted as long as somebody was at work', async () => {
  const story = office();
  story.tell('incident.detected', '2025-11-05T11:00Z', { incident_id: 'open', service_id: 'checkout' });
  const asked = { ...autumn, as_of: '2025-11-30T00:00:00Z', business_hours: 'office', kaplan_meier: 'true' };
  const row = await total(story, 'ops.mttr', asked);
  expect(row).toMatchObject({ n: 4, open_n: 1 });
  // 0, 60, 90 and 150 closed, one for weeks: S falls to 4/5, 3/5, 2/5.
  expect(row.quantiles!.p50.value).toBe(90);
  expect(row.quantiles!.p90).toMatchObject({ value: null, lower_bound: 150 });
});
