import { type CommentsDeps, droppingComments, withoutComments } from './comments.ts';
import type { Delivery } from './delivery.ts';
import type { NormalizedEvent } from './event.ts';
import { appendOrSpool, type KeepDeps, keep, type RecentIds, remember, verdict } from './keep.ts';
import { describe, normaliseDelivery, type Problem } from './normalise.ts';
import type { Clock } from './ports.ts';
import { CANONICAL, CANONICAL_NORMALISER, type CanonicalItem, readCanonical } from './sources/canonical.ts';
import { HISTORY_TYPE } from './sources/history.ts';
import { findSource } from './sources/registry.ts';
import type { Source } from './sources/source.ts';

/** Largest body taken: GitHub's own cap. */
export const MAX_BODY_BYTES = 25 * 1024 * 1024;

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

/** What receiving needs of the world. */
export interface ReceiveDeps extends KeepDeps, CommentsDeps {
  readonly clock: Clock;
  readonly newDeliveryId: () => string;
  /** The secrets of a source, more than one while they are rotated; none if it has none set. */
  readonly secretsOf: (source: string) => readonly string[];
  /** Whether a source without a secret is taken at its word: only when bound to loopback. */
  readonly allowUnsigned: boolean;
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
  return take(deps, source, delivery);
}

/**
 * Takes what a backfill read from a sender's API (`ingest/sources/history.ts`). Who may send is the caller's to check. Its
 * events are the source's own: a fact that a webhook told before is told again under the same id.
 */
export async function receiveHistory(
  deps: ReceiveDeps,
  request: Pick<HookRequest, 'source' | 'body'>,
): Promise<Receipt> {
  const source = (deps.findSource ?? findSource)(request.source);
  if (!source?.history) return { outcome: 'unknown_source' };
  if (request.body.length > MAX_BODY_BYTES) return { outcome: 'too_large' };
  const headers = { 'content-type': HISTORY_TYPE };
  return take(deps, source, deliveryOf(deps, request.source, { headers, body: request.body }));
}

async function take(deps: ReceiveDeps, source: Source, received: Delivery): Promise<Receipt> {
  const delivery = deps.takesComments === true ? received : withoutComments(received, source);
  const read = (one: Delivery) => {
    const reading = normaliseDelivery(source, one);
    return deps.takesComments === true ? reading : droppingComments(reading);
  };
  const reading = read(delivery);
  const readAgain = (one: Delivery) => {
    const again = read(one);
    return again.outcome === 'events' ? again.events : [];
  };
  const { normaliser, headers } = source;
  const kept = await keep(deps, delivery, reading, { normaliser, ...(headers ? { headers } : {}), readAgain });
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
  const { takesComments = false } = deps;
  const received = deliveryOf(deps, CANONICAL, request);
  const delivery = takesComments ? received : withoutComments(received, undefined);
  const reading = readCanonical(delivery, takesComments);
  const readAgain = canonicalAgain(takesComments);
  if (reading.outcome === 'unsupported') return reading;
  if (reading.outcome === 'rejected') {
    const kept = await keep(deps, delivery, reading, { normaliser: CANONICAL_NORMALISER, readAgain });
    if (kept === null) return { outcome: 'unavailable' };
    return { outcome: 'unreadable', delivery: delivery.id, reason: reading.reason };
  }
  const { made, all, reason } = canonicalEvents(delivery, reading.items);
  const stored = { delivery, outcome: canonicalOutcome(made), reason, events: made.length };
  const arrived = { stored, events: all };
  if (!(await appendOrSpool(deps, arrived, { readAgain }))) return { outcome: 'unavailable' };
  const repeated = remember(deps.recent, made);
  return { outcome: 'answered', delivery: delivery.id, events: reading.items.map((item) => answer(item, repeated)) };
}

function canonicalAgain(takesComments: boolean): (delivery: Delivery) => readonly NormalizedEvent[] {
  return (delivery) => {
    const reading = readCanonical(delivery, takesComments);
    return reading.outcome === 'items' ? canonicalEvents(delivery, reading.items).made : [];
  };
}

function answer(item: CanonicalItem, repeated: ReadonlySet<NormalizedEvent>): CanonicalAnswer {
  if (!('event' in item)) return { id: item.id, status: 'invalid', problems: item.problems };
  return { id: item.id, status: repeated.has(item.event) ? 'duplicate' : 'accepted' };
}

/** What a body of canonical events counts as in the log. */
export function canonicalOutcome(made: readonly NormalizedEvent[]): 'events' | 'rejected' {
  return made.length > 0 ? 'events' : 'rejected';
}

/** The valid events, and with them the verdict on the invalid ones, which senders that read no answers must find somewhere. */
export function canonicalEvents(delivery: Delivery, items: readonly CanonicalItem[]) {
  const made = items.flatMap((item) => ('event' in item ? [item.event] : []));
  const wrong = items.flatMap((item) => ('event' in item ? [] : [item]));
  const first = wrong[0];
  if (first === undefined) return { made, all: made, reason: undefined };
  const reason = `${wrong.length} of ${items.length} events are invalid; the first: ${describe(first.problems)}`;
  return { made, all: [...made, verdict('rejected', delivery, reason, CANONICAL_NORMALISER)], reason };
}
