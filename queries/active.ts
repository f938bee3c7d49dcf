import { DateTime } from 'luxon';
import type { SqlValue, Store } from '../ingest/ports.ts';
import type { AtomTables } from './atoms/tables.ts';
import { type Axis, WHOLE } from './axis.ts';
import { dayStart, eachUnit, HOUR, indexAt, localDays, type Span } from './buckets.ts';
import { type Cell, cellName, emptyCell } from './cells.ts';
import { itemRows } from './items.ts';
import type { Activity, Metric } from './metric.ts';
import { hiddenCells, type PeopleCell } from './privacy/partition.ts';
import type { MetricRequest } from './request.ts';
import { scopeSql } from './scope.ts';

/** What each row of an answer counts people over, on an axis that reaches back as far as the first of them. */
export interface Reaching {
  readonly axis: Axis;
  /** The span of the whole window ({@link WHOLE}) or of a bucket, not cut to the window. */
  spanOf(bucket: number): Span;
}

/** Whether a question is about some of the people: then no few of them may be told, by subtraction either. */
export function isOfSome(request: MetricRequest): boolean {
  return request.groupBy.length > 0 || Object.keys(request.filters).length > 0;
}

/** The spans of `activity` on an axis. Of some of the people only the local days that are over by as_of are told. */
export function reaching(axis: Axis, activity: Activity, ofSome: boolean): Reaching {
  const known = ofSome ? dayStart(axis.asOf, axis.tz) : Number.POSITIVE_INFINITY;
  const spanOf = (whole: Span): Span => {
    const end = Math.max(whole.start, Math.min(whole.end, known));
    // What has not begun looks back from no day of its own; of some of the people it looks back from its end.
    const isAhead = !ofSome && whole.start >= axis.asOf;
    if (activity.reach === 'bucket' || isAhead) return { start: whole.start, end };
    const last = Math.min(end, axis.window.end, Math.max(axis.asOf, whole.start + 1)) - 1;
    const day = DateTime.fromMillis(last, { zone: axis.tz }).startOf('day');
    const start = activity.reach === 'month' ? day.startOf('month') : day.minus({ days: activity.reach - 1 });
    return { start: start.startOf('day').toMillis(), end };
  };
  const [whole, buckets] = [spanOf(axis.window), axis.buckets.map(spanOf)];
  const starts = activity.reach === 'bucket' ? [] : [whole.start, ...buckets.map((span) => span.start)];
  // A window of many buckets has many starts: more than a call takes arguments.
  const start = starts.reduce((least, one) => Math.min(least, one), axis.reach.start);
  const reach = { start, end: axis.reach.end };
  const reached = { ...axis, reach, days: localDays(reach, axis.tz) };
  return { axis: reached, spanOf: (bucket) => (bucket === WHOLE ? whole : buckets[bucket]!) };
}

/** Local days of Monday to Friday in a stretch of numbers of days since 1970-01-01. */
export function workingDaysIn([first, end]: readonly [number, number]): number {
  let count = 0;
  for (let day = first; day < end; day += 1) if ((((day + 3) % 7) + 7) % 7 < 5) count += 1;
  return count;
}

/**
 * Counts the people of every row: `tallies` holds `persons` and `person_days`. Where the question is about some of the people,
 * every cell says whether it is `hidden` (metrics.md §9.2, R61).
 */
export async function readActive(
  store: Store,
  tables: AtomTables,
  metric: Metric,
  activity: Activity,
  request: MetricRequest,
  reached: Reaching,
  reportingZone: string,
): Promise<ReadonlyMap<string, Cell>> {
  const read = (asked: MetricRequest, daily: boolean) =>
    readPeople(store, activeSql(tables, metric, activity, asked, reached, daily), asked.groupBy, activity);
  const least = metric.suppressBelow ?? 0;
  if (!isOfSome(request) || least === 0) {
    return told(everyCell((await read(request, false)).cells, request, reached), () => false);
  }
  const dimensions = [...new Set([...request.groupBy, ...Object.keys(request.filters)])];
  // Distinct people of several days are more than those of one: days tell nothing of them by subtraction.
  const daily = activity.measure !== 'distinct';
  const whole = await read({ ...request, groupBy: dimensions, filters: {} }, daily);
  // Without filters the parts are the cells, with those of single days beside.
  const isFiltered = Object.keys(request.filters).length > 0;
  const { cells } = isFiltered ? await read(request, false) : whole;
  const isHidden = hiding(whole.parts, least, activity, request, reached, dimensions);
  const untold = request.asOf !== null || request.options.ownership === 'now' || reached.axis.tz !== reportingZone;
  return told(everyCell(cells, request, reached), (cell) => untold || isHidden(cell));
}

