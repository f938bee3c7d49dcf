import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import type { Fact } from '../event.ts';
import { longIntegersAsText } from '../json.ts';
import { name } from '../vocabulary/commit.ts';
import { causeIn } from './causes.ts';
import { impactOf, impactOfPriority } from './impact.ts';
import {
  fact,
  facts,
  ignored,
  optionalInstant,
  optionalText,
  readBody,
  rejected,
  senderId,
  snapshot,
} from './shape.ts';
import { tokenMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const payload = z.object({
  action: name,
  alert: z.looseObject({
    alertId: senderId,
    message: optionalText(),
    // 3 or P3, or nothing.
    priority: z.union([z.int().min(1).max(5), z.string()]).nullish(),
    tags: z.array(z.string()).max(200).nullish(),
    entity: optionalText(),
    details: z.record(z.string(), z.unknown()).nullish(),
    // The one in milliseconds, the other in nanoseconds, which no number holds.
    createdAt: optionalInstant,
    updatedAt: optionalInstant,
  }),
});

type Alert = z.output<typeof payload>['alert'];

const states = new Map([
  ['Acknowledge', 'incident.acknowledged'],
  ['Close', 'incident.resolved'],
  ['Delete', 'incident.reclassified'],
  ['UpdatePriority', 'incident.reclassified'],
  ['AddTags', 'incident.reclassified'],
  ['RemoveTags', 'incident.reclassified'],
  ['AddDetails', 'incident.reclassified'],
  ['UpdateMessage', 'incident.reclassified'],
  ['UpdateDescription', 'incident.reclassified'],
] as const);

/** Opsgenie's webhook integration; Jira Service Management sends the same body. */
export const opsgenie: Source = {
  name: 'opsgenie',
  title: 'Opsgenie',
  normaliser: 1,
  events: [
    { event: 'Create', feeds: 'incidents: their start' },
    { event: 'Acknowledge', feeds: 'time to acknowledge' },
    { event: 'Close', feeds: 'time to restore' },
    { event: 'Delete', feeds: 'a false alarm, which counts nowhere' },
    { event: 'UpdatePriority, AddTags, RemoveTags, AddDetails', feeds: 'severity, impact and service' },
    { event: 'AddNote, UpdateDescription, UpdateMessage', feeds: 'the cause, by `caused-by:`' },
  ],
  signature: 'A token as `Authorization: Bearer …`, `X-Headway-Token`, or the password of basic authentication.',
  dedupe: 'The alert, the action and its time; several integrations that report one alert say the same.',
  setup: `1. *Settings → Integrations → Add integration → Webhook*, URL \`{url}\`.
2. *Custom headers*: \`X-Headway-Token\` with a token of your choice; set the same as \`HEADWAY_SECRET_OPSGENIE\`.
3. Tick *Add alert description to payload* and *Add alert details to payload*.
4. Send these alert actions: create, acknowledge, close, delete, note added, priority, message and description updated, tags
   added and removed, details added. Filter out the alerts that do not mean that users are affected.
5. The service is the detail \`service\`, else a tag \`service:<name>\`, else the alert’s entity. Optional: a detail
   \`repository\`.
6. P1 to P3 count as degraded, P4 and P5 as without impact (no incident); a detail \`impact\` or a tag \`impact:outage\`,
   \`impact:degraded\` or \`impact:none\` says otherwise.
7. \`caused-by: <PR or rollout>\` in a note, the description, a tag or a detail links the alert to its cause.
8. Deleting an alert makes it a false alarm: close those that were real.`,
  verify: (delivery, secrets) => tokenMatches(delivery.headers, secrets),
  normalise,
};

function normalise(delivery: Delivery): Normalized {
  const body = readBody({ ...delivery, body: longIntegersAsText(delivery.body) }, payload);
  if (!body.ok) return body.normalized;
  const { action, alert } = body.value;
  const id = alert.alertId;
  const { createdAt, updatedAt } = alert;
  const data = { incident_id: id, ...described(alert) };
  if (action === 'Create') {
    if (createdAt === undefined) return rejected('alert.createdAt: is missing');
    const created = snapshot('incident.detected', createdAt, [id, action], data);
    // Told again when a team is added later: then it is the alert of that moment.
    const later = updatedAt !== undefined && updatedAt > createdAt;
    return facts(created, ...(later ? [snapshot('incident.reclassified', updatedAt, [id, action], data)] : []));
  }
  const state = states.get(action as Parameters<typeof states.get>[0]);
  if (state === undefined && action !== 'AddNote') return ignored(`no metric reads ${action.slice(0, 100)}`);
  if (action === 'AddNote' && data.caused_by === undefined) return ignored('the note names no cause');
  if (updatedAt === undefined) return rejected('alert.updatedAt: is missing');
  // Its creation may be unheard of: filtered then, or lost.
  const created: Fact[] =
    createdAt === undefined ? [] : [fact('incident.detected', createdAt, [id], { incident_id: id })];
  if (state === undefined) {
    return facts(...created, fact('incident.linked', updatedAt, [id], { incident_id: id, caused_by: data.caused_by }));
  }
  const also = action === 'Delete' ? { false_alarm: true } : {};
  return facts(...created, snapshot(state, updatedAt, [id, action], { ...data, ...also }));
}

function described(alert: Alert) {
  const detail = (key: string): string | undefined => optionalText().safeParse(alert.details?.[key]).data;
  const tagged = (key: string): string | undefined =>
    optionalText().parse(alert.tags?.find((tag) => tag.toLowerCase().startsWith(`${key}:`))?.slice(key.length + 1));
  const priority = priorityOf(alert.priority);
  return {
    service: detail('service') ?? tagged('service') ?? alert.entity,
    repository: detail('repository'),
    title: alert.message,
    severity: priority,
    impact: impactOf(detail('impact') ?? tagged('impact')) ?? impactOfPriority(priority),
    caused_by: causeIn(alert),
  };
}

function priorityOf(priority: Alert['priority']): string | undefined {
  const level = /^P?([1-5])$/i.exec(String(priority ?? '').trim())?.[1];
  return level === undefined ? undefined : `P${level}`;
}
