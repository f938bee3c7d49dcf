import { describe, expect, it } from 'vitest';
import type { MetricAnswer } from '../../queries/envelope.ts';
import { DAY, MONTH, maintenanceWorld, march } from './world.ts';

const world = maintenanceWorld();
const { service, incident, announce, slo, slices, told, ask, total } = world;

/** Two hours of the tenth of March, and an incident of fifty minutes of which thirty lie within. */
const overlapping = (said: string): void => {
  service('shop', 'sales');
  announce('M1', ['shop'], said, '2026-03-10T10:00Z', '2026-03-10T12:00Z');
  incident('I1', 'shop', '2026-03-10T11:30Z', '2026-03-10T12:20Z');
};

describe('availability by incidents, less maintenance', () => {
  it('EX-AVL-3: of 50 minutes 30 lie in two hours announced the day before', async () => {
    overlapping('2026-03-09T10:00Z');
    await told();
    const row = await total();
    expect(row.value).toBeCloseTo(1 - 1_200 / (MONTH - 7_200), 12);
    expect(row).toMatchObject({
      n: 1,
      numerator: MONTH - 7_200 - 1_200,
      denominator: MONTH - 7_200,
      maintenance_seconds: 7_200,
      method: 'time',
      coverage: 1,
    });
    const { series } = await ask({ grain: 'day', from: '2026-03-10T00:00Z', to: '2026-03-12T00:00Z' });
    expect(series.map(({ value, maintenance_seconds }) => [value, maintenance_seconds])).toEqual([
      [1 - 1_200 / (DAY - 7_200), 7_200],
      [1, 0],
    ]);
    expect(await total({ group_by: 'team', any_down: 'true' })).toMatchObject({
      denominator: MONTH - 7_200,
      numerator: MONTH - 8_400,
      maintenance_seconds: 7_200,
    });
  });

  it('EX-AVL-4: announced a minute after its start nothing of it is taken out', async () => {
    overlapping('2026-03-10T10:01Z');
    await told();
    const row = await total();
    expect(row.value).toBeCloseTo(1 - 3_000 / MONTH, 12);
    expect(row).toMatchObject({ denominator: MONTH, maintenance_seconds: 0 });
  });

  it('is as it was known: nothing of it before it was heard of, all once it was', async () => {
    overlapping('2026-03-09T10:00Z');
    world
      .story()
      .tell(
        'maintenance.cancelled',
        '2026-03-10T11:00Z',
        { maintenance_id: 'M1' },
        { recordedAt: '2026-03-20T00:00:00.000Z' },
      );
    await told();
    const until = (day: number) => (day - 2) * DAY;
    expect((await total({ as_of: '2026-03-09T09:00Z' })).maintenance_seconds).toBe(0);
    // What is to come is taken out of nothing yet.
    expect((await total({ as_of: '2026-03-10T10:30Z' })).maintenance_seconds).toBe(1_800);
    expect(await total({ as_of: '2026-03-15T00:00Z' })).toMatchObject({
      maintenance_seconds: 7_200,
      numerator: until(15) - 7_200 - 1_200,
    });
    expect(await total({ as_of: '2026-03-21T00:00Z' })).toMatchObject({
      maintenance_seconds: 3_600,
      numerator: until(21) - 3_600 - 3_000,
    });
  });

  it('has no value where all of it was maintenance', async () => {
    overlapping('2026-03-09T10:00Z');
    await told();
    const hours = { from: '2026-03-10T10:00Z', to: '2026-03-10T12:00Z' };
    for (const any_down of ['false', 'true'])
      expect(await total({ ...hours, any_down })).toMatchObject({
        value: null,
        status: 'not_applicable',
        coverage: 1,
        numerator: 0,
        denominator: 0,
        maintenance_seconds: 7_200,
        services_n: 0,
        worst_service: null,
        meeting_share: null,
      });
    expect((await ask({ ...hours, to: '2026-03-10T13:00Z', grain: 'hour' })).series.map(({ value }) => value)).toEqual([
      null,
      null,
      2_400 / 3_600,
    ]);
  });

  it('takes overlapping ones once, whatever the case of the name, and an open incident after them', async () => {
    service('shop', 'sales');
    announce('M1', ['SHOP'], '2026-03-09T10:00Z', '2026-03-31T10:00Z', '2026-03-31T12:00Z');
    announce('M2', ['shop'], '2026-03-09T10:00Z', '2026-03-31T11:00Z', '2026-03-31T13:00Z');
    announce('M3', ['shop'], '2026-03-09T10:00Z', '2026-03-31T10:15Z', '2026-03-31T10:30Z');
    announce('M4', ['cart'], '2026-03-09T10:00Z', '2026-03-20T11:15Z', '2026-03-20T11:30Z');
    incident('I1', 'shop', '2026-03-31T09:00Z', null);
    await told();
    expect(await total()).toMatchObject({
      denominator: MONTH - 3 * 3_600,
      numerator: MONTH - 15 * 3_600,
      maintenance_seconds: 3 * 3_600,
      open_n: 1,
    });
  });

  it('knows a service that is only heard of by its name in any case', async () => {
    incident('I1', 'acme/Lib', '2026-03-10T11:30Z', '2026-03-10T12:20Z');
    announce('M1', ['Acme/lib'], '2026-03-09T10:00Z', '2026-03-10T10:00Z', '2026-03-10T12:00Z');
    await told();
    expect(await total()).toMatchObject({
      worst_service: 'acme/Lib',
      denominator: MONTH - 7_200,
      numerator: MONTH - 7_200 - 1_200,
    });
  });

  it('is each service’s own: of the worst what it was in, of any what all were in', async () => {
    service('shop', 'sales');
    service('cart', 'sales');
    announce('M1', ['shop'], '2026-03-09T10:00Z', '2026-03-10T10:00Z', '2026-03-10T12:00Z');
    announce('M2', ['cart'], '2026-03-09T10:00Z', '2026-03-10T11:30Z', '2026-03-10T13:00Z');
    incident('I1', 'shop', '2026-03-10T11:00Z', '2026-03-10T12:10Z');
    incident('I2', 'cart', '2026-03-10T10:00Z', '2026-03-10T11:00Z');
    await told();
    expect(await total()).toMatchObject({
      worst_service: 'cart',
      denominator: MONTH - 5_400,
      numerator: MONTH - 5_400 - 3_600,
      maintenance_seconds: 5_400,
      services_n: 2,
    });
    // cart from 10:00 to 11:00, shop from 12:00 to 12:10; from 11:30 to 12:00 both were in maintenance.
    expect(await total({ any_down: 'true' })).toMatchObject({
      denominator: MONTH - 1_800,
      numerator: MONTH - 1_800 - 4_200,
      maintenance_seconds: 1_800,
    });
  });

  it('counts for who owned the service at that time', async () => {
    service('shop', 'sales');
    service('shop', 'stores', '2026-03-10T11:00Z');
    announce('M1', ['shop'], '2026-03-09T10:00Z', '2026-03-10T10:00Z', '2026-03-10T12:30Z');
    incident('I1', 'shop', '2026-03-10T11:30Z', '2026-03-10T12:40Z');
    await told();
    const { totals } = await ask({ group_by: 'team' });
    expect(
      totals.map(({ team, maintenance_seconds: taken, denominator, numerator }) => ({
        ...{ team, taken },
        ...{ bad: Number(denominator) - Number(numerator) },
      })),
    ).toEqual([
      { team: 'sales', taken: 3_600, bad: 0 },
      { team: 'stores', taken: 5_400, bad: 600 },
    ]);
  });
});

