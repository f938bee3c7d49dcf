import type { Metric } from '../metric.ts';
import { MIN_RESPONDENTS } from '../privacy/suppression.ts';

/** Survey score (metrics.md §9.1), hidden where fewer than five people answered (§9.2). */
export const surveyScore: Metric = {
  id: 'survey.score',
  title: 'Survey score',
  question: 'How good do people find what they were asked about?',
  description:
    'The mean of the last answers, from 1 to 5, that people gave before a survey wave closed, with its t interval, in the bucket in which the wave closed. Waves that are still open say nothing. A cell of fewer than five people shows neither a value nor how many they are.',
  caveats: [
    'Ask by item and wave: a mean over several items weighs each answer alike.',
    'Surveys measure perception. Read them beside what the systems say.',
    'A goal of "more than 4.0" is met by a mean above 4.0, and confidently met if the interval lies above it.',
  ],
  unit: 'score',
  direction: 'higher',
  atom: 'answers',
  feeds: ['survey.wave_closed'],
  dimensions: ['wave', 'item', 'team'],
  options: {},
  suppressBelow: MIN_RESPONDENTS,
  isCoveredByItems: true,
  minN: MIN_RESPONDENTS,
  graceHours: 48,
  aggregate: { type: 'score', scale: [1, 5] },
  items: () => ({
    at: 'closed_at',
    reason: 'excluded',
    value: 'score',
    columns: ['respondent_key'],
    tallies: { respondents: 'uniqExact(respondent_key)' },
  }),
  examples: [
    {
      id: 'EX-SUR-1',
      text: '5, 4, 4, 3, 5, 4, 2 and 5: the mean is 4.00, interval 3.11 to 4.89; more than 4.0 is not met.',
    },
    { id: 'EX-SUP-PRIV-1', text: 'Four people of a team answered: neither their score nor their number is shown.' },
  ],
};
