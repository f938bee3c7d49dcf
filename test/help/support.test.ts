import { beforeEach, expect, test } from 'vitest';
import { surveyWorld } from '../surveys/world.ts';
import { march, questionsTo } from './world.ts';

const world = surveyWorld();
beforeEach(() => world.clear());

const { only, by, beat } = questionsTo(world);

type More = Readonly<Record<string, unknown>>;
const ticket = (state: string, id: string, at: string, more: More = {}) =>
  world.story().tell(`ticket.${state}` as 'ticket.created', at, { ticket_id: id, ...more });

test('EX-SUP-1: the first reply by a person, and the last resolution', async () => {
  beat();
  ticket('created', '1', '2025-03-03T10:00:00Z', { principal: 'ada', team: 'a', tier: 2 });
  ticket('responded', '1', '2025-03-03T10:00:00Z', { actor: 'desk', actor_kind: 'bot' });
  ticket('responded', '1', '2025-03-03T10:01:00Z', { actor: 'robot[bot]' });
  ticket('responded', '1', '2025-03-03T10:02:00Z', { actor: 'helper' });
  ticket('responded', '1', '2025-03-03T10:05:00Z', { actor: 'Ada', actor_kind: 'human' });
  ticket('responded', '1', '2025-03-03T10:30:00Z', { actor: 'grace', actor_kind: 'human' });
  ticket('resolved', '1', '2025-03-03T12:00:00Z');
  ticket('reopened', '1', '2025-03-03T15:00:00Z');
  world.story().tell('person.defined', '2025-01-01T00:00:00Z', { person: 'helper', kind: 'bot' });
  await world.write();
  const open = await only('support.resolution_time', march);
  expect(open).toMatchObject({ value: null, n: 0, open_n: 1, status: 'insufficient', unit: 'minutes' });
  ticket('resolved', '1', '2025-03-03T16:00:00Z');
  await world.write();
  const response = await only('support.first_response', march);
  expect(response).toMatchObject({ value: 30, n: 1, unit: 'minutes', open_n: 0, without_calendar_n: 1 });
  expect(response.elapsed).toEqual({ p50: 30, p75: 30, p90: 30 });
  expect(await only('support.resolution_time', march)).toMatchObject({ value: 360, n: 1, open_n: 0 });
});

test('EX-SUP-2: 16 of 20 resolved within 14 days, and the tiers that they reached', async () => {
  beat();
  for (let i = 0; i < 20; i += 1) {
    ticket('created', `${i}`, '2025-03-03T10:00:00Z', { team: i < 8 ? 'a' : 'b', tier: i === 0 ? 1 : 2 });
    if (i >= 15) ticket('escalated', `${i}`, '2025-03-04T10:00:00Z', i === 19 ? {} : { tier: 3 });
    if (i < 16) ticket('resolved', `${i}`, i === 15 ? '2025-03-17T10:00:00Z' : '2025-03-05T10:00:00Z');
    else if (i < 18) ticket('resolved', `${i}`, '2025-03-17T10:00:00.001Z');
  }
  await world.write();
  const rate = await only('support.resolution_rate', march);
  expect(rate).toMatchObject({ value: 0.8, numerator: 16, denominator: 20, open_n: 0, status: 'ok' });
  expect(await by('team', 'support.resolution_rate', march)).toMatchObject({
    a: { value: 1, denominator: 8 },
    b: { numerator: 8, denominator: 12 },
  });
  // Seven days after, two may still come true.
  world.at('2025-03-10T10:00:00.000Z');
  const young = await only('support.resolution_rate', march);
  expect(young).toMatchObject({ open_n: 2, status: 'provisional' });
  world.at('2026-01-01T00:00:00.000Z');
  expect(await only('support.volume', march)).toMatchObject({ value: 20, unit: 'tickets', status: 'ok' });
  expect(await by('support_tier', 'support.volume', march)).toMatchObject({
    1: { value: 1 },
    2: { value: 14 },
    3: { value: 5 },
  });
  const escalated = await only('support.escalation_rate', march);
  expect(escalated).toMatchObject({ numerator: 5, denominator: 19, excluded: { tier_1: 1 }, open_n: 0 });
  expect(await only('support.tier_share', march)).toMatchObject({ value: 0.7, denominator: 20 });
  expect(await only('support.tier_share', { ...march, at_tier: '3' })).toMatchObject({ value: 0.25 });
  expect(await only('support.deflection', march)).toMatchObject({ value: 0, denominator: 20 });
});

