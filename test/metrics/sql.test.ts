import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activeSql, isOfSome, reaching } from '../../queries/active.ts';
import { answerMetric } from '../../queries/answer.ts';
import type { Axis } from '../../queries/axis.ts';
import { cellsSql } from '../../queries/cells.ts';
import { axisOf } from '../../queries/frame.ts';
import { headcountSql } from '../../queries/headcount.ts';
import { hoursTable } from '../../queries/hours/table.ts';
import { maintenancesSql, outsideMaintenance, withinMaintenance } from '../../queries/maintenance.ts';
import type { Items, Metric, Options } from '../../queries/metric.ts';
import { columnsOf } from '../../queries/metric.ts';
import { findMetric, metrics } from '../../queries/metrics/registry.ts';
import { type MetricRequest, parseRequest } from '../../queries/request.ts';
import { serviceSpansSql, sourceSpansSql, spellingsSql } from '../../queries/spans.ts';
import { undeployedSql } from '../../queries/undeployed.ts';
import { TEAM_ZONES } from '../../queries/zones.ts';
import { THOROUGH } from '../support/thorough.ts';
import { type AtomBench, change, incident, openBench, rollout, service, source, tables } from './atoms.ts';
import { variants } from './variants.ts';

let bench: AtomBench;
beforeAll(async () => {
  bench = await openBench();
  await bench.fill({
    service_spans: [service('api'), service("o'brien\\", { team: "'; DROP TABLE rollouts; --" })],
    source_spans: [source('argocd', '2025-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')],
    rollouts: [rollout('d1', '2025-10-27T10:00:00.000Z', { attempt_outcomes: ['succeeded'] })],
    changes: [change('c1', '2025-10-26T10:00:00.000Z', '2025-10-27T10:00:00.000Z')],
    incidents: [incident('i1', '2025-10-27T10:00:00.000Z', null)],
  });
});
afterAll(async () => {
  await bench.close();
});

const now = '2025-12-01T00:00:00.000Z';
const always = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
const office = [{ ...always, timezone: 'Europe/Berlin', hours: { monday: ['09:00-17:00'] }, holidays: [] }];

const shapes = (metric: Metric) => {
  if (metric.dimensions.length === 0)
    return [{}, { grain: 'hour', from: '2025-10-27', to: '2025-10-28' }, { grain: '28d' }];
  const [one = '', two = one] = [...metric.dimensions].reverse();
  const filters = metric.isUnfiltered ? {} : { [one]: 'api,web', [two]: 'team-a' };
  const groups = one === two ? one : `${one},${two}`;
  return [
    {},
    { grain: 'hour', from: '2025-10-27', to: '2025-10-28' },
    { grain: 'week', group_by: groups, ...filters },
    { grain: '28d', group_by: metric.dimensions[0]!, tz: 'Europe/Berlin' },
  ];
};

/** What reads the cells of a question: of people in parts too. */
function peopleOrCells(metric: Metric, items: Items, request: MetricRequest, axis: Axis) {
  const { aggregate } = metric;
  if (aggregate.type !== 'active')
    return [cellsSql(tables, metric.atom, columnsOf(metric), items, aggregate.type, request, axis)];
  const activity = aggregate.activity(request.options);
  const reached = reaching(axis, activity, isOfSome(request));
  return [false, true].map((daily) => activeSql(tables, metric, activity, request, reached, daily));
}

