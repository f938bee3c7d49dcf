import type { Delivery } from '../delivery.ts';
import { changeFacts } from './cdevents/change.ts';
import { incidentFacts, ticketFacts } from './cdevents/incident.ts';
import { environmentFacts, serviceFacts } from './cdevents/rollout.ts';
import { pipelineRunFacts, taskRunFacts } from './cdevents/run.ts';
import { type CdEvent, readCdEvent } from './cdevents/shape.ts';
import { readCloudEvents, readEach } from './cloudevents.ts';
import { ignored } from './shape.ts';
import { tokenMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const subjects: ReadonlyMap<string, (event: CdEvent) => Normalized> = new Map([
  ['change', changeFacts],
  ['build', taskRunFacts],
  ['pipelinerun', pipelineRunFacts],
  ['taskrun', taskRunFacts],
  ['service', serviceFacts],
  ['environment', environmentFacts],
  ['incident', incidentFacts],
  ['ticket', ticketFacts],
]);

/** Why an event of the specification feeds nothing. */
const unread: ReadonlyMap<string, string> = new Map([
  ['artifact', 'what runs is told by the rollout, not by the making of its artifact'],
  ['repository', 'a repository is known by its changes and rollouts, and owned by the catalog'],
  ['branch', 'a branch is known by what is pushed to it'],
  ['testsuiterun', 'tests are jobs of their pipeline run'],
  ['testcaserun', 'tests are jobs of their pipeline run'],
  ['testoutput', 'tests are jobs of their pipeline run'],
  ['approval', 'no metric reads approvals'],
]);

/** CDEvents 0.3 to the newest, as CloudEvents over HTTP in all three modes, or bare. */
export const cdevents: Source = {
  name: 'cdevents',
  title: 'CDEvents',
  normaliser: 1,
  events: [
    { event: 'service.deployed, .upgraded, .rolledback', feeds: 'rollouts' },
    {
      event: 'change.created, .updated, .reviewed, .merged, .abandoned',
      feeds: 'changes: lead time, batch size, reviews',
    },
    { event: 'pipelinerun.*, taskrun.*, build.*', feeds: 'pipeline runs and their jobs' },
    { event: 'incident.detected, .reported, .resolved', feeds: 'incidents: start, end, service, cause' },
    { event: 'ticket.created, .closed', feeds: 'support tickets' },
    {
      event: 'environment.created, .modified',
      feeds: 'environments, where the sender says whether they are production',
    },
  ],
  headers: ['ce-type', 'ce-specversion'],
  signature:
    'A static secret: `Authorization: Bearer …` or `X-Headway-Token`, or the password of the address. The specification knows no signature, so use TLS.',
  dedupe: '`context.source` and `context.id`, the kind and its time.',
  setup: `1. Put a secret of your choice into \`HEADWAY_SECRET_CDEVENTS\`, and have the sender add it as \`Authorization: Bearer <secret>\`.
2. Send CDEvents to \`{url}\`, in CloudEvents' binary, structured or batch mode. A batch is taken as a whole or not at all.
3. The specification has no commit, author or cause: put them into \`customData\`, under the keys below.
4. An artifact \`pkg:oci/till@sha256:…?vcs_url=git+https://host/owner/name@<commit>\` tells digest, repository and commit by itself.
5. Send incidents of production, or give the others \`impact: none\`. A run that names no repository counts under its source.

- All: \`repository\` (\`owner/name\` or its address), \`url\`.
- \`service.*\`: \`commit\` (what was deployed); \`commits\` and \`changes\` (all that this rollout delivers: SHAs, \`owner/name#12\`);
  \`started_at\`; \`outcome\` (\`failed_live\`, \`failed_dark\`, \`cancelled\`, …; without it \`succeeded\`); \`rollout_id\` (one for all
  attempts) and \`attempt_no\`; \`rolls_back\` (the rollout that is rolled back; without it the revisions tell); \`fixes\` (the incident
  that this ends); \`service\` (its id in the catalog), \`planned\`, \`labels\`, \`author\`.
- \`change.*\`: \`author\`, \`title\`, \`branch\`, \`base\`, \`opened_at\`, \`labels\`, \`commit\` (the head; of a merge, its commit), \`commits\`
  (each with \`sha\` and \`authored_at\`), \`paths\`, \`fixes\`.
- \`pipelinerun.*\`, \`taskrun.*\`, \`build.*\`: \`commit\`, \`branch\`, \`author\`, \`outcome\`, \`attempt_no\`, \`run_id\` (the run that a job or
  build belongs to).
- \`incident.*\`: \`severity\`, \`impact\` (\`none\`, \`degraded\`, \`outage\`), \`started_at\`, \`service\`, \`cause\` (a rollout, a commit or
  \`owner/name#12\`).
- \`environment.*\`: \`production\` (\`true\` defines it as production) and \`group\`. \`ticket.*\`: \`tier\` (0 to 3).`,
  verify: (delivery, secrets) => tokenMatches(delivery.headers, secrets),
  normalise,
};

function normalise(delivery: Delivery): Normalized {
  const read = readCloudEvents(delivery);
  if (!read.ok) return read.normalized;
  return readEach(read.events, ({ type, data }) => {
    if (type !== undefined && !type.startsWith('dev.cdevents.'))
      return ignored(`no metric reads ${type.slice(0, 100)}`);
    const inner = readCdEvent(data);
    if (!inner.ok) return inner.normalized;
    const { event } = inner;
    if (event === null) return ignored('it is a custom event of some tool, or of another specification');
    const factsOf = subjects.get(event.subject);
    return factsOf === undefined
      ? ignored(unread.get(event.subject) ?? `no metric reads ${event.subject}.${event.predicate}`)
      : factsOf(event);
  });
}
