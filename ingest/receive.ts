import type { Delivery } from './delivery.ts';
import { makeEvent, type NormalizedEvent } from './event.ts';
import { describe, normaliseDelivery, type Problem, type Reading } from './normalise.ts';
import { type Clock, type EventLog, LogUnavailable } from './ports.ts';
import { decodeDelivery, encodeDelivery } from './record.ts';
import { CANONICAL, CANONICAL_NORMALISER, type CanonicalItem, readCanonical } from './sources/canonical.ts';
import { findSource } from './sources/registry.ts';
import type { Source } from './sources/source.ts';
import { encodeEvent } from './upcast.ts';

/** Largest body taken: GitHub's own cap. */
export const MAX_BODY_BYTES = 25 * 1024 * 1024;

/** Ids of events that were made durable lately, in this process: bounded, and only for telling senders of repeats. */
export interface RecentIds {
  has(id: string): boolean;
  add(id: string): void;
}

/** Remembers the last `limit` ids. */
export function makeRecentIds(limit: number): RecentIds {
  const ids = new Set<string>();
  return {
    has: (id) => ids.has(id),
    add(id) {
      ids.delete(id);
      ids.add(id);
      const oldest = ids.values().next().value;
      if (ids.size > limit && oldest !== undefined) ids.delete(oldest);
    },
  };
}

/** Keeps a delivery durably on this machine until the log is back. `put` rejects if it cannot. */
export interface Spool {
  put(deliveryId: string, record: Uint8Array): Promise<void>;
}

/** What receiving needs of the world. */
export interface ReceiveDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly recent: RecentIds;
  readonly newDeliveryId: () => string;
  /** The secrets of a source, more than one while they are rotated; none if it has none set. */
  readonly secretsOf: (source: string) => readonly string[];
  /** Whether a source without a secret is taken at its word: only when bound to loopback. */
  readonly allowUnsigned: boolean;
  readonly spool?: Spool | undefined;
  /** The registry, unless a test brings its own. */
  readonly findSource?: ((name: string) => Source | undefined) | undefined;
}

