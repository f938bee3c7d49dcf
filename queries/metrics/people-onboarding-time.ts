import type { Measured, Metric } from '../metric.ts';
import { cohortCaveats, inCohorts, toldOfCohorts } from './cohorts.ts';
import { nextAfterAsOf } from './newcomers.ts';

/** How many of those who began long enough ago were done in time: who is done early and began late is not among them. */
function shareInTime({ tallies }: Measured) {
  const mature = Number(tallies.mature ?? 0);
  const inTime = Number(tallies.in_time ?? 0);
  return { share_in_time: mature === 0 ? null : inTime / mature, in_time_n: inTime, mature_n: mature };
}

/** Onboarding time (metrics.md §6.6). */
export const onboardingTime: Metric = {
  id: 'people.onboarding_time',
  title: 'Onboarding time',
  question: 'How long does it take a new colleague to be set up for work?',
  description:
    'From the start of an onboarding to its completion. The median leads; onboardings that are not completed yet sort last. Beside it the share that was completed in less than two days (option within_days) of those that began at least so long ago.',
  caveats: [
    'Onboardings of people who left before they were done are left out.',
    'Who starts again before being done has been at it since the first start.',
    ...cohortCaveats,
  ],
  unit: 'days',
  direction: 'lower',
  atom: 'onboardings',
  feeds: ['onboarding.started'],
  dimensions: ['team'],
  ...toldOfCohorts,
  options: {
    within_days: {
      type: 'number',
      default: 2,
      min: 0.1,
      max: 365,
      text: 'In less than how many days an onboarding is to be done, for the share beside the median.',
    },
  },
  aggregate: { type: 'quantiles' },
  items: ({ within_days }) => ({
    from: ({ onboardings }, { groups }) =>
      inCohorts(
        `(SELECT * FROM ${onboardings} WHERE excluded = '' AND (isNotNull(completed_at) OR isNull(left_at) OR left_at > fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')))`,
        {
          who: 'person_key',
          at: 'started_at',
          cells: ['team'],
          columns: ['person_key', 'started_at', 'completed_at', 'team'],
        },
        groups.length > 0,
      ),
    steps: [
      {
        is_mature: "started_at <= fromUnixTimestamp64Milli({as_of:Int64} - {within_ms:Int64}, 'UTC')",
        is_in_time:
          'isNotNull(completed_at) AND toUnixTimestamp64Milli(assumeNotNull(completed_at)) - toUnixTimestamp64Milli(started_at) < {within_ms:Int64}',
      },
    ],
    at: 'cohort_at',
    reason: "if(few, 'few', '')",
    clock: { start: 'started_at', end: 'completed_at' },
    turns: ({ onboardings }) =>
      nextAfterAsOf(
        'turn',
        `(SELECT arrayJoin([left_at, toNullable(started_at + toIntervalMillisecond({within_ms:Int64}))]) AS turn FROM ${onboardings})`,
      ),
    columns: ['person_key', 'is_mature', 'is_in_time'],
    tallies: {
      respondents: 'uniqExact(person_key)',
      mature: 'toFloat64(countIf(is_mature))',
      in_time: 'toFloat64(countIf(is_mature AND is_in_time))',
    },
    params: { within_ms: Math.round(Number(within_days) * 86_400_000) },
  }),
  fields: shareInTime,
  examples: [
    {
      id: 'EX-ONB-1',
      text: 'Onboardings that took 0.5, 1.5, 2.0 and 3.0 days, one still open of long ago and one that began yesterday: the median is 2.5 days, 2 of 5 were done in less than two days.',
    },
  ],
};
