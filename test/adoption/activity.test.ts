import { beforeEach, describe, expect, test } from 'vitest';
import { surveyWorld } from '../surveys/world.ts';

const world = surveyWorld();
beforeEach(() => world.clear());

/** Monday to Sunday of a week. */
const week = { from: '2025-03-03T00:00:00Z', to: '2025-03-10T00:00:00Z' };
const monday = { from: '2025-03-03T00:00:00Z', to: '2025-03-04T00:00:00Z' };
const use = (principal: string, at: string, more: Readonly<Record<string, unknown>> = {}) =>
  world.story().tell('portal.action', at, { principal, action: 'navigate', ...more });
/** Days of March 2025 on which each of them did something, some of it twice. */
const days = (told: Readonly<Record<string, readonly number[]>>, more = {}) => {
  for (const [who, dates] of Object.entries(told)) {
    for (const date of dates) {
      for (const time of ['09:00', '15:30']) use(who, `2025-03-${String(date).padStart(2, '0')}T${time}:00Z`, more);
    }
  }
};
/** The portal was there for weeks before. */
const alive = () => world.story().tell('source.heartbeat', '2025-01-01T00:00:00Z', { name: 'canonical' });
const beat = () => {
  for (let day = 0; day < 100; day += 5) {
    const at = new Date(Date.UTC(2025, 0, 1 + day)).toISOString();
    world.story().tell('source.heartbeat', at, { name: 'canonical' });
  }
};
const only = async (metric: string, params = {}) => {
  const rows = await world.totals(metric, params);
  expect(rows).toHaveLength(1);
  return rows[0]!;
};
const hidden = { value: null, n: null, status: 'suppressed', excluded: {} };

const example = () => {
  beat();
  days({ a: [3, 4, 5, 6], b: [3, 4, 7], c: [3], d: [6] });
  world.story().tell('person.defined', '2025-01-01T00:00:00Z', { person: 'x', kind: 'bot' });
  days({ x: [3, 4] });
};

test('EX-DAU-1: distinct people of days, a week and four weeks, and what the one is of the other', async () => {
  example();
  await world.write();
  const dau = await world.get('adoption.dau', { ...week, grain: 'day' });
  expect(dau.series.map((row) => row.value)).toEqual([3, 2, 1, 2, 1, 0, 0]);
  expect(dau.series[0]).toMatchObject({ excluded: { bot: 1 }, unit: 'persons', coverage: 1, status: 'ok', ci: null });
  expect(dau.totals[0]).toMatchObject({
    value: 9 / 7,
    n: 9,
    numerator: 9,
    denominator: 7,
    status: 'ok',
    excluded: { bot: 2 },
  });
  expect(await only('adoption.dau', { ...week, per: 'working_day' })).toMatchObject({ value: 1.8, denominator: 5 });
  expect(await only('adoption.wau', week)).toMatchObject({
    value: 4,
    n: 4,
    excluded: { bot: 1 },
    window: { start: '2025-03-03T00:00:00.000Z' },
  });
  expect(await only('adoption.mau', week)).toMatchObject({ value: 4, window: { start: '2025-02-10T00:00:00.000Z' } });
  const sticky = await only('adoption.stickiness', { ...week, window: '7d' });
  expect(sticky.value).toBeCloseTo(0.3214, 4);
  expect(sticky).toMatchObject({ numerator: 9 / 7, denominator: 4, unit: 'fraction' });
  const working = await only('adoption.stickiness', { ...week, window: '7d', per: 'working_day' });
  expect(working.value).toBeCloseTo(0.45, 9);
  expect((await only('adoption.stickiness', week)).value).toBeCloseTo(9 / 28 / 4, 9);
});

test('EX-DAU-2: who is in two teams is one person', async () => {
  beat();
  for (const [who, team] of [
    ['a', 'T1'],
    ['b', 'T1'],
    ['b', 'T2'],
    ['d', 'T2'],
  ] as const)
    use(who, '2025-03-03T10:00:00Z', { team });
  await world.write();
  expect(await only('adoption.dau', monday)).toMatchObject({ value: 3 });
  const teams = await world.totals('adoption.dau', { ...monday, group_by: 'team' });
  expect(teams).toMatchObject([
    { team: 'T1', ...hidden },
    { team: 'T2', ...hidden },
  ]);
});

