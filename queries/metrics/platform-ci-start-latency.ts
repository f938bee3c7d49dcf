import type { Metric } from '../metric.ts';
import { SKEW_SECONDS, signedSeconds } from './populations.ts';
import { pipeline, pipelineCaveats } from './runs.ts';

const AS_OF = "fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')";

/** Milliseconds of a run's waits that count for nobody, up to an instant; of waits at the same time each instant once. */
const excusedMs = (end: string): string =>
  `arrayReduce('intervalLengthSum', arrayMap(at -> toUnixTimestamp64Milli(least(greatest(at, assumeNotNull(queued_at)), ${end})), wait_from_ats), arrayMap(at -> toUnixTimestamp64Milli(least(greatest(at, assumeNotNull(queued_at)), ${end})), wait_until_ats))`;

/** CI start latency (metrics.md §5.2): the share of runs that start, or finish, in time. */
export const ciStartLatency: Metric = {
  ...pipeline,
  id: 'platform.ci_start_latency',
  title: 'Pipelines that start in time',
  question: 'Do pipelines start within the first minute?',
  description:
    'Runs that started within 60 seconds of being queued, the sixtieth included, divided by all that were queued, each attempt for itself, in the bucket in which it was queued. Time spent waiting for an approval or for a limit on concurrency does not count. A run that never started is late once it has waited for longer.',
  caveats: [
    'Skipped runs and those cancelled before the time was up are left out and counted, and so are runs that may still be in time.',
    'Waits are known only where the sender says why a job waits.',
    ...pipelineCaveats,
  ],
  unit: 'fraction',
  direction: 'higher',
  feeds: ['pipelinerun.queued'],
  options: {
    finish: {
      type: 'flag',
      default: false,
      text: 'Count the runs that finished in time instead of those that started.',
    },
    within_seconds: {
      type: 'number',
      default: 60,
      min: 1,
      max: 86_400,
      text: 'The time within which a run must start.',
    },
  },
  minN: 5,
  aggregate: { type: 'proportion' },
  items: (options) => {
    const reached = options.finish === true ? 'finished_at' : 'started_at';
    return {
      params: { within_ms: Number(options.within_seconds) * 1_000 },
      steps: [
        {
          // Nothing is reached of a run that ended before; one that goes on has lasted until now.
          stops_at: `coalesce(${reached}, finished_at, ${AS_OF})`,
          reached:
            options.finish === true ? "isNotNull(finished_at) AND outcome != 'cancelled'" : 'isNotNull(started_at)',
        },
        {
          lasted_ms: `if(isNull(queued_at), 0, greatest(0, toInt64(toUnixTimestamp64Milli(stops_at)) - toUnixTimestamp64Milli(assumeNotNull(queued_at)) - toInt64(${excusedMs('stops_at')})))`,
          cancelled_ms: `if(isNull(queued_at) OR isNull(finished_at) OR outcome != 'cancelled', NULL, toUnixTimestamp64Milli(finished_at) - toUnixTimestamp64Milli(queued_at))`,
        },
      ],
      at: 'queued_at',
      reason: `multiIf(excluded != '', toString(excluded), outcome = 'skipped', 'skipped', ifNull(cancelled_ms < {within_ms:Float64}, false), 'cancelled',
        isNotNull(queued_at) AND reached AND ${signedSeconds('queued_at', reached)} < -${SKEW_SECONDS}, 'negative_duration',
        NOT reached AND isNotNull(finished_at) AND outcome != 'cancelled', 'no_start',
        NOT reached AND isNull(finished_at) AND lasted_ms <= {within_ms:Float64}, 'pending', '')`,
      hit: 'reached AND lasted_ms <= {within_ms:Float64}',
      columns: ['lasted_ms'],
      // What waits lasts a millisecond longer with each that passes, or none while its wait is excused.
      turns: () =>
        "minIf({as_of:Int64} + toInt64(floor({within_ms:Float64})) - lasted_ms + 1, item_reason = 'pending')",
    };
  },
  examples: [
    {
      id: 'EX-SLO-1',
      text: '300 runs that count, 297 started in time: 99.00 %. 60.000 s is in time, 60.001 s is not.',
    },
  ],
};
