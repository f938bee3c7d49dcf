import type { Metric } from '../metric.ts';
import { notTimed, pipeline, pipelineCaveats } from './runs.ts';

/** Pipeline run time (metrics.md §5.2). */
export const pipelineRunTime: Metric = {
  ...pipeline,
  id: 'pipeline.run_time',
  title: 'Pipeline run time',
  question: 'How long do pipelines take once they run?',
  description:
    'From the start of a run to its end, each attempt for itself, whether it succeeded or failed, in the bucket in which it finished. The median leads.',
  caveats: [
    'Cancelled and skipped runs are left out and counted: they end when somebody ends them.',
    'A sender that numbers no attempts tells of a retried run as one long run.',
    ...pipelineCaveats,
  ],
  unit: 'seconds',
  direction: 'lower',
  feeds: ['pipelinerun.finished'],
  options: {},
  minN: 5,
  aggregate: { type: 'quantiles' },
  items: () => ({
    at: 'finished_at',
    reason: `multiIf(isNull(started_at), 'no_start', ${notTimed('started_at', 'finished_at', "('cancelled', 'skipped', 'action_required')")})`,
    clock: { start: "ifNull(started_at, toDateTime64(0, 3, 'UTC'))", end: 'finished_at' },
  }),
  examples: [
    { id: 'EX-RUN-1', text: 'Attempts that took 30, 30, 30, 30, 60, 120, 180, 240 and 300 s: the median is 60 s.' },
  ],
};
