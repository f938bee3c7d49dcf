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

/** Work items and what they cost. `occurred_at` = committed, released (to a share of the audience), done; start of a cost's period. */
export const featureEvents = {
  'feature.committed': feature,
  'feature.released': feature.extend({ audience_share: z.number().min(0).max(1).optional() }),
  'feature.done': feature,
  'cost.recorded': z.object({
    cost_id: name,
    from: instant,
    to: instant,
    amount: z.number(),
    /** ISO 4217. */
    currency: z.string().regex(/^[A-Z]{3}$/, 'is not a currency code of ISO 4217, such as EUR'),
    /** people, infrastructure, licence, … */
    category: name.optional(),
    service_id: name.optional(),
    team: name.optional(),
  }),
};