function told(cells: ReadonlyMap<string, Cell>, isHidden: (cell: Cell) => boolean): ReadonlyMap<string, Cell> {
  for (const cell of cells.values()) cell.hidden = isHidden(cell);
  return cells;
}

/** The people of rows: by bucket those of each group, single days among them (bucket −2 and down), and the cells of all others. */
interface People {
  readonly parts: ReadonlyMap<number, readonly PeopleCell[]>;
  readonly cells: Map<string, Cell>;
}

/** SQL of the people of every row; with `daily` also of every local day, as bucket −2 and down. */
export function activeSql(
  tables: AtomTables,
  metric: Metric,
  activity: Activity,
  request: MetricRequest,
  { axis, spanOf }: Reaching,
  daily: boolean,
): { readonly sql: string; readonly params: Readonly<Record<string, SqlValue>> } {
  const scope = scopeSql(request, metric.dimensions);
  const items = metric.items(request.options);
  const groups = scope.groups.map((_, index) => `group_${index}`);
  const at = 'toUnixTimestamp64Milli(item_at)';
  const isoWeekday = 'toDayOfWeek(item_at, 0, {tz:String})';
  // Of all that somebody does in a day one instant will do: whether it is in a span is the same for all of them.
  const alike =
    request.grain === 'hour' ? `intDiv(${at} - {first_bucket:Int64}, ${HOUR})` : `${at} >= {window_start:Int64}`;
  const dayOf = (ms: string) =>
    `toInt64(toRelativeDayNum(fromUnixTimestamp64Milli(${ms}, 'UTC'), {tz:String})) - {first_day:Int64}`;
  const ofSpan = (name: 'start' | 'end', ofDay: string) =>
    `multiIf(bucket >= 0, {span_${name}s:Array(Int64)}[bucket + 1], bucket = ${WHOLE}, {whole_${name}:Int64}, ${ofDay}) AS ${name}_ms`;
  // Whoever did something before in the span, or on the day, was counted then: distinct ones without a set of them per row.
  const sql = `SELECT ${['bucket', ...groups, 'item_reason'].join(', ')}, countIf(before_ms < start_ms) AS persons, countIf(before_ms < start_ms OR before_day < item_day) AS person_days
FROM (
  SELECT *, ${ofSpan('start', 'if(before_day < item_day, at_ms, 0)')}, ${ofSpan('end', 'at_ms + 1')}
  FROM (
    SELECT ${[...groups, 'item_reason'].join(', ')}, at_ms, before_ms, ${dayOf('at_ms')} AS item_day, if(before_ms = 0, -1, ${dayOf('before_ms')}) AS before_day,
      arrayJoin(arrayConcat([toInt64(${WHOLE})${daily ? ', -2 - item_day' : ''}], range({day_firsts:Array(Int64)}[item_day + 1], {day_ends:Array(Int64)}[item_day + 1]))) AS bucket
    FROM (
      SELECT ${[...groups, 'item_reason'].join(', ')}, arraySort(groupArray(at_ms)) AS instants, arrayPopBack(arrayPushFront(instants, 0)) AS befores
      FROM (
        SELECT ${['item_who', 'item_reason', ...groups].join(', ')}, toUnixTimestamp64Milli(min(item_at)) AS at_ms
        FROM (
          SELECT ${items.who} AS item_who, CAST(${items.reason}, 'LowCardinality(String)') AS item_reason, ${items.at} AS item_at,
            ${scope.groups.map((group, index) => `${group} AS group_${index},`).join(' ')}
            toRelativeDayNum(item_at, {tz:String}) AS local_day
          FROM ${itemRows(tables, metric.atom, items, request, scope)}
        )
        WHERE item_at >= fromUnixTimestamp64Milli({reach_start:Int64}, 'UTC') AND item_at < fromUnixTimestamp64Milli({window_end:Int64}, 'UTC')
          ${activity.workingDays ? `AND ${isoWeekday} <= 5` : ''}
        GROUP BY ${['item_who', 'item_reason', ...groups, 'local_day', alike].join(', ')}
      )
      GROUP BY ${['item_who', 'item_reason', ...groups].join(', ')}
    )
    ARRAY JOIN instants AS at_ms, befores AS before_ms
  )
)
WHERE at_ms >= start_ms AND at_ms < end_ms
GROUP BY ${['bucket', ...groups, 'item_reason'].join(', ')}`;
  return { sql, params: { ...scope.params, ...items.params, ...spanParams(axis, spanOf) } };
}