describe('beyond the examples', () => {
  test('each bucket looks back from its own end, as the one before it did', async () => {
    beat();
    days({ a: [3], b: [9], c: [10], d: [31] });
    await world.write();
    const month = { from: '2025-03-01T00:00:00Z', to: '2025-04-01T00:00:00Z' };
    const wau = await world.get('adoption.wau', { ...month, grain: 'day' });
    const of = (day: number) => wau.series[day - 1]!.value;
    expect([2, 3, 9, 10, 15, 16, 17, 30, 31].map(of)).toEqual([0, 1, 2, 2, 2, 1, 0, 0, 1]);
    expect(wau.series[8]).toMatchObject({
      time: '2025-03-09T00:00:00.000Z',
      window: { start: '2025-03-03T00:00:00.000Z' },
    });
    expect(wau.totals[0]).toMatchObject({ value: 1 });
    // Whatever the grain, the day it ends with decides.
    const weeks = await world.get('adoption.wau', { ...month, grain: 'week' });
    expect(weeks.series.map((row) => row.value)).toEqual([0, 2, 1, 0, 0, 1]);
    const mau = async (params: Record<string, string>) => (await only('adoption.mau', { ...month, ...params })).value;
    expect(await mau({})).toBe(3);
    expect(await mau({ window: '30d' })).toBe(4);
    expect(await mau({ window: 'month', to: '2025-03-10T00:00:00Z' })).toBe(2);
    const rolling = await world.get('adoption.dau', {
      from: '2025-03-09T00:00:00Z',
      to: '2025-03-11T00:00:00Z',
      grain: '7d',
    });
    expect(rolling.series.map((row) => row.numerator)).toEqual([2, 2]);
    const hours = await world.get('adoption.dau', { ...monday, grain: 'hour' });
    expect(hours.series.filter((row) => row.value === 1).map((row) => row.time)).toEqual([
      '2025-03-03T09:00:00.000Z',
      '2025-03-03T15:00:00.000Z',
    ]);
    // A week that has not begun has nobody yet.
    const ahead = {
      from: '2025-03-31T00:00:00Z',
      to: '2025-04-14T00:00:00Z',
      grain: 'week',
      as_of: '2025-04-01T00:00:00Z',
    };
    const weeksAhead = await world.get('adoption.mau', ahead);
    expect(weeksAhead.series.map((row) => [row.value, row.status])).toEqual([
      [3, 'provisional'],
      [null, 'no_data'],
    ]);
    // What was heard before the hours that are asked for is heard of all the same.
    const noon = { from: '2025-03-12T12:00:00Z', to: '2025-03-12T14:00:00Z', grain: 'hour' };
    const lookingBack = await world.get('adoption.wau', noon);
    for (const row of [...lookingBack.totals, ...lookingBack.series])
      expect(row).toMatchObject({
        value: 2,
        status: 'ok',
        window: { start: '2025-03-06T00:00:00.000Z', partial: false },
      });
  });

  test('a day is the local one', async () => {
    beat();
    use('a', '2025-03-29T22:30:00Z');
    use('a', '2025-03-30T21:30:00Z');
    use('b', '2025-03-30T22:30:00Z');
    await world.write();
    const ask = { from: '2025-03-29T23:00:00Z', to: '2025-03-31T22:00:00Z', grain: 'day', tz: 'Europe/Berlin' };
    const dau = await world.get('adoption.dau', ask);
    expect(dau.series.map((row) => [row.time, row.value])).toEqual([
      ['2025-03-29T23:00:00.000Z', 1],
      ['2025-03-30T22:00:00.000Z', 1],
    ]);
  });

  test('logins that the workspace says are one person are one, by what was known', async () => {
    beat();
    use('ann', '2025-03-03T10:00:00Z');
    use('User-17', '2025-03-03T11:00:00Z');
    world.story().tell(
      'person.defined',
      '2025-01-01T00:00:00Z',
      { person: 'Ann', identities: ['user-17'], team: 'A' },
      {
        recordedAt: '2025-03-20T00:00:00.000Z',
      },
    );
    await world.write();
    expect(await only('adoption.dau', monday)).toMatchObject({ value: 1 });
    expect(await only('adoption.dau', { ...monday, as_of: '2025-03-19T00:00:00.000Z' })).toMatchObject({ value: 2 });
  });

  test('no use is none where the portal was heard of, and no number where it was not', async () => {
    alive();
    days({ a: [3] });
    await world.write();
    expect(await only('adoption.dau', { from: '2025-03-05T00:00:00Z', to: '2025-03-08T00:00:00Z' })).toMatchObject({
      value: 0,
      status: 'ok',
    });
    expect(await only('adoption.dau', { from: '2025-06-01T00:00:00Z', to: '2025-06-08T00:00:00Z' })).toMatchObject({
      value: null,
      status: 'no_data',
    });
    expect(
      await only('adoption.stickiness', { from: '2025-01-04T00:00:00Z', to: '2025-01-07T00:00:00Z' }),
    ).toMatchObject({
      value: null,
      status: 'not_applicable',
    });
  });
});

