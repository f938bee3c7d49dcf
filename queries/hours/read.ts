import type { Store } from '../../ingest/ports.ts';
import { KNOWN } from '../atoms/sql.ts';
import { rollingDays } from '../buckets.ts';
import type { Metric } from '../metric.ts';
import type { MetricRequest, Problem } from '../request.ts';
import type { Calendar, CalendarSpan } from './calendar.ts';
import { type HoursTable, hoursTable, hoursTables } from './table.ts';

/** Reads a calendar by its id (in any case) as known at `asOf` (null: now); null if nobody defines it. */
export async function readCalendar(store: Store, id: string, asOf: string | null): Promise<Calendar | null> {
  const rows = await store.query<{ at: string; data: string }>(CALENDAR, { calendar: id.toLowerCase(), known: asOf });
  return rows.length === 0 ? null : calendarOf(rows);
}

/** A calendar of its definitions, by time. */
function calendarOf(rows: readonly { readonly at: string; readonly data: string }[]): Calendar {
  return rows.map((row, index) => {
    const { timezone, hours, holidays } = JSON.parse(row.data) as Partial<CalendarSpan>;
    return {
      // The first definition holds for all earlier time (reading R7).
      from: index === 0 ? Number.NEGATIVE_INFINITY : Number(row.at),
      to: index + 1 < rows.length ? Number(rows[index + 1]!.at) : Number.POSITIVE_INFINITY,
      timezone: timezone ?? 'UTC',
      hours: hours ?? {},
      holidays: holidays ?? [],
    };
  });
}

/** SQL of {@link readCalendar}. */
export const CALENDAR = `SELECT at, data FROM (
  SELECT id, toUnixTimestamp64Milli(occurred_at) AS at, toJSONString(data) AS data
  FROM events
  WHERE type = 'calendar.defined' AND lower(toString(data.calendar)) = {calendar:String}
    AND ${KNOWN}
  ORDER BY id, normaliser DESC, recorded_at LIMIT 1 BY id
)
ORDER BY at, id
SETTINGS readonly = 2, output_format_json_quote_64bit_integers = 0`;

/** The calendars that teams go by, by their ids in lower case, as known at `asOf` (null: now). */
async function readTeamCalendars(store: Store, asOf: string | null): Promise<ReadonlyMap<string, Calendar>> {
  const rows = await store.query<{ calendar: string; at: string; data: string }>(TEAM_CALENDARS, { known: asOf });
  const byId = new Map<string, { at: string; data: string }[]>();
  for (const row of rows) byId.set(row.calendar, [...(byId.get(row.calendar) ?? []), row]);
  return new Map([...byId].map(([id, definitions]) => [id, calendarOf(definitions)]));
}

/** SQL of {@link readTeamCalendars}. */
const TEAM_CALENDARS = `SELECT calendar, at, data FROM (
  SELECT id, lower(toString(data.calendar)) AS calendar, toUnixTimestamp64Milli(occurred_at) AS at, toJSONString(data) AS data
  FROM events
  WHERE type = 'calendar.defined' AND ${KNOWN}
    AND lower(toString(data.calendar)) IN (SELECT lower(toString(data.calendar)) FROM events WHERE type = 'team.defined' AND ${KNOWN})
  ORDER BY id, normaliser DESC, recorded_at LIMIT 1 BY id
)
ORDER BY calendar, at, id
SETTINGS readonly = 2, output_format_json_quote_64bit_integers = 0`;

/**
 * The calendar of option `business_hours` as SQL can count by it, or that there is none of that id. Without the option those
 * of the teams, if the metric's clock goes by them, else null.
 */
export async function readHours(
  store: Store,
  metric: Metric,
  { options, asOf, from, grain }: MetricRequest,
  now: string,
): Promise<{ readonly hours: HoursTable | null } | { readonly problem: Problem }> {
  const id = options.business_hours;
  if (typeof id !== 'string') {
    if (metric.items(options).clock?.calendar === undefined) return { hours: null };
    // Clocks begin in the window, or in what its rolling buckets look back to.
    const first = Date.parse(from) - ((grain === null ? null : rollingDays(grain)) ?? 0) * DAY - DAY;
    return { hours: hoursTables(await readTeamCalendars(store, asOf), first, Date.parse(asOf ?? now)) };
  }
  const calendar = await readCalendar(store, id, asOf);
  if (calendar !== null) return { hours: tableOf(calendar, Date.parse(asOf ?? now)) };
  const fix = 'use the id of a calendar in calendars.yaml of the workspace';
  return { problem: { field: 'business_hours', problem: `names no calendar (${id})`, fix } };
}

/** The table of a calendar is the same all day. */
function tableOf(calendar: Calendar, until: number): HoursTable {
  const key = JSON.stringify([calendar, Math.floor(until / DAY)]);
  const table = tables.get(key) ?? hoursTable(calendar, until);
  if (tables.size >= MOST_TABLES) tables.clear();
  tables.set(key, table);
  return table;
}

const DAY = 86_400_000;
const MOST_TABLES = 64;
const tables = new Map<string, HoursTable>();
