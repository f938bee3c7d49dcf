import type { Metric } from '../metric.ts';
import { cadenceClass } from '../statistics/cadence.ts';
import { notDeployed, notSucceeded, rolloutDimensions, rolloutFeeds } from './populations.ts';

/** Deployment frequency (metrics.md §3.1). */
export const deploymentFrequency: Metric = {
  id: 'dora.deployment_frequency',
  title: 'Deployment frequency',
  question: 'How often do changes reach production?',
  description:
    'Successful production rollouts that delivered a change, divided by the calendar days of the bucket. Days without a deployment count as zero, so it is a mean rate and not a median. One rollout counts once, however many attempts, regions or targets it had.',
  caveats: [
    'A success that is rolled back later still counts; it shows up in the change fail rate.',
    'The interval takes deployments as independent; in practice they cluster, so it is optimistic.',
  ],
  unit: 'deployments/day',
  direction: 'higher',
  atom: 'rollouts',
  feeds: rolloutFeeds,
  dimensions: rolloutDimensions,
  options: {
    count: {
      type: 'choice',
      values: ['changes', 'all_rollouts'],
      default: 'changes',
      text: 'Only rollouts that delivered a change, or every succeeded production rollout, rollbacks and redeployments too.',
    },
    per: {
      type: 'choice',
      values: ['calendar_day', 'working_day'],
      default: 'calendar_day',
      text: 'Divide by all days, or by Monday to Friday.',
    },
    cadence_class: {
      type: 'flag',
      default: false,
      text: 'Also class the cadence as Four Keys does: daily, weekly, monthly or yearly by the median days with a deployment per week.',
    },
  },
  minN: 0,
  graceHours: 48,
  aggregate: { type: 'rate', exposure: (options) => (options.per === 'working_day' ? 'working_day' : 'calendar_day') },
  items: (options) => ({
    at: 'finished_at',
    reason: options.count === 'all_rollouts' ? notSucceeded : notDeployed,
    tallies: {
      deployment_days: 'uniqExact(toRelativeDayNum(item_at, {tz:String}))',
      median_interval_seconds:
        "if(count() < 2, NULL, arrayReduce('quantileExactInclusive(0.5)', arrayPopFront(arrayDifference(arraySort(groupArray(toUnixTimestamp64Milli(item_at)))))) / 1000)",
      ...(options.cadence_class
        ? { deployment_dates: 'arraySort(groupUniqArray(toRelativeDayNum(item_at, {tz:String})))' }
        : {}),
    },
  }),
  fields: ({ items, tallies, options, ...measured }) => {
    const serviceDays = measured.serviceDays();
    return {
      count: items,
      deployment_days: Number(tallies.deployment_days ?? 0),
      median_interval_seconds: (tallies.median_interval_seconds as number | null | undefined) ?? null,
      service_days: serviceDays,
      per_service_day: serviceDays > 0 ? items / serviceDays : null,
      ...(options.cadence_class
        ? { cadence_class: cadenceClass(((tallies.deployment_dates as unknown[]) ?? []).map(Number), measured.days()) }
        : {}),
    };
  },
  band: 'frequency',
  examples: [
    {
      id: 'EX-DF-1',
      text: 'A week with seven rollouts: two that succeeded at once, one delivered on its second attempt, one cancelled, one to staging, one rollback and one redeployment. Three count: 3/7 = 0.429 per day, interval 0.088 to 1.252.',
    },
    {
      id: 'EX-DF-2',
      text: 'The source is connected and nothing was deployed all week: 0, interval 0 to 0.527. The source fell silent on Wednesday: coverage 2/7, so there is no value.',
    },
    {
      id: 'EX-DF-3',
      text: 'A deployed 14 times in 7 service-days, B once in its first 2. Together 15/7 = 2.14 per day and 15/9 = 1.67 per service-day; the average of the two rates, 1.25, would be wrong.',
    },
    {
      id: 'EX-DF-4',
      text: 'A revision is deployed, rolled back and deployed again: both deployments count. One merge that deploys three services is three deployments.',
    },
  ],
};
