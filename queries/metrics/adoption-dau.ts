import type { Metric } from '../metric.ts';
import { activity, activityCaveats, activityItems, perOption } from './activity.ts';

/** Daily active users (metrics.md §6.2). */
export const dailyActiveUsers: Metric = {
  ...activity,
  id: 'adoption.dau',
  title: 'Daily active users',
  question: 'How many people use the platform on a day?',
  description:
    'The distinct people who did something on the platform in a local day. Of several days the mean: the people of each day, added up (`numerator`), divided by the local days (`denominator`).',
  caveats: activityCaveats,
  unit: 'persons',
  options: { per: perOption },
  aggregate: {
    type: 'active',
    activity: ({ per }) => ({ reach: 'bucket', measure: 'per_day', workingDays: per === 'working_day' }),
  },
  items: activityItems,
  examples: [
    {
      id: 'EX-DAU-1',
      text: 'Monday a, b and c, Tuesday a and b, Wednesday a, Thursday a and d, Friday b, and a bot: 9 in 7 days, 1.286 a day; 1.8 a working day.',
    },
    { id: 'EX-DAU-2', text: 'On one day a and b of one team, b and d of another: 3 people, not 4.' },
  ],
};
