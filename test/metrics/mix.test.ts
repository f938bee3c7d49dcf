import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AtomBench, ask, openBench, rollout, service, source } from './atoms.ts';

let bench: AtomBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench.close();
});

const batch = (service: string, day: string, n: number, failed: number) =>
  Array.from({ length: n }, (_, i) =>
    rollout(`${service}-${day}-${i}`, `2025-10-${day}T10:00:00.000Z`, {
      service,
      team: service,
      failed_by: i < failed ? ['F1'] : [],
      degraded_at: i < failed ? `2025-10-${day}T10:00:00.000Z` : null,
      restored_at: i < failed ? `2025-10-${day}T1${service === 'a' ? 1 : 3}:00:00.000Z` : null,
    }),
  );

it('marks the weeks in which the whole moved against every part, and no others', async () => {
  await bench.fill({
    service_spans: [service('a', { team: 'a' }), service('b', { team: 'b' })],
    source_spans: [source('argocd', '2025-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')],
    rollouts: [
      // Week 2: both teams fail less often, but the one that fails often deploys most: 12/100 becomes 26/110.
      ...batch('a', '07', 90, 9),
      ...batch('b', '07', 10, 3),
      ...batch('a', '14', 10, 0),
      ...batch('b', '14', 100, 26),
      // Week 3: both rise, and so does the whole.
      ...batch('a', '21', 10, 2),
      ...batch('b', '21', 100, 40),
    ],
  });
  const deps = bench.deps('2026-01-01T00:00:00.000Z');
  const question = { from: '2025-10-06', to: '2025-10-27', grain: 'week' };
  const rates = await ask(deps, 'dora.change_fail_rate', question);
  expect(rates.series.map((row) => row.value?.toFixed(2))).toEqual(['0.12', '0.24', '0.38']);
  const marks = async (id: string, more = {}) =>
    (await ask(deps, id, { ...question, group_by: 'team', ...more })).series.map((row) => row.mix_shift === true);
  expect(await marks('dora.change_fail_rate')).toEqual([false, false, true, true, false, false]);
  expect(await marks('dora.change_fail_rate', { team: 'b' })).toEqual([false, false, false]);
  expect(await marks('dora.deployment_frequency')).toEqual([false, false, false, false, false, false]);
  expect(await marks('dora.failed_deployment_recovery_time')).toEqual([false, false, false, false, false, false]);
});
