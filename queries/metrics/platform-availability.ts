import type { Metric } from '../metric.ts';
import { incidentFeeds, notIncident, ownershipDimensions } from './populations.ts';

/** Availability (metrics.md §5.3, R58). */
export const availability: Metric = {
  id: 'platform.availability',
  title: 'Availability',
  question: 'Was it there when it was needed?',
  description:
    'Of a service whose SLO counts slices (told, or pulled from Prometheus), good ÷ valid. Of any other, the share of time without an incident: 1 − the union of its incidents ÷ the time that it was in being. An open incident lasts until now. Maintenance that was announced before it began is part of neither: not of the time, and an incident within it is none; slices that it touches are not counted. `maintenance_seconds` says how much was taken out, `ops.maintenance` which. Of several services: if all count events, Σ good ÷ Σ valid; else the worst of them, never a mean, with the share of services that reach their level.',
  caveats: [
    'Maintenance that was announced at its start or later counts as any other time. Downtime, MTTR and the rates of incidents know nothing of maintenance, and the rows behind a number are incidents as long as they were.',
    'Of several services `maintenance_seconds` is of the one that is told, of slices the length of all that were left out (`excluded.maintenance` is their number), with `any_down` the time in which all were in maintenance.',
    'Where one service counts events and another time, the worst of them is told; `method` says which of the two it stands on.',
    'Of several SLOs of a service that count slices the one marked `headway.dev/availability: true` tells its availability; if none is marked, incidents do.',
  ],
  unit: 'fraction',
  direction: 'higher',
  atom: 'incidents',
  reads: ['maintenances'],
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
      text: 'The share of time in which none of the services had an incident outside of its own maintenance, by time alone; the time in which all of them were in maintenance is left out.',
    },
  },
  minN: 0,
  graceHours: 48,
  aggregate: { type: 'availability' },
  items: () => ({ at: 'started_at', reason: notIncident, until: 'restored_at' }),
  examples: [
    { id: 'EX-AVL-1', text: '10:00 to 10:30 and 10:20 to 10:50 in 30 days: 50 min, 99.884 %, less than 99.9 %.' },
    { id: 'EX-AVL-2', text: 'An open incident counts until as_of.' },
    {
      id: 'EX-AVL-3',
      text: '50 min in 30 days, 30 of them within a maintenance of 2 h that was announced the day before: 20 min ÷ (30 d − 2 h).',
    },
    { id: 'EX-AVL-4', text: 'The same, announced a minute after the maintenance began: 50 min ÷ 30 d.' },
  ],
};
