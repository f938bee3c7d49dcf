import type { NormalizedEvent } from '../../ingest/event.ts';
import { normaliseDelivery, type Reading } from '../../ingest/normalise.ts';
import { gitlab } from '../../ingest/sources/gitlab.ts';
import { delivery } from './deliveries.ts';

export const project = {
  id: 14,
  path_with_namespace: 'acme/shop/api',
  default_branch: 'main',
  web_url: 'https://gitlab.example.com/acme/shop/api',
  visibility_level: 0,
};
export const user = { id: 51, username: 'ada' };
export const sha = (digit: string): string => digit.repeat(40);

/** What Headway makes of a GitLab webhook of the project. */
export function read(object_kind: string, body: object, receivedAt?: string): Reading {
  return normaliseDelivery(gitlab, delivery('gitlab', { object_kind, project, user, ...body }, {}, receivedAt));
}

/** The events of a webhook that must have some, as the log keeps them. */
export function eventsOf(kind: string, body: object, receivedAt?: string): readonly NormalizedEvent[] {
  const reading = read(kind, body, receivedAt);
  if (reading.outcome !== 'events') throw new Error(`${reading.outcome}: ${reading.reason}`);
  return JSON.parse(JSON.stringify(reading.events));
}

/** Each event as `kind hh:mm:ss`, or the outcome with its reason. */
export function told(kind: string, body: object): readonly string[] | string {
  const reading = read(kind, body);
  return reading.outcome === 'events'
    ? reading.events.map(({ type, occurred_at }) => `${type} ${occurred_at.slice(11, 19)}`)
    : `${reading.outcome}: ${reading.reason}`;
}
