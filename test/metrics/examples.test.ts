import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Row } from '../../ingest/ports.ts';
import { type AtomBench, ask, change, openBench, rollout, service, source } from './atoms.ts';

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

describe('deployment frequency', () => {
  it('EX-DF-2: no deployments of a live source are 0, a silent source is no data', async () => {
    await bench.fill(spans);
    const [idle] = (await ask(deps(), 'dora.deployment_frequency', week)).totals;
    expect(idle).toMatchObject({ value: 0, status: 'ok', coverage: 1, ci: { low: 0, method: 'garwood' } });
    expect(idle!.ci!.high).toBeCloseTo(0.527, 3);
    const dies = '2025-10-07T22:00:00.000Z';
    await bench.fill({ ...spans, source_spans: [source('argocd', '2025-01-01T00:00:00.000Z', dies)] });
    const [silent] = (await ask(deps(), 'dora.deployment_frequency', week)).totals;
    expect(silent).toMatchObject({ value: null, ci: null, status: 'no_data', coverage: 2 / 7, count: 0 });
  });

  it('EX-DF-3: rates roll up by their parts', async () => {
    const many = Array.from({ length: 14 }, (_, n) => rollout(`a${n}`, at('10:00', `0${6 + (n % 4)}`)));
    const newcomer = service('web', { first_rollout_at: '2025-10-11T10:00:00.000Z' });
    const rollouts = [...many, rollout('b1', '2025-10-11T10:00:00.000Z', { service: 'web' })];
    await bench.fill({ ...spans, service_spans: [service('api'), newcomer], rollouts });
    const [both] = (await ask(deps(), 'dora.deployment_frequency', week)).totals;
    expect(both!.value).toBeCloseTo(15 / 7, 12);
    expect(both).toMatchObject({ service_days: 9 });
    expect(both!.per_service_day).toBeCloseTo(15 / 9, 12);
    const each = (await ask(deps(), 'dora.deployment_frequency', { ...week, group_by: 'service' })).totals;
    expect(each.map((row) => [row.service, row.count, row.service_days])).toEqual([
      ['api', 14, 7],
      ['web', 1, 2],
    ]);
  });

  it('divides by working days, counts hours by their share and classes the cadence', async () => {
    await bench.fill({ ...spans, rollouts: [rollout('d1', at('10:00', '06')), rollout('d2', at('10:00', '11'))] });
    const working = (await ask(deps(), 'dora.deployment_frequency', { ...week, per: 'working_day' })).totals[0]!;
    expect(working).toMatchObject({ denominator: 5, value: 0.4 });
    const weekend = { from: '2025-10-11', to: '2025-10-13', per: 'working_day' };
    const none = (await ask(deps(), 'dora.deployment_frequency', weekend)).totals[0]!;
    expect(none).toMatchObject({ status: 'not_applicable', value: null, denominator: 0, count: 1 });
    const hourly = { from: '2025-10-26', to: '2025-10-27', grain: 'hour' };
    const hours = (await ask(deps(), 'dora.deployment_frequency', hourly)).series;
    expect(hours).toHaveLength(25);
    expect(hours[0]!.denominator).toBeCloseTo(1 / 25, 12);
    const cadence = (await ask(deps(), 'dora.deployment_frequency', { ...week, cadence_class: '' })).totals[0]!;
    expect(cadence.cadence_class).toBe('weekly');
  });

  it('EX-TZ-2 and EX-TZ-3: days and quarters are those of the zone', async () => {
    const twice = ['2025-10-26T00:30:00.000Z', '2025-10-26T01:30:00.000Z', '2025-09-30T22:30:00.000Z'];
    await bench.fill({ ...spans, rollouts: twice.map((time, n) => rollout(`d${n}`, time)) });
    const day = { from: '2025-10-26', to: '2025-10-27', grain: 'day' };
    expect((await ask(deps(), 'dora.deployment_frequency', day)).series[0]).toMatchObject({ count: 2, value: 2 });
    const quarters = { from: '2025-07-01', to: '2026-01-01', grain: 'quarter' };
    const counts = async (tz: string) =>
      (await ask(deps(), 'dora.deployment_frequency', { ...quarters, tz })).series.map((row) => row.count);
    expect(await counts('Europe/Berlin')).toEqual([0, 3]);
    expect(await counts('UTC')).toEqual([1, 2]);
  });

  it('looks back beyond the window for rolling days, and each team reads its own clock with tz=team', async () => {
    const berlin = { team: 'team-a' };
    const late = '2025-10-10T23:30:00.000Z';
    await bench.fill({
      ...spans,
      rollouts: [
        rollout('d1', at('10:00', '04'), berlin),
        rollout('d2', late, berlin),
        rollout('d3', late, { service: 'web', team: 'team-b' }),
      ],
    });
    const rolling = { from: '2025-10-06', to: '2025-10-12', grain: '3d' };
    const series = (await ask(deps(), 'dora.deployment_frequency', { ...rolling, team: 'team-a' })).series;
    expect(series.map((row) => row.count)).toEqual([1, 0, 0, 0, 0, 1]);
    expect(series[0]).toMatchObject({ time: '2025-10-03T22:00:00.000Z', value: 1 / 3 });
    await bench.store.insert('events', [zoneOf('team-b', 'America/New_York')]);
    const days = { from: '2025-10-10', to: '2025-10-12', grain: 'day', group_by: 'team', tz: 'team' };
    const each = (await ask(deps(), 'dora.deployment_frequency', days)).series.filter((row) => row.count === 1);
    expect(each.map((row) => [row.team, row.window.tz, row.time])).toEqual([
      ['team-b', 'America/New_York', '2025-10-10T04:00:00.000Z'],
      ['team-a', 'Europe/Berlin', '2025-10-10T22:00:00.000Z'],
    ]);
  });
});

