import type { NormalizedEvent } from '../event.ts';
import type { StoredDelivery } from '../record.ts';
import { eraseStored, type ReadAgain } from './delivery.ts';
import { replaceInEnvelope } from './event.ts';
import type { Replacing } from './replace.ts';

/** A delivery and what was read from it, as they go to the log. */
export interface Arrived {
  readonly stored: StoredDelivery;
  readonly events: readonly NormalizedEvent[];
}

/**
 * What arrives, without the names that were erased before: it is read as it came, so that a fact told again is the same fact,
 * and kept as the erasure would have left it.
 */
export function withoutErased(
  replacing: Replacing | null | undefined,
  arrived: Arrived,
  readAgain: ReadAgain,
): Arrived {
  if (!replacing) return arrived;
  return {
    stored: eraseStored(replacing, arrived.stored, readAgain) ?? arrived.stored,
    events: arrived.events.map((event) => replaceInEnvelope(replacing, event)),
  };
}
