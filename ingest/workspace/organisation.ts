import { z } from 'zod';
import { tellers } from '../tellers.ts';
import { type Definition, since } from './definition.ts';
import { rolloutRule, rolloutRuleDefinition } from './rollout-rule.ts';

/** Options by metric id, as `metrics.yaml` sets them for the whole organisation. */
export type MetricOptions = Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;

const name = z.string().trim().min(1).max(512);
const teller = z.enum(tellers, `is none of ${tellers.join(', ')}`);

/**
 * `environments.yaml`: which environments are production, and which of them are one target; and under `rollouts` which runs,
 * jobs and releases are rollouts to them.
 */
export function environmentsSchema(timezone: string) {
  return z
    .strictObject({
      environments: z
        .array(
          z.strictObject({
            name,
            production: z.boolean(),
            group: name.optional(),
            failed_means: z.enum(['failed_dark', 'failed_live']).optional(),
            rollouts_from: z
              .preprocess((one) => (typeof one === 'string' ? [one] : one), z.array(teller).min(1))
              .optional(),
            since: since(timezone),
          }),
        )
        .default([]),
      rollouts: z.array(rolloutRule(timezone)).max(2000).default([]),
    })
    .transform(({ environments, rollouts }): Definition[] => [
      ...environments.map(({ since: from, ...data }) => ({
        type: 'environment.defined' as const,
        since: from ?? null,
        data: withoutUndefined(data),
      })),
      ...rollouts.map(rolloutRuleDefinition),
    ]);
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

/** `platform.yaml`: which sources are the platform's path, what counts as its use, and how long each source may be silent. */
export function platformSchema(timezone: string) {
  return z
    .strictObject({
      path_sources: z.array(name).max(50).optional(),
      qualifying_actions: z.array(name).min(1).max(200).optional(),
      silence_days: z.record(name, z.number().min(0.01).max(3650)).default({}),
      since: since(timezone),
    })
    .transform((found): Definition[] => [
      ...(found.path_sources === undefined && found.qualifying_actions === undefined
        ? []
        : [
            {
              type: 'platform.defined' as const,
              since: found.since ?? null,
              data: {
                path_sources: found.path_sources ?? [],
                qualifying_actions: found.qualifying_actions ?? [],
              },
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
