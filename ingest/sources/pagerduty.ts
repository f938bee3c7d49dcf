import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import { instant } from '../time.ts';
import { name } from '../vocabulary/commit.ts';
import { causeIn } from './causes.ts';
import { fact, facts, ignored, optionalText, readAs, readBody } from './shape.ts';
import { hmacMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const payload = z.object({
  event: z.object({ event_type: name, occurred_at: instant, data: z.unknown().optional() }),
});
const reference = z.object({ id: optionalText(), summary: optionalText() }).nullish();
const incident = z.object({
  id: name.max(128),
  html_url: optionalText(2048),
  title: optionalText(),
  urgency: optionalText(),
  priority: reference,
  service: reference,
  resolve_reason: z.object({ type: optionalText(), incident: reference }).nullish(),
});
/** Notes, custom fields and status updates are things of their own, which name their incident. */
const attached = z.object({ incident: z.object({ id: name.max(128) }) });

type Incident = z.output<typeof incident>;

const states = new Map([
  ['incident.triggered', 'incident.detected'],
  ['incident.acknowledged', 'incident.acknowledged'],
  ['incident.resolved', 'incident.resolved'],
  ['incident.reopened', 'incident.reopened'],
  ['incident.priority_updated', 'incident.reclassified'],
  ['incident.service_updated', 'incident.reclassified'],
] as const);
const texts = new Set([
  'incident.annotated',
  'incident.custom_field_values.updated',
  'incident.status_update_published',
]);

/** PagerDuty's webhooks, version 3. */
export const pagerduty: Source = {
  name: 'pagerduty',
  title: 'PagerDuty',
  normaliser: 1,
  events: [
    { event: 'incident.triggered', feeds: 'incidents: their start' },
    { event: 'incident.acknowledged', feeds: 'time to acknowledge' },
    { event: 'incident.resolved', feeds: 'time to restore; a merged incident counts once' },
    { event: 'incident.reopened', feeds: 'time to restore' },
    { event: 'incident.priority_updated, incident.service_updated', feeds: 'severity, impact and service' },
    { event: 'incident.annotated, incident.custom_field_values.updated', feeds: 'the cause, by `caused-by:`' },
  ],
  headers: ['x-webhook-id', 'x-webhook-subscription'],
  signature: 'HMAC-SHA256 of the raw body; one of the `v1=` values of `X-PagerDuty-Signature` must match.',
  dedupe: 'The incident, the kind of event and its time; attempts to deliver it change none of them.',
  setup: `1. *Integrations → Generic Webhooks (v3) → New Webhook*, URL \`{url}\`, scope: account, team or service.
2. Select the events of the list above.
3. Copy the signing secret into \`HEADWAY_SECRET_PAGERDUTY\`.
4. A note or a custom field with \`caused-by: <PR or rollout>\` links an incident to its cause.`,
  verify(delivery, secrets) {
    const given = (delivery.headers['x-pagerduty-signature'] ?? '').slice(0, 4096).split(',');
    const signatures = given.map((part) => part.trim()).filter((part) => part.startsWith('v1='));
    return signatures.some((signature) => hmacMatches(signature.slice('v1='.length), delivery.body, secrets));
  },
  normalise,
};

function normalise(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  const { event_type: type, occurred_at: at, data } = body.value.event;
  if (type === 'pagey.ping') return ignored('a ping says that the subscription is connected');
  if (texts.has(type)) return linked(type, at, data);
  const state = states.get(type as Parameters<typeof states.get>[0]);
  if (state === undefined) return ignored(`no metric reads ${type.slice(0, 100)}`);
  const read = readAs(data, incident);
  if (!read.ok) return read.normalized;
  const key = [read.value.id, type];
  if (state === 'incident.resolved' && read.value.resolve_reason?.type === 'merge_resolve_reason') {
    return merged(read.value, at, key);
  }
  return facts(fact(state, at, key, { ...described(read.value), caused_by: causeIn(data) }));
}

/** Resolved by being merged into another: that one's end counts. Without its name, nothing was restored either. */
function merged(read: Incident, at: string, key: readonly string[]): Normalized {
  const into = read.resolve_reason?.incident?.id;
  const data = described(read);
  return into === undefined
    ? facts(fact('incident.reclassified', at, key, { ...data, false_alarm: true }))
    : facts(fact('incident.merged', at, key, { ...data, duplicate_of: into }));
}

function linked(type: string, at: string, data: unknown): Normalized {
  const cause = causeIn(data);
  if (cause === undefined) return ignored('the text names no cause');
  const read = readAs(data, attached);
  if (!read.ok) return read.normalized;
  const id = read.value.incident.id;
  return facts(fact('incident.linked', at, [id, type], { incident_id: id, caused_by: cause }));
}

/** Urgency is the only word on impact that PagerDuty always has: low means that nobody is to be woken. */
function described(read: Incident) {
  return {
    incident_id: read.id,
    service: read.service?.summary,
    title: read.title,
    severity: read.priority?.summary ?? read.urgency,
    impact: read.urgency === 'high' ? ('degraded' as const) : read.urgency === 'low' ? ('none' as const) : undefined,
    url: read.html_url,
  };
}