test('a wait is of the open hours of the team’s calendar as of then, all the time there is beside it', async () => {
  beat();
  const office = (calendar: string, timezone: string) =>
    world.story().tell('calendar.defined', '2025-01-01T00:00:00Z', {
      calendar,
      timezone,
      hours: { monday: ['09:00-17:00'], tuesday: ['09:00-17:00'], friday: ['09:00-17:00'] },
    });
  office('Berlin', 'Europe/Berlin');
  office('york', 'America/New_York');
  office('unused', 'UTC');
  world.story().tell('team.defined', '2025-01-01T00:00:00Z', { team: 'eu', calendar: 'berlin' });
  world.story().tell('team.defined', '2025-01-01T00:00:00Z', { team: 'us', calendar: 'York' });
  world.story().tell('team.defined', '2025-03-20T00:00:00Z', { team: 'us', calendar: 'Berlin' });
  world.story().tell('team.defined', '2025-01-01T00:00:00Z', { team: 'free' });
  world.story().tell('team.defined', '2025-01-01T00:00:00Z', { team: 'lost', calendar: 'nowhere' });
  // Friday 15:30Z is 16:30 in Berlin and 10:30 in New York; the reply comes on Monday at 08:15Z, 09:15 and 04:15.
  for (const team of ['eu', 'us', 'free', 'lost']) {
    ticket('created', team, '2025-03-07T15:30:00Z', { team });
    ticket('responded', team, '2025-03-10T08:15:00Z', { actor: 'grace' });
  }
  await world.write();
  const waits = await by('team', 'support.first_response', march);
  const whole = 2 * 1_440 + 1_005;
  expect(waits).toMatchObject({
    eu: { value: 30 + 15, without_calendar_n: 0, elapsed: { p50: whole } },
    us: { value: 390, elapsed: { p50: whole } },
    free: { value: whole, without_calendar_n: 1 },
    lost: { value: whole },
  });
  expect((await only('support.first_response', march)).value).toBe((390 + whole) / 2);
  expect(await by('team', 'support.first_response', { ...march, hours: 'all' })).toMatchObject({
    eu: { value: whole },
    us: { value: whole },
  });
  const berlin = await by('team', 'support.first_response', { ...march, business_hours: 'berlin' });
  expect(berlin).toMatchObject({ eu: { value: 45 }, us: { value: 45 }, free: { value: 45 } });
  expect(berlin.eu).not.toHaveProperty('without_calendar_n');
  expect(await by('team', 'support.resolution_time', march)).toMatchObject({ eu: { value: null, open_n: 1 } });
  // After the team moved to the other calendar; in rolling buckets, too.
  ticket('created', 'later', '2025-03-21T15:30:00Z', { team: 'us' });
  ticket('responded', 'later', '2025-03-24T08:15:00Z', { actor: 'grace' });
  await world.write();
  const late = { ...march, from: '2025-03-21T00:00:00Z' };
  expect(await by('team', 'support.first_response', late)).toMatchObject({ us: { value: 45, n: 1 } });
  const rolling = await world.get('support.first_response', {
    ...late,
    to: '2025-03-22T00:00:00Z',
    grain: '20d',
    team: 'us',
  });
  expect(rolling.series[0]).toMatchObject({ n: 2, value: (390 + 45) / 2 });
});

