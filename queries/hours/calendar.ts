import { IANAZone } from 'luxon';
import { minutesOf, type Weekday, weekdays } from '../../ingest/calendar.ts';
import type { Span } from '../buckets.ts';

/** What a calendar said from one instant to another (epoch ms); its first definition holds since ever, its last for ever. */
export interface CalendarSpan {
  readonly from: number;
  readonly to: number;
  readonly timezone: string;
  readonly hours: Readonly<Partial<Record<Weekday, readonly string[]>>>;
  /** Local dates `YYYY-MM-DD`. */
  readonly holidays: readonly string[];
}

/** The opening hours of somebody, with their history, by time. */
export type Calendar = readonly CalendarSpan[];

const MINUTE = 60_000;
const DAY = 86_400_000;

/**
 * The stretches of `[window.start, window.end)` in which a calendar is open, by time, without touching each other. An
 * instant is open if the clock on the wall shows a time of its local date's hours (metrics.md §1.4, reading R38): so an hour
 * that the clock skips is not there and one that it repeats counts twice.
 */
export function openSpans(calendar: Calendar, window: Span): readonly Span[] {
  const found: Span[] = [];
  for (const span of calendar) {
    const reach = { start: Math.max(span.from, window.start), end: Math.min(span.to, window.end) };
    if (reach.start < reach.end) addOpen(found, span, reach);
  }
  return found;
}

/** Seconds of `[start, end)` (epoch ms) in which a calendar is open. */
export function businessSeconds(calendar: Calendar, start: number, end: number): number {
  return openSpans(calendar, { start, end }).reduce((sum, span) => sum + span.end - span.start, 0) / 1_000;
}

function addOpen(found: Span[], calendar: CalendarSpan, reach: Span): void {
  const week = weekOf(calendar);
  const holidays = new Set(calendar.holidays.map((date) => Date.parse(`${date}T00:00:00Z`)));
  for (const { start, end, offset } of steady(calendar.timezone, reach)) {
    // Wall clocks are told as if they were UTC.
    for (let date = Math.floor((start + offset) / DAY) * DAY; date < end + offset; date += DAY) {
      if (holidays.has(date)) continue;
      // 1970-01-01 was a Thursday.
      const weekday = (((date / DAY + 3) % 7) + 7) % 7;
      for (const [from, to] of week[weekday]!) {
        add(found, Math.max(start, date + from - offset), Math.min(end, date + to - offset));
      }
    }
  }
}

function add(found: Span[], start: number, end: number): void {
  if (start >= end) return;
  const last = found.at(-1);
  if (last !== undefined && start <= last.end) {
    if (end > last.end) found[found.length - 1] = { start: last.start, end };
  } else found.push({ start, end });
}

/** Per weekday, Monday first, the open stretches of the date in ms since its midnight, by time; what passes midnight is cut there. */
function weekOf({ hours }: CalendarSpan): readonly (readonly (readonly [number, number])[])[] {
  const week: [number, number][][] = weekdays.map(() => []);
  for (const [index, day] of weekdays.entries()) {
    for (const text of hours[day] ?? []) {
      const minutes = minutesOf(text);
      if (minutes === null) continue;
      const [from, to] = [minutes[0] * MINUTE, minutes[1] * MINUTE];
      week[index]!.push([from, Math.min(to, DAY)]);
      if (to > DAY) week[(index + 1) % 7]!.push([0, to - DAY]);
    }
  }
  for (const day of week) day.sort((a, b) => a[0] - b[0]);
  return week;
}

/** The parts of a stretch in which a zone's offset from UTC (ms) does not change. */
function steady(timezone: string, reach: Span): readonly (Span & { readonly offset: number })[] {
  const zone = IANAZone.create(timezone);
  const offsetAt = (time: number) => Math.round(zone.offset(time) * MINUTE);
  const parts: (Span & { offset: number })[] = [];
  let start = reach.start;
  let offset = offsetAt(start);
  for (let at = start; at < reach.end - 1; ) {
    const next = Math.min(at + DAY, reach.end - 1);
    if (offsetAt(next) === offset) {
      at = next;
      continue;
    }
    at = changeIn(offsetAt, at, next);
    parts.push({ start, end: at, offset });
    start = at;
    offset = offsetAt(at);
  }
  parts.push({ start, end: reach.end, offset });
  return parts;
}

/** The first instant after `low` at which the offset is another one than at `low`; at `high` it is. */
function changeIn(offsetAt: (time: number) => number, low: number, high: number): number {
  const before = offsetAt(low);
  let [from, to] = [low, high];
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    if (offsetAt(middle) === before) from = middle;
    else to = middle;
  }
  return to;
}
