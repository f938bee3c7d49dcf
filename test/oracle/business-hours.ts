import { IANAZone } from 'luxon';
import type { NormalizedEvent } from '../../ingest/event.ts';
import { sameName } from './catalog.ts';
import { dataOf, timeOf } from './known.ts';

/** A calendar's definitions, each with when it holds (R38). */
export type OracleCalendar = readonly {
  readonly from: number;
  readonly to: number;
  readonly timezone: string;
  readonly hours: Readonly<Record<string, readonly string[] | undefined>>;
  readonly holidays: readonly string[];
}[];

const MINUTE = 60_000;
const days = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** R38, R7: the definitions of a calendar; null if nobody defines it. Events come in (occurred_at, id) order. */
export function calendarOf(events: readonly NormalizedEvent[], id: string): OracleCalendar | null {
  const all = events.filter((event) => event.type === 'calendar.defined' && sameName(dataOf(event).calendar, id));
  if (all.length === 0) return null;
  return all.map((event, index) => ({
    ...(dataOf(event) as unknown as OracleCalendar[number]),
    from: index === 0 ? Number.NEGATIVE_INFINITY : timeOf(event),
    to: index + 1 < all.length ? timeOf(all[index + 1]!) : Number.POSITIVE_INFINITY,
  }));
}

/** R38: milliseconds of [start, end) at which the clock on the wall says that somebody is at work, looked at minute by minute. */
export function openTime(calendar: OracleCalendar, start: number, end: number): number {
  let open = 0;
  for (let at = start; at < end; ) {
    const definition = calendar.find((one) => one.from <= at && at < one.to)!;
    // Clocks and hours change at whole minutes; a definition may change within one.
    const next = Math.min(end, definition.to, Math.floor(at / MINUTE) * MINUTE + MINUTE);
    if (isOpen(definition, at)) open += next - at;
    at = next;
  }
  return open;
}

/** What was looked at, by the calendar's words: every world reads its calendars anew. */
const known = new Map<string, Map<number, boolean>>();
const keys = new WeakMap<object, string>();

function isOpen(definition: OracleCalendar[number], at: number): boolean {
  const minute = Math.floor(at / MINUTE);
  const key = keys.get(definition) ?? JSON.stringify({ ...definition, from: 0, to: 0 });
  keys.set(definition, key);
  const notes = known.get(key) ?? new Map<number, boolean>();
  if (known.size > 20) known.clear();
  known.set(key, notes);
  const noted = notes.get(minute);
  if (noted !== undefined) return noted;
  // What the clock on the wall shows, as if it were UTC.
  const local = new Date(at + IANAZone.create(definition.timezone).offset(at) * MINUTE);
  const [date, time] = [local.toISOString().slice(0, 10), local.toISOString().slice(11, 16)];
  const today = definition.hours[days[local.getUTCDay()]!] ?? [];
  const yesterday = definition.hours[days[(local.getUTCDay() + 6) % 7]!] ?? [];
  const open =
    !definition.holidays.includes(date) &&
    (today.some((one) => {
      const [from, to] = one.split('-') as [string, string];
      return from <= time && (to <= from || time < to);
    }) ||
      yesterday.some((one) => {
        const [from, to] = one.split('-') as [string, string];
        return to <= from && time < to;
      }));
  notes.set(minute, open);
  return open;
}
