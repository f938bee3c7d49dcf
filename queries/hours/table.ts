import { EARLIEST_INSTANT } from '../../ingest/time.ts';
import { type Calendar, openSpans } from './calendar.ts';

/**
 * Calendars as SQL can count by them: of each the same consecutive weeks of UTC days, each week of one of a few shapes. A shape
 * is the stretches that are open, in ms since the week began. The last week is closed, for all that lies after it. Of weeks,
 * not days: they stand in the statement as they are, and every expression that reads them repeats them while it is planned.
 */
export interface HoursTable {
  /** Ids of the calendars in lower case, in the order of their weeks; null: one calendar for everything. */
  readonly calendars: readonly string[] | null;
  /** How many weeks each calendar has. */
  readonly weeks: number;
  /** Epoch ms at which the first week begins. */
  readonly start: number;
  /** Number of the shape of each week, from 1; one calendar after the other. */
  readonly shapeOfWeek: readonly number[];
  readonly opens: readonly (readonly number[])[];
  readonly closes: readonly (readonly number[])[];
}

const DAY = 86_400_000;
const WEEK = 7 * DAY;

/** Tells a calendar from the first instant that events may name to the end of a week after `until` (epoch ms). */
export function hoursTable(calendar: Calendar, until: number): HoursTable {
  return tableOf([calendar], null, EARLIEST_INSTANT, until);
}

/** Tells several calendars, by their ids in lower case, from the UTC day of `from` to the end of a week after `until` (epoch ms). */
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
  const weeks = Math.max(1, Math.floor((until - start) / WEEK) + 2);
  const shapes = new Map<string, number>();
  const shapeOfWeek = told.flatMap((calendar) =>
    piecesOf(calendar, start, weeks).map((piece) => {
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
    weeks: weeks + 1,
    shapeOfWeek,
    opens: numbers.map((all) => all.filter((_, index) => index % 2 === 0)),
    closes: numbers.map((all) => all.filter((_, index) => index % 2 === 1)),
  };
}

/** The open stretches of so many weeks, and of one more that is closed. */
function piecesOf(calendar: Calendar, start: number, weeks: number): readonly (readonly number[])[] {
  const pieces: number[][] = Array.from({ length: weeks }, () => []);
  for (const span of openSpans(calendar, { start, end: start + weeks * WEEK })) {
    for (let week = Math.floor((span.start - start) / WEEK); start + week * WEEK < span.end; week += 1) {
      const begin = start + week * WEEK;
      pieces[week]!.push(Math.max(0, span.start - begin), Math.min(WEEK, span.end - begin));
    }
  }
  pieces.push([]);
  return pieces;
}

/** Parameters of {@link hoursSql}. */
export function hoursParams(table: HoursTable) {
  return {
    hours_start: table.start,
    hours_n: table.weeks,
    hours_calendars: table.calendars ?? [],
    hours_weeks: table.shapeOfWeek,
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

const WEEKS = '{hours_weeks:Array(UInt16)}';
const OPENS = '{hours_opens:Array(Array(Int64))}';
const CLOSES = '{hours_closes:Array(Array(Int64))}';

/**
 * Open ms before each week begins, those of the calendars before it among them, which differences do not see; a scalar
 * subquery, so that it is worked out once per statement.
 */
const OPEN_BEFORE_WEEK = `(SELECT arrayPushFront(arrayCumSum(arrayMap(s -> toInt64(arraySum(${CLOSES}[s]) - arraySum(${OPENS}[s])), ${WEEKS})), toInt64(0)))`;

/** Open ms from the first week of the table to an instant, by the calendar of a number from 0. */
function openBefore(instant: string, nth: string): string {
  const ms = `least(greatest(ifNull(toUnixTimestamp64Milli(${instant}), 0) - {hours_start:Int64}, 0), ({hours_n:Int64} - 1) * ${WEEK})`;
  const week = `${nth} * {hours_n:Int64} + intDiv(${ms}, ${WEEK}) + 1`;
  const shape = `${WEEKS}[${week}]`;
  const thisWeek = `arraySum((opening, closing) -> greatest(0, least(${ms} % ${WEEK}, closing) - opening), ${OPENS}[${shape}], ${CLOSES}[${shape}])`;
  return `(assumeNotNull(${OPEN_BEFORE_WEEK})[${week}] + ${thisWeek})`;
}
