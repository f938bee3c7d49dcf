import { DateTime } from 'luxon';

/** A half-open stretch of time in epoch milliseconds. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** A local day or hour, and which share of it lies in a stretch (metrics.md §1.4). */
export interface Unit extends Stretch {
  readonly share: number;
  /** ISO weekday of its start, Monday = 1. */
  readonly weekday: number;
}

/** What lies in both; nothing if they do not overlap. */
export function intersection(a: Stretch, b: Stretch): Stretch[] {
  const both = { start: Math.max(a.start, b.start), end: Math.min(a.end, b.end) };
  return both.start < both.end ? [both] : [];
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}

export function localDate(at: number, tz: string): string {
  return DateTime.fromMillis(at, { zone: tz }).toISODate()!;
}

/** Whether it is Saturday or Sunday there. */
export function isWeekend(at: number, tz: string): boolean {
  return DateTime.fromMillis(at, { zone: tz }).weekday > 5;
}

/** Start of the local day, hour, week … that an instant lies in. */
export function startOfUnit(at: number, unit: UnitName, tz: string): number {
  return DateTime.fromMillis(at, { zone: tz }).startOf(unit).toMillis();
}

/** The local days, hours, weeks or months that overlap a stretch and have begun by `asOf`. */
export function unitsOf(within: Stretch, unit: UnitName, tz: string, asOf: number): Unit[] {
  const key = `${within.start} ${within.end} ${unit} ${tz}`;
  const found = knownUnits.get(key) ?? cut(within, unit, tz);
  if (knownUnits.size > 1000) knownUnits.clear();
  knownUnits.set(key, found);
  return found.filter((one) => one.start < asOf);
}

type UnitName = 'hour' | 'day' | 'week' | 'month';
const knownUnits = new Map<string, Unit[]>();

function cut(within: Stretch, unit: UnitName, tz: string): Unit[] {
  const units: Unit[] = [];
  let at = DateTime.fromMillis(within.start, { zone: tz }).startOf(unit);
  while (at.toMillis() < within.end) {
    const next = at.plus({ [`${unit}s`]: 1 }).startOf(unit);
    const [start, end] = [at.toMillis(), next.toMillis()];
    if (end > within.start)
      units.push({
        start,
        end,
        share: (Math.min(end, within.end) - Math.max(start, within.start)) / (end - start),
        weekday: at.weekday,
      });
    at = next;
  }
  return units;
}

/** A bucket of a series: where it begins and ends by the calendar, and the part of it that is asked for. */
export interface Bucket {
  readonly time: number;
  readonly asked: Stretch;
  /** Whether `to` cuts it. */
  readonly cutAtEnd: boolean;
}

const grains = ['hour', 'day', 'week', 'month', 'quarter', 'year'] as const;

/**
 * The buckets of a window, oldest first. A rolling grain (`28d`) has one bucket per local day of the window: the N local
 * days that end with it, so it looks back beyond `from`; only `to` cuts it.
 */
export function bucketsOf(window: Stretch, grain: string | null, tz: string): Bucket[] {
  if (grain === null) return [];
  const rolling = /^(\d+)d$/.exec(grain);
  if (rolling)
    return unitsOf(window, 'day', tz, Number.POSITIVE_INFINITY).map((day) => {
      const time = DateTime.fromMillis(day.start, { zone: tz })
        .minus({ days: Number(rolling[1]) - 1 })
        .startOf('day')
        .toMillis();
      const asked = { start: time, end: Math.min(day.end, window.end) };
      return { time, asked, cutAtEnd: asked.end < day.end };
    });
  const unit = grains.find((one) => one === grain)!;
  const buckets: Bucket[] = [];
  let at = DateTime.fromMillis(window.start, { zone: tz }).startOf(unit);
  while (at.toMillis() < window.end) {
    const next = at.plus({ [`${unit}s`]: 1 }).startOf(unit);
    const [start, end] = [at.toMillis(), next.toMillis()];
    if (end > window.start) {
      const asked = { start: Math.max(start, window.start), end: Math.min(end, window.end) };
      buckets.push({ time: start, asked, cutAtEnd: asked.end < end });
    }
    at = next;
  }
  return buckets;
}
