import { z } from 'zod';
import { instant } from '../time.ts';
import { name } from './commit.ts';

const incident = z.object({
  incident_id: name,
  /** A catalog id, or the incident tool's own name for the service, or the repository the issue lives in. */
  service_id: name.optional(),
  service: name.optional(),
  repository: name.optional(),
  title: z.string().max(512).optional(),
  severity: name.optional(),
  impact: z.enum(['none', 'degraded', 'outage']).optional(),
  url: z.string().max(2048).optional(),
  /** What a person wrote after `caused-by:`: a rollout id, a revision, a PR URL or `#n`. */
  caused_by: z.string().max(2048).optional(),
});

/** An incident. `occurred_at` = detected_at, acknowledged, restored_at (mitigated), resolved, closed, reopened, … */
export const incidentEvents = {
  'incident.detected': incident.extend({ impact_started_at: instant.optional() }),
  'incident.acknowledged': incident,
  'incident.mitigated': incident,
  'incident.resolved': incident,
  'incident.closed': incident,
  'incident.reopened': incident,
  'incident.merged': incident.extend({ duplicate_of: name }),
  /** `cause_deployment_id` is a rollout_id. The latest link wins; an explicit empty `caused_by` unlinks. */
  'incident.linked': incident.extend({ cause_deployment_id: z.string().max(512).optional() }),
  'incident.reclassified': incident.extend({ false_alarm: z.boolean().optional() }),
};
