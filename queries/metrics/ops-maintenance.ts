import type { Metric } from '../metric.ts';
import { ownershipDimensions } from './populations.ts';

/** Announced maintenance (metrics.md §5.1, §5.3, R59): what is taken out of availability, and what is not. */
export const maintenance: Metric = {
  id: 'ops.maintenance',
  title: 'Maintenance',
  question: 'For how many minutes was service in maintenance that was announced before?',
  description:
    'The length of the union of all announced maintenance, cut to the bucket and to now: what is taken out of the availability of each service and of its service levels. The rows behind it tell of each maintenance and service when it was announced, from when to when it counted, and why one counted not at all: `announced_late`, or `cancelled`.',
  caveats: [
    'Maintenance counts from a start that was announced before it; what is said later changes only what lies after it was said. So nobody can declare downtime that has already happened as maintenance, unless a sender lies about when it announced it.',
    'No notice is asked for: what is announced a minute before it begins counts. How long before each was announced is told by its rows (`announced_at`).',
    'What overlaps of different services is counted once in a team, so teams do not add up.',
  ],
  unit: 'minutes',
  direction: 'none',
  atom: 'maintenances',
  feeds: ['maintenance.announced'],
  dimensions: ownershipDimensions,
  options: {},
  minN: 0,
  graceHours: 48,
  aggregate: { type: 'union' },
  items: () => ({ at: 'starts_at', reason: 'excluded', until: 'ends_at' }),
  examples: [
    {
      id: 'EX-MNT-1',
      text: 'Announced the day before from 10:00 to 12:00, at 11:30 made to last until 12:30: 150 min.',
    },
    { id: 'EX-MNT-2', text: 'From 10:00 to 12:00, announced at 10:01: 0 min, and one left out as `announced_late`.' },
  ],
};
