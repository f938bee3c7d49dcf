import { z } from 'zod';
import { instant } from '../time.ts';
import { name } from './commit.ts';

const grade = z.int().min(1).max(5).optional();
const feature = z.object({
  feature: name,
  title: z.string().max(512).optional(),
  /** Only features count; bugs and chores are kept apart. */
  kind: z.enum(['feature', 'bug', 'chore']).optional(),
  service_id: name.optional(),
  team: name.optional(),
  url: z.string().max(2048).optional(),
  /** What the prioritisation score multiplies and divides (metrics.md §4.8). */
  developer_impact: grade,
  business_value: grade,
  technical_feasibility: grade,
  implementation_cost: grade,
});

/** ISO 4217. */
const currency = z.string().regex(/^[A-Z]{3}$/, 'is not a currency code of ISO 4217, such as EUR');

/** Work items and what they cost. `occurred_at` = committed, released (to a share of the audience), done; start of a cost's period; of `money.defined` when it was stated. */
export const featureEvents = {
  'feature.committed': feature,
  'feature.released': feature.extend({ audience_share: z.number().min(0).max(1).optional() }),
  'feature.done': feature,
  'cost.recorded': z.object({
    cost_id: name,
    from: instant,
    to: instant,
    amount: z.number(),
    currency,
    /** people, infrastructure, licence, … */
    category: name.optional(),
    service_id: name.optional(),
    team: name.optional(),
  }),
  /**
   * The currency that costs are told in, what others are worth in it, and who bears shared cost. The latest known version holds
   * for all time: what a rate was on a day does not change with the day on which it is written down. `removed`: nothing is said.
   */
  'money.defined': z.object({
    currency,
    /** From `from` on until the next of the same currency, one unit of it is worth so many of the reporting currency. */
    rates: z
      .array(z.object({ currency, from: instant, rate: z.number().positive() }))
      .max(5000)
      .default([]),
    /** Parts in which costs of no service and no team are charged to services, of their sum. */
    shares: z
      .array(z.object({ service_id: name, share: z.number().positive() }))
      .max(2000)
      .default([]),
    removed: z.boolean().optional(),
  }),
};
