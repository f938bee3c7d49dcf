import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AtomBench, ask, openBench, rollout, service, source } from './atoms.ts';

let bench: AtomBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench.close();
});

const alive = source('argocd', '2025-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z');
const week = { from: '2025-10-27', to: '2025-11-03' };

describe('deployment frequency', () => {
  it('EX-DF-1: counts what delivered a change, once per rollout, on its local day', async () => {
    await bench.fill({
      service_spans: [service('api')],
      source_spans: [alive],
      rollouts: [
        rollout('d1', '2025-10-27T10:00:00.000Z'),
        rollout('d2', '2025-10-28T10:00:00.000Z'),
        rollout('d3', '2025-10-29T10:00:00.000Z', { outcome: 'cancelled', kind: '' }),
        rollout('d4', '2025-10-30T10:00:00.000Z', { production: 0, excluded: 'not_production' }),
        rollout('r5', '2025-10-30T11:00:00.000Z', { kind: 'rollback' }),
        rollout('n6', '2025-10-31T11:00:00.000Z', { kind: 'noop' }),
        rollout('d7', '2025-10-31T23:30:00.000Z'),
      ],
    });
    const deps = bench.deps('2025-12-01T00:00:00.000Z', 'Europe/Berlin');
    const answer = await ask(deps, 'dora.deployment_frequency', { ...week, grain: 'day' });
    const total = answer.totals[0]!;
    expect(total.value).toBeCloseTo(3 / 7, 12);
    expect(total).toMatchObject({ count: 3, deployment_days: 3, n: 3, numerator: 3, denominator: 7, status: 'ok' });
    expect(total.window).toEqual({
      start: '2025-10-26T23:00:00.000Z',
      end: '2025-11-02T23:00:00.000Z',
      tz: 'Europe/Berlin',
      grain: 'day',
      partial: false,
    });
    expect(total.ci!.low).toBeCloseTo(0.088, 3);
    expect(total.ci!.high).toBeCloseTo(1.252, 3);
    expect(total.excluded).toEqual({ cancelled: 1, noop: 1, not_production: 1, rollback: 1 });
    expect(answer.series.map((row) => row.count)).toEqual([1, 1, 0, 0, 0, 1, 0]);
    expect(answer.series[5]!.time).toBe('2025-10-31T23:00:00.000Z');
    const all = await ask(deps, 'dora.deployment_frequency', { ...week, count: 'all_rollouts' });
    expect(all.totals[0]!.count).toBe(5);
    const october = await ask(deps, 'dora.deployment_frequency', { from: '2025-10-01', to: '2025-11-01' });
    expect(october.totals[0]!.count).toBe(2);
    expect(october.totals[0]!.median_interval_seconds).toBe(86_400);
  });
});
