import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import { longIntegersAsText, parseJson } from '../json.ts';
import { instant } from '../time.ts';
import { impactOf } from './impact.ts';
import { causedBy } from './mentions.ts';
import { facts, ignored, optionalText, readBody, rejected, senderId, snapshot } from './shape.ts';
import { tokenMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

/** A variable that Datadog did not fill: nothing, or its own name. */
const UNFILLED = /^\$[A-Z_]+$/;

function filled(max = 512) {
  return optionalText(max).transform((value) => (value === undefined || UNFILLED.test(value) ? undefined : value));
}

const payload = z.object({
  alert_cycle_key: z.union([senderId, z.null(), z.literal('')]).optional(),
  transition: filled(),
  date: instant,
  title: filled(),
  priority: filled(),
  tags: filled(20_000),
  scope: filled(20_000),
  link: filled(2048),
  text: filled(200_000),
});

type Alert = z.output<typeof payload>;

const STARTS = new Set(['Triggered', 'Re-Triggered', 'Renotify']);
const ENDS = new Set(['Recovered', 'Warn Recovered', 'No Data Recovered']);

/** What we ask for. Free text comes last, each on a line of its own: see {@link byLine}. */
const TEMPLATE = `{
  "alert_cycle_key": "$ALERT_CYCLE_KEY",
  "transition": "$ALERT_TRANSITION",
  "date": "$DATE",
  "priority": "$ALERT_PRIORITY",
  "tags": "$TAGS",
  "scope": "$ALERT_SCOPE",
  "link": "$LINK",
  "title": "$EVENT_TITLE",
  "text": "$TEXT_ONLY_MSG"
}`;

/** Datadog’s webhooks integration, with a payload of ours. */
export const datadog: Source = {
  name: 'datadog',
  title: 'Datadog',
  normaliser: 1,
  events: [
    { event: 'Triggered, Re-Triggered, Renotify', feeds: 'incidents, of the monitors that mention the webhook' },
    { event: 'Recovered, Warn Recovered, No Data Recovered', feeds: 'time to restore' },
  ],
  signature: 'A token as `X-Headway-Token`, or as `token` in the address where a header cannot be set.',
  dedupe: 'The alert cycle, which Datadog keeps from trigger to recovery, the transition and its time.',
  setup: `1. *Integrations → Webhooks → New*: name \`headway\`, URL \`{url}\`.
2. *Custom headers*: \`{"X-Headway-Token": "<a token>"}\`; set the same as \`HEADWAY_SECRET_DATADOG\`.
3. *Payload*: exactly this, with *Encode as form* off:

\`\`\`json
${TEMPLATE}
\`\`\`

- Write \`@webhook-headway\` into the message of the monitors whose alerts mean that users are affected, for alert and
  recovery alike: every alert of such a monitor is an incident. Warnings, missing data and tests are not.
- Tag the monitors \`service:<name>\` as in the catalog. Optional tags: \`impact:none\`, \`impact:degraded\` or \`impact:outage\`
  (not stated counts as degraded) and \`repository:<owner/name>\`; the monitor’s priority is the severity.
- \`caused-by: <PR or rollout>\` in the message, or a tag \`caused_by:<PR or rollout>\`, links an alert to its cause.
- Where these alerts also open incidents in another tool that is connected, connect only one of the two: each would count.`,
  verify: (delivery, secrets) => tokenMatches(delivery.headers, secrets),
  normalise,
};

function normalise(delivery: Delivery): Normalized {
  const body = readBody(readable(delivery), payload);
  if (!body.ok) return body.normalized;
  const alert = body.value;
  const { alert_cycle_key: id, transition, date } = alert;
  if (alert.title !== undefined && /^\[TEST\]/i.test(alert.title)) return ignored('a test of a monitor');
  if (transition === undefined) return rejected('transition: is missing');
  const starts = STARTS.has(transition);
  if (!starts && !ENDS.has(transition)) return ignored(`no incident begins or ends: ${transition.slice(0, 100)}`);
  if (!id || UNFILLED.test(id)) return rejected('alert_cycle_key: is missing');
  const state = starts ? 'incident.detected' : 'incident.resolved';
  return facts(snapshot(state, date, [id, transition], { incident_id: id, ...described(alert) }));
}

function described({ tags = '', scope = '', title, priority, link, text }: Alert) {
  const tagged = (key: string): string | undefined => tagOf(tags, key) ?? tagOf(scope, key);
  return {
    service: tagged('service'),
    repository: tagged('repository'),
    title,
    severity: priority,
    impact: impactOf(tagged('impact')),
    url: link,
    caused_by: causedBy(text, title, `caused-by: ${tagged('caused_by') ?? tagged('caused-by') ?? ''}`),
  };
}

/** The value of a tag in Datadog's list, which commas part. */
function tagOf(tags: string, key: string): string | undefined {
  const found = tags
    .split(',')
    .map((tag) => tag.trim())
    .find((tag) => tag.toLowerCase().startsWith(`${key}:`));
  return optionalText().parse(found?.slice(key.length + 1));
}

/** No payload of our template is longer; anything longer that is not JSON is somebody else's. */
const REPAIRED_BYTES = 64 * 1024;

/** Long ids are no numbers; and Datadog fills in text without escaping it, so that what it sends may be no JSON. */
function readable(delivery: Delivery): Delivery {
  const body = longIntegersAsText(delivery.body);
  if (body.length > REPAIRED_BYTES || parseJson(body).ok) return { ...delivery, body };
  const values = byLine(new TextDecoder().decode(delivery.body).replaceAll('\r\n', '\n').trim());
  return values === null ? delivery : { ...delivery, body: new TextEncoder().encode(JSON.stringify(values)) };
}

const OPENING = '{\n';
const LAST_KEY = '\n  "text": "';
const CLOSING = '"\n}';

/**
 * Reads our own template by its lines, where a value holds quotes or line breaks of its own: a value goes to the end of its
 * line, that of `text` to the end of the object. Null if it is not that template, whole.
 */
function byLine(template: string): Record<string, string> | null {
  const last = template.indexOf(LAST_KEY);
  const text = template.slice(last + LAST_KEY.length, -CLOSING.length);
  if (last < 0 || !template.startsWith(OPENING) || !template.slice(last).endsWith(CLOSING)) return null;
  const lines = template.slice(OPENING.length, last).split('\n');
  const values = lines.flatMap((line) => {
    const [, key, value] = /^ {2}"([a-z_]+)": "(.*)",$/.exec(line) ?? [];
    return key === undefined || value === undefined ? [] : [[key, value] as const];
  });
  return values.length === lines.length ? { ...Object.fromEntries(values), text } : null;
}
