import { z } from 'zod';

/** Earliest instant that a sender may plausibly name. Anything older is a broken clock (a real capture says year 1015). */
export const EARLIEST_INSTANT = Date.UTC(2000, 0, 1);

/** How far ahead of its receipt a delivery may date a fact before it is quarantined (metrics.md §1.5). */
export const LATEST_SKEW_MS = 10 * 60 * 1000;

const ISO = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})$/i;

/**
 * Reads a timestamp as senders write it and returns it as `YYYY-MM-DDTHH:mm:ss.sssZ`, or null if it is not one.
 * Accepts ISO 8601 with zone (0 to 9 fraction digits, offset with or without colon), `YYYY-MM-DD HH:MM:SS UTC`, and
 * epoch numbers or numeric strings in s, ms or ns (told apart by size). Never guesses a missing zone.
 * The zero time `0001-01-01T00:00:00Z` of Go senders is null.
 */
export function parseInstant(value: unknown): string | null {
  if (typeof value === 'number') return fromEpoch(value);
  if (typeof value !== 'string') return null;
  // Nanoseconds are cut to milliseconds as text: a number would round them first.
  if (/^\d{18,19}$/.test(value)) return fromEpoch(Number(value.slice(0, -6)));
  if (/^\d{9,17}$/.test(value)) return fromEpoch(Number(value));
  const parts = ISO.exec(value.trim());
  if (!parts) return null;
  const [, year, month, day, hour, minute, second = '00', fraction = '', zone = 'Z'] = parts;
  const millis = `${fraction}000`.slice(0, 3);
  const offset = /^(Z|UTC)$/i.test(zone) ? 'Z' : zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}${offset}`);
  if (Number.isNaN(time) || Number(year) <= 1) return null;
  // Date.parse rolls 31 February over in some engines: refuse a day that the month does not have.
  if (Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()) return null;
  return toIso(time);
}

function fromEpoch(value: number): string | null {
  if (!Number.isFinite(value) || value <= 0) return null;
  if (value >= 1e17) return toIso(Math.trunc(value / 1e6));
  if (value >= 1e11) return toIso(Math.trunc(value));
  return toIso(Math.trunc(value * 1000));
}

function toIso(time: number): string | null {
  if (Math.abs(time) > 8.64e15) return null;
  const iso = new Date(time).toISOString();
  return iso.length === 24 ? iso : null;
}

/** True if the instant lies between the year 2000 and ten minutes after `receivedAt`. */
export function isPlausible(instant: string, receivedAt: string): boolean {
  const time = Date.parse(instant);
  return time >= EARLIEST_INSTANT && time <= Date.parse(receivedAt) + LATEST_SKEW_MS;
}

/** A timestamp field of an event: any form {@link parseInstant} reads, kept as `YYYY-MM-DDTHH:mm:ss.sssZ`. */
export const instant = z.union([z.string(), z.number()]).transform((value, context) => {
  const parsed = parseInstant(value);
  if (parsed !== null) return parsed;
  context.addIssue({ code: 'custom', message: 'is not a timestamp with a zone, such as 2026-03-05T01:02:03Z' });
  return z.NEVER;
});
