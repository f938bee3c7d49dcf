import type { Metric } from '../metric.ts';
import { intentCaveats, intentItems, selfService } from './intents.ts';

/** Self-service success rate (metrics.md §7.1). */
export const selfServiceSuccess: Metric = {
  ...selfService,
  id: 'platform.self_service_success',
  title: 'Self-service that succeeds',
  question: 'How often do people get what they want from the platform without anybody’s help?',
  description:
    'What people wanted and got by an automated run, without a ticket for it and without the platform team’s doing anything, divided by all that they wanted of what the platform can do, in the bucket in which they first asked.',
  caveats: intentCaveats,
  unit: 'fraction',
  direction: 'higher',
  reads: ['tickets'],
  feeds: ['task.requested', 'task.started', 'task.finished', 'ticket.created'],
  options: {},
  minN: 5,
  aggregate: { type: 'proportion' },
  items: () => intentItems('succeeded', 'NOT succeeded AND NOT helped'),
  examples: [
    {
      id: 'EX-SSR-1',
      text: 'Six succeed by themselves, one succeeds and still needs a ticket, one fails and needs a ticket, two are tickets from the start: 6/10.',
    },
    { id: 'EX-SSR-2', text: 'Nobody wanted anything: there is no rate, which is not zero.' },
  ],
};
