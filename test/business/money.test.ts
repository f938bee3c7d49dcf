import { beforeEach, expect, test } from 'vitest';
import type { Row } from '../../queries/envelope.ts';
import { surveyWorld } from '../surveys/world.ts';

const world = surveyWorld();
beforeEach(() => world.clear());

const march = { from: '2025-03-01T00:00:00Z', to: '2025-03-12T00:00:00Z' };
const only = async (metric: string, params = {}): Promise<Row> => {
  const rows = await world.totals(metric, { ...march, ...params });
  expect(rows).toHaveLength(1);
  return rows[0]!;
};
const by = async (dimension: string, params = {}) => {
  const rows = await world.totals('business.cost', { ...march, group_by: dimension, ...params });
  return Object.fromEntries(rows.map((row) => [String(row[dimension]), row.value]));
};
const iso = (day: string) => `${day}T00:00:00.000Z`;
const spend = (cost_id: string, day: string, amount: number, currency: string, more: object = {}) =>
  world.story().tell('cost.recorded', iso(day), {
    cost_id,
    from: iso(day),
    to: iso('2025-03-11'),
    amount,
    currency,
    ...more,
  });
const rate = (currency: string, day: string, value: number) => ({ currency, from: iso(day), rate: value });
const money = (day: string, data: object) =>
  world.story().tell('money.defined', iso(day), { currency: 'EUR', ...data });

test('a cost counts at the rate of the day on which its period begins, and without a rate it is left out and counted', async () => {
  money('2025-03-08', { rates: [rate('USD', '2025-03-04', 0.8), rate('USD', '2025-03-02', 0.9)] });
  spend('e', '2025-03-01', 100, 'EUR', { category: 'people' });
  spend('u1', '2025-03-02', 50, 'USD', { category: 'licence' });
  spend('u2', '2025-03-04', 50, 'USD', { category: 'licence' });
  spend('early', '2025-03-01', 7, 'USD', { category: 'travel' });
  spend('c', '2025-03-04', 10, 'CHF', { category: 'travel' });
  world.story().tell('feature.done', iso('2025-03-05'), { feature: '1', team: 'a' });
  await world.write();
  expect(await only('business.cost')).toMatchObject({
    value: 185,
    n: 3,
    currency: 'EUR',
    cost_scope: ['licence', 'people'],
    excluded: { no_rate: 2 },
    status: 'ok',
  });
  expect(await by('currency')).toEqual({ EUR: 100, USD: 85, CHF: 0 });
  expect(await only('business.cost_per_feature')).toMatchObject({
    value: 185,
    currency: 'EUR',
    excluded: { no_rate: 2 },
  });
  const { atoms } = (await world.get('business.cost/atoms', march)) as unknown as { atoms: Row[] };
  const row = atoms.find((one) => one.cost_id === 'u1');
  expect(row).toMatchObject({ value: 45, amount: 50, currency: 'USD', exchange_rate: 0.9, reporting_currency: 'EUR' });
  expect(atoms.find((one) => one.cost_id === 'early')).toMatchObject({ excluded: 'no_rate', exchange_rate: 0 });
});

test('a rate that is corrected restates the past, as known then it stays; taken back, amounts are as they were', async () => {
  spend('e', '2025-03-01', 100, 'EUR');
  spend('u', '2025-03-02', 50, 'USD');
  money('2025-03-05', { rates: [rate('USD', '2025-01-01', 0.9)] });
  money('2025-03-07', { rates: [rate('USD', '2025-01-01', 0.5)] });
  money('2025-03-09', { removed: true });
  await world.write();
  const at = (day: string) => only('business.cost', { as_of: `${day}T12:00:00Z`, to: '2025-03-04' });
  const apart = { value: null, status: 'not_applicable', currency: null };
  expect(await at('2025-03-04')).toMatchObject(apart);
  expect(await at('2025-03-06')).toMatchObject({ value: 145, currency: 'EUR' });
  expect(await at('2025-03-08')).toMatchObject({ value: 125, currency: 'EUR' });
  expect(await at('2025-03-10')).toMatchObject(apart);
  expect((await only('business.cost')).caveat).toContain('costs.yaml');
});

/** A used and was allocated 2 cores for five days, B one of three for ten days, C none in the period. */
const shared = () => {
  world.story().tell('service.defined', '2025-01-01T00:00Z', { service_id: 'A', team: 'alpha', tier: '1' });
  world.story().tell('service.defined', '2025-01-01T00:00Z', { service_id: 'B', team: 'beta' });
  world.story().tell('service.defined', '2025-03-03T00:00Z', { service_id: 'A', team: 'gamma', tier: '1' });
  const use = (
    id: string,
    service_id: string | undefined,
    days: [string, string],
    used: number,
    allocated: number,
    resource = 'cpu',
  ) => {
    const [from, to] = [iso(days[0]), iso(days[1])];
    world.story().tell('usage.recorded', from, { usage_id: id, resource, service_id, from, to, used, allocated });
  };
  use('a', 'a', ['2025-03-01', '2025-03-06'], 2, 2);
  use('b', 'B', ['2025-02-20', '2025-03-06'], 1, 3);
  use('b2', 'B', ['2025-03-06', '2025-03-21'], 1, 3, 'CPU');
  use('c', 'C', ['2025-03-11', '2025-03-12'], 5, 5);
  use('nobody', undefined, ['2025-03-01', '2025-03-11'], 9, 9);
  use('m', 'A', ['2025-03-01', '2025-03-11'], 1, 1, 'memory');
  spend('cluster', '2025-03-01', 100, 'EUR', { category: 'infrastructure' });
  spend('own', '2025-03-01', 5, 'EUR', { service_id: 'B' });
  spend('team', '2025-03-01', 7, 'EUR', { team: 'beta' });
};

