import { describe, expect, it } from 'vitest';
import { DAY, MONTH, maintenanceWorld } from './world.ts';

const world = maintenanceWorld();
const { service, incident, announce, slo, slices, told, level } = world;
const incidents = { sli: 'incidents' };

describe('a service level by incidents, less maintenance', () => {
  it('is of the window less maintenance, and so is its budget', async () => {
    service('shop', 'sales');
    slo('there', 'shop', incidents);
    announce('M1', ['shop'], '2026-03-09T10:00Z', '2026-03-10T10:00Z', '2026-03-10T12:00Z');
    incident('I1', 'shop', '2026-03-10T11:30Z', '2026-03-10T12:20Z');
    incident('I2', 'shop', '2026-03-10T10:30Z', '2026-03-10T10:40Z');
    await told();
    const valid = MONTH - 7_200;
    const slo1 = await level('there');
    expect(slo1).toMatchObject({
      bad: 1_200,
      bad_seconds: 1_200,
      valid,
      good: valid - 1_200,
      maintenance_seconds: 7_200,
      maintenance_slices: null,
      status: 'provisional',
      met: true,
    });
    expect(slo1.value).toBeCloseTo(1 - 1_200 / valid, 12);
    expect(slo1.budget.seconds).toBeCloseTo(valid / 100, 9);
    expect(slo1.budget.consumed).toBeCloseTo(1_200 / (valid / 100), 12);
    expect(slo1.incidents.map(({ incident_id, seconds }) => [incident_id, seconds])).toEqual([
      ['I1', 1_200],
      ['I2', 0],
    ]);
    expect(slo1.maintenances).toEqual([
      {
        maintenance_id: 'M1',
        title: '',
        announced_at: '2026-03-09T10:00:00.000Z',
        starts_at: '2026-03-10T10:00:00.000Z',
        ends_at: '2026-03-10T12:00:00.000Z',
        excluded: null,
        event_ids: [expect.stringMatching(/^[0-9a-f]{32}$/)],
      },
    ]);
  });

  it('finds incidents and maintenance of a service that it spells in another case', async () => {
    service('shop', 'sales');
    slo('there', 'SHOP', incidents);
    announce('M1', ['Shop'], '2026-03-09T10:00Z', '2026-03-10T10:00Z', '2026-03-10T12:00Z');
    incident('I1', 'shop', '2026-03-10T11:30Z', '2026-03-10T12:20Z');
    await told();
    const there = await level('there');
    expect(there).toMatchObject({ service: 'shop', bad: 1_200, maintenance_seconds: 7_200, status: 'provisional' });
    expect(there.incidents).toHaveLength(1);
    expect(there.maintenances).toHaveLength(1);
  });

  it('announced too late, or cancelled, it changes nothing', async () => {
    service('shop', 'sales');
    slo('there', 'shop', incidents);
    announce('M1', ['shop'], '2026-03-10T10:01Z', '2026-03-10T10:00Z', '2026-03-10T12:00Z');
    announce('M2', ['shop'], '2026-03-09T10:01Z', '2026-03-10T10:00Z', '2026-03-10T12:00Z');
    world.story().tell('maintenance.cancelled', '2026-03-10T09:59Z', { maintenance_id: 'M2' });
    incident('I1', 'shop', '2026-03-10T11:30Z', '2026-03-10T12:20Z');
    await told();
    const there = await level('there');
    expect(there).toMatchObject({ bad: 3_000, valid: MONTH, maintenance_seconds: 0 });
    expect(there.maintenances.map(({ maintenance_id, excluded }) => [maintenance_id, excluded])).toEqual([
      ['M2', 'cancelled'],
      ['M1', 'announced_late'],
    ]);
  });

  it('of a month of the calendar: what is still to come of it is part of the budget', async () => {
    service('shop', 'sales');
    const calendar = { count: 1, unit: 'month', anchor: '2026-01-01T00:00:00', tz: 'UTC' };
    slo('month', 'shop', { ...incidents, calendar });
    announce('M1', ['shop'], '2026-03-02T10:00Z', '2026-03-10T10:00Z', '2026-03-10T12:00Z');
    announce('M2', ['shop'], '2026-03-02T10:00Z', '2026-03-25T10:00Z', '2026-03-25T12:00Z');
    world.story().tell('source.heartbeat', '2026-03-19T00:00Z', { name: 'canonical' });
    announce('M3', ['shop'], '2026-03-02T10:00Z', '2026-03-19T23:00Z', '2026-03-20T12:00Z');
    await told();
    const { valid, maintenance_seconds, budget } = await level('month', { as_of: '2026-03-20T00:00:00Z' });
    expect([valid, maintenance_seconds]).toEqual([19 * DAY - 10_800, 10_800]);
    expect(budget.seconds).toBeCloseTo((31 * DAY - 10_800) / 100, 9);
  });

  it('burns by what lay outside of maintenance, and not at all where all was within', async () => {
    service('shop', 'sales');
    service('cart', 'sales');
    slo('there', 'shop', incidents);
    slo('cart-there', 'cart', incidents);
    announce('M1', ['shop', 'cart'], '2026-03-09T10:00Z', '2026-03-31T23:30Z', '2026-04-01T03:00Z');
    announce('M2', ['cart'], '2026-03-09T10:00Z', '2026-03-31T22:00Z', '2026-03-31T23:30Z');
    incident('I1', 'shop', '2026-03-31T23:15Z', null);
    incident('I2', 'cart', '2026-03-31T23:15Z', null);
    await told();
    const shop = await level('there');
    // A quarter of an hour of the half that was not maintenance; what is still to come of it is taken out of nothing.
    expect(shop.burn_rate['1h']).toBeCloseTo(0.5 / 0.01, 9);
    expect(shop.burn_rate['24h']).toBeCloseTo(900 / (DAY - 1_800) / 0.01, 9);
    expect(shop).toMatchObject({ bad: 900, maintenance_seconds: 1_800, open_incidents: 1 });
    const long = shop.alerts.find(({ long_seconds }) => long_seconds === 3_600)!;
    expect(long.valid_long).toBe(1_800);
    const cart = await level('cart-there');
    expect(cart).toMatchObject({ bad: 0, maintenance_seconds: 7_200, burn_rate: { '1h': null, '24h': 0 } });
    expect(cart.alerts.find(({ long_seconds }) => long_seconds === 3_600)).toMatchObject({ state: 'no_data' });
  });

  it('shows the days on the status page less their maintenance', async () => {
    service('shop', 'sales');
    slo('there', 'shop', incidents);
    announce('M1', ['shop'], '2026-03-09T10:00Z', '2026-03-10T00:00Z', '2026-03-10T12:00Z');
    announce('M2', ['shop'], '2026-03-09T10:00Z', '2026-03-11T00:00Z', '2026-03-12T00:00Z');
    incident('I1', 'shop', '2026-03-10T06:00Z', '2026-03-10T18:00Z');
    await told();
    const { days } = (await world.status()).slos[0]!;
    const badShares = new Map(days.map(({ date, badShare }) => [date, badShare]));
    expect(['2026-03-09', '2026-03-10', '2026-03-11', '2026-03-12'].map((date) => badShares.get(date))).toEqual([
      0,
      0.5,
      null,
      0,
    ]);
  });
});

