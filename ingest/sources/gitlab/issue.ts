import { z } from 'zod';
import type { Fact } from '../../event.ts';
import { impactIn, isFalseAlarmLabel, isIncidentLabel, serviceIn, severityIn } from '../labels.ts';
import { duplicateOf } from '../mentions.ts';
import { fact, facts, ignored, optionalFlag, optionalText, readAs, rejected, snapshot } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { causeIn, incidentId, labels, moment, optionalMoment, project } from './shape.ts';

/** An incident, as its hook or the API tells it. Times are UTC ISO in whole seconds. */
export interface Incident {
  readonly path: string;
  readonly iid: number;
  /** Address of the project, for references in texts. */
  readonly projectUrl: string | undefined;
  readonly url: string | undefined;
  readonly title: string | undefined;
  readonly description: string | null | undefined;
  readonly labels: readonly string[];
  /** `critical`, `high`, `medium`, `low`; `unknown` until someone sets it. */
  readonly severity: string | undefined;
  /** Confidential: seen by few in GitLab, so its words are not repeated here. */
  readonly confidential: boolean;
  /** Moved to another project, where it goes on under another number. */
  readonly moved: boolean;
  /** Closed as a duplicate of an issue that is named only by its id over the whole installation. */
  readonly duplicated: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly closedAt: string | undefined;
}

/** All that is known of an incident: its start, its state, and its end if it is closed. */
export function incidentFacts(found: Incident): Fact[] {
  const id = identity(found);
  const original = found.closedAt === undefined ? undefined : duplicateOf(found.path, found.description);
  const isFalseAlarm =
    found.moved || (found.duplicated && original === undefined) || found.labels.some(isFalseAlarmLabel);
  const severity = found.severity?.toLowerCase();
  const told: Fact[] = [
    fact('incident.detected', found.createdAt, [id.incident_id], id),
    snapshot('incident.reclassified', found.updatedAt, [id.incident_id], {
      ...id,
      title: found.confidential ? undefined : found.title,
      severity: severity === undefined || severity === 'unknown' ? severityIn(found.labels) : severity,
      impact: impactIn(found.labels),
      service: serviceIn(found.labels),
      caused_by: causeIn({ path: found.path, url: found.projectUrl }, found.title, found.description, ...found.labels),
      false_alarm: isFalseAlarm,
    }),
  ];
  if (found.closedAt === undefined || isFalseAlarm) return told;
  const end =
    original === undefined
      ? fact('incident.resolved', found.closedAt, [id.incident_id], id)
      : fact('incident.merged', found.closedAt, [id.incident_id], { ...id, duplicate_of: original });
  return [...told, end];
}

function identity(found: Incident) {
  return { incident_id: incidentId(found.path, found.iid), repository: found.path, url: found.url };
}

const labelChange = z.object({ previous: labels, current: labels }).nullish().catch(undefined);
const wordChange = z.object({ previous: optionalText(), current: optionalText() }).nullish().catch(undefined);
const payload = z.object({
  project,
  labels,
  object_attributes: z.object({
    iid: z.int().positive(),
    type: optionalText(),
    action: optionalText(),
    url: optionalText(2048),
    title: optionalText(),
    description: z.string().nullish(),
    severity: optionalText(),
    escalation_status: optionalText(),
    confidential: optionalFlag,
    moved_to_id: z.int().nullish(),
    duplicated_to_id: z.int().nullish(),
    labels,
    created_at: moment,
    updated_at: optionalMoment,
    closed_at: optionalMoment,
  }),
  changes: z
    .object({ labels: labelChange, escalation_status: wordChange, type: wordChange })
    .nullish()
    .catch(undefined),
});

type Payload = z.output<typeof payload>;

/** Other kinds of work item may belong to a group, and have no project at all. */
const kindOfWork = z.object({ object_attributes: z.object({ type: optionalText() }) });

/**
 * `issue` and `work_item`: an incident if it is of that type, or carries the label `incident`. Its start is its creation,
 * whenever it became one. Who is on call may acknowledge and resolve it before it is closed.
 */
