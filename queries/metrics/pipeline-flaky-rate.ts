import type { Metric } from '../metric.ts';
import { notJudged, pipeline, pipelineCaveats } from './runs.ts';

/** Flaky pipeline runs (metrics.md §5.2). */
export const pipelineFlakyRate: Metric = {
  ...pipeline,
  id: 'pipeline.flaky_rate',
  title: 'Flaky pipeline runs',
  question: 'How often does a pipeline fail and then succeed on the very same code?',
  description:
    'Runs that failed or timed out and then succeeded on the same revision, divided by all runs that came to an end, in the bucket in which the last attempt finished.',
  caveats: [
    'Only what is told as one run is one: a retry that a sender starts as another run is not seen as such.',
    ...pipelineCaveats,
  ],
  unit: 'fraction',
  direction: 'lower',
  feeds: ['pipelinerun.finished'],
  options: {},
  minN: 5,
  aggregate: { type: 'proportion' },
  items: () => ({ at: 'finished_at', reason: notJudged, hit: 'flaky = 1' }),
  examples: [
    {
      id: 'EX-RUN-1',
      text: 'Of seven runs two failed and then succeeded, one of them on another revision: 1/7 is flaky.',
    },
  ],
};
