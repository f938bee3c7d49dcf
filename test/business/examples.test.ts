import { beforeEach, expect, test } from 'vitest';
import { progressOf, scoreOf } from '../../queries/okr/score.ts';
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

test('EX-CPF-1: cost per feature, cost by team, and no value without a feature', async () => {
  const from = '2025-03-03T00:00:00.000Z';
  const spend = (team: string, amount: number, more = {}) => {
    const data = { cost_id: `c-${team}-${amount}`, from, to: '2025-04-01T00:00:00.000Z', amount, currency: 'EUR' };
    world.story().tell('cost.recorded', from, { ...data, category: 'people', team, ...more });
  };
  const done = (feature: string, team: string, more = {}) => {
    world.story().tell('feature.committed', '2025-02-01T00:00:00Z', { feature, team, ...more });
    world.story().tell('feature.done', '2025-03-03T12:00:00Z', { feature });
  };
  spend('a', 60_000.25);
  spend('a', 39_999.75, { category: 'infrastructure' });
  spend('b', 50_000);
  spend('c', 30_000);
  for (const id of ['1', '2', '3', '4']) done(id, 'a');
  done('5', 'b');
  done('6', 'b', { kind: 'bug' });
  // Of another period.
  world.story().tell('feature.done', '2025-03-09T12:00:00Z', { feature: '7', team: 'c' });
  await world.write();
  expect(await only('business.cost_per_feature', march)).toMatchObject({
    value: 36_000,
    numerator: 180_000,
    denominator: 5,
    currency: 'EUR',
    cost_scope: ['infrastructure', 'people'],
    excluded: { bug: 1 },
    status: 'ok',
  });
  expect(await by('team', 'business.cost_per_feature', march)).toMatchObject({
    a: { value: 25_000 },
    b: { value: 50_000 },
    c: { value: null, numerator: 30_000, denominator: 0, status: 'not_applicable' },
  });
  expect(await only('business.cost', march)).toMatchObject({ value: 180_000, n: 4, unit: 'currency', currency: 'EUR' });
  expect(await by('team', 'business.cost', march)).toMatchObject({ a: { value: 100_000 }, c: { value: 30_000 } });
  expect(await only('business.cost', { ...march, category: 'infrastructure' })).toMatchObject({ value: 39_999.75 });
  expect(await only('delivery.features_delivered', march)).toMatchObject({ value: 5, n: 5, excluded: { bug: 1 } });
  expect(await only('delivery.features_delivered', { ...march, team: 'a' })).toMatchObject({ value: 4 });
  // Another currency is not added up.
  spend('d', 10, { currency: 'USD' });
  await world.write();
  const mixed = await only('business.cost', march);
  expect(mixed).toMatchObject({ value: null, status: 'not_applicable', currency: null });
  expect(mixed.caveat).toContain('EUR and USD');
  expect(await only('business.cost', { ...march, currency: 'USD' })).toMatchObject({ value: 10 });
});

test('cost follows the owner of its service, and what is shared stays unassigned', async () => {
  world.story().tell('service.defined', '2025-01-01T00:00Z', { service_id: 'Shop', team: 'old' });
  world.story().tell('service.defined', '2025-03-03T00:00Z', { service_id: 'Shop', team: 'new' });
  const spend = (id: string, from: string, more = {}) =>
    world.story().tell('cost.recorded', from, { cost_id: id, from, to: from, amount: 1, currency: 'EUR', ...more });
  spend('1', '2025-03-02T00:00:00.000Z', { service_id: 'shop' });
  spend('2', '2025-03-04T00:00:00.000Z', { service_id: 'shop', team: 'someone else' });
  spend('3', '2025-03-04T00:00:00.000Z');
  await world.write();
  expect(await by('team', 'business.cost', march)).toMatchObject({
    old: { value: 1 },
    new: { value: 1 },
    '(unassigned)': { value: 1 },
  });
  expect(await by('team', 'business.cost', { ...march, ownership: 'now' })).toMatchObject({ new: { value: 2 } });
  expect(await by('service', 'business.cost', march)).toMatchObject({ Shop: { value: 2 } });
});

test('features are last done where they were reopened, and teams are not ranked by them', async () => {
  world.story().tell('feature.done', '2025-03-02T00:00:00Z', { feature: '1', team: 'a' });
  world.story().tell('feature.done', '2025-03-04T00:00:00Z', { feature: '1', team: 'a' });
  world.story().tell('feature.committed', '2025-03-01T00:00:00Z', { feature: '2', team: 'a' });
  await world.write();
  const { series } = await world.get('delivery.features_delivered', { ...march, grain: 'day', team: 'a' });
  expect(series.map((row) => row.value)).toEqual([0, 0, 0, 1]);
  expect(await world.refused('delivery.features_delivered', { group_by: 'team' })).toContain('names no dimension');
});

