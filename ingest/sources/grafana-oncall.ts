import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import type { Fact } from '../event.ts';
import { instant } from '../time.ts';
import { name } from '../vocabulary/commit.ts';
import { serviceOf } from './alert-group.ts';
import { causeIn } from './causes.ts';
import { impactOf } from './impact.ts';
import { fact, facts, ignored, optionalInstant, optionalText, readBody, snapshot } from './shape.ts';
import { tokenMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

/** Where OnCall has no labels to give, its body has none, or a list of another kind. */
const labels = z.record(z.string(), z.string()).catch({});
const firstAlert = z.object({ labels }).catch({ labels: {} });
const alertPayload = z
  .object({
    labels,
    commonLabels: labels,
    // Of an Alertmanager's group the labels in common may leave out the service.
    alerts: z
      .custom<unknown[]>(Array.isArray)
      .transform(([first]) => firstAlert.parse(first).labels)
      .catch({}),
  })
  .catch({ labels: {}, commonLabels: {}, alerts: {} });
const payload = z.object({
  event: z.object({ type: name, time: optionalInstant }),
  alert_group: z.looseObject({
    id: name.max(128),
    state: optionalText(),
    created_at: instant,
    acknowledged_at: optionalInstant,
    resolved_at: optionalInstant,
    title: optionalText(),
    permalinks: z.object({ web: optionalText(2048) }).nullish(),
    labels,
  }),
  integration: z.object({ name: optionalText() }).nullish(),
  alert_payload: z.unknown().optional(),
});

type Payload = z.output<typeof payload>;

/** Grafana OnCall's outgoing webhooks. */
export const grafanaOncall: Source = {
  name: 'grafana-oncall',
  title: 'Grafana OnCall',
  normaliser: 1,
  events: [
    { event: 'alert group created', feeds: 'incidents: their start' },
    { event: 'acknowledge', feeds: 'time to acknowledge' },
    { event: 'resolve', feeds: 'time to restore' },
    { event: 'unresolve', feeds: 'time to restore, where the body states when' },
    { event: 'any other', feeds: 'what its alert group says of itself' },
  ],
  signature: 'A token as `Authorization: Bearer …` or the password of basic authentication.',
  dedupe:
    'The alert group and the times it states; every body carries them all, so a lost one is made up for by the next.',
  setup: `1. Choose a token and put it into \`HEADWAY_SECRET_GRAFANA_ONCALL\`.
2. *Outgoing webhooks → New outgoing webhook → Advanced*: trigger type *Status change*, HTTP method POST, URL \`{url}\`,
   authorization header \`Bearer <the token>\`, *Forward all* on (or *Data* must give the same fields).
3. A second one, the same but of trigger type *Alert group created*: a status change is none.
4. *Integrations*: choose those whose alert groups are incidents; every alert group that is sent counts as one, unless its
   label \`impact\` is \`none\`. Demo alerts are ignored.
5. The service is the label \`service\` (else \`service_name\`, \`app_kubernetes_io_name\`, \`app\` or \`job\`) of the alert group,
   else of its first alert; else the integration’s name. Optional labels: \`severity\`, \`impact\` (\`none\`, \`degraded\`,
   \`outage\`; not stated counts as degraded).
6. \`caused-by: <PR or rollout>\` in the alert’s own texts links it to its cause; notes in OnCall are not sent.
7. OnCall does not say when a group was unresolved: it counts as restored until it is resolved again, then at that time.`,
  verify: (delivery, secrets) => tokenMatches(delivery.headers, secrets),
  normalise,
};

function normalise(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  const { event, alert_group: group } = body.value;
  const alert = alertPayload.parse(body.value.alert_payload);
  const alertLabels = { ...alert.alerts, ...alert.commonLabels, ...alert.labels };
  if (alertLabels.alertname === 'TestAlert') return ignored('a demo alert');
  const data = { incident_id: group.id, ...described(body.value, { ...alertLabels, ...group.labels }) };
  // The title is that of the moment, the times are the group's own.
  const found: Fact[] = [snapshot('incident.detected', group.created_at, [group.id, 'created'], data)];
  if (group.acknowledged_at !== undefined) {
    found.push(fact('incident.acknowledged', group.acknowledged_at, [group.id], { incident_id: group.id }));
  }
  if (group.state === 'resolved' && group.resolved_at !== undefined) {
    found.push(fact('incident.resolved', group.resolved_at, [group.id], { incident_id: group.id }));
  }
  if (event.type === 'unresolve' && event.time !== undefined) {
    found.push(fact('incident.reopened', event.time, [group.id], { incident_id: group.id }));
  }
  return facts(...found);
}

function described({ alert_group: group, alert_payload, integration }: Payload, all: Readonly<Record<string, string>>) {
  return {
    service: serviceOf(group.labels) ?? serviceOf(all) ?? integration?.name,
    title: group.title,
    severity: optionalText().parse(all.severity ?? all.priority),
    impact: impactOf(all.impact),
    url: group.permalinks?.web,
    caused_by: causeIn([group, alert_payload]),
  };
}
