import type { Metric } from '../metric.ts';
import { byTicket, selfService } from './intents.ts';

/** Success of automated runs (metrics.md §7.1). */
export const automationRunSuccess: Metric = {
  ...selfService,
  id: 'platform.automation_run_success',
  title: 'Automated tasks that succeed',
  question: 'How often does what people ask the platform to do succeed?',
  description:
    'Tasks that the platform did by itself and that succeeded, divided by those that succeeded, failed or timed out, in the bucket in which they were asked for.',
  caveats: [
    'It is of runs, not of what people wanted: one who tries five times counts five times. See platform.self_service_success.',
    'Cancelled tasks and those that have not finished are left out and counted.',
  ],
  unit: 'fraction',
  direction: 'higher',
  feeds: ['task.requested', 'task.started', 'task.finished'],
  options: {},
  minN: 5,
  aggregate: { type: 'proportion' },
  items: () => ({
    at: 'asked_at',
    reason: `multiIf(excluded != '', toString(excluded), ${byTicket}, 'by_ticket', outcome = '', 'not_finished', outcome = 'cancelled', 'cancelled', '')`,
    hit: "outcome = 'succeeded'",
  }),
  examples: [{ id: 'EX-SSR-1', text: 'Of eight runs seven succeeded, one of them in vain: 7/8.' }],
};
