import { z } from 'zod';
import { causeIn } from '../causes.ts';
import { causedBy } from '../mentions.ts';
import { repositoryNamed } from '../repository.ts';
import { facts, ignored, snapshot } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { type CdEvent, content, readContent } from './shape.ts';

const incident = content.environment.extend({
  description: content.text(20_000),
  service: content.place.nullish(),
  ticketURI: content.text(2048),
});

/** `incident.detected`, `.reported` (a person says so: the earlier of the two is its start) and `.resolved`. */
export function incidentFacts(event: CdEvent): Normalized {
  const type =
    event.predicate === 'resolved'
      ? 'incident.resolved'
      : event.predicate === 'detected' || event.predicate === 'reported'
        ? 'incident.detected'
        : undefined;
  if (type === undefined) return ignored(`no metric reads incident.${event.predicate}`);
  const read = readContent(event, incident);
  if (!read.ok) return read.normalized;
  const { extras, at } = event;
  const { description, service, ticketURI } = read.value;
  const key = [event.source, event.id];
  const data = {
    incident_id: event.about.id,
    service_id: extras.service,
    service: service?.id,
    repository: repositoryNamed(extras.repository),
    // What is said when it is over is of the end, and does not rename the incident.
    title: extras.title ?? (type === 'incident.resolved' ? undefined : description?.split('\n', 1)[0]?.slice(0, 512)),
    severity: extras.severity ?? extras.priority,
    impact: extras.impact,
    url: extras.url ?? ticketURI,
    caused_by: causedBy(extras.cause && `caused-by: "${extras.cause}"`, description) ?? causeIn(event.customData),
  };
  return facts(
    type === 'incident.detected'
      ? snapshot(type, at, key, { ...data, impact_started_at: extras.started_at })
      : snapshot(type, at, key, data),
  );
}

const ticket = z.object({
  summary: content.text(),
  ticketType: content.text(),
  creator: content.text(),
  updatedBy: content.text(),
  uri: content.text(2048),
});

/** `ticket.created` and `.closed`; `.updated` where it says to which tier the ticket went. */
export function ticketFacts(event: CdEvent): Normalized {
  const read = readContent(event, ticket);
  if (!read.ok) return read.normalized;
  const { summary, ticketType, creator, updatedBy, uri } = read.value;
  const { tier } = event.extras;
  const data = {
    ticket_id: event.about.id,
    kind: ticketType,
    principal: creator,
    tier,
    actor: updatedBy,
    title: summary,
    url: uri,
  };
  const key = [event.source, event.id];
  switch (event.predicate) {
    case 'created':
      return facts(snapshot('ticket.created', event.at, key, data));
    case 'updated':
      if (tier === undefined) return ignored('an update need be no answer; customData.tier would tell an escalation');
      return facts(snapshot('ticket.escalated', event.at, key, data));
    case 'closed':
      return facts(snapshot('ticket.resolved', event.at, key, data));
    default:
      return ignored(`no metric reads ticket.${event.predicate}`);
  }
}
