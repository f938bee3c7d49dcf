import { DateTime } from 'luxon';

const at = (iso: string, zone: string) => DateTime.fromISO(iso, { zone: 'utc' }).setZone(zone).setLocale('en-US');

/** `18 Nov 2025`, in the zone. */
export function formatDay(iso: string, zone: string): string {
  return at(iso, zone).toFormat('d LLL yyyy');
}

/** `18 Nov`, in the zone. */
export function formatDayShort(iso: string, zone: string): string {
  return at(iso, zone).toFormat('d LLL');
}

/** `Tue 18 Nov 2025`, in the zone. */
export function formatWeekday(iso: string, zone: string): string {
  return at(iso, zone).toFormat('ccc d LLL yyyy');
}

/** `21 Nov 2025, 08:58`, in the zone. */
export function formatInstant(iso: string, zone: string): string {
  return at(iso, zone).toFormat('d LLL yyyy, HH:mm');
}

/** `21 Nov, 08:58`, in the zone. */
export function formatInstantShort(iso: string, zone: string): string {
  return at(iso, zone).toFormat('d LLL, HH:mm');
}

/** `08:58`, in the zone. */
export function formatClock(iso: string, zone: string): string {
  return at(iso, zone).toFormat('HH:mm');
}

/** `May`, in the zone. */
export function formatMonth(iso: string, zone: string): string {
  return at(iso, zone).toFormat('LLL');
}

/** The last day of a half-open span: the day that holds the instant before `end`. */
export function lastDayOf(end: string): string {
  return new Date(Date.parse(end) - 1).toISOString();
}

/** First instants of the local months that begin within `[start, end)`, as UTC ISO. */
export function monthStarts(start: string, end: string, zone: string): string[] {
  const starts: string[] = [];
  let month = at(start, zone).startOf('month');
  while (month.toMillis() < Date.parse(end)) {
    if (month.toMillis() >= Date.parse(start)) starts.push(month.toUTC().toISO() ?? '');
    month = month.plus({ months: 1 });
  }
  return starts;
}
