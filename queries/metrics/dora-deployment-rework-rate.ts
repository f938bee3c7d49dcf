import type { Metric } from '../metric.ts';
import { notReworkable, rolloutDimensions, rolloutFeeds } from './populations.ts';

/** Deployment rework rate (metrics.md §3.4). */
export const deploymentReworkRate: Metric = {
  id: 'dora.deployment_rework_rate',
  title: 'Deployment rework rate',
  question: 'What share of deployments only repairs what an earlier one broke?',
  description:
    'Unplanned deployments made because of a bug or an incident in production, divided by all production deployments: rollbacks in response to failure, fixes of an incident, hotfixes that nobody planned, restarts that an incident asked for. A planned bug-fix release is not rework.',
  caveats: [
    'Where more than a fifth of the deployments do not say whether they were planned, there is no value; up to that, unknown counts as planned and is shown.',
  ],
  unit: 'fraction',
  direction: 'lower',
  atom: 'rollouts',
  feeds: rolloutFeeds,
  dimensions: rolloutDimensions,
  options: {},
  minN: 5,
  graceHours: 7 * 24,
  aggregate: { type: 'proportion' },
  items: () => ({
    at: 'finished_at',
    reason: notReworkable,
    hit: 'remediation = 1',
    columns: ['planned'],
    tallies: { planned_unknown: "countIf(planned = 'unknown')" },
  }),
  fields: ({ tallies }) => ({ planned_unknown_n: Number(tallies.planned_unknown ?? 0) }),
  unknowable: ({ items, tallies }) => Number(tallies.planned_unknown ?? 0) > 0.2 * items,
  examples: [
    {
      id: 'EX-DRR-1',
      text: 'Nine production deployments, one of them a rollback and one an unplanned hotfix: 2/9 = 22.2 %, interval 6.3 to 54.7 %.',
    },
    {
      id: 'EX-DRR-2',
      text: 'Ten ordinary deployments and one restart of the same revision to mitigate an incident: 1/11 = 9.1 %. A restart for no incident would leave 0/10.',
    },
  ],
};
