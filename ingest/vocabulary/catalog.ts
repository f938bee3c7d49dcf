import { z } from 'zod';
import { hoursOfDay, weekdays, zone } from '../calendar.ts';
import { instant } from '../time.ts';
import { name } from './commit.ts';

/**
 * Who owns what, valid from `occurred_at` until the next definition of the same entity; the first holds for all earlier
 * time. `source.heartbeat` and `source.silent` say when a sender was alive.
 */
export const catalogEvents = {
  'service.defined': z.object({
    service_id: name,
    title: z.string().max(512).optional(),
    repository: name.optional(),
    /** Globs (`services/api/**`) that decide which changes of a shared repository touch this service; none = all. */
    paths: z.array(z.string().max(512)).max(200).optional(),
    team: name.optional(),
    tier: name.optional(),
    region: name.optional(),
    product: name.optional(),
    /** Names that other tools know it by: Argo CD applications, incident services. */
    applications: z.array(name).max(200).optional(),
    incident_services: z.array(name).max(200).optional(),
    registered_at: instant.optional(),
    retired_at: instant.optional(),
    /** Reason why the service need not be on the platform (metrics.md §6.1); absent = eligible. */
    exempt: z.string().max(512).optional(),
  }),
  'team.defined': z.object({
    team: name,
    title: z.string().max(512).optional(),
    timezone: name.optional(),
    parent: name.optional(),
    /** The calendar by which its hours are told where nothing else is said. */
    calendar: name.optional(),
  }),
  /** When somebody is at work: what durations in business hours count (metrics.md §1.4). */
  'calendar.defined': z.object({
    calendar: name,
    timezone: zone,
    /** Per weekday the hours `HH:MM-HH:MM` by the local clock; those that end no later than they begin end on the day after. */
    hours: z.partialRecord(z.enum(weekdays), z.array(hoursOfDay).max(24)),
    /** Local dates, closed from midnight to midnight. */
    holidays: z.array(z.iso.date()).max(5000).default([]),
  }),
  'environment.defined': z.object({
    name,
    production: z.boolean(),
    /** Environments of one group are one target of a rollout: `production` for eu-prod and us-prod. */
    group: name.optional(),
    /** What a sender's bare `failed` means here. */
    failed_means: z.enum(['failed_dark', 'failed_live']).optional(),
    /** Where several tools report one rollout: the sources whose reports count here (`runs`: what rules make); none = by precedence. */
    rollouts_from: z.array(name).max(20).optional(),
  }),
  /**
   * Which runs, jobs or releases are rollouts. Patterns are in any case, with `*` and `?`. The latest known version of a rule
   * holds for all time, but for what its own `since` and `until` leave out; `removed`: it never was one.
   */
  'rollout_rule.defined': z.object({
    /** The rule in one line: its patterns, environment and service. Two versions of one rule share it. */
    rule: z.string().min(1).max(4096),
    repository: name,
    workflow: name.optional(),
    branch: name.optional(),
    job: name.optional(),
    /** Pattern of tags. */
    release: name.optional(),
    prereleases: z.boolean().optional(),
    environment: name,
    service_id: name.optional(),
    since: instant.optional(),
    until: instant.optional(),
    removed: z.boolean().optional(),
  }),
  'person.defined': z.object({
    person: name,
    identities: z.array(name).max(200).default([]),
    kind: z.enum(['human', 'bot', 'service']).default('human'),
    team: name.optional(),
  }),
  'platform.defined': z.object({
    /** Which sources deploy through the platform's path (metrics.md §6.1). */
    path_sources: z.array(name).max(50).default([]),
    /** What counts as use of the platform (metrics.md §6.2): actions of the portal and kinds of event; none stated: all. */
    qualifying_actions: z.array(name).max(200).default([]),
  }),
  'source.defined': z.object({ name, silence_days: z.number().min(0.01).max(3650) }),
  'source.heartbeat': z.object({ name, service_id: name.optional() }),
  'source.silent': z.object({ name, service_id: name.optional() }),
};
