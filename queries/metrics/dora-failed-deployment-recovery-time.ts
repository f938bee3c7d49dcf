import type { Metric } from '../metric.ts';
import { failed, linkOptions, linkParams, recovery } from './failures.ts';
import { openOptions } from './incidents.ts';
import { notChange, rolloutDimensions, rolloutFeeds } from './populations.ts';

/** Failed deployment recovery time (metrics.md §3.5). */
export const failedDeploymentRecoveryTime: Metric = {
  id: 'dora.failed_deployment_recovery_time',
  title: 'Failed deployment recovery time',
  question: 'How fast is service restored when a deployment has hurt it?',
  description:
    'For every failed deployment: from the moment service was degraded to the moment it was restored (not to the closing of the ticket). Several incidents of one deployment are one duration, from the first start to the last end. The median leads; failures still open count as longer than any other.',
  caveats: [
    'Failures that are still open pull the upper percentiles beyond what is known; then only a lower bound is given.',
  ],
  unit: 'minutes',
  direction: 'lower',
  atom: 'rollouts',
  feeds: rolloutFeeds,
  dimensions: rolloutDimensions,
  options: {
    start: {
      type: 'choice',
      values: ['degraded', 'detected', 'deployed'],
      default: 'degraded',
      text: 'Start when service was degraded, when somebody noticed, or when the deployment ended (as DevLake does).',
    },
    bucket: {
      type: 'choice',
      values: ['finished_at', 'restored_at'],
      default: 'finished_at',
      text: 'Count a failure where the deployment ended (the same cohort as the change fail rate), or where service was restored.',
    },
    ...openOptions,
    ...linkOptions,
  },
  minN: 5,
  graceHours: 7 * 24,
  aggregate: { type: 'quantiles' },
  items: (options) => {
    const { start, end } = recovery(options);
    const at = options.bucket === 'restored_at' ? 'recovered_at' : 'finished_at';
    return {
      steps: [{ left_out: notChange, is_failed: failed(options), clock_started_at: start, recovered_at: end }],
      // A change that did not fail is no item at all; what is left out lies where it ended.
      at: `multiIf(left_out != '', toNullable(finished_at), is_failed, ${at}, NULL)`,
      reason: 'left_out',
      clock: { start: 'clock_started_at', end: 'recovered_at' },
      params: linkParams(options),
    };
  },
  band: 'recovery',
  examples: [
    {
      id: 'EX-FDRT-1',
      text: 'Live 10:00, degraded 10:05, noticed 10:10, rolled back 10:40, restored 10:45: 40 min (deployed 45, detected 35). A canary exposed at 14:00 and aborted at 14:06: 6 min. Median 23 min.',
    },
    {
      id: 'EX-FDRT-2',
      text: 'Two incidents of one deployment, 10:05 to 10:45 and 10:20 to 11:00, are one failure of 55 min.',
    },
    {
      id: 'EX-FDRT-3',
      text: 'Closed after 10, 20 and 60 min and one still open: median 40 min; the 90th percentile is unknown, at least 60. With closed_only the median would be 20.',
    },
  ],
};
