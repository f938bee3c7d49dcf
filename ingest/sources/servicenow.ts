import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import type { Fact } from '../event.ts';
import { instant } from '../time.ts';
import { name } from '../vocabulary/commit.ts';
import { causeIn } from './causes.ts';
import { impactOf, impactOfPriority } from './impact.ts';
import { fact, facts, optionalInstant, optionalText, readBody, rejected, snapshot } from './shape.ts';
import { tokenMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

/** A choice by its value: a number or its digits, never the word that people see, which is in their language. */
const choice = z
  .union([
    z.int(),
    z
      .string()
      .trim()
      .regex(/^-?\d{1,3}$/, 'is not the value of a choice'),
    z.literal(''),
  ])
  .nullish()
  .transform((value) => (value === null || value === undefined || value === '' ? undefined : String(value)));

/** The contract: what the business rule of the set-up steps sends. Times are UTC and say so. */
const payload = z.looseObject({
  number: name.max(128),
  sys_updated_on: instant,
  opened_at: instant,
  impact_started_at: optionalInstant,
  resolved_at: optionalInstant,
  reopened_at: optionalInstant,
  closed_at: optionalInstant,
  state: choice,
  priority: choice,
  impact: optionalText(),
  business_service: optionalText(),
  cmdb_ci: optionalText(),
  repository: optionalText(),
  short_description: optionalText(),
  duplicate_of: optionalText(128),
  url: optionalText(2048),
});

type IncidentRecord = z.output<typeof payload>;

const IN_PROGRESS = '2';
const RESOLVED = '6';
const CLOSED = '7';
const CANCELED = '8';

const RULE = `(function executeRule(current) {
  function utc(field) {
    var value = current.isValidField(field) ? current.getValue(field) : null;
    return value ? value + ' UTC' : null;
  }
  var request = new sn_ws.RESTMessageV2();
  request.setEndpoint('{url}');
  request.setHttpMethod('POST');
  request.setRequestHeader('Content-Type', 'application/json');
  request.setRequestHeader('X-Headway-Token', gs.getProperty('headway.token'));
  request.setRequestBody(JSON.stringify({
    number: current.getValue('number'),
    sys_updated_on: utc('sys_updated_on'),
    opened_at: utc('opened_at'),
    resolved_at: utc('resolved_at'),
    reopened_at: utc('reopened_time'),
    closed_at: utc('closed_at'),
    state: current.getValue('state'),
    priority: current.getValue('priority'),
    business_service: current.getDisplayValue('business_service'),
    cmdb_ci: current.getDisplayValue('cmdb_ci'),
    short_description: current.getValue('short_description'),
    description: current.getValue('description'),
    close_notes: current.getValue('close_notes'),
    work_notes: current.work_notes.getJournalEntry(1),
    url: gs.getProperty('glide.servlet.uri') + current.getLink(true)
  }));
  request.execute();
})(current);`;

/** ServiceNow’s incidents, by a contract of ours. */
export const servicenow: Source = {
  name: 'servicenow',
  title: 'ServiceNow',
  normaliser: 1,
  events: [
    {
      event: 'an incident that was inserted or updated',
      feeds: 'incidents: start, acknowledgement, end, severity, cause',
    },
  ],
  signature: 'A token as `X-Headway-Token`, `Authorization: Bearer …` or the password of basic authentication.',
  dedupe: 'The incident’s number and when it was updated; every body carries all of its times.',
  setup: `1. *System Properties*: create \`headway.token\`, type *string*, *Private* ticked, with a token of your choice, and let only
   administrators read it; set the same as \`HEADWAY_SECRET_SERVICENOW\`.
2. *System Definition → Business Rules → New*: table *Incident*, advanced, when *async*, on insert and on update.
3. Filter for the incidents that mean that users of a service are affected, such as *Business service is not empty* and
   *Priority at most 2*: tickets of single persons are incidents to ServiceNow, and none to delivery metrics.
4. The script:

\`\`\`js
${RULE}
\`\`\`

- Times are UTC and end in \`UTC\`, as \`getValue\` gives them; display values are refused.
- The service is the business service, else the configuration item: list their names as a service’s incident names in the
  catalog. Priority 1 to 3 counts as degraded, 4 and 5 as without impact (no incident).
- Fields of your own may be added: \`impact\` (\`none\`, \`degraded\`, \`outage\`), \`impact_started_at\`, \`repository\`,
  \`duplicate_of\` (the number of the other incident) and \`caused_by\` (a PR or rollout).
- \`caused-by: <PR or rollout>\` in the description, the close notes or a work note links an incident to its cause.
- An incident is restored at \`resolved_at\`; closing it is no restoration. Cancelled ones are false alarms.
- A pull request that fixes it says \`fixes: INC0010001\`.`,
  verify: (delivery, secrets) => tokenMatches(delivery.headers, secrets),
  normalise,
};

function normalise(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  if (body.value.state === undefined) return rejected('state: is missing');
  return facts(...factsOf(body.value));
}

function factsOf(read: IncidentRecord): Fact[] {
  const { number: id, sys_updated_on: at, state, duplicate_of } = read;
  const only = { incident_id: id };
  const data = { ...only, ...described(read) };
  const found: Fact[] = [
    fact('incident.detected', read.opened_at, [id], only),
    duplicate_of === undefined
      ? snapshot('incident.reclassified', at, [id], { ...data, false_alarm: state === CANCELED })
      : snapshot('incident.merged', at, [id], { ...data, duplicate_of }),
  ];
  // Of the times of an incident this is the one that people find out later.
  if (read.impact_started_at !== undefined) {
    const corrected = { ...only, field: 'impact_started_at', value: read.impact_started_at };
    found.push(fact('incident.corrected', at, [id, corrected.field, corrected.value], corrected));
  }
  if (state === IN_PROGRESS) found.push(fact('incident.acknowledged', at, [id], only));
  if (read.reopened_at !== undefined) found.push(fact('incident.reopened', read.reopened_at, [id], only));
  if ((state === RESOLVED || state === CLOSED) && read.resolved_at !== undefined) {
    found.push(fact('incident.resolved', read.resolved_at, [id], only));
  }
  if (state === CLOSED && read.closed_at !== undefined) found.push(fact('incident.closed', read.closed_at, [id], only));
  return found;
}

function described(read: IncidentRecord) {
  const severity = read.priority && `P${read.priority}`;
  return {
    service: read.business_service ?? read.cmdb_ci,
    repository: read.repository,
    title: read.short_description,
    severity,
    impact: impactOf(read.impact) ?? impactOfPriority(severity),
    url: read.url,
    caused_by: causeIn(read),
  };
}
