import type { Measured, Metric } from '../metric.ts';

/** Fewer people than this are no group of which turnover is told (metrics.md §4.7). */
const MIN_PEOPLE = 10;

/** Turnover of the bucket, and what a year of it would come to. */
function turnoverOf({ items, beside }: Measured) {
  const { headcount, months } = beside;
  if (!headcount) return { retention: null, annualised: null };
  const turnover = items / headcount;
  return { retention: 1 - turnover, annualised: months ? 1 - Math.max(0, 1 - turnover) ** (12 / months) : null };
}

/** Developer turnover (metrics.md §4.7), hidden where fewer than ten people were (§9.2). */
export const turnover: Metric = {
  id: 'people.turnover',
  title: 'Developer turnover',
  question: 'How many of our developers leave?',
  description:
    'People of engineering who left in the bucket, divided by how many there were on average: at its begin, at the begin of every month in it, and at its end. Retention is what is left to one; annualised is what a year of such months would come to. Bots and people who are said not to be of engineering are left out.',
  caveats: [
    'A group of fewer than ten people at any of these points is hidden, and takes the next smallest with it where it could be told by subtraction. There are no filters, and no rows behind it, for the same reason.',
    'People come and go rarely: define the silence of the source that tells of them as long as that, or its quiet weeks are no data.',
    'A few people more or less are no trend: see the interval.',
  ],
  unit: 'fraction',
  direction: 'lower',
  atom: 'employments',
  feeds: ['person.joined', 'person.moved', 'person.left'],
  dimensions: ['team'],
  isUnfiltered: true,
  suppressBelow: MIN_PEOPLE,
  options: {
    voluntary: {
      type: 'flag',
      default: false,
      text: 'Count only those who left by their own will, where that was said.',
    },
  },
  minN: 0,
  graceHours: 48,
  aggregate: { type: 'rate', exposure: () => 'headcount' },
  items: (options) => ({
    from: (tables, { filters }) => `(SELECT * FROM ${tables.employments} WHERE excluded = '' AND ${filters})`,
    at: options.voluntary === true ? "if(voluntary = 'true', left_at, NULL)" : 'left_at',
    reason: "''",
  }),
  beside: () => [{ type: 'headcount' }],
  fields: turnoverOf,
  examples: [
    {
      id: 'EX-RET-1',
      text: 'Headcounts of 50, 50, 48 and 48 and two who left are 2/49 = 4.1 % in the quarter; annualised 1 − (1 − 2/49)⁴ = 15.4 %.',
    },
  ],
};
