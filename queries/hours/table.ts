import { EARLIEST_INSTANT } from '../../ingest/time.ts';
import { type Calendar, openSpans } from './calendar.ts';

/**
 * A calendar as SQL can count by it: consecutive UTC days, each of one of a few shapes. A shape is the stretches that are
 * open, in ms since the day's midnight. The last day is closed, for all that lies after it.
 */
export interface HoursTable {
  /** Epoch ms at which the first day begins. */
  readonly start: number;
  /** Number of the shape of each day, from 1. */
  readonly shapeOfDay: readonly number[];
  readonly opens: readonly (readonly number[])[];
  readonly closes: readonly (readonly number[])[];
}

const DAY = 86_400_000;

/** Tells a calendar by days, from the first instant that events may name to the end of the UTC day after `until` (epoch ms). */
export function hoursTable(calendar: Calendar, until: number): HoursTable {
  const start = EARLIEST_INSTANT;
  const days = Math.max(1, Math.floor((until - start) / DAY) + 2);
  const pieces: number[][] = Array.from({ length: days }, () => []);
  for (const span of openSpans(calendar, { start, end: start + days * DAY })) {
    for (let day = Math.floor((span.start - start) / DAY); start + day * DAY < span.end; day += 1) {
      const midnight = start + day * DAY;
      pieces[day]!.push(Math.max(0, span.start - midnight), Math.min(DAY, span.end - midnight));
    }
  }
  pieces.push([]);
  const shapes = new Map<string, number>();
  const shapeOfDay = pieces.map((piece) => {
    const key = piece.join();
    const known = shapes.get(key) ?? shapes.size + 1;
    shapes.set(key, known);
    return known;
  });
  const numbers = [...shapes.keys()].map((key) => (key === '' ? [] : key.split(',').map(Number)));
  return {
    start,
    shapeOfDay,
    opens: numbers.map((all) => all.filter((_, index) => index % 2 === 0)),
    closes: numbers.map((all) => all.filter((_, index) => index % 2 === 1)),
  };
}

/** Parameters of {@link hoursSql}. */
export function hoursParams(table: HoursTable) {
  return {
    hours_start: table.start,
    hours_days: table.shapeOfDay,
    hours_opens: table.opens,
    hours_closes: table.closes,
  };
}

/** SQL for the seconds between two instants in which the calendar is open; 0 if the end is NULL or comes first. */
export function hoursSql(start: string, end: string): string {
  return `greatest(0, ${openBefore(end)} - ${openBefore(start)}) / 1000`;
}

const DAYS = '{hours_days:Array(UInt16)}';
const OPENS = '{hours_opens:Array(Array(Int64))}';
const CLOSES = '{hours_closes:Array(Array(Int64))}';

/** Open ms before each day begins; a scalar subquery, so that it is worked out once per statement. */
const OPEN_BEFORE_DAY = `(SELECT arrayPushFront(arrayCumSum(arrayMap(s -> toInt64(arraySum(${CLOSES}[s]) - arraySum(${OPENS}[s])), ${DAYS})), toInt64(0)))`;

/** Open ms from the first day of the table to an instant. */
function openBefore(instant: string): string {
  const ms = `least(greatest(ifNull(toUnixTimestamp64Milli(${instant}), 0) - {hours_start:Int64}, 0), (length(${DAYS}) - 1) * ${DAY})`;
  const day = `intDiv(${ms}, ${DAY}) + 1`;
  const shape = `${DAYS}[${day}]`;
  const today = `arraySum((opening, closing) -> greatest(0, least(${ms} % ${DAY}, closing) - opening), ${OPENS}[${shape}], ${CLOSES}[${shape}])`;
  return `(assumeNotNull(${OPEN_BEFORE_DAY})[${day}] + ${today})`;
}
