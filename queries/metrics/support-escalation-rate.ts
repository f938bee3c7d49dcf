import type { Metric } from '../metric.ts';
import { support, supportCaveats } from './support.ts';

/** Escalation rate (metrics.md §8). */
export const supportEscalationRate: Metric = {
  ...support,
  id: 'support.escalation_rate',
  title: 'Tickets escalated',
  question: 'How often does a ticket need more than the team that is asked?',
  description:
    'Tickets that reached tier 3, divided by those that reached tier 2 or 3, in the bucket in which they were created. One that is neither resolved nor escalated may still be, until when the number is provisional.',
  caveats: supportCaveats,
  unit: 'fraction',
  direction: 'lower',
  dimensions: ['team', 'region', 'kind'],
  options: {},
  minN: 5,
  aggregate: { type: 'proportion' },
  items: () => ({
    at: 'created_at',
    reason: "multiIf(excluded != '', toString(excluded), support_tier < '2', concat('tier_', support_tier), '')",
    hit: "support_tier = '3'",
    open: "support_tier != '3' AND isNull(resolved_at)",
  }),
  examples: [{ id: 'EX-SUP-2', text: 'Of 20 tickets that are asked of people 5 reach tier 3: 25 %.' }],
};
