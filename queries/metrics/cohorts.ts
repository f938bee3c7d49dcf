import type { Metric } from '../metric.ts';
import { MIN_RESPONDENTS } from '../privacy/suppression.ts';

/** What tells people apart, when they began, and by which columns they are told side by side. */
interface Cohorts {
  readonly who: string;
  readonly at: string;
  readonly cells: readonly string[];
}

const monday = (week: string): string => `toDateTime64(toDate(toInt32((${week}) * 7 - 3)), 3, {tz:String})`;

/**
 * Rows of people in cohorts of at least five (metrics.md §9.2, R90): of each cell the people of an ISO week, of several weeks
 * in a row where there are fewer, standing in the one that makes them five. Cells of fewer than five people in all are put together and told in the whole only. So
 * whatever is told of some weeks or cells, two such sets differ by nobody or by five. Weeks are those of UTC, or other zones
 * would cut the people otherwise; they stand on the Monday of the zone asked about. Adds `cohort_at` and `few`: 1 where a row
 * counts nowhere. A table expression.
 */
export const inCohorts = (rows: string, { who, at, cells }: Cohorts, isGrouped: boolean): string => {
  const columns = cells.join(', ');
  const people = 'arrayDistinct(arrayConcat(so_far.1, week.2))';
  const isEnough = `length(${people}) >= ${MIN_RESPONDENTS}`;
  // One query per step: an alias that is used often is planned once only if it is a column of a query within.
  const weeks = `
      SELECT cohort_cell, arraySort(week -> week.1, groupArray((cohort_week, persons))) AS by_week, arrayMap(week -> week.1, by_week) AS weeks
      FROM (SELECT cohort_cell, cohort_week, groupUniqArray(${MIN_RESPONDENTS})(toString(${who})) AS persons FROM placed GROUP BY cohort_cell, cohort_week)
      GROUP BY cohort_cell`;
  const ends = `
      SELECT cohort_cell, weeks, arrayFold((so_far, week) -> (if(${isEnough}, []::Array(String), ${people}), arrayPushBack(so_far.2, toInt64(${isEnough}))),
          by_week, ([]::Array(String), []::Array(Int64))).2 AS ends
      FROM (${weeks})`;
  const blocks = `
      SELECT cohort_cell, weeks, toInt64(arraySum(ends)) AS full, arrayFilter((week, end) -> end = 1, weeks, ends) AS closing,
        arrayMap((end, until) -> toInt64(until) - end, ends, arrayCumSum(ends)) AS blocks
      FROM (${ends})`;
  const stands = `
      SELECT cohort_cell, weeks, full, arrayMap(block -> if(full = 0, weeks[1], closing[least(block, full - 1) + 1]), blocks) AS stands FROM (${blocks})`;
  const first = `
      SELECT *, intDiv(toRelativeDayNum(${at}, 'UTC') + 3, 7) AS cohort_week, uniqExact(${who}) OVER (PARTITION BY ${columns}) AS cohort_persons
      FROM ${rows}`;
  return `(
    WITH placed AS (
      SELECT * EXCEPT (cohort_persons), if(cohort_persons < ${MIN_RESPONDENTS}, '', toString([${cells.map((cell) => `toString(${cell})`).join(', ')}])) AS cohort_cell
      FROM (${first})
    )
    SELECT p.*, ${monday('c.stands[indexOf(c.weeks, p.cohort_week)]')} AS cohort_at, c.full = 0${isGrouped ? " OR p.cohort_cell = ''" : ''} AS few
    FROM placed AS p INNER JOIN (${stands}) AS c ON c.cohort_cell = p.cohort_cell
  )`;
};

/** How every metric of people that are {@link inCohorts} is told: without any one of these, answers could be solved for one of them. */
export const toldOfCohorts = {
  isUnfiltered: true,
  suppressBelow: MIN_RESPONDENTS,
  fewLeftOut: true,
  minN: 5,
  graceHours: 48,
} as const satisfies Partial<Metric>;

/** What to bear in mind of metrics whose people are {@link inCohorts}. */
export const cohortCaveats: readonly string[] = [
  'Cohorts are of at least five people: those of an ISO week, of several weeks in a row where fewer began; these stand in the week that made them five. The last ones join the cohort before them.',
  'Groups of fewer than five people in all are not told; the whole holds them where they are five together. There are no filters, and no rows behind it.',
];
