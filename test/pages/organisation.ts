import { DateTime } from 'luxon';
import type { AtomRow, PageContext, PagePorts } from '../../dashboards/web/page.ts';
import type { Envelope, Interval, MetricAnswer, Row } from '../../queries/envelope.ts';
import { madeUpFindings } from './findings.ts';
import { madeUpStatus } from './promises.ts';
import { random } from './random.ts';

/** A made-up organisation that answers as the engine does: same shapes, same rules for null, so that pages can be looked at without a store. */
interface Happening {
  readonly at: number;
  readonly team: string;
  readonly service: string;
  readonly value: number;
  readonly id: number;
}

const DAY = 86_400_000;
export const NOW = '2025-11-21T08:00:00.000Z';
export const TEAMS = ['Checkout', 'Data', 'Identity', 'Mobile', 'Payments', 'Pricing', 'Routing', 'Tracking'] as const;
/** Data's source is silent for these three weeks; Warehouse-like gaps in the weekly lines. */
const SILENT = { team: 'Data', from: Date.parse('2025-08-04'), to: Date.parse('2025-08-25') };
const ALL_SILENT = { from: Date.parse('2025-07-14'), to: Date.parse('2025-07-28') };

interface World {
  readonly rollouts: readonly Happening[];
  readonly changes: readonly Happening[];
  readonly recoveries: readonly Happening[];
}

