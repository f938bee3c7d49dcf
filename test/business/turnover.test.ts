import { beforeEach, expect, test } from 'vitest';
import { surveyWorld } from '../surveys/world.ts';

const world = surveyWorld();
beforeEach(() => world.clear());

const only = async (metric: string, params = {}) => {
  const rows = await world.totals(metric, params);
  expect(rows).toHaveLength(1);
  return rows[0]!;
};
const by = async (dimension: string, metric: string, params = {}) => {
  const rows = await world.totals(metric, { group_by: dimension, ...params });
  return Object.fromEntries(rows.map((row) => [String(row[dimension]), row]));
};

const joined = (n: number, team: string, at = '2024-06-01T00:00:00Z', more = {}) => {
  for (let i = 0; i < n; i += 1)
    world.story().tell('person.joined', at, { person: `${team}-${at}-${i}`, team, ...more });
};
const leave = (who: string, at: string, more = {}) => world.story().tell('person.left', at, { person: who, ...more });
const heard = () => {
  for (let day = 0; day < 400; day += 5)
    world.story().tell('source.heartbeat', new Date(Date.parse('2024-12-01') + day * 86_400_000).toISOString(), {
      name: 'canonical',
    });
};
const quarter = { from: '2025-01-01', to: '2025-04-01' };
const gone = { value: null, n: null, status: 'suppressed' };

test('EX-RET-1: those who left by the headcount of the month points', async () => {
  heard();
  joined(50, 'a');
  joined(3, 'office', undefined, { engineering: false });
  const first = 'a-2024-06-01T00:00:00Z';
  leave(`${first}-0`, '2025-02-10T00:00:00Z', { voluntary: true });
  leave(`${first}-1`, '2025-02-20T00:00:00Z');
  await world.write();
  const row = await only('people.turnover', quarter);
  expect(row).toMatchObject({ n: 2, numerator: 2, denominator: 49, status: 'ok', unit: 'fraction' });
  expect(row.value).toBeCloseTo(2 / 49, 12);
  expect(row.retention).toBeCloseTo(47 / 49, 12);
  expect(row.annualised).toBeCloseTo(0.154, 3);
  expect((await only('people.turnover', { ...quarter, voluntary: 'true' })).value).toBeCloseTo(1 / 49, 12);
  const { series } = await world.get('people.turnover', { ...quarter, grain: 'month' });
  expect(series.map((one) => [one.numerator, one.denominator])).toEqual([
    [0, 50],
    [2, 49],
    [0, 48],
  ]);
  expect(await by('team', 'people.turnover', quarter)).toEqual({ a: expect.objectContaining({ n: 2 }) });
});

test('who leaves under another spelling has left, and what is no human is no developer', async () => {
  heard();
  joined(12, 'a');
  leave('A-2024-06-01T00:00:00Z-0', '2025-02-10T00:00:00Z');
  joined(2, 'robots');
  const robot = (n: number, at: string, kind: string) =>
    world.story().tell('person.defined', at, { person: `Robots-2024-06-01T00:00:00Z-${n}`, kind });
  robot(0, '2024-01-01T00:00:00Z', 'service');
  // Taken for a human until somebody knew better.
  robot(1, '2024-01-01T00:00:00Z', 'human');
  robot(1, '2025-03-31T00:00:00Z', 'bot');
  await world.write();
  expect(await only('people.turnover', quarter)).toMatchObject({ n: 1, denominator: 11.5 });
});

test('a team of fewer than ten is hidden, with the next smallest, and cannot be asked for by a filter', async () => {
  heard();
  joined(30, 'a');
  joined(12, 'b');
  joined(9, 'c');
  leave('c-2024-06-01T00:00:00Z-0', '2025-02-10T00:00:00Z');
  await world.write();
  const teams = await by('team', 'people.turnover', quarter);
  expect(teams).toMatchObject({ a: { value: 0, n: 0 }, b: gone, c: gone });
  for (const name of ['numerator', 'denominator', 'retention', 'annualised']) {
    expect(teams.b).not.toHaveProperty(name);
    expect(teams.c).not.toHaveProperty(name);
  }
  expect(await only('people.turnover', quarter)).toMatchObject({ n: 1 });
  expect(await world.refused('people.turnover', { team: 'c' })).toContain('not a parameter');
  expect(await world.refused('people.turnover', { group_by: 'team', tz: 'team' })).toContain('one zone');
  expect(await world.refused('people.turnover/atoms', {})).toContain('never shown');
});

test('who is said to join again at the instant of leaving has left', async () => {
  heard();
  joined(12, 'a');
  for (const id of ['a-2024-06-01T00:00:00Z-0', 'a-2024-06-01T00:00:00Z-1']) {
    world.story().tell('person.joined', '2025-02-10T00:00:00Z', { person: id, team: 'a' });
    leave(id, '2025-02-10T00:00:00Z', { voluntary: true });
  }
  await world.write();
  expect(await only('people.turnover', { ...quarter, voluntary: 'true' })).toMatchObject({ n: 2 });
});
