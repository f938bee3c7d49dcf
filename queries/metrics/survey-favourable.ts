import type { Metric } from '../metric.ts';
import { survey, surveyCaveats, surveyFields, surveyItems } from './surveys.ts';

/** Share of favourable answers (metrics.md §9.1). */
export const surveyFavourable: Metric = {
  ...survey,
  id: 'survey.favourable',
  title: 'Favourable answers',
  question: 'How many are content with what they were asked about?',
  description:
    'The share of 4 and 5 among the last answers, from 1 to 5, that people gave before a survey wave closed, with its Wilson interval, in the bucket in which the wave closed.',
  caveats: ['Ask by item and wave: a share over several items weighs each answer alike.', ...surveyCaveats],
  unit: 'fraction',
  direction: 'higher',
  survey: '1-5',
  options: {},
  aggregate: { type: 'proportion' },
  items: () => surveyItems('answer', '1-5'),
  fields: surveyFields,
  examples: [{ id: 'EX-SUR-1', text: '5, 4, 4, 3, 5, 4, 2 and 5: 6 of 8 are favourable, 75 %.' }],
};