function makeWorld(seed: number): World {
  const next = random(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const rollouts: Happening[] = [];
  const changes: Happening[] = [];
  const recoveries: Happening[] = [];
  let id = 0;
  const from = Date.parse('2024-11-01');
  TEAMS.forEach((team, index) => {
    const rate = [3.2, 0.9, 1.4, 0.25, 2.1, 0.6, 1.1, 1.9][index] ?? 1;
    for (let day = from; day < Date.parse(NOW); day += DAY) {
      if (day >= ALL_SILENT.from && day < ALL_SILENT.to) continue;
      if (team === SILENT.team && day >= SILENT.from && day < SILENT.to) continue;
      const weekday = new Date(day).getUTCDay();
      const today = weekday === 0 || weekday === 6 ? rate * 0.1 : rate * 1.35;
      const improved = day > Date.parse('2025-08-28') && index % 3 !== 1 ? 0.55 : 1;
      for (let left = today; left > 0; left -= 1) {
        if (left < 1 && next() > left) break;
        const at = day + Math.floor((8 + next() * 9) * 3_600_000);
        if (at >= Date.parse(NOW)) continue;
        const service = `${team.toLowerCase()}-${['api', 'web', 'jobs'][Math.floor(next() * 3)]}`;
        const failed = next() < 0.067;
        rollouts.push({ at, team, service, value: failed ? 1 : 0, id: id++ });
        if (failed) recoveries.push({ at, team, service, value: Math.exp(3.65 + 0.8 * normal()), id: id++ });
        for (let change = 0; change < 1 + next() * 1.4; change++) {
          changes.push({ at, team, service, value: Math.exp(Math.log(33 * improved) + 0.95 * normal()), id: id++ });
        }
      }
    }
  });
  return { rollouts, changes, recoveries };
}

const quantileAt = (sorted: readonly number[], p: number) => {
  const rank = (sorted.length - 1) * p;
  const [low, high] = [sorted[Math.floor(rank)] ?? 0, sorted[Math.ceil(rank)] ?? 0];
  return low + (high - low) * (rank - Math.floor(rank));
};

function medianInterval(sorted: readonly number[]): Interval | null {
  const n = sorted.length;
  if (n <= 5) return null;
  const half = 0.98 * Math.sqrt(n);
  const low = sorted[Math.max(0, Math.floor(n / 2 - half))] ?? null;
  const high = sorted[Math.min(n - 1, Math.ceil(n / 2 + half))] ?? null;
  return { low, high, level: 0.95, method: 'order_statistics' };
}

function wilson(k: number, n: number): Interval {
  const z = 1.959964;
  const [centre, half] = [
    k / n + (z * z) / (2 * n),
    z * Math.sqrt(((k / n) * (1 - k / n)) / n + (z * z) / (4 * n * n)),
  ];
  const scale = 1 + (z * z) / n;
  return {
    low: Math.max(0, (centre - half) / scale),
    high: Math.min(1, (centre + half) / scale),
    level: 0.95,
    method: 'wilson',
  };
}

function poisson(k: number, days: number): Interval {
  const low = k === 0 ? 0 : k * (1 - 1 / (9 * k) - 1.96 / (3 * Math.sqrt(k))) ** 3;
  const high = (k + 1) * (1 - 1 / (9 * (k + 1)) + 1.96 / (3 * Math.sqrt(k + 1))) ** 3;
  return { low: low / days, high: high / days, level: 0.95, method: 'garwood' };
}

const units: Readonly<Record<string, string>> = {
  'dora.deployment_frequency': 'deployments/day',
  'dora.change_lead_time': 'hours',
  'dora.failed_deployment_recovery_time': 'minutes',
};

/** Ports that answer from a seeded organisation. `context` overrides what the house knows. */
export function madeUpPorts(seed: number, context: Partial<PageContext> = {}): PagePorts {
  const world = makeWorld(seed);
  const of = (metric: string) =>
    metric === 'dora.change_lead_time'
      ? world.changes
      : metric === 'dora.failed_deployment_recovery_time'
        ? world.recoveries
        : world.rollouts;

  function envelope(
    metric: string,
    params: Readonly<Record<string, string>>,
    start: number,
    end: number,
    team?: string,
  ): Row {
    const inScope = (item: Happening) =>
      item.at >= start &&
      item.at < end &&
      (team === undefined || item.team === team) &&
      (params.team === undefined || item.team === params.team) &&
      (params.service === undefined || item.service === params.service);
    const items = of(metric).filter(inScope);
    const days = (end - start) / DAY;
    const silent =
      overlap(start, end, ALL_SILENT.from, ALL_SILENT.to) +
      ((team ?? params.team) === SILENT.team ? overlap(start, end, SILENT.from, SILENT.to) : 0);
    const coverage = 1 - silent / (end - start);
    const sorted = items.map((item) => item.value).sort((a, b) => a - b);
    const k = items.filter((item) => item.value === 1).length;
    const rework = Math.round(items.length * 0.053);
    const isTime = metric === 'dora.change_lead_time' || metric === 'dora.failed_deployment_recovery_time';
    const isCount = metric === 'dora.deployment_frequency' || metric === 'ops.incident_rate';
    const n = items.length;
    const part = metric === 'dora.deployment_rework_rate' ? rework : k;
    let value: number | null = isTime ? (n ? quantileAt(sorted, 0.5) : null) : isCount ? n / days : n ? part / n : null;
    let ci: Interval | null = isTime ? medianInterval(sorted) : isCount ? poisson(n, days) : n ? wilson(part, n) : null;
    let status: Envelope['status'] = 'ok';
    if (coverage < 0.8) [value, ci, status] = [null, null, 'no_data'];
    else if (!isTime && !isCount && n === 0) status = 'not_applicable';
    else if (!isCount && n < 5) status = 'insufficient';
    else if (coverage < 1) status = 'partial';
    const quantile = (p: number) => ({ value: n ? quantileAt(sorted, p) : null, ci: null, lower_bound: null });
    return {
      metric,
      spec_version: '1.0.0',
      options: metric === 'dora.change_fail_rate' ? { link: 'linked_only', ownership: 'then' } : { ownership: 'then' },
      scope: {},
      window: {
        start: iso(start),
        end: iso(end),
        tz: params.tz ?? 'UTC',
        grain: params.grain ?? null,
        partial: coverage < 1,
      },
      as_of: params.as_of ?? NOW,
      value,
      unit: units[metric] ?? 'fraction',
      n: metric === 'ops.incident_rate' ? Math.round(n * 0.08) : n,
      ...(isTime ? { quantiles: { p50: quantile(0.5), p75: quantile(0.75), p90: quantile(0.9) } } : {}),
      ...(isTime || isCount ? {} : { numerator: part, denominator: n }),
      ...(metric === 'dora.deployment_frequency'
        ? { count: n, deployment_days: new Set(items.map((item) => Math.floor(item.at / DAY))).size }
        : {}),
      ci,
      status,
      coverage,
      open_n: metric === 'dora.failed_deployment_recovery_time' && end > Date.parse('2025-11-10') ? 1 : 0,
      excluded:
        metric === 'dora.change_lead_time'
          ? { bot: Math.round(n / 15), revert: Math.round(n / 34), first_deployment: 12 }
          : { rollback: Math.round(n / 40), failed_dark: Math.round(n / 30) },
      ...(metric === 'dora.change_fail_rate' ? { unlinked_n: Math.round(n / 70) } : {}),
      ...(metric === 'dora.deployment_rework_rate' ? { planned_unknown_n: Math.round(n / 25) } : {}),
      ...(metric === 'dora.change_lead_time' ? { undeployed_n: 61, undeployed_age_p50_hours: 71.4 } : {}),
      ...(team === undefined ? {} : { team }),
    };
  }

  return {
    context: async () => ({
      now: NOW,
      zone: 'Europe/Berlin',
      organisation: 'Kestrel Freight',
      fiscalStartMonth: 1,
      heardUntil: '2025-11-21T07:58:00.000Z',
      staleSince: null,
      baseUrl: 'http://127.0.0.1:8080',
      specVersion: '1.0.0',
      teams: [...TEAMS],
      services: TEAMS.flatMap((team) => ['api', 'jobs', 'web'].map((part) => `${team.toLowerCase()}-${part}`)),
      ...context,
    }),
    ask: async (metric, params): Promise<MetricAnswer> => {
      const [start, end] = [Date.parse(params.from ?? ''), Date.parse(params.to ?? '')];
      const groups = params.group_by === 'team' ? TEAMS.filter((team) => (params.team ?? team) === team) : [undefined];
      const totals = groups.map((group) => envelope(metric, params, start, end, group));
      const series = !params.grain
        ? []
        : weeks(params.from ?? '', end, params.tz ?? 'UTC').flatMap(([from, to]) =>
            groups.map((group) => ({ ...envelope(metric, params, from, to, group), time: iso(from) })),
          );
      return {
        metric,
        spec_version: '1.0.0',
        options: totals[0]?.options ?? {},
        window: {
          start: iso(start),
          end: iso(end),
          tz: params.tz ?? 'UTC',
          grain: params.grain ?? null,
          partial: false,
        },
        as_of: params.as_of ?? NOW,
        totals,
        series,
      };
    },
    askAtoms: async (metric, params) => {
      const [start, end] = [Date.parse(params.from ?? ''), Date.parse(params.to ?? '')];
      const items = of(metric).filter(
        (item) => item.at >= start && item.at < end && (params.team === undefined || item.team === params.team),
      );
      const limit = Number(params.limit ?? 100);
      const atoms = items.slice(0, limit).map(
        (item): AtomRow => ({
          atom_id: `a${item.id}`,
          at: iso(item.at),
          value: item.value,
          service: item.service,
          team: item.team,
          event_ids: [`e${item.id}a`, `e${item.id}b`],
          excluded: item.id % 31 === 0 ? 'bot' : null,
          ...(metric === 'dora.change_lead_time'
            ? {
                change_id: `kestrel/${item.service}#${item.id}`,
                containment: ['explicit', 'position', 'position', 'time'][(item.id % 17) % 4],
              }
            : { rollout_id: `run-${item.id}-production` }),
        }),
      );
      return { atoms, next: items.length > limit ? 'more' : null };
    },
    publicStatus: async () => madeUpStatus(),
    findings: async () => madeUpFindings(),
  };
}

const iso = (time: number) => new Date(time).toISOString();
const overlap = (a: number, b: number, from: number, to: number) => Math.max(0, Math.min(b, to) - Math.max(a, from));

function weeks(from: string, end: number, zone: string): [number, number][] {
  const found: [number, number][] = [];
  for (let week = DateTime.fromISO(from, { zone }); week.toMillis() < end; week = week.plus({ weeks: 1 })) {
    found.push([week.toMillis(), Math.min(end, week.plus({ weeks: 1 }).toMillis())]);
  }
  return found;
}
