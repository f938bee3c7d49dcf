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
const march = { from: '2025-03-01T00:00:00Z', to: '2025-03-05T00:00:00Z' };

test('EX-UTL-1: hours used ÷ hours allocated, never the mean of ratios', async () => {
  const use = (id: string, to: string, used: number, allocated: number, more = {}) => {
    const from = '2025-03-03T00:00:00.000Z';
    const data = {
      usage_id: id,
      resource: 'cpu',
      service_id: id,
      from,
      to: `2025-03-03T${to}:00:00.000Z`,
      used,
      allocated,
    };
    world.story().tell('usage.recorded', from, { ...data, ...more });
  };
  world.story().tell('service.defined', '2025-01-01T00:00Z', { service_id: 'A', team: 'alpha' });
  use('a', '10', 4, 8);
  use('b', '01', 30, 32, { team: 'beta' });
  await world.write();
  const window = { from: '2025-03-03T00:00:00Z', to: '2025-03-04T00:00:00Z' };
  expect(await only('platform.utilization', window)).toMatchObject({
    value: 0.625,
    n: 2,
    numerator: 70,
    denominator: 112,
    status: 'ok',
    unit: 'fraction',
    ci: null,
  });
  // The owner's spelling and team; a service that nobody defines is of the team that the sender says.
  expect(await by('service', 'platform.utilization', window)).toMatchObject({
    A: { value: 0.5 },
    b: { value: 0.9375 },
  });
  expect(await by('team', 'platform.utilization', window)).toMatchObject({ alpha: { n: 1 }, beta: { n: 1 } });
  // Memory beside cores is another thing; a period without length is left out.
  use('m', '10', 1, 2, { resource: 'memory' });
  use('z', '00', 1, 2);
  await world.write();
  const both = await only('platform.utilization', window);
  expect(both).toMatchObject({ value: null, status: 'not_applicable', numerator: null, excluded: { no_duration: 1 } });
  expect(both.caveat).toContain('cpu and memory');
  expect(await by('resource', 'platform.utilization', window)).toMatchObject({
    cpu: { value: 0.625 },
    memory: { value: 0.5 },
  });
});
void march;
