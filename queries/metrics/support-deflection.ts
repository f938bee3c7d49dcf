import type { Metric } from '../metric.ts';
import { selfServiceCaveats, support, supportItems } from './support.ts';

/** Deflection of support (metrics.md §8). */
export const supportDeflection: Metric = {
  ...support,
  id: 'support.deflection',
  title: 'Support that nobody had to give',
  question: 'How much of what people need help with do they find by themselves?',
  description:
    'What was settled at tier 0, by self-service, divided by all support: tickets of that tier and searches of the documentation that ended well, and beside them the tickets of all tiers.',
  caveats: [
    'Searches that end well would not all have become tickets: it is a share of what is counted, not of what was spared.',
    ...selfServiceCaveats,
  ],
  unit: 'fraction',
  direction: 'higher',
  reads: ['searches'],
  dimensions: ['team', 'region', 'kind'],
  options: {},
  minN: 5,
  aggregate: { type: 'proportion' },
  items: () => supportItems("support_tier = '0'"),
  examples: [
    {
      id: 'EX-DOC-1',
      text: 'Two of three searches end well, and two tickets are asked of people: 2/4 is deflected.',
    },
  ],
};