describe('a service level by slices, less maintenance', () => {
  const windows = { sli: 'ratio', indicator: { from: 'windows', name: 'shop' } };
  const tell = (): void => {
    service('shop', 'sales');
    slo('events', 'shop', { ...windows, method: 'Occurrences' });
    slo('hours', 'shop', { ...windows, method: 'Timeslices', slice_target: 0.99 });
    slo('hours-bad', 'shop', { ...windows, method: 'Timeslices', slice_target: 0.99, missing: 'bad' });
    slo('ratios', 'shop', { ...windows, method: 'RatioTimeslices' });
    // Hours 10 and 11 of the tenth are bad, of hours 12 and 13 nothing was told.
    slices('shop', (hour) => (hour === 204 || hour === 205 ? null : hour === 202 || hour === 203 ? 80 : 1));
  };
  const plan = (): void => {
    announce('M1', ['shop'], '2026-03-09T10:00Z', '2026-03-10T10:30Z', '2026-03-10T11:10Z');
    announce('M2', ['shop'], '2026-03-09T10:00Z', '2026-03-10T12:00Z', '2026-03-10T12:01Z');
  };

  it('counts, without any, what was bad and what is missing', async () => {
    tell();
    await told();
    const none = { maintenance_slices: 0, maintenance_seconds: null, missing_slices: 2 };
    expect(await level('events')).toMatchObject({ ...none, valid: 71_800, good: 716 * 99 + 40 });
    expect(await level('hours')).toMatchObject({ ...none, valid: 718, good: 716 });
    expect(await level('hours-bad')).toMatchObject({ ...none, valid: 720, good: 716 });
  });

  it('leaves out the slices that it touches: neither good nor bad nor missing, but counted', async () => {
    tell();
    plan();
    await told();
    const some = { maintenance_slices: 3, maintenance_seconds: null, missing_slices: 1 };
    expect(await level('events')).toMatchObject({ ...some, valid: 71_600, good: 716 * 99, value: 0.99 });
    expect(await level('hours')).toMatchObject({ ...some, valid: 716, good: 716, value: 1 });
    expect(await level('hours-bad')).toMatchObject({ ...some, valid: 717, good: 716 });
    expect((await level('ratios')).value).toBeCloseTo(0.99, 12);
    expect((await level('hours')).coverage).toBeCloseTo(716 / 717, 12);
  });

  it('of the last hour, all of it maintenance, there is no burn rate', async () => {
    tell();
    announce('M1', ['shop'], '2026-03-09T10:00Z', '2026-03-31T23:10Z', '2026-04-01T03:00Z');
    await told();
    for (const name of ['events', 'hours', 'hours-bad']) {
      const one = await level(name);
      expect(one, name).toMatchObject({ burn_rate: { '1h': null }, maintenance_slices: 1 });
      expect(one.burn_rate['24h'], name).not.toBeNull();
    }
  });

  it('has no value where the whole window was maintenance', async () => {
    tell();
    for (const [id, from, to] of [
      ['M1', '2026-03-01T00:00Z', '2026-03-20T00:00Z'],
      ['M2', '2026-03-20T00:00Z', '2026-04-02T00:00Z'],
    ] as const)
      announce(id, ['shop'], '2026-02-09T10:00Z', from, to);
    slo('there', 'shop', incidents);
    await told();
    for (const name of ['events', 'hours', 'hours-bad', 'there'])
      expect(await level(name), name).toMatchObject({
        value: null,
        status: 'not_applicable',
        valid: expect.anything(),
      });
  });
});
