import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import type { Fact } from '../event.ts';
import { instant, isPlausible } from '../time.ts';
import { name } from '../vocabulary/commit.ts';
import { causeIn } from './causes.ts';
import { impactOf } from './impact.ts';
import { causedBy } from './mentions.ts';
import { fact, facts, ignored, listOf, optionalText, readAs, readBody, rejected, snapshot } from './shape.ts';
import { standardWebhookMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const status = z.object({ category: optionalText(), name: optionalText() }).nullish();
const fieldValue = z.looseObject({
  value_text: optionalText(),
  value_link: optionalText(2048),
  value_option: z.object({ value: optionalText() }).nullish(),
  value_catalog_entry: z.object({ name: optionalText() }).nullish(),
});
const incident = z.looseObject({
  id: name.max(128),
  name: optionalText(),
  permalink: optionalText(2048),
  mode: optionalText(),
  created_at: instant,
  updated_at: instant,
  severity: z.object({ name: optionalText() }).nullish(),
  incident_status: status,
  merged_into_incident_id: optionalText(128),
  incident_timestamp_values: listOf(
    z.object({
      incident_timestamp: z.object({ name }),
      value: z.object({ value: instant.nullish() }).nullish(),
    }),
    200,
  ).nullish(),
  custom_field_entries: listOf(
    z.object({ custom_field: z.object({ name }), values: listOf(fieldValue, 200).nullish() }),
    500,
  ).nullish(),
});
/** The object stands under a key that is the event's own name, dots included. */
const envelope = z.looseObject({ event_type: name });
const statusChange = z.looseObject({ incident: z.unknown().optional(), new_status: status, previous_status: status });

type Incident = z.output<typeof incident>;

const CREATED = 'public_incident.incident_created_v2';
const UPDATED = 'public_incident.incident_updated_v2';
const STATUS_UPDATED = 'public_incident.incident_status_updated_v2';

const OVER = new Set(['learning', 'closed']);
const OPEN = new Set(['triage', 'live', 'paused']);
const FALSE_ALARM = new Set(['declined', 'canceled', 'merged']);
const PRACTICE = new Set(['test', 'tutorial']);

/** What organisations call their timestamps, and the time of an incident that each is. */
const TIMESTAMPS = [
  { field: 'detected_at', called: /^(?:reported|detected)(?: at)?$/i },
  { field: 'impact_started_at', called: /^(?:impact )?(?:started|start|began)(?: at)?$/i },
  { field: 'acknowledged_at', called: /^(?:accepted|acknowledged)(?: at)?$/i },
  { field: 'mitigated_at', called: /^(?:mitigated|fixed|impact (?:ended|end|stopped|resolved|over))(?: at)?$/i },
  { field: 'resolved_at', called: /^resolved(?: at)?$/i },
] as const;
const RESTORING: ReadonlySet<string> = new Set(['mitigated_at', 'resolved_at']);

/** incident.io’s webhooks, version 2 of its incidents. */
export const incidentIo: Source = {
  name: 'incident-io',
  title: 'incident.io',
  normaliser: 1,
  events: [
    { event: CREATED, feeds: 'incidents: their start' },
    { event: STATUS_UPDATED, feeds: 'time to restore; false alarms and merged incidents count nowhere' },
    { event: UPDATED, feeds: 'severity, service, cause, and the timestamps that people set' },
  ],
  headers: ['webhook-id'],
  signature:
    'Standard Webhooks: HMAC-SHA256 of id, time and raw body, the time at most five minutes off; one signature of the header ' +
    'must match.',
  dedupe: 'The incident, what is said of it and when it was updated; attempts to deliver it change none of them.',
  setup: `1. *Settings → Webhooks → Add endpoint*, URL \`{url}\`.
2. Select \`${CREATED}\`, \`${UPDATED}\` and \`${STATUS_UPDATED}\`.
3. Copy the signing secret (\`whsec_…\`) into \`HEADWAY_SECRET_INCIDENT_IO\`.
4. Name timestamps *Impact started*, *Reported at*, *Accepted at*, *Fixed at* or *Mitigated at*, and *Resolved at*: what people
   enter there counts, and counts again when they correct it. Without the last two, an incident is over when its status
   moves on to learning or closed; one that is entered in retrospect needs them.
5. Name the service in a custom field called *Service* or *Affected service* (the first value counts). Optional custom fields:
   *Impact* (\`none\`, \`degraded\` or \`outage\`; not stated counts as degraded), *Repository*, and *Caused by* with a PR or
   rollout; \`caused-by: <PR or rollout>\` in the summary or an update does the same.
6. Declined and cancelled incidents are false alarms; tests and tutorials are ignored. Of private incidents incident.io
   sends no more than the id, so they do not count.`,
  verify: ({ headers, body, received_at }, secrets) => standardWebhookMatches(headers, body, secrets, received_at),
  normalise,
};

function normalise(delivery: Delivery): Normalized {
  const body = readBody(delivery, envelope);
  if (!body.ok) return body.normalized;
  const type = body.value.event_type;
  if (type.startsWith('private_incident.')) return ignored('of a private incident only the id is sent');
  if (type !== CREATED && type !== UPDATED && type !== STATUS_UPDATED) {
    return ignored(`no metric reads ${type.slice(0, 100)}`);
  }
  const told = Object.hasOwn(body.value, type) ? body.value[type] : undefined;
  const change = type === STATUS_UPDATED ? statusChange.safeParse(told).data : undefined;
  const read = readAs(change?.incident ?? told, incident);
  if (!read.ok) return read.normalized;
  if (PRACTICE.has(read.value.mode ?? '')) return ignored(`an incident for practice: ${read.value.mode}`);
  const timestamps = timestampsOf(read.value);
  const wrong = timestamps.find(({ value }) => !isPlausible(value, delivery.received_at));
  if (wrong) return rejected(`${wrong.field}: ${wrong.value} is before 2000 or over 10 minutes after the receipt`);
  const moved = change && {
    from: change.previous_status?.category,
    to: change.new_status?.category ?? read.value.incident_status?.category,
  };
  return facts(...factsOf(read.value, timestamps, moved, told));
}

type Timestamp = { readonly field: (typeof TIMESTAMPS)[number]['field']; readonly value: string };

/** The times that people keep, the first of each kind; those that say when it was over only once it is. */
function timestampsOf(read: Incident): Timestamp[] {
  const isOver = OVER.has(read.incident_status?.category ?? '');
  const stated = (read.incident_timestamp_values ?? []).filter(({ value }) => value?.value);
  return TIMESTAMPS.filter(({ field }) => isOver || !RESTORING.has(field)).flatMap(({ field, called }) => {
    const found = stated.find(({ incident_timestamp }) => called.test(incident_timestamp.name.trim()))?.value?.value;
    return found ? [{ field, value: found }] : [];
  });
}

function factsOf(
  read: Incident,
  timestamps: readonly Timestamp[],
  moved: { readonly from: string | undefined; readonly to: string | undefined } | undefined,
  told: unknown,
): Fact[] {
  const { id, created_at, updated_at } = read;
  const category = read.incident_status?.category;
  const data = { incident_id: id, ...described(read, told) };
  const found: Fact[] = [fact('incident.detected', created_at, [id], { incident_id: id })];
  const into = category === 'merged' ? read.merged_into_incident_id : undefined;
  if (into !== undefined) {
    found.push(snapshot('incident.merged', updated_at, [id], { ...data, duplicate_of: into }));
  } else {
    const false_alarm = category === undefined ? undefined : FALSE_ALARM.has(category);
    found.push(snapshot('incident.reclassified', updated_at, [id], { ...data, false_alarm }));
  }
  if (moved && OVER.has(moved.to ?? '') && !OVER.has(moved.from ?? '')) {
    found.push(fact('incident.resolved', updated_at, [id], { incident_id: id }));
  }
  if (moved && OPEN.has(moved.to ?? '') && OVER.has(moved.from ?? '')) {
    found.push(fact('incident.reopened', updated_at, [id], { incident_id: id }));
  }
  // A timestamp is a field that people edit: the latest that they set counts, be it earlier than the one before.
  for (const { field, value } of timestamps) {
    found.push(fact('incident.corrected', updated_at, [id, field, value], { incident_id: id, field, value }));
  }
  return found;
}

function described(read: Incident, told: unknown) {
  const field = (called: RegExp): string | undefined => {
    const entry = (read.custom_field_entries ?? []).find(({ custom_field }) => called.test(custom_field.name.trim()));
    const value = entry?.values?.[0];
    return value?.value_catalog_entry?.name ?? value?.value_option?.value ?? value?.value_text ?? value?.value_link;
  };
  const cause = field(/^caused[-_ ]by$/i);
  return {
    service: field(/^(?:affected |impacted )?services?$/i),
    repository: field(/^repository$/i),
    title: read.name,
    severity: read.severity?.name,
    impact: impactOf(field(/^impact$/i)),
    url: read.permalink,
    caused_by: (cause && causedBy(`caused-by: ${cause}`)) ?? causeIn(told),
  };
}
