import type { Metric } from '../metric.ts';
import { survey, surveyCaveats, surveyFields, surveyItems } from './surveys.ts';

/** Employee net promoter score (metrics.md §9.1). */
export const surveyEnps: Metric = {
  ...survey,
  id: 'survey.enps',
  title: 'Net promoter score (eNPS)',
  question: 'Would people recommend the platform to others?',
  description:
    'The share of 9 and 10 less the share of 0 to 6 among the last answers, from 0 to 10, that people gave before a survey wave closed, in points from -100 to 100 with its interval, in the bucket in which the wave closed. Counts items whose answers state the scale 0-10, and those called enps or nps.',
  caveats: ['It takes many answers: of ten, the interval is about ninety points wide.', ...surveyCaveats],
  unit: 'points',
  direction: 'higher',
  survey: '0-10',
  options: {},
  aggregate: { type: 'promoters' },
  items: () => surveyItems('answer', '0-10'),
  fields: surveyFields,
  examples: [{ id: 'EX-SUR-2', text: '10 answers, 5 promoters and 2 detractors: +30, give or take 48.' }],
};