function spanParams(axis: Axis, spanOf: Reaching['spanOf']): Record<string, SqlValue> {
  const clamp = (span: Span): Span => ({
    start: Math.max(span.start, axis.reach.start),
    end: Math.min(span.end, axis.window.end),
  });
  const spans = axis.buckets.map((_, bucket) => clamp(spanOf(bucket)));
  const whole = clamp(spanOf(WHOLE));
  // Spans lie in order, so those that touch a day are side by side.
  const days = axis.days.edges.length - 1;
  const [firsts, ends] = [new Array<number>(days).fill(0), new Array<number>(days).fill(0)];
  spans.forEach((span, bucket) => {
    eachUnit(axis.days, span, (day) => {
      if (ends[day] === 0) firsts[day] = bucket;
      ends[day] = bucket + 1;
    });
  });
  return {
    tz: axis.tz,
    reach_start: axis.reach.start,
    window_start: axis.window.start,
    window_end: axis.window.end,
    first_bucket: axis.buckets[0]?.start ?? 0,
    first_day: axis.days.first,
    whole_start: whole.start,
    whole_end: whole.end,
    span_starts: spans.map((span) => span.start),
    span_ends: spans.map((span) => span.end),
    day_firsts: firsts,
    day_ends: ends,
  };
}

async function readPeople(
  store: Store,
  { sql, params }: ReturnType<typeof activeSql>,
  groupBy: readonly string[],
  { measure }: Activity,
): Promise<People> {
  const parts = new Map<number, PeopleCell[]>();
  const cells = new Map<string, Cell>();
  for (const row of await store.query(sql, params)) {
    const keys = groupBy.map((_, index) => String(row[`group_${index}`]));
    const bucket = Number(row.bucket);
    const [reason, persons] = [String(row.item_reason), Number(row.persons)];
    if (reason === '') {
      const beside = parts.get(bucket);
      if (beside === undefined) parts.set(bucket, [{ keys, people: persons }]);
      else beside.push({ keys, people: persons });
    }
    if (bucket < WHOLE) continue;
    const name = cellName(bucket, keys);
    const cell = cells.get(name) ?? emptyCell(bucket, keys);
    // Left out in the unit of what is counted.
    if (reason !== '')
      cell.excluded = { ...cell.excluded, [reason]: measure === 'per_day' ? Number(row.person_days) : persons };
    else {
      cell.items = persons;
      cell.tallies = { persons, person_days: Number(row.person_days) };
    }
    cells.set(name, cell);
  }
  return { parts, cells };
}

/** A cell for the whole and for every bucket of each group that has any: who is hidden is told of the empty ones too. */
function everyCell(cells: Map<string, Cell>, request: MetricRequest, { axis }: Reaching): Map<string, Cell> {
  const groups = new Map([...cells.values()].map((cell) => [JSON.stringify(cell.keys), cell.keys]));
  if (request.groupBy.length === 0) groups.set('[]', []);
  for (const keys of groups.values()) {
    for (const bucket of [WHOLE, ...axis.buckets.keys()]) {
      const name = cellName(bucket, keys);
      if (!cells.has(name)) cells.set(name, emptyCell(bucket, keys));
    }
  }
  return cells;
}

/**
 * Tells whether a cell may not be told: it holds a hidden part, or its days are not whole. Where days are added up, a part
 * hidden on one of them is hidden in their sum, or the other days would tell it.
 */
function hiding(
  parts: People['parts'],
  least: number,
  activity: Activity,
  request: MetricRequest,
  { axis, spanOf }: Reaching,
  dimensions: readonly string[],
): (cell: Cell) => boolean {
  const groups = dimensions.map((dimension) => request.groupBy.indexOf(dimension));
  const filters = dimensions.map((dimension) => request.filters[dimension]);
  const isAsked = ({ keys }: PeopleCell) => filters.every((filter, index) => filter?.includes(keys[index]!) ?? true);
  // Buckets with something hidden alone: of most there are none.
  const hidden = new Map<number, readonly PeopleCell[]>();
  for (const [bucket, beside] of parts) {
    const own = [...hiddenCells(beside, least)].filter(isAsked);
    if (own.length > 0) hidden.set(bucket, own);
  }
  const isIn = (part: PeopleCell, cell: Cell) =>
    groups.every((group, index) => group < 0 || cell.keys[group] === part.keys[index]);
  const hides = (bucket: number, cell: Cell) => hidden.get(bucket)?.some((part) => isIn(part, cell)) ?? false;
  const { edges } = axis.days;
  const isEdge = (instant: number) => edges[indexAt(edges, instant)] === instant;
  return (cell) => {
    const span = spanOf(cell.bucket);
    const start = Math.max(span.start, axis.reach.start);
    const end = Math.min(span.end, axis.window.end);
    const isWhole = start < end && isEdge(start) && isEdge(end);
    if (!isWhole) return true;
    if (hides(cell.bucket, cell)) return true;
    if (activity.measure === 'distinct') return false;
    const last = indexAt(edges, end - 1);
    for (let day = indexAt(edges, start); day <= last; day += 1) if (hides(-2 - day, cell)) return true;
    return false;
  };
}
