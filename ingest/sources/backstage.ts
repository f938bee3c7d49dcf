import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import type { Fact } from '../event.ts';
import { instant } from '../time.ts';
import { name } from '../vocabulary/commit.ts';
import { entityFacts } from './backstage/entities.ts';
import {
  digest,
  fact,
  facts,
  ignored,
  listOf,
  optionalFlag,
  optionalInstant,
  optionalText,
  readBody,
  rejected,
} from './shape.ts';
import { tokenMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const count = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined);
/** Backstage's own analytics event, with what its browser must add: who, when, and an id. */
const analytics = z.object({
  id: name.max(128),
  at: instant,
  principal: name,
  team: optionalText(),
  session: optionalText(128),
  action: name,
  subject: optionalText(),
  value: count,
  context: z.object({ pluginId: optionalText() }).nullish(),
  /** The search that led here, by its event's id; the document opened or rated. */
  search_id: optionalText(128),
  document: optionalText(),
  dwell_seconds: count,
  helpful: optionalFlag,
});
/** A run of a software template. */
const task = z.object({
  id: name.max(128),
  template: name,
  principal: name,
  team: optionalText(),
  status: name,
  created_at: instant,
  finished_at: optionalInstant,
});
const payload = z.object({
  events: listOf(analytics, 1000).nullish(),
  entities: listOf(z.looseObject({ kind: z.string() }), 1000).nullish(),
  observed_at: optionalInstant,
  tasks: listOf(task, 1000).nullish(),
});

type Analytics = z.output<typeof analytics>;
type Task = z.output<typeof task>;

const endings = new Map([
  ['completed', 'succeeded'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
] as const);

/** Backstage, by two small files of ours: what people do in the portal, and what its catalog and templates know. */
export const backstage: Source = {
  name: 'backstage',
  title: 'Backstage',
  normaliser: 1,
  events: [
    { event: 'events: every action', feeds: 'portal use: who was active with which plugin' },
    { event: 'events: search, discover', feeds: 'searches, and what was opened of their results' },
    { event: 'events with a document', feeds: 'documents viewed, for how long, and whether they helped' },
    { event: 'tasks', feeds: 'self-service: runs of software templates and how they ended' },
    { event: 'entities', feeds: 'ownership: services and teams, from when they were seen so' },
  ],
  signature:
    'A static token: `Authorization: Bearer …` or `X-Headway-Token`, added by Backstage’s own backend. Use TLS.',
  dedupe: 'The event’s id; the task and its state; the entity, its content and when it was seen.',
  setup: `1. Set a token of your choice as \`HEADWAY_SECRET_BACKSTAGE\`, and as \`HEADWAY_TOKEN\` in the environment of Backstage's backend.
2. Put this into \`app-config.yaml\`; the salt is any text of your own, the same as in step 3:

\`\`\`
headway:
  url: {url}
  token: \${HEADWAY_TOKEN}
  salt: choose-a-text
proxy:
  endpoints:
    /headway:
      target: {url}
      allowedMethods: [POST]
      headers: { X-Headway-Token: "\${HEADWAY_TOKEN}" }
\`\`\`

3. Use: copy \`workspace/backstage/headway-analytics.ts\` into \`packages/app/src\`, and add
   \`headwayAnalytics('choose-a-text')\` to the \`apis\` of \`createApp\`. Events go through the proxy in batches, so no token reaches a browser.
4. Ownership and templates: copy \`workspace/backstage/headway-backend.ts\` into \`packages/backend/src\`, and add
   \`backend.add(headwayPlugin)\`. It sends the entities that changed every ten minutes, and the template runs every minute.
5. Annotations are read as in \`workspace/catalog\`. Let either Backstage or the workspace define a service, not both.

People appear as pseudonyms: \`user-\` and 16 digits of a hash of the salt and the entity reference. Should a reference arrive
in clear, it is hashed before anything is stated. A person's pseudonym can be listed as an identity in \`people.yaml\`.

Own tools can post the same: \`{"events": [{"id", "at", "principal", "action", "subject", "value", "context": {"pluginId"},
"team", "session", "search_id", "document", "dwell_seconds", "helpful"}], "tasks": [{"id", "template", "principal", "team", "status",
"created_at", "finished_at"}], "entities": [...], "observed_at"}\`. Only \`id\`, \`at\`, \`principal\` and \`action\` of an event
are needed.`,
  verify: (delivery, secrets) => tokenMatches(delivery.headers, secrets),
  normalise,
};

function normalise(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  const { events, entities, observed_at, tasks } = body.value;
  if (!events && !entities && !tasks) return rejected('body: has no events, no entities and no tasks');
  const made: Fact[] = [];
  for (const event of events ?? []) made.push(...actionFacts(event));
  for (const run of tasks ?? []) {
    if (endings.has(run.status as 'failed') && run.finished_at === undefined) {
      return rejected('tasks: one that has ended has no finished_at');
    }
    made.push(...taskFacts(run));
  }
  if (entities && entities.length > 0) {
    if (observed_at === undefined)
      return rejected('observed_at: is missing, so that nobody knows when the entities were so');
    const stated = entityFacts(entities, observed_at);
    if ('problem' in stated) return rejected(stated.problem);
    made.push(...stated.facts);
  }
  return made.length === 0 ? ignored('it tells of no action, no run and no owner') : facts(...made);
}

/** Every action counts as use; some say more. What was searched for stays out: it may be anything. */
function actionFacts(event: Analytics): Fact[] {
  const { id, at, action, document } = event;
  const who = { principal: pseudonym(event.principal), team: event.team, session: event.session };
  const made: Fact[] = [
    fact('portal.action', at, [id], {
      ...who,
      action,
      capability: event.context?.pluginId,
      subject: action === 'search' ? undefined : event.subject,
    }),
  ];
  if (action === 'search') {
    const results =
      event.value !== undefined && Number.isInteger(event.value) && event.value >= 0 ? event.value : undefined;
    made.push(fact('search.performed', at, [id], { ...who, search_id: id, results }));
  } else if (action === 'discover') {
    made.push(fact('search.clicked', at, [id], { ...who, search_id: event.search_id, document }));
  } else if (document !== undefined) {
    const dwell = event.dwell_seconds !== undefined && event.dwell_seconds >= 0 ? event.dwell_seconds : undefined;
    if (event.helpful === undefined)
      made.push(fact('doc.viewed', at, [id], { ...who, document, dwell_seconds: dwell }));
    else made.push(fact('doc.rated', at, [id], { ...who, document, helpful: event.helpful }));
  }
  return made;
}

function taskFacts({ id, template, principal, team, status, created_at, finished_at }: Task): Fact[] {
  const stated = {
    task_id: id,
    kind: template.slice(template.lastIndexOf('/') + 1) || template,
    principal: pseudonym(principal),
    team,
    channel: 'portal',
  };
  const requested = fact('task.requested', created_at, [id], stated);
  const outcome = endings.get(status as 'failed');
  if (outcome === undefined || finished_at === undefined) return [requested];
  return [requested, fact('task.finished', finished_at, [id, outcome], { ...stated, outcome })];
}

/** A reference such as `user:default/ada` names a person: a digest of it goes on instead. */
function pseudonym(principal: string): string {
  return /^user:/i.test(principal) ? `user-${digest(principal.toLowerCase()).slice(0, 16)}` : principal;
}
