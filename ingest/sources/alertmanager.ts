import { alertIncidents } from './alert-group.ts';
import { tokenMatches } from './signature.ts';
import type { Source } from './source.ts';

/** Prometheus Alertmanager's webhook, version 4. */
export const alertmanager: Source = {
  name: 'alertmanager',
  title: 'Prometheus Alertmanager',
  normaliser: 1,
  events: [
    { event: 'firing', feeds: 'incidents, of alerts labelled `headway="incident"`: their start' },
    { event: 'resolved', feeds: 'time to restore' },
  ],
  signature: 'A token as `Authorization: Bearer …` or the password of basic authentication, by `http_config`.',
  dedupe: 'The alert’s fingerprint and its start; repeats, group changes and a second Alertmanager say the same.',
  setup: `1. Choose a token, put it into \`HEADWAY_SECRET_ALERTMANAGER\` and into a file that only Alertmanager reads.
2. Label the alerting rules whose alerts mean that users are affected: \`headway: incident\`. An alert without this label is
   no incident and is ignored.
3. Name the service in the label \`service\` (else \`service_name\`, \`app_kubernetes_io_name\`, \`app\` or \`job\` is taken) as in
   the catalog. Optional: \`severity\`, \`impact\` (\`none\`, \`degraded\` or \`outage\`; not stated counts as degraded),
   \`repository\`, and \`caused-by: <PR or rollout>\` in the text of any annotation, or one called \`caused_by\`.
4. In \`alertmanager.yml\`, as the first of the routes, so that \`continue\` leaves the others as they are:

\`\`\`yaml
route:
  routes:
    - matchers: ['headway="incident"']
      receiver: headway
      # How long news waits for others of its group. The times in it stay right.
      group_wait: 10s
      group_interval: 1m
      continue: true
receivers:
  - name: headway
    webhook_configs:
      - url: {url}
        # The end of an incident is the resolved message.
        send_resolved: true
        http_config:
          authorization:
            credentials_file: /etc/alertmanager/headway-token
\`\`\`

- Where these alerts also open incidents in another tool that is connected, connect only one of the two: each would count.
- Leave \`max_alerts\` at 0: alerts cut off from a message are not known here. A silenced alert sends nothing.
- An incident’s id, for \`fixes: <id>\`, is the alert’s fingerprint and start, \`<fingerprint>@2026-03-05T10:00:00.000Z\`.`,
  verify: (delivery, secrets) => tokenMatches(delivery.headers, secrets),
  normalise: (delivery) => alertIncidents(delivery),
};