export function issueEvent(body: unknown): Normalized {
  const kind = readAs(body, kindOfWork);
  const type = kind.ok ? kind.value.object_attributes.type : undefined;
  if (type !== undefined && !/^(?:issue|incident)$/i.test(type))
    return ignored(`a ${type.slice(0, 64)} is no incident`);
  const read = readAs(body, payload);
  if (!read.ok) return read.normalized;
  const { object_attributes: issue, changes } = read.value;
  const found = incidentOf(read.value);
  if (!isIncidentType(issue.type) && !found.labels.some(isIncidentLabel)) {
    const wasOne = isIncidentType(changes?.type?.previous) || (changes?.labels?.previous ?? []).some(isIncidentLabel);
    return wasOne ? facts(noLonger(found)) : ignored('the issue is not of the type or label "incident"');
  }
  if (issue.action === 'close' && found.closedAt === undefined)
    return rejected('object_attributes.closed_at: is missing');
  return facts(...incidentFacts(found), ...responses(found, read.value));
}

function noLonger(found: Incident): Fact {
  const id = identity(found);
  return snapshot('incident.reclassified', found.updatedAt, [id.incident_id], { ...id, false_alarm: true });
}

/** What those on call did, by the escalation's status; and whether the issue was opened again. */
function responses(found: Incident, { object_attributes: issue, changes }: Payload): Fact[] {
  const id = identity(found);
  const moved = changes?.escalation_status;
  const told: Fact[] = [];
  // The earliest acknowledgement counts, so that a status which only still holds does no harm.
  if (issue.escalation_status === 'acknowledged')
    told.push(fact('incident.acknowledged', found.updatedAt, [id.incident_id], id));
  if (moved?.current === 'resolved') told.push(fact('incident.mitigated', found.updatedAt, [id.incident_id], id));
  const wasResolved = moved?.previous === 'resolved' && moved.current !== 'resolved';
  if (issue.action === 'reopen' || wasResolved)
    told.push(fact('incident.reopened', found.updatedAt, [id.incident_id], id));
  return told;
}

/** Whether GitLab itself calls it an incident. */
export function isIncidentType(type: string | undefined): boolean {
  return type?.toLowerCase() === 'incident';
}

function incidentOf({ object_attributes: issue, ...sent }: Payload): Incident {
  return {
    path: sent.project.path_with_namespace,
    iid: issue.iid,
    projectUrl: sent.project.web_url,
    url: issue.url,
    title: issue.title,
    description: issue.description,
    labels: issue.labels ?? sent.labels ?? [],
    severity: issue.severity,
    confidential: issue.confidential === true,
    moved: typeof issue.moved_to_id === 'number',
    duplicated: typeof issue.duplicated_to_id === 'number',
    createdAt: issue.created_at,
    updatedAt: issue.updated_at ?? issue.closed_at ?? issue.created_at,
    closedAt: issue.closed_at,
  };
}

const PUBLIC = 20;

const notePayload = z.object({
  project,
  object_attributes: z.object({
    note: z.string().nullish(),
    noteable_type: optionalText(),
    system: optionalFlag,
    internal: optionalFlag,
    created_at: moment,
    updated_at: optionalMoment,
  }),
  issue: z.object({ iid: z.int().positive(), type: optionalText(), labels }).nullish(),
});

/**
 * `note` on an incident: a `caused-by:` links it. In a public project anyone can comment and GitLab does not say who is a
 * member, so there only internal notes are believed. Before 17.2 the issue has no type: the link waits for its incident.
 */
export function noteEvent(body: unknown): Normalized {
  const read = readAs(body, notePayload);
  if (!read.ok) return read.normalized;
  const { object_attributes: note, issue, project: of } = read.value;
  if (!issue) return ignored('a note on something other than an issue links nothing');
  if (note.system === true) return ignored('the note is not a person’s');
  if (issue.type !== undefined && !isIncidentType(issue.type) && !(issue.labels ?? []).some(isIncidentLabel))
    return ignored('the issue is not of the type or label "incident"');
  const cause = causeIn({ path: of.path_with_namespace, url: of.web_url }, note.note);
  if (cause === undefined) return ignored('the note names no cause');
  if (of.visibility_level === PUBLIC && note.internal !== true)
    return ignored('the note may be from outside the project: in a public one only internal notes link');
  return facts(linkedFact(of.path_with_namespace, issue.iid, cause, note.updated_at ?? note.created_at));
}

/** The cause of an incident, named by a person at a UTC ISO instant in whole seconds; as {@link causeIn} tells it. */
export function linkedFact(path: string, iid: number, cause: string, at: string): Fact {
  const id = incidentId(path, iid);
  return snapshot('incident.linked', at, [id], { incident_id: id, caused_by: cause });
}
