import type { Metric } from '../metric.ts';
import { firstTimes, newcomerMetric, newcomerReads, reaches } from './newcomers.ts';

/** Time to tenth change (metrics.md §6.5). */
export const timeToTenthChange: Metric = {
  ...newcomerMetric,
  id: 'people.time_to_tenth_change',
  title: 'Time to tenth change',
  question: 'How long until a new colleague is up to speed, with ten changes merged?',
  description:
    'From joining us, joining again or coming to engineering to the tenth merged pull request of their own. The median leads; a person counts where the clock started.',
  reads: [...newcomerReads, 'changes'],
  items: () => firstTimes(reaches.pullRequest, 10),
};
