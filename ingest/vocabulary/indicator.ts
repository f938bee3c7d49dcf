import { z } from 'zod';
import { instant } from '../time.ts';
import { name } from './commit.ts';

/** What service-level indicators count. `occurred_at` = start of the slice; when the policy was asked. */
export const indicatorEvents = {
  'sli.window': z.object({
    sli: name,
    service_id: name.optional(),
    from: instant,
    to: instant,
    good: z.number().nonnegative(),
    valid: z.number().nonnegative(),
    /** Asked for, and nothing was measured, which is not the same as no traffic; one may stand for several slices. */
    missing: z.boolean().optional(),
  }),
  /** A guardrail's answer to one request, or what an audit found; its input stays out, since it may hold personal data. */
  'policy.evaluated': z.object({
    evaluation_id: name,
    policy: name,
    outcome: z.enum(['allowed', 'denied', 'warned']),
    service_id: name.optional(),
    resource: name.optional(),
    revision: z.string().max(512).optional(),
  }),
};