describe('of some of the people', () => {
  const team = (name: string, size: number, dates: readonly number[], more = {}) =>
    days(Object.fromEntries(Array.from({ length: size }, (_, index) => [`${name}${index}`, dates])), {
      team: name,
      ...more,
    });
  const byTeam = async (metric: string, params: Record<string, string>) => {
    const rows = await world.totals(metric, { group_by: 'team', ...params });
    return Object.fromEntries(rows.map((row) => [String(row.team), row]));
  };

  test('the next smallest goes with the one that is too small, filters tell no remainder', async () => {
    beat();
    team('A', 9, [3]);
    team('B', 7, [3]);
    team('C', 4, [3]);
    await world.write();
    for (const metric of ['adoption.dau', 'adoption.wau', 'adoption.mau', 'adoption.stickiness']) {
      const rows = await byTeam(metric, metric === 'adoption.stickiness' ? { ...monday, window: '7d' } : monday);
      expect(rows.B, metric).toMatchObject(hidden);
      expect(rows.C).toMatchObject(hidden);
      expect(rows.C).not.toHaveProperty('numerator');
      expect(rows.A!.n).toBe(9);
    }
    expect(await only('adoption.dau', { ...monday, team: 'A' })).toMatchObject({ value: 9 });
    for (const teams of ['C', 'B', 'A,B', 'B,C'])
      expect(await only('adoption.dau', { ...monday, team: teams })).toMatchObject(hidden);
    // What would tell one by the difference of two answers is not told of teams.
    for (const params of [
      { from: '2025-03-03T00:00:00Z', to: '2025-03-03T10:00:00Z' },
      { ...monday, ownership: 'now' },
      { ...monday, tz: 'Asia/Tokyo' },
      { ...monday, as_of: '2025-03-20T00:00:00.000Z' },
    ])
      expect((await byTeam('adoption.dau', params)).A, JSON.stringify(params)).toMatchObject(hidden);
  });

  test('a sum of days is hidden with any of its days, and the day that is not over is not in it', async () => {
    beat();
    team('A', 9, [3, 4, 5]);
    team('B', 9, [3, 4, 5]);
    team('A', 2, [8]);
    await world.write();
    expect((await byTeam('adoption.dau', week)).A).toMatchObject(hidden);
    expect((await byTeam('adoption.dau', { ...week, per: 'working_day' })).A).toMatchObject({
      numerator: 27,
      denominator: 5,
    });
    expect((await byTeam('adoption.wau', week)).A).toMatchObject({ value: 9 });
    world.at('2025-03-05T12:00:00.000Z');
    expect((await byTeam('adoption.dau', { ...week, to: '2025-03-06T00:00:00Z' })).A).toMatchObject({
      numerator: 18,
      denominator: 2,
      window: { end: '2025-03-05T00:00:00.000Z' },
    });
  });

  test('of team and region no cell is told by what a team or a region is in all', async () => {
    beat();
    team('A', 17, [3]);
    team('B', 12, [3]);
    for (const [name, region] of [
      ['A', 'EU'],
      ['B', 'US'],
    ] as const)
      for (let i = 0; i < 17; i += 1)
        world.story().tell('person.joined', '2025-01-01T00:00:00Z', {
          person: `${name}${i}`,
          team: name,
          region: i < 3 ? 'US' : region,
        });
    await world.write();
    const cells = await world.totals('adoption.dau', { ...monday, group_by: 'team,region' });
    expect(cells).toMatchObject([
      { team: 'A', region: 'EU', ...hidden },
      { team: 'A', region: 'US', ...hidden },
      { team: 'B', region: 'US', ...hidden },
    ]);
    expect((await byTeam('adoption.dau', monday)).A).toMatchObject({ value: 17 });
  });
});

test('of what people do only that counts which the workspace calls use of the platform', async () => {
  beat();
  days({ a: [3], b: [3] }, { action: 'create' });
  days({ c: [3], e: [3], f: [3] }, { action: 'page-load' });
  world.story().tell('search.performed', '2025-03-03T11:00:00Z', { principal: 'd' });
  await world.write();
  expect(await only('adoption.dau', monday)).toMatchObject({ value: 6, excluded: {} });
  const platform = { qualifying_actions: ['create', 'search.performed'] };
  world.story().tell('platform.defined', '2025-01-01T00:00:00Z', platform);
  await world.write();
  expect(await only('adoption.dau', monday)).toMatchObject({ value: 3, excluded: { not_qualifying: 3 } });
  // What somebody begins with is told all the same.
  world.story().tell('platform.defined', '2025-02-01T00:00:00Z', { qualifying_actions: ['nothing'] });
  await world.write();
  expect(await only('adoption.dau', monday)).toMatchObject({ value: 0, n: 0 });
  expect(await only('adoption.funnel', { ...week, step: 'login', of: 'first' })).toMatchObject({
    numerator: 5,
    denominator: 6,
  });
});
