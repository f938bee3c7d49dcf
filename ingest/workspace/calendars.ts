import { z } from 'zod';
import { hoursOfDay, weekdays, zone } from '../calendar.ts';
import { type Definition, since } from './definition.ts';

const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'is not an id of letters, digits, dots and dashes');
const hours = z.union([hoursOfDay.transform((one) => [one]), z.array(hoursOfDay).min(1).max(24)], {
  error: 'is neither hours such as 09:00-17:00 nor a list of them',
});
const openDays = Object.fromEntries(weekdays.map((day) => [day, hours.optional()])) as Record<
  (typeof weekdays)[number],
  z.ZodOptional<typeof hours>
>;

/** `calendars.yaml`: when somebody is at work, for durations in business hours. */
export function calendarsSchema(timezone: string) {
  return z
    .strictObject({
      calendars: z
        .array(
          z.strictObject({
            id,
            timezone: zone,
            hours: z
              .strictObject(openDays)
              .refine((days) => Object.keys(days).length > 0, { error: 'opens on no day of the week' }),
            holidays: z
              .array(z.iso.date({ error: 'is not a date such as 2026-12-25' }))
              .max(5000)
              .default([]),
            since: since(timezone),
          }),
        )
        .default([]),
    })
    .transform(({ calendars }): Definition[] =>
      calendars.map(({ id: calendar, timezone: at, hours: open, holidays, since: from }) => ({
        type: 'calendar.defined',
        since: from ?? null,
        data: { calendar, timezone: at, hours: defined(open), holidays: [...new Set(holidays)].sort() },
      })),
    );
}

function defined<K extends string, V>(record: { readonly [P in K]?: V | undefined }): { [P in K]?: V } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as { [P in K]?: V };
}
