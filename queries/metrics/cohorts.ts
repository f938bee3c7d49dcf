import type { Metric } from '../metric.ts';
import { MIN_RESPONDENTS } from '../privacy/suppression.ts';

/**
 * What tells people apart, when they began, by which columns they are told side by side, and which of their columns are needed:
 * `team` is. Where they are now is nobody's business: side by side with where they were it would tell of fewer than five.
 */
interface Cohorts {
  readonly who: string;
  readonly at: string;
  readonly cells: readonly string[];
  readonly columns: readonly string[];
}

const monday = (week: string): string => `toDateTime64(toDate(toInt32((${week}) * 7 - 3)), 3, {tz:String})`;

/**
 * Rows of people in cohorts of at least five (metrics.md §9.2, R90): of each cell the people of an ISO week, of several weeks
 * in a row where there are fewer, standing in the one that makes them five. Cells of fewer than five people in all are put together and told in the whole only. So
 * whatever is told of some weeks or cells, two such sets differ by nobody or by five. Weeks are those of UTC, or other zones
 * would cut the people otherwise; they stand on the Monday of the zone asked about. Adds `cohort_at` and `few`: 1 where a row
 * counts nowhere. A table expression.
 */
export const inCohorts = (rows: string, { who, at, cells, columns }: Cohorts, isGrouped: boolean): string => {
  const people = 'arrayDistinct(arrayConcat(so_far.1, week.2))';
  const isEnough = `length(${people}) >= ${MIN_RESPONDENTS}`;
  const cell = `if(uniqExact(${who}) OVER (PARTITION BY ${cells.join(', ')}) < ${MIN_RESPONDENTS}, '', toString([${cells.map((name) => `toString(${name})`).join(', ')}]))`;
  // One query per step: an alias that is used often is planned once only if it is a column of a query within. The rows go along
  // with their week, so that they are read once.
  const placed = `
      SELECT ${[...new Set([who, ...columns])].join(', ')}, intDiv(toRelativeDayNum(${at}, 'UTC') + 3, 7) AS cohort_week, ${cell} AS cohort_cell
      FROM ${rows}`;
  const weeks = `
      SELECT cohort_cell, cohort_week, groupUniqArray(${MIN_RESPONDENTS})(toString(${who})) AS persons, groupArray((${columns.join(', ')})) AS members
      FROM (${placed}) GROUP BY cohort_cell, cohort_week ORDER BY cohort_cell, cohort_week`;
  const byCell = `
      SELECT cohort_cell, groupArray((cohort_week, persons)) AS by_week, groupArray(cohort_week) AS weeks, groupArray(members) AS members_by_week
      FROM (${weeks}) GROUP BY cohort_cell`;
  const ends = `
      SELECT cohort_cell, weeks, members_by_week, arrayFold((so_far, week) -> (if(${isEnough}, []::Array(String), ${people}), arrayPushBack(so_far.2, toInt64(${isEnough}))),
          by_week, ([]::Array(String), []::Array(Int64))).2 AS ends
      FROM (${byCell})`;
  const blocks = `
      SELECT cohort_cell, weeks, members_by_week, toInt64(arraySum(ends)) AS full, arrayFilter((week, end) -> end = 1, weeks, ends) AS closing,
        arrayMap((end, until) -> toInt64(until) - end, ends, arrayCumSum(ends)) AS blocks
      FROM (${ends})`;
  const cohorts = `
      SELECT of_week, ${monday('if(full = 0, weeks[1], closing[least(block, full - 1) + 1])')} AS cohort_at, full = 0${isGrouped ? " OR cohort_cell = ''" : ''} AS few
      FROM (${blocks}) ARRAY JOIN members_by_week AS of_week, blocks AS block`;
  return `(
    SELECT ${columns.map((name, index) => `member.${index + 1} AS ${name}`).join(', ')}, team AS team_now, cohort_at, few
    FROM (${cohorts}) ARRAY JOIN of_week AS member
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
