import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AtomBench, ask, incident, openBench, rollout, service, source } from './atoms.ts';

let bench: AtomBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench.close();
});

const spans = {
  service_spans: [service('api'), service('web', { team: 'team-b' })],
  source_spans: [source('pagerduty', '2025-01-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z')],
};
const deps = () => bench.deps('2026-05-01T00:00:00.000Z', 'Europe/Berlin');
const week = { from: '2025-10-06', to: '2025-10-13' };
const at = (time: string) => `2025-10-08T${time}:00.000Z`;
const total = async (id: string, more: Record<string, string> = {}) =>
  (await ask(deps(), id, { ...week, ...more })).totals[0]!;

describe('incidents', () => {
  it('EX-MTTR-1: the mean with its median beside it, and downtime without overlap', async () => {
    const incidents = [
      incident('i1', at('10:00'), at('10:30')),
      incident('i2', at('10:20'), at('10:50')),
      incident('i3', at('12:00'), at('16:00')),
    ];
    await bench.fill({ ...spans, incidents });
    const mean = await total('ops.mttr');
    expect(mean).toMatchObject({ value: 100, n: 3, ci: null, caveat: 'mttr-low-information', status: 'insufficient' });
    expect(mean.quantiles!.p50.value).toBe(30);
    await bench.fill({ ...spans, incidents: incidents.slice(0, 2) });
    expect(await total('ops.downtime')).toMatchObject({ value: 50, n: 2, unit: 'minutes', status: 'ok' });
  });

  it('EX-MTTR-2 and EX-TZ-4: one cohort, split downtime, physical hours', async () => {
    const across = incident('i1', '2025-09-30T21:00:00.000Z', '2025-10-01T01:00:00.000Z');
    await bench.fill({
      ...spans,
      incidents: [across, incident('i2', '2025-10-26T00:30:00.000Z', '2025-10-26T02:30:00.000Z')],
    });
    const quarters = { from: '2025-07-01', to: '2026-01-01', grain: 'quarter' };
    const values = async (id: string, more = {}) =>
      (await ask(deps(), id, { ...quarters, ...more })).series.map((row) => row.value);
    expect(await values('ops.mttr')).toEqual([240, 120]);
    expect(await values('ops.mttr', { bucket: 'restored_at' })).toEqual([null, 180]);
    expect(await values('ops.downtime')).toEqual([60, 180 + 120]);
  });

  it('EX-MTTR-3: open incidents are shown, not averaged', async () => {
    const open = incident('i3', at('12:00'), null);
    await bench.fill({
      ...spans,
      incidents: [incident('i1', at('10:00'), at('10:20')), incident('i2', at('10:00'), at('10:40')), open],
    });
    expect(await total('ops.mttr')).toMatchObject({ value: 30, n: 2, open_n: 1, status: 'insufficient' });
    await bench.fill({ ...spans, incidents: [open] });
    expect(await total('ops.mttr')).toMatchObject({ value: null, n: 0, open_n: 1, status: 'insufficient' });
    const early = bench.deps('2025-10-08T13:00:00.000Z', 'Europe/Berlin');
    expect((await ask(early, 'ops.downtime', week)).totals[0]).toMatchObject({
      value: 60,
      open_n: 1,
      status: 'provisional',
    });
  });

  it('cuts downtime to buckets, to the window and, rolling, to the days looked back at', async () => {
    await bench.fill({ ...spans, incidents: [incident('i1', '2025-10-08T22:00:00.000Z', '2025-10-10T21:00:00.000Z')] });
    const minutes = async (more: Record<string, string>) =>
      (
        await ask(deps(), 'ops.downtime', { from: '2025-10-08', to: '2025-10-10T12:00:00Z', tz: 'UTC', ...more })
      ).series.map((row) => [row.value, row.n]);
    expect(await minutes({ grain: 'day' })).toEqual([
      [120, 1],
      [1440, 1],
      [720, 1],
    ]);
    expect(await minutes({ grain: 'week' })).toEqual([[120 + 1440 + 720, 1]]);
    expect(await minutes({ grain: '2d' })).toEqual([
      [120, 1],
      [1560, 1],
      [1440 + 720, 1],
    ]);
  });

  it('times detection and acknowledgement, and says who cannot be timed', async () => {
    const incidents = [
      incident('i1', at('10:00'), at('11:00'), { detected_at: at('10:05'), acknowledged_at: at('10:07') }),
      incident('i2', at('10:00'), at('11:00'), { detected_at: at('10:15'), acknowledged_at: null }),
      incident('i3', at('10:00'), at('11:00'), { impact_started_at: null }),
      incident('i4', at('10:00'), at('11:00'), { impact_started_at: at('10:20'), detected_at: at('10:00') }),
      incident('i5', at('10:00'), null, { excluded: 'duplicate' }),
    ];
    await bench.fill({ ...spans, incidents });
    expect(await total('ops.time_to_detect')).toMatchObject({
      value: 10,
      n: 2,
      excluded: { duplicate: 1, negative_duration: 1, no_impact_start: 1 },
    });
    expect(await total('ops.time_to_acknowledge')).toMatchObject({ value: null, n: 1, open_n: 3 });
    expect(await total('ops.time_to_acknowledge', { closed_only: '' })).toMatchObject({ value: 2, n: 1, open_n: 3 });
  });

  it('rates incidents by service-days and by deployments', async () => {
    const incidents = [incident('i1', at('10:00'), at('10:30')), incident('i2', at('10:20'), null)];
    const rollouts = ['a', 'b', 'c', 'd'].map((id) => rollout(id, at('09:00')));
    await bench.fill({ ...spans, incidents, rollouts: [...rollouts, rollout('n', at('09:00'), { kind: 'noop' })] });
    expect(await total('ops.incident_rate')).toMatchObject({
      numerator: 2,
      denominator: 14,
      unit: 'incidents/30 service-days',
    });
    expect((await total('ops.incident_rate')).value).toBeCloseTo((2 / 14) * 30, 12);
    const per = await total('ops.incident_rate', { per: '100_deployments' });
    expect(per).toMatchObject({ denominator: 4, value: 50, unit: 'incidents/100 deployments' });
    const quiet = await total('ops.incident_rate', { per: '100_deployments', service: 'web' });
    expect(quiet).toMatchObject({ value: null, status: 'not_applicable' });
  });

  it('gives the mean of ten a bootstrap interval that every run repeats', async () => {
    const minutes = [5, 7, 8, 12, 14, 20, 22, 31, 45, 220];
    const incidents = minutes.map((length, n) =>
      incident(`i${n}`, at('10:00'), new Date(Date.parse(at('10:00')) + length * 60_000).toISOString()),
    );
    await bench.fill({ ...spans, incidents });
    const first = await total('ops.mttr');
    expect(first.ci!.method).toBe('bca');
    // A skewed sample reaches further up than down.
    expect(first.ci!.high! - first.value!).toBeGreaterThan(first.value! - first.ci!.low!);
    await bench.fill({ ...spans, incidents: [...incidents].reverse() });
    expect((await total('ops.mttr')).ci).toEqual(first.ci);
    expect((await total('ops.mttr', { grain: 'week' })).ci).not.toEqual(first.ci);
  });
});