test('those who wait still are in no median before it is known, nor elapsed', async () => {
  beat();
  const answered = (id: string, minutes: number) => {
    ticket('created', id, '2025-03-03T10:00:00.000Z');
    ticket('responded', id, new Date(Date.UTC(2025, 2, 3, 10, minutes)).toISOString(), { actor: 'grace' });
  };
  answered('1', 10);
  answered('2', 20);
  answered('3', 30);
  ticket('created', '4', '2025-03-03T10:00:00Z');
  ticket('created', 'closed unread', '2025-03-03T10:00:00Z');
  ticket('resolved', 'closed unread', '2025-03-03T11:00:00Z');
  ticket('created', 'early', '2025-03-03T10:00:00Z');
  ticket('responded', 'early', '2025-03-03T09:00:00Z', { actor: 'grace' });
  await world.write();
  const row = await only('support.first_response', march);
  expect(row).toMatchObject({
    value: 25,
    n: 3,
    open_n: 1,
    excluded: { negative_duration: 1, no_reply: 1 },
    quantiles: { p75: { value: null, lower_bound: 30 }, p90: { value: null } },
  });
  expect(row.elapsed).toEqual({ p50: 25, p75: null, p90: null });
  const closed = await only('support.first_response', { ...march, closed_only: 'true' });
  expect(closed).toMatchObject({ value: 20, elapsed: { p50: 20, p75: 25, p90: 28 } });
  expect((await only('support.first_response', { from: '2025-03-10T00:00:00Z', to: march.to })).elapsed).toEqual({
    p50: null,
    p75: null,
    p90: null,
  });
});

test('the time at each tier stands by itself', async () => {
  beat();
  ticket('created', '1', '2025-03-03T10:00:00Z', { team: 'a' });
  ticket('escalated', '1', '2025-03-03T11:00:00Z', { tier: 3 });
  ticket('escalated', '1', '2025-03-03T13:00:00Z', { tier: 2 });
  ticket('resolved', '1', '2025-03-03T13:30:00Z', { tier: 2 });
  ticket('created', '2', '2025-03-04T10:00:00Z', { team: 'a', tier: 1 });
  ticket('escalated', '2', '2025-03-04T10:10:00Z', { tier: 2 });
  await world.write();
  const stays = await by('support_tier', 'support.resolution_time', { ...march, of: 'stay' });
  expect(stays).toMatchObject({
    1: { value: 10, n: 1, open_n: 0 },
    2: { n: 2, open_n: 1, value: 60 },
    3: { value: 120, n: 1 },
  });
  expect(await only('support.resolution_time', { ...march, of: 'stay', support_tier: '3' })).toMatchObject({ n: 1 });
  expect(await by('support_tier', 'support.resolution_time', march)).toMatchObject({ 3: { value: 210, n: 1 } });
});

test('who answers and who asks are people, whatever the login; a stay at a tier has some time in it', async () => {
  beat();
  const person = (person: string, more: More) =>
    world.story().tell('person.defined', '2025-03-20T00:00:00Z', { person, ...more });
  person('ada', { identities: ['ada-2'], team: 'own' });
  person('deploy', { kind: 'service' });
  ticket('created', '1', '2025-03-03T10:00:00Z', { principal: 'ada-2' });
  ticket('escalated', '1', '2025-03-03T10:00:00Z', { tier: 3 });
  ticket('responded', '1', '2025-03-03T10:05:00Z', { actor: 'ADA' });
  ticket('responded', '1', '2025-03-03T10:06:00Z', { actor: 'deploy' });
  ticket('responded', '1', '2025-03-03T10:30:00Z', { actor: 'grace' });
  ticket('resolved', '1', '2025-03-03T12:00:00Z');
  ticket('responded', '1', '2025-03-03T13:00:00Z', { actor: 'grace', tier: 1 });
  // Reopened as soon as it was resolved: it is open.
  ticket('created', '2', '2025-03-03T10:00:00Z', { team: 'desk', kind: 'advice' });
  ticket('resolved', '2', '2025-03-03T11:00:00Z');
  ticket('reopened', '2', '2025-03-03T11:00:00Z');
  await world.write();
  expect(await by('team', 'support.first_response', march)).toMatchObject({ own: { value: 30, n: 1 } });
  const stays = await by('support_tier', 'support.resolution_time', { ...march, of: 'stay' });
  expect(Object.keys(stays)).toEqual(['2', '3']);
  expect(stays).toMatchObject({ 2: { n: 0, open_n: 1 }, 3: { value: 120, n: 1, open_n: 0 } });
  expect(await by('kind', 'support.resolution_time', march)).toMatchObject({
    '(unassigned)': { value: 120, n: 1 },
    advice: { n: 0, open_n: 1 },
  });
  expect(await only('support.volume', { ...march, kind: '(unassigned)' })).toMatchObject({ value: 1 });
  expect(await by('support_tier', 'support.volume', march)).toMatchObject({ 3: { value: 1 }, 2: { value: 1 } });
});
