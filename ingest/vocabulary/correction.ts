import { z } from 'zod';
import { name } from './commit.ts';

/**
 * Corrections are events, never edits (metrics.md §1.5): `occurred_at` = when made. A corrected field beats every
 * reported value, the latest correction wins; a retracted entity or event is gone from then on.
 */
export const correctionEvents = {
  'deployment.corrected': z.object({ rollout_id: name, field: name, value: z.json() }),
  'change.corrected': z.object({ change_id: name, field: name, value: z.json() }),
  'incident.corrected': z.object({ incident_id: name, field: name, value: z.json() }),
  'deployment.retracted': z.object({ rollout_id: name.optional(), event_id: name.optional() }),
  'change.retracted': z.object({ change_id: name.optional(), event_id: name.optional() }),
  'incident.retracted': z.object({ incident_id: name.optional(), event_id: name.optional() }),
};
