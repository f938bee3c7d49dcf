import type { Delivery } from '../delivery.ts';
import { alertIncidents } from './alert-group.ts';
import { hmacMatches, isSignedLately, tokenMatches } from './signature.ts';
import type { Source } from './source.ts';

/** Grafana's own names: a contact point being tried out, and rules that could not be evaluated. */
const NOT_OF_A_SERVICE = new Set(['TestAlert', 'DatasourceNoData', 'DatasourceError']);

/** Grafana Alerting's webhook contact point. */
export const grafanaAlerting: Source = {
  name: 'grafana-alerting',
  title: 'Grafana Alerting',
  normaliser: 1,
  events: [
    { event: 'firing', feeds: 'incidents, of alerts labelled `headway="incident"`: their start' },
    { event: 'resolved', feeds: 'time to restore' },
  ],
  signature:
    'HMAC-SHA256 of the raw body in `X-Grafana-Alerting-Signature`, with the time of `X-Grafana-Alerting-Timestamp` (at most ' +
    'five minutes off) before it where that is set up; from a Grafana that cannot sign, a token as `Authorization`.',
  dedupe: 'The alert’s fingerprint and its start; repeats and group changes say the same.',
  setup: `1. *Alerting → Contact points → Add contact point*, integration *Webhook*, URL \`{url}\`, method POST.
2. *HMAC signature*: choose a secret, keep the header \`X-Grafana-Alerting-Signature\`, and enter
   \`X-Grafana-Alerting-Timestamp\` as timestamp header. Set the same secret as \`HEADWAY_SECRET_GRAFANA_ALERTING\`. A Grafana
   before version 12 has no such setting: use *Authorization header* with scheme \`Bearer\` and the secret as credentials.
3. Leave *Max alerts* at 0, *Disable resolved message* off and *Custom payload* empty.
4. Label the alert rules whose alerts mean that users are affected: \`headway\` = \`incident\`. An alert without this label
   is no incident and is ignored, as are \`TestAlert\`, \`DatasourceNoData\` and \`DatasourceError\`.
5. Name the service in the label \`service\` (else \`service_name\`, \`app_kubernetes_io_name\`, \`app\` or \`job\` is taken) as in
   the catalog. Optional: \`severity\`, \`impact\` (\`none\`, \`degraded\` or \`outage\`; not stated counts as degraded),
   \`repository\`, and \`caused-by: <PR or rollout>\` in the summary, the description or any annotation.
6. *Notification policies → New child policy*: matcher \`headway = incident\`, this contact point, *Continue matching* on,
   and a short group wait, such as 10 s.
7. Where these alerts also open incidents in another tool that is connected, connect only one of the two: each would count.`,
  verify,
  normalise: (delivery) => alertIncidents(delivery, ({ alertname }) => NOT_OF_A_SERVICE.has(alertname ?? '')),
};

/** A signature that is there must be right: it is never passed over for a token. */
function verify({ headers, body, received_at }: Delivery, secrets: readonly string[]): boolean {
  const given = headers['x-grafana-alerting-signature'];
  if (given === undefined) return tokenMatches(headers, secrets);
  const timestamp = headers['x-grafana-alerting-timestamp'];
  if (timestamp === undefined) return hmacMatches(given, body, secrets);
  const signed = Buffer.concat([Buffer.from(`${timestamp}:`), body]);
  return isSignedLately(timestamp, received_at) && hmacMatches(given, signed, secrets);
}
