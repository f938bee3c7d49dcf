import type { Metric } from '../metric.ts';
import { activity, activityCaveats, activityItems } from './activity.ts';

/** Weekly active users (metrics.md §6.2). */
export const weeklyActiveUsers: Metric = {
  ...activity,
  id: 'adoption.wau',
  title: 'Weekly active users',
  question: 'How many people use the platform within a week?',
  description:
    'The distinct people who did something on the platform in the last seven local days of each bucket, or those before it where it is shorter. The `window` of each row says which.',
  caveats: activityCaveats,
  unit: 'persons',
  options: {},
  aggregate: { type: 'active', activity: () => ({ reach: 7, measure: 'distinct', workingDays: false }) },
  items: activityItems,
  examples: [
    {
      id: 'EX-DAU-1',
      text: 'a, b, c and d in a week, some of them on several days: 4, not the 9 of the days together.',
    },
  ],
};
