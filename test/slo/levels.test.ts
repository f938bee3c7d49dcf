import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeEvent, type NormalizedEvent } from '../../ingest/event.ts';
import type { EventData, EventType } from '../../ingest/vocabulary/vocabulary.ts';
import { readSlos } from '../../ingest/workspace/slos.ts';
import { readWorkspace } from '../../ingest/workspace/workspace.ts';
import type { SloInDetail } from '../../queries/slo/slos.ts';
import { planningRoutes } from '../../services/routes/planning.ts';
import { type OpenApi, openApi } from '../support/api.ts';

const NOW = '2026-03-31T12:00:00.000Z';
const AT = Date.parse(NOW);
const minutesAgo = (minutes: number) => new Date(AT - minutes * 60_000).toISOString();

const source = (spec: string) => `{ metricSource: { type: Headway, spec: ${spec} } }`;
const slo = (name: string, indicator: string, more: string, annotations = '{}') => `
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: ${name}, annotations: ${annotations} }
spec:
  service: shop
  indicator: { spec: { ratioMetric: ${indicator} } }
  ${more}
`;
const policies = `{ good: ${source('{ events: policy.evaluated, where: { policy: gate, outcome: [allowed, warned] } }')}, total: ${source('{ events: policy.evaluated, where: { policy: gate } }')} }`;
const windows = `{ good: ${source('{ windows: checkout }')}, total: ${source('{ windows: checkout }')} }`;
const rollouts = `{ bad: ${source('{ rollouts: production, where: { outcome: failed_live } }')}, total: ${source('{ rollouts: production, where: { outcome: [succeeded, failed_live] } }')} }`;
const day = 'timeWindow: [{ duration: 1d, isRolling: true }]';
const slices = `${day}
  budgetingMethod: Timeslices
  objectives: [{ target: 0.99, timeSliceTarget: 0.95, timeSliceWindow: 1m }]`;

const YAML = [
  slo(
    'gate',
    policies,
    `timeWindow: [{ duration: 28d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.99 }]`,
  ),
  slo('minutes', windows, slices),
  slo('minutes-good', windows, slices, '{ headway.dev/missing: good }'),
  slo('minutes-bad', windows, slices, '{ headway.dev/missing: bad }'),
  slo(
    'deploys',
    rollouts,
    `timeWindow: [{ duration: 1M, isRolling: false, calendar: { startTime: 2026-01-01 00:00:00, timeZone: Europe/Berlin } }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.9 }]`,
  ),
].join('');

let api: OpenApi;
let told = 0;

function event<T extends EventType>(type: T, occurred_at: string, data: EventData<T>): NormalizedEvent {
  told += 1;
  return makeEvent(
    { type, subject: 'tests', occurred_at, key: [`${told}`], data },
    { source: 'tests', normaliser: 1, delivery_id: 'd' },
  ) as NormalizedEvent;
}

const get = async (path: string) => {
  const response = await api.app.inject({ method: 'GET', url: path });
  expect(response.statusCode, response.body.slice(0, 500)).toBe(200);
  return response.json() as SloInDetail;
};

beforeAll(async () => {
  api = await openApi({
    now: () => NOW,
    routes: (server, reading) => planningRoutes(server, reading.judging, () => NOW),
  });
  const read = readWorkspace([{ path: 'slos/all.yaml', text: YAML }], { timezone: 'UTC', readers: { slos: readSlos } });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const defined = read.workspace.definitions.map(({ type, data }) => event(type, minutesAgo(90 * 1_440), data));
  const evaluated = (index: number, outcome: 'allowed' | 'denied', minutes: number) =>
    event('policy.evaluated', minutesAgo(minutes), { evaluation_id: `e${index}`, policy: 'gate', outcome });
  const counted = (index: number): NormalizedEvent[] => {
    // The minute `index` of the day: three are bad, 37 had no traffic, one is exactly at its target.
    if (index >= 100 && index < 137) return [];
    const good = index < 3 ? 94 : index === 3 ? 95 : 100;
    const [from, to] = [minutesAgo(1_440 - index), minutesAgo(1_439 - index)];
    return [event('sli.window', from, { sli: 'Checkout', from, to, good, valid: 100 })];
  };
  const rollout = (id: string, minutes: number, outcome: 'succeeded' | 'failed', service_id = 'shop') => [
    event('deployment.started', minutesAgo(minutes + 10), { rollout_id: id, service_id, environment: 'production' }),
    ...(outcome === 'failed'
      ? [
          event('deployment.exposed', minutesAgo(minutes + 5), {
            rollout_id: id,
            service_id,
            environment: 'production',
          }),
        ]
      : []),
    event('deployment.finished', minutesAgo(minutes), {
      rollout_id: id,
      service_id,
      environment: 'production',
      revision: id,
      outcome,
    }),
  ];
  const events = [
    ...defined,
    event('source.heartbeat', minutesAgo(60 * 1_440), { name: 'tests' }),
    event('source.heartbeat', NOW, { name: 'tests' }),
    ...Array.from({ length: 300 }, (_, index) =>
      evaluated(index, index < 3 ? 'denied' : 'allowed', index < 3 ? 3 * 1_440 : 1 + index),
    ),
    // Of another policy, and before the window.
    event('policy.evaluated', minutesAgo(5), { evaluation_id: 'x', policy: 'other', outcome: 'denied' }),
    evaluated(999, 'denied', 28 * 1_440 + 1),
    // Read again by newer code, which no longer says so.
    { ...evaluated(998, 'denied', 4), delivery_id: 'again' },
    {
      ...event('policy.evaluated', minutesAgo(4), { evaluation_id: 'x', policy: 'other', outcome: 'denied' }),
      delivery_id: 'again',
      normaliser: 2,
    },
    ...Array.from({ length: 1_440 }, (_, index) => counted(index)).flat(),
    ...rollout('r1', 2_000, 'succeeded'),
    ...rollout('r2', 1_436, 'failed'),
    ...rollout('r3', 700, 'succeeded'),
    ...Array.from({ length: 8 }, (_, index) => rollout(`s${index}`, 3_000 + index * 60, 'succeeded')).flat(),
    ...rollout('elsewhere', 900, 'failed', 'ledger'),
    // In February of Berlin: another window.
    ...rollout('earlier', 61 + 30 * 1_440 + 12 * 60, 'failed'),
  ];
  await api.ledger.write(events.map((one) => ({ event: one, recorded_at: one.occurred_at })));
  await api.ledger.write(
    [{ event: evaluated(1_000, 'denied', 2), recorded_at: NOW }].map((one) => ({
      ...one,
      recorded_at: '2026-03-31T12:30:00.000Z',
    })),
  );
  await api.ledger.atoms.rebuild();
}, 120_000);
afterAll(async () => {
  await api?.close();
});

