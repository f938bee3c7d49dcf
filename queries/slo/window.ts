import { DateTime } from 'luxon';
import type { Span } from '../buckets.ts';

/**
 * The window of a service level: the last days of 24 hours, or a period of the calendar that is counted from an anchor, as
 * OpenSLO says (`startTime`: a local date and time in `tz`).
 */
export type SloWindow =
  | { readonly kind: 'rolling'; readonly days: number }
  | {
      readonly kind: 'calendar';
      readonly count: number;
      readonly unit: CalendarUnit;
      readonly anchor: string;
      readonly tz: string;
    };

export const calendarUnits = ['day', 'week', 'month', 'quarter', 'year'] as const;
export type CalendarUnit = (typeof calendarUnits)[number];

const DAY = 86_400_000;

/** Days by which factors of burn rates are told where months differ: the calendar's are rounded to what people say. */
const NOMINAL_DAYS: Readonly<Record<CalendarUnit, number>> = { day: 1, week: 7, month: 30, quarter: 90, year: 365 };

/** Days of a window for burn rates: a month has 30, a quarter 90, a year 365. */
export function nominalDays(window: SloWindow): number {
  return window.kind === 'rolling' ? window.days : window.count * NOMINAL_DAYS[window.unit];
}

/** The window that holds the instant `at`, whole: `[start, end)` in epoch ms. A rolling one ends at `at`. */
export function wholeWindow(window: SloWindow, at: number): Span {
  if (window.kind === 'rolling') return { start: at - window.days * DAY, end: at };
  const { count, unit, tz } = window;
  const anchor = DateTime.fromISO(window.anchor, { zone: tz });
  const now = DateTime.fromMillis(at, { zone: tz });
  const begin = (period: number) => anchor.plus({ [`${unit}s`]: period * count }).toMillis();
  // Counted from the anchor each time: 31 January and two months is 31 March, by way of February it would be the 28th.
  let period = Math.floor(now.diff(anchor, `${unit}s`).as(`${unit}s`) / count);
  while (begin(period) > at) period -= 1;
  while (begin(period + 1) <= at) period += 1;
  return { start: begin(period), end: begin(period + 1) };
}
