import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AtomBench, ask, incident, openBench, rollout, service, source } from './atoms.ts';

let bench: AtomBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench.close();
});

const week = { from: '2025-10-06', to: '2025-10-13' };
const late = () => bench.deps('2025-12-01T00:00:00.000Z');
const DF = 'dora.deployment_frequency';

describe('coverage', () => {
  it('clips a window that begins before the first covered day; what lies wholly before is no data', async () => {
    await bench.fill({
      service_spans: [service('api')],
      source_spans: [source('argocd', '2025-10-09T15:00:00.000Z', '2026-01-01T00:00:00.000Z')],
      rollouts: [rollout('d1', '2025-10-10T10:00:00.000Z')],
    });
    const { totals, series, window } = await ask(late(), DF, { ...week, grain: 'day' });
    expect(window).toMatchObject({ start: '2025-10-06T00:00:00.000Z', partial: false });
    expect(totals[0]).toMatchObject({ denominator: 4, value: 0.25, coverage: 1, status: 'partial' });
    expect(totals[0]!.window).toMatchObject({ start: '2025-10-09T00:00:00.000Z', partial: true });
    const statuses = series.map((row) => row.status);
    expect(statuses).toEqual(['no_data', 'no_data', 'no_data', 'ok', 'ok', 'ok', 'ok']);
    expect(series.slice(0, 4).map((row) => row.value)).toEqual([null, null, null, 0]);
    const before = await ask(late(), DF, { from: '2025-09-01', to: '2025-09-08' });
    expect(before.totals[0]).toMatchObject({ status: 'no_data', coverage: 0, window: { partial: false } });
  });

  it('asks per service the sources that ever fed it, and lets a silence speak of one service', async () => {
    await bench.fill({
      service_spans: [service('api'), service('web')],
      source_spans: [
        source('argocd', '2025-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'),
        source('github', '2025-01-01T00:00:00.000Z', '2025-10-08T00:00:00.000Z'),
        source('pager', '2025-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', { kinds: ['incident.detected'] }),
        source('argocd', '2025-01-01T00:00:00.000Z', '2025-10-07T00:00:00.000Z', { service: 'api' }),
        source('argocd', '2025-10-10T00:00:00.000Z', '2026-01-01T00:00:00.000Z', { service: 'api' }),
        source('github', '2025-01-01T00:00:00.000Z', '2025-10-08T00:00:00.000Z', { service: 'web' }),
      ],
    });
    const rows = (await ask(late(), DF, { ...week, group_by: 'service' })).totals;
    expect(rows.map((row) => [row.service, row.coverage, row.status])).toEqual([
      ['api', 4 / 7, 'no_data'],
      ['web', 2 / 7, 'no_data'],
    ]);
    expect((await ask(late(), DF, week)).totals[0]!.coverage).toBeCloseTo(6 / 14, 12);
    const incidents = (await ask(late(), 'ops.incident_rate', { ...week, group_by: 'service' })).totals;
    expect(incidents.map((row) => row.coverage)).toEqual([4 / 7, 2 / 7]);
  });

  it('counts hours for hours, weighs cut days by their share and stops at as_of', async () => {
    await bench.fill({
      service_spans: [service('api')],
      source_spans: [source('argocd', '2025-01-01T00:00:00.000Z', '2025-10-08T06:30:00.000Z')],
    });
    const day = { from: '2025-10-08', to: '2025-10-09', grain: 'hour' };
    const hours = await ask(late(), DF, day);
    expect(hours.series.filter((row) => row.coverage === 1)).toHaveLength(7);
    expect(hours.totals[0]!.coverage).toBeCloseTo(7 / 24, 12);
    const cut = { from: '2025-10-08T18:00:00Z', to: '2025-10-10T00:00:00Z' };
    expect((await ask(late(), DF, cut)).totals[0]!.coverage).toBeCloseTo(0.25 / 1.25, 12);
    const running = bench.deps('2025-10-08T06:00:00.000Z');
    const soFar = (await ask(running, DF, { ...week, grain: 'day' })).series;
    expect(soFar.map((row) => row.coverage)).toEqual([1, 1, 1, 0, 0, 0, 0]);
    const total = (await ask(running, DF, week)).totals[0]!;
    expect(total).toMatchObject({ coverage: 1, denominator: 3, status: 'provisional', window: { partial: true } });
  });

  it('follows owners: a moved service counts for the team that had it, or has it now', async () => {
    const moved = { service: 'api', first_rollout_at: '2025-01-01T00:00:00.000Z' };
    await bench.fill({
      service_spans: [
        service('api', {
          ...moved,
          atom_id: 'x',
          valid_to: '2025-10-09T00:00:00.000Z',
          team: 'team-a',
          team_now: 'team-b',
        }),
        service('api', { ...moved, atom_id: 'y', valid_from: '2025-10-09T00:00:00.000Z', team: 'team-b' }),
      ],
      source_spans: [source('argocd', '2025-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')],
      rollouts: [rollout('d1', '2025-10-07T10:00:00.000Z', { team: 'team-a', team_now: 'team-b' })],
      incidents: [incident('i1', '2025-10-12T10:00:00.000Z', null, { team: 'team-b' })],
    });
    const then = (await ask(late(), DF, { ...week, group_by: 'team' })).totals;
    expect(then.map((row) => [row.team, row.count, row.service_days])).toEqual([
      ['team-a', 1, 3],
      ['team-b', 0, 4],
    ]);
    const now = (await ask(late(), DF, { ...week, group_by: 'team', ownership: 'now' })).totals;
    expect(now.map((row) => [row.team, row.count, row.service_days])).toEqual([['team-b', 1, 7]]);
    const days = (await ask(late(), DF, { ...week, grain: 'day', team: 'team-a' })).series;
    expect(days.map((row) => row.service_days)).toEqual([1, 1, 1, 0, 0, 0, 0]);
  });

  it('answers the worst of what is wrong', async () => {
    const alive = source('argocd', '2025-01-01T00:00:00.000Z', '2025-10-12T12:00:00.000Z');
    const rollouts = Array.from({ length: 5 }, (_, n) => rollout(`d${n}`, '2025-10-07T10:00:00.000Z'));
    const status = async (rows: typeof rollouts, now: string, source_spans = [alive], to = '2025-10-13') => {
      await bench.fill({ service_spans: [service('api')], source_spans, rollouts: rows });
      return (await ask(bench.deps(now), 'dora.change_fail_rate', { from: '2025-10-06', to })).totals[0]!.status;
    };
    expect(await status(rollouts, '2025-10-20T00:00:00.000Z')).toBe('ok');
    expect(await status(rollouts, '2025-10-19T23:59:59.999Z')).toBe('provisional');
    expect(await status(rollouts.slice(1), '2025-10-19T00:00:00.000Z')).toBe('insufficient');
    expect(await status([], '2025-10-19T00:00:00.000Z')).toBe('not_applicable');
    expect(await status(rollouts, '2025-10-19T00:00:00.000Z', [alive], '2025-10-14')).toBe('partial');
    expect(await status([], '2025-10-19T00:00:00.000Z', [])).toBe('no_data');
  });

  it('refuses an answer of too many rows, with what to do', async () => {
    const many = Array.from({ length: 200 }, (_, n) => service(`s${String(n).padStart(3, '0')}`));
    await bench.fill({ service_spans: many, source_spans: [] });
    const asking = ask(late(), DF, { from: '2025-08-01', to: '2025-10-01', grain: 'day', group_by: 'service' });
    await expect(asking).rejects.toThrow('12400 rows');
  });
});
