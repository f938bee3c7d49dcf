import type { Metric } from '../metric.ts';
import { MIN_RESPONDENTS } from '../privacy/suppression.ts';
import { activity } from './activity.ts';

/** ISO week of an instant or day, as a number; its Monday as a day since 1970-01-01 is `7 n − 3`. */
const weekOf = (at: string): string => `intDiv(toRelativeDayNum(${at}, {tz:String}) + 3, 7)`;
const startOfWeek = (week: string): string => `toDateTime64(toDate(toInt32((${week}) * 7 - 3)), 3, {tz:String})`;

const AS_OF = "fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')";
/** When the week of as_of, or one so many after it, counts (a millisecond after it begins), and when that of as_of closes the one before. */
const weekCounts = (later: number): string =>
  `${startOfWeek(`${weekOf(AS_OF)} + ${later}`)} + toIntervalMillisecond(1)`;
const closes = `${startOfWeek(weekOf(AS_OF))} + toIntervalHour(48)`;
const nextTurn = [weekCounts(0), closes].reduceRight(
  (later, turn) => `if(${turn} > ${AS_OF}, ${turn}, ${later})`,
  weekCounts(1),
);

/** Retention of people (metrics.md §6.4). */
export const retention: Metric = {
  id: 'adoption.retention',
  title: 'Retention of users',
  question: 'Of those who began to use the platform in a week, how many still do some weeks later?',
  description:
    'Of the people who used the platform for the first time in an ISO week, the share of those who used it in the week so many weeks later: `week` says how many. Each bucket is of the people who began in it. A later week that has not begun counts nobody, one that still runs is provisional.',
  caveats: [
    'Who began before the records did is taken for new in the first weeks of the records.',
    'The people of a week in which fewer than five began are counted nowhere, and their week is not told.',
    'Week 0 is 100 %: everybody uses it in the week in which they begin.',
  ],
  unit: 'fraction',
  direction: 'higher',
  atom: activity.atom,
  feeds: activity.feeds,
  dimensions: [],
  options: {
    week: { type: 'number', default: 1, min: 0, max: 260, text: 'How many weeks after the first; whole weeks.' },
  },
  suppressBelow: activity.suppressBelow,
  fewLeftOut: true,
  aheadDays: ({ week }) => 7 * Math.floor(Number(week)),
  minN: MIN_RESPONDENTS,
  graceHours: 48,
  aggregate: { type: 'proportion' },
  items: ({ week }) => ({
    from: ({ actions }) => `(
      SELECT *, count() OVER (PARTITION BY first_week) AS cohort_n, ${startOfWeek('first_week + {week:Int64}')} AS week_begins,
        ${startOfWeek('first_week + {week:Int64} + 1')} + toIntervalHour(48) AS week_closes, ${AS_OF} AS known_until
      FROM (
        SELECT person_key, ${weekOf('min(acted_at)')} AS first_week, has(groupUniqArray(${weekOf('acted_at')}), first_week + {week:Int64}) AS returned
        FROM ${actions} WHERE excluded = '' GROUP BY person_key
      )
      WHERE week_begins < known_until
    )`,
    at: startOfWeek('first_week'),
    reason: `if(cohort_n < ${MIN_RESPONDENTS}, 'few', '')`,
    hit: 'returned',
    open: 'NOT returned AND week_closes > known_until',
    columns: ['person_key'],
    tallies: { respondents: 'uniqExact(person_key)' },
    turns: () => `toUnixTimestamp64Milli(${nextTurn})`,
    params: { week: Math.floor(Number(week)) },
  }),
  examples: [
    {
      id: 'EX-RTN-1',
      text: 'a, b, c, d and e begin in week 10; a, b and c use it in week 11, a and e in week 12, which still runs: 60 % after one week, 40 % after two, provisional, and no number yet after three.',
    },
  ],
};
