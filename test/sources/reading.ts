import { expect } from 'vitest';
import type { NormalizedEvent } from '../../ingest/event.ts';
import { normaliseDelivery, type Reading } from '../../ingest/normalise.ts';
import { github } from '../../ingest/sources/github.ts';
import type { Source } from '../../ingest/sources/source.ts';
import { delivery, fromGithub } from './deliveries.ts';

export const SHA = 'a'.repeat(40);
export const OTHER = 'b'.repeat(40);
export const repository = { full_name: 'acme/api', default_branch: 'main' };

/** What Headway makes of a GitHub webhook. */
export function read(event: string, body: unknown, receivedAt?: string): Reading {
  return normaliseDelivery(github, fromGithub(event, body, receivedAt));
}

/** The events of a webhook that must have some. */
export function eventsOf(event: string, body: unknown, receivedAt?: string): readonly NormalizedEvent[] {
  const reading = read(event, body, receivedAt);
  if (reading.outcome !== 'events') throw new Error(`${reading.outcome}: ${reading.reason}`);
  return reading.events;
}

/** The event of a webhook that must have exactly one. */
export function only(event: string, body: unknown, receivedAt?: string): NormalizedEvent {
  const events = eventsOf(event, body, receivedAt);
  expect(events).toHaveLength(1);
  return events[0]!;
}

/** What Headway makes of any sender's body: its events, or the outcome with the reason. */
export function eventsFrom(
  source: Source,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  receivedAt?: string,
): readonly NormalizedEvent[] | string {
  const reading = normaliseDelivery(source, delivery(source.name, body, headers, receivedAt));
  return reading.outcome === 'events' ? reading.events : `${reading.outcome}: ${reading.reason}`;
}
