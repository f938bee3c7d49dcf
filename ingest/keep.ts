import type { Delivery } from './delivery.ts';
import { type Arrived, withoutErased } from './erase/arriving.ts';
import type { ReadAgain } from './erase/delivery.ts';
import type { Replacing } from './erase/replace.ts';
import { makeEvent, type NormalizedEvent } from './event.ts';
import type { Reading } from './normalise.ts';
import { type EventLog, LogUnavailable } from './ports.ts';
import { encodeDelivery } from './record.ts';
import { encodeEvent } from './upcast.ts';

/** Ids of events that were made durable lately, in this process: bounded, and only for telling senders of repeats. */
export interface RecentIds {
  has(id: string): boolean;
  add(id: string): void;
}

/**
 * Keeps a delivery durably on this machine until the log is back. `put` rejects if it cannot. The delivery waits there as it
 * came: which names are to be taken out of it is known for certain only once the log is back.
 */
export interface Spool {
  put(deliveryId: string, record: Uint8Array): Promise<void>;
}

/** What keeping a delivery needs of the world. */
export interface KeepDeps {
  readonly log: EventLog;
  readonly recent: RecentIds;
  readonly spool?: Spool | undefined;
  /** Names that were erased by now, to be taken out of what arrives; asked in the turn in which it is appended. */
  readonly erased?: (() => Replacing | null) | undefined;
}

/**
 * Counts of what is now durable, or null if nothing is. `reader` is what made the reading, a source, say; `readAgain` reads
 * another form of the delivery alike.
 */
export async function keep(
  deps: KeepDeps,
  delivery: Delivery,
  reading: Reading,
  reader: { readonly normaliser: number; readonly headers?: readonly string[]; readonly readAgain: ReadAgain },
): Promise<{ events: number; duplicates: number } | null> {
  const made = reading.outcome === 'events' ? reading.events : [];
  const events =
    reading.outcome === 'rejected' ? [verdict('rejected', delivery, reading.reason, reader.normaliser)] : made;
  const reason = reading.outcome === 'events' ? undefined : reading.reason;
  const stored = { delivery, outcome: reading.outcome, reason, events: made.length };
  if (!(await appendOrSpool(deps, { stored, events }, reader))) return null;
  return { events: made.length, duplicates: remember(deps.recent, made).size };
}

/**
 * Appends a delivery and its events at once, without the names that were erased; where the log cannot be reached, the spool
 * keeps the delivery. False if neither has it.
 */
export async function appendOrSpool(
  deps: KeepDeps,
  arrived: Arrived,
  reader: { readonly headers?: readonly string[]; readonly readAgain: ReadAgain },
): Promise<boolean> {
  const { id } = arrived.stored.delivery;
  const kept = withoutErased(deps.erased?.(), arrived, reader.readAgain);
  if (await append(deps.log, id, encodeDelivery(kept.stored, reader.headers), kept.events)) return true;
  if (!deps.spool) return false;
  try {
    await deps.spool.put(id, encodeDelivery(arrived.stored, reader.headers));
    return true;
  } catch {
    return false;
  }
}

/** Appends what there is; false if the log cannot be reached, when some of it may be there: appending again is safe. */
export async function append(
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
export function remember(recent: RecentIds, events: readonly NormalizedEvent[]): Set<NormalizedEvent> {
  const repeated = new Set<NormalizedEvent>();
  for (const event of events) {
    if (recent.has(event.id)) repeated.add(event);
    recent.add(event.id);
  }
  return repeated;
}

/** What Headway itself states of a delivery that fed nothing. */
export function verdict(
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
