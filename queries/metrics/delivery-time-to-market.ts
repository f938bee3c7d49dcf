import type { Metric } from '../metric.ts';
import { ownershipDimensions, SKEW_SECONDS, signedSeconds } from './populations.ts';

/** Time to market (metrics.md §4.4). */
export const timeToMarket: Metric = {
  id: 'delivery.time_to_market',
  title: 'Time to market',
  question: 'How long does a feature take from the commitment to its users?',
  description:
    'For every feature: from when it was first committed to when it was released to at least half of its audience, which the option audience can move. The median leads. A feature counts where it was released; with bucket=committed where it was committed, and those that are not released yet sort last.',
  caveats: [
    'Features that are not out yet are not in the median of a bucket by release: see bucket=committed, which shows them as open.',
    'With baseline=<from>..<to> every total tells by which share its median is less than in that window, from ten features on each side on; the interval draws weeks anew, and needs four of them on each side.',
  ],
  unit: 'days',
  direction: 'lower',
  atom: 'features',
  feeds: ['feature.released'],
  dimensions: ownershipDimensions,
  options: {
    audience: {
      type: 'number',
      default: 0.5,
      min: 0,
      max: 1,
      text: 'The share of its audience that a feature must have reached to be on the market.',
    },
    bucket: {
      type: 'choice',
      values: ['released', 'committed'],
      default: 'released',
      text: 'Count a feature where it was released, or where it was committed, with those that are still open.',
    },
  },
  minN: 5,
  graceHours: 48,
  aggregate: { type: 'quantiles' },
  isReducible: true,
  items: (options) => ({
    steps: [
      { reached: 'arrayFilter((at, share) -> share >= {audience:Float64}, release_ats, release_shares)' },
      { released_at: 'if(empty(reached), NULL, toNullable(reached[1]))' },
      {
        reason: `multiIf(excluded != '', toString(excluded), isNull(committed_at), 'not_committed', ifNull(${signedSeconds('committed_at', 'released_at')}, 0) < -${SKEW_SECONDS}, 'negative_duration', '')`,
      },
    ],
    at: options.bucket === 'committed' ? 'ifNull(committed_at, released_at)' : 'released_at',
    reason: 'reason',
    clock: { start: 'committed_at', end: 'released_at' },
    params: { audience: Number(options.audience) },
  }),
  examples: [
    {
      id: 'EX-TTM-1',
      text: 'A median of 40 days in the baseline and of 24 days now is a reduction by 40 %; of a goal of 50 % that scores 0.8.',
    },
  ],
};