test('shared cost stays unassigned, or is charged by use, by allocation or by shares, and always adds up', async () => {
  shared();
  money('2025-03-01', {
    shares: [
      { service_id: 'b', share: 1 },
      { service_id: 'A', share: 3 },
    ],
  });
  await world.write();
  expect(await by('service')).toEqual({ B: 5, '(unassigned)': 107 });
  expect(await by('service', { chargeback: 'used' })).toEqual({ A: 50, B: 55, '(unassigned)': 7 });
  expect(await by('service', { chargeback: 'allocated' })).toEqual({ A: 25, B: 80, '(unassigned)': 7 });
  expect(await by('service', { chargeback: 'shares' })).toEqual({ A: 75, B: 30, '(unassigned)': 7 });
  const memory = { chargeback: 'used', chargeback_resource: 'memory' };
  expect(await by('service', memory)).toEqual({ A: 100, B: 5, '(unassigned)': 7 });
  // A past of shares alone is folded without use.
  const past = { chargeback: 'shares', as_of: '2025-06-01T00:00:00Z' };
  expect(await by('service', past)).toEqual({ A: 75, B: 30, '(unassigned)': 7 });
  // Its owner when the period began, or now; what is charged can be filtered like any cost.
  expect(await by('team', { chargeback: 'used' })).toEqual({ alpha: 50, beta: 62 });
  expect(await by('team', { chargeback: 'used', ownership: 'now' })).toEqual({ gamma: 50, beta: 62 });
  expect(await only('business.cost', { chargeback: 'used', tier: '1' })).toMatchObject({ value: 50, n: 1 });
  for (const chargeback of ['none', 'used', 'allocated', 'shares'])
    expect(await only('business.cost', { chargeback }), chargeback).toMatchObject({ value: 112, currency: 'EUR' });
  expect(await only('business.cost', { chargeback: 'shares', category: 'infrastructure' })).toMatchObject({ n: 2 });
  const listed = await world.get('business.cost/atoms', { ...march, chargeback: 'used', category: 'infrastructure' });
  const { atoms } = listed as unknown as { atoms: Row[] };
  expect(atoms.map((row) => [row.cost_id, row.part, row.service, row.value, row.amount])).toEqual([
    ['cluster', 'A', 'A', 50, 100],
    ['cluster', 'B', 'B', 50, 100],
  ]);
});

test('without anything to go by it stays whole, and parts that are not round add up to the last billionth', async () => {
  shared();
  await world.write();
  expect(await by('service', { chargeback: 'shares' })).toEqual({ B: 5, '(unassigned)': 107 });
  const gpu = { chargeback: 'used', chargeback_resource: 'gpu' };
  expect(await by('service', gpu)).toEqual({ B: 5, '(unassigned)': 107 });
  const shares = ['x', 'y', 'z'].map((service_id) => ({ service_id, share: 1 }));
  money('2025-03-01', { rates: [rate('USD', '2025-01-01', 0.9)], shares });
  spend('usd', '2025-03-01', 1000 / 9, 'USD', { category: 'thirds' });
  spend('chf', '2025-03-01', 30, 'CHF', { category: 'thirds' });
  await world.write();
  const thirds = { category: 'thirds', chargeback: 'shares' };
  expect(await by('service', thirds)).toEqual({
    x: 33.333333333,
    y: 33.333333334,
    z: 33.333333333,
    '(unassigned)': 0,
  });
  // Without a rate there is nothing to charge, to whomever.
  expect(await only('business.cost', thirds)).toMatchObject({ value: 100, n: 3, excluded: { no_rate: 1 } });
});

test('rates and shares that come later reach the costs that are there, without a rebuild', async () => {
  const { ledger, story } = { ledger: world.ledger(), story: world.story() };
  const tell = async () => {
    const told = story.history.slice(written);
    written = story.history.length;
    await ledger.atoms.refresh(await ledger.write(told));
  };
  let written = 0;
  spend('e', '2025-03-01', 100, 'EUR');
  spend('u', '2025-03-02', 50, 'USD');
  await tell();
  const early = await only('business.cost', { to: '2025-03-08' });
  expect(early).toMatchObject({ value: null, status: 'not_applicable' });
  money('2025-03-05', { rates: [rate('USD', '2025-01-01', 0.9)], shares: [{ service_id: 'A', share: 1 }] });
  await tell();
  expect(await only('business.cost')).toMatchObject({ value: 145 });
  expect(await by('service', { chargeback: 'shares' })).toEqual({ A: 145 });
  const kept = await ledger.store.query(
    'SELECT * EXCEPT (refreshed) FROM (SELECT * FROM costs FINAL) ORDER BY atom_id',
  );
  await ledger.atoms.rebuild();
  expect(
    await ledger.store.query('SELECT * EXCEPT (refreshed) FROM (SELECT * FROM costs FINAL) ORDER BY atom_id'),
  ).toEqual(kept);
});
