import { expect, test } from 'vitest';
import type { Row } from '../../queries/envelope.ts';
import { newStory, type Story } from '../histories/story.ts';
import { bucketsOf, iso, localDate, unitsOf } from '../oracle/calendar.ts';
import type { Ask } from '../oracle/oracle.ts';
import { garwood, quantileWithOpen, wilson } from '../oracle/statistics.ts';
import { apiOver } from './api.ts';

const NOW = '2026-06-01T00:00:00.000Z';

const api = apiOver(NOW);

function total(story: Story, metric: string, params: Ask['params']): Promise<Row> {
  return api.total(story, metric, params);
}

function connected(): Story {
  const story = newStory();
  story.tell('source.heartbeat', '2025-01-01T00:00Z', { name: 'canonical' });
  story.tell('source.heartbeat', '2025-12-30T00:00Z', { name: 'canonical' });
  return story;
}

function incident(story: Story, id: string, start: string, end: string | null): void {
  const one = { incident_id: id, service_id: 'shop' };
  story.tell('incident.detected', start, { ...one, impact_started_at: start });
  if (end) story.tell('incident.resolved', end, one);
}

const march = { from: '2025-03-01T00:00Z', to: '2025-04-01T00:00Z' };
const q3 = { from: '2025-06-30T22:00Z', to: '2025-09-30T22:00Z', tz: 'Europe/Berlin' };
const q4 = { from: '2025-09-30T22:00Z', to: '2025-12-31T23:00Z', tz: 'Europe/Berlin' };

test('EX-MTTR-1: overlapping incidents', async () => {
  const story = connected();
  incident(story, 'I1', '2025-03-03T10:00Z', '2025-03-03T10:30Z');
  incident(story, 'I2', '2025-03-03T10:20Z', '2025-03-03T10:50Z');
  expect(await total(story, 'ops.downtime', march)).toMatchObject({ value: 50, n: 2, status: 'ok' });
  incident(story, 'I3', '2025-03-05T10:00Z', '2025-03-05T14:00Z');
  const row = await total(story, 'ops.mttr', march);
  expect(row).toMatchObject({ value: 100, n: 3, status: 'insufficient', caveat: 'mttr-low-information' });
  expect(row.quantiles!.p50.value).toBe(30);
});

test('EX-MTTR-2: an incident over the end of a quarter', async () => {
  const story = connected();
  incident(story, 'I1', '2025-09-30T21:00Z', '2025-10-01T01:00Z');
  expect(await total(story, 'ops.mttr', q3)).toMatchObject({ value: 240, n: 1 });
  expect(await total(story, 'ops.mttr', q4)).toMatchObject({ value: null, n: 0, status: 'insufficient' });
  expect(await total(story, 'ops.mttr', { ...q3, bucket: 'restored_at' })).toMatchObject({ value: null, n: 0 });
  expect(await total(story, 'ops.mttr', { ...q4, bucket: 'restored_at' })).toMatchObject({ value: 240, n: 1 });
  expect((await total(story, 'ops.downtime', q3)).value).toBe(60);
  expect((await total(story, 'ops.downtime', q4)).value).toBe(180);
});

test('EX-MTTR-3: never resolved', async () => {
  const story = connected();
  incident(story, 'I1', '2025-03-03T10:00Z', '2025-03-03T10:20Z');
  incident(story, 'I2', '2025-03-04T10:00Z', '2025-03-04T10:40Z');
  incident(story, 'I3', '2025-03-05T10:00Z', null);
  expect(await total(story, 'ops.mttr', march)).toMatchObject({ value: 30, n: 2, open_n: 1, status: 'insufficient' });
  const open = connected();
  incident(open, 'I3', '2025-03-05T10:00Z', null);
  expect(await total(open, 'ops.mttr', march)).toMatchObject({ value: null, n: 0, open_n: 1 });
});

test('detection, acknowledgement and rate use the same incidents', async () => {
  const story = connected();
  story.tell('service.defined', '2025-01-01T00:00Z', { service_id: 'shop', registered_at: '2025-03-02T00:00Z' });
  const one = { incident_id: 'I1', service_id: 'shop' };
  story.tell('incident.detected', '2025-03-03T10:10Z', { ...one, impact_started_at: '2025-03-03T10:00Z' });
  story.tell('incident.acknowledged', '2025-03-03T10:17Z', one);
  story.tell('incident.detected', '2025-03-03T12:00Z', { incident_id: 'I2', service_id: 'shop' });
  expect(await total(story, 'ops.time_to_detect', march)).toMatchObject({
    value: 10,
    n: 1,
    excluded: { no_impact_start: 1 },
  });
  expect(await total(story, 'ops.time_to_acknowledge', march)).toMatchObject({ value: null, n: 1, open_n: 1 });
  expect((await total(story, 'ops.time_to_acknowledge', { ...march, closed_only: 'true' })).value).toBe(7);
  expect(await total(story, 'ops.incident_rate', march)).toMatchObject({ value: 2, numerator: 2, denominator: 30 });
});

