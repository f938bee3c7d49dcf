import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MetricAnswer, Row } from '../../queries/envelope.ts';
import { newStory, type Story } from '../histories/story.ts';
import { type OpenApi, openApi } from '../support/api.ts';

const NOW = '2026-04-01T00:00:00.000Z';
const march = { from: '2026-03-02T00:00Z', to: '2026-04-01T00:00Z' };
const MINUTES = 30 * 1_440;

let api: OpenApi;
let story: Story;

beforeAll(async () => {
  api = await openApi({ now: () => NOW });
}, 120_000);
afterAll(() => api?.close());

const service = (service_id: string, team: string, at = '2026-01-01T00:00Z', more: object = {}) =>
  story.tell('service.defined', at, { service_id, team, registered_at: '2026-01-01T00:00:00.000Z', ...more });
const incident = (incident_id: string, service_id: string, from: string, to: string | null) => {
  story.tell('incident.detected', from, { incident_id, service_id, impact_started_at: from });
  if (to !== null) story.tell('incident.resolved', to, { incident_id, service_id });
};
const slo = (name: string, service: string, definition: object) =>
  story.tell('slo.defined', '2026-01-01T00:00Z', {
    slo: name,
    public: false,
    definition: { title: name, service, window_days: 30, slice_seconds: 3_600, ...definition } as never,
  });
/** Hours from the first of the window on: 100 valid each. */
const slices = (sli: string, from: number, to: number, bad: (hour: number) => number) => {
  for (let hour = from; hour < to; hour += 1) {
    const at = Date.parse(march.from.replace('Z', ':00Z')) + hour * 3_600_000;
    const [start, end] = [at, at + 3_600_000].map((time) => new Date(time).toISOString()) as [string, string];
    story.tell('sli.window', start, { sli, from: start, to: end, good: 100 - bad(hour), valid: 100 });
  }
};

async function ask(params: Record<string, string> = {}): Promise<MetricAnswer> {
  const response = await api.app.inject({
    method: 'GET',
    url: '/v1/metrics/platform.availability',
    query: { ...march, ...params },
  });
  expect(response.statusCode, response.body.slice(0, 500)).toBe(200);
  return response.json() as MetricAnswer;
}
const total = async (params: Record<string, string> = {}): Promise<Row> => {
  const { totals } = await ask(params);
  expect(totals).toHaveLength(1);
  return totals[0]!;
};
async function told(): Promise<void> {
  await api.ledger.clear();
  await api.ledger.write(story.history);
  await api.ledger.atoms.rebuild();
}

beforeEach(() => {
  story = newStory();
  for (const at of ['2026-01-01T00:00Z', '2026-03-31T10:00Z', '2026-03-31T23:00Z'])
    story.tell('source.heartbeat', at, { name: 'canonical' });
});

describe('availability by incidents', () => {
  it('EX-AVL-1: two incidents that overlap are 50 minutes, and 99.9 % is missed', async () => {
    service('shop', 'sales');
    incident('I1', 'shop', '2026-03-10T10:00Z', '2026-03-10T10:30Z');
    incident('I2', 'shop', '2026-03-10T10:20Z', '2026-03-10T10:50Z');
    await told();
    const row = await total();
    expect(row.value).toBeCloseTo(1 - 50 / MINUTES, 12);
    expect(row.value!.toFixed(5)).toBe('0.99884');
    expect(row).toMatchObject({
      n: 2,
      method: 'time',
      status: 'provisional',
      coverage: 1,
      denominator: MINUTES * 60,
      services_n: 1,
      worst_service: 'shop',
      meeting_n: 0,
      meeting_share: 0,
    });
    expect(await total({ level: '0.998' })).toMatchObject({ meeting_n: 1 });
    const { series } = await ask({ grain: 'day' });
    expect(series.map(({ value }) => value).filter((value) => value !== 1)).toEqual([1 - 50 / 1_440]);
  });

  it('EX-AVL-2: an open incident counts until as_of', async () => {
    service('shop', 'sales');
    incident('I1', 'shop', '2026-03-31T12:00Z', null);
    await told();
    expect((await total()).value).toBeCloseTo(1 - 720 / MINUTES, 12);
    expect(await total()).toMatchObject({ open_n: 1 });
    const past = await total({ as_of: '2026-03-31T18:00Z' });
    expect(past.value).toBeCloseTo(1 - 360 / (MINUTES - 360), 12);
    expect((await total({ as_of: '2026-03-31T11:00Z' })).value).toBe(1);
  });

  it('of several is that of the worst, never a mean; or of any, if asked for', async () => {
    service('shop', 'sales');
    service('cart', 'sales');
    service('search', 'find');
    slo('cart-level', 'cart', { target: 0.99, sli: 'incidents' });
    incident('I1', 'shop', '2026-03-10T10:00Z', '2026-03-10T11:00Z');
    incident('I2', 'cart', '2026-03-10T10:30Z', '2026-03-10T12:30Z');
    await told();
    const row = await total();
    expect(row.value).toBeCloseTo(1 - 120 / MINUTES, 12);
    // Its own SLO is content with that; nobody's is with 99.86 % of shop.
    expect(row).toMatchObject({ n: 2, services_n: 3, worst_service: 'cart', meeting_n: 2 });
    expect(row.meeting_share).toBeCloseTo(2 / 3, 12);
    expect((await total({ any_down: 'true' })).value).toBeCloseTo(1 - 150 / MINUTES, 12);
    const teams = (await ask({ group_by: 'team' })).totals.map(({ team, value }) => [team, value]);
    expect(teams).toEqual([
      ['find', 1],
      ['sales', 1 - 120 / MINUTES],
    ]);
    const services = (await ask({ group_by: 'service' })).totals.map((one) => [one.service, one.value]);
    expect(services).toEqual([
      ['cart', 1 - 120 / MINUTES],
      ['search', 1],
      ['shop', 1 - 60 / MINUTES],
    ]);
  });

  it('has no row for who owned the service before the window, though an incident of then goes on', async () => {
    service('shop', 'sales');
    service('shop', 'stores', '2026-02-15T00:00Z');
    incident('I1', 'shop', '2026-02-01T00:00Z', null);
    await told();
    expect((await ask({ group_by: 'team' })).totals.map(({ team, value }) => [team, value])).toEqual([['stores', 1]]);
  });

  it('is of the time that a service was there, and nothing where nobody listened', async () => {
    story.tell('service.defined', '2026-01-01T00:00Z', {
      service_id: 'shop',
      team: 'sales',
      registered_at: '2026-03-22T00:00:00.000Z',
    });
    incident('I1', 'shop', '2026-03-25T00:00Z', '2026-03-25T12:00Z');
    await told();
    expect((await total()).value).toBeCloseTo(1 - 0.5 / 10, 12);
    story = newStory();
    service('shop', 'sales');
    await told();
    expect(await total()).toMatchObject({ value: null, status: 'no_data', meeting_share: null, worst_service: null });
  });
});

