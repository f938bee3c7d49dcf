import { beforeEach, expect, test } from 'vitest';
import type { Row } from '../../queries/envelope.ts';
import { metrics } from '../../queries/metrics/registry.ts';
import { surveyWorld } from '../surveys/world.ts';

const world = surveyWorld();
beforeEach(async () => {
  await world.clear();
  for (let day = 0; day < 100; day += 5)
    world.story().tell('source.heartbeat', new Date(Date.parse('2025-01-01') + day * 86_400_000).toISOString(), {
      name: 'canonical',
    });
});

const define = (service_id: string, team: string, more: object = {}) =>
  world.story().tell('service.defined', '2025-01-01T00:00:00Z', {
    service_id,
    team,
    registered_at: '2025-01-01T00:00:00.000Z',
    ...more,
  });
const deploy = (service_id: string, at: string, platform_path: boolean, outcome = 'succeeded') =>
  world.story().tell('deployment.finished', `${at}T12:00:00Z`, {
    rollout_id: `${service_id}-${at}`,
    service_id,
    environment: 'production',
    revision: `${service_id}-${at}`,
    outcome,
    platform_path,
  });

const march = { from: '2025-03-03', to: '2025-03-31' };
const sides = async (metric: string, params: object = {}) => {
  const rows = await world.totals(metric, { ...march, compare: 'adopters', ...params });
  return Object.fromEntries(rows.map((row) => [String(row.adoption), row]));
};

/** `on` and `new` go through the platform from February and from 12 March, `off` never; `car` is exempt. */
const fleet = () => {
  for (const service of ['on', 'new', 'off']) define(service, service === 'on' ? 'a' : 'b');
  define('car', 'b', { exempt: 'runs in a vehicle' });
  for (const day of ['2025-02-10', '2025-03-04', '2025-03-05', '2025-03-20']) deploy('on', day, true);
  deploy('on', '2025-03-21', true, 'failed_live');
  deploy('new', '2025-02-10', false);
  deploy('new', '2025-03-12', true);
  deploy('new', '2025-03-13', true);
  deploy('new', '2025-03-26', true);
  for (const day of ['2025-02-10', '2025-03-06', '2025-03-27']) deploy('off', day, false);
  deploy('off', '2025-03-28', false, 'failed_live');
  deploy('car', '2025-03-06', true);
  deploy('nobody', '2025-03-06', true);
};

test('the totals compare who was on the platform at the begin of the window with the others', async () => {
  fleet();
  await world.write();
  const cfr = await sides('dora.change_fail_rate');
  expect(cfr).toMatchObject({
    adopters: { numerator: 1, denominator: 4, services_n: 1, ci: { method: 'wilson' } },
    non_adopters: { numerator: 1, denominator: 6, services_n: 2, ci: { method: 'wilson' } },
  });
  for (const row of Object.values(cfr)) {
    expect(row.caveat).toContain('teams chose to adopt');
    expect(row).toMatchObject({ scope: {}, options: { compare: 'adopters', link: 'linked_only' } });
  }
  // Each side is what a question of its services says.
  const frequency = await sides('dora.deployment_frequency');
  const plain = await world.totals('dora.deployment_frequency', { ...march, service: 'new,off' });
  const { value, n, numerator, denominator, ci, service_days, coverage, status } = plain[0]!;
  const same = { value, n, numerator, denominator, ci, service_days, coverage, status };
  expect(frequency.non_adopters).toMatchObject(same);
  expect(frequency.non_adopters).toMatchObject({ numerator: 5, service_days: 56, status: 'ok' });
  expect(frequency.adopters).toMatchObject({ numerator: 3, service_days: 28 });
});

