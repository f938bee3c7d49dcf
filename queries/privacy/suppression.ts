import type { Row } from '../envelope.ts';
import type { Metric } from '../metric.ts';
import type { Problem } from '../request.ts';
import type { SurveyCell } from './answered.ts';

/** Fewest respondents of a cell that is shown (metrics.md §9.2). */
export const MIN_RESPONDENTS = 5;

/** What a metric of personal answers says when it is asked for its rows. */
export const notListed: Problem = {
  field: 'metric',
  problem: 'is made of what single people said or did, which is never listed',
  fix: 'ask for the number itself, by the dimensions that it declares',
};

/** What was counted and left out in one cell, with the aggregate `respondents` of the metric's tallies. */
interface Counted {
  readonly items: number;
  readonly excluded: Readonly<Record<string, number>>;
  readonly tallies: Readonly<Record<string, unknown>>;
  readonly hidden?: boolean;
}

/**
 * True if a cell holds answers of fewer people than the metric may show (metrics.md §9.2, rule 1). An empty cell is not
 * hidden: that nobody answered says nothing of anyone. People are counted, not answers: one may answer many items.
 */
export function isSuppressed(metric: Pick<Metric, 'suppressBelow'>, cell: Counted): boolean {
  if (metric.suppressBelow === undefined) return false;
  if (cell.hidden !== undefined) return cell.hidden;
  if (cell.tallies.survey !== undefined) return (cell.tallies.survey as SurveyCell).hidden;
  if (cell.items === 0) return Object.keys(cell.excluded).length > 0;
  return Number(cell.tallies.respondents ?? 0) < metric.suppressBelow;
}

/**
 * Totals without those from which a hidden bucket of the same group could be told by subtraction: where a bucket of a group
 * is hidden, so is the group's total. Other fields of such a row go as they would in a hidden cell.
 */
export function withoutRemainders(
  totals: readonly Row[],
  series: readonly Row[],
  groupBy: readonly string[],
): readonly Row[] {
  const keyOf = (row: Row) => JSON.stringify(groupBy.map((dimension) => row[dimension]));
  const partly = new Set(series.filter((row) => row.status === 'suppressed').map(keyOf));
  return totals.map((row) =>
    partly.has(keyOf(row)) ? { ...row, value: null, n: null, ci: null, status: 'suppressed', excluded: {} } : row,
  );
}
