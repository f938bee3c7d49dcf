import type { Delivery } from '../delivery.ts';
import type { NormalizedEvent } from '../event.ts';
import { decodeDelivery, encodeDelivery, type StoredDelivery } from '../record.ts';
import { replaceInBytes } from './body.ts';
import type { Replaced } from './event.ts';
import { type Replacing, replaceIn } from './replace.ts';

/** Reads a delivery as a replay would: its events in order; null if nobody can read it any more. */
export type ReadAgain = (delivery: Delivery) => readonly NormalizedEvent[] | null;

/** A delivery's record without the names; null if it holds none. What is no delivery is taken as text. */
export function eraseDelivery(
  replacing: Replacing,
  key: string,
  value: Uint8Array,
  readAgain: ReadAgain,
): Replaced | null {
  const stored = decodeDelivery(value);
  if (stored === null) {
    const bytes = replaceInBytes(replacing, value);
    return bytes === null ? null : { key, value: bytes };
  }
  const without = eraseStored(replacing, stored, readAgain);
  if (without === null) return null;
  return { key, value: encodeDelivery(without, Object.keys(without.delivery.headers)) };
}

/**
 * A stored delivery without the names. Its events keep their ids, which are often made of what a sender wrote: where reading
 * it now gives others, `kept_ids` leads back, and one that no longer reads as it did is `sealed`.
 */
export function eraseStored(replacing: Replacing, stored: StoredDelivery, readAgain: ReadAgain): StoredDelivery | null {
  const { delivery } = stored;
  const body = replaceInBytes(replacing, delivery.body);
  const headers = Object.fromEntries(
    Object.entries(delivery.headers).map(([name, value]) => [name, replaceIn(replacing, value, '')]),
  );
  const reason = stored.reason === undefined ? undefined : replaceIn(replacing, stored.reason, '');
  const touched = Object.entries(headers).some(([name, value]) => value !== delivery.headers[name]);
  if (body === null && !touched && reason === stored.reason) return null;
  const without = { ...delivery, headers, body: body ?? delivery.body };
  const ids = keptIds(readAgain(delivery), readAgain(without), stored.kept_ids ?? {});
  return {
    ...stored,
    delivery: without,
    reason,
    kept_ids: ids === null || Object.keys(ids).length === 0 ? undefined : ids,
    sealed: ids === null || stored.sealed === true ? true : undefined,
  };
}

/** The ids that events had, by those that they would get now; null if they are not the same events. */
function keptIds(
  before: readonly NormalizedEvent[] | null,
  after: readonly NormalizedEvent[] | null,
  known: Readonly<Record<string, string>>,
): Record<string, string> | null {
  if (before === null || after === null) return before === after ? { ...known } : null;
  if (before.length !== after.length) return null;
  const ids: Record<string, string> = {};
  for (const [at, event] of before.entries()) {
    const now = after[at]!;
    if (now.type !== event.type || now.occurred_at !== event.occurred_at) return null;
    const id = known[event.id] ?? event.id;
    if (now.id !== id) ids[now.id] = id;
  }
  return ids;
}
