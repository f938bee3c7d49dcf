import type { Metric } from '../metric.ts';
import { incidentFeeds, notIncident, ownershipDimensions } from './populations.ts';

/** Availability (metrics.md §5.3, R58). */
export const availability: Metric = {
  id: 'platform.availability',
  title: 'Availability',
  question: 'Was it there when it was needed?',
  description:
    'Of a service whose SLO counts slices (told, or pulled from Prometheus), good ÷ valid. Of any other, the share of time without an incident: 1 − the union of its incidents ÷ the time that it was in being. An open incident lasts until now. Of several services: if all count events, Σ good ÷ Σ valid; else the worst of them, never a mean, with the share of services that reach their level.',
  caveats: [
    'No time is left out for maintenance: nothing tells it yet.',
    'Where one service counts events and another time, the worst of them is told; `method` says which of the two it stands on.',
    'Of several SLOs of a service that count slices the one marked `headway.dev/availability: true` tells its availability; if none is marked, incidents do.',
  ],
  unit: 'fraction',
  direction: 'higher',
  atom: 'incidents',
  feeds: incidentFeeds,
  dimensions: ownershipDimensions,
  options: {
    method: {
      type: 'choice',
      values: ['auto', 'time', 'events'],
      default: 'auto',
      text: 'Count events where a service has slices and time elsewhere, or one of them: by events, services without slices are left out.',
    },
    level: {
      type: 'number',
      default: 0.999,
      min: 0,
      max: 1,
      text: 'What a service must reach that has no SLO of its own; being at it is enough.',
    },
    any_down: {
      type: 'flag',
      default: false,
      text: 'The share of time in which none of the services had an incident, by time alone.',
    },
  },
  minN: 0,
  graceHours: 48,
  aggregate: { type: 'availability' },
  items: () => ({ at: 'started_at', reason: notIncident, until: 'restored_at' }),
  examples: [
    { id: 'EX-AVL-1', text: '10:00 to 10:30 and 10:20 to 10:50 in 30 days: 50 min, 99.884 %, less than 99.9 %.' },
    { id: 'EX-AVL-2', text: 'An open incident counts until as_of.' },
  ],
};
