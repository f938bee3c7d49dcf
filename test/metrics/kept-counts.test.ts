import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../ingest/ports.ts';
import { type KeptCounts, keepCounts, NEXT_TURN } from '../../queries/kept-counts.ts';
import { newStory } from '../histories/story.ts';
import { type Ledger, openLedger } from '../support/ledger.ts';

let ledger: Ledger;
let asked: string[];
let kept: KeptCounts;
/** The real store, and which statements reach it. */
const listening = (): Store => ({
  ...ledger.store,
  query(sql, params) {
    if (!sql.includes('system.parts')) asked.push(sql);
    return ledger.store.query(sql, params);
  },
});
beforeAll(async () => {
  ledger = await openLedger();
  for (const name of ['apples', 'pears'])
    await ledger.store.command(`CREATE TABLE ${name} (n UInt32) ENGINE = MergeTree ORDER BY n`);
});
afterAll(() => ledger.close());
beforeEach(async () => {
  for (const name of ['apples', 'pears']) await ledger.store.command(`TRUNCATE TABLE ${name}`);
  asked = [];
  kept = keepCounts(listening());
});

const NOW = '2026-01-01T00:00:00.000Z';
const APPLES = 'SELECT sum(n) AS sum FROM apples WHERE n > {least:UInt32}';
const sum = async (least = 0) => Number((await kept.forQuestion(NOW).query(APPLES, { least }))[0]!.sum);
const add = (table: string, ...numbers: number[]) =>
  ledger.store.insert(
    table,
    numbers.map((n) => ({ n })),
  );

test('is read once while its tables stay, anew when one of them changes, and by its parameters', async () => {
  expect(await sum()).toBe(0);
  await add('apples', 1, 2);
  expect([await sum(), await sum(), asked.length]).toEqual([3, 3, 2]);
  await add('pears', 5);
  expect([await sum(), asked.length]).toEqual([3, 2]);
  await add('apples', 4);
  expect([await sum(), await sum(), asked.length]).toEqual([7, 7, 3]);
  expect([await sum(2), asked.length]).toEqual([4, 4]);
  await ledger.store.command('TRUNCATE TABLE apples');
  expect(await sum()).toBe(0);
});

test('is not kept where a table changed while it was read', async () => {
  // Between the marks and the statement, as a refresh may come.
  const store: Store = {
    ...ledger.store,
    async query(sql, params) {
      if (!sql.includes('system.parts') && asked.length === 0) {
        asked.push(sql);
        await add('apples', 7);
      }
      return ledger.store.query(sql, params);
    },
  };
  kept = keepCounts(store);
  const [before] = await kept.forQuestion(NOW).query<{ n: string }>('SELECT count() AS n FROM apples');
  expect(Number(before!.n)).toBe(1);
  // Looked at once more after it was read, which this question waits for; emptied before that, it would seem never to have changed.
  await kept.forQuestion(NOW).query('SELECT 1 AS one');
  await ledger.store.command('TRUNCATE TABLE apples');
  const [after] = await kept.forQuestion(NOW).query<{ n: string }>('SELECT count() AS n FROM apples');
  expect(Number(after!.n)).toBe(0);
});

test('is read once by many who ask at the same time', async () => {
  await add('apples', 1, 2);
  expect(await Promise.all([sum(), sum(), sum()])).toEqual([3, 3, 3]);
  expect(asked).toHaveLength(1);
});

test('is not kept where it failed', async () => {
  await add('apples', 1);
  const wrong = () => kept.forQuestion(NOW).query('SELECT throwIf(n = 1) FROM apples');
  await expect(wrong()).rejects.toThrow();
  await expect(wrong()).rejects.toThrow();
  expect(asked).toHaveLength(2);
  expect(await sum()).toBe(1);
});

test('cannot be changed by who asked', async () => {
  await add('apples', 1);
  const [row] = await kept.forQuestion(NOW).query(APPLES, { least: 0 });
  expect(() => Object.assign(row!, { sum: 2 })).toThrow(TypeError);
});

test('is good until the instant at which time alone turns it', async () => {
  const turning = `SELECT countIf(n > {as_of:Int64}) AS later, minIf(n, n > {as_of:Int64}) AS ${NEXT_TURN} FROM apples`;
  await add('apples', 10, 20);
  const later = async (asOf: number) => Number((await kept.forQuestion(NOW).query(turning, { as_of: asOf }))[0]!.later);
  expect([await later(5), await later(9), asked.length]).toEqual([2, 2, 1]);
  expect([await later(10), await later(19), asked.length]).toEqual([1, 1, 2]);
  expect([await later(20), await later(1_000), asked.length]).toEqual([0, 0, 3]);
  // Who asks about before is answered of before.
  expect([await later(5), asked.length]).toEqual([2, 4]);
});

test('is read anew where time may bring the first row', async () => {
  await add('apples', 10);
  const ripe = `SELECT n, minIf(n, n > {as_of:Int64}) OVER () AS ${NEXT_TURN} FROM apples WHERE n <= {as_of:Int64}`;
  const ripeBy = async (asOf: number) => (await kept.forQuestion(NOW).query(ripe, { as_of: asOf })).length;
  expect([await ripeBy(9), await ripeBy(10)]).toEqual([0, 1]);
});

test('knows of a week that begins in the very instant it is asked in', async () => {
  const { tell, history } = newStory();
  for (const [people, day] of [
    ['abcde', '2025-03-03'],
    ['fghij', '2025-03-10'],
  ] as const)
    for (const person of people) tell('portal.action', `${day}T09:00:00Z`, { principal: person, action: 'click' });
  await ledger.clear();
  await ledger.atoms.refresh(await ledger.write(history));
  const params = { from: '2025-03-03', to: '2025-03-31', grain: 'week', week: '2' };
  const people = async (now: string) => (await ledger.ask('adoption.retention', params, now)).totals[0]!.n;
  expect(await people('2025-03-24T00:00:00.000Z')).toBe(5);
  expect(await people('2025-03-24T00:00:00.001Z')).toBe(10);
  expect(await people('2025-03-25T10:00:00.000Z')).toBe(10);
});

test('lets go of many that have no rows', async () => {
  kept = keepCounts(listening(), 2_000);
  const nothing = async (least: number) => {
    await kept.forQuestion(NOW).query('SELECT n FROM apples WHERE n > {least:UInt32}', { least });
  };
  await nothing(0);
  await nothing(0);
  expect(asked).toHaveLength(1);
  for (let least = 1; least <= 20; least += 1) await nothing(least);
  await nothing(0);
  expect(asked).toHaveLength(22);
});

test('lets go of what was asked for longest ago, and of what is out of date', async () => {
  const many = 'SELECT number AS n, (SELECT sum(n) FROM apples) AS sum FROM numbers({rows:UInt32})';
  await add('apples', 1);
  const ask = async (rows: number) => (await kept.forQuestion(NOW).query(many, { rows })).length;
  await ask(400_000);
  await ask(400_001);
  await ask(400_000);
  expect(asked).toHaveLength(2);
  await ask(400_002);
  await ask(400_000);
  expect(asked).toHaveLength(3);
  await ask(400_001);
  expect(asked).toHaveLength(4);
});
