import { createHash } from 'node:crypto';
import { currentVersion } from './upcast.ts';
import { type EventData, type EventType, vocabulary } from './vocabulary/vocabulary.ts';

/**
 * One thing that happened, in our vocabulary. Its `id` depends only on the source and the sender's natural key, so the
 * same fact has the same id for ever, however often and in whatever order it arrives (metrics.md §1.5).
 */
export type NormalizedEvent = { [T in EventType]: EventOf<T> }[EventType];

export interface EventOf<T extends EventType> {
  readonly id: string;
  readonly type: T;
  /** Version of the data's schema; older ones are upcast when read. */
  readonly version: number;
  /** Number of the normaliser that made it; of equal ids the highest known number wins. */
  readonly normaliser: number;
  readonly source: string;
  /** What it is about, and the log's key: events of one subject keep their order. */
  readonly subject: string;
  /** When it happened, by the sender's clock: UTC ISO with milliseconds. The only time that metrics use. */
  readonly occurred_at: string;
  /** The raw request it came from; empty for what Headway itself states. */
  readonly delivery_id: string;
  readonly data: EventData<T>;
}

/** SHA-256 over source and natural key, shortened to 32 hex digits: 128 bits, so that collisions are out of the question. */
export function eventId(source: string, naturalKey: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([source, ...naturalKey]))
    .digest('hex')
    .slice(0, 32);
}

/** What a normaliser states about one fact; {@link makeEvent} completes it. */
export interface Fact<T extends EventType = EventType> {
  readonly type: T;
  readonly subject: string;
  readonly occurred_at: string;
  /** The sender's own id of the fact with its state and time; never the delivery's id. `type` is added to it. */
  readonly key: readonly string[];
  readonly data: EventData<T>;
}

/** Completes a fact into an event. Throws nothing: `data` is taken as already valid, see {@link parseData}. */
export function makeEvent<T extends EventType>(
  fact: Fact<T>,
  from: { source: string; normaliser: number; delivery_id: string },
): EventOf<T> {
  return {
    id: eventId(from.source, [fact.type, ...fact.key]),
    type: fact.type,
    version: currentVersion(fact.type),
    normaliser: from.normaliser,
    source: from.source,
    subject: fact.subject,
    occurred_at: fact.occurred_at,
    delivery_id: from.delivery_id,
    data: fact.data,
  };
}

/** Checks `data` against the schema of its kind. Returns the cleaned data, or every problem with its path. */
export function parseData(
  type: EventType,
  data: unknown,
): { ok: true; data: EventData<EventType> } | { ok: false; problems: { field: string; problem: string }[] } {
  const result = vocabulary[type].safeParse(data);
  if (result.success) return { ok: true, data: result.data as EventData<EventType> };
  return {
    ok: false,
    problems: result.error.issues.map((issue) => ({
      field: ['data', ...issue.path].join('.'),
      problem: issue.message,
    })),
  };
}
