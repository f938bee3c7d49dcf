import type { Metric } from '../metric.ts';
import { failed, linkOptions, linkParams } from './failures.ts';
import { notChange, ownershipDimensions, rolloutDimensions, rolloutFeeds } from './populations.ts';

/** Change fail rate (metrics.md §3.3). */
export const changeFailRate: Metric = {
  id: 'dora.change_fail_rate',
  title: 'Change fail rate',
  question: 'What share of deployments hurt the people who use the product?',
  description:
    'Changes deployed to production that failed, divided by all of them. A deployment fails at most once: by an incident that it caused, by being rolled back in response to a failure, by a hotfix for it, or by being aborted after users had seen it. A pipeline that failed before anyone saw anything is not a change failure.',
  caveats: [
    'Incidents that name no deployment are not in it; they are counted beside it.',
    'A failure reported late changes the past: the bucket is that of the deployment.',
  ],
  unit: 'fraction',
  direction: 'lower',
  atom: 'rollouts',
  feeds: rolloutFeeds,
  dimensions: rolloutDimensions,
  options: linkOptions,
  minN: 5,
  graceHours: 7 * 24,
  aggregate: { type: 'proportion' },
  items: (options) => ({ at: 'finished_at', reason: notChange, hit: failed(options), params: linkParams(options) }),
  beside: (options) =>
    options.link === 'previous_deploy'
      ? []
      : [
          {
            type: 'count',
            field: 'unlinked',
            atom: 'incidents',
            dimensions: ownershipDimensions,
            items: {
              at: 'started_at',
              reason: "multiIf(excluded != '', excluded, cause_rollout_id != '', 'linked', '')",
            },
          },
        ],
  fields: ({ beside }) => (beside.unlinked === undefined ? {} : { unlinked_n: beside.unlinked ?? 0 }),
  band: 'change_fail_rate',
  examples: [
    {
      id: 'EX-CFR-1',
      text: 'Eight changes reached production; two incidents blame the third, which was rolled back, and the eighth was aborted after exposure: 2/8 = 25 %, interval 7.1 to 59.1 %. A pipeline that failed before production and a redeployment are in neither number.',
    },
    {
      id: 'EX-CFR-2',
      text: 'Team A 1 of 4, team B 2 of 100: together 3/104 = 2.9 %. The average of the two rates, 13.5 %, would be wrong.',
    },
    {
      id: 'EX-CFR-3',
      text: 'A change fails, its hotfix fails too, the second hotfix helps: 2 of 3 failed.',
    },
    {
      id: 'EX-CFR-4',
      text: 'At the end of the quarter 2/12; on 12 October an incident is linked to a deployment of 29 September, and the quarter is 3/12 from then on.',
    },
  ],
};
