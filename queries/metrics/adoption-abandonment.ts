import type { Metric } from '../metric.ts';
import { cohortCaveats, inCohorts, toldOfCohorts } from './cohorts.ts';

/** Abandonment (metrics.md §6.3). */
export const abandonment: Metric = {
  id: 'adoption.abandonment',
  title: 'Abandoned tasks',
  question: 'How many of the tasks that people start on the platform are never finished?',
  description:
    'Of the tasks that were asked for and then begun, the share that did not come to an end within 28 days of being asked for (option within_days): one less the last step rate of requested, started, finished. A task that failed has come to an end, one that was cancelled has not.',
  caveats: [
    'While its days run, a task that is not finished counts as abandoned, and the number is provisional.',
    'Tasks of which nobody told that they were asked for and begun count nowhere.',
    ...cohortCaveats,
  ],
  unit: 'fraction',
  direction: 'lower',
  atom: 'requests',
  feeds: ['task.requested'],
  dimensions: ['team', 'kind'],
  ...toldOfCohorts,
  options: {
    within_days: {
      type: 'number',
      default: 28,
      min: 1,
      max: 365,
      text: 'Within how many days of being asked for a task is to begin and to end.',
    },
  },
  aheadDays: ({ within_days }) => Math.ceil(Number(within_days)),
  aggregate: { type: 'proportion' },
  items: ({ within_days }) => ({
    from: ({ requests }, { groups }) =>
      inCohorts(
        `(
        SELECT *, assumeNotNull(requested_at) + toIntervalMillisecond({within_ms:Int64}) AS closes_at FROM ${requests}
        WHERE excluded = '' AND isNotNull(requested_at) AND isNotNull(started_at) AND started_at <= closes_at
      )`,
        {
          who: 'person_key',
          at: 'assumeNotNull(requested_at)',
          cells: ['team', 'kind'],
          columns: ['person_key', 'finished_at', 'closes_at', 'team', 'kind'],
        },
        groups.length > 0,
      ),
    steps: [{ is_finished: 'isNotNull(finished_at) AND ifNull(finished_at, closes_at) <= closes_at' }],
    at: 'cohort_at',
    reason: "if(few, 'few', '')",
    hit: 'NOT is_finished',
    open: 'NOT is_finished',
    closes: 'closes_at',
    columns: ['person_key'],
    tallies: { respondents: 'uniqExact(person_key)' },
    params: { within_ms: Math.round(Number(within_days) * 86_400_000) },
  }),
  examples: [
    {
      id: 'EX-FUN-1',
      text: 'Ten tasks are asked for, eight begin, three of these come to an end: five of eight are abandoned.',
    },
  ],
};
