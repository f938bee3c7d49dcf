import type { EventType } from '../../../ingest/vocabulary/vocabulary.ts';
import type { Outgoing } from '../year/simulation.ts';

/** An event in Headway's own words, as a small tool would post it. `id` is unique within `source`. */
export interface CanonicalEvent {
  readonly id: string;
  readonly type: EventType;
  readonly source: string;
  readonly occurred_at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A canonical event. */
export function canonical(
  source: string,
  id: string,
  type: EventType,
  occurredAt: number,
  data: Readonly<Record<string, unknown>>,
): CanonicalEvent {
  return { id, type, source, occurred_at: new Date(occurredAt).toISOString(), data };
}

/** `POST /v1/events` with a JSON array. */
export function canonicalRequest(events: readonly CanonicalEvent[], agent: string): Outgoing {
  return {
    source: 'canonical',
    headers: { 'content-type': 'application/json', 'user-agent': agent },
    body: JSON.stringify(events),
  };
}
