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
export function isSuppressed(
  metric: Pick<Metric, 'suppressBelow'>,
  cell: Counted,
  beside: Readonly<Record<string, number | null>> = {},
): boolean {
  if (metric.suppressBelow === undefined) return false;
  const { headcount_least: least, headcount_most: most } = beside;
  // Where nobody was and nobody left, there is nobody to be told of.
  if (typeof least === 'number') return least < metric.suppressBelow && (cell.items > 0 || (most ?? 0) > 0);
  if (cell.hidden !== undefined) return cell.hidden;
  if (cell.tallies.survey !== undefined) return (cell.tallies.survey as SurveyCell).hidden;
  if (cell.items === 0) return (cell.excluded.few ?? 0) > 0;
  return Number(cell.tallies.respondents ?? 0) < metric.suppressBelow;
}

/**
 * Rows that stand beside each other, without those by which a hidden one could be told from their sum (metrics.md §9.2,
 * rule 2): while the hidden ones are fewer people than may be shown, or one row alone, the next smallest goes with them.
 */
export function withCompanions(
  rows: readonly Row[],
  groupBy: readonly string[],
  least: number,
  sizeOf: (row: Row) => number,
): readonly Row[] {
  const hidden = new Set(rows.filter((row) => row.status === 'suppressed'));
  if (hidden.size === 0) return rows;
  const rest = rows.filter((row) => !hidden.has(row) && sizeOf(row) > 0).sort((a, b) => sizeOf(a) - sizeOf(b));
  const people = () => [...hidden].reduce((sum, row) => sum + sizeOf(row), 0);
  while (rest.length > 0 && (hidden.size === 1 || people() < least)) hidden.add(rest.shift()!);
  return rows.map((row) => (hidden.has(row) && row.status !== 'suppressed' ? hiddenRow(row, groupBy) : row));
}

/** What of a row is no number. */
const told = ['metric', 'spec_version', 'options', 'scope', 'window', 'as_of', 'unit', 'coverage'] as const;

function hiddenRow(row: Row, groupBy: readonly string[]): Row {
  const kept = Object.fromEntries([...told, ...groupBy].map((name) => [name, row[name]]));
  return {
    ...kept,
    value: null,
    n: null,
    ci: null,
    status: 'suppressed',
    open_n: 0,
    excluded: {},
  } as unknown as Row;
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
  return totals.map((row) => (partly.has(keyOf(row)) && row.status !== 'suppressed' ? hiddenRow(row, groupBy) : row));
}
