import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Row } from '../../ingest/ports.ts';
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
  source_spans: [source('argocd', '2025-01-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z')],
};
const deps = () => bench.deps('2026-05-01T00:00:00.000Z', 'Europe/Berlin');
const week = { from: '2025-10-06', to: '2025-10-13' };
const at = (time: string, day = '08') => `2025-10-${day}T${time}:00.000Z`;

describe('failures and their repair', () => {
  const changes = ['d1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8'];
  const kinds: Record<string, Row> = {
    d3: { failed_by: ['F1', 'F2'], degraded_at: at('10:05'), detected_at: at('10:10'), restored_at: at('10:45') },
    d5: { planned: 'false', remediation: 1 },
    d8: {
      outcome: 'failed_live',
      failed_by: ['F4'],
      finished_at: at('14:06'),
      degraded_at: at('14:00'),
      restored_at: at('14:06'),
    },
  };
  const rollouts = [
    ...changes.map((id) =>
      rollout(id, at('10:00'), { attempt_outcomes: ['succeeded'], attempt_finished_ats: [at('10:00')], ...kinds[id] }),
    ),
    rollout('r1', at('10:40'), { kind: 'rollback', planned: 'false', remediation: 1 }),
    rollout('n1', at('11:00'), { kind: 'noop', rework_population: 0 }),
    rollout('x1', at('11:00'), { outcome: 'failed_dark', kind: '' }),
    rollout('y1', at('11:00'), { outcome: 'cancelled', kind: '' }),
  ];
  const incidents = [
    incident('i1', at('10:05'), at('10:45'), { cause_rollout_id: 'd3' }),
    incident('i3', at('18:00'), at('19:00')),
    incident('i4', at('18:00'), at('19:00'), { excluded: 'false_alarm' }),
  ];
  const total = async (id: string, more: Record<string, string> = {}) =>
    (await ask(deps(), id, { ...week, ...more })).totals[0]!;

  it('EX-CFR-1, EX-DRR-1 and EX-DSR-1: one week, three rates', async () => {
    await bench.fill({ ...spans, rollouts, incidents });
    const failed = await total('dora.change_fail_rate');
    expect(failed).toMatchObject({ value: 0.25, n: 8, numerator: 2, denominator: 8, unlinked_n: 1, status: 'ok' });
    expect(failed.ci!.low).toBeCloseTo(0.071, 3);
    expect(failed.ci!.high).toBeCloseTo(0.591, 3);
    expect(failed.excluded).toEqual({ cancelled: 1, failed_dark: 1, noop: 1, rollback: 1 });
    const rework = await total('dora.deployment_rework_rate');
    expect(rework).toMatchObject({ numerator: 2, denominator: 9, planned_unknown_n: 0 });
    expect(rework.ci!.high).toBeCloseTo(0.547, 3);
    const worked = await total('delivery.deployment_success_rate');
    expect(worked).toMatchObject({ numerator: 9, denominator: 11, excluded: { cancelled: 1 } });
    expect(await total('dora.deployment_frequency')).toMatchObject({ count: 7 });
  });

  it('EX-FDRT-1: three clocks of one recovery', async () => {
    await bench.fill({ ...spans, rollouts });
    const both = await total('dora.failed_deployment_recovery_time');
    expect(both).toMatchObject({ value: 23, n: 2, ci: null, status: 'insufficient', open_n: 0 });
    const only = async (start: string) =>
      (await total('dora.failed_deployment_recovery_time', { start, bucket: 'restored_at' })).quantiles!.p90.value!;
    // Of 6 and x minutes the 90th percentile is 6 + 0.9 (x - 6); a clock that starts at the end of the abort reads 0.
    expect(await only('degraded')).toBeCloseTo(6 + 0.9 * 34, 9);
    expect(await only('deployed')).toBeCloseTo(0.9 * 45, 9);
  });

  it('EX-FDRT-3: an open failure is longer than any other', async () => {
    const open = [10, 20, 60, null].map((minutes, n) =>
      rollout(`f${n}`, at('10:00'), {
        failed_by: ['F1'],
        degraded_at: at('10:00'),
        restored_at: minutes === null ? null : new Date(Date.parse(at('10:00')) + minutes * 60_000).toISOString(),
      }),
    );
    await bench.fill({ ...spans, rollouts: open });
    const all = await total('dora.failed_deployment_recovery_time');
    expect(all).toMatchObject({ value: 40, n: 3, open_n: 1 });
    expect(all.quantiles!.p90).toMatchObject({ value: null, ci: { low: 20, high: null }, lower_bound: 60 });
    expect(await total('dora.failed_deployment_recovery_time', { closed_only: '' })).toMatchObject({
      value: 20,
      open_n: 1,
    });
    expect(await total('dora.failed_deployment_recovery_time', { bucket: 'restored_at' })).toMatchObject({
      n: 3,
      open_n: 0,
    });
  });

  it('counts by the deployment before, within the lag and inclusive', async () => {
    const near = {
      previous_incident_ids: ['i1', 'i2'],
      previous_incident_lag_seconds: [3_600, 86_400],
      previous_incident_started_ats: [at('11:00'), at('10:00', '09')],
      previous_incident_detected_ats: [at('11:05'), at('10:05', '09')],
      previous_incident_restored_ats: [at('11:30'), at('10:30', '09')],
    };
    await bench.fill({ ...spans, rollouts: [rollout('d1', at('10:00'), near), rollout('d2', at('10:00'))], incidents });
    expect(await total('dora.change_fail_rate')).toMatchObject({ numerator: 0, unlinked_n: 1 });
    const heuristic = await total('dora.change_fail_rate', { link: 'previous_deploy' });
    expect(heuristic).toMatchObject({ numerator: 1, denominator: 2 });
    expect(heuristic).not.toHaveProperty('unlinked_n');
    const recovery = (max_lag: string, start = 'degraded') =>
      total('dora.failed_deployment_recovery_time', { link: 'previous_deploy', max_lag, start });
    expect((await recovery('24')).value).toBe(23 * 60 + 30);
    expect((await recovery('23.9')).value).toBe(30);
    expect((await recovery('1', 'detected')).value).toBe(25);
    expect((await recovery('0.9')).n).toBe(0);
  });

  it('gives no rework rate where too many plans are unknown', async () => {
    const unknown = (n: number) =>
      Array.from({ length: 10 }, (_, i) => rollout(`u${i}`, at('10:00'), { planned: i < n ? 'unknown' : 'true' }));
    await bench.fill({ ...spans, rollouts: unknown(2) });
    expect(await total('dora.deployment_rework_rate')).toMatchObject({ value: 0, planned_unknown_n: 2, status: 'ok' });
    await bench.fill({ ...spans, rollouts: unknown(3) });
    expect(await total('dora.deployment_rework_rate')).toMatchObject({
      value: null,
      planned_unknown_n: 3,
      status: 'no_data',
    });
  });

  it('EX-DSR-2: attempts count for themselves where asked', async () => {
    const attempts = {
      attempt_outcomes: ['failed_dark', 'failed_dark', 'succeeded'],
      attempt_finished_ats: [at('09:00'), at('09:30'), at('10:00')],
    };
    await bench.fill({ ...spans, rollouts: [rollout('d1', at('10:00'), attempts)] });
    expect(await total('delivery.deployment_success_rate')).toMatchObject({ numerator: 1, denominator: 1 });
    expect(await total('delivery.deployment_success_rate', { unit: 'attempt' })).toMatchObject({
      numerator: 1,
      denominator: 3,
    });
  });
});
