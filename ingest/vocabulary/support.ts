import { z } from 'zod';
import { name } from './commit.ts';

const ticket = z.object({
  ticket_id: name,
  /** What it is about; the task's kind where it asks for one that a portal could do. */
  kind: name.optional(),
  principal: name.optional(),
  team: name.optional(),
  /** 0 self-service, 1 community, 2 direct, 3 escalation (metrics.md §8). */
  tier: z.int().min(0).max(3).optional(),
  /** Who acted, and whether that is a machine. */
  actor: name.optional(),
  actor_kind: z.enum(['human', 'bot']).optional(),
  title: z.string().max(512).optional(),
  url: z.string().max(2048).optional(),
});

/** A support ticket. `occurred_at` = created, responded (any reply), escalated (to `tier`), resolved, reopened. */
export const supportEvents = {
  'ticket.created': ticket,
  'ticket.responded': ticket,
  'ticket.escalated': ticket,
  'ticket.resolved': ticket,
  'ticket.reopened': ticket,
};
