import { type CommentsDeps, droppingComments, withoutComments } from './comments.ts';
import type { Delivery } from './delivery.ts';
import { withoutErased } from './erase/arriving.ts';
import type { Replacing } from './erase/replace.ts';
import type { NormalizedEvent } from './event.ts';
import { append, verdict } from './keep.ts';
import { normaliseDelivery } from './normalise.ts';
import { type EventLog, LogUnavailable } from './ports.ts';
import { canonicalEvents, canonicalOutcome } from './receive.ts';
import { decodeDelivery, encodeDelivery, type StoredDelivery } from './record.ts';
import { CANONICAL, CANONICAL_NORMALISER, readCanonical } from './sources/canonical.ts';
import { findSource } from './sources/registry.ts';
import type { Source } from './sources/source.ts';

/** What reading a delivery again needs of the world. */
export interface ReplayDeps extends CommentsDeps {
  readonly log: EventLog;
  /** The registry, unless a test brings its own. */
  readonly findSource?: ((name: string) => Source | undefined) | undefined;
}

/** What taking a spooled delivery to the log needs. */
export interface SpooledDeps extends ReplayDeps {
  /** Names that were erased by now, to be taken out of what was spooled; asked in the turn in which it is appended. */
  readonly erased?: (() => Replacing | null) | undefined;
}

/**
 * Takes a spooled delivery to the log, under the id it was acknowledged with; rejects with {@link LogUnavailable} while the
 * log is away, so that the spool keeps it. `unreadable` is no record of a delivery: keeping it would hold up all others.
 */
export async function receiveSpooled(deps: SpooledDeps, record: Uint8Array): Promise<'taken' | 'unreadable'> {
  const decoded = decodeDelivery(record);
  if (!decoded) return 'unreadable';
  // It may have been spooled while comments were still asked for.
  const source = (deps.findSource ?? findSource)(decoded.delivery.source);
  const delivery = deps.takesComments === true ? decoded.delivery : withoutComments(decoded.delivery, source);
  const stored = { ...decoded, delivery };
  const events = read(deps, stored.delivery)?.events ?? [];
  const kept = withoutErased(deps.erased?.(), { stored, events }, (one) => eventsOf(deps, one));
  const isAsItWas = kept.stored === stored && delivery === decoded.delivery;
  const bytes = isAsItWas ? record : encodeDelivery(kept.stored, Object.keys(kept.stored.delivery.headers));
  if (await append(deps.log, delivery.id, bytes, kept.events)) return 'taken';
  throw new LogUnavailable('the log did not take a spooled delivery');
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
 * number makes them win over the older reading, and lets what is no longer said be gone. `erased` says what became of the
 * delivery when names were taken out of it.
 */
export async function replay(
  deps: ReplayDeps,
  delivery: Delivery,
  erased: Pick<StoredDelivery, 'kept_ids' | 'sealed'> = {},
): Promise<Replayed> {
  if (erased.sealed === true) return { outcome: 'ignored', events: 0, reason: 'names were taken out of it' };
  const again = read(deps, delivery);
  if (!again) return { outcome: 'unknown_source' };
  const { kept_ids = {} } = erased;
  const stated = again.stated.map((event) => ({ ...event, id: kept_ids[event.id] ?? event.id }));
  if (!(await append(deps.log, delivery.id, null, stated))) return { outcome: 'unavailable' };
  return { outcome: again.outcome, events: again.made.length, reason: again.reason };
}

/** The events that a stored delivery makes today, in order; null if nobody reads its source. */
export function eventsOf(deps: Reader, delivery: Delivery): readonly NormalizedEvent[] | null {
  return read(deps, delivery)?.made ?? null;
}

type Reader = Pick<ReplayDeps, 'findSource' | 'takesComments'>;

/** A delivery that was verified when it came, read once more. `events` are those of a first receipt; `stated` those of a replay. */
function read(deps: Reader, delivery: Delivery) {
  if (delivery.source === CANONICAL) {
    const reading = readCanonical(delivery, deps.takesComments);
    if (reading.outcome !== 'items') return refused('rejected', delivery, reading.reason, CANONICAL_NORMALISER);
    const { made, all, reason } = canonicalEvents(delivery, reading.items);
    return { outcome: canonicalOutcome(made), made, events: all, stated: all, reason };
  }
  const source = (deps.findSource ?? findSource)(delivery.source);
  if (!source) return null;
  const whole = normaliseDelivery(source, delivery);
  const reading = deps.takesComments === true ? whole : droppingComments(whole);
  if (reading.outcome !== 'events') return refused(reading.outcome, delivery, reading.reason, source.normaliser);
  const { events } = reading;
  return { outcome: 'events' as const, made: events, events, stated: events, reason: undefined };
}

function refused(kind: 'rejected' | 'ignored', delivery: Delivery, reason: string, normaliser: number) {
  const stated = [verdict(kind, delivery, reason, normaliser)];
  return { outcome: kind, made: [], events: kind === 'rejected' ? stated : [], stated, reason };
}