test('EX-BI-2: a late deployment', async () => {
  const story = connected();
  story.tell(
    'deployment.finished',
    '2025-09-30T10:00Z',
    { rollout_id: 'd', service_id: 'shop', environment: 'production', outcome: 'succeeded' },
    { recordedAt: '2025-10-03T10:00:00.000Z' },
  );
  const count = async (params: Ask['params']): Promise<unknown> =>
    (await total(story, 'dora.deployment_frequency', params)).count;
  expect(await count({ ...q3, as_of: '2025-10-01T00:00Z' })).toBe(0);
  expect(await count({ ...q3, as_of: '2025-10-04T00:00Z' })).toBe(1);
  expect(await count(q4)).toBe(0);
});

test('EX-BI-3: an incident over two quarters, as it was known', async () => {
  const story = connected();
  incident(story, 'I', '2025-09-28T10:00Z', '2025-10-03T10:00Z');
  expect(await total(story, 'ops.mttr', { ...q3, as_of: '2025-10-01T00:00Z' })).toMatchObject({ n: 0, open_n: 1 });
  expect(await total(story, 'ops.mttr', { ...q3, as_of: '2025-10-05T00:00Z' })).toMatchObject({ n: 1, open_n: 0 });
  expect(await total(story, 'ops.mttr', { ...q4, as_of: '2025-10-05T00:00Z' })).toMatchObject({ n: 0, open_n: 0 });
});

test('EX-BI-4: a move between teams, recorded late', async () => {
  const story = connected();
  const service = { service_id: 'shop', team: 'A' };
  story.tell('service.defined', '2025-01-01T00:00Z', service);
  story.tell(
    'service.defined',
    '2025-11-01T00:00Z',
    { ...service, team: 'B' },
    { recordedAt: '2025-11-10T00:00:00.000Z' },
  );
  for (const [id, at] of [
    ['october', '2025-10-20T10:00Z'],
    ['november', '2025-11-05T10:00Z'],
  ] as const)
    story.tell('deployment.finished', at, {
      rollout_id: id,
      service_id: 'shop',
      environment: 'production',
      outcome: 'succeeded',
      revision: id,
    });
  const window = { from: '2025-10-01T00:00Z', to: '2025-11-08T00:00Z', group_by: 'team' };
  const byTeam = async (params: Ask['params']): Promise<unknown[]> =>
    (await api.answer(story, 'dora.deployment_frequency', { ...window, ...params })).totals.map((row) => [
      row.team,
      row.count,
    ]);
  expect(await byTeam({ as_of: '2025-11-08T00:00Z' })).toEqual([['A', 2]]);
  expect(await byTeam({ as_of: '2025-11-11T00:00Z' })).toEqual([
    ['A', 1],
    ['B', 1],
  ]);
  expect(await byTeam({ as_of: '2025-11-11T00:00Z', ownership: 'now' })).toEqual([['B', 2]]);
});

test('EX-BI-5: a corrected end', async () => {
  const story = connected();
  incident(story, 'I', '2025-10-10T09:30Z', '2025-10-10T10:00Z');
  story.tell('incident.corrected', '2025-10-20T00:00Z', {
    incident_id: 'I',
    field: 'resolved_at',
    value: '2025-10-10T11:00:00.000Z',
  });
  expect((await total(story, 'ops.mttr', { ...q4, as_of: '2025-10-19T00:00Z' })).value).toBe(30);
  expect((await total(story, 'ops.mttr', { ...q4, as_of: '2025-10-21T00:00Z' })).value).toBe(90);
});

