import type { Metric } from '../metric.ts';
import { firstTimes, newcomerMetric, newcomerReads, reaches } from './newcomers.ts';

/** Time to first login (metrics.md §6.5). */
export const timeToFirstLogin: Metric = {
  ...newcomerMetric,
  id: 'people.time_to_first_login',
  title: 'Time to first login',
  question: 'How long until a new colleague is in the developer portal?',
  description:
    'From joining us, joining again or coming to engineering to the first action in the portal. The median leads; a person counts where the clock started.',
  reads: [...newcomerReads, 'actions'],
  items: () => firstTimes(reaches.login),
};
