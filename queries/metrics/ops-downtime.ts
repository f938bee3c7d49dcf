import type { Metric } from '../metric.ts';
import { incidentDimensions, incidentFeeds, notIncident } from './populations.ts';

/** Downtime (metrics.md §4.1). */
export const downtime: Metric = {
  id: 'ops.downtime',
  title: 'Downtime',
  question: 'For how many minutes was service degraded or interrupted?',
  description:
    'The length of the union of all incidents, cut to the bucket: minutes in which at least one incident of the scope was under way. An open incident lasts until now. What was announced as maintenance is not taken out: that is for availability.',
  caveats: ['Incidents of different services that overlap are counted once in a team, so teams do not add up.'],
  unit: 'minutes',
  direction: 'lower',
  atom: 'incidents',
  feeds: incidentFeeds,
  dimensions: incidentDimensions,
  options: {},
  minN: 0,
  graceHours: 48,
  aggregate: { type: 'union' },
  items: () => ({ at: 'started_at', reason: notIncident, until: 'restored_at' }),
  examples: [
    { id: 'EX-MTTR-1', text: '10:00 to 10:30 and 10:20 to 10:50: 50 min, not 60.' },
    { id: 'EX-MTTR-2', text: 'An incident across the end of a quarter: 60 min in the one, 180 min in the other.' },
  ],
};
