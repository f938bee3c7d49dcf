import type { Metric } from '../metric.ts';
import { activity, activityCaveats, activityItems, perOption, reachOf } from './activity.ts';

/** Stickiness (metrics.md §6.2). */
export const stickiness: Metric = {
  ...activity,
  id: 'adoption.stickiness',
  title: 'Stickiness',
  question: 'Of those who use the platform at all, how many do on a day?',
  description:
    'The mean of the days’ distinct people (`numerator`) divided by the distinct people of all those days (`denominator`), over the last 28 local days of each bucket.',
  caveats: ['A tool that is needed once a month is no worse for it.', ...activityCaveats],
  unit: 'fraction',
  options: {
    window: {
      type: 'choice',
      values: ['28d', '30d', 'month', '7d'],
      default: '28d',
      text: '7d: the days of the last week by its weekly active users. 30d and month as for monthly active users.',
    },
    per: perOption,
  },
  aggregate: {
    type: 'active',
    activity: (options) => ({
      reach: reachOf(options),
      measure: 'stickiness',
      workingDays: options.per === 'working_day',
    }),
  },
  items: activityItems,
  examples: [
    {
      id: 'EX-DAU-1',
      text: '1.286 people a day of 4 in the week: 32.1 %; of working days 1.8, 45 %.',
    },
  ],
};
