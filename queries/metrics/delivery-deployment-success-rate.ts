import type { Metric } from '../metric.ts';
import { rolloutDimensions, rolloutFeeds } from './populations.ts';

/** Deployment success rate (metrics.md §4.2). */
export const deploymentSuccessRate: Metric = {
  id: 'delivery.deployment_success_rate',
  title: 'Deployment success rate',
  question: 'How often does a deployment to production work?',
  description:
    'Succeeded production rollouts of any kind, divided by those that succeeded or failed, whether or not users saw the failure. A rollout counts once, with its last attempt. Cancelled and superseded ones are left out.',
  caveats: ['It is not one less the change fail rate: a deployment can succeed and still hurt.'],
  unit: 'fraction',
  direction: 'higher',
  atom: 'rollouts',
  feeds: rolloutFeeds,
  dimensions: rolloutDimensions,
  options: {
    unit: {
      type: 'choice',
      values: ['rollout', 'attempt'],
      default: 'rollout',
      text: 'Count rollouts with their last attempt, or every attempt for itself.',
    },
  },
  minN: 5,
  graceHours: 48,
  aggregate: { type: 'proportion' },
  items: (options) => {
    const byAttempt = options.unit === 'attempt';
    const outcome = byAttempt ? 'attempt_outcome' : 'toString(outcome)';
    return {
      at: byAttempt ? 'attempt_finished_at' : 'finished_at',
      reason: `multiIf(excluded != '', toString(excluded), ${outcome} IN ('cancelled', 'superseded'), ${outcome}, '')`,
      hit: `${outcome} = 'succeeded'`,
      ...(byAttempt
        ? {
            part: 'toString(attempt)',
            from: (tables, scope) =>
              `(SELECT *, attempt_outcome, attempt_finished_at, attempt FROM (SELECT * FROM ${tables.rollouts} WHERE ${scope.filters}) ARRAY JOIN attempt_outcomes AS attempt_outcome, attempt_finished_ats AS attempt_finished_at, arrayEnumerate(attempt_outcomes) AS attempt)`,
          }
        : {}),
    };
  },
  examples: [
    {
      id: 'EX-DSR-1',
      text: 'In the week of EX-CFR-1 nine rollouts succeeded and two failed: 9/11 = 81.8 %, interval 52.3 to 94.9 %. One less that is 18.2 %, and not the change fail rate of 25 %.',
    },
    { id: 'EX-DSR-2', text: 'One rollout whose attempts fail, fail and succeed is 1/1; with unit=attempt 1/3.' },
  ],
};