function zoneOf(team: string, timezone: string): Row {
  const time = '2025-01-01 00:00:00.000';
  const base = { id: `zone-${team}`, normaliser: 1, type: 'team.defined', version: 1, source: 'workspace' };
  return { ...base, entity: `team:${team}`, occurred_at: time, recorded_at: time, data: { team, timezone } };
}

describe('change lead time', () => {
  const hours = (...values: number[]) =>
    values.map((value, n) =>
      change(`c${n}`, new Date(Date.parse(at('12:00')) - value * 3_600_000).toISOString(), at('12:00')),
    );

  it('EX-CLT-1: quantiles by R-7, no interval of five', async () => {
    await bench.fill({ ...spans, changes: hours(2, 3, 5, 26, 30) });
    const [total] = (await ask(deps(), 'dora.change_lead_time', { ...week, bands: 'dora-2024' })).totals;
    expect(total).toMatchObject({ value: 5, n: 5, ci: null, status: 'ok', band: 'elite', unit: 'hours' });
    expect(total!.quantiles!.p75.value).toBe(26);
    expect(total!.quantiles!.p90.value).toBeCloseTo(28.4, 12);
  });

  it('starts at the merge, measures commits and ends at the lasting delivery where asked', async () => {
    const changes = [
      change('c1', at('08:00'), at('12:00'), {
        merged_at: at('11:00'),
        lasting_at: at('16:00'),
        commits: ['s1', 's2', 's3'],
        commit_authored_ats: [at('08:00'), at('09:00'), at('10:30')],
        commit_excluded: ['', '', 'merge_commit'],
      }),
    ];
    await bench.fill({ ...spans, changes });
    const value = async (more: Record<string, string>) =>
      (await ask(deps(), 'dora.change_lead_time', { ...week, ...more })).totals[0]!;
    expect(await value({})).toMatchObject({ value: 4, n: 1, status: 'insufficient' });
    expect((await value({ start: 'merged' })).value).toBe(1);
    expect((await value({ end: 'lasting' })).value).toBe(8);
    expect(await value({ unit: 'commit' })).toMatchObject({ value: 3.5, n: 2, excluded: { merge_commit: 1 } });
  });

  it('EX-CLT-5: one change, two services', async () => {
    const both = [
      change('m', at('10:00'), at('11:00'), { service: 'api' }),
      change('m', at('10:00'), at('15:00'), { service: 'web' }),
    ];
    await bench.fill({ ...spans, changes: both });
    const total = async (more: Record<string, string>) =>
      (await ask(deps(), 'dora.change_lead_time', { ...week, ...more })).totals;
    expect((await total({}))[0]).toMatchObject({ value: 3, n: 2 });
    expect((await total({ dedupe_changes: 'last_service' }))[0]).toMatchObject({ value: 5, n: 1 });
    const each = await total({ dedupe_changes: 'last_service', group_by: 'service' });
    expect(each.map((row) => row.value)).toEqual([1, 5]);
  });

  it('leaves out with reasons, lets in what is asked for, and counts what waits', async () => {
    const changes = [
      change('ok', at('10:00'), at('12:00')),
      change('rev', at('09:00'), at('12:00'), { excluded: 'revert', is_revert: 1 }),
      change('revbot', at('06:00'), at('12:00'), { excluded: 'revert', is_revert: 1, is_bot: 1 }),
      change('bot', at('08:00'), at('12:00'), { excluded: 'bot', is_bot: 1 }),
      change('promo', at('08:00'), null, { excluded: 'promotion' }),
      change('back', at('12:10'), at('12:00')),
      change('skew', at('12:04'), at('12:00')),
      change('waits', '2025-10-10T22:00:00.000Z', null),
      change('later', '2025-10-11T22:00:00.000Z', '2025-10-20T10:00:00.000Z'),
    ];
    await bench.fill({ ...spans, changes });
    const total = async (more: Record<string, string>) =>
      (await ask(deps(), 'dora.change_lead_time', { ...week, ...more })).totals[0]!;
    const plain = await total({});
    expect(plain.excluded).toEqual({ bot: 1, negative_duration: 1, promotion: 1, revert: 2 });
    expect(plain).toMatchObject({ n: 2, value: 1, undeployed_n: 2, undeployed_age_p50_hours: 36 });
    expect((await total({ include_reverts: '' })).excluded).toEqual({ bot: 2, negative_duration: 1, promotion: 1 });
    expect((await total({ include_reverts: '', include_bots: '' })).n).toBe(5);
    const daily = (await ask(deps(), 'dora.change_lead_time', { ...week, grain: 'day', group_by: 'team' })).series;
    const waiting = daily.filter((row) => row.team === 'team-a').map((row) => row.undeployed_n);
    expect(waiting).toEqual([0, 0, 0, 0, 0, 1, 2]);
  });
});
