import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import type { Fact } from '../event.ts';
import { parseJson } from '../json.ts';
import { instant } from '../time.ts';
import { name } from '../vocabulary/commit.ts';
import { digest, fact, facts, ignored, listOf, optionalText, readAs, rejected } from './shape.ts';
import { tokenMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const labels = z
  .object({ 'app.kubernetes.io/name': optionalText(), app: optionalText() })
  .nullish()
  .transform((found) => found?.['app.kubernetes.io/name'] ?? found?.app);

/** A line of the controller's log. */
const logged = z.object({
  event_type: name,
  audit_id: instant.nullish(),
  ts: instant.nullish(),
  constraint_kind: name,
  constraint_name: name,
  constraint_action: optionalText(),
  constraint_enforcement_actions: listOf(z.string().max(64), 20).nullish(),
  resource_kind: optionalText(),
  resource_namespace: optionalText(),
  resource_name: optionalText(),
  resource_labels: labels,
});
/** A message of the export; `id` is the run of the audit, shared by all that it found. */
const exported = z.object({
  eventType: name,
  id: instant,
  kind: name,
  name,
  enforcementAction: optionalText(),
  enforcementActions: listOf(z.string().max(64), 20).nullish(),
  resourceKind: optionalText(),
  resourceNamespace: optionalText(),
  resourceName: optionalText(),
  resourceLabels: labels,
});

/** What is wrong with what, by which constraint. */
interface Violation {
  readonly at: string;
  /** Found by the audit, which finds it again in every run; else refused on its way in, once. */
  readonly standing: boolean;
  readonly constraint: string;
  readonly actions: readonly (string | undefined)[];
  readonly resource: string;
  readonly service: string | undefined;
}

const MOST_ITEMS = 2_000;

/** Gatekeeper's violations: its log, as a log shipper posts it, or its export. */
export const gatekeeper: Source = {
  name: 'gatekeeper',
  title: 'Gatekeeper',
  normaliser: 1,
  events: [
    { event: 'violation_audited', feeds: 'guardrails: what breaks a constraint, once a day for as long as it does' },
    { event: 'violation', feeds: 'guardrails: what was refused or warned of on its way into the cluster' },
  ],
  signature: 'A static token: `Authorization: Bearer …`, Basic or `X-Headway-Token`. Use TLS.',
  dedupe:
    'An audited violation is state, found again every minute: the constraint, the resource, what is done about it and the ' +
    'day (UTC), so that the runs of a day are one fact. A refusal: these and its time.',
  setup: `1. Set a token of your choice as \`HEADWAY_SECRET_GATEKEEPER\`.
2. Leave Gatekeeper's logs in JSON (the default), start its webhook with \`--log-denies\`, and let your log shipper post
   the lines whose \`event_type\` is \`violation_audited\` or \`violation\` to \`{url}\`: single objects, arrays or NDJSON. With
   Vector:

\`\`\`
sinks:
  headway:
    type: http
    inputs: [gatekeeper_violations]
    uri: {url}
    encoding: { codec: json }
    auth: { strategy: bearer, token: "\${HEADWAY_TOKEN}" }
\`\`\`

3. Or use the export (\`--enable-violation-export\`) over Dapr, with a subscriber that posts each message as it is, or as the
   CloudEvent that Dapr makes of it.
4. The labels \`app.kubernetes.io/name\` or \`app\` of a resource name its service.`,
  verify: (delivery, secrets) => tokenMatches(delivery.headers, secrets),
  normalise,
};

function normalise(delivery: Delivery): Normalized {
  const items = itemsOf(delivery.body);
  if ('outcome' in items) return items;
  const found: Fact[] = [];
  const seen = new Set<string>();
  for (const item of items.values) {
    const read = violationOf(item);
    if (read === null) continue;
    if ('outcome' in read) return read;
    const made = evaluated(read);
    // One body often holds several runs.
    const id = made.key.join('\n');
    if (!seen.has(id)) found.push(made);
    seen.add(id);
  }
  return found.length === 0 ? ignored('no line tells of a violation') : facts(...found);
}

/** One object, an array of them, or one a line. */
function itemsOf(body: Uint8Array): { readonly values: readonly unknown[] } | Normalized {
  const whole = parseJson(body);
  if (whole.ok) {
    const values = Array.isArray(whole.value) ? whole.value : [whole.value];
    return values.length > MOST_ITEMS ? rejected(`body: is not a list of at most ${MOST_ITEMS}`) : { values };
  }
  const notJson: Normalized = { outcome: 'rejected', reason: `body ${whole.problem}`, notJson: true };
  const values: unknown[] = [];
  for (let from = 0; from < body.length; ) {
    const end = body.indexOf(0x0a, from);
    const line = body.subarray(from, end < 0 ? undefined : end);
    from = end < 0 ? body.length : end + 1;
    if (!line.some((byte) => byte > 0x20)) continue;
    const parsed = parseJson(line);
    if (!parsed.ok || values.push(parsed.value) > MOST_ITEMS) return notJson;
  }
  return values.length < 2 ? notJson : { values };
}

const kinds = z.object({
  event_type: optionalText(),
  eventType: optionalText(),
  data: z.unknown().optional(),
  specversion: z.unknown().optional(),
});

/** The violation that an item tells of, null if it tells of something else, or why it cannot be read. */
function violationOf(item: unknown): Violation | null | Normalized {
  const outer = readAs(item, kinds);
  if (!outer.ok) return outer.normalized;
  const { event_type, eventType, data, specversion } = outer.value;
  if (event_type === undefined && eventType === undefined) {
    if (specversion === undefined) return rejected('event_type: is missing');
    return violationOf(typeof data === 'object' && data !== null ? { ...data, specversion: undefined } : null);
  }
  if (!/^violation(?:_audited)?$/.test(event_type ?? eventType ?? '')) return null;
  if (eventType !== undefined) {
    const read = readAs(item, exported);
    return read.ok ? fromExport(read.value) : read.normalized;
  }
  const read = readAs(item, logged);
  return read.ok ? fromLog(read.value) : read.normalized;
}

function fromExport(read: z.output<typeof exported>): Violation {
  return {
    at: read.id,
    standing: read.eventType === 'violation_audited',
    constraint: `${read.kind}/${read.name}`,
    actions: read.enforcementActions?.length ? read.enforcementActions : [read.enforcementAction],
    resource: resourceOf(read.resourceNamespace, read.resourceKind, read.resourceName),
    service: read.resourceLabels,
  };
}

function fromLog(read: z.output<typeof logged>): Violation | Normalized {
  const at = read.audit_id ?? read.ts;
  if (!at) return rejected('audit_id: is missing, and so is ts');
  const scoped = read.constraint_enforcement_actions;
  return {
    at,
    standing: read.event_type === 'violation_audited',
    constraint: `${read.constraint_kind}/${read.constraint_name}`,
    actions: scoped?.length ? scoped : [read.constraint_action],
    resource: resourceOf(read.resource_namespace, read.resource_kind, read.resource_name),
    service: read.resource_labels,
  };
}

function resourceOf(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join('/');
}

/** A constraint that only warns, or only notes (`dryrun`), denies nothing. Without a word it denies: Gatekeeper's default. */
function evaluated({ at, standing, constraint, actions, resource, service }: Violation): Fact {
  const outcome = actions.some((action) => action === undefined || action === 'deny') ? 'denied' : 'warned';
  const when = standing ? `${at.slice(0, 10)}T00:00:00.000Z` : at;
  const violation = digest([constraint, resource, ...(standing ? [] : [at])]);
  return fact('policy.evaluated', when, [violation, outcome, service ?? ''], {
    evaluation_id: violation,
    policy: constraint.slice(0, 512),
    outcome,
    service_id: service,
    resource: resource.slice(0, 512) || undefined,
  });
}
