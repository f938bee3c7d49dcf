import type { Row } from '../../queries/envelope.ts';
import { formatDay, formatDayShort } from './dates.ts';
import { formatDurationShort, formatNumber, formatPlainShare } from './numbers.ts';

/** How many atoms a number needs before anything is read from it (metrics.md §1.3). */
export const MIN_N = 5;

/** True if the state lets the value be shown. */
export function showsValue(row: Row): boolean {
  return row.value !== null && !['no_data', 'suppressed', 'not_applicable'].includes(row.status);
}

/** True if something may be concluded from the value. */
export function isFirm(row: Row): boolean {
  return showsValue(row) && row.status !== 'insufficient';
}

/** What stands beside a value that is not plainly there. */
export interface StateWords {
  /** Why, in the fixed words; empty if there is nothing to say. */
  readonly words: readonly string[];
  /** The mark is hatched: the number can still move without anyone being wrong. */
  readonly isProvisional: boolean;
}

/** What is missing when nothing can be divided, per metric. */
const divisors: Readonly<Record<string, string>> = {
  'dora.change_fail_rate': 'deployments',
  'dora.deployment_rework_rate': 'deployments',
  'dora.failed_deployment_recovery_time': 'failed deployments',
};

/** The words of a state. `settledAt` is when the window's grace ends, `things` what is counted ("changes"). */
export function stateWords(row: Row, zone: string, settledAt: string): StateWords {
  const words: string[] = [];
  const isOpen = Date.parse(settledAt) > Date.parse(row.as_of);
  if (row.status === 'suppressed') {
    return {
      words: ['hidden to protect people: fewer than 5 answers, or a neighbour that would reveal them'],
      isProvisional: false,
    };
  }
  if (row.status === 'no_data') {
    const covered = `no data: ${formatPlainShare(row.coverage, 0)} of the window covered, 80 % needed`;
    const plan = `no data: ${formatNumber(row.planned_unknown_n ?? 0)} deployments do not say whether they were planned`;
    const isPlanUnknown = row.coverage >= 0.8 && (row.planned_unknown_n ?? 0) > 0;
    words.push(row.coverage === 0 ? 'no data: no source for this is connected' : isPlanUnknown ? plan : covered);
    return { words, isProvisional: false };
  }
  if (row.status === 'not_applicable') {
    words.push(`nothing to divide by: no ${divisors[row.metric] ?? 'deployments'} in this window`);
    return { words, isProvisional: false };
  }
  const bound = row.quantiles?.p50.lower_bound ?? null;
  if (row.value === null && row.open_n > 0) {
    words.push(
      bound === null
        ? `${formatNumber(row.open_n)} still open`
        : `more than ${formatDurationShort(bound * secondsOf(row.unit))}: ${formatNumber(row.open_n)} still open`,
    );
  } else if (row.status === 'insufficient') {
    const counted =
      typeof row.numerator === 'number' && typeof row.denominator === 'number'
        ? `${formatNumber(row.numerator)} of ${formatNumber(row.denominator)}`
        : `n = ${formatNumber(row.n ?? 0)}`;
    words.push(row.n ? `${counted}, too few to say (${MIN_N} needed)` : 'none in this window');
  }
  if (row.coverage < 1 && row.status !== 'insufficient')
    words.push(`covers ${formatPlainShare(row.coverage, 0)} of the window`);
  if (row.window.partial && row.status === 'partial')
    words.push(`begins ${formatDay(row.window.start, zone)}, with the first data`);
  if (isOpen) words.push(`provisional until ${formatDayShort(settledAt, zone)}`);
  if (row.value !== null && row.open_n > 0) words.push(`${formatNumber(row.open_n)} not yet restored`);
  return { words, isProvisional: isOpen || row.status === 'provisional' };
}

function secondsOf(unit: string): number {
  return { seconds: 1, minutes: 60, hours: 3600, days: 86_400 }[unit] ?? 1;
}

/** The banner while newer events are stored and not yet counted. */
export function staleWords(clock: string): string {
  return `Numbers as of ${clock}. Newer events are stored and not yet counted.`;
}

/** An empty selection, in words. */
export function emptySelectionWords(filters: Readonly<Record<string, string>>): string {
  return `No service matches ${Object.entries(filters)
    .map(([name, value]) => `${name} ${value}`)
    .join(' and ')}.`;
}
