import type { Metric } from '../metric.ts';
import { selfServiceCaveats, support, supportItems } from './support.ts';

/** Share of a support tier (metrics.md §8). */
export const supportTierShare: Metric = {
  ...support,
  id: 'support.tier_share',
  title: 'Share of a support tier',
  question: 'Which part of the support is given at a tier?',
  description:
    'Tickets of one tier, which the option at_tier names, divided by those of all tiers, in the bucket in which they were created. Searches of the documentation that ended well are of tier 0.',
  caveats: selfServiceCaveats,
  unit: 'fraction',
  direction: 'none',
  reads: ['searches'],
  dimensions: ['team', 'region', 'kind'],
  options: {
    at_tier: {
      type: 'choice',
      values: ['0', '1', '2', '3'],
      default: '2',
      text: 'The tier: 0 self-service, 1 community, 2 direct, 3 escalation.',
    },
  },
  minN: 5,
  aggregate: { type: 'proportion' },
  items: ({ at_tier }) => ({
    ...supportItems('toUInt8(support_tier) = {at_tier:Float64}'),
    params: { at_tier: Number(at_tier) },
  }),
  examples: [
    { id: 'EX-SUP-2', text: 'Of 20 tickets 15 are asked of people directly and 5 are escalated: 75 % at tier 2.' },
  ],
};
