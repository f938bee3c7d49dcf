import type { Envelope } from '../envelope.ts';
import type { Items, Measured, Metric } from '../metric.ts';
import type { SurveyCell } from '../privacy/answered.ts';
import { MIN_RESPONDENTS } from '../privacy/suppression.ts';
import { distributionOf } from '../statistics/answers.ts';

/** What the metrics of surveys have in common: published answers of closed waves, by wave, item, team and region (metrics.md §9). */
export const survey = {
  atom: 'answers',
  feeds: ['survey.wave_closed'],
  dimensions: ['wave', 'item', 'team', 'region'],
  suppressBelow: MIN_RESPONDENTS,
  isCoveredByItems: true,
  minN: MIN_RESPONDENTS,
  graceHours: 48,
} as const satisfies Partial<Metric>;

/** What people need to know of every number of a survey. */
export const surveyCaveats: readonly string[] = [
  'A cell of fewer than five people shows neither a value nor how many they are, and takes the next smallest with it where it could be told by subtraction. So does a cell of fewer than ten who all answered alike.',
  'Numbers are given out once a wave is closed, and anew when at least five more have answered.',
  'Surveys measure perception. Read them beside what the systems say.',
];

/** The rows of one kind; only the numbers that were published of them are ever told. */
export function surveyItems(kind: 'answer' | 'invitation', scale?: '1-5' | '0-10'): Items {
  const other = scale === undefined ? '' : `scale != '${scale}', 'other_scale', `;
  return {
    at: 'closed_at',
    reason: `multiIf(kind != '${kind}', toString(kind), ${other}excluded)`,
    value: 'score',
    hit: 'score >= 4',
    columns: ['respondent_key'],
    tallies: { respondents: 'uniqExact(respondent_key)' },
  };
}

/** How many were invited, and how many gave each score. */
export function surveyFields({ tallies }: Measured): Partial<Envelope> {
  const told = tallies.survey as SurveyCell | undefined;
  return { invited: told?.invited ?? null, distribution: distributionOf(told?.values ?? []) };
}
