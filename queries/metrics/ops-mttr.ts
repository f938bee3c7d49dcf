import type { Metric } from '../metric.ts';
import { incidentAt, incidentBucket } from './incidents.ts';
import { incidentDimensions, incidentFeeds, notIncident } from './populations.ts';

/** Mean time to restore, the classic one (metrics.md §4.1). */
export const meanTimeToRestore: Metric = {
  id: 'ops.mttr',
  title: 'Mean time to restore',
  question: 'How long does an incident last on average, whatever caused it?',
  description:
    'The mean, over incidents that degraded or interrupted service, of the time from the start of the impact to the restoring of service (mitigated, else resolved; never the closing of the ticket). Open incidents are shown and not averaged; median and percentiles stand beside it.',
  caveats: [
    'Durations of incidents are strongly skewed: at usual numbers of incidents the mean moves by more than any true improvement. A verdict needs at least 30 incidents on each side and a median that agrees; the error budget spent says more.',
  ],
  caveat: 'mttr-low-information',
  unit: 'minutes',
  direction: 'lower',
  atom: 'incidents',
  feeds: incidentFeeds,
  dimensions: incidentDimensions,
  options: {
    bucket: incidentBucket,
    kaplan_meier: {
      type: 'flag',
      default: false,
      text: 'Estimate the percentiles beside the mean as Kaplan and Meier do: an open incident tells that it lasts at least as long as it has lasted so far. The mean stays that of the closed.',
    },
  },
  minN: 5,
  graceHours: 48,
  aggregate: { type: 'mean' },
  items: (options) => ({
    at: incidentAt(options, notIncident),
    reason: notIncident,
    clock: { start: 'started_at', end: 'restored_at' },
  }),
  examples: [
    {
      id: 'EX-MTTR-1',
      text: 'Incidents of 30, 30 and 240 min: mean 100, median 30. Where the first two overlap by 10 min, downtime is 50 min, not 60.',
    },
    {
      id: 'EX-MTTR-2',
      text: 'An incident from 30 September to 1 October lasts 240 min, all in Q3 (with bucket=restored_at all in Q4). Its downtime is split: 60 min and 180 min.',
    },
    {
      id: 'EX-MTTR-3',
      text: 'Incidents of 20 and 40 min and one still open: mean 30 over the closed, one open. All open: no value, not 0.',
    },
  ],
};
