import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import type { Fact } from '../event.ts';
import { instant } from '../time.ts';
import { name } from '../vocabulary/commit.ts';
import { causeIn } from './causes.ts';
import { fact, facts, ignored, listOf, optionalInstant, optionalText, readAs, readBody, snapshot } from './shape.ts';
import { tokenMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const component = z.object({ name: optionalText(), status: optionalText() });
const update = z.looseObject({
  id: name.max(128),
  status: name,
  created_at: instant,
  // When it is said to have happened: editors may put it back.
  display_at: optionalInstant,
});
const incident = z.looseObject({
  id: name.max(128),
  name: optionalText(),
  status: name,
  impact: optionalText(),
  shortlink: optionalText(2048),
  created_at: instant,
  updated_at: instant,
  monitoring_at: optionalInstant,
  resolved_at: optionalInstant,
  scheduled_for: optionalInstant,
  scheduled_until: optionalInstant,
  incident_updates: listOf(update, 2000).nullish(),
  components: listOf(component, 2000).nullish(),
});
const payload = z.looseObject({ incident: z.unknown().optional(), component_update: z.unknown().optional() });

type Incident = z.output<typeof incident>;

/** Statuses of a maintenance before and while it is, and after. */
const PLANNED = new Set(['scheduled', 'in_progress', 'verifying']);
const COMPLETED = 'completed';
/** A fix is in, or it is over; every other status of an update says that it goes on. */
const RESTORING = new Map([
  ['monitoring', 'incident.mitigated'],
  ['resolved', 'incident.resolved'],
] as const);
const GOES_ON = new Set(['investigating', 'identified']);
const IMPACTS = new Map([
  ['none', 'none'],
  ['maintenance', 'none'],
  ['minor', 'degraded'],
  ['major', 'outage'],
  ['critical', 'outage'],
] as const);

/** Atlassian Statuspage’s webhook subscription. */
export const statuspage: Source = {
  name: 'statuspage',
  title: 'Statuspage',
  normaliser: 2,
  events: [
    { event: 'incident', feeds: 'incidents: start, time to restore, impact; of a scheduled one: maintenance' },
    { event: 'component_update', feeds: 'nothing: what it means for users is told by an incident' },
  ],
  signature: 'Statuspage can neither sign nor send a header: the secret is `token` in the address.',
  dedupe: 'The incident, its updates and their times; every body carries them all.',
  setup: `1. Choose a long random token and set it as \`HEADWAY_SECRET_STATUSPAGE\`.
2. On the public page: *Subscribe to updates → Webhook*, URL \`{url}?token=<the token>\`. The token is kept in no log and no
   stored delivery here; a proxy in front should not log addresses either.
3. An incident starts at its first update’s time, and is over when it is *monitoring* (a fix is in) or *resolved*; an update
   that is *investigating* or *identified* after that opens it again. Put updates back to when things happened.
4. Impact *none* is no incident, *minor* is degraded, *major* and *critical* are outages.
5. Scheduled maintenance of a component is taken out of the availability of its service, from *Scheduled for* to *Until* or to
   *completed*, if it was announced before it began. A changed plan counts from its update on; one that this hook did not hear of
   before the start was not announced.
6. The service is the first affected component, of maintenance each component: list the components’ names as a service’s incident
   names in the catalog.
7. \`caused-by: <PR or rollout>\` in an update is public, as all of it; an event \`incident.linked\` at \`/v1/events\` is not.
8. A status page tells customers, often late: where another tool reports the same incidents, connect that one instead.`,
  verify: (delivery, secrets) => tokenMatches(delivery.headers, secrets),
  normalise,
};

function normalise(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  if (body.value.incident === undefined && body.value.component_update !== undefined) {
    return ignored('a component changed its status; what it means is told by an incident');
  }
  const read = readAs(body.value.incident, incident);
  if (!read.ok) return read.normalized;
  const { scheduled_for, status } = read.value;
  if (scheduled_for !== undefined || PLANNED.has(status) || status === COMPLETED) return maintenanceOf(read.value);
  return facts(...factsOf(read.value));
}

function factsOf(read: Incident): Fact[] {
  const { id } = read;
  const updates = timelineOf(read);
  const start = [read.created_at, ...updates.map(({ at }) => at)].sort()[0] ?? read.created_at;
  const found: Fact[] = [
    fact('incident.detected', start, [id], { incident_id: id }),
    snapshot('incident.reclassified', read.updated_at, [id], { incident_id: id, ...described(read) }),
  ];
  let isOver = false;
  for (const { key, status, at } of updates) {
    const restoring = RESTORING.get(status as Parameters<typeof RESTORING.get>[0]);
    if (restoring !== undefined) found.push(fact(restoring, at, [id, key], { incident_id: id }));
    else if (isOver && GOES_ON.has(status)) found.push(fact('incident.reopened', at, [id, key], { incident_id: id }));
    if (restoring !== undefined || GOES_ON.has(status)) isOver = restoring !== undefined;
  }
  return found;
}

/**
 * A maintenance: its plan as it stands at the body's last change, since nothing tells what it was before, and its end. A plan that
 * is over is told no more.
 */
function maintenanceOf(read: Incident): Normalized {
  const { id: maintenance_id, scheduled_for: starts_at, scheduled_until: ends_at, updated_at } = read;
  const services = [...new Set((read.components ?? []).flatMap(({ name }) => name ?? []))];
  if (services.length === 0) return ignored('a maintenance of no component');
  const ends = (read.incident_updates ?? []).filter(({ status }) => status === COMPLETED);
  const found = ends.map(
    ({ id, display_at, created_at }): Fact =>
      fact('maintenance.completed', display_at ?? created_at, [maintenance_id, id], { maintenance_id }),
  );
  if (PLANNED.has(read.status)) {
    if (starts_at === undefined || ends_at === undefined) return ignored('a maintenance without a beginning or an end');
    const plan = { maintenance_id, services, starts_at, ends_at, title: read.name, url: read.shortlink };
    found.push(snapshot('maintenance.announced', updated_at, [maintenance_id], plan));
  } else if (ends.length === 0) {
    found.push(fact('maintenance.completed', read.resolved_at ?? updated_at, [maintenance_id, ''], { maintenance_id }));
  }
  return facts(...found);
}

interface Step {
  readonly key: string;
  readonly status: string;
  readonly at: string;
}

/** Its updates, oldest first; what the incident says of itself stands in for those that are not listed. */
function timelineOf(read: Incident): Step[] {
  const listed = (read.incident_updates ?? []).map(({ id, status, created_at, display_at }): Step => {
    return { key: id, status, at: display_at ?? created_at };
  });
  const own = [
    { key: '', status: 'monitoring', at: read.monitoring_at },
    { key: '', status: 'resolved', at: read.resolved_at },
  ].flatMap(({ key, status, at }): Step[] =>
    at === undefined || listed.some((each) => each.status === status) ? [] : [{ key, status, at }],
  );
  return [...listed, ...own].sort((a, b) => (a.at < b.at || (a.at === b.at && a.key < b.key) ? -1 : 1));
}

function described(read: Incident) {
  const components = (read.components ?? []).filter((each) => each.name !== undefined);
  const affected = components.find(({ status }) => status !== undefined && status !== 'operational');
  return {
    service: (affected ?? components[0])?.name,
    title: read.name,
    severity: read.impact,
    impact: IMPACTS.get(read.impact as Parameters<typeof IMPACTS.get>[0]),
    url: read.shortlink,
    caused_by: causeIn(read),
  };
}
