import { IANAZone } from 'luxon';
import { z } from 'zod';

/** The days of the week as calendars name them, Monday first. */
export const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Weekday = (typeof weekdays)[number];

const HOURS = /^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;

/** `09:00-17:00`; `22:00-06:00` ends on the day after, `00:00-24:00` is a whole day. */
export const hoursOfDay = z.string().regex(HOURS, 'is not a pair of times of day, such as 09:00-17:00');

/** An IANA zone. */
export const zone = z
  .string()
  .refine((name) => IANAZone.isValidZone(name), { error: 'is not a time zone, such as Europe/Berlin' });

/** Minutes since midnight between which `HH:MM-HH:MM` is open; an end on the day after is beyond 24 × 60. Null: it is none. */
export function minutesOf(text: string): readonly [from: number, to: number] | null {
  const parts = HOURS.exec(text);
  if (!parts) return null;
  const from = Number(parts[1]) * 60 + Number(parts[2]);
  const to = parts[3] === undefined ? 24 * 60 : Number(parts[3]) * 60 + Number(parts[4]);
  return [from, to > from ? to : to + 24 * 60];
}
