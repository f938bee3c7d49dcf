import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import type { Fact } from '../../event.ts';
import { instant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { impactIn, isFalseAlarmLabel, isIncidentLabel, serviceIn, severityIn } from '../labels.ts';
import { causedBy, duplicateOf } from '../mentions.ts';
import { fact, facts, ignored, optionalFlag, optionalText, readBody, rejected, snapshot } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { labels, optionalMoment, type Repository, repository } from './shape.ts';

const issue = z.object({
  number: z.int().positive(),
  html_url: optionalText(2048),
  title: optionalText(),
  body: z.string().nullish(),
  labels,
  created_at: instant,
  updated_at: optionalMoment,
  closed_at: optionalMoment,
});
const payload = z.object({ action: name, issue, repository });

type Issue = z.output<typeof issue>;

const changing = new Set(['opened', 'edited', 'label_updated', 'label_cleared', 'closed', 'reopened']);
const relabelled = new Set(['label_updated', 'label_cleared']);

/**
 * `issues`: an incident if it carries the label `incident`, from the issue's creation on, whenever the label came. Labels
 * may have been taken off: Gitea does not say which, so any change of the labels of another issue says that it is none.
 */
export function issueEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  const { action, issue: found, repository: repo } = body.value;
  if (!changing.has(action)) return ignored(`issues ${action.slice(0, 100)} changes nothing that is measured`);
  if (!labelsOf(found).some(isIncidentLabel)) {
    if (!relabelled.has(action)) return ignored('the issue has no label "incident"');
    const id = identity(repo, found);
    const none = { ...id, false_alarm: true };
    return facts(snapshot('incident.reclassified', updatedAt(found), [id.incident_id], none));
  }
  if (action === 'closed' && found.closed_at === undefined) return rejected('issue.closed_at: is missing');
  return facts(...incidentFacts(action, repo, found));
}

function incidentFacts(action: string, repo: Repository, found: Issue): Fact[] {
  const id = identity(repo, found);
  const key = [id.incident_id];
  const original = duplicateOf(repo.full_name, found.body);
  const isFalseAlarm = labelsOf(found).some(isFalseAlarmLabel);
  const told = [
    fact('incident.detected', found.created_at, key, id),
    snapshot('incident.reclassified', updatedAt(found), key, {
      ...id,
      title: found.title,
      severity: severityIn(labelsOf(found)),
      impact: impactIn(labelsOf(found)),
      service: serviceIn(labelsOf(found)),
      caused_by: causedBy(found.title, found.body, ...labelsOf(found)),
      false_alarm: isFalseAlarm,
    }),
  ];
  if (action === 'reopened') return [...told, fact('incident.reopened', updatedAt(found), key, id)];
  if (action !== 'closed' || found.closed_at === undefined || isFalseAlarm) return told;
  const end =
    original === undefined
      ? fact('incident.resolved', found.closed_at, key, id)
      : fact('incident.merged', found.closed_at, key, { ...id, duplicate_of: original });
  return [...told, end];
}

const commentPayload = z.object({
  action: name,
  issue,
  comment: z.object({ body: z.string().nullish(), created_at: instant, updated_at: optionalMoment }),
  is_pull: optionalFlag,
  repository,
});

/**
 * `issue_comment` on an incident: a `caused-by:` links it. Payloads do not say whether the author belongs to the project,
 * so only comments of private and internal repositories are believed: elsewhere anyone can write one.
 */
export function issueCommentEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, commentPayload);
  if (!body.ok) return body.normalized;
  const { action, issue: found, comment, is_pull: isPull, repository: repo } = body.value;
  if (action !== 'created' && action !== 'edited') {
    return ignored(`issue_comment ${action.slice(0, 100)} links nothing`);
  }
  if (isPull === true || !labelsOf(found).some(isIncidentLabel)) return ignored('the issue has no label "incident"');
  const cause = causedBy(comment.body);
  if (cause === undefined) return ignored('the comment names no cause');
  if (repo.private !== true && repo.internal !== true) return ignored('anyone may comment in a public repository');
  const { incident_id } = identity(repo, found);
  return facts(
    snapshot('incident.linked', comment.updated_at ?? comment.created_at, [incident_id], {
      incident_id,
      caused_by: cause,
    }),
  );
}

function identity(repo: Repository, found: Issue) {
  return { incident_id: `${repo.full_name}#${found.number}`, repository: repo.full_name, url: found.html_url };
}

function updatedAt(found: Issue): string {
  return found.updated_at ?? found.closed_at ?? found.created_at;
}

function labelsOf(found: Issue): string[] {
  return (found.labels ?? []).map((label) => label.name.trim());
}
