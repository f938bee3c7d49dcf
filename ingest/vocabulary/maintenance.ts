import { z } from 'zod';
import { instant } from '../time.ts';
import { name } from './commit.ts';

/** Longest maintenance that can be announced: what is planned for longer is a slip of the pen, or the end of a service. */
const MOST_DAYS = 31;
const EARLIEST = '2000';
const LATEST = '2200';

const maintenance = z.object({ maintenance_id: name });

const plan = maintenance
  .extend({
    /** Whom it concerns: names as incident tools write them, or catalog ids. What a later announcement leaves out is over. */
    services: z.array(name).min(1).max(2000),
    starts_at: instant,
    ends_at: instant,
    title: z.string().max(512).optional(),
    url: z.string().max(2048).optional(),
  })
  .superRefine(({ starts_at, ends_at }, context) => {
    const length = Date.parse(ends_at) - Date.parse(starts_at);
    const refuse = (message: string, field = 'ends_at') => context.addIssue({ code: 'custom', path: [field], message });
    if (starts_at < EARLIEST || starts_at >= LATEST)
      refuse(`is not between the years ${EARLIEST} and ${LATEST}: say when it starts`, 'starts_at');
    if (length <= 0) refuse('is not after starts_at: a maintenance ends after it starts');
    if (length > MOST_DAYS * 86_400_000)
      refuse(`is more than ${MOST_DAYS} days after starts_at: announce it in parts, or retire the service`);
  });

/**
 * Maintenance that was planned. `occurred_at` of an announcement = when it was said: each one, the first as well as a change of
 * plan, tells the whole plan. Cancelled: it will not be, or goes on no longer; completed: over, perhaps earlier than planned.
 */
export const maintenanceEvents = {
  'maintenance.announced': plan,
  'maintenance.cancelled': maintenance,
  'maintenance.completed': maintenance,
};