test('EX-TZ-1 to EX-TZ-4: days and quarters of a zone', async () => {
  const day = (from: string, to: string, tz: string): string[][] =>
    bucketsOf({ start: Date.parse(from), end: Date.parse(to) }, 'day', tz).map((bucket) => [
      iso(bucket.asked.start),
      iso(bucket.asked.end),
    ]);
  expect(day('2025-10-25T22:00Z', '2025-10-26T23:00Z', 'Europe/Berlin')).toEqual([
    ['2025-10-25T22:00:00.000Z', '2025-10-26T23:00:00.000Z'],
  ]);
  const hours = (at: string, tz: string): number => {
    const [unit] = unitsOf({ start: Date.parse(at), end: Date.parse(at) + 1 }, 'day', tz, Number.POSITIVE_INFINITY);
    return (unit!.end - unit!.start) / 3_600_000;
  };
  expect(hours('2025-03-30T12:00Z', 'Europe/Berlin')).toBe(23);
  expect(hours('2025-03-09T12:00Z', 'America/New_York')).toBe(23);
  expect(hours('2025-11-02T12:00Z', 'America/New_York')).toBe(25);

  const story = connected();
  for (const [id, at] of [
    ['a', '2025-10-26T00:30Z'],
    ['b', '2025-10-26T01:30Z'],
  ] as const)
    story.tell('deployment.finished', at, {
      rollout_id: id,
      service_id: 'shop',
      environment: 'production',
      outcome: 'succeeded',
      revision: id,
    });
  expect(
    await total(story, 'dora.deployment_frequency', {
      from: '2025-10-25T22:00Z',
      to: '2025-10-26T23:00Z',
      tz: 'Europe/Berlin',
    }),
  ).toMatchObject({ value: 2, denominator: 1, deployment_days: 1 });

  expect(localDate(Date.parse('2025-09-30T22:30Z'), 'Europe/Berlin')).toBe('2025-10-01');
  const quarter = (tz: string): string | undefined =>
    bucketsOf({ start: Date.parse('2025-09-30T22:30Z'), end: Date.parse('2025-09-30T22:31Z') }, 'quarter', tz).map(
      (bucket) => localDate(bucket.time, tz),
    )[0];
  expect(quarter('Europe/Berlin')).toBe('2025-10-01');
  expect(quarter('UTC')).toBe('2025-07-01');

  incident(story, 'I', '2025-10-26T00:30Z', '2025-10-26T02:30Z');
  expect((await total(story, 'ops.mttr', q4)).value).toBe(120);
  const [whole] = bucketsOf({ start: Date.parse(q4.from), end: Date.parse(q4.to) }, 'quarter', 'Europe/Berlin');
  expect((whole!.asked.end - whole!.asked.start) / 3_600_000).toBe(2209);
});

test('EX-Q-1, EX-Q-2 and the tables of §1.8', async () => {
  const values = [2, 3, 5, 26, 30];
  expect(quantileWithOpen(values, 0, 0.5)).toMatchObject({ value: 5, ci: null });
  expect(quantileWithOpen(values, 0, 0.9).value).toBeCloseTo(28.4);
  const bounds = (n: number): (number | null | undefined)[] => {
    const { ci } = quantileWithOpen(
      Array.from({ length: n }, (_, index) => index + 1),
      0,
      0.5,
    );
    return [ci?.low, ci?.high];
  };
  expect([6, 8, 9, 10, 12, 20].map(bounds)).toEqual([
    [1, 6],
    [1, 8],
    [2, 8],
    [2, 9],
    [3, 10],
    [6, 15],
  ]);
  const rounded = (
    interval: { low: number | null; high: number | null } | null,
    digits: number,
  ): (string | undefined)[] => [interval?.low?.toFixed(digits), interval?.high?.toFixed(digits)];
  expect(rounded(wilson(0, 10), 3)).toEqual(['0.000', '0.278']);
  expect(rounded(wilson(2, 8), 3)).toEqual(['0.071', '0.591']);
  expect(rounded(wilson(297, 300), 3)).toEqual(['0.971', '0.997']);
  expect(rounded(garwood(0, 1), 3)).toEqual(['0.000', '3.689']);
  expect(rounded(garwood(3, 1), 3)).toEqual(['0.619', '8.767']);
});

test('the interval of a mean is the same for the same question', async () => {
  const story = connected();
  for (let n = 0; n < 12; n++)
    incident(
      story,
      `I${n}`,
      `2025-03-${String(n + 3).padStart(2, '0')}T10:00Z`,
      `2025-03-${String(n + 3).padStart(2, '0')}T10:${10 + 3 * n}Z`,
    );
  const row = await total(story, 'ops.mttr', march);
  expect(row).toEqual(await total(story, 'ops.mttr', march));
  expect(row.ci!.method).toBe('bca');
  expect(row.value).toBe(26.5);
  // A normal interval would be 26.5 ± 6.1.
  expect(row.ci!.low).toBeGreaterThan(19);
  expect(row.ci!.low).toBeLessThan(23);
  expect(row.ci!.high).toBeGreaterThan(30);
  expect(row.ci!.high).toBeLessThan(34);
  const elsewhere = await total(story, 'ops.mttr', { ...march, to: '2025-04-02T00:00Z' });
  expect(elsewhere.ci).not.toEqual(row.ci);
});
