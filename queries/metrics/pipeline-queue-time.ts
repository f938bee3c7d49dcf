import type { Metric } from '../metric.ts';
import { notTimed, pipeline, pipelineCaveats } from './runs.ts';

/** Pipeline queue time (metrics.md §5.2). */
export const pipelineQueueTime: Metric = {
  ...pipeline,
  id: 'pipeline.queue_time',
  title: 'Pipeline queue time',
  question: 'How long do pipelines wait before they run?',
  description:
    'From the queueing of a run to its start, each attempt for itself, in the bucket in which it was queued. The median leads. A run that has not started yet has waited at least until now.',
  caveats: [
    'It is all the time there is, waits for an approval among it: platform.ci_start_latency leaves these out.',
    'Runs of senders that do not tell when they queue a run are in no bucket.',
    ...pipelineCaveats,
  ],
  unit: 'seconds',
  direction: 'lower',
  feeds: ['pipelinerun.queued'],
  options: {},
  minN: 5,
  aggregate: { type: 'quantiles' },
  items: () => ({
    at: 'queued_at',
    reason: `multiIf(isNull(started_at) AND isNotNull(finished_at), if(outcome IN ('cancelled', 'skipped'), toString(outcome), 'no_start'), ${notTimed('queued_at', 'started_at', "('skipped')")})`,
    clock: { start: "ifNull(queued_at, toDateTime64(0, 3, 'UTC'))", end: 'started_at' },
  }),
  examples: [
    {
      id: 'EX-RUN-1',
      text: 'Runs that started 1, 1, 1, 10 and 40 s after they were queued: the median is 1 s. One that still waits counts as longer than any other.',
    },
  ],
};
