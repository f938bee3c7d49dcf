import type { Items, Metric } from '../metric.ts';

/** What the metrics of the documentation have in common (metrics.md §7.3). Sessions are what single people did: they are never listed. */
export const documentation = {
  atom: 'searches',
  feeds: ['search.performed'],
  dimensions: ['team', 'region'],
  neverListed: true,
  graceHours: 48,
} as const satisfies Partial<Metric>;

export const documentationCaveats: readonly string[] = [
  'A session is what one person searched and read without a pause of half an hour, from its first query on. Bots are not counted.',
  'What is read without a search is in no session.',
];

/** Milliseconds without an event after which a session is over. */
const PAUSE_MS = 1_800_000;

/** Sessions by their first query; one that has found nothing may still, until it is over. */
export const sessions: Items = {
  at: 'began_at',
  reason: 'excluded',
  hit: 'isNotNull(found_at)',
  open: 'isNull(found_at)',
  closes: `last_at + toIntervalMillisecond(${PAUSE_MS})`,
};
