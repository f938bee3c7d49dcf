import type { Metric } from '../metric.ts';
import { firstTimes, newcomerMetric, newcomerReads, reaches } from './newcomers.ts';

/** Time to first deployment (metrics.md §6.5). */
export const timeToFirstDeployment: Metric = {
  ...newcomerMetric,
  id: 'people.time_to_first_deployment',
  title: 'Time to first deployment',
  question: 'How long until the first change of a new colleague runs in production?',
  description:
    'From joining us, joining again or coming to engineering to the first rollout to production, by whomever, with a change of their own in it. The median leads; a person counts where the clock started.',
  reads: [...newcomerReads, 'changes'],
  items: () => firstTimes(reaches.deployment),
};
