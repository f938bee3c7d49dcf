import type { Store } from '../ingest/ports.ts';
import type { Answered } from './answer.ts';
import type { AtomTables } from './atoms/tables.ts';
import { axisParams, counted, reachSql } from './axis.ts';
import { iso } from './buckets.ts';
import { type Reduction, type Row, SPEC_VERSION } from './envelope.ts';
import { axisOf } from './frame.ts';
import type { HoursTable } from './hours/table.ts';
import { itemColumns, itemRows } from './items.ts';
import { columnsOf, type Metric } from './metric.ts';
import type { MetricRequest } from './request.ts';
import { keyOf, keySql, scopeSql } from './scope.ts';
import { reductionInterval, type WeekOfItems } from './statistics/reduction.ts';

/** Fewest items on either side of which a reduction is told (metrics.md §4.4). */
const MIN_ITEMS = 10;

/** What it takes to read a window once more. */
export interface BaselineDeps {
  readonly store: Store;
  readonly now: string;
  readonly hours: HoursTable | null;
  readonly ask: (request: MetricRequest) => Promise<Answered>;
  readonly withTables: <T>(use: (tables: AtomTables) => Promise<T>) => Promise<T>;
}

/**
 * Answers a question and sets the median of each total against that of a baseline: `reduction` = 1 − median ÷ baseline's,
 * with a bootstrap over weeks (metrics.md §4.4, §1.8, R76). The series is as without.
 */
export async function answerWithReduction(
  deps: BaselineDeps,
  metric: Metric,
  request: MetricRequest,
): Promise<Answered> {
  const then = baselineRequest(request);
  const [now, before] = [await deps.ask(request), await deps.ask(then)];
  if (!now.ok) return now;
  if (!before.ok) return before;
  const nameOf = (row: Row) => keyOf(request.groupBy.map((dimension) => String(row[dimension])));
  const baselines = new Map(before.answer.totals.map((row) => [nameOf(row), row]));
  // Weeks begin where the row's days do: with tz=team, in the zone of its team.
  const weeks = await deps.withTables(async (tables) => {
    const byZone = new Map<string, { readonly now: Weeks; readonly baseline: Weeks }>();
    for (const zone of new Set(now.answer.totals.map((row) => row.window.tz))) {
      const read = (one: MetricRequest) => readWeeks(deps, tables, metric, one, zone);
      byZone.set(zone, { now: await read({ ...request, grain: null }), baseline: await read(then) });
    }
    return byZone;
  });
  const totals = now.answer.totals.map((row): Row => {
    const baseline = baselines.get(nameOf(row));
    const told = { value: baseline?.value ?? null, n: baseline?.n ?? 0, status: baseline?.status ?? 'no_data' };
    const reduction: Reduction = {
      ...reduced(row, baseline, () => {
        const name = nameOf(row);
        const { now: nowWeeks, baseline: baselineWeeks } = weeks.get(row.window.tz)!;
        const questions = { now: questionOf(metric, request, row), baseline: questionOf(metric, request, baseline!) };
        return reductionInterval(nowWeeks.get(name) ?? [], baselineWeeks.get(name) ?? [], questions);
      }),
      baseline: { ...told, window: baseline?.window ?? { ...before.answer.window, tz: row.window.tz } },
    };
    return { ...row, reduction };
  });
  return { ok: true, answer: { ...now.answer, totals } };
}

/** What the generator of a side is seeded with (metrics.md §1.8). */
function questionOf(metric: Metric, request: MetricRequest, row: Row) {
  const { start, end, tz, grain } = row.window;
  const groups = Object.fromEntries(request.groupBy.map((name) => [name, [row[name]]]));
  return {
    metric: metric.id,
    options: row.options,
    scope: { ...row.scope, ...groups },
    spec_version: SPEC_VERSION,
    window: { start, end, tz, grain },
  };
}

function reduced(
  row: Row,
  baseline: Row | undefined,
  interval: () => Reduction['ci'],
): Pick<Reduction, 'value' | 'ci'> {
  const few = (row.n ?? 0) < MIN_ITEMS || (baseline?.n ?? 0) < MIN_ITEMS;
  const [median, before] = [row.value, baseline?.value ?? null];
  if (few || median === null || before === null || before <= 0) return { value: null, ci: null };
  return { value: 1 - median / before, ci: interval() };
}

/** Weeks with an item, by group. */
type Weeks = ReadonlyMap<string, readonly WeekOfItems[]>;

/** The same question of the baseline's window alone. */
function baselineRequest(request: MetricRequest): MetricRequest {
  const [from = '', to = ''] = String(request.options.baseline).split('..');
  return { ...request, from, to, grain: null };
}

/** The values of every week of a zone by group: closed ones in ascending order, and how many are open. */
async function readWeeks(
  deps: BaselineDeps,
  tables: AtomTables,
  metric: Metric,
  request: MetricRequest,
  zone: string,
): Promise<Weeks> {
  const { sql, params } = weeksSql(tables, metric, request, zone, Date.parse(request.asOf ?? deps.now), deps.hours);
  const groups = new Map<string, WeekOfItems[]>();
  for (const row of await deps.store.query(sql, params)) {
    const open = request.options.closed_only === true ? 0 : Number(row.open);
    const week = { closed: row.closed as number[], open };
    const group = String(row.group_key);
    groups.set(group, [...(groups.get(group) ?? []), week]);
  }
  return groups;
}

/** SQL of the values of every group and week in the window of a question. */
export function weeksSql(
  tables: AtomTables,
  metric: Metric,
  request: MetricRequest,
  zone: string,
  asOf: number,
  hours: HoursTable | null,
) {
  const axis = axisOf(request, zone, asOf, hours);
  const items = metric.items(request.options);
  const scope = scopeSql(request, columnsOf(metric));
  const columns = [...itemColumns(items, axis, false), `${keySql(scope.groups)} AS group_key`];
  const sql = `SELECT group_key, toInt32(toStartOfWeek(item_at, 1, {tz:String})) AS week,
  arraySort(groupArrayIf(assumeNotNull(item_value), isNotNull(item_value))) AS closed, countIf(isNull(item_value)) AS open
FROM (SELECT ${columns.join(', ')} FROM ${itemRows(tables, metric.atom, items, request, scope)})
WHERE (${reachSql(false)}) AND ${counted}
GROUP BY group_key, week ORDER BY group_key, week`;
  return { sql, params: { ...scope.params, ...items.params, ...axisParams(axis, request) } };
}

/** Reads `from..to`, each as the request reads an instant: its two ends as UTC ISO, joined likewise; or what is wrong. */
export function readBaseline(
  text: string,
  instant: (part: string) => number | null,
  window: { readonly start: number; readonly end: number } | null,
):
  | { readonly ok: true; readonly baseline: string }
  | { readonly ok: false; readonly problem: string; readonly fix: string } {
  const parts = text.split('..');
  const fix = 'write <from>..<to>, such as 2026-01-01..2026-04-01';
  if (parts.length !== 2 || parts.some((part) => part === ''))
    return { ok: false, problem: 'is not a window of two instants', fix };
  const [start, end] = parts.map(instant) as [number | null, number | null];
  if (start === null || end === null) return { ok: false, problem: 'is not a window of two instants', fix };
  if (start >= end) return { ok: false, problem: 'does not begin before its end', fix: 'it is half-open: from < to' };
  if (window && start < window.end && window.start < end)
    return { ok: false, problem: 'overlaps the window', fix: 'name two windows that have no instant in common' };
  return { ok: true, baseline: `${iso(start)}..${iso(end)}` };
}
