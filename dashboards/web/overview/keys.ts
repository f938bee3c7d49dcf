import type { Row } from '../../../queries/envelope.ts';
import { optionsOf } from '../../../queries/metric.ts';
import { findMetric } from '../../../queries/metrics/registry.ts';
import type { Direction } from '../difference.ts';
import { formatNumber } from '../numbers.ts';

/** How the overview speaks of one of DORA's five keys. What the number means is declared with the metric itself. */
interface KeyWords {
  readonly id: string;
  /** Its heading in the table of teams. */
  readonly short: string;
  readonly factor: 'throughput' | 'instability';
  /** What is counted, in the plural. */
  readonly things: string;
  /** The line beneath the title, with its n. */
  describe(row: Row): string;
  /** What one item is, for "Counted"; follows the number. */
  readonly counted: string;
  readonly clock: string;
  /** What the estimate and its interval are made of. */
  readonly interval: string;
}

/** A key with what its metric declares. */
export interface Key extends KeyWords {
  readonly title: string;
  readonly direction: Direction;
  /** How long after its end a window may still move (metrics.md §12). */
  readonly graceHours: number;
}

const plural = (count: number, one: string, many = `${one}s`) => `${formatNumber(count)} ${count === 1 ? one : many}`;
const of = (row: Row) => `${formatNumber(row.numerator ?? 0)} of ${formatNumber(row.denominator ?? row.n ?? 0)}`;

const words: readonly KeyWords[] = [
  {
    id: 'dora.change_lead_time',
    short: 'Lead time',
    factor: 'throughput',
    things: 'changes',
    describe: (row) => `Commit to live, median of ${plural(row.n ?? 0, 'change')}`,
    counted: 'changes that first went live in this window, one per service they touch.',
    clock:
      'From the first commit or the opening of the pull request, whichever is earlier, to the end of the first successful deployment that contains it.',
    interval: 'order statistics. Changes that share a deployment are not independent, so it is a little too narrow.',
  },
  {
    id: 'dora.deployment_frequency',
    short: 'Frequency',
    factor: 'throughput',
    things: 'deployments',
    describe: (row) => {
      const days = row.deployment_days === undefined ? '' : ` on ${plural(row.deployment_days, 'day')}`;
      return `${plural(row.count ?? row.numerator ?? row.n ?? 0, 'deployment')}${days}`;
    },
    counted: 'successful deployments of a change to production. Days without any count as zero.',
    clock: 'The end of the deployment, divided by the calendar days of the window.',
    interval: 'exact Poisson. Deployments come in bursts, so it is a little too narrow.',
  },
  {
    id: 'dora.failed_deployment_recovery_time',
    short: 'Recovery',
    factor: 'throughput',
    things: 'failed deployments',
    describe: (row) => `Degradation to restored, median of ${formatNumber(row.n ?? 0)}`,
    counted: 'failed deployments that users have recovered from.',
    clock:
      'From when users were first affected, else detection, to when service was restored; without an incident, to the end of the rollback or fix. Closing a ticket does not count.',
    interval: 'order statistics. Below six recoveries there is none.',
  },
  {
    id: 'dora.change_fail_rate',
    short: 'Fail rate',
    factor: 'instability',
    things: 'deployments',
    describe: (row) => `${of(row)} deployments failed`,
    counted:
      'deployments of a change. One failed if an incident names it, it was rolled back, a fix names it, or it broke in front of users; once at most.',
    clock: 'The end of the deployment, so that a cause found late restates the day of the deployment.',
    interval: 'Wilson score.',
  },
  {
    id: 'dora.deployment_rework_rate',
    short: 'Rework',
    factor: 'instability',
    things: 'deployments',
    describe: (row) => `${of(row)} were unplanned repairs`,
    counted:
      'deployments, redeployments without a cause apart. Rollbacks, fixes of an incident and hotfixes are rework.',
    clock: 'The end of the deployment.',
    interval: 'Wilson score.',
  },
];

/** The five keys in the order in which they are read: throughput, then instability. */
export const keys: readonly Key[] = words.map((key) => {
  const metric = findMetric(key.id);
  if (metric === null || metric.direction === 'none') throw new Error(`${key.id} is not a metric with a direction`);
  return { ...key, title: metric.title, direction: metric.direction, graceHours: metric.graceHours };
});

/** Options of an answer that differ from what the metric declares as default, in words. */
export function unusualOptions(key: Key, options: Row['options']): readonly string[] {
  const metric = findMetric(key.id);
  const specs = metric === null ? {} : optionsOf(metric);
  return Object.entries(options)
    .filter(([name, value]) => {
      const spec = specs[name];
      return spec === undefined || spec.type === 'calendar' || spec.default !== value;
    })
    .map(([name, value]) =>
      name === 'link' && value === 'previous_deploy'
        ? `${key.title}: heuristic, each incident counted to the deployment before it`
        : `${key.title}: ${optionWords(name, value)}`,
    );
}

/** One option in words: `link: linked only`. */
export function optionWords(name: string, value: string | number | boolean): string {
  return `${name.replaceAll('_', ' ')}: ${String(value).replaceAll('_', ' ')}`;
}

const reasons: Readonly<Record<string, string>> = {
  bot: 'written by bots',
  revert: 'reverts',
  first_deployment: 'in a service’s first deployment',
  merge_commit: 'merge commits',
  promotion: 'promotions of other changes',
  cherry_pick: 'copies of other changes',
  unowned_path: 'outside every service’s paths',
  negative_duration: 'that end before they start',
  rollback: 'rollbacks',
  noop: 'redeployments of what was live',
  failed_dark: 'that failed before users saw them',
  failed_live: 'that failed in front of users',
  cancelled: 'cancelled',
  superseded: 'superseded',
  not_production: 'outside production',
  unmapped_environment: 'in environments that nobody has described',
  duplicate_source: 'that a second source reported too',
};

/** What was left out and why, in words: `41 written by bots, 18 reverts.` */
export function leftOutWords(excluded: Row['excluded']): string {
  const parts = Object.entries(excluded)
    .filter(([, count]) => count > 0)
    .sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0], 'en'))
    .map(([reason, count]) => `${formatNumber(count)} ${reasonWords(reason)}`);
  return parts.length === 0 ? 'Nothing.' : `${parts.join(', ')}.`;
}

/** One reason in words. */
export function reasonWords(reason: string): string {
  return reasons[reason] ?? reason.replaceAll('_', ' ');
}
