import { beforeEach, expect, test } from 'vitest';
import type { Row } from '../../queries/envelope.ts';
import { newRandom } from '../histories/random.ts';
import { surveyWorld } from '../surveys/world.ts';

const world = surveyWorld();
beforeEach(() => world.clear());

const HOUR_MS = 3_600_000;
const start = Date.parse('2025-03-03T00:00:00Z');
const week = { from: '2025-03-03', to: '2025-03-10', of: 'hourly_p95' };
let nth = 0;
/** So much of a resource in hours of the week, from and to. */
const use = (service_id: string, from: number, to: number, used: number, allocated: number, resource = 'cpu') => {
  const at = (hour: number) => new Date(start + hour * HOUR_MS).toISOString();
  nth += 1;
  const data = { usage_id: `u${nth}`, resource, service_id, from: at(from), to: at(to), used, allocated };
  world.story().tell('usage.recorded', at(from), data);
  return { from, to, used, allocated };
};
const only = async (params: object = {}): Promise<Row> => {
  const rows = await world.totals('platform.utilization', { ...week, ...params });
  expect(rows).toHaveLength(1);
  return rows[0]!;
};

test('EX-UTL-1 by the hour: each hour has a ratio of its own, and the percentile is of the hours', async () => {
  use('A', 0, 10, 4, 8);
  use('B', 0, 1, 30, 32);
  await world.write();
  // The first hour 34 of 40, the other nine a half: R-7 at 8.55 of ten.
  const row = await only({ to: '2025-03-04' });
  expect(row).toMatchObject({ n: 10, status: 'ok', options: { of: 'hourly_p95' } });
  expect(row.value).toBeCloseTo(0.5 + 0.55 * 0.35, 12);
  expect(await only({ to: '2025-03-04', of: 'total' })).toMatchObject({
    value: 0.625,
    numerator: 70,
    denominator: 112,
  });
});

test('it agrees with the hours written out, however long the periods are and wherever they lie in an hour', async () => {
  const seed = 20250303;
  const random = newRandom(seed);
  const told = Array.from({ length: 60 }, (_, n) => {
    const from = random.int(0, 9_600) / 60;
    const used = random.int(0, 400) / 100;
    return use(
      n % 2 === 0 ? 'A' : 'B',
      from,
      from + random.pick([0.25, 1, 1.5, 24, 200]),
      used,
      used + random.int(0, 3),
    );
  });
  await world.write();
  const hours = new Map<number, [number, number]>();
  for (const { from, to, used, allocated } of told)
    for (let hour = Math.floor(from); hour < to; hour += 1) {
      const part = Math.min(hour + 1, to) - Math.max(hour, from);
      const [a, b] = hours.get(hour) ?? [0, 0];
      hours.set(hour, [a + used * part, b + allocated * part]);
    }
  const ratios = [...hours.values()].flatMap(([a, b]) => (b > 1e-9 ? [a / b] : [])).sort((a, b) => a - b);
  const h = (ratios.length - 1) * 0.95;
  const low = ratios[Math.floor(h)]!;
  const expected = low + (h - Math.floor(h)) * (ratios[Math.ceil(h)]! - low);
  const row = await only();
  expect(row.n, `seed ${seed}`).toBe(ratios.length);
  expect(row.value, `seed ${seed}`).toBeCloseTo(expected, 7);
  expect(row.ci?.method).toBe('order_statistics');
  expect(row.ci!.low).toBeLessThanOrEqual(row.value!);
  expect(row.ci!.high).toBeGreaterThanOrEqual(row.value!);
});

test('of a year of hours the few that are read are those that the percentile and its interval need', async () => {
  // Hour n of 8,000 uses n of 8,000.
  for (let n = 0; n < 8_000; n += 1) use('A', n - 7_000, n - 6_999, n, 8_000);
  await world.write();
  const row = await only({ from: '2024-03-01', to: '2025-05-01' });
  expect(row.n).toBe(8_000);
  expect(row.value).toBeCloseTo((7_999 * 0.95) / 8_000, 9);
  // Ranks 7,561 and 7,639, by the exact binomial of 8,000 draws at 0.95; the least value is 0.
  expect(Math.round(row.ci!.low! * 8_000)).toBe(7_560);
  expect(Math.round(row.ci!.high! * 8_000)).toBe(7_638);
}, 120_000);

test('what says nothing of hours is left out and counted, and several resources are not thrown together', async () => {
  use('A', 0, 10, 4, 8);
  use('A', 1, 31 * 24 + 2, 8, 8);
  use('A', 5, 5, 8, 8);
  use('A', 20, 22, 3, 0);
  await world.write();
  expect(await only()).toMatchObject({ value: 0.5, n: 10, excluded: { no_duration: 1, too_long: 1 } });
  use('A', 0, 1, 1, 1, 'memory');
  await world.write();
  expect(await only()).toMatchObject({ value: null, ci: null, status: 'not_applicable' });
  const rows = await world.totals('platform.utilization', { ...week, group_by: 'resource' });
  expect(rows.map((row) => [row.resource, row.value, row.n])).toEqual([
    ['cpu', 0.5, 10],
    ['memory', 1, 1],
  ]);
  const none = await only({ from: '2025-03-05', to: '2025-03-06', resource: 'cpu' });
  expect(none).toMatchObject({ value: null, n: 0, status: 'not_applicable' });
});
