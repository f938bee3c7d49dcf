import type { Person } from '../year/organisation.ts';
import { codeOf, numberOf, uuidOf } from '../year/random.ts';
import type { Outgoing } from '../year/simulation.ts';

const ACCOUNT = 'https://kestrel-freight.pagerduty.com';
const API = 'https://api.pagerduty.com';

/** An incident as PagerDuty keeps it. `createdAt` in epoch ms. */
export interface PagerdutyIncident {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly service: { readonly id: string; readonly name: string };
  readonly team: string;
  readonly urgency: 'high' | 'low';
  readonly createdAt: number;
  readonly assignee: Person;
}

type Reference = Record<string, unknown>;

function reference(kind: string, id: string, summary: string): Reference {
  return {
    html_url: `${ACCOUNT}/${kind}s/${id}`,
    id,
    self: `${API}/${kind}s/${id}`,
    summary,
    type: `${kind}_reference`,
  };
}

function request(
  type: string,
  key: string,
  now: number,
  agent: Person | null,
  data: Record<string, unknown>,
): Outgoing {
  return {
    source: 'pagerduty',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'PagerDuty-Webhook/V3.0',
      'x-webhook-id': uuidOf('webhook', type, key, now),
      'x-webhook-subscription': 'PKESTRL',
    },
    body: JSON.stringify({
      event: {
        id: codeOf(26, 'event', type, key, now),
        event_type: type,
        resource_type: 'incident',
        occurred_at: new Date(now).toISOString(),
        agent: agent === null ? null : reference('user', codeOf(7, 'user', agent.login), agent.name),
        client: null,
        data,
      },
    }),
  };
}

type State = 'triggered' | 'acknowledged' | 'resolved' | 'reopened';

/** A v3 webhook of an incident. `mergedInto`: it was resolved by being merged into that one. */
export function incidentEvent(
  incident: PagerdutyIncident,
  state: State,
  now: number,
  agent: Person | null,
  mergedInto?: PagerdutyIncident,
): Outgoing {
  return request(`incident.${state}`, incident.id, now, agent, {
    id: incident.id,
    type: 'incident',
    self: `${API}/incidents/${incident.id}`,
    html_url: `${ACCOUNT}/incidents/${incident.id}`,
    number: incident.number,
    status: state === 'reopened' ? 'triggered' : state,
    incident_key: uuidOf('incident', incident.id),
    created_at: `${new Date(incident.createdAt).toISOString().slice(0, 19)}Z`,
    title: incident.title,
    service: reference('service', incident.service.id, incident.service.name),
    assignees:
      state === 'resolved'
        ? []
        : [reference('user', codeOf(7, 'user', incident.assignee.login), incident.assignee.name)],
    escalation_policy: reference('escalation_policy', codeOf(7, 'policy', incident.team), `${incident.team} on call`),
    teams: [reference('team', codeOf(7, 'team', incident.team), incident.team)],
    priority: null,
    urgency: incident.urgency,
    conference_bridge: null,
    resolve_reason:
      mergedInto === undefined
        ? null
        : { type: 'merge_resolve_reason', incident: reference('incident', mergedInto.id, mergedInto.title) },
  });
}

/** `incident.annotated`: a person wrote a note. */
export function incidentNote(incident: PagerdutyIncident, content: string, now: number, author: Person): Outgoing {
  return request('incident.annotated', `${incident.id}/${numberOf('note', content)}`, now, author, {
    incident: reference('incident', incident.id, incident.title),
    id: codeOf(14, 'note', incident.id, content),
    content,
    trimmed: false,
    type: 'incident_note',
  });
}
