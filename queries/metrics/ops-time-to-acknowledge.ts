import type { Metric } from '../metric.ts';
import { incidentAt, incidentBucket, openOptions } from './incidents.ts';
import { incidentDimensions, incidentFeeds, SKEW_SECONDS, signedSeconds } from './populations.ts';

const delay = signedSeconds('detected_at', 'acknowledged_at');

const reason = `multiIf(excluded != '', toString(excluded), ${delay} < -${SKEW_SECONDS}, 'negative_duration', '')`;

/** Time to acknowledge (metrics.md §4.1). */
export const timeToAcknowledge: Metric = {
  id: 'ops.time_to_acknowledge',
  title: 'Time to acknowledge',
  question: 'How long does an incident wait for somebody to take it?',
  description:
    'From the detection of an incident to its first acknowledgement. The median leads; incidents that nobody has acknowledged count as longer than any other.',
  caveats: ['Tools that acknowledge by themselves make it zero.'],
  unit: 'minutes',
  direction: 'lower',
  atom: 'incidents',
  feeds: incidentFeeds,
  dimensions: incidentDimensions,
  options: { bucket: incidentBucket, ...openOptions },
  minN: 5,
  graceHours: 48,
  aggregate: { type: 'quantiles' },
  items: (options) => ({
    steps: [{ reason }],
    at: incidentAt(options, 'reason'),
    reason: 'reason',
    clock: { start: 'detected_at', end: 'acknowledged_at' },
  }),
  examples: [
    {
      id: 'EX-MTTR-3',
      text: 'As for restoring: what is still open counts as longer than any other and is shown beside the value.',
    },
  ],
};
