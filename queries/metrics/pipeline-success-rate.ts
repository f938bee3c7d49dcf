import type { Metric } from '../metric.ts';
import { notJudged, pipeline, pipelineCaveats } from './runs.ts';

/** Pipeline success rate (metrics.md §5.2). */
export const pipelineSuccessRate: Metric = {
  ...pipeline,
  id: 'pipeline.success_rate',
  title: 'Pipeline success rate',
  question: 'How often does a pipeline succeed?',
  description:
    'Runs that succeeded, divided by those that succeeded, failed or timed out, each with its last attempt, in the bucket in which that finished.',
  caveats: [
    'Many failures are tests that do their work: compare a workflow with itself.',
    'A run that is started again leaves its earlier attempt out, whatever came of it: see pipeline.flaky_rate.',
    ...pipelineCaveats,
  ],
  unit: 'fraction',
  direction: 'higher',
  feeds: ['pipelinerun.finished'],
  options: {},
  minN: 5,
  aggregate: { type: 'proportion' },
  items: () => ({ at: 'finished_at', reason: notJudged, hit: "outcome = 'succeeded'" }),
  examples: [
    {
      id: 'EX-RUN-1',
      text: 'Seven runs, one of which timed out; two failed at first and succeeded when they were started again: 6/7.',
    },
  ],
};
