import { DateTime, IANAZone } from 'luxon';

/** `Nd`: the N local days that end with each day of the window. */
export type Grain = 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year' | `${number}d`;

export const calendarGrains = ['hour', 'day', 'week', 'month', 'quarter', 'year'] as const;

/** Half-open `[start, end)` in epoch milliseconds. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Consecutive units of time: unit i is `[edges[i], edges[i + 1])`. */
export interface Units {
  readonly edges: readonly number[];
}

/** The local days that overlap a window; `first` is the first one's number since 1970-01-01, as ClickHouse counts them. */
export interface Days extends Units {
  readonly first: number;
  /** 1 (Monday) to 7 per day. */
  readonly weekdays: readonly number[];
}

const DAY = 86_400_000;
export const HOUR = 3_600_000;

/** Milliseconds as UTC ISO. */
export function iso(time: number): string {
  return new Date(time).toISOString();
}

/** Start of the local day that holds an instant. */
export function dayStart(time: number, tz: string): number {
  return DateTime.fromMillis(time, { zone: tz }).startOf('day').toMillis();
}

/** The same span so many local days later. */
export function laterBy(days: number, span: Span, tz: string): Span {
  const later = (time: number) => DateTime.fromMillis(time, { zone: tz }).plus({ days }).toMillis();
  return { start: later(span.start), end: later(span.end) };
}

/** The local days that overlap `[from, to)`; a 23 h or 25 h day is one day (metrics.md §1.4). */
export function localDays(window: Span, tz: string): Days {
  const name = `${window.start} ${window.end} ${tz}`;
  const days = knownDays.get(name) ?? daysOfCalendar(window, tz);
  // The same few windows are asked for again and again, and the calendar is slow to answer.
  knownDays.delete(name);
  knownDays.set(name, days);
  for (const oldest of knownDays.keys()) if (knownDays.size > MOST_KNOWN_DAYS) knownDays.delete(oldest);
  return days;
}

const MOST_KNOWN_DAYS = 64;
const knownDays = new Map<string, Days>();

function daysOfCalendar(window: Span, tz: string): Days {
  const zone = IANAZone.create(tz);
  const begin = DateTime.fromMillis(window.start, { zone }).startOf('day');
  const first = Math.round(Date.UTC(begin.year, begin.month - 1, begin.day) / DAY);
  const edges = [begin.toMillis()];
  let offset = zone.offset(edges[0]!);
  for (let day = edges[0]!; day < window.end; day = edges[edges.length - 1]!) {
    // Most days run from midnight to midnight in 24 hours: the calendar is asked about the others only.
    const isPlain = (day + offset * 60_000) % DAY === 0 && zone.offset(day + DAY) === offset;
    const next = isPlain ? day + DAY : DateTime.fromMillis(day, { zone }).plus({ days: 1 }).startOf('day').toMillis();
    if (!isPlain) offset = zone.offset(next);
    edges.push(next);
  }
  const weekdays = edges.slice(1).map((_, index) => ((((first + index + 3) % 7) + 7) % 7) + 1);
  return { first, edges, weekdays };
}

/** The hours that overlap `[from, to)`: physical ones, counted from the start of the local hour that holds `from`. */
export function localHours(window: Span, tz: string): Units {
  const edges = [DateTime.fromMillis(window.start, { zone: tz }).startOf('hour').toMillis()];
  while (edges[edges.length - 1]! < window.end) edges.push(edges[edges.length - 1]! + HOUR);
  return { edges };
}

/** Buckets of a grain that overlap a window, whole (not clipped to it), by start (metrics.md §1.4). */
export function bucketsOf(window: Span, tz: string, grain: Grain, fiscalStartMonth = 1): readonly Span[] {
  if (grain === 'hour') return spans(localHours(window, tz).edges);
  const days = rollingDays(grain);
  if (days !== null) return rolling(window, tz, days);
  const edges: number[] = [];
  let edge = startOf(DateTime.fromMillis(window.start, { zone: tz }), grain as Calendar, fiscalStartMonth);
  const step = { [`${grain}s`]: 1 };
  edges.push(edge.toMillis());
  while (edge.toMillis() < window.end) {
    edge = edge.plus(step).startOf('day');
    edges.push(edge.toMillis());
  }
  return spans(edges);
}

/** N of `Nd`, or null if the grain is of the calendar. */
export function rollingDays(grain: string): number | null {
  const match = /^([1-9]\d{0,3})d$/.exec(grain);
  return match ? Number(match[1]) : null;
}

type Calendar = 'day' | 'week' | 'month' | 'quarter' | 'year';

function startOf(time: DateTime, grain: Calendar, fiscalStartMonth: number): DateTime {
  if (grain !== 'quarter') return time.startOf(grain);
  const monthsIn = (time.month - fiscalStartMonth + 12) % 3;
  return time.startOf('month').minus({ months: monthsIn }).startOf('month');
}

function rolling(window: Span, tz: string, count: number): readonly Span[] {
  const days = localDays(window, tz).edges;
  return days.slice(1).map((end, index) => {
    const day = DateTime.fromMillis(days[index]!, { zone: tz });
    return {
      start: day
        .minus({ days: count - 1 })
        .startOf('day')
        .toMillis(),
      end,
    };
  });
}

function spans(edges: readonly number[]): readonly Span[] {
  return edges.slice(1).map((end, index) => ({ start: edges[index]!, end }));
}

/** Calls `visit` for every unit that overlaps a span, with the share of the unit that lies in it. */
export function eachUnit(units: Units, span: Span, visit: (index: number, share: number) => void): void {
  const { edges } = units;
  for (let index = indexAt(edges, span.start); index < edges.length - 1; index += 1) {
    const start = edges[index]!;
    const end = edges[index + 1]!;
    if (start >= span.end) return;
    const overlap = Math.min(end, span.end) - Math.max(start, span.start);
    if (overlap > 0) visit(index, overlap === end - start ? 1 : overlap / (end - start));
  }
}

/** Index of the unit that holds an instant, clamped to the first. */
export function indexAt(edges: readonly number[], time: number): number {
  let low = 0;
  let high = edges.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (edges[middle]! <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * Local days begun by `asOf` in a span, each cut one by its share: what a rate per day divides by (metrics.md §1.4).
 * `workingOnly` counts Monday to Friday.
 */
export function daysBegun(days: Days, span: Span, asOf: number, workingOnly = false): number {
  let total = 0;
  eachUnit(days, span, (index, share) => {
    if (days.edges[index]! >= asOf) return;
    if (!workingOnly || days.weekdays[index]! <= 5) total += share;
  });
  return total;
}
