import { z } from 'zod';
import { type Definition, parseSince } from './definition.ts';

/** Options by metric id, as `metrics.yaml` sets them for the whole organisation. */
export type MetricOptions = Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;

const name = z.string().trim().min(1).max(512);

function since(timezone: string) {
  return z
    .string()
    .transform((value, context) => {
      const parsed = parseSince(value, timezone);
      if (parsed !== null) return parsed;
      context.addIssue({ code: 'custom', message: 'is neither a date nor an instant with a zone' });
      return z.NEVER;
    })
    .optional();
}

/** `environments.yaml`: which environments are production, and which of them are one target. */
export function environmentsSchema(timezone: string) {
  return z
    .strictObject({
      environments: z.array(
        z.strictObject({
          name,
          production: z.boolean(),
          group: name.optional(),
          failed_means: z.enum(['failed_dark', 'failed_live']).optional(),
          since: since(timezone),
        }),
      ),
    })
    .transform(({ environments }): Definition[] =>
      environments.map(({ since: from, ...data }) => ({
        type: 'environment.defined',
        since: from ?? null,
        data: withoutUndefined(data),
      })),
    );
}

/** `people.yaml`: which accounts are one person, in which team, and which are bots. */
export function peopleSchema(timezone: string) {
  const person = z.strictObject({
    person: name,
    team: name.optional(),
    identities: z.array(name).max(200).default([]),
    since: since(timezone),
  });
  const bot = person.extend({ kind: z.enum(['bot', 'service']).default('bot') });
  return z
    .strictObject({ people: z.array(person).default([]), bots: z.array(bot).default([]) })
    .transform(({ people, bots }): Definition[] =>
      [...people.map((entry) => ({ ...entry, kind: 'human' as const })), ...bots].map(({ since: from, ...data }) => ({
        type: 'person.defined',
        since: from ?? null,
        data: withoutUndefined(data),
      })),
    );
}

/** `platform.yaml`: which sources are the platform's path, and how long each may be silent. */
export function platformSchema(timezone: string) {
  return z
    .strictObject({
      path_sources: z.array(name).max(50).optional(),
      silence_days: z.record(name, z.number().min(0.01).max(3650)).default({}),
      since: since(timezone),
    })
    .transform((found): Definition[] => [
      ...(found.path_sources === undefined
        ? []
        : [
            {
              type: 'platform.defined' as const,
              since: found.since ?? null,
              data: { path_sources: found.path_sources },
            },
          ]),
      ...Object.entries(found.silence_days).map(([source, days]) => ({
        type: 'source.defined' as const,
        since: found.since ?? null,
        data: { name: source, silence_days: days },
      })),
    ]);
}

/** `metrics.yaml`: metric id to its default options. Whether an option exists is the metric's to say. */
export const metricsSchema: z.ZodType<MetricOptions> = z.record(
  name,
  z.record(name, z.union([z.string(), z.number(), z.boolean()])),
);

/** Absent stays absent: an optional key without a value must not become a key with none. */
function withoutUndefined<T extends object>(data: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)) as never;
}