test('a bucket judges anew, and whoever adopts in the middle of one stays on its side until its end', async () => {
  fleet();
  await world.write();
  const told = async (grain: string, params: object = {}) => {
    const { series } = await world.get('dora.deployment_frequency', {
      ...march,
      compare: 'adopters',
      grain,
      ...params,
    });
    return series.map((row) => [row.time.slice(5, 10), row.adoption, row.numerator, row.services_n]);
  };
  expect(await told('week')).toEqual([
    ['03-03', 'adopters', 2, 1],
    ['03-03', 'non_adopters', 1, 2],
    ['03-10', 'adopters', 0, 1],
    ['03-10', 'non_adopters', 2, 2],
    ['03-17', 'adopters', 1, 2],
    ['03-17', 'non_adopters', 0, 1],
    ['03-24', 'adopters', 1, 2],
    ['03-24', 'non_adopters', 1, 1],
  ]);
  // Rolling weeks begin six days before the day that they are told of.
  const rolling = await told('7d', { from: '2025-03-18', to: '2025-03-20' });
  expect(rolling).toEqual([
    ['03-12', 'adopters', 0, 1],
    ['03-12', 'non_adopters', 2, 2],
    ['03-13', 'adopters', 1, 2],
    ['03-13', 'non_adopters', 0, 1],
  ]);
  // A bucket that the window cuts is judged where the window begins.
  expect((await told('month', { from: '2025-03-13', to: '2025-03-31' })).map((row) => row.slice(1))).toEqual([
    ['adopters', 3, 2],
    ['non_adopters', 1, 1],
  ]);
});

test('by team and with a filter, as of then, and with a side that nobody is on', async () => {
  fleet();
  await world.write();
  const byTeam = await world.totals('dora.deployment_frequency', { ...march, compare: 'adopters', group_by: 'team' });
  expect(byTeam.map((row) => [row.adoption, row.team, row.numerator, row.services_n])).toEqual([
    ['adopters', 'a', 3, 1],
    ['non_adopters', 'b', 5, 2],
  ]);
  const one = await sides('dora.deployment_frequency', { team: 'a' });
  expect(one.adopters).toMatchObject({ numerator: 3, services_n: 1, scope: { team: ['a'] } });
  expect(one.non_adopters).toMatchObject({ value: null, n: 0, ci: null, services_n: 0, status: 'not_applicable' });
  expect(await sides('dora.deployment_frequency', { service: 'on,off' })).toMatchObject({
    adopters: { numerator: 3, services_n: 1 },
    non_adopters: { numerator: 2, services_n: 1 },
  });
  // Nobody knew yet that anything went through the platform.
  const early = { as_of: '2025-02-01T00:00:00Z', from: '2025-01-02', to: '2025-01-30' };
  expect(await sides('dora.deployment_frequency', early)).toMatchObject({
    adopters: { value: null, services_n: 0 },
    non_adopters: { value: 0, services_n: 3 },
  });
});

test('what is not told by service is refused, and so is what a comparison cannot be', async () => {
  await world.write();
  const refused = (metric: string, params: Record<string, string> = {}) =>
    world.refused(metric, { ...march, compare: 'adopters', ...params });
  const isRefused = async (metric: string) => (await refused(metric)).includes('not told by service');
  const told = metrics.filter(({ dimensions, suppressBelow }) => dimensions.includes('service') && !suppressBelow);
  expect(told.length).toBeGreaterThan(15);
  for (const { id } of metrics.filter((metric) => !told.includes(metric) && !metric.id.startsWith('adoption.breadth')))
    expect(await isRefused(id), id).toBe(true);
  expect(await refused('adoption.rate')).toContain('beside itself');
  expect(await refused('adoption.breadth')).toContain('beside itself');
  expect(await refused('ops.mttr', { compare: 'teams' })).toContain('use adopters');
  expect(await refused('ops.mttr', { tz: 'team', group_by: 'team' })).toContain('one zone for all');
  expect(await refused('ops.mttr', { grain: 'day', from: '2025-01-01', to: '2025-08-01' })).toContain('at most 120');
  expect(await refused('ops.mttr/atoms')).toContain('compares numbers');
  expect(await refused('delivery.time_to_market', { baseline: '2024-01-01..2024-02-01' })).toContain('one of the two');
});

test('every metric that is told by service can be compared', async () => {
  fleet();
  await world.write();
  for (const metric of metrics.filter(
    ({ dimensions, atom }) => dimensions.includes('service') && atom !== 'adoptions',
  )) {
    const rows: readonly Row[] = await world.totals(metric.id, { ...march, compare: 'adopters' });
    expect(
      rows.map((row) => row.adoption),
      metric.id,
    ).toEqual(['adopters', 'non_adopters']);
    for (const row of rows) expect(row.caveat, metric.id).toContain('teams chose to adopt');
  }
});