describe('the generated SQL', () => {
  // The same text is planned the same: options that only change a parameter need not be planned again.
  const planned = new Set<string>();
  for (const metric of metrics) {
    it(`is planned by ClickHouse: ${metric.id}`, async () => {
      for (const [nth, options] of variants(metric, THOROUGH).entries()) {
        const all = shapes(metric);
        for (const shape of THOROUGH ? all : [all[nth % all.length]!]) {
          const parameters = { from: '2025-10-01', to: '2025-11-01', ...shape, ...options };
          const parsed = parseRequest(metric, parameters, { now, reportingZone: 'UTC' });
          if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
          const { request } = parsed;
          const hours = request.options.business_hours === undefined ? null : hoursTable(office, Date.parse(now));
          const axis = axisOf(request, request.tz, Date.parse(now), hours);
          const items = metric.items(request.options as Options);
          const parts = [...peopleOrCells(metric, items, request, axis), serviceSpansSql(tables, request)];
          for (const beside of metric.beside?.(request.options) ?? []) {
            if (beside.type === 'undeployed') parts.push(undeployedSql(tables, beside.reason, request, axis));
            else if (beside.type === 'headcount') parts.push(headcountSql(tables, request, [0]));
            else parts.push(cellsSql(tables, beside.atom, beside.dimensions, beside.items, 'rate', request, axis));
          }
          for (const { sql, params } of parts) {
            if (planned.has(sql)) continue;
            planned.add(sql);
            const plan = await bench.store.query(`EXPLAIN ${sql}`, params);
            expect(plan.length).toBeGreaterThan(0);
          }
        }
      }
    }, 300_000);
  }

  it('is planned by ClickHouse: maintenance, and incidents outside of it and within it', async () => {
    const hostile = { service: "o'brien\\", team: "'; DROP TABLE incidents; --" };
    const parameters = { from: '2025-10-01', to: '2025-11-01', grain: 'week', group_by: 'team,service', ...hostile };
    const metric = findMetric('platform.availability')!;
    const parsed = parseRequest(metric, parameters, { now, reportingZone: 'UTC' });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const { request } = parsed;
    const items = metric.items(request.options as Options);
    const axis = axisOf(request, request.tz, Date.parse(now));
    for (const cut of [outsideMaintenance(items), withinMaintenance(items)]) {
      const cells = cellsSql(tables, metric.atom, columnsOf(metric), cut, 'availability', request, axis);
      expect((await bench.store.query(`EXPLAIN ${cells.sql}`, cells.params)).length).toBeGreaterThan(0);
    }
    const reach = { from: 0, to: 8.64e15 };
    expect((await bench.store.query(`EXPLAIN ${maintenancesSql(tables)}`, reach)).length).toBeGreaterThan(0);
  });

  it('is planned by ClickHouse: what is asked beside', async () => {
    for (const as_of of [null, 0]) await bench.store.query(`EXPLAIN ${TEAM_ZONES}`, { as_of });
    await bench.store.query(`EXPLAIN ${spellingsSql(tables)}`);
    expect((await bench.store.query(`EXPLAIN ${sourceSpansSql(tables)}`)).length).toBeGreaterThan(0);
  });

  it('takes hostile names as nothing but names', async () => {
    const hostile = ["'; DROP TABLE rollouts; --", "o'brien\\", '{tz:String}', '\u0000', '%s', '") OR 1=1 --', '🦆'];
    for (const [place, metric] of metrics.entries()) {
      for (const [index, dimension] of metric.dimensions.entries()) {
        const name = hostile[(place + index) % hostile.length]!;
        const filter = metric.isUnfiltered ? {} : { [dimension]: name };
        const parameters = { from: '2025-10-01', to: '2025-11-01', group_by: dimension, ...filter };
        const parsed = parseRequest(metric, parameters, { now, reportingZone: 'UTC' });
        if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
        const answered = await answerMetric(bench.deps(now), metric, parsed.request);
        if (!answered.ok) throw new Error(JSON.stringify(answered.problems));
        for (const row of answered.answer.totals) expect(row[dimension]).toBe(name);
      }
      for (const name of hostile) {
        for (const field of ['tz', 'grain', 'group_by', 'as_of', 'from', 'ownership', name]) {
          expect(parseRequest(metric, { [field]: name }, { now, reportingZone: 'UTC' }).ok).toBe(false);
        }
      }
    }
    expect(await bench.store.query('SELECT count() AS n FROM rollouts')).toEqual([{ n: '1' }]);
  });

  it('finds a service whose name is SQL', async () => {
    const metric = metrics[0]!;
    const parameters = { from: '2025-10-01', to: '2025-11-01', group_by: 'service', service: "o'brien\\" };
    const parsed = parseRequest(metric, parameters, { now, reportingZone: 'UTC' });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const answered = await answerMetric(bench.deps(now), metric, parsed.request);
    expect(answered.ok && answered.answer.totals.map((row) => row.service)).toEqual(["o'brien\\"]);
  });
});
