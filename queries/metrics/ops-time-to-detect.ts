import type { Metric } from '../metric.ts';
import { incidentAt, incidentBucket } from './incidents.ts';
import { incidentDimensions, incidentFeeds, SKEW_SECONDS, signedSeconds } from './populations.ts';

const delay = signedSeconds('impact_started_at', 'detected_at');

const reason = `multiIf(excluded != '', toString(excluded), isNull(impact_started_at), 'no_impact_start', ${delay} < -${SKEW_SECONDS}, 'negative_duration', '')`;

/** Time to detect (metrics.md §4.1). */
export const timeToDetect: Metric = {
  id: 'ops.time_to_detect',
  title: 'Time to detect',
  question: 'How long do incidents hurt before anybody notices?',
  description:
    'From the start of the impact to the detection, for incidents that state when their impact began. The median leads.',
  caveats: [
    'Incidents that do not say when their impact began are left out and counted: their delay would be zero by construction.',
  ],
  unit: 'minutes',
  direction: 'lower',
  atom: 'incidents',
  feeds: incidentFeeds,
  dimensions: incidentDimensions,
  options: { bucket: incidentBucket },
  minN: 5,
  graceHours: 48,
  aggregate: { type: 'quantiles' },
  items: (options) => ({
    steps: [{ reason }],
    at: incidentAt(options, 'reason'),
    reason: 'reason',
    clock: { start: 'ifNull(impact_started_at, detected_at)', end: 'detected_at' },
  }),
  examples: [{ id: 'EX-FDRT-1', text: 'Degraded 10:05, noticed 10:10: 5 min to detect.' }],
};
