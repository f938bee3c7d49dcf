import { beforeEach, expect, test } from 'vitest';
import type { Row } from '../../queries/envelope.ts';
import { surveyWorld } from '../surveys/world.ts';

const world = surveyWorld();
beforeEach(async () => {
  await world.clear();
  heard();
});

const march = { from: '2025-03-01', to: '2025-04-01' };

/** Its sender is heard of all the time. */
const heard = () => {
  for (let day = 0; day < 100; day += 5)
    world.story().tell('source.heartbeat', new Date(Date.parse('2025-01-01') + day * 86_400_000).toISOString(), {
      name: 'canonical',
    });
};

/** Defines services of a team, `<team>1` and so on. */
const define = (team: string, n: number, more: object = {}, at = '2025-01-01T00:00:00Z') => {
  for (let i = 1; i <= n; i += 1)
    world.story().tell('service.defined', at, {
      service_id: `${team}${i}`,
      team,
      registered_at: '2025-01-01T00:00:00.000Z',
      ...more,
    });
};
const deploy = (service_id: string, day: string, platform_path: boolean, more: object = {}) => {
  const data = { rollout_id: `${service_id}-${day}`, service_id, environment: 'production', revision: day };
  world.story().tell('deployment.finished', `${day}T12:00:00Z`, {
    ...data,
    outcome: 'succeeded',
    platform_path,
    ...more,
  });
};

const only = async (metric: string, params = {}): Promise<Row> => {
  const rows = await world.totals(metric, { ...march, ...params });
  expect(rows).toHaveLength(1);
  return rows[0]!;
};
const by = async (dimension: string, params = {}) => {
  const rows = await world.totals('adoption.breadth', { ...march, group_by: dimension, ...params });
  return Object.fromEntries(rows.map((row) => [String(row[dimension]), [row.numerator, row.denominator]]));
};

/** A 4 of 5, B none of 3, C its only one; D is exempt. */
const example = () => {
  define('A', 5, { tier: '1' });
  define('B', 3, { tier: '1' });
  define('C', 1, { tier: '2' });
  define('D', 2, { exempt: 'runs in a vehicle' });
  for (const service of ['A1', 'A2', 'A3', 'A4', 'C1', 'D1']) deploy(service, '2025-03-10', true);
  deploy('A5', '2025-03-10', false);
  deploy('B1', '2025-03-10', false);
};

test('EX-ADO-1: the depth is of services, the breadth of teams', async () => {
  example();
  await world.write();
  const depth = await only('adoption.rate');
  expect(depth).toMatchObject({ numerator: 5, denominator: 9, n: 9, excluded: { exempt: 2 }, status: 'ok' });
  expect(depth.value).toBeCloseTo(0.556, 3);
  expect(depth.ci?.low).toBeCloseTo(0.267, 3);
  expect(depth.ci?.high).toBeCloseTo(0.811, 3);
  expect(await only('adoption.breadth')).toMatchObject({
    value: 2 / 3,
    numerator: 2,
    denominator: 3,
    n: 3,
    excluded: { exempt: 1 },
    status: 'insufficient',
    unit: 'fraction',
    options: { team_threshold: 0 },
    ci: { method: 'wilson' },
  });
  expect(await by('team')).toEqual({ A: [1, 1], B: [0, 1], C: [1, 1], D: [0, 0] });
});

test('EX-ADO-1: zero eligible is null, not 0 %', async () => {
  define('D', 2, { exempt: 'runs in a vehicle' });
  deploy('D1', '2025-03-10', true);
  await world.write();
  for (const [metric, exempt] of [
    ['adoption.rate', 2],
    ['adoption.breadth', 1],
  ] as const)
    expect(await only(metric)).toMatchObject({ value: null, n: 0, status: 'not_applicable', excluded: { exempt } });
});

test('a team counts from the share of its services on that the threshold asks for', async () => {
  example();
  await world.write();
  const hits = async (team_threshold: string) => (await only('adoption.breadth', { team_threshold })).numerator;
  expect(await hits('0.5')).toBe(2);
  // Four of five are 0.8, though 0.8 × 5 need not be 4 to a computer.
  expect(await hits('0.8')).toBe(2);
  expect(await hits('0.81')).toBe(1);
  expect(await hits('1')).toBe(1);
  expect(await world.refused('adoption.breadth', { team_threshold: '1.1' })).toContain('not a number from 0 to 1');
});

test('it is a snapshot at the end of each bucket, also where services move, retire and come back', async () => {
  define('A', 2);
  define('B', 1);
  define('C', 1, { retired_at: '2025-03-20T00:00:00.000Z' });
  deploy('A1', '2025-03-03', true);
  deploy('A2', '2025-03-03', false);
  deploy('B1', '2025-03-03', false);
  deploy('C1', '2025-03-03', true);
  // The only one on the platform goes to another team; then it leaves the platform.
  world.story().tell('service.defined', '2025-03-12T00:00:00Z', { service_id: 'A1', team: 'B' });
  deploy('A1', '2025-03-25', false);
  await world.write();
  const { series } = await world.get('adoption.breadth', { ...march, grain: 'week' });
  expect(series.map((row) => [row.time.slice(0, 10), row.numerator, row.denominator])).toEqual([
    ['2025-02-24', 0, 3],
    ['2025-03-03', 2, 3],
    ['2025-03-10', 2, 3],
    ['2025-03-17', 1, 2],
    ['2025-03-24', 0, 2],
    ['2025-03-31', 0, 2],
  ]);
  const week = { from: '2025-03-03', to: '2025-03-10' };
  expect(await by('team', week)).toEqual({ A: [1, 1], B: [0, 1], C: [1, 1] });
  expect(await by('team', { ...week, ownership: 'now' })).toEqual({ A: [0, 1], B: [1, 1], C: [1, 1] });
});

test('who is in no team is no team, and a team is in every tier that it has services of', async () => {
  example();
  define('A', 1, { service_id: 'A9', tier: '2' });
  define('', 1, { service_id: 'lost', team: undefined });
  deploy('lost', '2025-03-10', true);
  deploy('heard-of', '2025-03-10', true);
  await world.write();
  expect(await only('adoption.breadth')).toMatchObject({
    numerator: 2,
    denominator: 3,
    excluded: { exempt: 1, no_team: 1 },
  });
  expect(await by('tier')).toMatchObject({ '1': [1, 2], '2': [1, 2] });
  expect(await by('team', { tier: '2' })).toEqual({ A: [0, 1], C: [1, 1] });
  expect(await by('tier', { team: 'A' })).toEqual({ '1': [1, 1], '2': [0, 1] });
});

test('the teams behind it are listed, with the events that made them what they are', async () => {
  example();
  await world.write();
  const { atoms } = (await world.get('adoption.breadth/atoms', march)) as unknown as { atoms: Row[] };
  expect(atoms.map((row) => [row.team, row.value, row.excluded, row.at]).sort()).toEqual([
    ['A', 1, null, '2025-03-10T12:00:00.000Z'],
    ['B', 0, null, '2025-03-10T12:00:00.000Z'],
    ['C', 1, null, '2025-03-10T12:00:00.000Z'],
    ['D', 0, 'exempt', '2025-03-10T12:00:00.000Z'],
  ]);
  const rolledOut = world.story().history.filter(({ event }) => event.type === 'deployment.finished');
  const own = rolledOut.filter(({ event }) => (event.data as { service_id: string }).service_id.startsWith('A'));
  expect(atoms.find((row) => row.team === 'A')?.event_ids).toEqual(
    expect.arrayContaining(own.slice(0, 4).map(({ event }) => event.id)),
  );
});
