import { beforeEach, expect, test } from 'vitest';
import { surveyWorld } from '../surveys/world.ts';

const world = surveyWorld();
beforeEach(() => world.clear());

/** ISO weeks 10 to 13 of 2025 begin on 3, 10, 17 and 24 March. */
const weeks = { from: '2025-03-03T00:00:00Z', to: '2025-03-31T00:00:00Z', grain: 'week' };
const use = (who: string, dates: readonly string[]) => {
  for (const principal of who) {
    for (const date of dates)
      world.story().tell('portal.action', `2025-03-${date}T09:00:00Z`, { principal, action: 'click' });
  }
};
const series = async (week: number, params = {}) =>
  (await world.get('adoption.retention', { ...weeks, week: String(week), ...params })).series;

const example = (until = '2025-04-06') => {
  for (const at of ['2025-03-01', '2025-03-24', until])
    world.story().tell('source.heartbeat', `${at}T00:00:00Z`, { name: 'canonical' });
  use('abcde', ['03', '09']);
  use('abc', ['10']);
  use('ae', ['17']);
};

test('EX-RTN-1: of five who began in a week, three came in the next, two in the one that runs, nobody yet after it', async () => {
  example();
  await world.write();
  world.at('2025-03-20T12:00:00.000Z');
  expect((await series(1))[0]).toMatchObject({
    time: '2025-03-03T00:00:00.000Z',
    value: 0.6,
    numerator: 3,
    denominator: 5,
    n: 5,
    status: 'ok',
    open_n: 0,
    ci: { method: 'wilson' },
  });
  expect((await series(2))[0]).toMatchObject({ value: 0.4, status: 'provisional', open_n: 3 });
  expect((await series(3))[0]).toMatchObject({ value: null, n: 0, status: 'not_applicable' });
  expect((await series(0))[0]).toMatchObject({ value: 1, n: 5 });
  // Two days after the week is over it stands.
  world.at('2025-03-26T00:00:00.000Z');
  expect((await series(2))[0]).toMatchObject({ value: 0.4, status: 'ok', open_n: 0 });
});

test('fewer than five who began in a week are neither told nor counted in wider rows', async () => {
  example();
  use('wxyz', ['10', '17']);
  world.story().tell('person.defined', '2025-03-01T00:00:00Z', { person: 'r', kind: 'bot' });
  use('r', ['03', '10']);
  await world.write();
  world.at('2025-04-07T00:00:00.000Z');
  const rows = await series(1);
  expect(rows[1]).toMatchObject({ value: null, n: null, status: 'suppressed', excluded: {} });
  expect(rows[1]).not.toHaveProperty('denominator');
  const totals = await world.totals('adoption.retention', weeks);
  expect(totals).toMatchObject([{ value: 0.6, n: 5, excluded: {} }]);
  // By the day, a cohort stays together on the Monday of its week.
  expect((await series(1, { grain: 'day' })).slice(0, 3).map((row) => row.n)).toEqual([5, 0, 0]);
  world.story().tell('portal.action', '2025-03-16T22:30:00Z', { principal: 'v', action: 'click' });
  await world.write();
  expect((await series(1))[1]).toMatchObject({ value: 0.8, n: 5 });
  // In Berlin that last one came on Sunday too, in Tokyo a week later.
  expect(
    (await series(1, { from: '2025-03-02T15:00:00Z', to: '2025-03-30T15:00:00Z', tz: 'Asia/Tokyo' }))[1],
  ).toMatchObject({
    status: 'suppressed',
  });
});

test('a week in which nothing was heard of the portal has nobody in it only for want of hearing', async () => {
  example('2025-03-24');
  await world.write();
  expect((await series(2))[0]).toMatchObject({ status: 'ok', value: 0.4 });
  world.story().tell('source.silent', '2025-03-17T12:00:00Z', { name: 'canonical' });
  await world.write();
  expect((await series(2))[0]).toMatchObject({ value: null, status: 'no_data' });
});
