import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import type { Fact } from '../../event.ts';
import { instant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { impactIn, isIncidentLabel, serviceIn, severityIn } from '../labels.ts';
import { causedBy, duplicateOf } from '../mentions.ts';
import { fact, facts, ignored, listOf, optionalInstant, optionalText, readBody, rejected, snapshot } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { account, repository } from './shape.ts';

/** An issue, as webhooks and the REST API tell it. The API lists pull requests among them, with `pull_request` set. */
export const issue = z.object({
  number: z.int().positive(),
  html_url: optionalText(2048),
  title: optionalText(),
  body: z.string().nullish(),
  created_at: instant,
  updated_at: optionalInstant,
  closed_at: optionalInstant,
  state_reason: optionalText(),
  labels: listOf(z.object({ name: z.string().max(256) }), 200).nullish(),
});
const issuePayload = z.object({
  action: name,
  issue,
  label: z.object({ name: z.string() }).nullish(),
  repository,
});

export type Issue = z.output<typeof issue>;

const changing = new Set(['opened', 'labeled', 'unlabeled', 'edited', 'closed', 'reopened']);

/**
 * `issues`: an incident if it carries the label `incident` (or `type: incident`, `kind/incident`). Its start is the
 * issue's creation, whenever the label came; severity, impact and service come from labels, the cause from the text.
 */
export function issueEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, issuePayload);
  if (!body.ok) return body.normalized;
  const { action, issue: found, label, repository: repo } = body.value;
  if (!changing.has(action)) return ignored(`issues ${action} changes nothing that is measured`);
  const unlabelled = action === 'unlabeled' && label !== null && label !== undefined && isIncidentLabel(label.name);
  if (!isIncident(found)) {
    if (!unlabelled) return ignored('the issue has no label "incident"');
    return facts(
      snapshot('incident.reclassified', updatedAt(found), key(repo.full_name, found), {
        ...identity(repo.full_name, found),
        false_alarm: true,
      }),
    );
  }
  if (action === 'closed' && found.closed_at === undefined) return rejected('issue.closed_at: is missing');
  const told = incidentFacts(repo.full_name, found);
  if (action !== 'reopened') return facts(...told);
  const id = identity(repo.full_name, found);
  return facts(...told, fact('incident.reopened', updatedAt(found), key(repo.full_name, found), id));
}

/** Whether the issue is an incident, by its labels. */
export function isIncident(found: Issue): boolean {
  return labels(found).some(isIncidentLabel);
}

/** All that is known of an incident: its start, its state, and its end if it is closed. `repo` is the full name. */
export function incidentFacts(repo: string, found: Issue): Fact[] {
  const id = identity(repo, found);
  const isFalse = isFalseAlarm(repo, found);
  const told: Fact[] = [
    fact('incident.detected', found.created_at, key(repo, found), id),
    snapshot('incident.reclassified', updatedAt(found), key(repo, found), {
      ...id,
      title: found.title,
      severity: severityIn(labels(found)),
      impact: impactIn(labels(found)),
      service: serviceIn(labels(found)),
      caused_by: causedBy(found.title, found.body, ...labels(found)),
      false_alarm: isFalse,
    }),
  ];
  if (found.closed_at === undefined || isFalse) return told;
  const original = found.state_reason === 'duplicate' ? duplicateOf(repo, found.body) : undefined;
  const end =
    original === undefined
      ? fact('incident.resolved', found.closed_at, key(repo, found), id)
      : fact('incident.merged', found.closed_at, key(repo, found), { ...id, duplicate_of: original });
  return [...told, end];
}

/** Closed as not planned; or as a duplicate without saying of what, which leaves nothing to merge it into. */
function isFalseAlarm(repo: string, found: Issue): boolean {
  if (found.state_reason === 'not_planned') return true;
  return found.state_reason === 'duplicate' && duplicateOf(repo, found.body) === undefined;
}

/** A comment on an issue, as webhooks and the REST API tell it. */
export const comment = z.object({
  body: z.string().nullish(),
  created_at: instant,
  updated_at: optionalInstant,
  author_association: optionalText(),
  user: account,
});
const commentPayload = z.object({ action: name, issue, comment, repository });
const trusted = new Set(['OWNER', 'MEMBER', 'COLLABORATOR']);

/** `issue_comment` on an incident: a `caused-by:` links it. Only people of the project are believed: anyone can comment. */
export function issueCommentEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, commentPayload);
  if (!body.ok) return body.normalized;
  const { action, issue: found, comment: said, repository: repo } = body.value;
  if (action !== 'created' && action !== 'edited') return ignored(`issue_comment ${action} links nothing`);
  if (!isIncident(found)) return ignored('the issue has no label "incident"');
  if (causedBy(said.body) === undefined) return ignored('the comment names no cause');
  const linked = causeFact(repo.full_name, found, said);
  return linked === null ? ignored('the comment is from outside the project') : facts(linked);
}

/** The cause that a comment on an incident names; null if it names none, or is from outside the project. */
export function causeFact(repo: string, found: Issue, said: z.output<typeof comment>): Fact | null {
  const cause = causedBy(said.body);
  if (cause === undefined || !trusted.has(said.author_association ?? '')) return null;
  return snapshot('incident.linked', said.updated_at ?? said.created_at, key(repo, found), {
    incident_id: incidentId(repo, found),
    caused_by: cause,
  });
}

function identity(repo: string, found: Issue) {
  return { incident_id: incidentId(repo, found), repository: repo, url: found.html_url };
}

function incidentId(repo: string, found: Issue): string {
  return `${repo}#${found.number}`;
}

function key(repo: string, found: Issue): string[] {
  return [incidentId(repo, found)];
}

function updatedAt(found: Issue): string {
  return found.updated_at ?? found.closed_at ?? found.created_at;
}

function labels(found: Issue): string[] {
  return (found.labels ?? []).map((label) => label.name.trim());
}
