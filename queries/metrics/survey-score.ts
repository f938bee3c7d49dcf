import type { Metric } from '../metric.ts';
import { survey, surveyCaveats, surveyFields, surveyItems } from './surveys.ts';

/** Survey score (metrics.md §9.1), hidden where fewer than five people answered (§9.2). */
export const surveyScore: Metric = {
  ...survey,
  id: 'survey.score',
  title: 'Survey score',
  question: 'How good do people find what they were asked about?',
  description:
    'The mean of the last answers, from 1 to 5, that people gave before a survey wave closed, with its t interval, in the bucket in which the wave closed. Waves that are still open say nothing. Beside it, how many gave each score, and whether the goal is met: by a mean above it, and confidently if the whole interval lies above it.',
  caveats: ['Ask by item and wave: a mean over several items weighs each answer alike.', ...surveyCaveats],
  unit: 'score',
  direction: 'higher',
  survey: '1-5',
  options: {
    fpc: {
      type: 'flag',
      default: false,
      text: 'Narrow the interval by the finite population correction: those invited are everyone there is.',
    },
    weight: {
      type: 'choice',
      values: ['none', 'headcount'],
      default: 'none',
      text: 'headcount: weigh what teams answered by how many of each were invited, where some answer more readily than others. Without an interval.',
    },
    target: { type: 'number', default: 4, min: 1, max: 5, text: 'The goal of which met and confidently_met speak.' },
  },
  aggregate: { type: 'score', scale: [1, 5] },
  items: () => surveyItems('answer', '1-5'),
  fields: surveyFields,
  examples: [
    {
      id: 'EX-SUR-1',
      text: '5, 4, 4, 3, 5, 4, 2 and 5: the mean is 4.00, interval 3.11 to 4.89; more than 4.0 is not met. With 12 invited, fpc makes it 4.00 ± 0.54.',
    },
    {
      id: 'EX-SUP-PRIV-1',
      text: 'Of 20 people 9 are of team A, 7 of B and 4 of C: C is hidden, and B too, since all less A and B would tell C. A and the whole are shown.',
    },
    { id: 'EX-SUP-PRIV-2', text: 'Of 9 people 6 are of team A and 3 of B: both are hidden, the whole is shown.' },
    {
      id: 'EX-SUP-PRIV-3',
      text: '12 people of a region answered, 9 of them not of team X: the region without X is not told, or X’s 3 could be.',
    },
    {
      id: 'EX-SUP-PRIV-4',
      text: '12 answers were given out on Monday; the 13th, of Tuesday, is not counted before there are 17.',
    },
  ],
};