it('EX-MNT-1, EX-MNT-2: minutes of maintenance as it was said in time', async () => {
  service('shop', 'sales');
  service('cart', 'sales');
  announce('M1', ['shop'], '2026-03-09T10:00Z', '2026-03-10T10:00Z', '2026-03-10T12:00Z');
  announce('M1', ['shop'], '2026-03-10T11:30Z', '2026-03-10T10:00Z', '2026-03-10T12:30Z');
  announce('M2', ['cart'], '2026-03-10T10:01Z', '2026-03-10T10:00Z', '2026-03-10T12:00Z');
  await told();
  const { totals } = await world.get<MetricAnswer>('/v1/metrics/ops.maintenance', { ...march, group_by: 'service' });
  expect(totals.map(({ service: of, value, n, excluded }) => [of, value, n, excluded])).toEqual([
    ['cart', 0, 0, { announced_late: 1 }],
    ['shop', 150, 1, {}],
  ]);
});

it('has a group where one began before the window and one within it is left out', async () => {
  announce('M1', ['shop'], '2026-02-20T10:00Z', '2026-02-28T10:00Z', '2026-03-03T12:00Z');
  announce('M2', ['shop'], '2026-03-10T10:01Z', '2026-03-10T10:00Z', '2026-03-10T12:00Z');
  announce('M3', ['cart'], '2026-02-20T10:00Z', '2026-02-28T10:00Z', '2026-03-03T12:00Z');
  await told();
  const { totals } = await world.get<MetricAnswer>('/v1/metrics/ops.maintenance', { ...march, group_by: 'service' });
  // Of cart nothing began in the window.
  expect(totals.map(({ service: of, value, excluded }) => [of, value, excluded])).toEqual([
    ['shop', 36 * 60, { announced_late: 1 }],
  ]);
});

describe('availability by slices, less maintenance', () => {
  const windows = (name: string) => ({ sli: 'ratio', indicator: { from: 'windows', name } });

  it('leaves out every slice that it touches, and misses none of them', async () => {
    service('shop', 'sales');
    slo('shop-requests', 'shop', windows('shop'));
    // 192 hours lie before the tenth. Hours 10 and 11 are bad; of hour 12 nothing was told.
    slices('shop', (hour) => (hour === 204 ? null : hour === 202 || hour === 203 ? 80 : 1));
    announce('M1', ['shop'], '2026-03-09T10:00Z', '2026-03-10T10:30Z', '2026-03-10T11:10Z');
    announce('M2', ['shop'], '2026-03-09T10:00Z', '2026-03-10T12:00Z', '2026-03-10T12:01Z');
    announce('M3', ['shop'], '2026-03-20T10:01Z', '2026-03-20T10:00Z', '2026-03-20T12:00Z');
    await told();
    expect(await total()).toMatchObject({
      method: 'events',
      value: 0.99,
      denominator: 71_700,
      numerator: 717 * 99,
      n: 717,
      excluded: { maintenance: 3 },
      maintenance_seconds: 3 * 3_600,
      coverage: 1,
    });
    const hours = await total({ from: '2026-03-10T10:00Z', to: '2026-03-10T13:00Z' });
    expect(hours).toMatchObject({
      value: null,
      status: 'not_applicable',
      denominator: 0,
      excluded: { maintenance: 3 },
    });
    // Slices are of the window in which they begin.
    const later = await total({ from: '2026-03-10T10:30Z', to: '2026-03-10T14:30Z' });
    expect(later).toMatchObject({ n: 2, denominator: 200, excluded: { maintenance: 2 }, coverage: 1 });
    expect(await total({ method: 'time' })).toMatchObject({ maintenance_seconds: 41 * 60, value: 1 });
  });
});
