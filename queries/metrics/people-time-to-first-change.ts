import type { Metric } from '../metric.ts';
import { firstTimes, newcomerMetric, newcomerReads, reaches } from './newcomers.ts';

/** Time to first change (metrics.md §6.5). */
export const timeToFirstChange: Metric = {
  ...newcomerMetric,
  id: 'people.time_to_first_change',
  title: 'Time to first change',
  question: 'How long until a new colleague has merged a first change?',
  description:
    'From joining us, joining again or coming to engineering to the first change of their own that was merged or pushed to a deployed branch. The median leads; a person counts where the clock started.',
  reads: [...newcomerReads, 'changes'],
  items: () => firstTimes(reaches.change),
};