describe('availability by slices', () => {
  const windows = (name: string) => ({ sli: 'ratio', target: 0.99, indicator: { from: 'windows', name } });

  it('is good of valid, together where all count events', async () => {
    service('shop', 'sales');
    service('cart', 'sales');
    slo('shop-requests', 'shop', windows('shop'));
    slo('cart-requests', 'cart', windows('cart'));
    slices('shop', 0, 720, () => 1);
    slices('cart', 0, 600, (hour) => (hour < 36 ? 50 : 0));
    incident('I1', 'shop', '2026-03-10T10:00Z', '2026-03-10T11:00Z');
    await told();
    const row = await total({ service: 'shop' });
    expect(row).toMatchObject({
      numerator: 71_280,
      denominator: 72_000,
      value: 0.99,
      n: 720,
      method: 'events',
      coverage: 1,
      // At its level is enough.
      meeting_n: 1,
    });
    const both = await total();
    expect(both).toMatchObject({
      numerator: 71_280 + 58_200,
      denominator: 132_000,
      services_n: 2,
      worst_service: 'cart',
    });
    expect(both.value).toBeCloseTo(129_480 / 132_000, 12);
    // A sixth of cart's hours are not told.
    expect(both.coverage).toBeCloseTo((1 + 5 / 6) / 2, 12);
    expect(both.status).toBe('partial');
    expect((await total({ service: 'shop', method: 'time' })).value).toBeCloseTo(1 - 60 / MINUTES, 12);
    const { series } = await ask({ service: 'cart', grain: 'week' });
    expect(series.map(({ denominator }) => denominator)).toEqual([16_800, 16_800, 16_800, 9_600, 0]);
  });

  it('stands beside time as the worst of both, unless slices alone are asked for', async () => {
    service('shop', 'sales');
    service('cart', 'find');
    slo('shop-requests', 'shop', windows('shop'));
    slices('shop', 24, 720, () => 2);
    incident('I1', 'cart', '2026-03-10T10:00Z', '2026-03-10T11:00Z');
    await told();
    const mixed = await total();
    expect(mixed).toMatchObject({ worst_service: 'shop', services_n: 2, method: 'events', numerator: 68_208 });
    expect(mixed.value).toBeCloseTo(0.98, 12);
    const events = await total({ method: 'events' });
    expect(events).toMatchObject({ services_n: 1, coverage: 1, status: 'partial' });
    // Nothing was told before the second day: youth, not silence.
    expect(events.window).toMatchObject({ start: '2026-03-03T00:00:00.000Z', partial: true });
  });

  it('is told by the SLO that is marked, where there are several; else by incidents', async () => {
    service('shop', 'sales');
    slo('fast', 'shop', windows('fast'));
    slo('there', 'shop', windows('there'));
    slices('fast', 0, 720, () => 50);
    slices('there', 0, 720, () => 3);
    await told();
    expect(await total()).toMatchObject({ method: 'time', value: 1, n: 0 });
    slo('there', 'shop', { ...windows('there'), is_availability: true, description: 'marked' });
    await told();
    expect((await total()).value).toBeCloseTo(0.97, 12);
  });
});
