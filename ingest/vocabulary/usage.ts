import { z } from 'zod';
import { instant } from '../time.ts';
import { name } from './commit.ts';

/** A principal is an account as the sender knows it; the workspace's people say who it is, and which are bots. */
const action = z.object({
  principal: name,
  /** The team that the sender says; else the person's own, by the workspace. */
  team: name.optional(),
  session: name.optional(),
});
const task = z.object({
  task_id: name,
  /** What was asked for, such as `create-repository`: the catalogue of tasks is the workspace's. */
  kind: name,
  principal: name,
  team: name.optional(),
  /** How it was asked for: portal, cli, ticket, chat. */
  channel: name.optional(),
  /** Whether a person of the platform team had to do something. */
  human_touch: z.boolean().optional(),
});

/** Use of the platform. `occurred_at` = when it was done; of `usage.recorded`, the start of its period. */
export const usageEvents = {
  'portal.action': action.extend({ action: name, capability: name.optional(), subject: name.optional() }),
  'search.performed': action.extend({ search_id: name.optional(), results: z.int().nonnegative().optional() }),
  'search.clicked': action.extend({ search_id: name.optional(), document: name.optional() }),
  'doc.viewed': action.extend({ document: name, dwell_seconds: z.number().nonnegative().optional() }),
  'doc.rated': action.extend({ document: name, helpful: z.boolean() }),
  'task.requested': task,
  'task.started': task,
  'task.finished': task.extend({ outcome: z.enum(['succeeded', 'failed', 'cancelled', 'timed_out']) }),
  'usage.recorded': z.object({
    usage_id: name,
    /** cpu, memory, gpu; used and allocated are in the same unit: cores, GiB, devices. */
    resource: name,
    service_id: name.optional(),
    team: name.optional(),
    from: instant,
    to: instant,
    used: z.number().nonnegative(),
    allocated: z.number().nonnegative(),
  }),
};
