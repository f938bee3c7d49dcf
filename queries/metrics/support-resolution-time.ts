import type { Items, Metric } from '../metric.ts';
import { openOptions } from './incidents.ts';
import { notTimed, support, supportCaveats } from './support.ts';

const START = "ifNull(created_at, toDateTime64(0, 3, 'UTC'))";

const tickets: Items = {
  at: 'created_at',
  reason: notTimed('resolved_at'),
  clock: { start: START, end: 'resolved_at' },
};

/** Each stay of a ticket at a tier; the last lasts until it is resolved. */
const stays: Items = {
  from: (tables, { filters }) => `(
    SELECT * FROM (
      SELECT * EXCEPT (support_tier), toString(stay.1) AS support_tier, stay.2 AS stay_from,
        if(isNull(stay.3), NULL, least(stay.3, ifNull(resolved_at, stay.3))) AS stay_until, toString(stay.4) AS stay_no
      FROM ${tables.tickets}
      ARRAY JOIN arrayMap((tier, since, no) -> (tier, since, if(no < length(tiers), toNullable(tier_from_ats[no + 1]), resolved_at), no),
        tiers, tier_from_ats, arrayEnumerate(tiers)) AS stay
    ) WHERE ${filters}
  )`,
  part: 'stay_no',
  at: 'created_at',
  reason: notTimed('resolved_at'),
  clock: { start: 'stay_from', end: 'stay_until' },
};

/** Time to resolution (metrics.md §8). */
export const supportResolutionTime: Metric = {
  ...support,
  id: 'support.resolution_time',
  title: 'Time to resolution',
  question: 'How long does it take until somebody who asked for support is helped?',
  description:
    'From the creation of a ticket to its last resolution, in the bucket in which it was created. The median leads. A ticket that is reopened goes on from its creation. Those that are open count as longer than any other.',
  caveats: [
    'It is all the time there is, nights and weekends too: name a calendar by business_hours for the open hours alone.',
    ...supportCaveats,
  ],
  unit: 'minutes',
  direction: 'lower',
  options: {
    of: {
      type: 'choice',
      values: ['ticket', 'stay'],
      default: 'ticket',
      text: 'stay: the time at each tier separately, one for each stay of a ticket at a tier; group by support_tier.',
    },
    ...openOptions,
  },
  minN: 5,
  aggregate: { type: 'quantiles' },
  items: (options) => (options.of === 'stay' ? stays : tickets),
  examples: [
    {
      id: 'EX-SUP-1',
      text: 'Created at 10:00, resolved at 12:00, reopened at 15:00 and resolved at 16:00: 360 minutes.',
    },
  ],
};
