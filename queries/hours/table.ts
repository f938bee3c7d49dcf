import { EARLIEST_INSTANT } from '../../ingest/time.ts';
import { type Calendar, openSpans } from './calendar.ts';

/**
 * Calendars as SQL can count by them: of each the same consecutive UTC days, each day of one of a few shapes. A shape is the
 * stretches that are open, in ms since the day's midnight. The last day is closed, for all that lies after it.
 */
export interface HoursTable {
  /** Ids of the calendars in lower case, in the order of their days; null: one calendar for everything. */
  readonly calendars: readonly string[] | null;
  /** How many days each calendar has. */
  readonly days: number;
  /** Epoch ms at which the first day begins. */
  readonly start: number;
  /** Number of the shape of each day, from 1; one calendar after the other. */
  readonly shapeOfDay: readonly number[];
  readonly opens: readonly (readonly number[])[];
  readonly closes: readonly (readonly number[])[];
}

const DAY = 86_400_000;

/** Tells a calendar by days, from the first instant that events may name to the end of the UTC day after `until` (epoch ms). */
export function hoursTable(calendar: Calendar, until: number): HoursTable {
  return tableOf([calendar], null, EARLIEST_INSTANT, until);
}

/** Tells several calendars, by their ids in lower case, from the UTC day of `from` to the end of that after `until` (epoch ms). */
export function hoursTables(calendars: ReadonlyMap<string, Calendar>, from: number, until: number): HoursTable {
  const start = Math.max(EARLIEST_INSTANT, Math.floor(from / DAY) * DAY);
  return tableOf([...calendars.values()], [...calendars.keys()], start, until);
}

function tableOf(
  told: readonly Calendar[],
  calendars: readonly string[] | null,
  start: number,
  until: number,
): HoursTable {
  const days = Math.max(1, Math.floor((until - start) / DAY) + 2);
  const shapes = new Map<string, number>();
  const shapeOfDay = told.flatMap((calendar) =>
    piecesOf(calendar, start, days).map((piece) => {
      const key = piece.join();
      const known = shapes.get(key) ?? shapes.size + 1;
      shapes.set(key, known);
      return known;
    }),
  );
  const numbers = [...shapes.keys()].map((key) => (key === '' ? [] : key.split(',').map(Number)));
  return {
    calendars,
    start,
    days: days + 1,
    shapeOfDay,
    opens: numbers.map((all) => all.filter((_, index) => index % 2 === 0)),
    closes: numbers.map((all) => all.filter((_, index) => index % 2 === 1)),
  };
}

/** The open stretches of so many days, and of one more that is closed. */
function piecesOf(calendar: Calendar, start: number, days: number): readonly (readonly number[])[] {
  const pieces: number[][] = Array.from({ length: days }, () => []);
  for (const span of openSpans(calendar, { start, end: start + days * DAY })) {
    for (let day = Math.floor((span.start - start) / DAY); start + day * DAY < span.end; day += 1) {
      const midnight = start + day * DAY;
      pieces[day]!.push(Math.max(0, span.start - midnight), Math.min(DAY, span.end - midnight));
    }
  }
  pieces.push([]);
  return pieces;
}

/** Parameters of {@link hoursSql}. */
export function hoursParams(table: HoursTable) {
  return {
    hours_start: table.start,
    hours_n: table.days,
    hours_calendars: table.calendars ?? [],
    hours_days: table.shapeOfDay,
    hours_opens: table.opens,
    hours_closes: table.closes,
  };
}

/** SQL for the seconds between two instants in which the calendar is open; 0 if the end is NULL or comes first. */
export function hoursSql(start: string, end: string): string {
  return `greatest(0, ${openBefore(end, '0')} - ${openBefore(start, '0')}) / 1000`;
}

/**
 * Likewise by the calendar whose id in lower case is the text `calendar`; where there is none of that id, all the time there
 * is (0 if the end is NULL or comes first).
 */
export function hoursByCalendarSql(start: string, end: string, calendar: string): string {
  const nth = `(indexOf({hours_calendars:Array(String)}, ${calendar}) - 1)`;
  const elapsed = `ifNull(toUnixTimestamp64Milli(${end}) - toUnixTimestamp64Milli(${start}), 0)`;
  return `greatest(0, if(${nth} < 0, ${elapsed}, ${openBefore(end, nth)} - ${openBefore(start, nth)})) / 1000`;
}

const DAYS = '{hours_days:Array(UInt16)}';
const OPENS = '{hours_opens:Array(Array(Int64))}';
const CLOSES = '{hours_closes:Array(Array(Int64))}';

/**
 * Open ms before each day begins, those of the calendars before it among them, which differences do not see; a scalar
 * subquery, so that it is worked out once per statement.
 */
const OPEN_BEFORE_DAY = `(SELECT arrayPushFront(arrayCumSum(arrayMap(s -> toInt64(arraySum(${CLOSES}[s]) - arraySum(${OPENS}[s])), ${DAYS})), toInt64(0)))`;

/** Open ms from the first day of the table to an instant, by the calendar of a number from 0. */
function openBefore(instant: string, nth: string): string {
  const ms = `least(greatest(ifNull(toUnixTimestamp64Milli(${instant}), 0) - {hours_start:Int64}, 0), ({hours_n:Int64} - 1) * ${DAY})`;
  const day = `${nth} * {hours_n:Int64} + intDiv(${ms}, ${DAY}) + 1`;
  const shape = `${DAYS}[${day}]`;
  const today = `arraySum((opening, closing) -> greatest(0, least(${ms} % ${DAY}, closing) - opening), ${OPENS}[${shape}], ${CLOSES}[${shape}])`;
  return `(assumeNotNull(${OPEN_BEFORE_DAY})[${day}] + ${today})`;
}
