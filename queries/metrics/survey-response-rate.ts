import type { Metric } from '../metric.ts';
import { survey, surveyCaveats, surveyItems } from './surveys.ts';

/** Response rate of survey waves (metrics.md §9.1). */
export const surveyResponseRate: Metric = {
  ...survey,
  id: 'survey.response_rate',
  title: 'Survey response rate',
  question: 'How many of those who were asked answered?',
  description:
    'People who answered anything before a survey wave closed, divided by those who were invited, with its Wilson interval, in the bucket in which the wave closed. Without invitations there is nothing to divide by.',
  caveats: [
    'Below 30 % those who answered may not speak for the others.',
    'Where a form hides who answered, a person who answers twice counts twice: a rate above 100 % has no interval.',
    ...surveyCaveats,
  ],
  dimensions: ['wave', 'team', 'region'],
  unit: 'fraction',
  direction: 'higher',
  survey: 'responses',
  options: {},
  aggregate: { type: 'proportion' },
  items: () => surveyItems('invitation'),
  examples: [{ id: 'EX-SUR-1', text: '8 of 12 who were invited answered: 66.7 %.' }],
};
