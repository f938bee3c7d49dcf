import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import { instant } from '../time.ts';
import { name } from '../vocabulary/commit.ts';
import { causeIn } from './causes.ts';
import { impactOf } from './impact.ts';
import { fact, facts, ignored, listOf, optionalInstant, optionalText, readBody, snapshot } from './shape.ts';
import { tokenMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const payload = z.looseObject({
  id: name.max(128),
  state: name,
  createdAt: instant,
  updatedAt: instant,
  title: optionalText(),
  priority: optionalText(),
  issueUrl: optionalText(2048),
  impactedEntities: listOf(z.string(), 1000).nullish(),
  // What our lines add to New Relic's own template.
  acknowledgedAt: optionalInstant,
  closedAt: optionalInstant,
  service: optionalText(),
  repository: optionalText(),
  impact: optionalText(),
});

type Issue = z.output<typeof payload>;

/** New Relic’s workflows, by webhook. */
export const newrelic: Source = {
  name: 'newrelic',
  title: 'New Relic',
  normaliser: 1,
  events: [
    { event: 'CREATED, ACTIVATED', feeds: 'incidents: their start' },
    { event: 'ACKNOWLEDGED', feeds: 'time to acknowledge' },
    { event: 'CLOSED', feeds: 'time to restore' },
  ],
  signature: 'A token as `Authorization: Bearer …`, `X-Headway-Token`, or the password of basic authentication.',
  dedupe: 'The issue, its state and the time of it.',
  setup: `1. *Alerts → Destinations → Webhook*: URL \`{url}\`, authorization *Bearer token* with a token of your choice; set the same as
   \`HEADWAY_SECRET_NEWRELIC\`.
2. *Alerts → Workflows → Add a workflow*: filter for the issues that mean that users are affected (every issue that is sent
   counts as an incident), notify this destination, and send activated, acknowledged, priority changed and closed updates.
3. Keep the payload template that New Relic proposes, and put these lines after its first brace:

\`\`\`
{{#if issueAcknowledgedAt}}"acknowledgedAt": {{issueAcknowledgedAt}},{{/if}}
{{#if issueClosedAt}}"closedAt": {{issueClosedAt}},{{/if}}
{{#if accumulations.tag.service}}"service": {{json accumulations.tag.service.[0]}},{{/if}}
{{#if accumulations.tag.repository}}"repository": {{json accumulations.tag.repository.[0]}},{{/if}}
{{#if accumulations.tag.impact}}"impact": {{json accumulations.tag.impact.[0]}},{{/if}}
{{#if accumulations.conditionDescription}}"descriptions": {{json accumulations.conditionDescription}},{{/if}}
\`\`\`

- Without them an issue counts as closed when it was last updated, and as of the service that its first impacted entity is.
- Tag entities or conditions \`service\` as in the catalog. Optional tags: \`repository\`, \`impact\` (\`none\`, \`degraded\` or
  \`outage\`; not stated counts as degraded).
- \`caused-by: <PR or rollout>\` in the title or the condition’s description links an issue to its cause.
- Where these issues also open incidents in another tool that is connected, connect only one of the two: each would count.`,
  verify: (delivery, secrets) => tokenMatches(delivery.headers, secrets),
  normalise,
};

function normalise(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  const issue = body.value;
  const { id, updatedAt } = issue;
  const data = { incident_id: id, ...described(issue) };
  const created = fact('incident.detected', issue.createdAt, [id], { incident_id: id });
  switch (issue.state.toUpperCase()) {
    case 'CREATED':
    case 'ACTIVATED':
      return facts(created, snapshot('incident.reclassified', updatedAt, [id], data));
    case 'ACKNOWLEDGED':
      return facts(created, snapshot('incident.acknowledged', issue.acknowledgedAt ?? updatedAt, [id], data));
    case 'CLOSED':
      return facts(created, snapshot('incident.resolved', issue.closedAt ?? updatedAt, [id], data));
    default:
      return ignored(`no metric reads the state ${issue.state.slice(0, 100)}`);
  }
}

function described(issue: Issue) {
  return {
    service: issue.service ?? optionalText().parse(issue.impactedEntities?.[0]),
    repository: issue.repository,
    title: issue.title,
    severity: issue.priority,
    impact: impactOf(issue.impact),
    url: issue.issueUrl,
    caused_by: causeIn(issue),
  };
}
