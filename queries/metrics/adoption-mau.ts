import type { Metric } from '../metric.ts';
import { activity, activityCaveats, activityItems, reachOf } from './activity.ts';

/** Monthly active users (metrics.md §6.2). */
export const monthlyActiveUsers: Metric = {
  ...activity,
  id: 'adoption.mau',
  title: 'Monthly active users',
  question: 'How many people use the platform within a month?',
  description:
    'The distinct people who did something on the platform in the last 28 local days of each bucket, or those before it where it is shorter. The `window` of each row says which.',
  caveats: ['28 days hold as many weekends as any other 28 days; months do not.', ...activityCaveats],
  unit: 'persons',
  options: {
    window: {
      type: 'choice',
      values: ['28d', '30d', 'month'],
      default: '28d',
      text: '30d: the last 30 days. month: the calendar month so far, at the last day of each bucket.',
    },
  },
  aggregate: {
    type: 'active',
    activity: (options) => ({ reach: reachOf(options), measure: 'distinct', workingDays: false }),
  },
  items: activityItems,
  examples: [{ id: 'EX-DAU-1', text: 'a, b, c and d in four weeks: 4, on however many days.' }],
};
