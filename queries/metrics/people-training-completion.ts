import type { Metric } from '../metric.ts';
import { cohortCaveats, inCohorts, toldOfCohorts } from './cohorts.ts';

/** Training completion (metrics.md §7.2), told of cohorts of people that no two answers differ by (§9.2). */
export const trainingCompletion: Metric = {
  id: 'people.training_completion',
  title: 'Trainings completed in time',
  question: 'Do people complete the trainings that they are given, by when they should?',
  description:
    'Trainings that were completed by their due date, divided by all that were due in the bucket. Who left before is left out. `late_n` of the others were completed later; `pass_rate` is the share that passed of those who were tested.',
  caveats: [...cohortCaveats, 'That a training was completed does not say that it helped.'],
  unit: 'fraction',
  direction: 'higher',
  atom: 'assignments',
  feeds: ['training.assigned', 'training.completed'],
  dimensions: ['team'],
  ...toldOfCohorts,
  options: {},
  aggregate: { type: 'proportion' },
  items: () => ({
    from: ({ assignments }, { groups }) =>
      inCohorts(
        `(SELECT * FROM ${assignments} WHERE excluded = '')`,
        {
          who: 'person_key',
          at: 'due_at',
          cells: ['team'],
          columns: ['person_key', 'due_at', 'completed_at', 'passed', 'team'],
        },
        groups.length > 0,
      ),
    at: 'cohort_at',
    reason: "if(few, 'few', '')",
    hit: 'ifNull(completed_at <= due_at, false)',
    open: 'isNull(completed_at)',
    // A completion at the last instant is in time.
    closes: 'due_at + toIntervalMillisecond(1)',
    columns: ['person_key', 'due_at', 'completed_at', 'passed'],
    tallies: {
      respondents: 'uniqExact(person_key)',
      late: 'countIf(completed_at > due_at)',
      tested: "countIf(passed != '')",
      passing: "countIf(passed = 'true')",
    },
  }),
  fields: ({ tallies }) => ({
    late_n: Number(tallies.late ?? 0),
    pass_rate: Number(tallies.tested ?? 0) === 0 ? null : Number(tallies.passing) / Number(tallies.tested),
  }),
  examples: [
    { id: 'EX-TRN-1', text: 'Ten were given it, seven completed it in time, one late, one left before: 7/9.' },
  ],
};
