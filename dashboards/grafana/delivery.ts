import {
  CustomVariableBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  QueryVariableBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { Metric } from '../../queries/metric.ts';
import { headwaySource, infinityQuery, infinityTarget, variable } from './infinity.ts';

/** Atoms of delivery; a metric over any of them has its row on the board. */
const deliveryAtoms: readonly string[] = ['rollouts', 'changes', 'incidents', 'maintenances'];

const ROW_HEIGHT = 8;
const STAT_WIDTH = 6;

/**
 * The board "Delivery": for every delivery metric of the registry its value over the chosen time, and its course by team.
 * Pure: the same registry gives the same board.
 */
export function deliveryBoard(metrics: readonly Metric[]): Dashboard {
  const board = new DashboardBuilder('Delivery')
    .uid('headway-delivery')
    .description('How software reaches production, by team. Every number is an answer of Headway’s API.')
    .tags(['headway'])
    .time({ from: 'now-90d', to: 'now' })
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly()
    .withVariable(listVariable('team', 'Team', '/v1/teams', 'teams'))
    .withVariable(listVariable('service', 'Service', '/v1/services', 'services'))
    .withVariable(
      new CustomVariableBuilder('grain')
        .label('Grain')
        .values('day,week,month')
        .current({ selected: true, text: 'week', value: 'week' }),
    );
  metrics
    .filter((metric) => deliveryAtoms.includes(metric.atom))
    .forEach((metric, index) => {
      const y = index * ROW_HEIGHT;
      board.withPanel(statPanel(metric, 2 * index + 1, y)).withPanel(coursePanel(metric, 2 * index + 2, y));
    });
  return board.build();
}

/** Of all teams or services: those chosen, or `*`, which the API reads as no filter. */
function listVariable(name: string, label: string, url: string, rows: string): QueryVariableBuilder {
  const columns = [
    { selector: 'name', text: '__text', type: 'string' },
    { selector: 'id', text: '__value', type: 'string' },
  ] as const;
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource({ ...headwaySource })
    .query({
      queryType: 'infinity',
      refId: 'variable',
      infinityQuery: infinityQuery({ refId: 'variable', format: 'table', url, params: {}, rows, columns }),
    })
    .refresh(VariableRefresh.OnDashboardLoad)
    .multi(true)
    .includeAll(true)
    .allValue('*')
    .current({ selected: true, text: 'All', value: '$__all' });
}

/** The window of the board, by the macros that Grafana's backend fills too, and its filters. */
const scope = {
  from: variable('__timeFrom:date:iso'),
  to: variable('__timeTo:date:iso'),
  team: variable('team:csv'),
  service: variable('service:csv'),
} as const;

function statPanel(metric: Metric, id: number, y: number): StatBuilder {
  return new StatBuilder()
    .id(id)
    .title(metric.title)
    .description(describe(metric))
    .datasource({ ...headwaySource })
    .unit(unitOf(metric))
    .decimals(decimalsOf(metric))
    .noValue('no data')
    .gridPos({ x: 0, y, w: STAT_WIDTH, h: ROW_HEIGHT })
    .withTarget(
      infinityTarget({
        refId: 'A',
        format: 'table',
        url: `/v1/metrics/${metric.id}`,
        params: scope,
        rows: 'totals',
        columns: [{ selector: 'value', text: metric.title, type: 'number' }],
      }),
    );
}

function coursePanel(metric: Metric, id: number, y: number): TimeSeriesBuilder {
  return new TimeSeriesBuilder()
    .id(id)
    .title(`${metric.title}, by team`)
    .description(describe(metric))
    .datasource({ ...headwaySource })
    .unit(unitOf(metric))
    .noValue('no data')
    .spanNulls(false)
    .gridPos({ x: STAT_WIDTH, y, w: 24 - STAT_WIDTH, h: ROW_HEIGHT })
    .withTarget(
      infinityTarget({
        refId: 'A',
        format: 'timeseries',
        url: `/v1/metrics/${metric.id}`,
        params: { ...scope, grain: variable('grain'), group_by: 'team' },
        rows: 'series',
        columns: [
          { selector: 'time', text: 'time', type: 'timestamp' },
          { selector: 'value', text: 'value', type: 'number' },
          { selector: 'team', text: 'team', type: 'string' },
        ],
      }),
    );
}

function describe(metric: Metric): string {
  return [metric.question, metric.description, ...metric.caveats, 'A gap is no data, and never zero.'].join('\n\n');
}

const units: Readonly<Record<string, string>> = {
  fraction: 'percentunit',
  hours: 'h',
  minutes: 'm',
  'deployments/day': 'suffix: /day',
  'incidents/30 service-days': 'suffix: per 30 service-days',
};

/** Grafana's name for a metric's unit. */
function unitOf(metric: Metric): string {
  return units[metric.unit] ?? `suffix: ${metric.unit}`;
}

function decimalsOf(metric: Metric): number {
  // Of availability the third digit is half a minute a month.
  if (metric.aggregate.type === 'availability') return 3;
  return metric.unit === 'fraction' ? 1 : 2;
}
