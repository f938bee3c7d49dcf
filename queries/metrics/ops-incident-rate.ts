import type { Metric } from '../metric.ts';
import { incidentDimensions, incidentFeeds, notDeployed, notIncident, rolloutDimensions } from './populations.ts';

/** Incident rate (metrics.md §4.1). */
export const incidentRate: Metric = {
  id: 'ops.incident_rate',
  title: 'Incident rate',
  question: 'How many incidents does a service have in a month?',
  description:
    'Incidents that degraded or interrupted service, per 30 days of one service, or per 100 deployments. Duplicates and false alarms are left out. An incident counts where its impact began.',
  caveats: ['The interval takes incidents as independent; in practice they cluster, so it is optimistic.'],
  unit: 'incidents/30 service-days',
  unitOf: (options) => (options.per === '100_deployments' ? 'incidents/100 deployments' : 'incidents/30 service-days'),
  direction: 'lower',
  atom: 'incidents',
  feeds: incidentFeeds,
  dimensions: incidentDimensions,
  options: {
    per: {
      type: 'choice',
      values: ['30_service_days', '100_deployments'],
      default: '30_service_days',
      text: 'Per 30 days of one service, or per 100 deployments as deployment frequency counts them.',
    },
  },
  minN: 0,
  graceHours: 48,
  aggregate: {
    type: 'rate',
    exposure: (options) => (options.per === '100_deployments' ? '100_deployments' : '30_service_days'),
  },
  items: () => ({ at: 'started_at', reason: notIncident }),
  beside: (options) =>
    options.per === '100_deployments'
      ? [
          {
            type: 'count',
            field: 'deployments',
            atom: 'rollouts',
            dimensions: rolloutDimensions,
            items: { at: 'finished_at', reason: notDeployed },
          },
        ]
      : [],
  examples: [
    {
      id: 'EX-MTTR-1',
      text: 'Three incidents of one service within 30 days: 3 per 30 service-days, whether or not they overlap.',
    },
  ],
};