test('EX-TTM-1: a median of 24 days after one of 40 is a reduction by 40 %, and scores 0.8', async () => {
  const release = (id: string, at: string, days: number, more = {}) => {
    const committed = new Date(Date.parse(at) - days * 86_400_000).toISOString();
    world.story().tell('feature.committed', committed, { feature: id, team: 'a' });
    world.story().tell('feature.released', new Date(Date.parse(at) - 3_600_000).toISOString(), {
      feature: id,
      audience_share: 0.1,
    });
    world.story().tell('feature.released', at, { feature: id, ...more });
  };
  for (let i = -5; i <= 5; i += 1) {
    release(`before-${i}`, '2025-05-02T00:00:00.000Z', 40 + i);
    release(`after-${i}`, '2025-08-02T00:00:00.000Z', 24 + i, { audience_share: 0.5 });
  }
  // Committed, and shown to few: not on the market.
  world.story().tell('feature.committed', '2025-08-01T00:00:00Z', { feature: 'open', team: 'a' });
  world.story().tell('feature.released', '2025-08-02T00:00:00Z', { feature: 'open', audience_share: 0.4 });
  await world.write();
  const baseline = await only('delivery.time_to_market', { from: '2025-05-01', to: '2025-05-03' });
  const now = await only('delivery.time_to_market', { from: '2025-08-01', to: '2025-08-03' });
  expect(baseline).toMatchObject({ value: 40, n: 11, unit: 'days' });
  expect(now).toMatchObject({ value: 24, n: 11, open_n: 0, quantiles: { p75: { value: 26.5 } } });
  expect(1 - now.value! / baseline.value!).toBeCloseTo(0.4, 12);
  expect(scoreOf(progressOf(baseline.value!, now.value!, baseline.value! * 0.5)!)).toBeCloseTo(0.8, 12);
  const wider = { from: '2025-08-01', to: '2025-08-03', audience: '0.4' };
  expect(await only('delivery.time_to_market', wider)).toMatchObject({ n: 12 });
  const cohort = { from: '2025-07-01', to: '2025-08-03', bucket: 'committed' };
  expect(await only('delivery.time_to_market', cohort)).toMatchObject({ n: 11, open_n: 1, value: 24.5 });
});

test('EX-PRI-1: impact × value × feasibility ÷ cost, as graded by the end of the bucket', async () => {
  const grade = (
    feature: string,
    at: string,
    grades: readonly (number | undefined)[],
    type = 'feature.committed',
    more = {},
  ) => {
    const [developer_impact, business_value, technical_feasibility, implementation_cost] = grades;
    const given = { developer_impact, business_value, technical_feasibility, implementation_cost };
    const data = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    world.story().tell(type as 'feature.committed', at, { feature, ...data, ...more });
  };
  grade('high', '2025-03-01T00:00:00Z', [5, 4, 3, 2]);
  grade('low', '2025-03-01T00:00:00Z', [1, 1, 1, 5]);
  grade('part', '2025-03-01T00:00:00Z', [1, 1, 1]);
  grade('bug', '2025-03-01T00:00:00Z', [1, 1, 1, 1], 'feature.committed', { kind: 'bug' });
  await world.write();
  const window = { from: '2025-03-01', to: '2025-03-02' };
  expect(await by('feature', 'planning.priority', window)).toMatchObject({
    high: { value: 30, n: 1 },
    low: { value: 0.2, n: 1 },
    part: { value: null, n: 0, excluded: { missing_input: 1 } },
  });
  const whole = await only('planning.priority', window);
  expect(whole).toMatchObject({ n: 2, excluded: { bug: 1, missing_input: 1 } });
  expect(whole.value).toBeCloseTo(15.1, 12);
  expect(whole.ranking).toEqual([
    { feature: 'high', score: 30, implementation_cost: 2 },
    { feature: 'low', score: 0.2, implementation_cost: 5 },
  ]);
  // Graded later, one grade alone; equal scores by the lower cost; done means gone, also from the ranking.
  grade('part', '2025-03-02T12:00:00Z', [undefined, undefined, undefined, 5]);
  grade('same', '2025-03-02T12:00:00Z', [5, 3, 2, 1]);
  grade('high', '2025-03-03T12:00:00Z', [], 'feature.done');
  await world.write();
  const { series } = await world.get('planning.priority', { from: '2025-03-01', to: '2025-03-05', grain: 'day' });
  expect(series.map((row) => (row.ranking ?? []).map(({ feature }) => feature))).toEqual([
    ['high', 'low'],
    ['same', 'high', 'low', 'part'],
    ['same', 'low', 'part'],
    ['same', 'low', 'part'],
  ]);
});

test('a feature that is done before the window ends is in its group until then, and where none waits there is no value', async () => {
  const graded = { developer_impact: 2, business_value: 3, technical_feasibility: 1, implementation_cost: 1 };
  world.story().tell('feature.committed', '2025-03-01T09:00:00Z', { feature: 'short', team: 'a', ...graded });
  world.story().tell('feature.done', '2025-03-02T09:00:00Z', { feature: 'short' });
  world.story().tell('feature.committed', '2025-03-01T09:00:00Z', { feature: 'long', team: 'b', ...graded });
  await world.write();
  const question = { from: '2025-03-01', to: '2025-03-04', grain: 'day' };
  const whole = await world.get('planning.priority', question);
  const teams = await world.get('planning.priority', { ...question, group_by: 'team' });
  const sizes = (team: string) => teams.series.filter((row) => row.team === team).map((row) => row.n);
  expect(whole.series.map((row) => row.n)).toEqual([2, 1, 1]);
  expect(sizes('a')).toEqual([1, 0, 0]);
  expect(sizes('b')).toEqual([1, 1, 1]);
  // A mean of nothing is none, and says so.
  expect(teams.totals[0]).toMatchObject({ team: 'a', value: null, n: 0, status: 'not_applicable' });
});