/** A request to a hook. Header names are lower case. */
export interface HookRequest {
  readonly source: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What came of a delivery that is now durable. `duplicates` of its `events` were seen by this process lately. */
export interface Accepted {
  readonly outcome: 'accepted';
  readonly delivery: string;
  readonly events: number;
  readonly duplicates: number;
  /** Why it fed no metric, if it did not. */
  readonly ignored?: string;
  readonly rejected?: string;
}

/** The answer to a hook: 202, 400, 404, 401, 413 and 503, in this order. */
export type Receipt =
  | Accepted
  /** Verified, but not JSON: kept and listed all the same. */
  | { readonly outcome: 'unreadable'; readonly delivery: string; readonly reason: string }
  | { readonly outcome: 'unknown_source' }
  | { readonly outcome: 'unauthorized'; readonly reason: string }
  | { readonly outcome: 'too_large' }
  | { readonly outcome: 'unavailable' };

/**
 * Takes one webhook: verifies the raw bytes, reads them, and answers only when the delivery and all of its events are
 * durable, in the log or in the spool. Expected outcomes are values; nothing of an unauthorized request is stored.
 */
export async function receive(deps: ReceiveDeps, request: HookRequest): Promise<Receipt> {
  const source = (deps.findSource ?? findSource)(request.source);
  if (!source) return { outcome: 'unknown_source' };
  if (request.body.length > MAX_BODY_BYTES) return { outcome: 'too_large' };
  const delivery = deliveryOf(deps, request.source, request);
  const refusal = await refuse(deps, source, delivery);
  if (refusal !== null) return { outcome: 'unauthorized', reason: refusal };
  const reading = normaliseDelivery(source, delivery);
  const kept = await keep(deps, delivery, reading, source.normaliser);
  if (kept === null) return { outcome: 'unavailable' };
  if (reading.outcome === 'rejected' && reading.notJson === true) {
    return { outcome: 'unreadable', delivery: delivery.id, reason: reading.reason };
  }
  return {
    outcome: 'accepted',
    delivery: delivery.id,
    ...kept,
    ...(reading.outcome === 'events' ? {} : { [reading.outcome]: reading.reason }),
  };
}

async function refuse(deps: ReceiveDeps, source: Source, delivery: Delivery): Promise<string | null> {
  const secrets = deps.secretsOf(source.name).filter((secret) => secret !== '');
  if (secrets.length === 0) return deps.allowUnsigned ? null : 'no secret is set for this source';
  return (await source.verify(delivery, secrets)) ? null : 'the signature is missing or wrong';
}

function deliveryOf(deps: ReceiveDeps, source: string, request: Omit<HookRequest, 'source'>): Delivery {
  const { headers, body } = request;
  return { id: deps.newDeliveryId(), source, headers, body, received_at: deps.clock.now() };
}

/** Counts of what is now durable, or null if nothing is. */
async function keep(
  deps: ReceiveDeps,
  delivery: Delivery,
  reading: Reading,
  normaliser: number,
): Promise<{ events: number; duplicates: number } | null> {
  const made = reading.outcome === 'events' ? reading.events : [];
  const events = reading.outcome === 'rejected' ? [verdict('rejected', delivery, reading.reason, normaliser)] : made;
  const record = encodeDelivery({
    delivery,
    outcome: reading.outcome,
    reason: reading.outcome === 'events' ? undefined : reading.reason,
    events: made.length,
  });
  if (!(await appendOrSpool(deps, delivery.id, record, events))) return null;
  return { events: made.length, duplicates: remember(deps.recent, made).size };
}

/** Appends the delivery and its events at once; where the log cannot be reached, the spool keeps the delivery. */
async function appendOrSpool(
  deps: ReceiveDeps,
  id: string,
  record: Uint8Array,
  events: readonly NormalizedEvent[],
): Promise<boolean> {
  if (await append(deps.log, id, record, events)) return true;
  if (!deps.spool) return false;
  try {
    await deps.spool.put(id, record);
    return true;
  } catch {
    return false;
  }
}

async function append(
  log: EventLog,
  id: string,
  record: Uint8Array | null,
  events: readonly NormalizedEvent[],
): Promise<boolean> {
  try {
    await Promise.all([
      record === null ? [] : log.append('headway.deliveries', [{ key: id, value: record }]),
      events.length === 0 ? [] : log.append('headway.events', events.map(toRecord)),
    ]);
    return true;
  } catch (error) {
    if (error instanceof LogUnavailable) return false;
    throw error;
  }
}

function toRecord(event: NormalizedEvent) {
  return { key: event.subject, value: encodeEvent(event) };
}

/** Notes the ids as seen; returns those that had been, a repeat within the list included. */
function remember(recent: RecentIds, events: readonly NormalizedEvent[]): Set<NormalizedEvent> {
  const repeated = new Set<NormalizedEvent>();
  for (const event of events) {
    if (recent.has(event.id)) repeated.add(event);
    recent.add(event.id);
  }
  return repeated;
}

function verdict(
  kind: 'rejected' | 'ignored',
  delivery: Delivery,
  reason: string,
  normaliser: number,
): NormalizedEvent {
  const event = delivery.headers['x-github-event'] ?? delivery.headers['ce-type'];
  return makeEvent(
    {
      type: `delivery.${kind}`,
      subject: `delivery:${delivery.id}`,
      occurred_at: delivery.received_at,
      key: [delivery.id],
      data: { source: delivery.source, reason: reason.slice(0, 2000), event: event?.slice(0, 256) },
    },
    { source: delivery.source, normaliser, delivery_id: delivery.id },
  ) as NormalizedEvent;
}

/** The answer for one canonical event. */
export interface CanonicalAnswer {
  readonly id: string | null;
  readonly status: 'accepted' | 'duplicate' | 'invalid';
  readonly problems?: readonly Problem[];
}

/** The answer to `POST /v1/events`: each event for itself, else 400, 415, 413 or 503. */
export type CanonicalReceipt =
  | { readonly outcome: 'answered'; readonly delivery: string; readonly events: readonly CanonicalAnswer[] }
  | { readonly outcome: 'unreadable'; readonly delivery: string; readonly reason: string }
  | { readonly outcome: 'unsupported'; readonly reason: string }
  | { readonly outcome: 'too_large' }
  | { readonly outcome: 'unavailable' };

/** Takes a body of canonical events. Who may send is the caller's to check; all valid events are durable on answer. */
export async function receiveCanonical(
  deps: ReceiveDeps,
  request: Omit<HookRequest, 'source'>,
): Promise<CanonicalReceipt> {
  if (request.body.length > MAX_BODY_BYTES) return { outcome: 'too_large' };
  const delivery = deliveryOf(deps, CANONICAL, request);
  const reading = readCanonical(delivery);
  if (reading.outcome === 'unsupported') return reading;
  if (reading.outcome === 'rejected') {
    const kept = await keep(deps, delivery, reading, CANONICAL_NORMALISER);
    if (kept === null) return { outcome: 'unavailable' };
    return { outcome: 'unreadable', delivery: delivery.id, reason: reading.reason };
  }
  const { made, all, reason } = canonicalEvents(delivery, reading.items);
  const record = encodeDelivery({ delivery, outcome: outcomeOf(made), reason, events: made.length });
  if (!(await appendOrSpool(deps, delivery.id, record, all))) return { outcome: 'unavailable' };
  const repeated = remember(deps.recent, made);
  return { outcome: 'answered', delivery: delivery.id, events: reading.items.map((item) => answer(item, repeated)) };
}

function answer(item: CanonicalItem, repeated: ReadonlySet<NormalizedEvent>): CanonicalAnswer {
  if (!('event' in item)) return { id: item.id, status: 'invalid', problems: item.problems };
  return { id: item.id, status: repeated.has(item.event) ? 'duplicate' : 'accepted' };
}

function outcomeOf(made: readonly NormalizedEvent[]): 'events' | 'rejected' {
  return made.length > 0 ? 'events' : 'rejected';
}

/** The valid events, and with them the verdict on the invalid ones, which senders that read no answers must find somewhere. */
function canonicalEvents(delivery: Delivery, items: readonly CanonicalItem[]) {
  const made = items.flatMap((item) => ('event' in item ? [item.event] : []));
  const wrong = items.flatMap((item) => ('event' in item ? [] : [item]));
  const first = wrong[0];
  if (first === undefined) return { made, all: made, reason: undefined };
  const reason = `${wrong.length} of ${items.length} events are invalid; the first: ${describe(first.problems)}`;
  return { made, all: [...made, verdict('rejected', delivery, reason, CANONICAL_NORMALISER)], reason };
}

/**
 * Takes a spooled delivery to the log, under the id it was acknowledged with. False if the log is still away. A record
 * that cannot be read is an error in the spool and is thrown.
 */
export async function receiveSpooled(deps: ReceiveDeps, record: Uint8Array): Promise<boolean> {
  const stored = decodeDelivery(record);
  if (!stored) throw new Error('the spool holds a record that is no delivery');
  const { delivery } = stored;
  const again = read(deps, delivery);
  return append(deps.log, delivery.id, record, again?.events ?? []);
}

/** What a replay made of a delivery. */
export type Replayed =
  | {
      readonly outcome: 'events' | 'ignored' | 'rejected';
      readonly events: number;
      readonly reason?: string | undefined;
    }
  | { readonly outcome: 'unknown_source' }
  | { readonly outcome: 'unavailable' };

/**
 * Runs the newest normaliser over a stored delivery and appends what it says. Events keep their ids; a raised normaliser
 * number makes them win over the older reading, and lets what is no longer said be gone.
 */
export async function replay(deps: ReceiveDeps, delivery: Delivery): Promise<Replayed> {
  const again = read(deps, delivery);
  if (!again) return { outcome: 'unknown_source' };
  if (!(await append(deps.log, delivery.id, null, again.stated))) return { outcome: 'unavailable' };
  return { outcome: again.outcome, events: again.made.length, reason: again.reason };
}

/** A delivery that was verified when it came, read once more. `events` are those of a first receipt; `stated` those of a replay. */
function read(deps: ReceiveDeps, delivery: Delivery) {
  if (delivery.source === CANONICAL) {
    const reading = readCanonical(delivery);
    if (reading.outcome !== 'items') return refused('rejected', delivery, reading.reason, CANONICAL_NORMALISER);
    const { made, all, reason } = canonicalEvents(delivery, reading.items);
    return { outcome: outcomeOf(made), made, events: all, stated: all, reason };
  }
  const source = (deps.findSource ?? findSource)(delivery.source);
  if (!source) return null;
  const reading = normaliseDelivery(source, delivery);
  if (reading.outcome !== 'events') return refused(reading.outcome, delivery, reading.reason, source.normaliser);
  const { events } = reading;
  return { outcome: 'events' as const, made: events, events, stated: events, reason: undefined };
}

function refused(kind: 'rejected' | 'ignored', delivery: Delivery, reason: string, normaliser: number) {
  const stated = [verdict(kind, delivery, reason, normaliser)];
  return { outcome: kind, made: [], events: kind === 'rejected' ? stated : [], stated, reason };
}
