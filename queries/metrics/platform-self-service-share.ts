import type { Metric } from '../metric.ts';
import { intentCaveats, intentItems, selfService } from './intents.ts';

/** Self-service share (metrics.md §7.1). */
export const selfServiceShare: Metric = {
  ...selfService,
  id: 'platform.self_service_share',
  title: 'Self-service that is tried',
  question: 'How often do people try the platform before they ask somebody?',
  description:
    'What people wanted and asked the platform for, successfully or not, divided by all that they wanted of what the platform can do, in the bucket in which they first asked.',
  caveats: intentCaveats,
  unit: 'fraction',
  direction: 'higher',
  reads: ['tickets'],
  feeds: ['task.requested', 'task.started', 'task.finished', 'ticket.created'],
  options: {},
  minN: 5,
  aggregate: { type: 'proportion' },
  items: () => intentItems('tried', 'NOT tried'),
  examples: [{ id: 'EX-SSR-1', text: 'Of ten intents eight tried it by themselves: 8/10.' }],
};
