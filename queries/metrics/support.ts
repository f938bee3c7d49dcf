import { tickets } from '../atoms/subjects/tickets.ts';
import type { AtomTables } from '../atoms/tables.ts';
import type { Items, Metric, Scope } from '../metric.ts';
import { SKEW_SECONDS, signedSeconds } from './populations.ts';

/** What the metrics of support have in common (metrics.md §8). */
export const support = {
  atom: 'tickets',
  feeds: ['ticket.created'],
  dimensions: ['team', 'region', 'support_tier', 'kind'],
  graceHours: 48,
} as const satisfies Partial<Metric>;

export const supportCaveats: readonly string[] = [
  'A ticket counts at the highest tier that it reached: 0 self-service, 1 community, 2 direct, 3 escalation. One of which nobody says the tier is taken as direct.',
];

export const selfServiceCaveats: readonly string[] = [
  ...supportCaveats,
  'What somebody found in the documentation by themselves counts at tier 0, as far as the documentation tells of its searches.',
];

/** Why the time from the creation of a ticket to `end` is none, or `extra`, a condition and its reason; empty if it is. */
export const notTimed = (end: string, ...extra: readonly (readonly [string, string])[]): string =>
  `multiIf(excluded != '', toString(excluded), isNotNull(created_at) AND isNotNull(${end}) AND ${signedSeconds('created_at', end)} < -${SKEW_SECONDS}, 'negative_duration', ${extra.map(([when, reason]) => `${when}, '${reason}', `).join('')}'')`;

/** What a session in the documentation that came to its end well says as a ticket; no more of a person than its team and region. */
const asTicket: Readonly<Record<string, string>> = {
  atom_id: "hex(sipHash128('search', atom_id))",
  service: 'service',
  kind: "'documentation'",
  support_tier: "'0'",
  created_at: 'began_at',
  resolved_at: 'found_at',
};
const kept = ['team', 'tier', 'region', 'product'].flatMap((name) => [name, `${name}_now`]);

/** Tickets, and searches of the documentation that somebody ended well, which are tickets that were not needed. */
export const supportItems = (hit?: string): Items => {
  const columns = Object.entries(tickets.columns);
  const union = (tables: AtomTables, { filters }: Scope) => `(
    SELECT * FROM (
      SELECT ${columns.map(([name]) => name).join(', ')} FROM ${tables.tickets}
      UNION ALL
      SELECT ${columns
        .map(([name, type]) => {
          const quoted = `'${type.replaceAll("'", "\\'")}'`;
          const value = asTicket[name] ?? (kept.includes(name) ? name : `defaultValueOfTypeName(${quoted})`);
          return `CAST(${value}, ${quoted}) AS ${name}_of`;
        })
        .join(', ')} FROM ${tables.searches} WHERE excluded = '' AND isNotNull(found_at)
    ) WHERE ${filters}
  )`;
  return { from: union, at: 'created_at', reason: 'excluded', ...(hit === undefined ? {} : { hit }) };
};