describe('service levels from events to the answer', () => {
  it('EX-SLO-1: 297 of 300 as of what was known, and overspent once one more failure was', async () => {
    const found = await get(`/v1/slos/gate?as_of=${NOW}`);
    expect(found).toMatchObject({
      good: 297,
      valid: 300,
      bad: 3,
      unit: 'events',
      met: true,
      status: 'ok',
      coverage: 1,
    });
    expect(found.value).toBeCloseTo(0.99, 12);
    expect(found.budget.allowed).toBeCloseTo(3, 9);
    expect(found.budget.consumed).toBeCloseTo(1, 9);
    expect(found.budget.remaining).toBeCloseTo(0, 9);
    const later = await get('/v1/slos/gate');
    expect(later).toMatchObject({ good: 297, valid: 301, met: false });
    expect(later.budget.remaining).toBeCloseTo(1 - 4 / 3.01, 9);
    // One failure among 60 in the last hour, and none of five in the last minutes but that one.
    expect(later.burn_rate['1h']).toBeCloseTo(1 / 58 / 0.01, 0);
    expect(later.alerts.map(({ name, state }) => [name, state])).toEqual([
      ['page-1h', 'ok'],
      ['page-6h', 'ok'],
      ['ticket-24h', 'ok'],
      ['ticket-72h', 'ok'],
    ]);
  });

  it('EX-SLO-2: a day of minutes, those without traffic left out, good or bad', async () => {
    const left = await get('/v1/slos/minutes');
    expect(left).toMatchObject({ good: 1_400, valid: 1_403, missing_slices: 37, unit: 'slices', status: 'partial' });
    expect(left.value).toBeCloseTo(0.99786, 5);
    expect(left.coverage).toBeCloseTo(1_403 / 1_440, 12);
    expect(left.window).toMatchObject({ start: minutesAgo(1_440), end: NOW });
    expect((await get('/v1/slos/minutes-good')).value).toBe(1_437 / 1_440);
    const bad = await get('/v1/slos/minutes-bad');
    expect(bad.value).toBeCloseTo(0.97222, 5);
    expect(bad).toMatchObject({ met: false });
    expect(bad.budget.consumed).toBeCloseTo(40 / 14.4, 9);
  });

  it('counts rollouts in the month of its own zone, and tells which spent the budget', async () => {
    const found = await get('/v1/slos/deploys');
    expect(found).toMatchObject({
      good: 10,
      valid: 11,
      bad: 1,
      window: { start: '2026-02-28T23:00:00.000Z', days: 30 },
    });
    expect(found.budget.consumed).toBeCloseTo(1 / 1.1, 9);
    expect(found.rollouts.map(({ rollout_id, bad }) => [rollout_id, bad])).toEqual([['r2', 1]]);
    // The bad minutes lie between the start of r2 and its end, while r1 was still live.
    const minutes = await get('/v1/slos/minutes');
    expect(minutes.rollouts.map(({ rollout_id, bad }) => [rollout_id, bad])).toEqual([
      ['r2', 3],
      ['r1', 3],
    ]);
    expect(minutes.rollouts[0]!.budget_share).toBeCloseTo(3 / 14.03, 9);
  });
});
