import type { Metric } from '../metric.ts';
import { signedSeconds } from './populations.ts';
import { notTimed, support, supportCaveats } from './support.ts';

/** Days in which a ticket should be resolved (metrics.md §8). */
const DAYS = 14;
const SECONDS = DAYS * 86_400;

/** Resolution rate (metrics.md §8). */
export const supportResolutionRate: Metric = {
  ...support,
  id: 'support.resolution_rate',
  title: 'Tickets resolved in time',
  question: 'How many tickets are resolved within two weeks?',
  description:
    'Tickets whose last resolution came within 14 days of their creation, divided by all that were created in the bucket. One that is open and younger than that may still come true, until when the number is provisional.',
  caveats: ['A ticket that is reopened is resolved when it is for the last time.', ...supportCaveats],
  unit: 'fraction',
  direction: 'higher',
  options: {},
  minN: 5,
  aggregate: { type: 'proportion' },
  items: () => ({
    at: 'created_at',
    reason: notTimed('resolved_at'),
    hit: `ifNull(${signedSeconds('created_at', 'resolved_at')} <= ${SECONDS}, false)`,
    open: 'isNull(resolved_at) AND isNotNull(created_at)',
    // A resolution at the last instant is in time.
    closes: `assumeNotNull(created_at) + toIntervalMillisecond(${SECONDS * 1_000 + 1})`,
  }),
  examples: [
    { id: 'EX-SUP-2', text: 'Of 20 tickets 16 are resolved within 14 days, two later and two not yet: 80 %.' },
  ],
};
