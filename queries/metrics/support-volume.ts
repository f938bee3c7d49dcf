import type { Metric } from '../metric.ts';
import { selfServiceCaveats, support, supportItems } from './support.ts';

/** Support volume (metrics.md §8). */
export const supportVolume: Metric = {
  ...support,
  id: 'support.volume',
  title: 'Support tickets',
  question: 'How much support is asked for, and at which tier?',
  description:
    'Tickets that were created in the bucket, and at tier 0 the searches of the documentation that ended well. Group by support_tier.',
  caveats: selfServiceCaveats,
  unit: 'tickets',
  direction: 'none',
  reads: ['searches'],
  options: {},
  minN: 0,
  aggregate: { type: 'count' },
  items: () => supportItems(),
  examples: [{ id: 'EX-SUP-2', text: '20 tickets are created in the bucket: 20, whether they are resolved or not.' }],
};
