import type { Metric } from '../metric.ts';

/** Development velocity (metrics.md §4.3). */
export const featuresDelivered: Metric = {
  id: 'delivery.features_delivered',
  title: 'Features delivered',
  question: 'How many features does a team finish?',
  description:
    'Features that were done in the bucket, which is accepted and released. One that was reopened counts where it was last done. Bugs and chores are kept apart. It is the trend of one team: choose the team by a filter and a sprint or quarter by the grain.',
  caveats: [
    'Teams cut their work differently: they are not set side by side, so neither team nor service is something to group by.',
    'It counts, and says nothing of size or use.',
  ],
  unit: 'features',
  direction: 'higher',
  atom: 'features',
  feeds: ['feature.done'],
  dimensions: ['tier', 'region', 'product'],
  filtersOnly: ['team', 'service'],
  options: {},
  minN: 0,
  graceHours: 48,
  aggregate: { type: 'count' },
  items: () => ({ at: 'done_at', reason: 'excluded' }),
  examples: [
    {
      id: 'EX-CPF-1',
      text: 'Of three teams one finishes four features in the quarter, one a single one and one none: five together.',
    },
  ],
};
